"""The staff pages of people, of the registers of processing and of "may I?", as a person without JavaScript uses them:
who may see them, what they write down, what they refuse, and that nothing personal stands in an address."""
import html
import re

import pytest
import requests

from talap import PASSWORD, Talap, until
from test_cabinet import EMAIL, IIN, OTHER, PHONE, TEXT, fill

SECRET = "Абай даңғылы 17, 4-пәтер"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    talap = Talap(tmp_path_factory.mktemp("persons")).init().start()
    talap.leaves = fill(talap)
    for login, roles in (("boss", "admin"), ("dana", "responsible"), ("aud", "auditor"), ("mod", "moderator")):
        talap.user(login, roles)
    answer = talap.call("POST", "/v1/persons/find", "responsible", json={"id": "kz-1"})
    talap.person = answer.json()["person"]
    answer = talap.call("POST", f"/v1/persons/{talap.person}/data", "service", json={"values": [
        {"category": "name", "purpose": "delivery", "value": SECRET, "source": "тіркелу формасы"}]})
    assert answer.status_code == 201, answer.text
    yield talap
    talap.stop()


class Staff:
    def __init__(self, service, login, lang="kk"):
        self.service, self.lang, self.session = service, lang, requests.Session()
        answer = self.send("/sign-in", "/sign-in", login=login, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        answer = self.get("/password")
        if "fresh" in answer.text and self.get("/desk").status_code != 200:
            self.send("/password", "/password", current=PASSWORD, fresh=PASSWORD + "!", again=PASSWORD + "!")

    def get(self, path):
        return self.session.get(f"{self.service.url}/{self.lang}{path}", timeout=60, allow_redirects=False)

    def send(self, page, path, **fields):
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(page).text)
        assert found, page
        return self.session.post(f"{self.service.url}/{self.lang}{path}", data={"csrf": found.group(1), **fields}, timeout=60,
                                 allow_redirects=False)

    def text(self, path):
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)


@pytest.fixture(scope="module")
def dana(service):
    return Staff(service, "dana")


def test_who_sees_them(service, dana):
    for path in ("/persons", f"/persons/{service.person}", f"/persons/{service.person}/data", "/processing",
                 "/processing/purpose/delivery", "/may"):
        assert dana.get(path).status_code == 200, path
        assert Staff(service, "aud").get(path).status_code == 200, path
        assert Staff(service, "mod").get(path).status_code == 403, path
        assert requests.get(f"{service.url}/kk{path}", allow_redirects=False, timeout=30).status_code in (303, 401)
    menu = dana.text("/desk")
    assert "/kk/persons" in menu and "/kk/processing" in menu and "/kk/may" in menu
    assert "/kk/persons" not in Staff(service, "mod").text("/desk")


def test_an_auditor_sees_and_changes_nothing(service):
    aud = Staff(service, "aud")
    page = aud.text(f"/persons/{service.person}")
    assert "/destruction" not in page and "/holds\"" not in page and "/open/" not in page.split("</main>")[0]
    assert "/retire" not in aud.text("/processing/purpose/delivery")
    assert aud.get("/processing/purpose").status_code == 403
    for path in (f"/persons/{service.person}/holds", f"/persons/{service.person}/destruction", "/processing/purpose/delivery",
                 "/processing/purpose/delivery/retire"):
        before = service.ledger_size()
        assert aud.send("/persons", path, norm="x", reason="y", ground="court", sure="true").status_code == 403
        assert service.ledger_size() == before


@pytest.mark.parametrize("name", ["kz-1", EMAIL, PHONE, IIN])
def test_found_by_any_name_and_never_in_an_address(service, dana, name):
    answer = dana.send("/persons", "/persons", who=name)
    assert answer.status_code == 303 and answer.headers["Location"] == f"/kk/persons/{service.person}"
    assert name not in "".join(service.lines)


