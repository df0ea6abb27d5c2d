"""One test a (route, role), made from the table of routes itself: whoever the table lets in is let in, nobody else is."""
import json
import os
import re
import subprocess

import pytest
import requests

from talap import BIN, PASSWORD, ROOT

ROLES = ["public", "admin", "moderator", "registrar", "auditor", "official", "head", "carrier", "responsible", "service"]
VALUES = {"lang": "en", "year": "2026", "procedure": "complaint", "act": "take", "name": "complaint", "leaf": "0"}
# What the guard itself says; anything else means that the request came past it.
STOPPED = {"sign_in_needed", "session_ended", "role_not_allowed"}


def table():
    done = subprocess.run([BIN, "routes", "--json"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sentence(code):
    """The English sentence of an error, as pages show it."""
    text = open(os.path.join(ROOT, "locales/errors.yaml"), encoding="utf-8").read()
    return re.search(rf'^{code}: .* en: "([^"]*)"', text, re.M).group(1)


TABLE = table()
API = [r for r in TABLE if r["kind"] == "api"]
PAGES = [r for r in TABLE if r["kind"] == "page"]


def address(path):
    return re.sub(r"{(\w+)}", lambda m: VALUES.get(m.group(1), "00000000-0000-7000-8000-000000000000"), path)


def let_in(route, role):
    if role == "public":
        return "public" in route["roles"]
    return route["roles"] == ["public"] or role in route["roles"]


@pytest.fixture(scope="module")
def sessions(shared):
    """A signed-in browser for each role."""
    made = {"public": requests.Session()}
    for role in ROLES[1:]:
        shared.user("s-" + role, role)
        session = requests.Session()
        page = session.get(shared.url + "/en/sign-in")
        token = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text).group(1)
        answer = session.post(shared.url + "/en/sign-in", data={"login": "s-" + role, "password": PASSWORD, "csrf": token},
                              allow_redirects=False)
        assert answer.status_code == 303, answer.text
        made[role] = session
    return made


def test_the_table_is_whole():
    names = [r["name"] for r in TABLE]
    assert len(names) == len(set(names)) and len(names) > 30
    assert all(r["roles"] for r in TABLE)
    assert all(r["path"].startswith("/{lang}/") or r["path"] in ("/", "/favicon.ico") for r in TABLE if r["kind"] == "page")
    # The auditor sees all and changes nothing: none of our writes is open to auditors but those open to everybody.
    for route in TABLE:
        if route["method"] != "GET" and route["roles"] != ["public"]:
            # Questions that hold names of people are asked in a body, and change nothing.
            own = route["name"].startswith(("sign_out", "password", "profile", "session", "page_person_find", "person_find",
                                            "page_may_ask", "page_ads_check"))
            assert own or "auditor" not in route["roles"], route["name"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", API, ids=[r["name"] for r in API])
def test_api(shared, route, role):
    if role != "public":
        shared.token(role)
    before = shared.ledger_size()
    options = {"none": {}, "file": {"data": b"x", "headers": {"Content-Type": "text/csv"}},
               "counts": {"data": b"x", "headers": {"Content-Type": "text/csv"}},
               "lines": {"data": b"u-1\n", "headers": {"Content-Type": "text/plain"}}}.get(route["input"], {"json": {}})
    answer = shared.call(route["method"], address(route["path"]), None if role == "public" else role, **options)
    problem = answer.json() if "problem" in answer.headers.get("Content-Type", "") else {}
    if let_in(route, role):
        assert problem.get("code") not in STOPPED, problem
        assert answer.status_code != 401 and answer.status_code < 500
    else:
        assert answer.status_code == (401 if role == "public" else 403)
        assert problem["code"] in STOPPED
    assert shared.ledger_size() == before


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_call_is_told_that_first(shared, role):
    """Whatever the body is: of a type the route does not take, or too large for anybody."""
    token = None if role == "public" else role
    for route in API:
        if route["method"] == "GET" or route["input"] == "none":
            continue
        answer = shared.call(route["method"], address(route["path"]), token, data=b"x",
                             headers={"Content-Type": "chemical/x-none"})
        code = answer.json().get("code")
        if not let_in(route, role):
            assert (answer.status_code, code in STOPPED) == (401 if role == "public" else 403, True), route["name"]
        elif route["input"] != "bytes":
            assert code == "content_type_unsupported", (route["name"], answer.text)


def test_a_large_body_of_nobody_is_not_kept(shared):
    """Told before it is read as what it says it is, also when its length is not known before."""
    def pieces():
        for _ in range(64):
            yield b"x" * 4096
    for path, kind in (("/v1/audience/visits", "text/plain"), ("/v1/ads/check", "application/json"),
                       ("/v1/ads", "application/json"), ("/v1/ads/showings", "text/csv")):
        for data in (b"\xff" * 300000, pieces()):
            answer = shared.call("POST", path, None, data=data, headers={"Content-Type": kind})
            assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed"), (path, answer.text)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", PAGES, ids=[r["name"] for r in PAGES])
def test_page(shared, sessions, route, role):
    before = shared.ledger_size()
    options = {} if route["method"] == "GET" else {"data": {"nothing": "1"}}
    answer = sessions[role].request(route["method"], shared.url + address(route["path"]), allow_redirects=False, **options)
    to_sign_in = answer.status_code == 303 and "/sign-in" in answer.headers["Location"]
    if let_in(route, role):
        assert not (to_sign_in and role != "public"), answer.headers
        assert sentence("role_not_allowed") not in answer.text and answer.status_code not in (401,)
        assert answer.status_code < 500
        if route["method"] != "GET":
            assert answer.status_code == 403, "a form without its token was taken"
    elif role == "public":
        assert to_sign_in if route["method"] == "GET" else answer.status_code == 401
    else:
        assert answer.status_code == 403 and sentence("role_not_allowed") in answer.text
    assert shared.ledger_size() == before
