"""Counts of showings: sent as CSV and newline JSON, added to the figures, told by day and by region; refused whole with the
lines named; once for one key, also over kill -9; never with a place for a viewer; on both engines."""
import datetime
import gzip
import json
import os
import threading
import uuid
import zoneinfo

import pytest

from talap import Talap, until
from test_postgres import Database

TODAY = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Almaty")).date()
CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}


def day(ago=0):
    return (TODAY - datetime.timedelta(days=ago)).isoformat()


def advert(own, **more):
    return {"id": own, "kind": "other", "format": "text", "language": "kk", "text": "Жарнама. Көктемгі жеңілдік!",
            "mark": {"text": "Жарнама", "place": "first_line"}, "account": {"name": "Дүкен"},
            "advertiser": {"name": "«Дүкен» ЖШС"}, "period": {"from": day(40), "until": day(-40)}, "published": True, **more}


def place(service, *own):
    """Ids by own ids."""
    answer = service.call("POST", "/v1/ads", "service", json={"ads": [advert(name) for name in own]})
    assert answer.status_code in (200, 201), answer.text
    return {name: ad["id"] for name, ad in zip(own, answer.json()["ads"])}


def send(service, text, headers=CSV, status=202, **more):
    data = text if isinstance(text, bytes) else text.encode()
    answer = service.call("POST", "/v1/ads/showings", "service", data=data, headers={**headers, **more})
    assert answer.status_code == status, answer.text
    return answer.json()


