"""A complaint from the first page to its answer, without JavaScript, in all three languages; and what goes wrong."""
import datetime
import re

import pytest
import requests
from selenium.webdriver.support.ui import Select

from face import REASONS, WORDS, act, complain, cookies, find_case, follow, sign_in


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_complaint_is_answered_and_read(no_script, staff, service, lang):
    number, code = complain(no_script, lang)
    receipt = no_script.text()
    day = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=5))).date() + datetime.timedelta(days=20)
    assert no_script.all(f'time[datetime="{day.isoformat()}"]'), receipt
    assert no_script.all(".code svg")
    leaf = no_script.one('a[href$="/receipt.json"]').get_attribute("href")
    proof = requests.get(leaf, timeout=10).json()
    assert {"leaf_index", "leaf_hash", "checkpoint", "inclusion"} <= set(proof)

    no_script.go(no_script.one(".receipt a.button"))
    assert WORDS[lang]["received"] in no_script.text("h1")
    assert code not in no_script.current_url and code not in no_script.page_source

    sign_in(staff, lang, "daniyar")
    find_case(staff, lang, number)
    assert "Ержан Қасымұлы" in staff.text()
    act(staff, "take")
    no_script.refresh()
    assert WORDS[lang]["review"] in no_script.text("h1")

    staff.one("#answer-decision").click()
    act(staff, "answer")
    assert WORDS[lang]["problem"] in staff.text(".problems")
    assert staff.one("#answer-decision").is_selected()
    staff.one("#answer-reasons").send_keys(REASONS)
    act(staff, "answer")
    assert staff.current_url.endswith("?done=1"), staff.text()
    assert REASONS in staff.text()

    follow(no_script, lang, number.lower().replace("ш", "Ш"), " " + code.lower().replace("-", " "))
    assert WORDS[lang]["answered"] in no_script.text("h1")
    assert REASONS in no_script.text()
    assert "Данияр" not in no_script.text()
    paper = requests.get(no_script.one('.note a[href$=".pdf"]').get_attribute("href"), cookies=cookies(no_script), timeout=30)
    assert paper.status_code == 200 and paper.content.startswith(b"%PDF")
    nobody = requests.get(paper.url, timeout=30)
    assert nobody.status_code == 404


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_what_was_typed_stays(no_script, lang):
    no_script.open(f"/{lang}/open/complaint")
    no_script.one("#f-about").click()
    no_script.one("#f-link").send_keys("example.kz")
    no_script.one("#f-text").send_keys("<b>\"'&")
    Select(no_script.one("#f-category")).select_by_index(2)
    no_script.one("#f-contact_email").send_keys("aigul@")
    no_script.send()
    assert WORDS[lang]["problem"] in no_script.text(".problems")
    assert "/open/complaint" in no_script.current_url
    assert no_script.one("#f-about").is_selected()
    assert no_script.one("#f-link").get_attribute("value") == "example.kz"
    assert no_script.one("#f-text").get_attribute("value") == "<b>\"'&"
    assert no_script.one("#f-contact_email").get_attribute("value") == "aigul@"
    assert Select(no_script.one("#f-category")).first_selected_option.get_attribute("value")
    targets = [link.get_attribute("href").split("#")[1] for link in no_script.all(".problems a")]
    assert targets == ["f-link", "f-text", "f-contact_email"]
    for target in targets:
        control = no_script.one("#" + target)
        assert control.get_attribute("aria-invalid") == "true"
        told = control.get_attribute("aria-describedby").split()
        assert target + "-wrong" in told and no_script.one(f"#{target}-wrong").text


def test_same_form_twice_is_one_case(service):
    """Two clicks on the button, or a reload of what was sent: one case."""
    visitor = requests.Session()
    page = visitor.get(service.url + "/en/open/complaint", timeout=10).text
    hidden = dict(re.findall(r'type="hidden" name="(csrf|once)" value="([^"]+)"', page))
    form = {**hidden, "about": "interface", "text": "The same words, sent twice by an impatient finger."}
    sent = [visitor.post(service.url + "/en/open/complaint", files={name: (None, value) for name, value in form.items()},
                         allow_redirects=False, timeout=10) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303], sent[0].text[:500]
    assert sent[0].headers["Location"] == sent[1].headers["Location"]
    form["text"] = "Other words under the same key are not the same complaint."
    other = visitor.post(service.url + "/en/open/complaint", files={name: (None, value) for name, value in form.items()},
                         allow_redirects=False, timeout=10)
    assert other.status_code == 422 and form["text"] in other.text
    fresh = re.search(r'name="once" value="([^"]+)"', other.text).group(1)
    assert fresh != form["once"]


