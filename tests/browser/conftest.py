"""Browsers for the tests of pages: Debian's Chromium through chromedriver, with and without JavaScript, light and dark."""
import shutil
import tempfile

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from talap import Talap

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en"]


def is_gone(element):
    """Has the page that the element was on been left?"""
    try:
        element.is_enabled()
        return False
    except WebDriverException:
        return True


class Browser(webdriver.Chrome):
    """A browser of its own profile that knows where the service is."""

    def __init__(self, base, javascript=True, dark=False):
        self.folder = tempfile.mkdtemp(prefix="talap-browser-")
        options = Options()
        options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
        for flag in [*FLAGS, "--user-data-dir=" + self.folder]:
            options.add_argument(flag)
        if not javascript:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        super().__init__(service=Service("/usr/bin/chromedriver"), options=options)
        self.base = base
        self.scheme("dark" if dark else "light")

    def scheme(self, name):
        self.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def width(self, pixels, height=900):
        self.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                             {"width": pixels, "height": height, "deviceScaleFactor": 1, "mobile": pixels < 500})

    def open(self, path):
        self.get(self.base + path)
        return self

    def one(self, css):
        found = self.find_elements("css selector", css)
        assert len(found) == 1, f"{css}: {len(found)} on {self.current_url}"
        return found[0]

    def all(self, css):
        return self.find_elements("css selector", css)

    def go(self, control):
        """Clicks what leads to another page, and waits until it is there."""
        old = self.find_element("css selector", "html")
        control.click()
        wait = WebDriverWait(self, 20, 0.02, ignored_exceptions=[WebDriverException])
        wait.until(lambda browser: is_gone(old) and browser.find_elements("css selector", "footer"))

    def send(self, css="main form button[type=submit]"):
        self.go(self.all(css)[0])

    def text(self, css="main"):
        return self.one(css).text

    def quit(self):
        super().quit()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """One service for all tests of pages, with an organisation, staff and some cases in every state."""
    talap = Talap(tmp_path_factory.mktemp("pages")).init()
    talap.start()
    for login, roles, name in (("aigul", "admin moderator", "Айгүл Серікова"), ("daniyar", "moderator", "Данияр Омаров"),
                               ("saule", "auditor", "Сәуле Нұрланова")):
        talap.user(login, roles, name)
    yield talap
    talap.stop()


@pytest.fixture(scope="module")
def no_script(service):
    """A visitor without JavaScript."""
    browser = Browser(service.url, javascript=False)
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def staff(service):
    """A browser for staff, without JavaScript too."""
    browser = Browser(service.url, javascript=False)
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def looker(service):
    """A browser whose pages are examined by scripts of the test."""
    browser = Browser(service.url)
    yield browser
    browser.quit()
