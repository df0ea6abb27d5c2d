"""The calendar of due moments: its page, what programs fetch under the secret address, and how it ends."""
import re

import pytest
import requests

from talap import PASSWORD, Talap

ROLES = ["admin", "moderator", "registrar", "auditor", "official", "head", "carrier"]
PAGE = "/en/settings/calendar"
NOBODYS = "A" * 43


def csrf(page):
    return re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text).group(1)


def sign_in(service, login):
    session = requests.Session()
    token = csrf(session.get(service.url + "/en/sign-in"))
    answer = session.post(service.url + "/en/sign-in", data={"login": login, "password": PASSWORD, "csrf": token},
                          allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return session


def press(service, session, path):
    """A button of the page."""
    token = csrf(session.get(service.url + PAGE))
    return session.post(service.url + path, data={"csrf": token}, allow_redirects=False)


def make(service, session):
    """A new address; its path."""
    answer = press(service, session, PAGE)
    assert answer.status_code == 200, answer.text
    found = re.findall(r">\n" + re.escape(service.url) + r"(/calendar/[A-Za-z0-9_-]{43}\.ics)</textarea>", answer.text)
    assert len(found) == 1, answer.text
    return found[0]


def fetch(service, path, **headers):
    """As a calendar program does: no cookie, no token."""
    return requests.get(service.url + path, headers=headers, timeout=60)


def events(text):
    """Reads a calendar by hand: the properties of each VEVENT, without those of its alarm."""
    assert text.endswith("END:VCALENDAR\r\n") and text.startswith("BEGIN:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    found, path = [], []
    for line in text.replace("\r\n ", "").replace("\r\n\t", "").rstrip("\r\n").split("\r\n"):
        name, value = line.split(":", 1)
        if name == "BEGIN":
            path.append(value)
            if value == "VEVENT":
                found.append({})
        elif name == "END":
            assert path.pop() == value
        elif path[-1] == "VEVENT":
            assert name not in found[-1], line
            found[-1][name] = re.sub(r"\\(.)", lambda m: "\n" if m.group(1) in "nN" else m.group(1), value)
    assert path == []
    return found


@pytest.fixture(scope="module")
def people(shared):
    made = {}
    for login, roles in (("aliya", "moderator"), ("bolat", "moderator"), ("chingiz", "carrier")):
        shared.user(login, roles)
        made[login] = sign_in(shared, login)
    return made


def test_the_page_shows_the_address_once(shared, people):
    session = people["aliya"]
    before = session.get(shared.url + PAGE)
    assert before.status_code == 200 and ".ics" not in before.text and "You have no address yet." in before.text
    size = shared.ledger_size()
    path = make(shared, session)
    assert shared.ledger_size() == size + 1
    after = session.get(shared.url + PAGE)
    assert ".ics" not in after.text and "The address was made:" in after.text
    assert path.split("/")[2][:43].encode() not in open(shared.store, "rb").read()
    assert fetch(shared, path).status_code == 200


def test_the_address_and_its_webcal_twin(shared, people):
    answer = press(shared, people["aliya"], PAGE)
    assert answer.headers["Cache-Control"] == "no-store"
    secret = re.search(r"/calendar/([A-Za-z0-9_-]{43})\.ics", answer.text).group(1)
    assert f'href="webcal://127.0.0.1:{shared.port}/calendar/{secret}.ics"' in answer.text
    assert "readonly" in answer.text


def test_behind_tls_the_secret_never_travels_in_the_clear(tmp_path):
    service = Talap(tmp_path).init()
    service.start("--public-url", "https://talap.example.kz")
    service.user("aliya", "moderator")
    session = requests.Session()

    def get(path):
        answer = session.get(service.url + path)
        for cookie in session.cookies:
            assert cookie.secure
            cookie.secure = False  # here nginx would stand before it
        return answer

    token = csrf(get("/en/sign-in"))
    session.post(service.url + "/en/sign-in", data={"login": "aliya", "password": PASSWORD, "csrf": token}, allow_redirects=False)
    for cookie in session.cookies:
        cookie.secure = False
    page = session.post(service.url + PAGE, data={"csrf": csrf(session.get(service.url + PAGE))}).text
    secret = re.search(r">\nhttps://talap\.example\.kz/calendar/([A-Za-z0-9_-]{43})\.ics</textarea>", page).group(1)
    assert f'href="webcals://talap.example.kz/calendar/{secret}.ics"' in page
    service.complain()
    event, = events(fetch(service, f"/calendar/{secret}.ics").content.decode())
    assert event["URL"].startswith("https://talap.example.kz/kk/case/")
    service.stop()


def test_what_a_program_fetches(shared, people):
    case = shared.complain()
    path = make(shared, people["aliya"])
    answer = fetch(shared, path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers
    event = next(e for e in events(answer.content.decode()) if case["id"] in e["UID"])
    clock = case["clocks"][0]
    assert event["UID"] == f"{case['id']}.{clock['name']}@talap"
    assert event["DTSTART;VALUE=DATE"] == clock["due_at"][:10].replace("-", "")
    assert event["SUMMARY"].startswith(case["number"] + ": ")
    assert event["URL"] == f"{shared.url}/kk/case/{case['id']}"
    assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTAMP"])
    assert "23:59:59" in event["DESCRIPTION"] and "рұқсатсыз" not in answer.content.decode()
    head = requests.head(shared.url + path, timeout=60)
    assert head.status_code == 200 and head.headers["ETag"] == answer.headers["ETag"]


def test_nothing_new_is_told_in_a_word(shared, people):
    case = shared.complain()
    path = make(shared, people["aliya"])
    tag = fetch(shared, path).headers["ETag"]
    for known in (tag, "W/" + tag, f'"other", {tag}'):
        again = fetch(shared, path, **{"If-None-Match": known})
        assert again.status_code == 304 and again.content == b"" and again.headers["ETag"] == tag
    assert fetch(shared, path, **{"If-None-Match": '"other"'}).status_code == 200
    bolat = dict(shared.rows("SELECT login, id FROM account"))["bolat"]
    answer = shared.call("POST", f"/v1/cases/{case['id']}/acts/assign", "moderator", json={"account": bolat})
    assert answer.status_code == 200, answer.text
    changed = fetch(shared, path, **{"If-None-Match": tag})
    assert changed.status_code == 200 and changed.headers["ETag"] != tag


def test_other_peoples_cases_are_absent(shared, people):
    accounts = dict(shared.rows("SELECT login, id FROM account"))
    hers, his, nobodys = (shared.complain() for _ in range(3))
    for case, login in ((hers, "aliya"), (his, "bolat")):
        answer = shared.call("POST", f"/v1/cases/{case['id']}/acts/assign", "moderator", json={"account": accounts[login]})
        assert answer.status_code == 200, answer.text

    def seen(login):
        text = fetch(shared, make(shared, people[login])).content.decode()
        return [case["id"] in text for case in (hers, his, nobodys)]

    assert seen("aliya") == [True, False, True]
    assert seen("bolat") == [False, True, True]
    assert seen("chingiz") == [False, False, False]
    assert events(fetch(shared, make(shared, people["chingiz"])).content.decode()) == []


def test_replaced_revoked_disabled(shared, people):
    session = people["bolat"]
    first = make(shared, session)
    second = make(shared, session)
    assert first != second and fetch(shared, second).status_code == 200
    unknown = fetch(shared, f"/calendar/{NOBODYS}.ics")
    assert unknown.status_code == 404
    answer = press(shared, session, PAGE + "/revoke")
    assert answer.status_code == 303 and answer.headers["Location"] == PAGE + "?done=1"
    assert "The address has been revoked." in session.get(shared.url + PAGE + "?done=1").text
    size = shared.ledger_size()
    assert press(shared, session, PAGE + "/revoke").status_code == 303  # nothing is left to revoke
    assert shared.ledger_size() == size
    shared.user("dana", "moderator")
    disabled = make(shared, sign_in(shared, "dana"))
    assert fetch(shared, disabled).status_code == 200
    shared.command("user", "disable", "dana")
    for path in (first, second, disabled, "/calendar/x.ics", second[:-5] + ".ics", "/calendar/..ics", f"/calendar/{'A' * 4000}.ics"):
        answer = fetch(shared, path)
        # Whatever the reason, the same words.
        assert answer.status_code == 404 and answer.json() == unknown.json(), path
    for path in ("/calendar/.ics", second[:-4], "/calendar/"):
        assert fetch(shared, path).status_code == 404, path
    shared.command("verify")


def test_the_address_opens_nothing_else(shared, people):
    path = make(shared, people["aliya"])
    secret = path.split("/")[2][:43]
    for headers in ({"Authorization": "Bearer " + secret}, {"Authorization": "Bearer talap_" + secret}):
        assert shared.call("GET", "/v1/cases", headers=headers).status_code == 401
    assert shared.call("GET", "/en/desk", headers={"Cookie": "talap_session=" + secret}).status_code == 303
    for method in ("POST", "PUT", "DELETE"):
        assert shared.call(method, path).status_code == 405


def test_the_secret_stands_in_no_log(tmp_path):
    service = Talap(tmp_path).init()
    service.start("--log-level", "debug")
    service.user("aliya", "moderator")
    path = make(service, sign_in(service, "aliya"))
    fetch(service, path)
    fetch(service, path + "?x=%ff")
    fetch(service, f"/calendar/{NOBODYS}.ics")
    service.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".encode(), wait=1)
    service.raw(f"GET {path} nonsense\r\n\r\n".encode(), wait=1)
    metrics = service.call("GET", "/metrics").text
    service.stop()
    text = "".join(service.lines)
    secret = path.split("/")[2][:43]
    assert "route=/calendar/{secret}.ics status=200" in text and 'route="calendar_feed",status="200"' in metrics
    for where in (text, metrics):
        assert secret not in where and NOBODYS not in where


@pytest.mark.parametrize("role", ROLES)
def test_everybody_who_works_here_may(shared, role):
    shared.user("c-" + role, role)
    session = sign_in(shared, "c-" + role)
    assert PAGE in session.get(shared.url + "/en/settings").text
    text = fetch(shared, make(shared, session)).content.decode()
    events(text)
    assert "X-WR-CALNAME:" in text and "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text


def test_a_stranger_has_none(shared):
    answer = requests.get(shared.url + PAGE, allow_redirects=False, timeout=60)
    assert answer.status_code == 303 and "/en/sign-in" in answer.headers["Location"]
    assert requests.post(shared.url + PAGE, data={}, timeout=60).status_code == 401
    session = requests.Session()
    token = csrf(session.get(shared.url + "/en/sign-in"))
    assert session.post(shared.url + PAGE, data={"csrf": token}, timeout=60).status_code == 401
