"""An authorised body at work: who signs in there, and what they open and do, through the API with a cookie."""
import re
import time

import requests

from talap import PASSWORD

ROLES = "platform,authorised_body,authorised_body_media,carrier"
REPRESENTATIVE = {
    "platform": "https://www.alem.example.kz/",
    "platform_name": "Әлем",
    "owner": "Alem Social Inc.",
    "country": "US",
    "representative": "«Әлем Қазақстан» ЖШС",
    "representative_bin": "100140002347",
    "address": "Астана қ., Мәңгілік Ел даңғылы, 1",
    "average_users": 250000,
    "appointed_on": "2024-02-01",
}
RESTORATION = {
    "applicant_kind": "owner",
    "resource": "https://news.example.kz/",
    "links": ["https://news.example.kz/a", "https://news.example.kz/b"],
    "text": "Құқыққа қайшы ақпаратты толық өшірдік, қол жеткізуді қайта бастауды сұраймыз.",
    "contact_name": "Ерлан Сәкенұлы",
    "contact_email": "erlan@example.kz",
}


class Staff:
    """Somebody signed in with all that is needed to act through the API with a cookie."""

    def __init__(self, service, login, roles):
        self.service, self.session = service, requests.Session()
        service.user(login, roles)
        page = self.session.get(service.url + "/en/sign-in")
        token = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text).group(1)
        answer = self.session.post(service.url + "/en/sign-in", allow_redirects=False,
                                   data={"login": login, "password": PASSWORD, "csrf": token})
        assert answer.status_code == 303, answer.text
        self.csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get("/en/queue").text).group(1)

    def get(self, path, **options):
        return self.session.get(self.service.url + path, allow_redirects=False, timeout=60, **options)

    def post(self, path, members=None, status=None):
        answer = self.session.post(self.service.url + path, json=members or {}, headers={"X-CSRF-Token": self.csrf},
                                   timeout=60)
        assert answer.status_code in ([status] if status else [200, 201]), answer.text
        return answer.json()

    def open(self, procedure, **members):
        return self.post("/v1/cases/" + procedure, members)

    def act(self, case, act, **members):
        return self.post(f"/v1/cases/{case['id']}/acts/{act}", members)


def represent(service, **members):
    return service.r.open("representative", **{**REPRESENTATIVE, **members})


def ordered(service, carriers=("kcell", "kazakhtelecom")):
    """A restoration that has come to its orders."""
    opened = service.call("POST", "/v1/cases/restoration", json=RESTORATION)
    assert opened.status_code == 201, opened.text
    case = opened.json()
    service.r.act(case, "register", incoming_number="17-3")
    service.o.act(case, "confirm", deleted_on="2026-01-15", links=RESTORATION["links"], prescription_number="12-4/1",
                  prescription_date="2025-11-03", findings="Ақпарат өшірілген.")
    service.h.act(case, "order", carriers=list(carriers))
    return case


def orders_of(service, case):
    chain = service.h.get(f"/v1/cases/{case['id']}/chain").json()
    return [c for c in chain["cases"] if c["procedure"] == "carrier_order"]


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def ground(service):
    """Some ground of restriction that the catalogue offers."""
    fields = service.call("GET", "/v1/procedures/restricted_resource").json()["fields"]["properties"]
    return fields["restriction_ground"]["oneOf"][0]["const"]


def asked(service, host, **answer):
    """An inquiry about users, answered."""
    case = service.o.open("inquiry", kind="users_per_day", addressee="Платформа", platform=f"https://{host}/",
                          text="Тәулігіне орташа пайдаланушы санын хабарлаңыз.")
    service.h.act(case, "sign")
    service.o.act(case, "deliver", means="Хат", delivered_at=now())
    service.o.act(case, "answered", answer="Есеп қоса берілді: 12 шағым, бәріне жауап берілді.", **answer)
    return case
