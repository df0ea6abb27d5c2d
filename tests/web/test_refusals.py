"""Bad input: each gets a clear 4xx in the request's language, and changes nothing."""
import json
import re

import pytest

from talap import COMPLAINT

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def unchanged(shared):
    """The ledger is as long after the test as it was before it."""
    for role in ("admin", "moderator", "registrar", "auditor"):
        shared.token(role)
    before = shared.ledger_size()
    yield shared
    assert shared.ledger_size() == before


@pytest.fixture(scope="module")
def case(shared):
    opened = shared.complain()
    shared.complain()
    return opened


def refused(answer, status, code, field=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["code"] == code, problem
    assert problem["title"] and problem["detail"] and isinstance(problem["errors"], list)
    if field:
        assert field in {(e["field"], e["code"]) for e in problem["errors"]}, problem
        assert all(e["message"] for e in problem["errors"])
    return problem


def open_with(shared, **members):
    given = {k: v for k, v in {**COMPLAINT, **members}.items() if v is not None}
    return shared.call("POST", "/v1/cases/complaint", json=given)


@pytest.mark.parametrize(
    "members, field, code",
    [
        ({"text": None}, "text", "required"),
        ({"link": None}, "link", "required"),
        ({"text": "қысқа"}, "text", "too_short"),
        ({"text": "ұ" * 5001}, "text", "too_long"),
        ({"text": 5}, "text", "wrong_type"),
        ({"text": ["a", "b"]}, "text", "wrong_type"),
        ({"text": {"a": 1}}, "text", "wrong_type"),
        ({"text": True}, "text", "wrong_type"),
        ({"about": "weather"}, "about", "not_an_option"),
        ({"link": "javascript:alert(1)"}, "link", "not_a_url"),
        ({"contact_email": "nobody"}, "contact_email", "not_an_email"),
        ({"contact_phone": "911"}, "contact_phone", "not_a_phone"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"csrf": "x"}, "csrf", "unknown_field"),
    ],
)
def test_fields(unchanged, members, field, code):
    refused(open_with(unchanged, **members), 422, "fields_refused", (field, code))


def test_refusals_speak_three_languages(unchanged):
    details = set()
    for lang in ("kk", "ru", "en"):
        answer = unchanged.call("POST", "/v1/cases/complaint", json={}, headers={"Accept-Language": lang})
        problem = refused(answer, 422, "fields_refused", ("text", "required"))
        details.add((problem["detail"], problem["errors"][0]["message"]))
    assert len(details) == 3


@pytest.mark.parametrize(
    "body, code",
    [
        (b"", "fields_refused"),
        (b"{", "json_malformed"),
        (b'{"text": "a"} x', "json_malformed"),
        (b'{"text": "one", "text": "two"}', "json_malformed"),
        (b'{"a": {"b": 1, "b": 2}}', "json_malformed"),
        (b"[" * 100 + b"]" * 100, "json_malformed"),
        (b"[1]", "json_not_an_object"),
        (b'"text"', "json_not_an_object"),
        (b'{"text": "\xff\xfe"}', "not_utf8"),
        (b'{"text": "\xed\xa0\x80"}', "not_utf8"),
        (b'{"text": "a\x00b"}', "not_utf8"),
        (b'{"text": "a\\u0000b"}', "json_malformed"),
        (b"\xef\xbb\xbf{}", "json_malformed"),
    ],
)
def test_bodies(unchanged, body, code):
    answer = unchanged.call("POST", "/v1/cases/complaint", data=body, headers=JSON)
    refused(answer, 422 if code == "fields_refused" else 400, code)


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=utf-16"],
)
def test_content_types(unchanged, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    answer = unchanged.call("POST", "/v1/cases/complaint", data=b"{}", headers=headers)
    refused(answer, 415, "content_type_unsupported")


def test_compressed_bodies(unchanged):
    answer = unchanged.call("POST", "/v1/cases/complaint", data=b"{}", headers={**JSON, "Content-Encoding": "gzip"})
    refused(answer, 415, "content_encoding_unsupported")


def multipart(shared, files, **members):
    return shared.call("POST", "/v1/cases/complaint", data={**COMPLAINT, **members}, files=files)


PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIHDR" + b"\x00" * 64


def test_a_file_of_12_mb(unchanged):
    answer = multipart(unchanged, [("attachments", ("big.png", PNG + b"\x00" * 12_000_000, "image/png"))])
    assert answer.status_code in (413, 422), answer.text
    assert any("attachment" in e["code"] for e in answer.json()["errors"])


def test_too_much_altogether(unchanged):
    files = [("attachments", (f"{i}.png", PNG + b"\x00" * 10_400_000, "image/png")) for i in range(6)]
    refused(multipart(unchanged, files), 413, "body_too_large")


def test_a_program_renamed_png(unchanged):
    for content in (b"\x7fELF\x02\x01\x01" + b"\x00" * 200, b"MZ\x90\x00" + b"\x00" * 200, b"#!/bin/sh\nrm -rf /\n", b"<svg/>"):
        answer = multipart(unchanged, [("attachments", ("cat.png", content, "image/png"))])
        assert answer.status_code == 422, answer.text
        assert any(e["field"] == "attachments" for e in answer.json()["errors"])


def test_six_files(unchanged):
    files = [("attachments", (f"{i}.png", PNG, "image/png")) for i in range(6)]
    assert any(e["field"] == "attachments" for e in refused(multipart(unchanged, files), 422, "fields_refused")["errors"])


def test_a_file_under_another_name(unchanged):
    answer = multipart(unchanged, [("evil", ("a.png", PNG, "image/png"))])
    refused(answer, 422, "fields_refused", ("evil", "unknown_field"))


def test_an_empty_file(unchanged):
    answer = multipart(unchanged, [("attachments", ("a.png", b"", "image/png"))])
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b",
        b"--b\r\n",
        b"--b\r\n\r\n\r\n--b--",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue',
        b'--b\r\nContent-Disposition: attachment; name="a"\r\n\r\nv\r\n--b--',
        b'--b\r\nContent-Disposition: form-data; name="a\r\n\r\nv\r\n--b--',
        b'--c\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--c--',
    ],
)
def test_multipart_that_is_none(unchanged, body):
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = unchanged.call("POST", "/v1/cases/complaint", data=body, headers=headers)
    if body:
        refused(answer, 400, "multipart_malformed")
    else:
        assert answer.status_code == 400


