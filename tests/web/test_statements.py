"""Moderation decisions in the field set of the European Union's database: who gets them, which, and how whole."""
import csv
import io
import os
import re
import socket

import pytest
import requests

from talap import PASSWORD, Talap, until

LANGS = ["kk", "ru", "en"]
HEADER = (
    "uuid,decision_visibility,decision_visibility_other,end_date_visibility_restriction,decision_monetary,"
    "decision_monetary_other,end_date_monetary_restriction,decision_provision,end_date_service_restriction,"
    "decision_account,end_date_account_restriction,account_type,decision_ground,decision_ground_reference_url,"
    "illegal_content_legal_ground,illegal_content_explanation,incompatible_content_ground,"
    "incompatible_content_explanation,incompatible_content_illegal,category,category_addition,category_specification,"
    "category_specification_other,content_type,content_type_other,content_language,content_date,content_id_ean,"
    "territorial_scope,application_date,decision_facts,source_type,source_identity,automated_detection,"
    "automated_decision,platform_name,platform_uid,created_at"
)
DECISION = {
    "content_url": "https://alan.example.kz/post/11",
    "content_type": "text",
    "measure": "removed",
    "ground": "law",
    "category": "war",
    "found_by": "moderator",
    "decided_by": "person",
    "reasons": "Жазбада соғысқа үндеу бар деп танылды.",
}


