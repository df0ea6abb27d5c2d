"""The library over HTTP: what was acknowledged is found by the next request, in any form and typed without Kazakh letters;
filters, orders, cursors among new ones, changes, refusals; the names of ads_archive; the index's file over restarts; on both
engines."""
import datetime
import os
import urllib.parse
import zoneinfo

import pytest

from talap import Talap, until
from test_postgres import Database

TODAY = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Almaty")).date()


def day(ago=0):
    return (TODAY - datetime.timedelta(days=ago)).isoformat()


def advert(own, text="Жарнама. Көктемгі жеңілдік!", **more):
    return {"id": own, "kind": "other", "format": "text", "language": "kk", "text": text,
            "mark": {"text": "Жарнама", "place": "first_line"}, "account": {"name": "Дүкен"},
            "advertiser": {"name": "«Дүкен» ЖШС"}, "period": {"from": day(40), "until": day(-40)}, "published": True, **more}


def keep(service, *ads):
    answer = service.call("POST", "/v1/ads", "service", json={"ads": list(ads)})
    assert answer.status_code in (200, 201), answer.text
    return [ad["id"] for ad in answer.json()["ads"]]


def search(service, status=200, path="/v1/ads", **query):
    answer = service.call("GET", path, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def own_ids(service, **query):
    return [ad["own_id"] for ad in search(service, **query)["ads"]]


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


def test_found_at_once_in_any_form(either):
    for i, (text, asked) in enumerate([("Жарнама. Тиімді несиелерді алыңыз", "несие"),
                                       ("Жарнама. Үлкен жеңілдікпен", "женилдик"),
                                       ("Реклама. Выгодные кредиты", "кредитов"),
                                       ("Жарнама. Cheap phones", "phone")]):
        keep(either, advert(f"a{i}", text))
        assert own_ids(either, q=asked) == [f"a{i}"]
    found = search(either, q="жарнама")
    assert found["count"] == 3 and not found["preparing"] and found["cursor"] is None
    assert [ad["own_id"] for ad in found["ads"]] == ["a3", "a1", "a0"]
    assert own_ids(either, q="жарнама -phone") == ["a1", "a0"]
    assert own_ids(either, q="phone|кредит", sort="oldest") == ["a2", "a3"]
    assert search(either)["count"] == 4

    one = search(either, q="phone")["ads"][0]
    whole = either.call("GET", f"/v1/ads/{one['id']}").json()
    assert {name: whole[name] for name in one} == one

    answer = either.call("PUT", f"/v1/ads/{one['id']}", "service", json=advert("a3", "Жарнама. Арзан телефондар"),
                         headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert own_ids(either, q="phone") == []
    assert own_ids(either, q="телефон") == ["a3"]
    assert search(either)["count"] == 4


def test_filters(shared):
    keep(shared,
         advert("k1", kind="sponsored", format="text", language="ru", payer={"name": "Банк Алтын"},
                period={"from": "2026-01-01", "until": day(-1)}),
         advert("k2", sponsor={"name": "Қор «Игілік»"}, targeting={
             "age": {"from": 18, "until": 60}, "include": [{"criterion": "interest", "value": "спорт"}],
             "exclude": [{"criterion": "city", "value": "Астана"}]}))
    assert own_ids(shared, language="ru") == ["k1"]
    assert own_ids(shared, kind="sponsored") == ["k1"]
    assert own_ids(shared, kind="other") == ["k2"]
    assert own_ids(shared, payer="банк алтын") == ["k1"]
    assert own_ids(shared, payer="банк") == []
    assert own_ids(shared, q="payer:банк") == ["k1"]
    assert own_ids(shared, sponsor="кор игилик") == ["k2"]
    assert own_ids(shared, criterion="interest=спорт") == ["k2"]
    assert own_ids(shared, q="excluded:астана") == ["k2"]
    assert own_ids(shared, q="excluded:спорт") == []
    assert own_ids(shared, until="2026-01-02") == ["k1"]
    assert own_ids(shared, **{"from": day(-2)}) == ["k2"]
    for name, value, code in [("kind", "x", "not_an_option"), ("sort", "best", "not_an_option"), ("from", "2026-02-30", "not_a_date"),
                              ("limit", "0", "out_of_range"), ("limit", "501", "out_of_range")]:
        problem = search(shared, 422, **{name: value})
        assert problem["errors"][0] == problem["errors"][0] | {"field": name, "code": code}
    assert search(shared, 422, q='несие "')["code"] == "query_malformed"
    assert search(shared, 422, q="kind:x")["code"] == "query_malformed"
    assert search(shared, 422, q="а" * 501)["code"] == "query_too_long"
    assert search(shared, 422, cursor="x")["code"] == "cursor_malformed"
    assert shared.call("GET", "/v1/ads?viewer=1").status_code in (400, 422)
    for odd in ("- | -", "*", "http://a.kz/?x=1&y", "'; DROP TABLE advert; --", "\u202e"):
        assert shared.call("GET", "/v1/ads", params={"q": odd}).status_code in (200, 422)


def test_cursors_among_new_ones(talap):
    keep(talap, *[advert(f"c{i:03}") for i in range(100)])
    seen, cursor, more = [], None, 0
    while True:
        page = search(talap, q="жеңілдік", limit=7, **({"cursor": cursor} if cursor else {}))
        seen += [ad["own_id"] for ad in page["ads"]]
        cursor = page["cursor"]
        if not cursor:
            break
        keep(talap, advert(f"new{more}"))
        more += 1
    assert seen == [f"c{i:03}" for i in reversed(range(100))]
    assert search(talap, q="жеңілдік", limit=1)["count"] == 100 + more


def test_most_shown(talap):
    ids = keep(talap, *[advert(f"m{i}") for i in range(3)])
    rows = f"ad,day,count\n{ids[0]},{day(2)},500\n{ids[1]},{day(1)},20\n{ids[2]},{day(3)},90\n"
    answer = talap.call("POST", "/v1/ads/showings", "service", data=rows, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 202, answer.text
    until(lambda: own_ids(talap, sort="most_shown") == ["m0", "m2", "m1"])


def test_archive(shared):
    keep(shared, advert("r1", "Архив мысалы сүт", account={"name": "Сүт үйі"}, payer={"name": "«Сүт» ЖШС"}, targeting={
        "age": {"from": 21, "until": 50}, "include": [{"criterion": "city", "value": "Алматы"}], "exclude": []}),
         advert("r2", "Архив мысалы нан", account={"name": "Нан үйі"}, period={"from": day(90), "until": day(60)}),
         advert("r3", "Архив мысалы ет", account={"name": "Ет үйі"}, language="ru"))
    archive = "/v1/ads/archive"
    common = {"search_terms": "архив мысалы", "ad_reached_countries": '["KZ"]', "ad_type": "ALL"}
    found = search(shared, path=archive, **common)
    assert [ad["page_name"] for ad in found["data"]] == ["Ет үйі", "Нан үйі", "Сүт үйі"] and found["paging"] == {}
    milk = found["data"][2]
    assert milk | {"ad_creative_bodies": ["Архив мысалы сүт"], "bylines": "«Сүт» ЖШС", "languages": ["kk"], "target_ages": ["21", "50"],
                   "impressions": {"lower_bound": 0, "upper_bound": 0}, "ad_delivery_start_time": day(40),
                   "ad_delivery_stop_time": day(-40), "ad_creation_time": day(),
                   "target_locations": [{"name": "Алматы", "type": "city", "excluded": False}]} == milk
    assert milk["ad_snapshot_url"].endswith("/ads/" + milk["id"])
    names = lambda **query: [ad["page_name"] for ad in search(shared, path=archive, **common, **query)["data"]]  # noqa: E731
    assert names(ad_active_status="ACTIVE") == ["Ет үйі", "Сүт үйі"]
    assert names(ad_active_status="INACTIVE") == ["Нан үйі"]
    assert names(languages='["ru","en"]') == ["Ет үйі"]
    assert names(search_page_ids='["Сүт үйі","Нан үйі"]') == ["Нан үйі", "Сүт үйі"]
    assert names(bylines="«Сүт» ЖШС") == ["Сүт үйі"]
    assert names(ad_delivery_date_max=day(70)) == ["Нан үйі"]
    assert set(search(shared, path=archive, **common, fields="id,page_name")["data"][0]) == {"id", "page_name"}

    first = search(shared, path=archive, **common, limit=2, access_token="secret")
    assert first["paging"]["cursors"]["after"] and "secret" not in first["paging"]["next"]
    address = urllib.parse.urlsplit(first["paging"]["next"])
    second = shared.call("GET", address.path + "?" + address.query).json()
    assert [ad["page_name"] for ad in second["data"]] == ["Сүт үйі"]
    assert search(shared, 422, path=archive, languages="[1]")["errors"][0]["field"] == "languages"
    assert search(shared, 422, path=archive, ad_active_status="SOME")["errors"][0]["field"] == "ad_active_status"


def test_the_index_is_kept_and_follows(tmp_path):
    service = Talap(tmp_path).init().start()
    file = os.path.join(service.var, "adverts", "library.index")
    for part in range(3):
        keep(service, *[advert(f"f{part}-{i}", f"Жарнама. Нөмір {i}") for i in range(500)])
    until(lambda: os.path.exists(file))
    service.stop()
    service.start()
    assert search(service, q="нөмір")["count"] == 1500
    keep(service, advert("later", "Жарнама. Нөмір кейін"))
    assert search(service, q="номир")["count"] == 1501
    service.kill()
    service.start()
    assert search(service, q="номир")["count"] == 1501
    service.stop()
    with open(file, "r+b") as index:
        index.seek(1000)
        index.write(b"\xff" * 64)
    service.start()
    until(lambda: search(service, q="номир")["count"] == 1501)
    answer = service.call("GET", "/metrics", "admin")
    if answer.status_code == 200:
        assert "talap_library_adverts 1501" in answer.text
    service.stop()