def test_multipart_with_a_header_of_many_parameters(unchanged):
    """Refused or read over, but never with memory for the square of its length."""
    body = b'--b\r\nContent-Disposition: form-data; name="about"' + b";a=b" * 8000 + b"\r\n\r\ncontent\r\n--b--\r\n"
    answer = unchanged.call("POST", "/v1/cases/complaint", data=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    refused(answer, 422, "fields_refused", field=("text", "required"))


def test_json_with_many_members(unchanged):
    """As many as a form may have: the answer names each unknown one."""
    members = {f"k{i}": 1 for i in range(401)}
    refused(unchanged.call("POST", "/v1/cases/complaint", json=members), 400, "too_many_fields")
    members.popitem()
    assert len(refused(unchanged.call("POST", "/v1/cases/complaint", json=members), 422, "fields_refused")["errors"]) > 400


def test_multipart_with_bad_utf8(unchanged):
    body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xfe\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    refused(unchanged.call("POST", "/v1/cases/complaint", data=body, headers=headers), 400, "not_utf8")
    body = b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n'
    refused(unchanged.call("POST", "/v1/cases/complaint", data=body, headers=headers), 400, "not_utf8")


def test_duplicate_fields_of_a_form(unchanged):
    files = [(k, (None, v)) for k, v in COMPLAINT.items()] + [("text", (None, "Екінші мәтін де осында."))]
    answer = unchanged.call("POST", "/v1/cases/complaint", files=files)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "text"


@pytest.mark.parametrize("method, path, code", [
    ("GET", "/v1/nothing", "address_unknown"),
    ("GET", "/v1/cases/", "address_unknown"),
    ("GET", "//v1/cases", "address_unknown"),
    ("GET", "/v1//cases", "address_unknown"),
    ("GET", "/" + "a/" * 40, "address_unknown"),
    ("GET", "/v1/procedures/none", "procedure_unknown"),
    ("POST", "/v1/cases/none", "procedure_unknown"),
])
def test_addresses_that_lead_nowhere(unchanged, method, path, code):
    options = {"json": {}} if method == "POST" else {}
    refused(unchanged.call(method, path, **options), 404, code)


@pytest.mark.parametrize("method, path, allow", [
    ("POST", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ("DELETE", "/v1/cases", {"GET", "HEAD", "OPTIONS"}),
    ("PUT", "/v1/cases/complaint", {"GET", "HEAD", "POST", "OPTIONS"}),
    ("PATCH", "/v1/clock", {"GET", "HEAD", "POST", "OPTIONS"}),
    ("BREW", "/healthz", {"GET", "HEAD", "OPTIONS"}),
])
def test_methods_not_served(unchanged, method, path, allow):
    answer = unchanged.call(method, path)
    refused(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == allow


def test_options_and_head(unchanged):
    answer = unchanged.call("OPTIONS", "/v1/clock")
    assert answer.status_code == 204 and "POST" in answer.headers["Allow"]
    head = unchanged.call("HEAD", "/healthz")
    assert head.status_code == 200 and head.content == b"" and head.headers["Content-Length"] == "15"


@pytest.mark.parametrize("path", [
    "/v1/norms/%", "/v1/norms/%4", "/v1/norms/%zz", "/v1/norms/a%00b", "/v1/norms/a%2Fb", "/v1/norms/%ff",
    "/v1/norms/%c0%af", "/v1/norms/..", "/v1/../v1/norms", "/v1/norms/%2e%2e", "/v1/norms/a%5Cb", "/v1/norms?who=%ff",
    "/v1/norms?who=%", "/v1/norms?%00=1",
])
def test_addresses_badly_written(unchanged, path):
    answer = unchanged.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), answer
    assert json.loads(body)["code"] in ("address_malformed", "not_utf8")


@pytest.mark.parametrize("query, field, code", [
    ("colour=red", "colour", "unknown_field"),
    ("state=gone", "state", "not_an_option"),
    ("procedure=gone", "procedure", "not_an_option"),
    ("role=king", "role", "not_an_option"),
    ("sort=size", "sort", "not_an_option"),
    ("limit=0", "limit", "out_of_range"),
    ("limit=501", "limit", "out_of_range"),
    ("limit=ten", "limit", "not_a_number"),
    ("limit=5&limit=6", "limit", "duplicate_field"),
    ("overdue=perhaps", "overdue", "wrong_type"),
    ("due_before=tomorrow", "due_before", "not_a_moment"),
    ("assignee=me", "assignee", "not_an_id"),
    ("lang=de", "lang", "not_an_option"),
    ("q=" + "a" * 201, "q", "too_long"),
])
def test_queries(unchanged, query, field, code):
    refused(unchanged.call("GET", "/v1/cases?" + query, "auditor"), 422, "fields_refused", (field, code))


def test_a_cursor_from_nowhere(unchanged):
    refused(unchanged.call("GET", "/v1/cases?cursor=AAAA", "auditor"), 400, "cursor_malformed")


def test_nobody_and_the_wrong_one(case, unchanged):
    path = "/v1/cases/" + case["id"]
    for method, address in (("GET", path), ("GET", "/v1/cases"), ("POST", path + "/acts/take"), ("GET", "/v1/accounts")):
        answer = unchanged.call(method, address)
        refused(answer, 401, "sign_in_needed")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    refused(unchanged.call("GET", "/v1/accounts", "moderator"), 403, "role_not_allowed")
    refused(unchanged.call("POST", path + "/acts/take", "auditor"), 403, "role_not_allowed")
    refused(unchanged.call("POST", "/v1/cases/complaint", "auditor", json=COMPLAINT), 403, "role_not_allowed")


@pytest.mark.parametrize("authorization", ["Bearer talap_" + "A" * 43, "Bearer x", "Bearer ", "Bearer talap_%00"])
def test_forged_tokens(unchanged, authorization):
    for method, path in (("GET", "/v1/cases"), ("POST", "/v1/cases/complaint")):
        options = {"json": COMPLAINT} if method == "POST" else {}
        refused(unchanged.call(method, path, headers={"Authorization": authorization}, **options), 401, "token_refused")


def test_other_schemes(unchanged):
    refused(unchanged.call("GET", "/v1/cases", headers={"Authorization": "Basic YTpi"}), 401, "authorization_unsupported")


@pytest.mark.parametrize("cookie", [
    "talap_session=" + "a" * 64, "talap_session=x", "talap_session=", "talap_session='; drop table sessions",
    "talap_session=" + "\xe9".encode("latin-1").decode("latin-1"), "other=1; talap_session=" + "0" * 64,
])
def test_forged_cookies(case, unchanged, cookie):
    path = "/v1/cases/" + case["id"]
    refused(unchanged.call("GET", path, headers={"Cookie": cookie}), 401, "session_ended")
    refused(unchanged.call("POST", path + "/acts/take", headers={"Cookie": cookie}), 401, "session_ended")


def test_another_openers_code(case, unchanged):
    other = {"number": case["number"], "code": "AAAA-BBBB-CCCC"}
    wrong_code = unchanged.call("GET", f"/v1/status/{other['number']}", params={"code": other["code"]})
    wrong_number = unchanged.call("GET", "/v1/status/Ш-2026-999999", params={"code": case["access_code"]})
    # Neither tells whether the number exists.
    one, two = refused(wrong_code, 404, "number_or_code_wrong"), refused(wrong_number, 404, "number_or_code_wrong")
    assert one == two
    refused(unchanged.call("GET", f"/v1/status/{case['number']}"), 422, "fields_refused", ("code", "required"))


def test_acts_that_cannot_be(shared):
    case = shared.complain()
    path = f"/v1/cases/{case['id']}/acts/"
    reasons = {"decision": "rejected", "reasons": "Тексердік, ереже бұзылмаған деп таптық."}
    assert shared.call("POST", path + "answer", "moderator", json=reasons).status_code == 200
    before = shared.ledger_size()
    refused(shared.call("POST", path + "take", "moderator"), 409, "act_not_now")
    refused(shared.call("POST", path + "answer", "moderator", json=reasons), 409, "act_not_now")
    refused(shared.call("POST", path + "dance", "moderator"), 404, "act_unknown")
    assert shared.ledger_size() == before


def test_acts_by_the_wrong_hand_or_form(case, unchanged):
    path = f"/v1/cases/{case['id']}/acts/"
    answer = unchanged.call("POST", path + "answer", "registrar", json={"decision": "upheld", "reasons": "x" * 30})
    refused(answer, 403, "act_not_allowed")
    refused(unchanged.call("POST", path + "answer", "moderator", json={"decision": "upheld"}), 422, "fields_refused",
            ("reasons", "required"))
    refused(unchanged.call("POST", path + "take", "moderator", json={"why": "x"}), 422, "fields_refused",
            ("why", "unknown_field"))


def test_a_stale_if_match(shared):
    case = shared.complain()
    path = f"/v1/cases/{case['id']}/acts/take"
    shared.token("moderator")
    before = shared.ledger_size()
    refused(shared.call("POST", path, "moderator", headers={"If-Match": '"7"'}), 412, "case_changed")
    for text in ("7", '"x"', 'W/"1"', '""', '"0"', '"1", "2"', '"99999999999999999999"'):
        refused(shared.call("POST", path, "moderator", headers={"If-Match": text}), 400, "if_match_malformed")
    assert shared.ledger_size() == before
    assert shared.call("POST", path, "moderator", headers={"If-Match": '"1"'}).status_code == 200
    refused(shared.call("POST", path, "moderator", headers={"If-Match": '"1"'}), 412, "case_changed")


def test_cases_that_are_not_there(unchanged):
    for id in ("00000000-0000-7000-8000-000000000000", "1", "x" * 300, "Ш-2026-000001"):
        refused(unchanged.call("GET", f"/v1/cases/{id}", "moderator"), 404, "case_unknown")
        refused(unchanged.call("POST", f"/v1/cases/{id}/acts/take", "moderator"), 404, "case_unknown")


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "\x7f"])
def test_idempotency_keys_that_are_none(unchanged, key):
    answer = unchanged.call("POST", "/v1/cases/complaint", json=COMPLAINT, headers={"Idempotency-Key": key})
    assert answer.status_code == 400, answer.text


