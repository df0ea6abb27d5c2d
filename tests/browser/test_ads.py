"""The library of advertising: every page examined, and the way from a search to a complaint without a script."""
import pytest

from body import Staff
from conftest import Browser
from talap import Talap, until
from test_access import SCREENS, examine

AD = {
    "kind": "targeted", "format": "text", "language": "kk", "id": "browser-1",
    "text": "Жарнама. Alem Shop: қысқы велосипедтер мен шаналар, баршаға арналған жаңа топтама\nЕкінші жол: тегін жеткізу.",
    "mark": {"text": "Жарнама", "place": "first_line"},
    "account": {"name": "Alem Shop", "url": "https://alem.example.kz/"},
    "advertiser": {"name": "«Әлем сауда үйі» жауапкершілігі шектеулі серіктестігі", "bin": "100140002347"},
    "payer": {"name": "«Төлем» ЖШС"}, "sponsor": {"name": "Демеуші"},
    "period": {"from": "2026-11-01", "until": "2027-12-31"},
    "targeting": {"age": {"from": 18, "until": 65},
                  "include": [{"criterion": "interest", "value": "велосипед"}, {"criterion": "city", "value": "Алматы"}],
                  "exclude": [{"criterion": "interest", "value": "шахмат"}]},
    "ai": {"made": True, "notice": "Сурет жасанды интеллектпен жасалған"},
    "claims": [{"claim": "Ең арзаны", "proof": "https://example.kz/prices"}],
    "media": [{"hash": "a" * 64, "type": "image/png", "url": "https://alem.example.kz/a/very/long/address/of/a/picture.png"}],
}
PUBLIC = ["/ads", "/ads?q=велосипед", "/ads?q=велосипед&kind=sponsored", '/ads?q="велосипед&from=x', "/one", "/earlier", "/unmarked",
          "/ads/by/payer?name=%C2%AB%D0%A2%D3%A9%D0%BB%D0%B5%D0%BC%C2%BB%20%D0%96%D0%A8%D0%A1", "/mark"]
STAFF = ["/ads", "/ads/new", "/change"]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    service = Talap(tmp_path_factory.mktemp("library")).init()
    service.start()

    def keep(**members):
        answer = service.call("POST", "/v1/ads", roles="service", json={**AD, **members})
        assert answer.status_code == 201, answer.text
        return answer.json()["ads"][0]["id"]

    one = keep()
    answer = service.call("PUT", "/v1/ads/" + one, roles="service", headers={"If-Match": '"1"'},
                          json={**AD, "text": AD["text"].replace("тегін", "арзан")})
    assert answer.status_code == 200, answer.text
    unmarked = keep(id="browser-2", mark={"place": "none"}, text="Қысқы велосипедтер", published=True)
    day = service.call("GET", "/v1/ads/" + one).json()["placed_at"][:10]
    rows = f"ad,day,region,count\n{one},{day},KZ-75,12000\n{one},{day},KZ-71,900\n{one},{day},KZ-10,7\n"
    assert service.call("POST", "/v1/ads/showings", roles="service", data=rows,
                        headers={"Content-Type": "text/csv"}).status_code in (200, 202)
    until(lambda: "<svg viewBox=\"0 0 560" in service.call("GET", f"/kk/ads/{one}").text)
    service.moderator = Staff(service, "ads-moderator", "moderator")
    service.paths = {"/one": f"/ads/{one}", "/earlier": f"/ads/{one}?version=1", "/unmarked": f"/ads/{unmarked}",
                     "/mark": f"/ads/{one}/mark", "/change": f"/ads/{one}/change"}
    yield service
    service.stop()


@pytest.fixture(scope="module")
def reader(library):
    browser = Browser(library.url)
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def moderator(library):
    browser = Browser(library.url)
    browser.open("/kk/")
    for cookie in library.moderator.session.cookies:
        browser.add_cookie({"name": cookie.name, "value": cookie.value, "path": "/"})
    yield browser
    browser.quit()


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
@pytest.mark.parametrize("path", PUBLIC)
def test_public_page(library, reader, path, lang, width, scheme):
    if path == "/mark":
        pytest.importorskip("selenium")
        reader.width(width)
        reader.scheme(scheme)
        reader.open(f"/{lang}" + library.paths[path])
        assert reader.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        assert reader.execute_script("return document.cookie") == ""
        return
    examine(reader, lang, library.paths.get(path, path), width, scheme)


@pytest.mark.parametrize("lang, width, scheme", SCREENS)
@pytest.mark.parametrize("path", STAFF)
def test_staff_page(library, moderator, path, lang, width, scheme):
    examine(moderator, lang, library.paths.get(path, path), width, scheme)


def test_from_a_search_to_a_complaint(library):
    browser = Browser(library.url, javascript=False)
    try:
        browser.open("/kk/")
        browser.go(browser.one('.doors a[href="/kk/ads"]'))
        browser.one("#f-q").send_keys("велосипед")
        browser.send('form[role="search"] button')
        browser.go(browser.all(".ad h3 a")[-1])
        assert library.paths["/one"] in browser.current_url
        browser.go(browser.one("#report ~ .buttons a"))
        assert browser.one("#f-link").get_attribute("value").endswith("/kk" + library.paths["/one"])
        browser.one("#f-text").send_keys("Жарнама екені көрінбейді, тексеруді сұраймын.")
        browser.send()
        assert "/kk/receipt/" in browser.current_url, browser.text()
        number = browser.all(".keys dd")[0].text
    finally:
        browser.quit()
    # Words are found a little after they are written.
    case = until(lambda: library.moderator.get("/v1/cases?q=" + number).json()["cases"])[0]
    values = library.moderator.get("/v1/cases/" + case["id"]).json()["fields"]
    assert values["about"] == "content" and values["link"].endswith(library.paths["/one"])


def test_placed_by_hand(library, moderator):
    moderator.width(1280)
    moderator.open("/kk/ads/new")
    moderator.one("#f-targeting\\.age\\.from").find_element("xpath", "ancestor::details/summary").click()
    for name, value in (("text", "Жарнама. Alem Shop: шатырлар"), ("mark\\.text", "Жарнама"), ("account\\.name", "Alem Shop"),
                        ("payer\\.name", "«Төлем» ЖШС"), ("advertiser\\.name", "Әлем"), ("targeting\\.age\\.from", "18"),
                        ("targeting\\.age\\.until", "65"), ("targeting\\.include", "interest = шатыр")):
        moderator.one("#f-" + name).send_keys(value)
    moderator.execute_script("for (const [id, value] of [['kind', 'targeted'], ['language', 'kk'], ['format', 'text'], ['mark.place', 'first_line'], "
                             "['period.from', '2026-11-01'], ['period.until', '2027-12-31']]) "
                             "document.getElementById('f-' + id).value = value")
    moderator.send("button[value=check]")
    assert "Бұзушылық табылған жоқ" in moderator.text(), moderator.text()
    moderator.send("button[value=keep]")
    assert "Жарнама сақталды" in moderator.text(), moderator.text()
    assert "шатырлар" in moderator.text("h1")