def told(service, ad, **query):
    """What is told once nothing waits."""
    def look():
        answer = service.call("GET", f"/v1/ads/{ad}/showings", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.json()["rows_waiting"] == 0 else None
    return until(look)


@pytest.fixture
def talap(tmp_path):
    service = Talap(tmp_path).init().start()
    yield service
    service.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def either(tmp_path, request):
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


def test_added_and_told(either):
    ids = place(either, "a", "b")
    assert send(either, f"ad,day,region,count\na,{day(1)},KZ-75,150\n{ids['a']},{day(1)},,60\nb,{day()},,3\na,{day(2)},KZ-71,40\n") \
        == {"rows": 4, "showings": 253}
    assert send(either, json.dumps({"ad": "a", "day": day(1), "region": "KZ-10", "count": 700}) + "\n", NDJSON)["rows"] == 1
    seen = told(either, ids["a"])
    assert [(d["day"], d["count"]) for d in seen["days"]] == [(day(2), 40), (day(1), 910)]
    assert (seen["total"], seen["shown"]) == (950, 950)
    assert "regions" not in seen["days"][0]
    by_region = told(either, ids["a"], by="region")["days"]
    assert by_region[0]["regions"] is None, "of forty showings no region is told"
    assert [(r["region"], r.get("count")) for r in by_region[1]["regions"]] == [(None, 60), ("KZ-10", 700), ("KZ-75", 150)]
    assert told(either, ids["a"], **{"from": day(1), "until": day(1)})["total"] == 910
    assert told(either, ids["b"])["total"] == 3
    # A new showing moves what is told, and the days.
    send(either, f"ad;day;count\nb;{day(30)};1\n")
    assert told(either, ids["b"])["total"] == 4


def test_regions_under_the_threshold(talap):
    ids = place(talap, "a")
    send(talap, f"ad,day,region,count\na,{day()},KZ-75,40\na,{day()},KZ-71,150\na,{day()},KZ-10,900\n")
    regions = told(talap, ids["a"], by="region")["days"][0]["regions"]
    assert [{k: v for k, v in r.items() if k != "title"} for r in regions] == [
        {"region": "KZ-10", "count": 900}, {"region": "KZ-71", "withheld": True}, {"region": "KZ-75", "fewer_than": 100}]
    titles = talap.call("GET", f"/v1/ads/{ids['a']}/showings", params={"by": "region", "lang": "kk"}).json()["days"][0]["regions"]
    assert titles[0]["title"] == "Абай облысы"


def test_refused_whole(talap):
    ids = place(talap, "a")
    body = f"ad,day,region,count\na,{day()},KZ-75,5\nzz,{day()},,5\na,{day(-1)},,5\na,{day(50)},,5\na,{day(400)},,1\na,{day()},KZ-00,5\na,{day()},,-5\n"
    answer = send(talap, body, status=422)
    assert [(e["field"], e["code"]) for e in answer["errors"]] == [
        ("lines.3.ad", "advert_unknown"), ("lines.4.day", "day_in_future"), ("lines.5.day", "day_before_placed"),
        ("lines.6.day", "day_too_old"), ("lines.7.region", "region_unknown"), ("lines.8.count", "not_a_number")]
    assert all(e["message"] for e in answer["errors"])
    assert told(talap, ids["a"])["total"] == 0
    assert len(send(talap, "ad,day,count\n" + f"zz,{day()},1\n" * 1000, status=422)["errors"]) == 100
    assert send(talap, "ad,day,count\n", status=422)["code"] == "showings_empty"
    assert send(talap, "{}", {"Content-Type": "application/json"}, 415)["code"] == "content_type_unsupported"
    assert talap.call("POST", "/v1/ads/showings", data=b"ad,day,count\n", headers=CSV).status_code == 401
    assert talap.call("POST", "/v1/ads/showings", "auditor", data=b"ad,day,count\n", headers=CSV).status_code == 403
    for query in ({"from": "yesterday"}, {"by": "viewer"}, {"until": "2026-02-30"}):
        assert talap.call("GET", f"/v1/ads/{ids['a']}/showings", params=query).status_code == 422
    assert talap.call("GET", f"/v1/ads/{uuid.uuid4()}/showings").status_code == 404


@pytest.mark.parametrize("column", ["user", "user_id", "viewer", "ip", "device", "cookie", "email", "phone", "iin", "gaid",
                                    "session", "пайдаланушы", "құрылғы", "пользователь", "телефон"])
def test_no_place_for_a_viewer(talap, column):
    place(talap, "a")
    answer = send(talap, f"ad,day,count,{column}\na,{day()},1,x\n", status=422)
    assert [e["code"] for e in answer["errors"]] == ["viewer_refused"]
    answer = send(talap, json.dumps({"ad": "a", "day": day(), "count": 1, column: "x"}), NDJSON, 422)
    assert [e["code"] for e in answer["errors"]] == ["viewer_refused"]


def test_once_for_one_key(either):
    ids = place(either, "a")
    body = f"ad,day,count\na,{day()},5\na,{day()},6\n"
    first = send(either, body, **{"Idempotency-Key": "k1"})
    assert send(either, body, **{"Idempotency-Key": "k1"}) == first == {"rows": 2, "showings": 11}
    assert send(either, body + f"a,{day()},1\n", status=422, **{"Idempotency-Key": "k1"})["code"] == "idempotency_key_reused"
    threads = [threading.Thread(target=send, args=(either, body), kwargs={"Idempotency-Key": "k2"}) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(either, ids["a"])["total"] == 22


def test_many_rows(either):
    """Several parts; rows in no order; an advertisement whose rows lie in two parts."""
    names = [f"n{i}" for i in range(40)]
    ids = place(either, *names)
    rows = [(n, day(i % 39), f"KZ-{r}", i + 1) for i in range(50) for n in names for r in (10, 11, 15, 19, 23, 27, 31, 33, 35, 39)]
    rows.sort(key=lambda row: hash(row))
    either_rows = "".join(f"{n},{d},{r},{c}\n" for n, d, r, c in rows)
    assert send(either, "ad,day,region,count\n" + either_rows)["rows"] == len(rows)
    for n in ("n0", "n17", "n39"):
        seen = told(either, ids[n])
        assert seen["total"] == sum(c for name, _, _, c in rows if name == n)
        assert len(seen["days"]) == 39


def test_packed(talap):
    ids = place(talap, "a")
    body = f"ad,day,count\na,{day()},5\n".encode()
    assert send(talap, gzip.compress(body), **{"Content-Encoding": "gzip"})["rows"] == 1
    assert send(talap, gzip.compress(body)[:-9], status=400, **{"Content-Encoding": "gzip"})["code"] == "packed_truncated"
    assert send(talap, body, status=400, **{"Content-Encoding": "gzip"})["code"] == "packed_damaged"
    assert send(talap, gzip.compress(b"\n" * (80 << 20)), status=413, **{"Content-Encoding": "gzip"})["code"] == "packed_too_large"
    assert send(talap, body, status=415, **{"Content-Encoding": "br"})["code"] == "content_encoding_unsupported"
    assert told(talap, ids["a"])["total"] == 5