@pytest.mark.parametrize("name", ["", "kz-404", "nobody@example.kz", "+77010000000", "900101300196", "\u202e", "a" * 250])
def test_nobody_found(service, dana, name):
    before = service.ledger_size()
    answer = dana.send("/persons", "/persons", who=name)
    assert answer.status_code == 404 and 'id="f-who"' in answer.text
    assert not name or name not in answer.text
    assert service.ledger_size() == before


def test_a_person_and_what_stands_about_them(service, dana):
    page = dana.text(f"/persons/{service.person}")
    assert "kz-1" in page and "Тапсырысты жеткізу" in page and TEXT in page and "«Жеткізу» ЖШС" in page
    assert SECRET not in page and EMAIL not in page and IIN not in page
    assert f"/kk/open/data_access?person={service.person}" in page
    looked = service.rows("SELECT body FROM event WHERE kind = 'person.looked'")
    assert any('"consents"' in str(row[0]) for row in looked)
    data = dana.text(f"/persons/{service.person}/data")
    assert SECRET in data
    looked = service.rows("SELECT body FROM event WHERE kind = 'person.looked'")
    assert any('"data"' in str(row[0]) for row in looked)
    assert "Деректерін қарады" in dana.text(f"/persons/{service.person}")
    for wrong in ("1", "kz-1", "00000000-0000-7000-8000-000000000000"):
        assert dana.get(f"/persons/{wrong}").status_code == 404


def test_a_request_for_the_person(service, dana):
    form = dana.text(f"/open/data_access?person={service.person}")
    assert f'name="person" maxlength="254" autocomplete="off" value="{service.person}"' in form
    assert EMAIL not in dana.text(f"/open/data_access?person={EMAIL}")


def test_holds(service, dana):
    at = f"/persons/{service.person}"
    before = service.ledger_size()
    answer = dana.send(at, at + "/holds", norm="", reason="Тексеру жүріп жатыр.", until="")
    assert answer.status_code == 422 and 'id="f-norm-wrong"' in answer.text and "Тексеру жүріп жатыр." in answer.text
    answer = dana.send(at, at + "/holds", norm="Салық кодексі", reason="Тексеру", until="2020-01-01")
    assert answer.status_code in (400, 422) and "problems" in answer.text
    held = [row for row in service.rows("SELECT kind FROM event") if row[0] == "hold.set"]
    assert not held and service.ledger_size() >= before
    answer = dana.send(at, at + "/holds", norm="Салық кодексі", reason="Тексеру жүріп жатыр.", until="2099-01-01")
    assert answer.status_code == 303 and answer.headers["Location"].endswith("?done=held")
    page = dana.text(at)
    assert "Тексеру жүріп жатыр." in page
    # What is held is not destroyed.
    answer = dana.send(at, at + "/destruction", ground="court", sure="true")
    assert answer.status_code == 409 and "problems" in answer.text
    leaf = re.search(r"/holds/(\d+)/lift", page).group(1)
    assert dana.send(at, f"{at}/holds/999999/lift").status_code == 404
    assert dana.send(at, f"{at}/holds/{leaf}/lift").headers["Location"].endswith("?done=lifted")
    assert dana.send(at, f"{at}/holds/{leaf}/lift").status_code == 409


def test_the_registers(service, dana):
    page = dana.text("/processing")
    assert "Тапсырысты жеткізу" in page and "«Жеткізу» ЖШС" in page and "Сәуле Нұрланова" in page
    assert "/kk/processing/responsible\"" not in page.split("</main>")[0]  # there is one at most, and it is there
    for kind in ("purpose", "category", "recipient", "state", "policy"):
        assert f'href="/kk/processing/{kind}"' in page
        assert dana.get(f"/processing/{kind}").status_code == 200
    assert dana.get("/processing/other").status_code == 404
    assert dana.get("/processing/purpose/none").status_code == 404


PURPOSE = {"id": "loyalty", "title.kk": "Адалдық бағдарламасы", "title.ru": "Программа лояльности", "title.en": "Loyalty",
           "norm": "Шарт", "categories": ["name", "email"], "basis": "consent", "retention.amount": "3",
           "retention.unit": "year", "retention.after": "ended", "recipients": "courier", "tells_transfers": "true"}


