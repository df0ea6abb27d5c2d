"""The check before publication, as programs and people meet it."""
import copy
import re
import time

import pytest
import requests

from body import Staff
from talap import Talap

AD = {
    "kind": "targeted", "format": "text", "language": "kk", "text": "Жарнама. Жаңа кітап.",
    "mark": {"text": "Жарнама", "place": "first_line"},
    "account": {"name": "kitap"}, "advertiser": {"name": "Кітап ЖШС"}, "payer": {"name": "Кітап ЖШС"},
    "period": {"from": "2026-11-01", "until": "2026-11-30"},
    "targeting": {"age": {"from": 18, "until": 65}, "include": [{"criterion": "қызығушылық", "value": "кітап"}]},
}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    own = folder / "own.yaml"
    own.write_text('terms:\n  - category: health\n    terms: {ru: ["клуб долголетия"]}\n', encoding="utf-8")
    service = Talap(folder, options=["--advert-terms", str(own)]).init()
    service.start()
    service.staff = Staff(service, "check-auditor", "auditor")
    yield service
    service.stop()


def ask(service, body, status=200, roles="service", **more):
    answer = service.call("POST", "/v1/ads/check", roles=roles, json=body, **more)
    assert answer.status_code == status, answer.text
    return answer.json()


def with_value(value, **more):
    ad = copy.deepcopy(AD)
    ad["targeting"]["include"][0]["value"] = value
    return {**ad, **more}


def test_one_is_allowed_and_one_is_not(service):
    good = ask(service, AD)
    assert good["allowed"] is True and good["findings"] == [] and "opl.20.3" in good["norms"]
    bad = ask(service, with_value("қазақтар"))
    assert bad["allowed"] is False
    finding = bad["findings"][0]
    assert finding["code"] == "targets_nationality" and finding["norm"] == "opl.20.3" and finding["refuses"] is True
    assert finding["field"] == "targeting.include.0.value" and finding["found"] == "қазақтар"
    assert finding["message"] and finding["change"]
    assert requests.get(service.url + finding["norm_url"], timeout=30).status_code == 200


@pytest.mark.parametrize("lang,word", [("kk", "ұлтына"), ("ru", "национальности"), ("en", "nationality")])
def test_in_three_languages(service, lang, word):
    answer = ask(service, with_value("казахи"), headers={"Accept-Language": lang})
    assert word in answer["findings"][0]["message"]


def test_many_keep_their_order(service):
    results = ask(service, {"ads": [AD, with_value("диабет"), AD]})["results"]
    assert [r["allowed"] for r in results] == [True, False, True]


def test_ten_thousand_and_one_too_many(service):
    assert len(ask(service, {"ads": [AD] * 10000})["results"]) == 10000
    refused = ask(service, {"ads": [AD] * 10001}, status=422)
    assert refused["errors"][0]["code"] == "too_many"


def test_a_criterion_list_of_ten_thousand(service):
    ad = copy.deepcopy(AD)
    ad["targeting"]["exclude"] = [{"criterion": "интерес", "value": f"слово {i}"} for i in range(10000)]
    ad["targeting"]["exclude"][9999]["value"] = "инвалиды"
    began = time.monotonic()
    answer = ask(service, ad)
    assert time.monotonic() - began < 10
    assert [f["field"] for f in answer["findings"]] == ["targeting.exclude.9999.value"]


@pytest.mark.parametrize("body,status,code", [
    ({"ads": []}, 422, "required"), ({"ads": {}}, 422, "wrong_type"), ({"ads": [AD], "more": 1}, 422, "unknown_field"),
    ({}, 422, "required"), ({**AD, "viewers": ["a"]}, 422, "viewer_refused"), ({**AD, "colour": 1}, 422, "unknown_field"),
    ({**AD, "language": "kazakh"}, 422, "not_a_language"), ({"ads": [AD, {**AD, "kind": "x"}]}, 422, "not_an_option"),
    ([AD], 400, None),
])
def test_what_is_no_advertisement_is_refused(service, body, status, code):
    answer = ask(service, body, status=status)
    assert code is None or answer["errors"][0]["code"] == code


