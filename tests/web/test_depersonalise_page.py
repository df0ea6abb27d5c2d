"""The staff pages of depersonalised exports and of what ends: asked for without JavaScript, reported, taken out as a file
that nobody keeps; what is refused stands beside its field."""
import csv
import html
import io
import re

import pytest
import requests

from talap import Talap, until
from test_persons_pages import Staff
from test_vault import OWNER, PURPOSE, consent, find, record

FORM = {"purpose": "delivery", "research": "statistical", "k": "3", "l": "2", "small": "suppress", "sensitive": "income",
        "how.birth_date": "age_band", "width.birth_date": "20", "how.address": "first_part", "how.income": "band",
        "width.income": "100000"}
AT = "/depersonalise"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    talap = Talap(tmp_path_factory.mktemp("coarse")).init().start()
    assert talap.call("PUT", "/v1/processing/purpose/delivery", roles=OWNER, json=PURPOSE).status_code in (200, 201)
    for i in range(12):
        consent(talap, {"id": f"p-{i}", "full_name": f"Адам {i}"})
        person = find(talap, id=f"p-{i}")
        assert record(talap, person, name=f"Құпия Есім {i}", birth_date=f"{1980 + i % 2 * 20}-05-0{1 + i % 9}",
                      address=("Алматы" if i < 10 else f"Ауыл {i}") + f", {i}-көше",
                      income=str(150000 * (1 + i % 4))).status_code == 201
    for login, roles in (("boss", "admin"), ("dana", "responsible"), ("aud", "auditor"), ("mod", "moderator")):
        talap.user(login, roles)
    yield talap
    talap.stop()


@pytest.fixture(scope="module")
def dana(service):
    return Staff(service, "dana")


def figures(page):
    found = re.findall(r"<dt>([^<]+)</dt><dd>([^<]*)</dd>", html.unescape(page))
    return {title: re.sub(r"\s", "", value) for title, value in found}


def made(service):
    return service.rows("SELECT count(*) FROM event WHERE kind = 'depersonalisation.made'")[0][0]


def test_who_may(service, dana):
    for path in (AT, "/retention"):
        assert dana.get(path).status_code == Staff(service, "boss").get(path).status_code == 200
        assert Staff(service, "mod").get(path).status_code == 403
        assert requests.get(f"{service.url}/kk{path}", allow_redirects=False, timeout=30).status_code in (303, 401)
    aud = Staff(service, "aud")
    page = aud.text(AT).split("<main")[1].split("</main>")[0]
    assert "<form" not in page
    for path in (AT, AT + "/export"):
        assert aud.send(AT, path, **FORM).status_code == 403
    assert "/kk/depersonalise" not in aud.text("/processing") + aud.text("/settings")
    assert "/kk/retention" in aud.text("/processing")
    for page in (dana.text("/processing"), dana.text("/settings")):
        assert "/kk/depersonalise" in page and "/kk/retention" in page


def test_the_form_offers_what_may_be_a_column(dana):
    page = dana.text(AT)
    assert 'name="how.income"' in page and 'name="how.birth_date"' in page and 'name="width.income"' in page
    # What identifies is named as left out, and an address can only be its first part.
    assert 'name="how.name"' not in page and 'name="how.phone"' not in page
    address = re.search(r'<select id="f-how.address".*?</select>', page, re.S).group(0)
    assert re.findall(r'value="(\w+)"', address) == ["drop", "first_part"]
    assert "<script" not in page


def test_a_report_and_then_the_file(service, dana):
    before = service.ledger_size()
    answer = dana.send(AT, AT, **FORM)
    assert answer.status_code == 200, answer.text
    assert service.ledger_size() == before  # a look at what would come out is no export
    told = figures(answer.text)
    assert told["файлдағы жол"] == "10" and told["деректері қаралған адам"] == "12"
    assert told["тобы кіші болғандықтан қалған жол"] == "2"
    for secret in ("Құпия Есім", "көше", "Ауыл", "p-1"):
        assert secret not in answer.text
    # The page carries all that is needed for the file.
    form = re.search(r'<form method="post" action="/kk/depersonalise/export">.*?</form>', answer.text, re.S).group(0)
    fields = {html.unescape(name): html.unescape(value)
              for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}
    assert {name: fields[name] for name in FORM} == FORM
    answer = dana.session.post(f"{service.url}/kk{AT}/export", data=fields, timeout=60, allow_redirects=False)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"))))
    assert sorted(rows[0]) == ["address", "birth_date", "income"] and len(rows) == 10
    assert {row["address"] for row in rows} == {"Алматы"}
    assert "Құпия Есім" not in answer.text and made(service) == 1
    body = str(service.rows("SELECT body FROM event WHERE kind = 'depersonalisation.made'")[0][0])
    assert "statistical" in body and "Алматы" not in body


