"""Users who came: counted once, durable, refused whole when a line is bad; on both engines, and two nodes at once."""
import gzip
import os
import threading
import time
import zlib
from datetime import datetime, timedelta, timezone

import pytest
import requests

from talap import Talap, until
from test_postgres import Database

ZONE = timezone(timedelta(hours=5))
PATH = "/v1/audience/visits"


def today(days=0):
    return (datetime.now(ZONE) + timedelta(days=days)).date().isoformat()


@pytest.fixture(params=["sqlite", "postgres"])
def talap(tmp_path, request):
    database = None
    if request.param == "postgres":
        if os.environ.get("TALAP_TEST_POSTGRES") == "none":
            pytest.skip("PostgreSQL is left out: TALAP_TEST_POSTGRES=none")
        database = Database()
    service = Talap(tmp_path, store=database.url if database else None).init().start()
    yield service
    service.stop()
    if database:
        database.drop()


@pytest.fixture
def light(tmp_path):
    service = Talap(tmp_path).init().start()
    yield service
    service.stop()


def send(talap, body, query="", roles="service", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers.setdefault("Content-Type", "text/plain")
    return talap.call("POST", PATH + query, roles, data=body if isinstance(body, bytes) else body.encode(), headers=headers)


def users(start, end):
    return "".join(f"u-{n:08x}\n" for n in range(start, end))


def counted(talap):
    return send(talap, "").json()["users_today"]


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_users_are_counted_once(talap):
    first = send(talap, users(0, 1000) + "\n")
    assert first.status_code == 200, first.text
    assert first.json() == {"day": today(), "service": "", "lines": 1001, "empty": 1, "fresh": 1000, "users_today": 1000,
                            "warnings": []}
    again = send(talap, users(500, 1500).replace("\n", "\r\n")).json()
    assert (again["fresh"], again["users_today"]) == (500, 1500)
    rows = "".join('{"user":"u-%08x"}\n' % n for n in range(1400, 1600))
    assert send(talap, rows, Content_Type="application/x-ndjson").json()["users_today"] == 1600
    apart = send(talap, users(0, 10), "?service=app").json()
    assert (apart["service"], apart["fresh"], apart["users_today"]) == ("app", 10, 10)
    talap.stop()
    talap.start()
    assert counted(talap) == 1600
    assert send(talap, users(0, 1600)).json()["fresh"] == 0


def test_packed_bodies(light):
    plain = users(0, 5000).encode()
    assert send(light, gzip.compress(plain), Content_Encoding="gzip").json()["fresh"] == 5000
    packed = gzip.compress(plain)
    refused(send(light, packed[:-10], Content_Encoding="gzip"), 400, "packed_truncated")
    refused(send(light, b"", Content_Encoding="gzip"), 400, "packed_truncated")
    refused(send(light, packed + b"more", Content_Encoding="gzip"), 400, "packed_damaged")
    refused(send(light, plain, Content_Encoding="gzip"), 400, "packed_damaged")
    refused(send(light, plain, Content_Encoding="zstd"), 400, "packed_damaged")
    refused(send(light, zlib.compress(plain), Content_Encoding="deflate"), 415, "content_encoding_unsupported")
    bomb = gzip.compress(b"\n" * (64 << 20))
    refused(send(light, bomb, Content_Encoding="gzip"), 413, "packed_too_large")
    assert counted(light) == 5000
    # Only here is a packed body taken.
    refused(light.call("POST", "/v1/clock", "service", data=packed, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}),
            415, "content_encoding_unsupported")


def test_a_bad_line_refuses_all(light):
    body = b"good-1\n" + b"x" * 257 + b"\n\xff\xfe\ngood-2\n" + b"a\0b\n" + b"y" * 10240 + b"\n"
    answer = send(light, body)
    refused(answer, 422, "lines_refused")
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("2", "line_too_long"), ("3", "line_not_utf8"), ("5", "line_has_nul"), ("6", "line_too_long")]
    many = send(light, b"\xff\n" * 500).json()
    assert len(many["errors"]) == 100 and "500" in many["title"] + many.get("detail", "")
    rows = send(light, '"a"\n{"user":"b","phone":"c"}\n{"user":7}\nz\n', Content_Type="application/x-ndjson").json()
    assert [(error["field"], error["code"]) for error in rows["errors"]] == [
        ("2", "line_member_unknown"), ("3", "line_not_json"), ("4", "line_not_json")]
    assert counted(light) == 0


