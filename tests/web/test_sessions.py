"""Signing in and what a session is good for: cookies, CSRF tokens, lockout, and where one is led."""
import re
import socket

import pytest
import requests

from talap import COMPLAINT, PASSWORD

LOGIN = "aliya"


def csrf(page):
    return re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text).group(1)


def sign_in(service, login=LOGIN, password=PASSWORD, session=None, **more):
    """Signs in as the form does; the session and the answer to the form."""
    session = session or requests.Session()
    token = csrf(session.get(service.url + "/en/sign-in"))
    form = {"login": login, "password": password, "csrf": token, **more}
    return session, session.post(service.url + "/en/sign-in", data=form, allow_redirects=False)


@pytest.fixture(scope="module")
def staff(shared):
    shared.user(LOGIN, "moderator")
    return shared


def test_a_session_reads_the_api(staff):
    session, answer = sign_in(staff)
    assert answer.status_code == 303 and answer.headers["Location"] == "/en/desk"
    cookie = next(c for c in answer.headers["Set-Cookie"].split(", ") if c.startswith("talap_session="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert staff.call("GET", "/v1/cases", session=session).status_code == 200


def test_a_session_alone_writes_nothing(staff):
    case = staff.complain()
    path = f"/v1/cases/{case['id']}/acts/take"
    session, _ = sign_in(staff)
    other, _ = sign_in(staff)
    token = csrf(session.get(staff.url + f"/en/case/{case['id']}"))
    foreign = csrf(other.get(staff.url + f"/en/case/{case['id']}"))
    before = staff.ledger_size()
    for headers, code in (({}, "csrf_missing"), ({"X-CSRF-Token": "0" * 64}, "csrf_wrong"), ({"X-CSRF-Token": foreign}, "csrf_wrong")):
        answer = staff.call("POST", path, session=session, headers=headers)
        assert answer.status_code == 403 and answer.json()["code"] == code
    assert staff.ledger_size() == before
    assert staff.call("POST", path, session=session, headers={"X-CSRF-Token": token}).status_code == 200


def test_a_form_without_its_token(staff):
    case = staff.complain()
    session, _ = sign_in(staff)
    address = staff.url + f"/en/case/{case['id']}/acts/take"
    before = staff.ledger_size()
    for data in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        answer = session.post(address, data=data, allow_redirects=False)
        assert answer.status_code == 403 and answer.headers["Content-Type"].startswith("text/html")
    # A visitor's complaint needs the token of the form it was shown, too.
    visitor = requests.Session()
    assert visitor.post(staff.url + "/kk/open/complaint", data={"about": "interface"}).status_code == 403
    shown = csrf(visitor.get(staff.url + "/kk/open/complaint"))
    stranger = requests.Session()
    answer = stranger.post(staff.url + "/kk/open/complaint", data={"csrf": shown})
    assert answer.status_code == 403
    assert staff.ledger_size() == before


def test_signing_out_ends_the_session(staff):
    session, _ = sign_in(staff)
    stolen = session.cookies["talap_session"]
    token = csrf(session.get(staff.url + "/en/desk"))
    assert session.post(staff.url + "/en/sign-out", data={"csrf": token}, allow_redirects=False).status_code == 303
    assert "talap_session" not in session.cookies
    answer = staff.call("GET", "/v1/cases", headers={"Cookie": "talap_session=" + stolen})
    assert answer.status_code == 401 and answer.json()["code"] == "session_ended"


def test_signing_in_again_ends_the_session_before(staff):
    session, _ = sign_in(staff)
    before = session.cookies["talap_session"]
    form = {"login": LOGIN, "password": PASSWORD, "csrf": csrf(session.get(staff.url + "/en/desk"))}
    wrong = session.post(staff.url + "/en/sign-in", data={**form, "password": "wrong password 1"}, allow_redirects=False)
    assert wrong.status_code == 401
    assert staff.call("GET", "/v1/cases", headers={"Cookie": "talap_session=" + before}).status_code == 200
    assert session.post(staff.url + "/en/sign-in", data=form, allow_redirects=False).status_code == 303
    assert session.cookies["talap_session"] != before
    assert staff.call("GET", "/v1/cases", session=session).status_code == 200
    assert staff.call("GET", "/v1/cases", headers={"Cookie": "talap_session=" + before}).status_code == 401


def test_led_to_the_sign_in_and_back(staff):
    answer = staff.call("GET", "/ru/queue?state=received")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/ru/sign-in?next=%2Fru%2Fqueue%3Fstate%3Dreceived"
    _, back = sign_in(staff, next="/ru/queue?state=received")
    assert back.headers["Location"] == "/ru/queue?state=received"


@pytest.mark.parametrize("next_path", ["//evil.kz", "https://evil.kz/", "/\\evil.kz", "evil", "/a\r\nX: y", "javascript:alert(1)"])
def test_never_led_away(staff, next_path):
    _, answer = sign_in(staff, next=next_path)
    assert answer.status_code == 303 and answer.headers["Location"] == "/en/desk"
    assert "X" not in answer.headers


def test_a_wrong_password_locks_after_five(talap):
    talap.user("dana", "registrar")
    talap.user("erbol", "registrar")
    _, unknown = sign_in(talap, "nobody", "wrong password 1")
    _, wrong = sign_in(talap, "dana", "wrong password 1")
    # Neither the status nor the words tell whether the login exists.
    assert unknown.status_code == wrong.status_code == 401
    strip = lambda page, login: re.sub(r"[0-9a-f]{64}", "", page.text.replace(login, ""))  # noqa: E731
    assert strip(unknown, "nobody") == strip(wrong, "dana")
    for _ in range(4):
        assert sign_in(talap, "dana", "wrong password 1")[1].status_code in (401, 429)
    locked = sign_in(talap, "dana")[1]
    assert locked.status_code == 429
    assert "talap_session" not in locked.headers.get("Set-Cookie", "")
    assert sign_in(talap, "erbol")[1].status_code == 303


def test_a_login_that_does_not_exist_locks_like_one_that_does(talap):
    talap.user("dana", "registrar")
    seen = {login: [sign_in(talap, login, "wrong password 1")[1] for _ in range(7)] for login in ("dana", "nobody", "NoBody")}
    known, unknown, again = ([answer.status_code for answer in seen[login]] for login in ("dana", "nobody", "NoBody"))
    assert known == unknown == [401] * 5 + [429] * 2
    assert again == [429] * 7, "a login in other letters is the same login"
    plain = lambda page, login: re.sub(r"[0-9a-f]{64}", "", page.text.replace(login, ""))  # noqa: E731
    assert plain(seen["dana"][5], "dana") == plain(seen["nobody"][5], "nobody")


def test_guessing_ones_own_password_locks(talap):
    """Who finds a session left open cannot try passwords there without end."""
    talap.user("dana", "registrar")
    session, _ = sign_in(talap, "dana")
    token = csrf(session.get(talap.url + "/en/password"))
    wish = {"csrf": token, "fresh": "жаңа ұзақ құпиясөз 77", "again": "жаңа ұзақ құпиясөз 77"}
    for _ in range(5):
        answer = session.post(talap.url + "/en/password", data={**wish, "current": "wrong password 1"}, allow_redirects=False)
        assert answer.status_code == 422
    answer = session.post(talap.url + "/en/password", data={**wish, "current": PASSWORD}, allow_redirects=False)
    assert answer.status_code == 422
    assert sign_in(talap, "dana")[1].status_code == 429


def test_a_flood_of_sign_ins_keeps_nobody_else_out(talap):
    session = requests.Session()
    token = csrf(session.get(talap.url + "/en/sign-in"))
    cookie = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
    waiting = []
    for i in range(160):
        body = f"login=guess-{i}&password=wrong&csrf={token}"
        connection = socket.create_connection(("127.0.0.1", talap.port), timeout=60)
        connection.sendall((f"POST /en/sign-in HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nContent-Length: {len(body)}\r\n"
                            f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}").encode())
        waiting.append(connection)
    assert talap.call("GET", "/readyz").status_code == 200
    answers = {connection.recv(12) for connection in waiting}
    assert answers == {b"HTTP/1.1 401", b"HTTP/1.1 503"}
    for connection in waiting:
        connection.close()


def test_a_password_that_must_change(talap):
    made = talap.call(
        "POST",
        "/v1/accounts",
        "admin",
        json={"login": "new-one", "name": "Жаңа", "password": PASSWORD, "roles": ["moderator"], "must_change_password": True},
    )
    assert made.status_code == 201, made.text
    session, answer = sign_in(talap, "new-one")
    assert answer.status_code == 303
    led = session.get(talap.url + "/en/queue", allow_redirects=False)
    assert led.status_code == 303 and led.headers["Location"] == "/en/password"
    assert session.get(talap.url + "/en/password").status_code == 200
    refused = talap.call("GET", "/v1/cases", session=session)
    assert refused.status_code == 403 and refused.json()["code"] == "password_must_change"
    token = csrf(session.get(talap.url + "/en/password"))
    refused = talap.call("POST", "/v1/cases/complaint", session=session, json=COMPLAINT, headers={"X-CSRF-Token": token})
    assert refused.status_code == 403 and refused.json()["code"] == "password_must_change"
    assert 'name="received"' not in session.get(talap.url + "/en/open/complaint").text, "no case for others yet"


def test_a_disabled_account(talap):
    id = talap.user("kairat", "moderator")
    session, _ = sign_in(talap, "kairat")
    assert talap.call("GET", "/v1/cases", session=session).status_code == 200
    assert talap.call("PUT", f"/v1/accounts/{id}", "admin", json={"disabled": True}).status_code == 200
    assert talap.call("GET", "/v1/cases", session=session).status_code == 401
    assert sign_in(talap, "kairat")[1].status_code in (401, 403)


def test_errors_of_pages_are_pages_in_their_language(staff):
    texts = set()
    for lang in ("kk", "ru", "en"):
        answer = requests.get(f"{staff.url}/{lang}/nothing/here", headers={"Accept": "text/html"})
        assert answer.status_code == 404 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f'lang="{lang}"' in answer.text
        texts.add(answer.text)
    assert len(texts) == 3