@pytest.mark.parametrize("change, at", [
    ({"research": ""}, "f-research"), ({"research": "fun"}, "f-research"), ({"k": "1"}, "f-k"), ({"k": "бес"}, "f-k"),
    ({"k": "9" * 30}, "f-k"), ({"l": "0"}, "f-l"), ({"sensitive": ""}, "f-l"), ({"small": "ignore"}, "f-small"),
    ({"width.income": ""}, "f-width.income"), ({"width.income": "0"}, "f-width.income"), ({"width.income": "-5"}, "f-width.income"),
    ({"how.income": "melt"}, "f-how.income"), ({"how.address": "keep"}, "f-how.address"),
    ({"how.birth_date": "drop", "how.address": "drop", "how.income": "drop", "sensitive": "", "l": ""}, "f-columns"),
])
def test_refused_beside_the_field(service, dana, change, at):
    for path in (AT, AT + "/export"):
        before = service.ledger_size()
        answer = dana.send(AT, path, **{**FORM, **change})
        assert answer.status_code == 422, answer.text
        assert f'href="#{at}"' in answer.text and f'id="{at}' in answer.text and f'id="{at}-wrong"' in answer.text
        assert service.ledger_size() == before
        assert "f-export" not in answer.text and "talap-" not in answer.headers.get("Content-Disposition", "")


def test_an_unknown_purpose(service, dana):
    before = service.ledger_size()
    answer = dana.send(AT, AT, **{**FORM, "purpose": "nothing"})
    assert answer.status_code == 422 and 'href="#f-purpose"' in answer.text
    assert dana.get(AT + "?purpose=nothing").status_code == 200
    assert service.ledger_size() == before


def test_small_groups_can_refuse_the_whole(service, dana):
    before = service.ledger_size()
    for path in (AT, AT + "/export"):
        answer = dana.send(AT, path, **{**FORM, "small": "refuse"})
        assert answer.status_code == 409 and 'id="f-small-wrong"' in answer.text
    # All left out: told, and there is no file to take.
    answer = dana.send(AT, AT, **{**FORM, "k": "1000"})
    assert answer.status_code == 200 and figures(answer.text)["файлдағы жол"] == "0" and "/depersonalise/export" not in answer.text
    answer = dana.send(AT, AT + "/export", **{**FORM, "k": "1000"})
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    assert service.ledger_size() == before


def test_in_every_language(service):
    for lang, title in (("kk", "Деректерді иесіздендіріп шығару"), ("ru", "Обезличенная выгрузка"), ("en", "Depersonalised export")):
        staff = Staff(service, "boss", lang)
        assert title in staff.text(AT)
        assert title in html.unescape(staff.send(AT, AT, **FORM).text)


def test_what_ends(tmp_path):
    """A term of a day: announced at once; a hold is told; on the desk of who is responsible, and of nobody else."""
    talap = Talap(tmp_path).init().start()
    short = {**PURPOSE, "retention": {"amount": 2, "unit": "day", "after": "collected"}}
    assert talap.call("PUT", "/v1/processing/purpose/delivery", roles=OWNER, json=short).status_code in (200, 201)
    for login, roles in (("boss", "admin"), ("dana", "responsible"), ("aud", "auditor")):
        talap.user(login, roles)
    dana = Staff(talap, "dana")
    assert "/kk/retention" not in dana.text("/desk")
    page = dana.text("/retention")
    assert "Алдағы 30 күнде мерзімі бітетін дерек жоқ." in page and "Аяқталмаған жою жоқ." in page and "Көшірме жасалмаған." in page
    consent(talap, {"id": "p-1", "full_name": "Адам"})
    person = find(talap, id="p-1")
    assert record(talap, person, name="Құпия Есім", income="100").status_code == 201
    talap.stop()
    backup = str(tmp_path / "copy.db")
    talap.command("backup", backup)
    talap.start()
    until(lambda: person in dana.text("/retention"), seconds=60)
    page = dana.text("/retention")
    assert page.count(f"/kk/persons/{person}") == 2 and "Құпия" not in page and "мерзімінде жойылады" in page
    assert "Көшірме жасалмаған." not in page
    desk = dana.text("/desk")
    assert "/kk/retention" in desk and "30 күн ішінде 2 деректің" in desk
    assert "30 күн ішінде" not in Staff(talap, "boss").text("/desk")
    answer = dana.send(f"/persons/{person}", f"/persons/{person}/holds", norm="Салық кодексі", reason="Тексеру", until="")
    assert answer.status_code == 303
    assert "Заң бойынша сақталуда" in Staff(talap, "aud").text("/retention")
    talap.stop()


def test_a_destruction_is_confirmed_and_its_steps_are_shown(service, dana):
    person = find(service, id="p-11")
    at = f"/persons/{person}"
    answer = dana.send(at, at + "/destruction", ground="court")
    assert answer.status_code == 422 and 'id="f-sure-wrong"' in answer.text
    assert not service.rows("SELECT 1 FROM destruction")
    assert dana.send(at, at + "/destruction", ground="court", sure="true").headers["Location"].endswith("?done=destroying")

    def steps():
        page = dana.text(at)
        return page, page.split('id="destroy"')[1].split("</section>")[0]

    until(lambda: "әлі емес" not in steps()[1])
    page, section = steps()
    assert section.count("<li") == 4 and section.count("/kk/proof/") == 4 and "бұл адамның дерегі ашылмайды" in section
    assert "Деректері жойылған" in page and "p-11" not in page.split("<main")[1]
    assert "Аяқталмаған жою жоқ." in dana.text("/retention")
    # Found by what the system calls them, and by nothing else.
    assert dana.send("/persons", "/persons", who=person).status_code == 303
    assert dana.send("/persons", "/persons", who="p-11").status_code == 404
