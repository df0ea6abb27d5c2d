"""The yearly report: page, PDF, CSV, JSON and command line say the same figures, words come and go, and who asks for
what is not there, or not theirs, is told so."""
import csv
import io
import re
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from body import ROLES, Staff
from talap import Talap

LANGS = ["kk", "ru", "en"]
YEAR = time.gmtime(time.time() + 5 * 3600).tm_year
REPORT = f"/reports/transparency/{YEAR}"
MODERATION = {"content_type": "text", "content_language": "kk", "found_by": "automatic", "found_how": "Мәтін сүзгісі",
              "reasons": "Жазба тексерілді, құқыққа қайшы деп танылды."}
WORDS = {"year": YEAR, "risks": "Жалған ақпарат тез таралады.\nЕкінші жол <b>.",
         "measures": "=1+1, модераторлар саны артты."}


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    """An organisation that is a platform and a body at once, with a few cases."""
    service = Talap(tmp_path_factory.mktemp("report"), options=["--roles", ROLES]).init()
    service.start()
    for login, roles in (("m", "moderator"), ("r", "registrar"), ("o", "official"), ("c", "carrier"), ("u", "auditor")):
        setattr(service, login, Staff(service, "staff-" + login, roles))
    service.complaints = [service.complain(text=f"Менің суретімді рұқсатсыз жариялаған, {i}-парақша.") for i in range(42)]
    service.complain(about="user")
    service.m.act(service.complaints[0], "answer", decision="upheld", reasons="Тексерілді, жазба өшірілді.")
    for i in range(3):
        service.m.open("moderation", **MODERATION, content_url=f"https://alan.example.kz/{i}", ground="law",
                       category="fraud", measure="removed", decided_by="automatic" if i else "person")
    service.m.open("moderation", **MODERATION, content_url="https://alan.example.kz/9", ground="rule", rule="4.2",
                   measure="hidden", decided_by="person")
    yield service
    service.stop()


def figures(service, year=YEAR, **query):
    answer = service.call("GET", f"/v1/reports/transparency/{year}", params=query)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    return report, {f["figure"]: f for s in report["sections"] for f in s["figures"]}


def words_of(pdf):
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    return " ".join(text.decode().split())


def shown(page, figure):
    """The numbers of a page that lead to the cases of a figure: {(row, column): number}."""
    found = {}
    for query, number in re.findall(r'/cases\?figure=' + figure + r'((?:&amp;\w+=\d+)*)">([\d\u00a0]+)</a>', page):
        at = dict(re.findall(r"&amp;(\w+)=(\d+)", query))
        found[at.get("row"), at.get("column")] = int(number.replace("\u00a0", ""))
    return found


# --- Figures ----------------------------------------------------------------------------------------------------------


def test_the_same_figures_everywhere(body):
    report, by_id = figures(body, lang="en")
    assert report["year"] == YEAR and report["complete"] is False
    removed = by_id["removed_by_category"]
    assert removed["total"] == 3
    assert sorted((c["category"], c["decided_by"], c["count"]) for c in removed["cells"]) == [
        ("fraud", "automatic", 2), ("fraud", "person", 1)]
    assert by_id["complaint_times"]["times"] == {"stopped": 1, "in_time": 1, "late": 0, "became_overdue": 0,
                                                 "median_minutes": 0, "p95_minutes": 0}
    assert by_id["request_times"]["times"]["median_minutes"] is None and by_id["complaints"]["times"] is None

    for path in (f"/v1{REPORT}/figures.csv?lang=en", f"/en{REPORT}.csv"):
        answer = body.call("GET", path)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        totals = {r["figure"]: int(r["count"]) for r in rows if r["measure"] == "total"}
        assert totals == {name: f["total"] for name, f in by_id.items()}
        cells = [int(r["count"]) for r in rows if r["measure"] == "count" and r["figure"] == "removed_by_category"]
        assert sorted(cells) == [1, 2]

    line = body.command("report", str(YEAR), "--json", "--check", extra=["--lang", "en"])
    assert "yes" in line.stderr
    by_command = re.sub(r'"(events|end_leaf)":\d+', "", line.stdout.strip())
    assert by_command == re.sub(r'"(events|end_leaf)":\d+', "", body.call("GET", f"/v1{REPORT}?lang=en").text)


@pytest.mark.parametrize("lang", LANGS)
def test_page_and_paper(body, lang):
    _, by_id = figures(body)
    page = body.m.get(f"/{lang}{REPORT}")
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    complaints = shown(page.text, "complaints")
    assert complaints[None, None] == by_id["complaints"]["total"]
    assert complaints["0", "0"] + complaints["2", "0"] == by_id["complaints"]["total"]
    public = body.call("GET", f"/{lang}{REPORT}")
    assert public.status_code == 200 and "/cases?" not in public.text
    for name in ("pdf", "csv"):
        assert f'href="/{lang}{REPORT}.{name}"' in public.text
    paper = body.call("GET", f"/{lang}{REPORT}.pdf")
    assert paper.headers["Content-Type"] == "application/pdf" and paper.content[:5] == b"%PDF-"
    title = re.search(r"<h1>(.*?)</h1>", public.text).group(1)
    said = words_of(paper.content)
    assert title in said and re.search(r"\b3\b", said)


