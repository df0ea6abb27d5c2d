"""Every page examined as axe would: names, order, contrast in light and dark, room at 360 pixels, and the keyboard."""
import os
import time

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from conftest import Browser
from face import complain, find_case, act, sign_in

LOOK = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "look.js"), encoding="utf-8").read()
REPORT = f"/reports/transparency/{time.gmtime(time.time() + 5 * 3600).tm_year}"
PUBLIC = ["/", "/reports", REPORT, "/reports/transparency/2024", "/open/complaint", "/follow", "/verify", "/proof/0", "/calendar/2026", "/calendar/2028", "/clock",
          "/clock?norm=opl.11.3&from=2026-03-02T10:00", "/clock?norm=pdl.8.7&from=2026-02-02T10:00", "/clock?norm=opl.11.3&from=x",
          "/law", "/law?act=rar&q=zzz", "/law/opl.11.3", "/law/pdl.8.7", "/sign-in", "/no-such-page", "/receipt", "/own"]
STAFF = ["/desk", "/queue", "/queue?state=all&q=сурет", "/search", "/search?q=сурет", "/case-open", "/case-answered",
         "/open/complaint", "/settings", "/settings/accounts", "/settings/accounts/new", "/settings/tokens",
         REPORT, REPORT + "/cases?figure=complaints", "/settings/organisation", "/settings/mail", "/settings/calendar", "/password"]
SCREENS = [("kk", 1280, "light"), ("kk", 360, "dark"), ("ru", 360, "light"), ("en", 1280, "dark"), ("ru", 1024, "light")]


@pytest.fixture(scope="module")
def visitor(looker):
    """A visitor who has a complaint; its number stands in `number`."""
    looker.number, _ = complain(looker, "kk")
    return looker


@pytest.fixture(scope="module")
def worker(service):
    """Staff with an open and an answered case."""
    browser = Browser(service.url)
    complain(browser, "kk")
    number, _ = complain(browser, "kk")
    sign_in(browser, "kk", "aigul")
    find_case(browser, "kk", number)
    browser.answered = "/case/" + browser.current_url.split("/case/")[1]
    browser.one("#answer-decision").click()
    browser.one("#answer-reasons").send_keys("Тексерілді, қағида бұзылған, сурет өшірілді.")
    act(browser, "answer")
    number, _ = complain(browser, "kk")
    find_case(browser, "kk", number)
    browser.waiting = "/case/" + browser.current_url.split("/case/")[1]
    yield browser
    browser.quit()


def problems(browser):
    for details in browser.all("details:not([open])"):
        browser.execute_script("arguments[0].open = true", details)
    return browser.execute_script(LOOK)


def examine(browser, lang, path, width, scheme):
    browser.width(width)
    browser.scheme(scheme)
    browser.open(f"/{lang}{path}")
    assert problems(browser) == [], f"/{lang}{path} at {width}, {scheme}"


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
@pytest.mark.parametrize("path", PUBLIC)
def test_public_page(visitor, path, lang, width, scheme):
    path = {"/receipt": "/receipt/" + visitor.number, "/own": "/follow/" + visitor.number}.get(path, path)
    examine(visitor, lang, path, width, scheme)


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
@pytest.mark.parametrize("path", STAFF)
def test_staff_page(worker, path, lang, width, scheme):
    path = {"/case-open": worker.waiting, "/case-answered": worker.answered}.get(path, path)
    examine(worker, lang, path, width, scheme)


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
def test_refused_form(visitor, lang, width, scheme):
    visitor.width(width)
    visitor.scheme(scheme)
    visitor.open(f"/{lang}/open/complaint")
    visitor.send()
    assert visitor.all(".problems")
    assert problems(visitor) == []


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
def test_the_address_of_a_calendar(worker, lang, width, scheme):
    """Shown once, on a page that has no address of its own: all of it is seen, also on a telephone."""
    worker.width(width)
    worker.scheme(scheme)
    worker.open(f"/{lang}/settings/calendar")
    worker.send('form[action$="/settings/calendar"] button')
    assert problems(worker) == []
    field = worker.one("#f-address")
    assert field.get_attribute("value").endswith(".ics")
    assert worker.execute_script("return arguments[0].scrollHeight <= arguments[0].clientHeight", field)
    worker.open(f"/{lang}/settings/calendar")
    assert ".ics" not in worker.page_source and problems(worker) == []
    worker.send('form[action$="/revoke"] button')
    assert worker.all(".note.good") and problems(worker) == []


