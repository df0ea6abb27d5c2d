"""The pages of registers, chains, platforms and resources, examined as every other page is."""
import time

import pytest

from body import RESTORATION, ROLES, Staff, asked, ground, now, ordered, orders_of, represent
from conftest import Browser
from talap import Talap
from test_access import SCREENS, examine

PUBLIC = ["/registers", "/registers/legal_representatives", "/registers/restricted_resources", "/registers/restorations?q=zzz",
          "/registers/nothing", "/entry", "/running", "/representative", "/"]
STAFF = ["/chain", "/platforms", "/platforms?q=zzz", "/platforms/big.example.kz", "/platforms/alem.example.kz", "/resources",
         "/resources/news.example.kz"]


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    service = Talap(tmp_path_factory.mktemp("body"), options=["--roles", ROLES]).init()
    service.start()
    for login, roles in (("o", "official"), ("h", "head"), ("r", "registrar")):
        setattr(service, login, Staff(service, "staff-" + login, roles))
    entry = service.o.open("restricted_resource", resource="https://news.example.kz/", links=RESTORATION["links"],
                           restriction_ground=ground(service), prescription_number="12-4/1", prescription_date="2025-11-03",
                           restricted_on="2025-11-05")
    representative = represent(service)
    service.r.act(representative, "change", change_ground="Өтініш № 5", address="Алматы қ., Абай даңғылы, 10")
    running = service.call("POST", "/v1/cases/restoration", json={**RESTORATION, "entry": entry["number"]}).json()
    service.r.act(running, "register")
    case = ordered(service)
    orders = orders_of(service, case)
    time.sleep(1.1)
    for order in orders:
        service.o.act(order, "deliver", means="Пошта", delivered_at=now())
    time.sleep(1.1)
    service.o.act(orders[0], "confirm", restored_at=now(), reference="N-1")
    asked(service, "big.example.kz", users=1250001)
    service.paths = {"/entry": "/registers/restorations/" + case["number"],
                     "/running": "/registers/restorations/" + running["number"],
                     "/representative": "/registers/legal_representatives/" + representative["number"],
                     "/chain": f"/case/{case['id']}/chain"}
    yield service
    service.stop()


@pytest.fixture(scope="module")
def reader(body):
    browser = Browser(body.url)
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def head(body):
    browser = Browser(body.url)
    browser.open("/kk/")
    for cookie in body.h.session.cookies:
        browser.add_cookie({"name": cookie.name, "value": cookie.value, "path": "/"})
    yield browser
    browser.quit()


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
@pytest.mark.parametrize("path", PUBLIC)
def test_public_page(body, reader, path, lang, width, scheme):
    examine(reader, lang, body.paths.get(path, path), width, scheme)


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
@pytest.mark.parametrize("path", STAFF)
def test_staff_page(body, head, path, lang, width, scheme):
    examine(head, lang, body.paths.get(path, path), width, scheme)


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_by_number_from_the_first_page(body, reader, lang):
    number = body.paths["/running"].rsplit("/", 1)[1]
    reader.open(f"/{lang}/")
    reader.one("#f-entry").send_keys(number)
    reader.send('form[action$="/registers/restorations"] button')
    assert reader.one("h1").text == number