def test_every_number_leads_to_as_many_cases(body):
    page = body.m.get(f"/en{REPORT}").text
    seen = 0
    for figure in ("complaints", "removed_by_category", "decisions_by_ground", "complaint_decisions", "complaint_times"):
        for (row, column), count in shown(page, figure).items():
            path = f"/en{REPORT}/cases?figure={figure}" + (f"&row={row}" if row else "") + (f"&column={column}" if column else "")
            numbers = []
            while path:
                answer = body.m.get(path)
                assert answer.status_code == 200, path
                numbers += re.findall(r'href="/en/case/[^"]+">([^<]+)</a></th>', answer.text)
                more = re.search(r'class="button plain slim" href="([^"]+/cases\?[^"]+)"', answer.text)
                path = more.group(1).replace("&amp;", "&") if more else None
            assert len(numbers) == count == len(set(numbers)), (figure, row, column)
            seen += 1
    assert seen > 10


def test_who_sees_the_cases(body):
    path = f"/kk{REPORT}/cases?figure=complaints"
    assert body.call("GET", path).status_code == 303
    assert body.m.get(path).status_code == 200 and body.u.get(path).status_code == 200
    for who in (body.o, body.c):
        assert who.get(path).status_code == 403
        assert "/cases?" not in who.get(f"/kk{REPORT}").text


# --- What is not there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", ["1999", "2200", "20x6", "026", "02026", "-2026", "2026x", "%20", "99999999999999999999"])
def test_what_is_no_year(body, year):
    assert body.call("GET", f"/v1/reports/transparency/{year}").status_code == 404
    assert body.call("GET", f"/v1/reports/transparency/{year}/figures.csv").status_code == 404
    for lang in LANGS:
        for path in (f"{year}", f"{year}.pdf", f"{year}.csv"):
            page = body.call("GET", f"/{lang}/reports/transparency/{path}")
            assert page.status_code == 404 and f'lang="{lang}"' in page.text
        assert body.m.get(f"/{lang}/reports/transparency/{year}/cases?figure=complaints").status_code == 404


@pytest.mark.parametrize("query", ["", "?figure=", "?figure=nothing", "?figure=complaints&row=9999", "?figure=complaints&row=-1",
                                   "?figure=complaints&column=4", "?figure=complaints&row=", "?figure=complaints&row=0x1",
                                   "?figure=complaint_times&row=0", "?figure=decisions_reversed&row=0",
                                   "?figure=complaints&from=-1", "?figure=complaints&from=99999999999999999",
                                   "?figure=complaints%27--", "?figure=" + "x" * 5000])
def test_what_is_no_figure(body, query):
    assert body.m.get(f"/kk{REPORT}/cases{query}").status_code == 404


def test_what_is_no_report(body):
    for path in ("/v1/reports/nothing/2026", "/v1/reports/nothing/2026/figures.csv"):
        assert body.call("GET", path).json()["code"] == "not_found"
    assert body.call("GET", "/kk/reports/nothing/2026").status_code == 404
    assert body.call("GET", "/kk/reports/transparency/2026.xml").status_code == 404
    assert body.call("GET", f"/v1{REPORT}", params={"x": "1"}).json()["errors"][0]["code"] == "unknown_field"


def test_past_the_end_there_are_no_cases(body):
    page = body.m.get(f"/en{REPORT}/cases?figure=complaints&from=999999999999999")
    assert page.status_code == 200 and "/en/case/" not in page.text and "no such cases" in page.text


@pytest.mark.parametrize("year", [2000, 2024, YEAR - 1, YEAR + 1, 2199])
def test_a_year_without_entries(body, year):
    report, by_id = figures(body, year)
    assert report["events"] == 0 and report["words"] is None and report["complete"] is (year < YEAR)
    assert all(f["total"] == 0 and f["cells"] == [] for f in by_id.values())
    for lang, words in zip(LANGS, ("бірде-бір жазба жасалмаған", "нет ни одной записи", "not one entry of this year")):
        page = body.call("GET", f"/{lang}/reports/transparency/{year}")
        assert page.status_code == 200 and words in page.text
        assert words in words_of(body.call("GET", f"/{lang}/reports/transparency/{year}.pdf").content)
    assert "/en/case/" not in body.m.get(f"/en/reports/transparency/{year}/cases?figure=complaints").text
    assert body.command("report", str(year), "--check").stdout


def test_the_list(body):
    assert body.call("GET", "/v1/reports").json()["reports"][0]["years"] == [YEAR]
    for lang in LANGS:
        page = body.call("GET", f"/{lang}/reports")
        assert f'href="/{lang}{REPORT}"' in page.text
        assert f"/{lang}/reports" in body.call("GET", f"/{lang}/").text