def test_a_refusal_in_a_list_has_its_place(service):
    answer = ask(service, {"ads": [AD, {**AD, "kind": "x"}]}, status=422)
    assert answer["errors"][0]["field"] == "ads.1.kind"


def test_malformed_bodies(service):
    for body in (b"", b"{", b'{"kind":"targeted"', b'{"kind":"other","kind":"other"}', b'{"text":"\xff"}'):
        answer = service.call("POST", "/v1/ads/check", roles="service", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text


def test_who_may_ask(service):
    assert requests.post(service.url + "/v1/ads/check", json=AD, timeout=30).status_code == 401
    assert ask(service, AD, status=403, roles="auditor")["code"]


def test_words_are_told_to_everybody(service):
    answer = requests.get(service.url + "/v1/ads/terms?lang=en", timeout=30)
    assert answer.status_code == 200
    told = answer.json()
    assert {m["text"] for m in told["marks"]} >= {"жарнама", "реклама", "на правах рекламы"}
    categories = {c["category"]: c for c in told["categories"] if not c["own"]}
    assert set(categories) == {"nationality", "politics", "identity", "health", "minors"}
    for name in ("nationality", "politics", "identity", "health"):
        assert sum(len(words) for words in categories[name]["terms"].values()) >= 150
    own = [c for c in told["categories"] if c["own"]]
    assert own[0]["terms"]["ru"] == ["клуб долголетия"]


def test_the_operators_own_words_refuse(service):
    answer = ask(service, with_value("Клуб долголетия"))
    assert answer["findings"][0]["code"] == "targets_health"


def test_a_wrong_file_of_words_stops_the_start(service, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("terms:\n  - category: wealth\n    terms: {ru: [деньги]}\n", encoding="utf-8")
    done = service.command("serve", "--port", "0", check=False, extra=["--advert-terms", str(own)])
    assert done.returncode != 0 and "own.yaml:2" in done.stderr


def form_post(staff, address, members, status=200):
    answer = staff.session.post(staff.service.url + address, data={**members, "csrf": staff.csrf}, timeout=60,
                                allow_redirects=False)
    assert answer.status_code == status, answer.text[:400]
    return answer


# --- The page --------------------------------------------------------------------------------------------------------

FORM = {
    "kind": "targeted", "format": "text", "language": "ru", "text": "Новая книга <b>", "mark.place": "none",
    "account.name": "kitap", "advertiser.name": "ТОО Книга", "payer.name": "ТОО Книга", "period.from": "2026-11-01",
    "targeting.age.from": "18", "targeting.include": "интерес = казахи\nинтерес = книги",
}


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_the_page_tells_what_to_change(service, lang):
    address = f"/{lang}/ads/check"
    page = service.staff.get(address)
    assert page.status_code == 200 and "<script" not in page.text
    answer = form_post(service.staff, address, FORM)
    assert f"/{lang}/law/opl.20.3" in answer.text and f"/{lang}/law/opl.20.2.1" in answer.text
    assert "казахи" in answer.text and "Новая книга &lt;b&gt;" in answer.text  # nothing typed is lost
    assert 'value="keep"' not in answer.text
    good = form_post(service.staff, address, {**FORM, "text": "Реклама. Книга", "targeting.include": "интерес = книги"})
    assert f"/{lang}/law/opl.20.3" not in good.text


def test_what_cannot_be_read_stands_beside_its_field(service):
    answer = form_post(service.staff, "/en/ads/check", {**FORM, "period.from": "yesterday"}, status=422)
    assert "yesterday" in answer.text and 'href="#f-period.from"' in answer.text


def test_the_page_is_for_staff_and_in_their_menu(service):
    assert requests.get(service.url + "/en/ads/check", timeout=30, allow_redirects=False).status_code in (302, 303, 401, 403)
    assert re.search(r'href="/en/ads/check"', service.staff.get("/en/desk").text)


def test_nothing_is_kept(service):
    before = service.ledger_size()
    ask(service, AD)
    form_post(service.staff, "/en/ads/check", {**FORM, "text": "Реклама", "targeting.include": "интерес = книги", "do": "keep"})
    assert service.ledger_size() == before