def test_what_was_asked_is_looked_at(light):
    refused(send(light, "a\n", f"?day={today(1)}"), 409, "day_in_future")
    refused(send(light, "a\n", f"?day={today(-2)}"), 409, "day_closed")
    refused(send(light, "a\n", f"?day={today(-31)}"), 409, "day_closed")
    refused(send(light, "a\n", "?day=yesterday"), 422, "fields_refused")
    refused(send(light, "a\n", "?service=My+App"), 422, "fields_refused")
    assert send(light, "a\n", "?user=7").status_code == 422
    refused(send(light, "a\n", Content_Type="text/csv"), 415, "content_type_unsupported")
    assert send(light, "a\n", roles=None).status_code == 401
    assert send(light, "a\n", roles="moderator").status_code == 403
    assert counted(light) == 0


def test_identifiers_that_tell_who_somebody_is(light):
    answer = send(light, "u-1\naigerim@example.kz\n+77011112233\nb@example.kz\n").json()
    assert answer["fresh"] == 4
    assert answer["warnings"] == [{"code": "identifier_like_email", "lines": 2, "first_line": 2},
                                  {"code": "identifier_like_phone", "lines": 1, "first_line": 3}]
    light.stop()
    for folder, _, names in os.walk(light.folder):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            assert b"aigerim@example.kz" not in content and b"77011112233" not in content, name


def test_the_same_key_gets_the_first_answer(talap):
    first = send(talap, users(0, 100), Idempotency_Key="day-1")
    assert first.json()["fresh"] == 100
    send(talap, users(100, 200))
    again = send(talap, users(0, 100), Idempotency_Key="day-1")
    assert again.json() == first.json()
    refused(send(talap, users(0, 101), Idempotency_Key="day-1"), 422, "idempotency_key_reused")
    assert counted(talap) == 200


def test_many_at_once_are_counted_exactly(talap):
    answers = []

    def several(n):
        for i in range(10):
            start = (n * 7 + i * 13) % 50 * 100
            answers.append(send(talap, users(start, start + 500)).status_code)
    threads = [threading.Thread(target=several, args=(n,)) for n in range(8)]
    talap.token("service")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {200}
    expected = {u for n in range(8) for i in range(10) for u in range((n * 7 + i * 13) % 50 * 100, (n * 7 + i * 13) % 50 * 100 + 500)}
    assert counted(talap) == len(expected)
    metrics = requests.get(talap.url + "/metrics", timeout=10).text
    assert f"talap_users_today {len(expected)}" in metrics
    assert "talap_visits_lines_total 40000" in metrics


def test_two_nodes_come_to_the_union(tmp_path):
    if os.environ.get("TALAP_TEST_POSTGRES") == "none":
        pytest.skip("PostgreSQL is left out: TALAP_TEST_POSTGRES=none")
    database = Database()
    one = Talap(tmp_path, store=database.url).init().start()
    two = Talap(tmp_path, store=database.url)
    two.tokens = one.tokens if hasattr(one, "tokens") else {}
    try:
        one.token("service")
        two.start()

        def fill(node, start):
            for at in range(start, start + 20000, 1000):
                assert send(node, users(at, at + 3000)).status_code == 200
        threads = [threading.Thread(target=fill, args=(one, 0)), threading.Thread(target=fill, args=(two, 10000))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for node in (one, two):
            until(lambda node=node: counted(node) == 32000)
        two.kill()
        two.start()
        assert counted(two) == 32000
    finally:
        one.stop()
        two.stop()
        database.drop()


def test_what_was_answered_survives_a_kill(talap):
    """kill -9 while lines come; whoever was not answered repeats with the same key. Everybody counts, and counts once."""
    total, sent, lock = 60, [], threading.Lock()

    def worker(n):
        for i in range(n, total, 4):
            for _ in range(200):
                try:
                    answer = send(talap, users(i * 400, i * 400 + 600), Idempotency_Key=f"part-{i}")
                    if answer.status_code == 200:
                        break
                except requests.RequestException:
                    pass
                time.sleep(0.05)
            with lock:
                sent.append(i)
    talap.token("service")
    port = int(talap.url.rsplit(":", 1)[1])
    threads = [threading.Thread(target=worker, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for kills in (5, 20, 40):
        until(lambda kills=kills: len(sent) >= kills, 60)
        answered = len(sent)
        talap.kill()
        talap.start(port=port)
        assert counted(talap) >= answered * 400
    for thread in threads:
        thread.join()
    assert counted(talap) == (total - 1) * 400 + 600
    talap.stop()
    talap.start()
    assert counted(talap) == (total - 1) * 400 + 600