def test_whoever_is_no_platform_reports_nothing(tmp_path):
    service = Talap(tmp_path, options=["--roles", "carrier"]).init()
    service.start()
    try:
        assert service.call("GET", "/v1/reports").json() == {"reports": []}
        for lang in LANGS:
            page = service.call("GET", f"/{lang}/reports")
            assert page.status_code == 200 and "/reports/" not in page.text
    finally:
        service.stop()


# --- Words ------------------------------------------------------------------------------------------------------------


def test_words_published_withdrawn_and_corrected(body):
    def words():
        return figures(body)[0]["words"]

    assert words() is None
    assert body.m.session.post(body.url + "/v1/cases/annual_report", json=WORDS, timeout=60,
                               headers={"X-CSRF-Token": body.m.csrf}).status_code == 403
    case = body.r.open("annual_report", **WORDS)
    assert words() is None
    body.r.act(case, "correct", measures="Түзетілген шаралар тізімі.")
    body.r.act(case, "publish")
    # At once, though the figures are remembered.
    assert words() == {"case": case["number"], "risks": WORDS["risks"], "measures": "Түзетілген шаралар тізімі."}
    page = body.call("GET", f"/kk{REPORT}").text
    assert "Екінші жол &lt;b&gt;." in page and "Түзетілген шаралар тізімі." in page
    assert "Екінші жол <b>." in words_of(body.call("GET", f"/kk{REPORT}.pdf").content)
    body.r.act(case, "withdraw", reasons="Сан қате берілген.")
    assert words() is None and "Екінші жол" not in body.call("GET", f"/kk{REPORT}").text
    again = body.r.open("annual_report", **WORDS)
    body.r.act(again, "publish")
    assert words()["case"] == again["number"] and words()["measures"] == WORDS["measures"]
    # Of another year's report nothing is shown.
    other = body.r.open("annual_report", **{**WORDS, "year": 2023, "risks": "Бұл алғашқы жылдың тәуекелдері туралы."})
    body.r.act(other, "publish")
    assert words()["case"] == again["number"]
    assert figures(body, 2023)[0]["words"]["case"] == other["number"]


# --- Many at once, and the command line --------------------------------------------------------------------------------


def test_many_readers_and_many_years_keep_nobody_out(tmp_path):
    service = Talap(tmp_path).init()
    service.start()
    try:
        for i in range(5):
            service.complain()
        paths = [f"/v1/reports/transparency/{year}" for year in range(2000, 2200)] + [f"/v1{REPORT}"] * 60
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda path: service.call("GET", path), paths))
            healthy = service.call("GET", "/healthz")
        assert healthy.status_code == 200
        assert {a.status_code for a in answers} <= {200, 503}
        for answer in answers:
            if answer.status_code == 503:
                assert answer.json()["code"] == "server_busy" and answer.headers["Retry-After"]
        same = {re.sub(r"\s", "", a.text) for a, path in zip(answers, paths) if path == f"/v1{REPORT}" and a.status_code == 200}
        assert len(same) == 1
    finally:
        service.stop()


def test_the_command(body, tmp_path):
    year = str(YEAR)
    assert body.command("report", year).stdout.strip().startswith("Annual report")
    assert "complaints" in body.command("report", year, "--csv").stdout
    for lang in LANGS:
        path = tmp_path / f"{lang}.pdf"
        body.command("report", year, "--pdf", str(path), extra=["--lang", lang])
        assert re.search(rf"\b{year}\b", words_of(path.read_bytes()))
    taken = body.command("report", year, "--pdf", str(tmp_path / "kk.pdf"), check=False)
    assert taken.returncode != 0 and "kk.pdf" in taken.stderr
    for words in (["1999"], ["2200"], ["x"], [], [year, year], [year, "--csv", "--json"]):
        assert body.command("report", *words, check=False).returncode != 0, words


def test_the_check_finds_what_was_changed(tmp_path):
    service = Talap(tmp_path).init()
    service.start()
    service.complain()
    service.stop()
    service.command("report", str(YEAR), "--check")
    with sqlite3.connect(service.store) as store:
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            store.execute(f'DROP TRIGGER "{name}"')
        changed = store.execute("UPDATE event SET body = replace(body, '\"about\":\"content\"', '\"about\":\"user\"')").rowcount
    assert changed > 0
    refused = service.command("report", str(YEAR), "--check", check=False)
    assert refused.returncode != 0 and refused.stderr


def test_openapi_describes_the_report(body):
    document = body.call("GET", "/openapi.json").json()
    for path, schema in (("/v1/reports", "report_list"), ("/v1/reports/{report}/{year}", "report")):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        assert content["schema"]["$ref"].endswith("/" + schema)
    assert "text/csv" in document["paths"]["/v1/reports/{report}/{year}/figures.csv"]["get"]["responses"]["200"]["content"]
    report, by_id = figures(body)
    schemas = document["components"]["schemas"]
    for schema, value in ((schemas["report"], report), (schemas["report_figure"], by_id["complaint_times"])):
        assert set(schema["required"]) == set(value) == set(schema["properties"])
