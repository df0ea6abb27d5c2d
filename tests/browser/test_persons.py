"""What the one responsible for personal data does in Kazakh on the staff pages of people and of processing: find somebody,
open a request for them and act on it, set a new version of a purpose, ask whether something may be done, send a file of
consents, count a depersonalised export; and every such page examined, on a desk and on a telephone."""
import os

import pytest

from conftest import Browser
from face import act, sign_in
from people import EMAIL, TEXT, fill
from talap import Talap
from test_access import problems

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATHS = ["/persons", "PERSON", "PERSON/data", "/open/data_access?person=ID", "/open/data_breach", "/processing", "/processing/purpose",
         "/processing/purpose/delivery", "/processing/category", "/processing/recipient/courier", "/processing/state",
         "/processing/policy/main", "/processing/responsible/responsible", "/retention", "/may", "/imports", "/depersonalise",
         "/depersonalise?purpose=delivery", "/desk"]


@pytest.fixture(scope="module")
def operator(tmp_path_factory):
    service = Talap(tmp_path_factory.mktemp("persons")).init()
    service.start()
    service.leaves = fill(service)
    service.user("dana", "responsible", "Дана Ахметова")
    service.person = service.call("POST", "/v1/persons/find", "responsible", json={"id": "kz-1"}).json()["person"]
    answer = service.call("POST", f"/v1/persons/{service.person}/data", "service", json={"values": [
        {"category": "name", "purpose": "delivery", "value": "Айгерім Серікқызы", "source": "тіркелу нысаны"}]})
    assert answer.status_code == 201, answer.text
    yield service
    service.stop()


@pytest.fixture(scope="module")
def dana(operator):
    browser = Browser(operator.url)
    sign_in(browser, "kk", "dana")
    yield browser
    browser.quit()


def examine(browser, where):
    """As it stands, without opening it anew; so colours must change at once, as they do for who wants no motion."""
    for width, scheme in ((1280, "light"), (360, "dark")):
        browser.width(width)
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})
        assert problems(browser) == [], f"{where} at {width}, {scheme}"
    browser.width(1280)


def test_somebody_is_found_and_their_request_answered(operator, dana):
    dana.open("/kk/persons")
    dana.send()
    assert dana.all("main .problems")
    examine(dana, "nobody found")
    dana.one("#f-who").send_keys(EMAIL)
    dana.send()
    assert dana.current_url.endswith(f"/kk/persons/{operator.person}") and EMAIL not in dana.current_url
    assert "kz-1" in dana.text("h1") and "Тапсырысты жеткізу" in dana.text()
    for details in dana.all("aside details"):
        details.find_element("css selector", "summary").click()
    dana.go(dana.one(f'aside a[href="/kk/open/data_change?person={operator.person}"]'))
    dana.one("#f-text").send_keys("Атым қате жазылған, куәлігімді көрсеттім.")
    dana.send("main form.form button[type=submit]")
    assert "/kk/receipt/" in dana.current_url
    dana.open(f"/kk/persons/{operator.person}")
    dana.go(dana.one('aside a[href*="/case/"]'))
    assert "ДӨ-" in dana.text("h1")
    examine(dana, "a case of a person")
    dana.one("#change-done").send_keys("Аты түзетілді.")
    act(dana, "change")
    assert "Өзгертілді" in dana.text() or "өзгертілді" in dana.text()
    examine(dana, "a case that is done")
    dana.open(f"/kk/persons/{operator.person}")
    assert "ДӨ-" in dana.text("aside")


def test_data_are_not_destroyed_by_mistake(operator, dana):
    dana.open(f"/kk/persons/{operator.person}")
    dana.all("aside details")[-1].find_element("css selector", "summary").click()
    dana.send('form[action*="/destruction"] button[type=submit]')
    assert dana.all("#f-ground-wrong") and dana.all("#f-sure-wrong")
    examine(dana, "a destruction that was not meant")


def test_a_purpose_gets_a_new_version(dana):
    dana.open("/kk/processing")
    dana.go(dana.one('main a[href="/kk/processing/purpose/delivery"]'))
    title = dana.all('[name="title.kk"]')[0]
    title.clear()
    dana.send("main form.form button[type=submit]")
    assert dana.all(".wrong")
    examine(dana, "a purpose without a title")
    dana.all('[name="title.kk"]')[0].send_keys("Тапсырысты үйге жеткізу")
    dana.send("main form.form button[type=submit]")
    assert "done=set" in dana.current_url and "Тапсырысты үйге жеткізу" in dana.text("h1")
    assert dana.text("table").count("Нұсқа") == 2
    examine(dana, "two versions of a purpose")


def test_may_it_be_done(operator, dana):
    dana.open("/kk/may")
    for field, value in (("action", "use"), ("purpose", "delivery")):
        dana.one(f'#f-{field} option[value="{value}"]').click()
    dana.one('input[name=categories][value="name"]').click()
    dana.one("#f-person").send_keys("kz-1")
    dana.send("main form.form button[type=submit]")
    assert "Рұқсат етіледі" in dana.text()
    assert dana.all(f'main a[href="/kk/proof/{operator.leaves[0]}"]')
    examine(dana, "it may")
    dana.one('#f-action option[value="publish"]').click()
    dana.send("main form.form button[type=submit]")
    assert "Тыйым салынған" in dana.text()
    examine(dana, "it may not")


def test_a_file_of_consents_is_sent(dana, tmp_path):
    dana.open("/kk/imports")
    dana.send('form[action$="/imports"] button[type=submit]')
    assert dana.all("#f-file-wrong")
    examine(dana, "no file")
    file = tmp_path / "kelisimder.csv"
    with open(os.path.join(ROOT, "docs/examples/consents.csv"), encoding="utf-8") as example:
        file.write_text(example.read(), encoding="utf-8")
    dana.one("#f-file").send_keys(str(file))
    dana.send('form[action$="/imports"] button[type=submit]')
    assert "/kk/imports/" in dana.current_url and "kelisimder.csv" in dana.text()
    examine(dana, "a file that was sent")


def test_an_export_is_counted_first(dana):
    dana.open("/kk/depersonalise?purpose=delivery")
    k = dana.one("#f-k")
    k.clear()
    k.send_keys("екі")
    dana.send('form[method=post][action$="/depersonalise"] button[type=submit]')
    assert dana.all("#f-k-wrong")
    examine(dana, "an export without protection")


@pytest.mark.parametrize("path", PATHS)
def test_page(operator, dana, path):
    dana.open("/kk" + path.replace("PERSON", f"/persons/{operator.person}").replace("ID", operator.person))
    assert dana.all("main h1") and (path != "PERSON" or TEXT in dana.find_element("css selector", "main").get_attribute("textContent"))
    examine(dana, path)
