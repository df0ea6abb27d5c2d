"""A day of the authorised body in a browser without JavaScript: from looking at a platform to a prescription that is signed and
sent, each step by whoever may do it."""
import datetime

import pytest

from conftest import Browser
from face import act, sign_in
from talap import Talap

PLATFORM = "https://alan.example.kz"


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    talap = Talap(tmp_path_factory.mktemp("body")).init()
    talap.start("--roles", "authorised_body")
    for login, roles, name in (("bauyrzhan", "official", "Бауыржан Төлеуов"), ("gulnar", "head", "Гүлнар Ахметова")):
        talap.user(login, roles, name)
    yield talap
    talap.stop()


@pytest.fixture(scope="module")
def official(body):
    browser = Browser(body.url, javascript=False)
    sign_in(browser, "kk", "bauyrzhan")
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def head(body):
    browser = Browser(body.url, javascript=False)
    sign_in(browser, "kk", "gulnar")
    yield browser
    browser.quit()


def unfold(browser, act_id):
    """The form of an act on the page of a case, its fields to be seen."""
    form = browser.one(f'form[action$="/acts/{act_id}"]')
    if not form.is_displayed():
        form.find_element("xpath", "./ancestor::details/summary").click()
    return form


def typed(browser, css, text):
    field = browser.one(css)
    field.clear()
    field.send_keys(text)


def moment_typed(browser, css, moment):
    """Into the parts of a datetime-local control, as its locale has them."""
    browser.one(css).send_keys(moment.strftime("%m%d%Y\t%I%M%p"))


def test_from_looking_to_a_prescription(body, official, head):
    # What an official may open is on the desk, and nothing waits yet.
    official.open("/kk/desk")
    assert official.all('.openings a[href="/kk/open/monitoring"]') and not official.all('a[href="/kk/open/moderation"]')
    official.go(official.one('.openings a[href="/kk/open/monitoring"]'))
    typed(official, "#f-platform", PLATFORM)
    typed(official, "#f-links", PLATFORM + "/1\n" + PLATFORM + "/2")
    typed(official, "#f-looked_at", "Соңғы отыз күндегі жазбалар мен жарнама қаралды.")
    official.send()
    assert "/kk/case/" in official.current_url, official.text()
    monitoring = official.text("h1")

    unfold(official, "violation")
    typed(official, "#violation-requirement", "Онлайн-жарнамада белгі болуға тиіс.")
    typed(official, "#violation-findings", "Он төрт жазбада жарнама белгісіз таратылған.")
    act(official, "violation")
    assert official.current_url.endswith("?done=1"), official.text()

    # The prescription grows from it: the number, the platform and the links stand in the form already.
    official.go(official.one(f'a[href^="/kk/open/prescription?from="]'))
    assert official.one("#f-monitoring").get_attribute("value") == monitoring
    assert official.one("#f-platform").get_attribute("value") == PLATFORM
    assert (PLATFORM + "/2") in official.one("#f-links").get_attribute("value")
    official.all('input[name=kind][value=remove_content], select[name=kind] option[value=remove_content]')[0].click()
    typed(official, "#f-addressee", "«Алаң» ЖШС")
    typed(official, "#f-ground", "Мониторинг актісінде бұзушылық анықталды.")
    typed(official, "#f-what_to_do", "Белгісіз жарнаманы тәулік ішінде жою керек.")
    official.send()
    assert "/kk/case/" in official.current_url, official.text()
    number = official.text("h1")
    assert monitoring in official.text(".ties") and official.all('a[href$="/chain"]')
    assert not official.all('form[action$="/acts/sign"]'), "an official signs no prescription"

    # It waits for the head, whose desk has it.
    official.open("/kk/desk")
    assert number in official.text(".waiting")
    head.open("/kk/desk")
    head.go([link for link in head.all(".owed a") if link.text == number][0])
    unfold(head, "sign")
    typed(head, "#sign-prescription_number", "12-5/77")
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=5)))
    head.one("#sign-prescription_date").send_keys(today.strftime("%m%d%Y"))
    act(head, "sign")
    assert head.current_url.endswith("?done=1"), head.text()
    papers = [link.get_attribute("href") for link in head.all('.files a[href*="language="]')]
    assert len(papers) == 3

    # Nothing typed is lost when a moment cannot be: delivered tomorrow.
    official.open("/kk/search")
    typed(official, "#f-q", number)
    official.send()
    unfold(official, "send")
    typed(official, "#send-means", "Курьермен, қолма-қол")
    moment_typed(official, "#send-delivered_at", today + datetime.timedelta(days=1))
    act(official, "send")
    assert official.all(".problems") and official.one("#send-means").get_attribute("value") == "Курьермен, қолма-қол"