def test_an_entry_is_made_changed_and_retired(service, dana):
    answer = dana.send("/processing/purpose", "/processing/purpose", **{**PURPOSE, "title.en": "", "retention.amount": "үш"})
    assert answer.status_code == 422 and 'id="f-title.en-wrong"' in answer.text and 'id="f-retention.amount-wrong"' in answer.text
    assert "Программа лояльности" in answer.text and 'value="courier" checked' in answer.text
    answer = dana.send("/processing/purpose", "/processing/purpose", **{**PURPOSE, "id": "Үлкен Әріп"})
    assert answer.status_code == 422 and 'id="f-id-wrong"' in answer.text
    answer = dana.send("/processing/purpose", "/processing/purpose", **{**PURPOSE, "id": "delivery"})
    assert answer.status_code == 409 and 'id="f-id-wrong"' in answer.text
    answer = dana.send("/processing/purpose", "/processing/purpose", **PURPOSE)
    assert answer.status_code == 303 and answer.headers["Location"] == "/kk/processing/purpose/loyalty?done=set", answer.text
    at = "/processing/purpose/loyalty"
    same = dana.send(at, at, **PURPOSE, version="1")
    assert same.headers["Location"].endswith("?done=same")
    answer = dana.send(at, at, **{**PURPOSE, "title.kk": "Бонус бағдарламасы", "version": "1"})
    assert answer.headers["Location"].endswith("?done=set")
    stale = dana.send(at, at, **{**PURPOSE, "title.kk": "Үшінші атау", "version": "1"})
    assert stale.status_code in (409, 412) and "Үшінші атау" in stale.text
    page = dana.text(at)
    assert "Бонус бағдарламасы" in page and "Адалдық бағдарламасы" in page  # side by side
    assert page.index("Бонус бағдарламасы") < page.index("Адалдық бағдарламасы")
    entry = service.call("GET", "/v1/processing/purpose/loyalty").json()
    assert entry["version"] == 2 and entry["entry"]["retention"] == {"amount": 3, "unit": "year", "after": "ended"}
    assert "automated" not in entry["entry"] and entry["entry"]["tells_transfers"] is True
    assert dana.send(at, at + "/retire").headers["Location"].endswith("?done=retired")
    assert service.call("GET", "/v1/processing/purpose/loyalty").json()["retired"] is True
    assert dana.send(at, at + "/retire").status_code == 409
    dana.send(at, at, **{**PURPOSE, "version": "3"})
    assert service.call("GET", "/v1/processing/purpose/loyalty").json()["retired"] is False


@pytest.mark.parametrize("kind,name,fields", [
    ("category", "bonus", {"title.kk": "Бонустар", "title.ru": "Бонусы", "title.en": "Bonuses", "kinds": ["restricted", "no_profiling"]}),
    ("recipient", "bank", {"title.kk": "Банк", "title.ru": "Банк", "title.en": "Bank", "country": "DE", "kinds": "operator",
                           "email": "bank@example.kz"}),
    ("state", "DE", {"protects": "yes", "reason": "Ратификацияланған конвенция."}),
    ("policy", "cookies", {"title.kk": "Кукилер", "title.ru": "Куки", "title.en": "Cookies", "texts.kk": "Бір.\n\nЕкі.",
                           "texts.ru": "Раз.", "texts.en": "One.", "shown_at_registration": "true"}),
])
def test_every_kind_is_set_by_its_form(service, dana, kind, name, fields):
    answer = dana.send(f"/processing/{kind}", f"/processing/{kind}", id=name, **fields)
    assert answer.status_code == 303, answer.text
    page = dana.text(f"/processing/{kind}/{name}")
    for value in fields.values():
        for one in [value] if isinstance(value, str) else value:
            assert one.split("\n")[0] in page
    assert service.call("GET", f"/v1/processing/{kind}/{name}", "responsible").json()["version"] == 1
    # What a form shows, sent back, changes nothing.
    again = dana.send(f"/processing/{kind}/{name}", f"/processing/{kind}/{name}", version="1", **fields)
    assert again.headers["Location"].endswith("?done=same")


