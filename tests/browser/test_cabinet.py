"""The personal cabinet in Kazakh, as a person meets it: on a telephone and on a desk, in light and dark, without
JavaScript; and every page of it examined."""
import re

import pytest

from conftest import Browser
from people import PHONE, TEXT, Gateway, fill
from talap import Talap, until
from test_access import problems

SCREENS = [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]
INSIDE = ["/cabinet", "/cabinet/consents", "/cabinet/consents/LEAF", "/cabinet/history", "/cabinet/history?show=all", "/cabinet/data",
          "/cabinet/requests", "/cabinet/open/data_access", "/cabinet/open/data_block", "/follow/NUMBER", "/policies", "/policies/main"]


@pytest.fixture(scope="module")
def operator(tmp_path_factory):
    gateway = Gateway()
    service = Talap(tmp_path_factory.mktemp("operator")).init()
    service.start("--sms-url", gateway.url, "--sms-allow-private", "--mail-url", "smtp://127.0.0.1:9", "--mail-from",
                  "talap@alan.example.kz", "--identity-roots", __file__, "--identity-crls", __file__)
    service.leaves, service.gateway = fill(service), gateway
    yield service
    service.stop()
    gateway.stop()


def enter(browser, service):
    """From the first page into the cabinet."""
    before = len(service.gateway.messages)
    browser.open("/kk/")
    browser.go(browser.one('.doors a[href="/kk/cabinet"]'))
    browser.one("#f-address").send_keys(PHONE)
    browser.send()
    assert browser.current_url.endswith("/kk/cabinet/code")
    until(lambda: len(service.gateway.messages) > before)
    code = re.search(r"\d{8}", service.gateway.messages[-1][1]["text"]).group(0)
    browser.one("#f-code").send_keys("1234 5678" if code != "12345678" else "87654321")
    browser.send()
    assert "Код дұрыс емес" in browser.text(".problems")
    browser.one("#f-code").send_keys(code)
    browser.send()
    assert browser.current_url.endswith("/kk/cabinet"), browser.text()


@pytest.fixture(scope="module")
def person(operator):
    browser = Browser(operator.url, javascript=False)
    enter(browser, operator)
    yield browser
    browser.quit()


def test_a_consent_is_taken_back_with_two_clicks(person, operator):
    leaf = operator.leaves[0]
    person.width(360)
    person.open("/kk/cabinet/consents")
    assert "Тапсырысты жеткізу" in person.text()
    person.go(person.one(f'.panel .button[href^="/kk/cabinet/consents/{leaf}"]'))
    assert TEXT in person.text()
    person.go(person.one("#withdraw .button.bad"))
    assert "Кері қайтарып алынған" in person.text() and person.all(".note.good a")
    assert not person.all("#withdraw")
    person.go(person.one(".note.good a"))
    assert "Келісім кері қайтарып алынды" in person.text("h1")


def test_a_request_is_made_and_followed(person):
    person.width(360)
    person.open("/kk/cabinet")
    person.go(person.one("#asked ~ .buttons a"))
    person.go(person.one('.doors a[href="/kk/cabinet/open/data_block"]'))
    person.send("main .form button[type=submit]")
    assert person.all("#f-text-wrong")
    person.one("#f-text").send_keys("Маған рұқсатсыз қоңырау шалып жүр.")
    person.send("main .form button[type=submit]")
    assert "/kk/follow/" in person.current_url and "Өтінішіңіз қабылданды" in person.text()
    person.open("/kk/cabinet/requests")
    assert "БҒ-" in person.text()


@pytest.fixture(scope="module")
def watched(operator):
    """The same person in a browser whose pages are examined."""
    browser = Browser(operator.url)
    enter(browser, operator)
    yield browser
    browser.quit()


@pytest.mark.parametrize("width, scheme", SCREENS)
@pytest.mark.parametrize("path", INSIDE)
def test_page_of_the_cabinet(operator, person, watched, path, width, scheme):
    number = operator.rows("SELECT number FROM case_file ORDER BY id LIMIT 1")[0][0]
    path = path.replace("LEAF", str(operator.leaves[0])).replace("NUMBER", number)
    watched.width(width)
    watched.scheme(scheme)
    watched.open("/kk" + path)
    assert problems(watched) == [], f"{path} at {width}, {scheme}"


@pytest.mark.parametrize("width, scheme", SCREENS)
def test_the_entrance(operator, width, scheme):
    browser = Browser(operator.url)
    try:
        browser.width(width)
        browser.scheme(scheme)
        browser.open("/kk/cabinet")
        assert problems(browser) == []
        browser.send()
        assert browser.all("#f-address-wrong") and problems(browser) == []
        browser.one("#f-address").clear()
        browser.one("#f-address").send_keys("+7 700 000 00 00")
        browser.send()
        assert problems(browser) == []
        browser.one("#f-code").send_keys("1")
        browser.send()
        assert browser.all("#f-code-wrong") and problems(browser) == []
    finally:
        browser.quit()
