"""What somebody with a number and a code may see, and nobody else."""
import urllib.parse

import pytest
import requests

from talap import COMPLAINT

GIF = b"GIF89a" + bytes(64)


def status(service, case, code=None):
    return service.call("GET", f"/v1/status/{urllib.parse.quote(case['number'])}", params={"code": code or case["access_code"]})


def visit(service, case):
    """A visitor who follows the case: session and the page's path."""
    path = f"/kk/follow/{urllib.parse.quote(case['number'])}"
    visitor = requests.Session()
    assert visitor.get(service.url + path, params={"code": case["access_code"]}).status_code == 200
    return visitor, path


def test_files_of_staff_are_shown_with_the_acts_that_are_told(shared):
    opened = shared.call("POST", "/v1/cases/complaint", data=COMPLAINT, files=[("attachments", ("own.gif", GIF))]).json()
    case = f"/v1/cases/{opened['id']}"
    assert shared.call("POST", case + "/acts/take", "moderator", data={}, files=[("attachments", ("inside.gif", GIF))]).status_code == 200
    seen = shared.call("GET", case, "moderator").json()["attachments"]
    assert [a["name"] for a in seen] == ["own.gif", "inside.gif"]
    assert [a["name"] for a in status(shared, opened).json()["attachments"]] == ["own.gif"]
    visitor, path = visit(shared, opened)
    page = visitor.get(shared.url + path).text
    assert "own.gif" in page and "inside.gif" not in page
    own, inside = (visitor.get(f"{shared.url}{path}/attachments/{a['id']}") for a in seen)
    assert own.status_code == 200 and own.content == GIF
    assert own.headers["Content-Type"] == "image/gif" and own.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in own.headers["Content-Security-Policy"] and own.headers["Cache-Control"] == "no-store"
    assert inside.status_code == 404
    answer = {"decision": "upheld", "reasons": "Тексерілді, парақша өшірілді, шағым дұрыс."}
    assert shared.call("POST", case + "/acts/answer", "moderator", data=answer, files=[("attachments", ("told.gif", GIF))]).status_code == 200
    assert [a["name"] for a in status(shared, opened).json()["attachments"]] == ["own.gif", "told.gif"]


def test_nothing_of_colleagues_is_shown(shared):
    opened = shared.complain()
    case = f"/v1/cases/{opened['id']}"
    account = shared.user("inkar", "moderator", name="Инкар Есімова")
    assert shared.call("POST", case + "/acts/note", "moderator", json={"text": "жасырын ескертпе"}).status_code == 200
    assert shared.call("POST", case + "/acts/assign", "moderator", json={"account": account}).status_code == 200
    visitor, path = visit(shared, opened)
    for shown in (status(shared, opened).text, visitor.get(shared.url + path).text):
        for word in ("жасырын", "Инкар", account, opened["id"], "case.noted", "case.assigned"):
            assert word not in shown, word


def test_another_case_is_not_opened_by_ones_own_code(shared):
    mine, other = shared.complain(), shared.call("POST", "/v1/cases/complaint", data=COMPLAINT,
                                                 files=[("attachments", ("own.gif", GIF))]).json()
    file = status(shared, other).json()["attachments"][0]["id"]
    visitor, path = visit(shared, mine)
    assert visitor.get(f"{shared.url}{path}/attachments/{file}").status_code == 404
    theirs = f"/kk/follow/{urllib.parse.quote(other['number'])}"
    assert visitor.get(f"{shared.url}{theirs}/attachments/{file}").status_code == 404
    wrong, unknown = status(shared, other, mine["access_code"]), status(shared, {"number": "Ш-1999-000001"}, mine["access_code"])
    assert wrong.status_code == unknown.status_code == 404 and wrong.json() == unknown.json()


@pytest.mark.parametrize("path", ["/kk/follow/{}?code=ABCD-EFGH-JKMN", "/kk/follow/{}", "/kk/receipt/{}", "/v1/status/{}?code=x"])
@pytest.mark.parametrize("number", ["A" * 64, "A" * 3000, "%D3%98" * 500], ids=["64", "3000", "500 letters of two bytes"])
def test_numbers_too_long_to_be_any(shared, path, number):
    answer = shared.call("GET", path.format(number))
    assert answer.status_code in (200, 303, 404), answer.status_code
    assert "talap_case" not in answer.headers.get("Set-Cookie", "")
    assert len(answer.headers.get("Location", "")) < 200
