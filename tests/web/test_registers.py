"""Public registers, chains of cases, platforms and resources: pages and API, what they refuse, and the exports."""
import csv
import io
import os
import re
import socket
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest

from body import RESTORATION, ROLES, Staff, asked, ground, now, ordered, orders_of, represent
from talap import Talap, until

LANGS = ["kk", "ru", "en"]
@pytest.fixture(scope="module")
def body(tmp_path_factory):
    """An authorised body at work, with nothing in its registers yet."""
    service = Talap(tmp_path_factory.mktemp("body"), options=["--roles", ROLES]).init()
    service.start()
    for login, roles in (("o", "official"), ("h", "head"), ("r", "registrar"), ("m", "moderator"), ("a", "admin"),
                         ("u", "auditor"), ("c", "carrier")):
        setattr(service, login, Staff(service, "staff-" + login, roles))
    yield service
    service.stop()


def api(service, path, status=200, **query):
    answer = service.call("GET", "/v1/registers" + path, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def whole(service, reg, **query):
    """All entries of a register, page by page."""
    seen, cursor = [], None
    while True:
        page = api(service, "/" + reg, **query, **({"cursor": cursor} if cursor else {}))
        seen += page["entries"]
        cursor = page["cursor"]
        if cursor is None:
            return seen


# --- Empty, and refused -----------------------------------------------------------------------------------------------


def test_an_empty_register(tmp_path):
    service = Talap(tmp_path, options=["--roles", ROLES]).init()
    service.start()
    try:
        listed = api(service, "")["registers"]
        assert {r["register"] for r in listed} >= {"legal_representatives", "restricted_resources", "restorations"}
        assert all(r["standing"] == r["left"] == 0 for r in listed)
        assert api(service, "/restorations") == {"entries": [], "cursor": None}
        for lang, word in zip(LANGS, ("Тізілімде әзірге ештеңе жоқ", "В реестре пока ничего нет", "nothing in the register")):
            assert word in service.call("GET", f"/{lang}/registers/restorations").text
        exported = service.call("GET", "/v1/registers/restorations/export.json").json()
        assert exported["entries"] == [] and exported["register"] == "restorations"
        lines = service.call("GET", "/v1/registers/restorations/export.csv").content.split(b"\r\n")
        assert lines[0].startswith(b"number,state,entered_at,left_at,resource") and lines[1:] == [b""]
    finally:
        service.stop()


def test_a_platform_keeps_no_registers(shared):
    assert api(shared, "")["registers"] == []
    for lang in LANGS:
        page = shared.call("GET", f"/{lang}/registers")
        assert page.status_code == 200
        assert f"/{lang}/registers/" not in page.text
        assert "registers" not in shared.call("GET", f"/{lang}/").text


@pytest.mark.parametrize("query, field, code", [
    ({"which": "gone"}, "which", "not_an_option"),
    ({"q": "ә" * 201}, "q", "too_long"),
])
def test_what_the_filter_refuses(body, query, field, code):
    for path in ("", "/export.csv", "/export.json"):
        problem = api(body, "/restorations" + path, 422, **query)
        assert [(e["field"], e["code"]) for e in problem["errors"]] == [(field, code)]
    for lang in LANGS:
        page = body.call("GET", f"/{lang}/registers/restorations", params=query)
        assert page.status_code == 422 and f'lang="{lang}"' in page.text


def test_what_cannot_be_found(body):
    complaint = body.complain()["number"]
    entry = represent(body)["number"]
    for path, code in (("/nothing", "register_unknown"), ("/nothing/export.csv", "register_unknown"),
                       ("/nothing/entries/1", "register_unknown"),
                       ("/restorations/entries/ҚБ-2026-999999", "entry_unknown"),
                       ("/restorations/entries/" + complaint, "entry_unknown"),
                       ("/restorations/entries/" + entry, "entry_unknown"),
                       ("/restorations/entries/" + "x" * 500, "entry_unknown"),
                       ("/restorations/entries/'; DROP TABLE--", "entry_unknown")):
        assert api(body, path, 404)["code"] == code
    for lang in LANGS:
        for path in ("nothing", "nothing/1", "restorations/" + complaint, "restorations/" + entry):
            assert body.call("GET", f"/{lang}/registers/{path}").status_code == 404, path


def test_a_cursor_that_is_none(body):
    assert api(body, "/restorations", 400, cursor="!")["code"] == "cursor_malformed"
    assert body.call("GET", "/ru/registers/restorations?cursor=%21").status_code == 400
    for limit in ("0", "501", "x", "-1"):
        assert api(body, "/restorations", 422, limit=limit)["code"] == "fields_refused"
    assert api(body, "/restorations", 422, color="red")["errors"][0]["code"] == "unknown_field"
    assert api(body, "/restorations/export.csv", 422, cursor="1")["errors"][0]["code"] == "unknown_field"


# --- Entries ----------------------------------------------------------------------------------------------------------


def test_an_entry_and_its_history(body):
    case = represent(body, platform_name="Жүз", platform="https://juz.example.kz")
    entry = api(body, "/legal_representatives/entries/" + case["number"])
    assert entry["standing"] is True and entry["left_at"] is None and entry["values"]["average_users"] == 250000
    assert [h["act"] for h in entry["history"]] == [None] and entry["since_last_seconds"] >= 0
    body.r.act(case, "change", change_ground="Өтініш № 5", address="Алматы қ., Абай даңғылы, 10")
    body.r.act(case, "remove", reasons="Өкілдік тоқтатылды.")
    entry = api(body, "/legal_representatives/entries/" + case["number"])
    assert entry["standing"] is False and entry["left_at"] and "since_last_seconds" not in entry
    assert [h["act"] for h in entry["history"]] == [None, "change", "remove"]
    assert entry["history"][1]["values"] == {"address": "Алматы қ., Абай даңғылы, 10"}
    assert entry["values"]["address"] == "Алматы қ., Абай даңғылы, 10"
    for step in entry["history"]:
        receipt = body.call("GET", step["proof_url"])
        assert receipt.status_code == 200 and receipt.json()["leaf_index"] == step["leaf_index"]
    for lang in LANGS:
        page = body.call("GET", f"/{lang}/registers/legal_representatives/{case['number']}")
        assert page.status_code == 200 and "Алматы" in page.text and "Өкілдік тоқтатылды." in page.text
        for step in entry["history"]:
            assert f"/{lang}/proof/{step['leaf_index']}" in page.text


def test_nothing_personal_and_nobody_named(body):
    case = ordered(body)
    number = urllib.parse.quote(case["number"])
    texts = [body.call("GET", f"/v1/registers/restorations/entries/{number}").text,
             body.call("GET", "/v1/registers/restorations/export.json").text,
             body.call("GET", "/v1/registers/restorations/export.csv").text]
    texts += [body.call("GET", f"/{lang}/registers/restorations/{number}").text for lang in LANGS]
    for text in texts:
        assert "Ерлан" not in text and "erlan@" not in text and case["access_code"] not in text
        assert "staff-" not in text.lower() and case["id"] not in text and "Ақпарат өшірілген" not in text


def test_search_and_filter(body):
    standing = represent(body, platform_name="Қарлығаш желісі", platform="https://qarlygash.example.kz")
    gone = represent(body, platform_name="Қарлығаш ескі", platform="https://qarlygash-eski.example.kz")
    body.r.act(gone, "remove", reasons="Өкілдік жабылды.")

    def found(**query):
        return [e["number"] for e in api(body, "/legal_representatives", **query)["entries"]]

    assert found(q="карлыгаш") == [gone["number"], standing["number"]]
    assert found(q="карлыгаш", which="standing") == [standing["number"]]
    assert found(q="карлыгаш", which="left") == [gone["number"]]
    assert found(q=standing["number"]) == [standing["number"]]
    assert found(q="карлыгаш жок") == [] and found(q="'\"%_*") == found()
    for lang in LANGS:
        page = body.call("GET", f"/{lang}/registers/legal_representatives", params={"q": "Қарлығаш", "which": "left"})
        assert gone["number"] in page.text and standing["number"] not in page.text
        nothing = body.call("GET", f"/{lang}/registers/legal_representatives?q=zzzz")
        assert nothing.status_code == 200 and "<tbody>" not in nothing.text
        # A whole number leads to its entry.
        leads = body.call("GET", f"/{lang}/registers/legal_representatives", params={"q": " " + gone["number"] + " "})
        assert leads.status_code == 303
        assert leads.headers["Location"] == f"/{lang}/registers/legal_representatives/" + urllib.parse.quote(gone["number"])


def test_pages_are_stable(body):
    """Entries made while somebody turns the pages neither come twice nor push others out of sight."""
    numbers = [represent(body, platform_name=f"Парақ {i}", platform=f"https://p{i}.pages.example.kz")["number"] for i in range(7)]
    seen, cursor = [], None
    while True:
        page = api(body, "/legal_representatives", q="парақ", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [e["number"] for e in page["entries"]]
        represent(body, platform_name="Парақ кейінгі", platform="https://later.pages.example.kz")
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == numbers[::-1]
    with_links = body.call("GET", "/kk/registers/legal_representatives")
    for _ in range(5):
        following = re.search(r'href="(/kk/registers/legal_representatives\?[^"]*cursor=[^"]*)"', with_links.text)
        if following is None:
            break
        with_links = body.call("GET", following.group(1).replace("&amp;", "&"))
        assert with_links.status_code == 200
    assert "cursor=" not in with_links.text


def test_figures_of_a_register(body):
    represent(body)

    def known():
        return [r for r in api(body, "")["registers"] if r["register"] == "legal_representatives"][0]

    # Remembered for some seconds, so that a crowd does not make the store count.
    until(lambda: known()["standing"] == len(whole(body, "legal_representatives", which="standing")), seconds=40, step=1)
    assert known()["left"] == len(whole(body, "legal_representatives", which="left"))
    assert [c["name"] for c in known()["columns"]][0] == "platform_name"


def test_restoration_step_by_step(body):
    case = ordered(body)
    orders = orders_of(body, case)
    assert len(orders) == 2
    number = urllib.parse.quote(case["number"])
    time.sleep(1.1)  # moments are told to the second, and no order is delivered before it was made
    delivered = now()
    for order in orders:
        body.o.act(order, "deliver", means="Пошта", delivered_at=delivered)
    time.sleep(1.1)
    body.o.act(orders[0], "confirm", restored_at=now(), reference="N-1")
    entry = api(body, "/restorations/entries/" + case["number"])
    assert [h["act"] for h in entry["history"]] == [None, "register", "confirm", "order"]
    assert entry["state"] == "ordered" and entry["since_last_seconds"] >= 1
    assert [c["name"] for c in entry["clocks"]] == ["monitor"] and entry["clocks"][0]["state"] == "met"
    assert sorted(o["values"]["carrier"] for o in entry["orders"]) == ["kazakhtelecom", "kcell"]
    assert all(set(o["values"]) == {"carrier"} for o in entry["orders"])
    assert sorted(o["state"] for o in entry["orders"]) == ["confirmed", "delivered"]
    confirmed = [o for o in entry["orders"] if o["state"] == "confirmed"][0]["clocks"][0]
    assert confirmed["starts_at"] < confirmed["stopped_at"]
    pages = {lang: body.call("GET", f"/{lang}/registers/restorations/{number}").text for lang in LANGS}
    for lang, carrier in zip(LANGS, ("Кселл", "Кселл", "Kcell")):
        assert carrier in pages[lang] and orders[0]["number"] in pages[lang]
        # Addresses of what was restricted are told, and lead nowhere.
        assert "https://news.example.kz/a" in pages[lang] and 'href="https://news.example.kz' not in pages[lang]
    assert "Time since the last step" in pages["en"]


def test_while_the_monitoring_runs_its_days_are_told(body):
    case = body.call("POST", "/v1/cases/restoration", json=RESTORATION).json()
    body.r.act(case, "register")
    for lang in LANGS:
        text = body.call("GET", f"/{lang}/registers/restorations/{case['number']}").text
        assert '<ol class="days">' in text and f"/{lang}/law/rar.5" in text
    clock = api(body, "/restorations/entries/" + case["number"])["clocks"][0]
    assert clock["state"] == "running" and clock["due_at"] < clock["overdue_at"]


def test_entries_lead_to_each_other(body):
    restricted = body.o.open("restricted_resource", resource="https://linked.example.kz", restriction_ground=ground(body),
                             prescription_number="77-1", prescription_date="2026-01-10",
                             restricted_on="2026-01-11")
    opened = body.call("POST", "/v1/cases/restoration",
                       json={**RESTORATION, "resource": "https://linked.example.kz", "entry": restricted["number"]})
    assert opened.status_code == 201, opened.text
    body.r.act(opened.json(), "register", incoming_number="17-4")
    there = api(body, "/restorations/entries/" + opened.json()["number"])["links"]
    assert [(k["register"], k["number"], k["back"]) for k in there] == [("restricted_resources", restricted["number"], False)]
    back = api(body, "/restricted_resources/entries/" + restricted["number"])["links"]
    assert [(k["register"], k["number"], k["back"]) for k in back] == [("restorations", opened.json()["number"], True)]
    assert body.call("GET", back[0]["url"]).status_code == 200
    for lang in LANGS:
        page = body.call("GET", f"/{lang}/registers/restricted_resources/{restricted['number']}").text
        assert f"/{lang}/registers/restorations/" + urllib.parse.quote(opened.json()["number"]) in page


def test_the_start_page_leads_there(body):
    for lang in LANGS:
        page = body.call("GET", f"/{lang}/").text
        assert f'action="/{lang}/registers/restorations"' in page and f'href="/{lang}/registers"' in page
        assert body.call("GET", f"/{lang}/registers").text.count(f'href="/{lang}/registers/') >= 3


# --- Exports ----------------------------------------------------------------------------------------------------------


def rows_of(answer):
    csv.field_size_limit(10_000_000)
    assert answer.status_code == 200 and not answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_exports_hold_everything_the_filter_lets_through(body):
    represent(body, platform_name="=HYPERLINK(\"http://evil\")", platform="https://formula.example.kz",
              owner="+A1", representative="@SUM, \"тырнақша\"; үтір", address="- бірінші жол\nекінші жол")
    for query in ({}, {"which": "standing"}, {"which": "left"}, {"q": "formula"}):
        entries = whole(body, "legal_representatives", limit=500, **query)
        answer = body.call("GET", "/v1/registers/legal_representatives/export.csv", params=query)
        rows = rows_of(answer)
        assert [r["number"] for r in rows] == [e["number"] for e in entries]
        exported = body.call("GET", "/v1/registers/legal_representatives/export.json", params=query)
        assert [e["values"] for e in exported.json()["entries"]] == [e["values"] for e in entries]
        assert exported.headers["Content-Disposition"] == 'attachment; filename="legal_representatives.json"'
    row = rows_of(body.call("GET", "/v1/registers/legal_representatives/export.csv?q=formula"))[0]
    assert row["platform_name"] == "'=HYPERLINK(\"http://evil\")" and row["owner"] == "'+A1"
    assert row["representative"] == "'@SUM, \"тырнақша\"; үтір" and row["address"] == "'- бірінші жол\nекінші жол"
    assert row["state"] == "entered" and row["left_at"] == "" and re.match(r"\d{4}-\d\d-\d\dT", row["entered_at"])


def test_lists_stand_in_one_cell(body):
    case = ordered(body)
    row = [r for r in rows_of(body.call("GET", "/v1/registers/restorations/export.csv")) if r["number"] == case["number"]][0]
    assert row["links"].split("\n") == RESTORATION["links"]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A register of a few thousand entries, more than a portion of the export."""
    service = Talap(tmp_path_factory.mktemp("large"), options=["--roles", ROLES]).init()
    service.start()
    service.r = Staff(service, "staff-r", "registrar")
    long_address = "Ұзақ мекенжай. " * 66

    def open_some(of):
        for i in range(of, 1600, 4):
            represent(service, platform_name=f"Платформа {i}", platform=f"https://n{i}.example.kz", address=long_address)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_some, range(4)))
    yield service
    service.stop()


def test_a_large_export_is_whole(large):
    answer = large.call("GET", "/v1/registers/legal_representatives/export.json")
    numbers = [e["number"] for e in answer.json()["entries"]]
    assert len(numbers) == len(set(numbers)) == 1600
    assert len(answer.content) > 8 * 256 * 1024  # several portions
    assert len(rows_of(large.call("GET", "/v1/registers/legal_representatives/export.csv"))) == 1600


def test_entries_of_a_hundred_long_addresses(tmp_path):
    """Five hundred of them would not fit into what an export may hold: it asks for fewer, and still sends them all."""
    service = Talap(tmp_path, options=["--roles", ROLES]).init()
    service.start()
    try:
        official = Staff(service, "staff-o", "official")
        links = [f"https://long.example.kz/{n:03}/" + "a" * 1900 for n in range(100)]
        for i in range(50):
            official.open("restricted_resource", resource=f"https://long.example.kz/{i}", links=links, prescription_number=str(i),
                          restriction_ground=ground(service), prescription_date="2026-01-10", restricted_on="2026-01-11")
        exported = service.call("GET", "/v1/registers/restricted_resources/export.json").json()["entries"]
        assert len({e["number"] for e in exported}) == len(exported) == 50
        assert all(e["values"]["links"] == links for e in exported)
        rows = rows_of(service.call("GET", "/v1/registers/restricted_resources/export.csv"))
        assert len(rows) == 50 and rows[0]["links"].split("\n") == links
        for lang in LANGS:
            page = service.call("GET", f"/{lang}/registers/restricted_resources")
            assert page.status_code == 200 and "+99" in page.text and len(page.text) < 100_000
    finally:
        service.stop()


def test_an_export_while_entries_are_made_and_leave(large):
    end = threading.Event()

    def work():
        while not end.is_set():
            case = represent(large, platform_name="Жаңа", platform="https://new.example.kz")
            large.r.act(case, "remove", reasons="Бірден шығарылды.")

    before = {e["number"] for e in whole(large, "legal_representatives", limit=500)}
    pool = ThreadPoolExecutor(1)
    worker = pool.submit(work)
    try:
        for _ in range(3):
            numbers = [e["number"] for e in large.call("GET", "/v1/registers/legal_representatives/export.json").json()["entries"]]
            assert len(numbers) == len(set(numbers)) and before <= set(numbers)
            rows = [r["number"] for r in rows_of(large.call("GET", "/v1/registers/legal_representatives/export.csv"))]
            assert len(rows) == len(set(rows)) and before <= set(rows)
    finally:
        end.set()
        worker.result()


def open_files(service):
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def test_a_reader_that_goes_away_leaves_nothing_behind(large):
    def begin_and_leave(kind):
        with socket.create_connection(("127.0.0.1", large.port), timeout=10) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(f"GET /v1/registers/legal_representatives/export.{kind} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
            # Reset, in the middle of what is being sent.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    begin_and_leave("csv")
    files = open_files(large)
    for i in range(40):
        begin_and_leave(("csv", "json")[i % 2])
    until(lambda: open_files(large) <= files + 2)
    # It serves on, and a new reader gets all of it. Leaks would be the sanitizer's report when it stops.
    assert len(large.call("GET", "/v1/registers/legal_representatives/export.json").json()["entries"]) >= 1600
    represent(large, platform_name="Кейін", platform="https://after.example.kz")


# --- Chains -----------------------------------------------------------------------------------------------------------


def test_a_chain_by_api_and_page(body):
    case = ordered(body)
    chain = body.h.get(f"/v1/cases/{case['id']}/chain").json()
    assert chain["cases"][0]["number"] == case["number"] and chain["cut"] is False
    assert {(k["to"], k["field"]) for k in chain["links"]} == {(case["number"], "restoration")}
    assert {k["from"] for k in chain["links"]} == {o["number"] for o in orders_of(body, case)}
    for lang in LANGS:
        page = body.h.get(f"/{lang}/case/{case['id']}/chain")
        assert page.status_code == 200
        for order in orders_of(body, case):
            assert f"/{lang}/case/{order['id']}" in page.text
        assert f"/{lang}/case/{case['id']}/chain" in body.h.get(f"/{lang}/case/{case['id']}").text
    alone = represent(body)
    for lang in LANGS:
        assert body.r.get(f"/{lang}/case/{alone['id']}/chain").status_code == 200


def test_chains_that_are_refused(body):
    case = ordered(body)
    nobody = "00000000-0000-7000-8000-000000000000"
    for path in (nobody, "x"):
        assert body.h.get(f"/v1/cases/{path}/chain").json()["code"] == "case_unknown"
        assert body.h.get(f"/en/case/{path}/chain").status_code == 404
    # A moderator has nothing to do with the authorised body's cases.
    assert body.m.get(f"/v1/cases/{case['id']}/chain").json()["code"] == "case_not_yours"
    assert body.m.get(f"/en/case/{case['id']}/chain").status_code == 403
    assert body.call("GET", f"/v1/cases/{case['id']}/chain").status_code == 401
    assert body.u.get(f"/en/case/{case['id']}/chain").status_code == 200


# --- Platforms and resources ------------------------------------------------------------------------------------------


def test_a_platform_without_a_representative(body):
    host = "big.example.kz"
    asked(body, "www." + host, users=100001)
    warned = {}
    for lang in LANGS:
        page = body.o.get(f"/{lang}/platforms/{host}")
        assert page.status_code == 200 and "12 шағым" in page.text
        assert "100\u00a0001" in page.text
        warned[lang] = "opl.9.1" in page.text
    assert all(warned.values())
    represent(body, platform=f"https://{host}", platform_name="Үлкен платформа")
    for lang in LANGS:
        page = body.o.get(f"/{lang}/platforms/{host}").text
        assert "Үлкен платформа" in page and 'class="note bad"' not in page


@pytest.mark.parametrize("users, warned", [(100000, False), (100001, True)])
def test_more_than_a_hundred_thousand(body, users, warned):
    host = f"u{users}.example.kz"
    asked(body, host, users=users)
    assert ('class="note bad"' in body.o.get(f"/en/platforms/{host}").text) == warned


def test_the_newest_figure_counts(body):
    host = "smaller.example.kz"
    asked(body, host, users=900000)
    time.sleep(1.1)
    asked(body, host, users=90)
    assert 'class="note bad"' not in body.o.get(f"/en/platforms/{host}").text


def test_platforms_are_listed_and_found(body):
    asked(body, "list-a.example.kz")
    represent(body, platform="http://www.list-b.example.kz:8080/path")
    for lang in LANGS:
        page = body.o.get(f"/{lang}/platforms").text
        assert f"/{lang}/platforms/list-a.example.kz" in page
        found = body.o.get(f"/{lang}/platforms", params={"q": "HTTPS://www.List-B.example.kz/x"}).text
        assert "list-b.example.kz" in found and "list-a.example.kz" not in found
        assert body.o.get(f"/{lang}/platforms?q=zzz").status_code == 200
    assert body.o.get("/en/platforms", params={"q": "a" * 201}).status_code == 422


def test_a_resource(body):
    case = ordered(body)
    restricted = body.o.open("restricted_resource", resource="https://news.example.kz", restriction_ground=ground(body),
                             prescription_number="5-1", prescription_date="2026-01-10", restricted_on="2026-01-11")
    for lang in LANGS:
        page = body.o.get(f"/{lang}/resources/news.example.kz")
        assert page.status_code == 200
        for number in (case["number"], restricted["number"], orders_of(body, case)[0]["number"]):
            assert number in page.text
        assert f"/{lang}/resources/news.example.kz" in body.o.get(f"/{lang}/resources").text


def test_who_may_see_platforms(body):
    asked(body, "seen.example.kz")
    for who, status in ((body.o, 200), (body.h, 200), (body.a, 200), (body.u, 200), (body.r, 200), (body.m, 403), (body.c, 403)):
        assert who.get("/en/platforms").status_code == status
        assert who.get("/en/platforms/seen.example.kz").status_code == status
    for path, code in (("platforms/none.example.kz", 404), ("resources/none.example.kz", 404),
                       ("platforms/%23" + "0" * 64, 404), ("resources/" + "x" * 400, 404),
                       ("platforms/seen.example.kz?cursor=%21", 400)):
        for lang in LANGS:
            assert body.o.get(f"/{lang}/{path}").status_code == code, path
    assert body.call("GET", "/en/platforms").status_code == 303


def test_an_export_of_very_different_entries(body):
    """Small entries and large ones: however many are read at a time, each comes once."""
    numbers = [represent(body, platform=f"https://e{i}.example.kz/", platform_name="Ш" * (1 if i < 70 else 150),
                         owner="Ә" * (1 if i < 70 else 150))["number"] for i in range(140)]
    exported = body.call("GET", "/v1/registers/legal_representatives/export.json").json()["entries"]
    listed = [e["number"] for e in exported]
    assert len(listed) == len(set(listed)) and set(numbers) <= set(listed)
    rows = list(csv.DictReader(io.StringIO(body.call("GET", "/v1/registers/legal_representatives/export.csv").text, newline="")))
    assert [r["number"] for r in rows] == listed