def ask(staff, **fields):
    answer = staff.send("/may", "/may", **fields)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


QUESTION = {"action": "use", "purpose": "delivery", "categories": ["name", "email"]}


def test_may_i(service, dana):
    before = service.ledger_size()
    yes = ask(dana, **QUESTION, person="kz-1")
    assert "Рұқсат етіледі" in yes and "Адамның келісімі бар." in yes and f"/kk/proof/{service.leaves[0]}" in yes
    assert "/kk/law/pdl.7.1" in yes
    assert 'value="delivery" selected' in yes and 'value="name" checked' in yes
    assert "Рұқсат етіледі" in ask(dana, **QUESTION, person=EMAIL)
    assert EMAIL not in "".join(service.lines)
    gap = ask(dana, **QUESTION, person="nobody@example.kz")
    assert "Шешуге мәлімет жетпейді" in gap and "Бұл адам туралы жазба жоқ." in gap
    nothing = ask(dana)
    assert "Шешуге мәлімет жетпейді" in nothing and "Мақсат көрсетілмеген" in nothing
    no = ask(dana, **{**QUESTION, "action": "publish"}, person="kz-1")
    assert "Тыйым салынған" in no and "жариялауға келіспеген" in no
    assert service.ledger_size() == before


def test_may_i_as_of_a_moment_past(service, dana):
    then = ask(dana, **QUESTION, person="kz-1", at="2020-01-01T10:00")
    assert "Рұқсат етіледі" not in then and "Мына сәттегі жауап" in then
    answer = dana.send("/may", "/may", **QUESTION, person="kz-1", at="2999-01-01T10:00")
    assert answer.status_code == 422 and 'id="f-at-wrong"' in answer.text
    answer = dana.send("/may", "/may", **QUESTION, person="kz-1", at="ертең")
    assert answer.status_code == 422 and 'id="f-at-wrong"' in answer.text


@pytest.mark.parametrize("lang,word", [("ru", "Люди"), ("en", "People")])
def test_other_languages(service, lang, word):
    staff = Staff(service, "boss", lang)
    assert word in staff.text("/persons")
    for path in (f"/persons/{service.person}", "/processing", "/processing/purpose", "/processing/purpose/delivery", "/may"):
        assert staff.get(path).status_code == 200


def test_destruction_wants_a_ground_and_a_tick(service, dana):
    other = service.call("POST", "/v1/persons/find", "responsible", json={"email": OTHER}).json()["person"]
    at = f"/persons/{other}"
    answer = dana.send(at, at + "/destruction")
    assert answer.status_code == 422 and 'id="f-ground-wrong"' in answer.text and 'id="f-sure-wrong"' in answer.text
    answer = dana.send(at, at + "/destruction", ground="term_over")
    assert answer.status_code == 422 and "selected" in answer.text and 'id="f-sure-wrong"' in answer.text
    answer = dana.send(at, at + "/destruction", ground="whim", sure="true")
    assert answer.status_code == 422
    assert dana.send(at, at + "/destruction", ground="term_over", sure="true").status_code == 303
    until(lambda: "Деректері жойылған" in dana.text(at))
    page = dana.text(at)
    assert "kz-2" not in page and at + "/destruction" not in page
    assert dana.send("/persons", "/persons", who=OTHER).status_code == 404
    assert dana.send(at, at + "/destruction", ground="term_over", sure="true").status_code == 409
    # Nobody asked for it; there is an act on paper all the same, of the case that the order opened.
    until(lambda: "destruction_act" in dana.text(at))
    act = re.search(r'href="(/kk/case/[^"]*destruction_act[^"]*\.pdf)"', dana.text(at)).group(1)
    paper = dana.get(act.removeprefix("/kk"))
    assert paper.status_code == 200 and paper.content.startswith(b"%PDF")
