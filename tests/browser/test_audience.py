"""Users in figures in a browser: examined like every page, and a figure corrected by who has no JavaScript."""
import datetime
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "web"))

from conftest import Browser  # noqa: E402
from face import sign_in  # noqa: E402
from talap import Talap  # noqa: E402
from test_audience_pages import NOW_MONTH, TODAY, month_text, seed  # noqa: E402

LOOK = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "look.js"), encoding="utf-8").read()
SCREENS = [("kk", 1280, "light"), ("kk", 360, "dark"), ("ru", 360, "light"), ("en", 1280, "dark"), ("ru", 1024, "light")]
DAY = TODAY - datetime.timedelta(days=2)
STAFF = ["/audience", f"/audience?month={DAY:%Y-%m}&service=app", f"/audience?month={DAY:%Y-%m}&correct={DAY}",
         "/audience?correct=1999-01", f"/audience?month={month_text(NOW_MONTH - 1)}", "/desk"]


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    talap = Talap(tmp_path_factory.mktemp("counted")).init()
    talap.user("aigul", "admin moderator", "Айгүл Серікова")
    seed(talap)
    talap.start()
    yield talap
    talap.stop()


@pytest.fixture(scope="module")
def reader(counted):
    browser = Browser(counted.url)
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def worker(counted):
    browser = Browser(counted.url)
    sign_in(browser, "kk", "aigul")
    yield browser
    browser.quit()


def examine(browser, lang, path, width, scheme):
    browser.width(width)
    browser.scheme(scheme)
    browser.open(f"/{lang}{path}")
    for details in browser.all("details:not([open])"):
        browser.execute_script("arguments[0].open = true", details)
    assert browser.execute_script(LOOK) == [], f"/{lang}{path} at {width}, {scheme}"


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
def test_the_public_page(reader, lang, width, scheme):
    examine(reader, lang, "/users", width, scheme)
    assert reader.one(".one-figure").text.replace("\u00a0", " ") == "776 769"


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
@pytest.mark.parametrize("path", STAFF)
def test_the_page_of_staff(worker, path, lang, width, scheme):
    examine(worker, lang, path, width, scheme)


def test_a_figure_is_corrected_without_a_script(counted):
    browser = Browser(counted.url, javascript=False)
    month = month_text(NOW_MONTH - 6)
    try:
        sign_in(browser, "ru", "aigul")
        browser.open("/ru/audience")
        browser.one("#f-period").send_keys(month)
        browser.send("#correct ~ form button")
        browser.one("#f-users").send_keys("много")
        browser.one("#f-reason").send_keys("Посчитаны роботы.")
        browser.send("#correct ~ form button")
        assert browser.one("#f-users").get_attribute("value") == "много"
        assert browser.one("#f-reason").get_attribute("value") == "Посчитаны роботы."
        assert browser.one("#f-users-wrong").text
        browser.one("#f-users").clear()
        browser.one("#f-users").send_keys("749999")
        browser.send("#correct ~ form button")
        assert browser.one("[role=status]").text
        browser.open("/kk/users")
        assert "Посчитаны роботы." in browser.text() and "749\u00a0999" in browser.text().replace(" ", "\u00a0")
    finally:
        browser.quit()
