"""The store of advertisements over HTTP: one, a list, one a line; every refusal, and nothing changed by it; versions and
proofs that anybody can check with nothing but SHA-256; media; kill -9 while they come in; on both engines."""
import concurrent.futures
import datetime
import hashlib
import json
import os
import uuid
import zoneinfo

import pytest

from talap import Talap, until
from test_postgres import Database

TODAY = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Almaty")).date()
NDJSON = {"Content-Type": "application/x-ndjson"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
ROLE = "service"


def day(ago=0):
    return (TODAY - datetime.timedelta(days=ago)).isoformat()


def advert(own=None, **more):
    ad = {"kind": "other", "format": "text", "language": "kk", "text": "Жарнама. Көктемгі жеңілдік!",
          "mark": {"text": "Жарнама", "place": "first_line"}, "account": {"name": "Дүкен"},
          "advertiser": {"name": "«Дүкен» ЖШС"}, "payer": {"name": "«Дүкен» ЖШС"},
          "period": {"from": day(2), "until": day(-40)}, **more}
    return {**ad, "id": own} if own else ad


def lines(*ads):
    return "\n".join(json.dumps(ad, ensure_ascii=False) for ad in ads).encode()


def post(service, body, status=201, role=ROLE, **headers):
    options = {"data": body} if isinstance(body, bytes) else {"json": body}
    if isinstance(body, bytes) and "Content-Type" not in headers:
        headers = {**headers, **NDJSON}
    answer = service.call("POST", "/v1/ads", role, headers=headers, **options)
    assert answer.status_code == status, answer.text
    return answer.json()


def seen(service, ad, role=None, status=200, more="", **query):
    answer = service.call("GET", f"/v1/ads/{ad}{more}", role, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def change(service, ad, body, version, status=200):
    headers = {"If-Match": f'"{version}"'} if version else {}
    answer = service.call("PUT", f"/v1/ads/{ad}", ROLE, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def begin(tmp_path, store=None):
    service = Talap(tmp_path, store=store).init()
    for role in (ROLE, "moderator", "auditor"):
        service.token(role)
    return service.start()


@pytest.fixture
def talap(tmp_path):
    service = begin(tmp_path)
    yield service
    service.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def either(tmp_path, request):
    database = None
    if request.param == "postgres":
        if os.environ.get("TALAP_TEST_POSTGRES") == "none":
            pytest.skip("PostgreSQL is left out: TALAP_TEST_POSTGRES=none")
        database = Database()
    service = begin(tmp_path, database.url if database else None)
    yield service
    service.stop()
    service.command("verify")
    if database:
        database.drop()


# --- What anybody can check with nothing of ours ------------------------------------------------------------------------

def leaf_hash(text):
    return hashlib.sha256(b"\0" + text.encode()).digest()


def root_of(leaf, place, count, path):
    """RFC 9162, 2.1.3.2."""
    node, last, at = leaf, count - 1, place
    for step in map(bytes.fromhex, path):
        assert last > 0
        if at & 1 or at == last:
            node = hashlib.sha256(b"\1" + step + node).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + step).digest()
        at, last = at >> 1, last >> 1
    assert last == 0
    return node


def proved(proof):
    assert leaf_hash(proof["text"]).hex() == proof["hash"]
    assert root_of(leaf_hash(proof["text"]), proof["place"], proof["count"], proof["path"]).hex() == proof["root"]
    assert json.loads(proof["event"])["root"] == proof["root"]
    receipt = proof["receipt"]
    assert leaf_hash(proof["event"]).hex() == receipt["leaf_hash"] and receipt["leaf_index"] == proof["leaf_index"]
    root = root_of(leaf_hash(proof["event"]), receipt["leaf_index"], receipt["tree_size"], receipt["inclusion"])
    import base64
    assert base64.b64encode(root).decode() == receipt["checkpoint"].split("\n")[2]
    return json.loads(proof["text"])


# --- Taking in ----------------------------------------------------------------------------------------------------------

def test_one_a_list_and_lines(either):
    made = post(either, advert("one"))
    assert [ad["own_id"] for ad in made["ads"]] == ["one"] and made["ads"][0]["version"] == 1
    assert made["ads"][0]["allowed"] is True and made["receipt"]["leaf_index"] >= 0
    ad = seen(either, made["ads"][0]["id"])
    assert ad["advert"]["text"] == "Жарнама. Көктемгі жеңілдік!" and ad["own_id"] == "one"
    assert ad["showings"] == {"count": 0} and ad["last_day"] == day() and "kept_until" not in ad
    listed = post(either, {"ads": [advert("a"), advert(), advert("c")]})["ads"]
    assert [ad.get("own_id") for ad in listed] == ["a", None, "c"]
    rows = post(either, lines(advert("x"), advert("y")) + b"\r\n\n" + lines(advert("z")))["ads"]
    assert [ad["own_id"] for ad in rows] == ["x", "y", "z"]
    assert len({ad["id"] for ad in made["ads"] + listed + rows}) == 7
    for ad in (made["ads"] + listed + rows):
        text = proved(seen(either, ad["id"], more="/proof"))
        assert text["id"] == ad["id"] and text["version"] == 1


def test_same_text_again_and_again(talap):
    body = lines(*[advert() for _ in range(5000)])
    ads = post(talap, body)["ads"] + post(talap, body)["ads"]
    assert len({ad["id"] for ad in ads}) == 10000
    proved(seen(talap, ads[7777]["id"], more="/proof"))
    until(lambda: talap.command("verify"))


def test_canonical(talap):
    """What is hashed is what every reader of RFC 8785 would write."""
    ad = post(talap, advert("k", targeting={"age": {"from": 18}, "include": [{"criterion": "interest", "value": "футбол"}]}))
    proof = seen(talap, ad["ads"][0]["id"], more="/proof")
    assert json.dumps(json.loads(proof["text"]), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == proof["text"]


@pytest.mark.parametrize("body,field,code", [
    (advert(kind="hidden"), "kind", "not_an_option"),
    (advert(viewer="someone"), "viewer", "viewer_refused"),
    (advert(weather="fine"), "weather", "unknown_field"),
    (advert(text="x" * 20001), "text", "too_long"),
    (advert(media=[{"hash": "abc"}]), "media.0.hash", "not_a_hash"),
    (advert(period={"from": "2020-01-01", "until": "2020-02-01"}), "period.until", "advert_too_old"),
    ({"ads": [advert("a"), advert("b"), advert("a")]}, "ads.2.id", "advert_known"),
    ({"ads": [advert("a"), 7]}, "ads.1", "wrong_type"),
    ({"ads": {}}, "ads", "wrong_type"),
    ({"ads": [advert("a")], "user_id": "7"}, "user_id", "viewer_refused"),
    (lines(advert("a")) + b"\n{\"kind\":\n", "lines.2", "json_malformed"),
    (lines(advert("a"), advert("a")), "lines.2.id", "advert_known"),
    (lines(advert("a"), advert(ip="10.0.0.1")), "lines.2.ip", "viewer_refused"),
])
def test_refused(talap, body, field, code):
    before = talap.ledger_size()
    told = post(talap, body, 422)
    assert (field, code) in [(error["field"], error["code"]) for error in told["errors"]], told
    assert talap.ledger_size() == before and talap.rows("SELECT count(*) FROM advert") == [(0,)]


def test_refused_whole(talap):
    post(talap, advert("known"))
    before = talap.ledger_size()
    for body, status, code in (
            ({"ads": []}, 422, "adverts_none"), ({"ads": [advert()] * 10001}, 422, "adverts_too_many"),
            (b"\n\n", 422, "adverts_none")):
        assert post(talap, body, status)["code"] == code
    told = post(talap, lines(advert("a"), advert("known")), 422)
    assert [(error["field"], error["code"]) for error in told["errors"]] == [("lines.2.id", "advert_known")]
    assert len(post(talap, lines(*[advert(kind="x") for _ in range(300)]), 422)["errors"]) <= 110
    for data, kind, status in ((b"{", "application/json", 400), (b"\xff\xfe", "application/json", 400),
                               (b"{}", "text/csv", 415), (b"{}", "application/xml", 415),
                               (b"[" * 100000, "application/json", 400)):
        answer = talap.call("POST", "/v1/ads", ROLE, data=data, headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text
    assert talap.call("POST", "/v1/ads", json=advert()).status_code == 401
    assert talap.call("POST", "/v1/ads", "auditor", json=advert()).status_code == 403
    assert talap.ledger_size() == before


def test_unlawful(talap):
    """Without its mark it is refused with every finding; what was shown already is kept with them."""
    bad = advert("bad", text="Көктемгі жеңілдік!", mark={"place": "none"})
    told = post(talap, {"ads": [advert("good"), bad]}, 409)
    assert told["code"] == "advert_unlawful" and told["ads"][0]["field"] == "ads.1" and told["ads"][0]["own_id"] == "bad"
    findings = told["ads"][0]["check"]["findings"]
    assert told["ads"][0]["check"]["allowed"] is False and any(f["refuses"] and f["norm"].startswith("opl.") for f in findings), findings
    assert all(f["message"] for f in findings)
    assert talap.rows("SELECT count(*) FROM advert") == [(0,)]
    made = post(talap, {**bad, "published": True})["ads"][0]
    assert made["allowed"] is False and made["findings"]
    ad = seen(talap, made["id"])
    assert ad["check"]["allowed"] is False and ad["advert"]["published"] is True


def test_repeated(either):
    key = {"Idempotency-Key": "k-1", **NDJSON}
    body = lines(advert("a"), advert("b"))
    first, again = post(either, body, **key), post(either, body, **key)
    assert first["ads"] == again["ads"] and first["receipt"]["leaf_index"] == again["receipt"]["leaf_index"]
    assert post(either, lines(advert("c")), 422, **key)["code"] == "idempotency_key_reused"
    assert post(either, body, 422)["errors"][0]["code"] == "advert_known"


# --- Changing -----------------------------------------------------------------------------------------------------------

def test_versions(either):
    ad = post(either, {"ads": [advert("a"), advert("b")]})["ads"][0]["id"]
    assert change(either, ad, advert("a", text="Жарнама. Жазғы жеңілдік!"), 1)["ads"][0]["version"] == 2
    assert change(either, ad, advert("a", text="Жарнама. Күзгі жеңілдік!"), 1, 412)["code"] == "advert_changed"
    assert change(either, ad, advert("a"), None, 400)["code"] == "if_match_missing"
    assert change(either, ad, advert("z"), 2, 409)["code"] == "advert_own_id_fixed"
    assert change(either, ad, {"ads": [advert("a")]}, 2, 422)["errors"][0]["field"] == "ads"
    assert change(either, str(uuid.uuid4()), advert(), 1, 404)["code"] == "advert_unknown"
    now = seen(either, ad)
    assert now["version"] == 2 and "Жазғы" in now["advert"]["text"] and len(now["versions"]) == 2
    assert now["versions"][0]["until"] == now["versions"][1]["from"] and now["versions"][1]["until"] is None
    old = seen(either, ad, more="/versions")["versions"]
    assert [v["version"] for v in old] == [2, 1] and "Көктемгі" in old[1]["advert"]["text"]
    assert [v["version"] for v in seen(either, ad, more="/versions", before_version=2)["versions"]] == [1]
    for version in (1, 2):
        assert proved(seen(either, ad, more="/proof", version=version))["version"] == version
    seen(either, ad, more="/proof", version=3, status=404)
    assert change(either, ad, advert("a", text="Жеңілдік", mark={"place": "none"}), 2, 409)["code"] == "advert_unlawful"


def test_two_change_at_once(either):
    ad = post(either, advert("a"))["ads"][0]["id"]

    def one(n):
        return either.call("PUT", f"/v1/ads/{ad}", ROLE, json=advert("a", text=f"Жарнама {n}"),
                           headers={"If-Match": '"1"'}).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [200] + [412] * 7


def test_own_ids_at_once(either):
    """Eight send the same: one is taken, whole."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(lambda n: either.call("POST", "/v1/ads", ROLE, json={"ads": [
            advert(f"only-{n}"), advert("same")]}).status_code, range(8)))
    assert codes[0] == 201 and set(codes[1:]) <= {409, 422}
    both = post(either, advert("same"), 422)["errors"][0]
    assert both["code"] == "advert_known"


def test_third_persons_consents_are_not_told(talap):
    ad = post(talap, advert("a", published=True, third_persons=[{"what": "voice", "consent": "Айгерімнің келісімі № 7"}]))
    ad = ad["ads"][0]["id"]
    for path in ("", "/versions", "/proof"):
        assert "Айгерім" not in json.dumps(seen(talap, ad, more=path), ensure_ascii=False)
        assert "Айгерім" in json.dumps(seen(talap, ad, more=path, role="moderator"), ensure_ascii=False)
    assert seen(talap, ad, more="/proof")["withheld"] is True


# --- Media --------------------------------------------------------------------------------------------------------------

def put(service, content, kind="application/octet-stream", name=None, status=201):
    name = name or hashlib.sha256(content).hexdigest()
    answer = service.call("PUT", f"/v1/ads/media/{name}", ROLE, data=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_media(either):
    name = hashlib.sha256(PNG).hexdigest()
    assert put(either, PNG, status=404)["code"] == "media_unnamed"
    ad = post(either, advert("a", format="image", media=[{"hash": name, "type": "image/png"}], published=True))["ads"][0]["id"]
    assert "url" not in seen(either, ad)["media"][0]
    assert either.call("GET", f"/ads/media/{name}").status_code == 404
    assert put(either, PNG + b"x", name=name, status=422)["code"] == "media_hash_mismatch"
    assert put(either, b"<svg></svg>     ", status=415)["code"] == "media_type_unsupported"
    assert put(either, PNG, kind="image/gif", status=415)["code"] == "media_type_mismatch"
    assert put(either, PNG)["type"] == "image/png"
    put(either, PNG, kind="image/png", status=200)
    shown = either.call("GET", seen(either, ad)["media"][0]["url"])
    assert shown.status_code == 200 and shown.content == PNG and shown.headers["Content-Type"] == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["Content-Disposition"] == "inline"
    for wrong in ("x", name.upper(), "0" * 64, "../../etc/passwd"):
        assert either.call("GET", f"/ads/media/{wrong}").status_code == 404
    assert either.call("PUT", f"/v1/ads/media/{name}", data=PNG,
                       headers={"Content-Type": "image/png"}).status_code == 401


@pytest.mark.parametrize("content,kind", [
    (b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg"), (b"GIF89a" + b"\0" * 20, "image/gif"),
    (b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 8, "image/webp"), (b"ID3\x04" + b"\0" * 20, "audio/mpeg"),
    (b"OggS" + b"\0" * 20, "audio/ogg"), (b"\0\0\0\x18ftypmp42" + b"\0" * 12, "video/mp4"),
    (b"\x1a\x45\xdf\xa3" + b"\0" * 20, "video/webm")])
def test_media_types(talap, content, kind):
    post(talap, advert("m", media=[{"hash": hashlib.sha256(content).hexdigest()}], published=True))
    assert put(talap, content)["type"] == kind


# --- Bad luck -----------------------------------------------------------------------------------------------------------

def test_killed_while_they_come(tmp_path):
    """What was answered is there, once when it is sent again with its key; the rest is there whole or not at all."""
    service = begin(tmp_path)
    answered = {}

    def send(n):
        key = {"Idempotency-Key": f"batch-{n}", **NDJSON}
        try:
            answer = service.call("POST", "/v1/ads", ROLE, data=lines(*[advert(f"{n}-{i}") for i in range(50)]), headers=key)
            if answer.status_code == 201:
                answered[n] = [ad["id"] for ad in answer.json()["ads"]]
        except Exception:
            pass

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        work = [pool.submit(send, n) for n in range(400)]
        until(lambda: len(answered) >= 20, 60, 0.01)
        service.kill()
        for one in work:
            one.cancel()
    service.start()
    before = dict(answered)
    for n, ids in before.items():
        again = post(service, lines(*[advert(f"{n}-{i}") for i in range(50)]), **{"Idempotency-Key": f"batch-{n}", **NDJSON})
        assert [ad["id"] for ad in again["ads"]] == ids
    (count,), = service.rows("SELECT count(*) FROM advert")
    assert count % 50 == 0 and count >= 50 * len(before)
    service.stop()
    service.command("verify")


def test_the_same_key_from_many_at_once_is_kept_once(either):
    """Whoever comes second finds it kept, or being kept: the first answer, never a refusal of its own ids."""
    size = either.ledger_size()
    for round_ in range(3):
        body = lines(*(advert(f"storm-{round_}-{i}") for i in range(1500)))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _, body=body, key=f"storm-{round_}": either.call(
                "POST", "/v1/ads", ROLE, data=body, headers={**NDJSON, "Idempotency-Key": key}), range(8)))
        assert {answer.status_code for answer in answers} == {201}, [a.text[:300] for a in answers if a.status_code != 201]
        assert len({tuple(ad["id"] for ad in answer.json()["ads"]) for answer in answers}) == 1
    assert either.ledger_size() == size + 3