@pytest.mark.parametrize("path", ["/", "/open/complaint", "/follow", "/verify", "/clock", "/law/opl.11.3", "/calendar/2026"])
def test_keyboard_reaches_everything(visitor, path):
    keyboard(visitor, "/kk" + path)


@pytest.mark.parametrize("path", ["/desk", "/queue", "/case-open", "/settings/accounts/new", "/settings/tokens", "/settings/calendar"])
def test_keyboard_reaches_everything_for_staff(worker, path):
    keyboard(worker, "/kk" + {"/case-open": worker.waiting}.get(path, path))


WANTED = """
const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden" &&
    !(e.closest("details:not([open])") && e.tagName !== "SUMMARY");
window.wanted = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter(shown).filter((e) => e.type !== "radio" || e === document.querySelector('input[name="' + e.name + '"]'));
return window.wanted.length;
"""
STEP = """
const e = document.activeElement, style = getComputedStyle(e);
const ring = e.closest("label.option") ? getComputedStyle(e.closest("label.option")) : style;
return [window.wanted.indexOf(e), e.tagName, (ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2) ||
        (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2), e.outerHTML.slice(0, 100)];
"""


def keyboard(browser, path):
    browser.width(1280)
    browser.scheme("light")
    browser.open(path)
    count = browser.execute_script(WANTED)
    assert count > 5
    order = []
    for _ in range(2 * count + 20):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        index, tag, ring, html = browser.execute_script(STEP)
        if tag == "BODY":
            break
        assert ring, "no visible focus: " + html
        if index >= 0 and (not order or order[-1] != index):
            order.append(index)
        if len(set(order)) == count:
            break
    missing = set(range(count)) - set(order)
    assert not missing, [browser.execute_script("return window.wanted[arguments[0]].outerHTML", i)[:120] for i in missing]
    assert order == sorted(order), "the keyboard jumps about"


def test_skip_link_leads_to_the_content(visitor):
    visitor.open("/kk/")
    visitor.switch_to.active_element.send_keys(Keys.TAB)
    visitor.switch_to.active_element.send_keys(Keys.ENTER)
    assert visitor.switch_to.active_element.get_attribute("id") == "main"


BROKEN = {
    "h1: 2": "document.querySelector('main').insertAdjacentHTML('beforeend', '<h1>Again</h1>')",
    "no label": "document.querySelector('label[for=f-number]').remove()",
    "contrast": "document.querySelector('.lead').style.color = '#b0b0b0'",
    "wider than the screen": "document.querySelector('main').insertAdjacentHTML('beforeend', '<p>x</p>'); "
                             "document.querySelector('main').lastChild.style.width = '900px'",
    "id twice": "document.querySelector('main').insertAdjacentHTML('beforeend', '<p id=\"f-number\">x</p>')",
    "heading skips": "document.querySelector('main').insertAdjacentHTML('beforeend', '<h4>Deep</h4>')",
    "points nowhere": "document.querySelector('#f-number-hint').remove()",
    "a target of": "document.querySelector('main').insertAdjacentHTML('beforeend', '<button>x</button>'); "
                   "document.querySelector('main').lastChild.style.cssText = 'padding:0;width:10px;height:10px;min-height:0'",
    "no name": "document.querySelector('main button').textContent = ''",
    "html has no lang": "document.documentElement.removeAttribute('lang')",
}


@pytest.mark.parametrize("found", BROKEN)
def test_the_look_sees_what_is_broken(visitor, found):
    """The examination itself is examined: each break is named."""
    visitor.width(360)
    visitor.scheme("light")
    visitor.open("/kk/follow")
    assert problems(visitor) == []
    visitor.execute_script(BROKEN[found])
    assert any(found in line for line in problems(visitor))