def decide(service, **members):
    answer = service.call("POST", "/v1/cases/moderation", roles="moderator", json={**DECISION, **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


def export(service, roles="moderator", status=200, **query):
    answer = service.call("GET", "/v1/statements.csv", roles=roles, params=query)
    assert answer.status_code == status, answer.text
    return answer


def rows_of(answer):
    text = answer.content.decode("utf-8")
    assert text.split("\n")[0] == HEADER and text.endswith("\n") and "\r" not in text
    return list(csv.DictReader(io.StringIO(text)))


def ids(answer):
    return [row["platform_uid"] for row in rows_of(answer)]


def signed_in(service, role):
    service.user("s-" + role, role)
    session = requests.Session()
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', session.get(service.url + "/en/sign-in").text).group(1)
    answer = session.post(service.url + "/en/sign-in", data={"login": "s-" + role, "password": PASSWORD, "csrf": token},
                          allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return session


@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    """Three decisions around a turn of the year in Kazakhstan, one of them reversed."""
    service = Talap(tmp_path_factory.mktemp("dated")).init()
    service.start()
    service.complain()
    service.first = decide(service, received_at="2025-12-31T23:59:59+05:00")
    service.second = decide(service, received_at="2026-01-01T00:00:00+05:00", ground="rule", rule="=HYPERLINK(1)",
                            author_name="Аян Серікұлы", author_email="aian@example.kz")
    service.third = decide(service, received_at="2026-01-02T12:00:00+05:00", measure="warned")
    answer = service.call("POST", f"/v1/cases/{service.first['id']}/acts/reverse", roles="moderator",
                          json={"reversal_reasons": "Үндеу емес, сілтеме ғана екен."})
    assert answer.status_code == 200, answer.text
    yield service
    service.stop()


def test_nothing_decided(talap):
    talap.complain()
    assert export(talap).content.decode() == HEADER + "\n"
    assert ids(export(talap, **{"from": "2026-01-01", "until": "2026-12-31"})) == []


def test_decisions_in_order_of_taking(dated):
    answer = export(dated)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "statements.csv" in answer.headers["Content-Disposition"]
    rows = rows_of(answer)
    # A complaint is none, a reversed decision is one.
    assert [r["platform_uid"] for r in rows] == [dated.first["id"], dated.second["id"], dated.third["id"]]
    assert [r["application_date"] for r in rows] == ["2025-12-31 00:00:00", "2026-01-01 00:00:00", "2026-01-02 00:00:00"]
    assert rows[0]["decision_visibility"] == '["DECISION_VISIBILITY_CONTENT_REMOVED"]'
    assert rows[0]["illegal_content_explanation"] == DECISION["reasons"]
    assert "сілтеме ғана" not in answer.text
    assert rows[1]["incompatible_content_ground"] == "'=HYPERLINK(1)"
    assert rows[2]["decision_visibility_other"] == "User warned"
    assert all(r["uuid"] == "" and r["source_identity"] == "" for r in rows)


def test_nothing_personal(dated):
    text = export(dated, roles="admin").text
    for hidden in ("Аян", "aian@example.kz", "alan.example.kz", "t-moderator", "T-Moderator"):
        assert hidden not in text


@pytest.mark.parametrize("first,last,wanted", [
    ("2025-12-31", "2025-12-31", ["first"]),
    ("2026-01-01", "2026-01-01", ["second"]),
    ("2026-01-01", None, ["second", "third"]),
    (None, "2026-01-01", ["first", "second"]),
    ("2025-12-31", "2026-01-02", ["first", "second", "third"]),
    ("2026-01-03", None, []),
    ("", "", ["first", "second", "third"]),
])
def test_days_are_local_and_both_included(dated, first, last, wanted):
    query = {k: v for k, v in (("from", first), ("until", last)) if v is not None}
    assert ids(export(dated, roles="auditor", **query)) == [getattr(dated, w)["id"] for w in wanted]


@pytest.mark.parametrize("query,field,code", [
    ({"from": "2026-02-30"}, "from", "not_a_date"),
    ({"from": "2026-2-3"}, "from", "not_a_date"),
    ({"from": "yesterday"}, "from", "not_a_date"),
    ({"until": "2026-01-01T00:00:00Z"}, "until", "not_a_date"),
    ({"until": "01.02.2026"}, "until", "not_a_date"),
    ({"from": "2026-01-02", "until": "2026-01-01"}, "until", "until_before_from"),
    ({"before": "2026-01-01"}, "before", "unknown_field"),
    ({"from": ["2026-01-01", "2026-01-02"]}, "from", "duplicate_field"),
])
def test_days_refused(dated, query, field, code):
    size = dated.ledger_size()
    problem = export(dated, status=422, **query).json()
    assert problem["code"] == "fields_refused"
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [(field, code)]
    assert problem["errors"][0]["message"]
    assert dated.ledger_size() == size


@pytest.fixture(scope="module")
def sessions(dated):
    return {role: signed_in(dated, role) for role in ("moderator", "admin", "auditor", "registrar", "official")}


@pytest.mark.parametrize("role", ["moderator", "admin", "auditor"])
def test_pages_give_the_same_bytes(dated, sessions, role):
    whole = export(dated).content
    for lang in LANGS:
        answer = dated.call("GET", f"/{lang}/statements.csv", session=sessions[role])
        assert answer.status_code == 200 and answer.content == whole
        queue = dated.call("GET", f"/{lang}/queue?state=all", session=sessions[role]).text
        assert f'href="/{lang}/statements.csv"' in queue
        report = dated.call("GET", f"/{lang}/reports", session=sessions[role]).text
        year = re.search(rf'href="(/{lang}/reports/\w+/\d+)"', report).group(1)
        link = re.search(rf'href="(/{lang}/statements.csv\?[^"]*)"', dated.call("GET", year, session=sessions[role]).text)
        assert dated.call("GET", link.group(1).replace("&amp;", "&"), session=sessions[role]).status_code == 200


@pytest.mark.parametrize("role", ["registrar", "official"])
def test_others_are_neither_let_in_nor_shown_the_way(dated, sessions, role):
    assert export(dated, roles=role, status=403).json()["code"] == "role_not_allowed"
    assert dated.call("GET", "/en/statements.csv", session=sessions[role]).status_code == 403
    assert "statements.csv" not in dated.call("GET", "/en/queue?state=all", session=sessions[role]).text


def test_strangers(dated):
    assert dated.call("GET", "/v1/statements.csv").status_code == 401
    assert dated.call("GET", "/kk/statements.csv").status_code in (303, 401)
    for year in re.findall(r'href="(/en/reports/\w+/\d+)"', dated.call("GET", "/en/reports").text):
        assert "statements.csv" not in dated.call("GET", year).text


def test_a_page_says_what_is_wrong_with_the_days(dated, sessions):
    words = {"kk": "Соңғы күн бірінші күннен бұрын.", "ru": "Последний день раньше первого.",
             "en": "The last day lies before the first."}
    for lang in LANGS:
        answer = dated.call("GET", f"/{lang}/statements.csv?from=2026-01-02&until=2026-01-01", session=sessions["moderator"])
        assert answer.status_code == 422 and words[lang] in answer.text
        assert answer.headers["Content-Type"].startswith("text/html")


# --- Many -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """More decisions than a portion holds, with reasons long enough that a reader cannot swallow them at once."""
    service = Talap(tmp_path_factory.mktemp("large")).init()
    service.start()
    service.decided = [decide(service, reasons="Жазбада соғысқа үндеу бар. " * 180)["id"] for _ in range(620)]
    yield service
    service.stop()


def open_files(service):
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def test_none_is_left_out(large):
    assert ids(export(large)) == large.decided


def test_what_comes_meanwhile_shifts_nothing(large):
    with requests.get(large.url + "/v1/statements.csv", headers={"Authorization": "Bearer " + large.token("moderator")},
                      stream=True, timeout=60) as answer:
        pieces = answer.iter_content(65536)
        text = next(pieces)
        large.decided.append(decide(large)["id"])
        text += b"".join(pieces)
    got = [row["platform_uid"] for row in csv.DictReader(io.StringIO(text.decode("utf-8")))]
    assert got in (large.decided, large.decided[:-1])


def test_a_reader_that_goes_away_leaves_nothing_behind(large):
    request = f"GET /v1/statements.csv HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {large.token('moderator')}\r\n\r\n"

    def begin_and_leave():
        with socket.create_connection(("127.0.0.1", large.port), timeout=10) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(request.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
            # Reset, in the middle of what is being sent.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    begin_and_leave()
    files = open_files(large)
    for _ in range(40):
        begin_and_leave()
    until(lambda: open_files(large) <= files + 2)
    # It serves on, and a new reader gets all of it. Leaks would be the sanitizer's report when it stops.
    large.decided.append(decide(large)["id"])
    assert ids(export(large)) == large.decided
