"""A request of the authorised body for users per day, answered with one button: the table that an effect gives, on the page,
in the API and on the paper. Closed days are put into the store as rows; their leaves are entries of the ledger that are there."""
import datetime
import re
import sqlite3
import subprocess

import pytest
import requests

from talap import PASSWORD, Talap

EPOCH = datetime.date(1970, 1, 1)
TODAY = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5)).date()
FIRST, LAST = TODAY - datetime.timedelta(days=40), TODAY - datetime.timedelta(days=1)
NOT_COUNTED = TODAY - datetime.timedelta(days=5)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    talap = Talap(tmp_path_factory.mktemp("figures")).init()
    talap.user("reg", "registrar")
    with sqlite3.connect(talap.store, timeout=30) as db:
        for back in range(1, 41):
            day = TODAY - datetime.timedelta(days=back)
            db.execute("INSERT INTO audience_figure (period, number, service, version, users, leaf) VALUES ('day', ?, 0, 1, ?, ?)",
                       ((day - EPOCH).days, -1 if day == NOT_COUNTED else 100000 + back, back % 2))
    talap.start()
    yield talap
    talap.stop()


def ask(service, first, last):
    values = {"request_number": "12-3/1", "request_date": str(LAST), "kind": "users_per_day", "period_from": str(first),
              "period_until": str(last), "text": "Тәуліктік пайдаланушылар саны сұралады."}
    answer = service.call("POST", "/v1/cases/request_received", "registrar", json=values)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def act(service, case, **values):
    return service.call("POST", f"/v1/cases/{case}/acts/answer_with_figures", "registrar", json=values)


def test_the_table_in_the_api_and_on_the_paper(service):
    case = ask(service, FIRST, LAST)
    assert act(service, case).status_code == 200
    events = service.call("GET", f"/v1/cases/{case}/events", "registrar").json()["events"]
    rows = [e for e in events if e.get("act") == "answer_with_figures"][0]["fields"]["figures"]
    assert len(rows) == 40 and rows[0] == {"day": str(FIRST), "users": 100040, "leaf": 0}
    assert [r for r in rows if r["users"] is None] == [{"day": str(NOT_COUNTED), "users": None, "leaf": 1}]
    paper = service.call("GET", f"/v1/cases/{case}/papers/request_figures.pdf", "registrar")
    assert paper.status_code == 200 and paper.content.startswith(b"%PDF")
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=paper.content, capture_output=True, check=True).stdout.decode()
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    assert any(line.endswith("100 040 0") for line in lines), text
    assert any(line.endswith("— 1") for line in lines), text
    assert sum(bool(re.search(r" 100 0\d\d [01]$", line)) for line in lines) >= 39


def test_what_the_effect_gives_is_not_asked_for(service):
    case = ask(service, FIRST, LAST)
    refused = act(service, case, figures=[{"day": "2026-01-01", "users": 1, "leaf": 1}])
    assert refused.status_code in (400, 422), refused.text
    refused = act(service, case, figures=["2026-01-01\t1\t1"])
    assert refused.json()["errors"][0]["code"] == "unknown_field"
    schema = service.call("GET", "/v1/procedures/request_received", "registrar").json()
    shown = [a for a in schema["acts"] if (a.get("name") or a.get("id")) == "answer_with_figures"][0]
    assert "figures" not in str(shown.get("fields") or shown.get("schema"))


def test_the_page_has_one_button_and_then_the_table(service):
    case = ask(service, LAST - datetime.timedelta(days=2), LAST)
    session = requests.Session()
    page = session.get(service.url + "/kk/sign-in").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page).group(1)
    session.post(service.url + "/kk/sign-in", data={"login": "reg", "password": PASSWORD, "csrf": csrf}, allow_redirects=False)
    page = session.get(f"{service.url}/kk/case/{case}").text
    assert "answer_with_figures" in page and 'name="figures"' not in page
    csrf = re.search(r'name="csrf" value="([^"]+)"', page).group(1)
    version = re.search(r'name="version" value="(\d+)"', page).group(1)
    done = session.post(f"{service.url}/kk/case/{case}/acts/answer_with_figures", data={"csrf": csrf, "version": version},
                        allow_redirects=False)
    assert done.status_code == 303, done.text
    page = session.get(f"{service.url}/kk/case/{case}").text
    assert re.search(r"<td class=\"num\">100003</td>|<td class=\"num\">100\D003</td>", page), page[-3000:]
    assert "<th scope=\"col\"" in page


def test_what_bars_it_is_said_beforehand(service):
    case = ask(service, FIRST - datetime.timedelta(days=1), LAST)
    refused = act(service, case)
    assert refused.status_code == 409 and refused.json()["code"] == "days_not_counted"
    assert str(FIRST) in refused.json()["detail"]
    shown = service.call("GET", f"/v1/cases/{case}", "registrar").json()
    assert [b["code"] for b in shown["barred"] if b["act"] == "answer_with_figures"] == ["days_not_counted"]
    case = ask(service, FIRST, TODAY)
    assert act(service, case).json()["code"] == "days_not_closed"
