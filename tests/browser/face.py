"""What people do on the pages, said once for all tests."""
import re

from talap import PASSWORD

WORDS = {
    "kk": {"received": "Шағым қабылданды", "answered": "Шағымға жауап берілді", "review": "Шағым қаралып жатыр",
           "withdrawn": "Шағымды кері алдыңыз", "problem": "Түзету керек"},
    "ru": {"received": "Жалоба принята", "answered": "На жалобу дан ответ", "review": "Жалоба рассматривается",
           "withdrawn": "Вы отозвали жалобу", "problem": "Нужно исправить"},
    "en": {"received": "Your complaint has been received", "answered": "Your complaint has been answered",
           "review": "Your complaint is being considered", "withdrawn": "You withdrew your complaint",
           "problem": "There is a problem"},
}
REASONS = "Жазба тексерілді, қағидалардың бұзылғаны анықталды, сурет өшірілді."


def complain(browser, lang, text="Менің суретімді рұқсатсыз жариялаған, өшіруді сұраймын."):
    """From the first page to the receipt; number and access code."""
    browser.open(f"/{lang}/")
    browser.go(browser.one(".hero a.button"))
    browser.one("#f-about").click()
    browser.one("#f-link").send_keys("https://example.kz/post/12")
    browser.one("#f-text").send_keys(text)
    browser.one("#f-contact_name").send_keys("Ержан Қасымұлы")
    browser.send()
    assert f"/{lang}/receipt/" in browser.current_url, browser.text()
    number, code = [cell.text for cell in browser.all(".keys dd")]
    assert re.fullmatch(r"Ш-\d{4}-\d{6}", number)
    assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", code)
    assert code not in browser.current_url
    return number, code


def follow(browser, lang, number, code):
    browser.open(f"/{lang}/follow")
    browser.one("#f-number").clear()
    browser.one("#f-number").send_keys(number)
    browser.one("#f-code").send_keys(code)
    browser.send()


def sign_in(browser, lang, login):
    browser.open(f"/{lang}/sign-in")
    if browser.current_url.endswith("/desk"):
        return
    browser.one("#f-login").send_keys(login)
    browser.one("#f-password").send_keys(PASSWORD)
    browser.send()
    if browser.current_url.endswith("/password"):
        change_password(browser)
    assert browser.current_url.endswith(f"/{lang}/desk"), browser.text()


def change_password(browser, fresh="Ала сиыр айға қарап мөңіреді"):
    browser.one("#f-current").send_keys(PASSWORD)
    browser.one("#f-fresh").send_keys(fresh)
    browser.one("#f-again").send_keys(fresh)
    browser.send()


def find_case(browser, lang, number):
    """A number typed into the search leads to its case."""
    browser.open(f"/{lang}/search")
    browser.one("#f-q").send_keys(number)
    browser.send()
    assert "/case/" in browser.current_url, browser.text()
    assert number in browser.text("h1")


def act(browser, act_id):
    browser.go(browser.one(f'form[action$="/acts/{act_id}"] button[type=submit]'))


def cookies(browser):
    return {cookie["name"]: cookie["value"] for cookie in browser.get_cookies()}