def test_back_from_a_refusal_brings_back_what_was_typed(no_script):
    """The form's token is gone (cookies cleared): refused, the text is given back, and the form still holds it."""
    text = "A long account of what happened, which nobody wants to type again."
    no_script.open("/en/open/complaint")
    no_script.all("input[name=about]")[1].click()
    no_script.one("#f-text").send_keys(text)
    no_script.delete_all_cookies()
    no_script.send()
    assert "403" in no_script.text(".number")
    assert no_script.one("main textarea").get_attribute("value") == text
    no_script.back()
    assert no_script.one("#f-text").get_attribute("value") == text


def test_withdraw(no_script):
    number, code = complain(no_script, "kk")
    no_script.go(no_script.one(".receipt a.button"))
    no_script.one(".acts summary").click()
    act(no_script, "withdraw")
    assert WORDS["kk"]["withdrawn"] in no_script.text("h1")
    assert not no_script.all('form[action$="/acts/withdraw"]')


def test_wrong_code_and_unknown_number_say_the_same(no_script):
    number, code = complain(no_script, "ru")
    said = []
    for typed_number, typed_code in ((number, "0000-0000-0000"), ("Ш-2026-999999", code)):
        follow(no_script, "ru", typed_number, typed_code)
        said.append(no_script.text(".problems"))
        assert no_script.one("#f-number").get_attribute("value") == typed_number
    assert said[0] == said[1]


def test_link_of_a_message_loses_its_code(no_script):
    number, code = complain(no_script, "en")
    no_script.delete_all_cookies()
    no_script.open(f"/en/follow/{number}?code={code}")
    assert "code" not in no_script.current_url and code not in no_script.current_url
    assert WORDS["en"]["received"] in no_script.text("h1")
    no_script.delete_all_cookies()
    no_script.open(f"/en/follow/{number}")
    assert no_script.one("#f-number").get_attribute("value") == number
    no_script.open(f"/en/follow/{number}?code=0000-0000-0000")
    assert no_script.all(".problems") and not no_script.all(".line")


def test_files_travel_with_the_complaint(no_script, staff, tmp_path):
    picture = tmp_path / "скриншот.png"
    picture.write_bytes(bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"))
    program = tmp_path / "virus.png"
    program.write_bytes(b"MZ" + bytes(200))
    no_script.open("/kk/open/complaint")
    no_script.all("input[name=about]")[1].click()
    no_script.one("#f-text").send_keys("Интерфейсте бас тарту түймесі жасырылған.")
    no_script.one("#f-attachments").send_keys(str(program))
    no_script.send()
    assert no_script.one("#f-attachments-wrong").text
    assert no_script.one("#f-attachments-again").text
    no_script.one("#f-attachments").send_keys(str(picture))
    no_script.send()
    assert "/receipt/" in no_script.current_url, no_script.text()
    number = no_script.all(".keys dd")[0].text
    sign_in(staff, "kk", "daniyar")
    find_case(staff, "kk", number)
    link = staff.one('.files a[href*="/attachments/"]')
    assert link.text == "скриншот.png"
    got = requests.get(link.get_attribute("href"), cookies=cookies(staff), timeout=10)
    assert got.content == picture.read_bytes() and got.headers["Content-Type"] == "image/png"


def test_receipt_can_be_checked(no_script):
    complain(no_script, "en")
    address = no_script.one('a[href$="/receipt.json"]').get_attribute("href")
    receipt = requests.get(address, timeout=10).text
    for text, good in ((receipt, True), (receipt.replace('"leaf_index":', '"leaf_index":1'), False), ("{}", False), ("", False)):
        no_script.open("/en/verify")
        no_script.one("#f-receipt").send_keys(text)
        no_script.send()
        assert bool(no_script.all(".note.good")) == good
        assert bool(no_script.all(".problems")) != good
    no_script.open("/en/verify")


@pytest.mark.parametrize("path", ["/law/opl.11.3", "/calendar/2026", "/clock?norm=opl.11.3&from=2026-03-02T10%3A00", "/law?act=pdl&q=breach"])
def test_language_switch_keeps_the_page(no_script, path):
    no_script.open("/kk" + path)
    for lang in ("ru", "en", "kk"):
        no_script.go(no_script.one(f'.langs a[hreflang="{lang}"]'))
        assert no_script.current_url == no_script.base + "/" + lang + path
        assert no_script.one("html").get_attribute("lang") == lang


def test_calculator_explains_each_day(no_script):
    no_script.open("/en/clock?norm=opl.11.3&from=2026-03-02T10:00")
    said = no_script.text()
    assert "22 March 2026, 23:59:59" in said and "27 March 2026, 00:00:00" in said
    assert len(no_script.all(".days .counted")) + len(no_script.all(".days .last")) == 20
    no_script.open("/en/clock?norm=opl.11.3&from=tomorrow")
    assert no_script.all(".problems") and no_script.one("#f-from")
