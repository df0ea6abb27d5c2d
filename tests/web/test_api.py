"""The API as a client meets it: a complaint from its opening to its answer, lists, the law, the ledger, accounts."""
import base64
import datetime
import hashlib
import json
import re
import os
import threading
import time

import pytest

from talap import COMPLAINT, ROOT

PNG = b"\x89PNG\r\n\x1a\n" + bytes.fromhex(
    "0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
REASONS = "Тексердік: жарияланым ережеге қайшы келеді, сондықтан өшірілді."


def moderator(shared, method, path, **options):
    return shared.call(method, path, "moderator", **options)


def test_alive_without_a_store(shared):
    answer = shared.call("GET", "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_tells_what_it_runs(shared):
    answer = shared.call("GET", "/readyz").json()
    assert answer["status"] == "ready" and answer["store"] in ("sqlite", "postgres")
    assert re.fullmatch("[0-9a-f]{64}", answer["catalogue"])


def test_every_answer_has_the_security_headers(shared):
    for path in ("/healthz", "/nowhere", "/v1/cases", "/static/nothing.css"):
        headers = shared.call("GET", path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


def test_metrics_count_what_was_answered(shared):
    def figure(text, name):
        return sum(float(n) for n in re.findall(rf"^{re.escape(name)} ([0-9.]+)$", text, re.M))

    name = 'talap_http_requests_total{route="case_open",status="201"}'
    before = shared.call("GET", "/metrics").text
    shared.complain()
    after = shared.call("GET", "/metrics").text
    assert figure(after, name) == figure(before, name) + 1
    assert figure(after, "talap_ledger_size") == shared.ledger_size()
    assert figure(after, "process_resident_memory_bytes") > 1_000_000
    assert figure(after, "talap_store_up") == 1


def test_openapi_describes_every_api_route(shared):
    document = shared.call("GET", "/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    listed = json.loads(shared.command("routes", "--json").stdout)
    wanted = {(r["method"].lower(), r["path"]): r for r in listed if r["kind"] == "api"}
    found = {(m, p): o for p, operations in document["paths"].items() for m, o in operations.items()}
    assert set(wanted) == set(found)
    assert all(found[key]["x-talap-roles"] == route["roles"] for key, route in wanted.items())
    assert len({o["operationId"] for o in found.values()}) == len(found)
    named = re.findall(r'"\$ref": ?"#/components/(schemas|responses)/([^"]+)"', json.dumps(document))
    assert named
    for kind, name in named:
        assert name in document["components"][kind], name
    for (method, path), operation in found.items():
        inside = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert inside == set(re.findall(r"{(\w+)}", path)), path


def test_procedures_in_three_languages(shared):
    titles = set()
    for lang in ("kk", "ru", "en"):
        answer = shared.call("GET", f"/v1/procedures/complaint?lang={lang}").json()
        titles.add(answer["title"])
        schema = answer["fields"]
        assert schema["additionalProperties"] is False and "text" in schema["required"]
        assert [o["const"] for o in schema["properties"]["about"]["oneOf"]][0] == "content"
    assert len(titles) == 3
    by_header = shared.call("GET", "/v1/procedures/complaint", headers={"Accept-Language": "en;q=0.9, ru;q=0.5"}).json()
    assert by_header["title"] == "Complaint to the online platform"
    assert [p["name"] for p in shared.call("GET", "/v1/procedures").json()["procedures"]].count("complaint") == 1
    assert shared.call("GET", "/v1/procedures/nothing").json()["code"] == "procedure_unknown"


def test_a_clock_explains_itself(shared):
    question = {"norm": "opl.11.3", "from": "2026-04-09T10:00:00+05:00"}
    answer = shared.call("POST", "/v1/clock", json=question).json()
    assert answer["due_at"] == "2026-04-29T23:59:59+05:00"
    assert answer["overdue_at"] == "2026-04-30T00:00:00+05:00"
    assert answer["norm_version"] == "2023-09-10"
    days = answer["days"]
    assert days[0] == {"date": "2026-04-09", "counted": False, "counted_overdue": False, "why": days[0]["why"]}
    assert sum(d["counted"] for d in days) == 20
    by_link = shared.call("GET", "/v1/clock", params=question).json()
    assert by_link == answer


@pytest.mark.parametrize(
    "question, field, code",
    [
        ({"norm": "opl.11.3"}, "from", "required"),
        ({"norm": "opl.99.9", "from": "2026-04-09"}, "norm", "norm_unknown"),
        ({"norm": "opl.11.3", "from": "2020-01-01"}, "norm", "norm_not_in_force"),
        ({"norm": "opl.5.1", "from": "2026-04-09"}, "norm", "norm_without_clock"),
        ({"norm": "opl.11.3", "from": "2026-02-30"}, "from", "not_a_moment"),
        ({"norm": "opl.11.3", "from": "2026-04-09", "more": 1}, "more", "unknown_field"),
        ({"norm": 5, "from": "2026-04-09"}, "norm", "wrong_type"),
    ],
)
def test_a_clock_refuses(shared, question, field, code):
    answer = shared.call("POST", "/v1/clock", json=question)
    assert answer.status_code == 422
    assert (field, code) in {(e["field"], e["code"]) for e in answer.json()["errors"]}


def test_a_year_of_the_calendar(shared):
    answer = shared.call("GET", "/v1/calendar/2026?lang=en").json()
    assert answer["year"] == 2026 and 240 < answer["working_days"] < 255
    assert {"date": "2026-03-21", "why": "holiday"}.items() <= next(
        d for d in answer["days_off"] if d["date"] == "2026-03-21"
    ).items()
    for year in ("1999", "2199", "year", "-1", "2026x"):
        assert shared.call("GET", f"/v1/calendar/{year}").status_code == 404


def test_norms(shared):
    norms = shared.call("GET", "/v1/norms?who=platform&lang=ru").json()["norms"]
    assert any(n["id"] == "opl.11.3" and n["clock"]["amount"] == 20 for n in norms)
    assert all("platform" in n["who"] for n in norms)
    one = shared.call("GET", "/v1/norms/opl.11.3").json()
    assert one["versions"][0]["from"] == "2023-09-10"
    assert shared.call("GET", "/v1/norms/opl.0.0").json()["code"] == "norm_unknown"


def test_opening_answers_as_the_design_says(shared):
    answer = shared.call("POST", "/v1/cases/complaint", json=COMPLAINT)
    assert answer.status_code == 201
    case = answer.json()
    assert answer.headers["Location"] == "/v1/cases/" + case["id"] and answer.headers["ETag"] == '"1"'
    assert re.fullmatch(r"Ш-\d{4}-\d{6}", case["number"])
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", case["access_code"])
    assert case["state"] == "received" and case["opened_at"].endswith("+05:00")
    clock = case["clocks"][0]
    assert (clock["name"], clock["norm"], clock["state"]) == ("answer", "opl.11.3", "running")
    opened = datetime.datetime.fromisoformat(case["opened_at"])
    due = datetime.datetime.fromisoformat(clock["due_at"])
    assert due.date() - opened.date() == datetime.timedelta(days=20) and due.strftime("%H:%M:%S") == "23:59:59"
    explained = shared.call("GET", clock["explain_url"]).json()
    assert (explained["due_at"], explained["overdue_at"]) == (clock["due_at"], clock["overdue_at"])
    assert re.fullmatch("[0-9a-f]{64}", case["receipt"]["leaf_hash"])
    size = int(case["receipt"]["checkpoint"].split("\n")[1])
    assert size > case["receipt"]["leaf_index"]


def test_a_receipt_proves_itself(shared):
    leaf = shared.complain()["receipt"]["leaf_index"]
    shared.complain()
    receipt = shared.call("GET", "/v1/ledger/inclusion", params={"leaf": leaf})
    verdict = shared.call("POST", "/v1/ledger/verify", data=receipt.content, headers={"Content-Type": "application/json"})
    assert verdict.json()["valid"] is True and verdict.json()["kind"] == "case.opened"
    entry = shared.call("GET", f"/v1/ledger/entries/{leaf}").json()
    assert entry["leaf_hash"] == receipt.json()["leaf_hash"]
    assert set(entry) == {"leaf_index", "leaf_hash", "at", "kind"}
    forged = receipt.json()
    forged["leaf_hash"] = hashlib.sha256(b"another").hexdigest()
    verdict = shared.call("POST", "/v1/ledger/verify", json=forged).json()
    assert verdict["valid"] is False and verdict["code"]
    assert shared.call("POST", "/v1/ledger/verify", json={"receipt": 1}).json()["valid"] is False


def test_proofs_by_hand(shared):
    """RFC 9162 from the outside: the path leads from the leaf to the checkpoint's root, and old trees are prefixes."""
    first = shared.complain()["receipt"]["leaf_index"]
    old = shared.ledger_size()
    for _ in range(3):
        shared.complain()

    def node(left, right):
        return hashlib.sha256(b"\x01" + left + right).digest()

    receipt = shared.call("GET", f"/v1/ledger/inclusion?leaf={first}").json()
    index, last, here = first, receipt["tree_size"] - 1, bytes.fromhex(receipt["leaf_hash"])
    for sibling in map(bytes.fromhex, receipt["inclusion"]):
        if index % 2 or index == last:
            here = node(sibling, here)
            while not index % 2 and index:
                index, last = index >> 1, last >> 1
        else:
            here = node(here, sibling)
        index, last = index >> 1, last >> 1
    root = base64.b64decode(receipt["checkpoint"].split("\n")[2])
    assert here == root
    proof = shared.call("GET", f"/v1/ledger/consistency?from={old}").json()
    assert proof["from"] == old and proof["to"] == receipt["tree_size"] and proof["consistency"]
    sized = shared.call("GET", f"/v1/ledger/inclusion?leaf={first}&size={old}").json()
    assert sized["tree_size"] == old
    assert shared.call("GET", "/v1/ledger/key").text.startswith("talap")


@pytest.mark.parametrize(
    "path, status",
    [
        ("inclusion", 422),
        ("inclusion?leaf=-1", 422),
        ("inclusion?leaf=999999", 422),
        ("inclusion?leaf=0&size=0", 422),
        ("inclusion?leaf=0&size=999999", 422),
        ("inclusion?leaf=0&leaf=0", 422),
        ("consistency", 422),
        ("consistency?from=0", 422),
        ("consistency?from=2&to=1", 422),
        ("consistency?from=99999999999999999999", 422),
        ("entries/999999", 404),
        ("entries/x", 404),
        ("entries/-1", 404),
    ],
)
def test_proofs_that_cannot_be(shared, path, status):
    shared.complain()
    assert shared.call("GET", "/v1/ledger/" + path).status_code == status


def test_from_complaint_to_answer(shared):
    case = shared.complain(contact_name="Айгүл Серікқызы", contact_email="aigul@example.kz")
    path = "/v1/cases/" + case["id"]
    seen = moderator(shared, "GET", path)
    assert seen.headers["ETag"] == '"1"'
    view = seen.json()
    assert view["fields"]["contact_email"] == "aigul@example.kz" and view["fields"]["about"] == "content"
    assert {"take", "answer"} <= set(view["acts"])
    taken = moderator(shared, "POST", path + "/acts/take", headers={"If-Match": '"1"'})
    assert taken.status_code == 200 and taken.json()["state"] == "in_review"
    version = taken.json()["version"]
    assert taken.headers["ETag"] == f'"{version}"'
    noted = moderator(shared, "POST", path + "/acts/note", json={"text": "Заңгермен кеңесу керек."})
    assert noted.status_code == 200
    answered = moderator(shared, "POST", path + "/acts/answer", json={"decision": "upheld", "reasons": REASONS})
    assert answered.status_code == 200, answered.text
    done = answered.json()
    assert done["state"] == "answered" and done["closed_at"]
    assert done["clocks"][0]["state"] == "met"
    assert [p["name"] for p in done["papers"]] == ["receipt", "complaint_answer"]
    paper = moderator(shared, "GET", done["papers"][1]["url"])
    assert paper.status_code == 200 and paper.headers["Content-Type"] == "application/pdf", paper.text
    assert paper.content.startswith(b"%PDF-") and len(paper.content) > 5000
    assert moderator(shared, "GET", path + "/papers/complaint_answer.pdf").content == paper.content
    for wrong in ("nothing.pdf", "complaint_answer.pdf?leaf=0"):
        assert moderator(shared, "GET", path + "/papers/" + wrong).json()["code"] == "paper_unknown"
    events = moderator(shared, "GET", path + "/events").json()["events"]
    assert [e["kind"] for e in events][0] == "case.opened"
    assert {e.get("act") for e in events} >= {"take", "answer"}
    # The opener sees the answer, and neither the note nor who wrote it.
    status = shared.call("GET", f"/v1/status/{case['number']}", params={"code": case["access_code"].lower()})
    text = status.text
    assert status.status_code == 200 and REASONS in text
    assert "Заңгермен" not in text and "assignee" not in text and case["id"] not in text


def test_not_modified(shared):
    path = "/v1/cases/" + shared.complain()["id"]
    again = moderator(shared, "GET", path, headers={"If-None-Match": '"1"'})
    assert again.status_code == 304 and again.content == b""
    assert moderator(shared, "GET", path, headers={"If-None-Match": '"2"'}).status_code == 200


def test_clocks_with_their_days(shared):
    path = "/v1/cases/" + shared.complain()["id"]
    why = moderator(shared, "GET", path + "?why=true").json()["clocks"][0]["why"]
    assert sum(d["counted"] for d in why["days"]) == 20
    assert "why" not in moderator(shared, "GET", path).json()["clocks"][0]


def test_files_come_and_go(shared):
    files = [("attachments", ("сурет.png", PNG, "application/octet-stream"))]
    opened = shared.call("POST", "/v1/cases/complaint", data=COMPLAINT, files=files)
    assert opened.status_code == 201, opened.text
    view = moderator(shared, "GET", "/v1/cases/" + opened.json()["id"]).json()
    (attachment,) = view["attachments"]
    assert (attachment["name"], attachment["type"], attachment["size_bytes"]) == ("сурет.png", "image/png", len(PNG))
    content = moderator(shared, "GET", attachment["url"])
    assert content.content == PNG and content.headers["Content-Type"] == "image/png"
    assert content.headers["Content-Disposition"].startswith("attachment;")
    assert shared.call("GET", attachment["url"]).status_code == 401
    other = shared.complain()
    stolen = attachment["url"].replace(opened.json()["id"], other["id"])
    assert moderator(shared, "GET", stolen).status_code == 404


def test_lists_filter_sort_and_page(talap):
    opened = [talap.complain(text=f"Шағым нөмірі {i}: сурет ұрланған екен.")["id"] for i in range(7)]
    talap.call("POST", f"/v1/cases/{opened[2]}/acts/take", "moderator")

    def listed(**query):
        answer = talap.call("GET", "/v1/cases", "auditor", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert [c["id"] for c in listed(sort="oldest")["cases"]] == opened
    assert [c["id"] for c in listed(sort="newest")["cases"]] == opened[::-1]
    assert [c["id"] for c in listed(state="in_review")["cases"]] == [opened[2]]
    assert len(listed(procedure="complaint", open="true")["cases"]) == 7
    assert listed(open="false")["cases"] == [] and listed(overdue="true")["cases"] == []
    assert len(listed(role="platform")["cases"]) == 7 and listed(role="carrier")["cases"] == []
    assert listed(due_before="2024-01-01")["cases"] == []
    assert len(listed(unassigned="true", due_before="2100-01-01T00:00:00Z")["cases"]) == 7
    seen, cursor = [], None
    for _ in range(4):
        page = listed(sort="oldest", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [c["id"] for c in page["cases"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == opened and cursor is None


def test_a_repeated_post_gives_the_first_answer(talap):
    headers = {"Idempotency-Key": "шаг".encode().hex()}
    first = talap.call("POST", "/v1/cases/complaint", json=COMPLAINT, headers=headers)
    size = talap.ledger_size()
    second = talap.call("POST", "/v1/cases/complaint", json=COMPLAINT, headers=headers)
    assert second.status_code == 201
    for member in ("id", "number", "access_code", "state", "opened_at", "clocks"):
        assert first.json()[member] == second.json()[member]
    assert talap.ledger_size() == size
    other = talap.call("POST", "/v1/cases/complaint", json={**COMPLAINT, "text": "Басқа шағымның мәтіні."}, headers=headers)
    assert other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"
    assert talap.ledger_size() == size


def test_staff_may_date_back_and_the_public_may_not(shared):
    dated = {**COMPLAINT, "received_at": "2026-01-05T09:00:00+05:00"}
    opened = moderator(shared, "POST", "/v1/cases/complaint", json=dated)
    assert opened.status_code == 201 and opened.json()["opened_at"] == "2026-01-05T09:00:00+05:00"
    assert opened.json()["clocks"][0]["due_at"] == "2026-01-25T23:59:59+05:00"
    refused = shared.call("POST", "/v1/cases/complaint", json=dated)
    assert refused.status_code == 422 and refused.json()["errors"][0]["code"] == "unknown_field"
    later = moderator(shared, "POST", "/v1/cases/complaint", json={**dated, "received_at": "2999-01-01T00:00:00Z"})
    assert later.status_code == 422


def test_accounts_and_tokens(talap):
    def admin(method, path, **options):
        return talap.call(method, path, "admin", **options)

    account = {
        "login": "samal",
        "name": "Самал Ержанова",
        "email": "samal@example.kz",
        "password": "ұзын құпиясөз 2026 жыл",
        "roles": ["moderator"],
        "lang": "kk",
    }
    made = admin("POST", "/v1/accounts", json=account)
    assert made.status_code == 201, made.text
    path = "/v1/accounts/" + made.json()["id"]
    assert made.headers["Location"] == path
    assert "password" not in made.json() and made.json()["must_change_password"] is True
    assert admin("POST", "/v1/accounts", json=account).status_code == 409
    assert admin("GET", path).json()["login"] == "samal"
    keyed = {"headers": {"Idempotency-Key": "account-1"}, "json": {**account, "login": "samal2"}}
    twice = [admin("POST", "/v1/accounts", **keyed) for _ in range(2)]
    assert [t.status_code for t in twice] == [201, 201] and twice[0].json() == twice[1].json()
    keyed["json"]["name"] = "Басқа"
    assert admin("POST", "/v1/accounts", **keyed).json()["code"] == "idempotency_key_reused"
    changed = admin("PUT", path, json={"name": "Самал Е.", "roles": ["moderator", "registrar"]})
    assert changed.status_code == 200 and changed.json()["roles"] == ["moderator", "registrar"]
    assert changed.json()["name"] == "Самал Е." and changed.json()["email"] == "samal@example.kz"
    for wrong, field in (
        ({"password": "short"}, "password"),
        ({"password": 5}, "password"),
        ({"roles": ["king"]}, "roles"),
        ({"email": "nobody"}, "email"),
        ({"login": "x"}, "login"),
    ):
        answer = admin("PUT", path, json=wrong)
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field, wrong

    token = {"account": made.json()["id"], "name": "біріктіру", "roles": ["registrar"]}
    secret = admin("POST", "/v1/tokens", json=token)
    assert secret.status_code == 201 and secret.json()["secret"].startswith("talap_")
    keyed = {"headers": {"Idempotency-Key": "token-1"}, "json": token}
    assert admin("POST", "/v1/tokens", **keyed).status_code == 201
    assert admin("POST", "/v1/tokens", **keyed).json()["code"] == "token_made_before"
    headers = {"Authorization": "Bearer " + secret.json()["secret"]}
    admin("PUT", path, json={"password": "тағы бір ұзын құпиясөз"})
    listed = admin("GET", "/v1/tokens").text
    assert secret.json()["id"] in listed and secret.json()["secret"] not in listed
    assert talap.call("GET", "/v1/cases", headers=headers).status_code in (200, 403)
    gone = admin("DELETE", "/v1/tokens/" + secret.json()["id"])
    assert gone.status_code == 204 and gone.content == b""
    assert talap.call("GET", "/v1/cases", headers=headers).json()["code"] == "token_refused"
    more = {**token, "roles": ["admin"]}
    assert admin("POST", "/v1/tokens", json=more).status_code in (403, 422)
    late = {**token, "expires_at": "2020-01-01"}
    assert admin("POST", "/v1/tokens", json=late).status_code == 422


def test_a_stopping_server_ends_what_it_began(talap):
    """Requests in flight when it is told to stop are answered; what is acknowledged is there afterwards."""
    numbers, end = [], threading.Event()

    def complain():
        while not end.is_set():
            try:
                answer = talap.call("POST", "/v1/cases/complaint", json=COMPLAINT)
            except Exception:  # noqa: BLE001 - the server is gone
                return
            if answer.status_code == 201:
                numbers.append(answer.json()["number"])

    workers = [threading.Thread(target=complain) for _ in range(4)]
    for worker in workers:
        worker.start()
    time.sleep(0.7)
    talap.stop()
    end.set()
    for worker in workers:
        worker.join()
    assert numbers and len(set(numbers)) == len(numbers)
    talap.start()
    known, cursor = set(), None
    while True:
        query = {"limit": 500, **({"cursor": cursor} if cursor else {})}
        page = talap.call("GET", "/v1/cases", "auditor", params=query).json()
        known |= {c["number"] for c in page["cases"]}
        cursor = page["cursor"]
        if cursor is None:
            break
    assert set(numbers) <= known


def test_static_files(shared):
    for name in os.listdir(os.path.join(ROOT, "static")):
        plain = shared.call("GET", "/static/" + name)
        assert plain.status_code == 200 and plain.headers["Cache-Control"] == "public, no-cache"
        with open(os.path.join(ROOT, "static", name), "rb") as file:
            assert plain.content == file.read()
        digest = hashlib.sha256(plain.content).hexdigest()[:8]
        hashed = shared.call("GET", "/static/{}.{}{}".format(os.path.splitext(name)[0], digest, os.path.splitext(name)[1]))
        assert "immutable" in hashed.headers["Cache-Control"] and hashed.content == plain.content
        known = shared.call("GET", "/static/" + name, headers={"If-None-Match": plain.headers["ETag"]})
        assert known.status_code == 304 and known.content == b""
    style = shared.call("GET", "/static/style.css")
    assert style.headers["Content-Type"].startswith("text/css")
    assert shared.call("GET", "/static/none.css").status_code == 404
