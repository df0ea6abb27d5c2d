"""What those who work here do: settings, tokens, assignment, notes, the queue's filters and its CSV."""
import csv
import io

import pytest
import requests

from conftest import Browser
from face import WORDS, act, complain, cookies, find_case, sign_in


@pytest.fixture(scope="module")
def admin(service):
    browser = Browser(service.url, javascript=False)
    sign_in(browser, "en", "aigul")
    yield browser
    browser.quit()


def test_wrong_password_keeps_the_login(no_script):
    no_script.open("/ru/sign-in")
    no_script.one("#f-login").send_keys("aigul")
    no_script.one("#f-password").send_keys("not the password at all")
    no_script.send()
    assert WORDS["ru"]["problem"] in no_script.text(".problems")
    assert no_script.one("#f-login").get_attribute("value") == "aigul"
    assert no_script.one("#f-password").get_attribute("value") == ""


def test_desk_leads_on_after_sign_in(no_script):
    no_script.delete_all_cookies()
    no_script.open("/en/queue")
    assert "/en/sign-in" in no_script.current_url and "next=" in no_script.current_url


def test_assign_and_note(no_script, admin):
    number, _ = complain(no_script, "en")
    find_case(admin, "en", number)
    admin.all(".side summary")[-2].click()
    admin.one("#note-text").send_keys("Ask the night shift.")
    act(admin, "note")
    assert "Ask the night shift." in admin.text()
    admin.all(".side summary")[-1].click()
    for option in admin.all("#assign-account option"):
        if option.text == "Данияр Омаров":
            option.click()
    act(admin, "assign")
    assert "Данияр Омаров" in admin.text(".meta")
    no_script.open("/en/follow/" + number)
    assert "night shift" not in no_script.page_source and "Данияр" not in no_script.page_source


def test_two_at_once(admin, staff, no_script):
    """The second of two who act on the same page is told, and loses nothing that was typed."""
    number, _ = complain(no_script, "en")
    find_case(admin, "en", number)
    sign_in(staff, "en", "daniyar")
    find_case(staff, "en", number)
    act(staff, "take")
    admin.one("#answer-decision").click()
    admin.one("#answer-reasons").send_keys("These are long and careful reasons.")
    act(admin, "answer")
    assert admin.all(".problems")
    assert admin.one("#answer-reasons").get_attribute("value") == "These are long and careful reasons."
    act(admin, "answer")
    assert admin.current_url.endswith("?done=1"), admin.text()


def test_on_behalf_with_the_day_it_came(admin):
    admin.open("/en/open/complaint")
    admin.one("#f-received").send_keys("03022026\t1000AM")
    admin.all("input[name=about]")[2].click()
    admin.one("#f-text").send_keys("A letter came about a user who insults others.")
    admin.send()
    assert "/en/receipt/" in admin.current_url, admin.text()
    assert admin.all('time[datetime="2026-03-22"]') or admin.all('time[datetime="2026-02-23"]'), admin.text()


def test_queue_filters_and_csv(admin, no_script):
    complain(no_script, "en")
    admin.open("/en/queue?state=all&sort=newest")
    shown = [cell.text for cell in admin.all("tbody th a")]
    assert shown
    answer = requests.get(admin.one('a[href*="queue.csv"]').get_attribute("href"), cookies=cookies(admin), timeout=30)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]][:len(shown)] == shown
    assert all(len(row) == len(rows[0]) for row in rows)
    assert "Ержан" not in answer.text
    admin.open("/en/queue?state=answered")
    assert all("Answered" in cell.text for cell in admin.all("tbody td:nth-child(2)"))
    admin.open("/en/queue?state=nonsense")
    assert not admin.all("tbody tr")


def test_account_token_and_organisation(admin):
    admin.open("/en/settings/accounts/new")
    admin.one("#f-login").send_keys("Bad Login")
    admin.send()
    assert {link.get_attribute("href").split("#")[1] for link in admin.all(".problems a")} == {"f-login", "f-name", "f-roles"}
    admin.one("#f-login").clear()
    admin.one("#f-login").send_keys("botagoz")
    admin.one("#f-name").send_keys("Ботагөз Әлімова")
    admin.all("input[name=roles]")[2].click()
    admin.send()
    password = admin.text(".note .check")
    assert len(password) >= 16
    admin.open("/en/settings/accounts")
    assert "botagoz" in admin.text() and password not in admin.page_source

    admin.open("/en/settings/tokens")
    admin.one("#f-name").send_keys("mobile")
    admin.all("input[name=roles]")[1].click()
    admin.send('form[action$="/settings/tokens"] button')
    secret = admin.text(".note .mono")
    assert secret.startswith("talap_")
    listed = requests.get(admin.base + "/v1/cases", headers={"Authorization": "Bearer " + secret}, timeout=10)
    assert listed.status_code == 200
    admin.open("/en/settings/tokens")
    assert secret not in admin.page_source
    admin.send('form[action$="/revoke"] button')
    gone = requests.get(admin.base + "/v1/cases", headers={"Authorization": "Bearer " + secret}, timeout=10)
    assert gone.status_code == 401

    admin.open("/en/settings/organisation")
    for name, text in (("name_kk", "Алаң"), ("name_ru", "Алан"), ("name_en", "Alan"), ("bin", "123"), ("rules_kk", "Қағида")):
        admin.one("#f-" + name).send_keys(text)
    admin.send()
    assert admin.one("#f-rules_kk").get_attribute("value") == "Қағида"
    assert "f-bin" in [link.get_attribute("href").split("#")[1] for link in admin.all(".problems a")]
    admin.one("#f-bin").clear()
    admin.one("#f-rules_ru").send_keys("Правило")
    admin.one("#f-rules_en").send_keys("The rule")
    admin.send()
    assert not admin.all(".problems"), admin.text()
    admin.open("/en/open/complaint")
    assert "The rule" in admin.text()


def test_auditor_sees_and_changes_nothing(service, no_script):
    number, _ = complain(no_script, "en")
    auditor = Browser(service.url, javascript=False)
    try:
        sign_in(auditor, "en", "saule")
        find_case(auditor, "en", number)
        assert not auditor.all("main form")
        auditor.open("/en/settings/organisation")
        assert not auditor.all("main button")
    finally:
        auditor.quit()