def test_a_body_where_none_belongs(unchanged):
    refused(unchanged.call("GET", "/healthz", data=b"hello"), 400, "body_not_expected")
    refused(unchanged.call("DELETE", "/v1/tokens/x", data=b"hello"), 400, "body_not_expected")


def test_nothing_personal_is_logged(shared):
    secret = "qupiya-atauy"
    opened = shared.complain(contact_name=secret, contact_email=f"{secret}@example.kz", text=f"Мәтін ішінде де бар {secret}.")
    shared.call("GET", f"/v1/status/{opened['number']}", params={"code": opened["access_code"]})
    shared.call("GET", f"/v1/nowhere/{secret}?q={secret}")
    shared.call("POST", "/v1/cases/complaint", json={"text": secret, secret: 1})
    log = "".join(shared.lines)
    assert "route=/v1/cases/{procedure}" in log
    assert secret not in log and opened["access_code"] not in log and opened["number"] not in log
    assert not re.search("talap_[A-Za-z0-9_-]{43}", log)


@pytest.mark.parametrize("procedure", ["representative_duty", "advert_removal"])
@pytest.mark.parametrize("role", ["admin", "moderator", "registrar"])
def test_what_the_program_opens_by_itself_nobody_opens_by_hand(talap, procedure, role):
    before = talap.rows("SELECT count(*) FROM case_file")
    answer = talap.call("POST", f"/v1/cases/{procedure}", role, json={})
    assert answer.status_code in (403, 404), answer.text
    assert talap.rows("SELECT count(*) FROM case_file") == before
