"""Consents by file: sent and followed, kill -9 in the middle, many bad rows, several at once, on both engines; taken out
again as CSV and as records that a JSON-LD processor reads."""
import csv
import io
import json
import os
import re
import subprocess
import threading
import time

import pytest
import requests

from talap import PASSWORD, ROOT, Talap, until
from test_postgres import Database

HEAD = ("person_id,email,full_name,purpose,categories,third_persons,cross_border,publication,way,text,text_hash,"
        "text_language,text_version,operator_name,operator_bin,until\n")
TITLES = {"kk": "Жеткізу", "ru": "Доставка", "en": "Delivery"}
TEXT = "Мен келісемін."


def row(n, email="", purpose="delivery", text=TEXT, text_hash="", until_day="", name="Айгерім"):
    return (f"client-{n},{email},{name} {n},{purpose},name email,yes,no,no,electronic,{text},{text_hash},kk,1,"
            f"Сауда,990140004654,{until_day}\n")


def registers(service):
    for kind, name, entry in (
            ("recipient", "post", {"title": TITLES, "country": "KZ"}),
            ("purpose", "delivery", {"title": TITLES, "norm": "contract", "basis": "consent", "recipients": ["post"],
                                     "categories": ["name", "email", "phone"],
                                     "retention": {"amount": 3, "unit": "year", "after": "ended"}})):
        answer = service.call("PUT", f"/v1/processing/{kind}/{name}", "responsible", json=entry)
        assert answer.status_code in (200, 201), answer.text


@pytest.fixture
def talap(tmp_path):
    service = Talap(tmp_path).init().start()
    registers(service)
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
    registers(service)
    yield service
    service.stop()
    if database:
        database.drop()


def send(service, text, kind="text/csv", **params):
    return service.call("POST", "/v1/consents/imports", "responsible", data=text.encode(), params=params,
                        headers={"Content-Type": kind})


def progress(service, made):
    return service.call("GET", f"/v1/consents/imports/{made['id']}", "responsible").json()


def finished(service, made, seconds=240):
    until(lambda: progress(service, made)["state"] == "done", seconds)
    return progress(service, made)


def taken_out(service):
    answer = service.call("GET", "/v1/consents/export.csv", "responsible")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_sent_followed_and_known_again(either):
    text = HEAD + row(1) + row(2, email="nobody") + row(3, purpose="unknown") + row(4, text="") + row(5, email="a@example.kz")
    answer = send(either, text, name="consents.csv")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["name"] == "consents.csv" and answer.headers["Location"].endswith(made["id"])
    done = finished(either, made)
    assert (done["taken"], done["refused"], done["position_bytes"]) == (2, 3, len(text.encode()))
    refusals = either.call("GET", done["refusals_url"], "responsible", headers={"Accept-Language": "ru"})
    lines = list(csv.DictReader(io.StringIO(refusals.text)))
    assert [(r["line"], r["field"], r["code"]) for r in lines] == [
        ("3", "email", "not_an_email"), ("4", "purpose", "purpose_unknown"), ("5", "text", "text_missing")]
    assert all(re.search("[а-я]", r["message"]) for r in lines)
    again = send(either, text)
    assert again.status_code == 200 and again.json()["id"] == made["id"] and again.json()["state"] == "done"
    assert len(taken_out(either)) == 2
    either.command("verify")


def test_the_example_of_the_documents_is_taken(talap):
    talap.user("admin-1", "admin")
    session = sign_in(talap, "admin-1")
    page = session.get(talap.url + "/en/settings/organisation").text
    form = {"csrf": re.search(r'name="csrf" value="([0-9a-f]{64})"', page)[1], "bin": "990140004654"}
    for lang in ("kk", "ru", "en"):
        form["name_" + lang] = "Сауда"
        form["address_" + lang] = "Астана"
    answer = session.post(talap.url + "/en/settings/organisation", data=form, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    with open(os.path.join(ROOT, "docs/examples/consents.csv"), encoding="utf-8") as file:
        text = file.read()
    assert finished(talap, send(talap, text).json())["taken"] == 3
    with open(os.path.join(ROOT, "docs/consents.md"), encoding="utf-8") as file:
        told = set(re.findall(r"`([a-z_]+)`", file.read().split("| column |")[1].split("## Taking out")[0]))
    assert set(text.split("\n")[0].split(",")) <= told


def test_what_is_no_file_of_consents(talap):
    for body, code, field in (("name;phone\nx;1\n", "import_head", ""), ("\n", "import_empty", None)):
        answer = send(talap, body)
        assert answer.status_code == 422 and answer.json()["code"] == code, answer.text
        assert field is None or answer.json()["errors"]
    # What stood in the head is repeated nowhere.
    answer = send(talap, "aigerim@example.kz,Aigerim\n")
    assert answer.status_code == 422 and "igerim" not in answer.text
    assert send(talap, HEAD, kind="application/json").status_code == 415
    assert talap.call("GET", "/v1/consents/imports/none", "responsible").json()["code"] == "import_unknown"
    assert talap.call("GET", "/v1/consents/imports", "responsible").json()["imports"] == []
    assert talap.call("POST", "/v1/consents/imports", "auditor", data=HEAD, headers={"Content-Type": "text/csv"}).status_code == 403
    assert talap.call("GET", "/v1/consents/export.csv", "moderator").status_code == 403


def test_larger_than_the_setting(tmp_path):
    service = Talap(tmp_path, options=["--import-max", "1"]).init().start()
    try:
        registers(service)
        text = HEAD + "".join(row(n) for n in range(12000))
        assert len(text.encode()) > 1 << 20
        answer = send(service, text)
        assert answer.status_code == 413 and answer.json()["code"] == "body_too_large"
        assert service.call("GET", "/v1/consents/imports", "responsible").json()["imports"] == []
    finally:
        service.stop()


def test_texts_by_hash(talap):
    first = finished(talap, send(talap, HEAD + row(1)).json())
    assert first["taken"] == 1
    known = taken_out(talap)[0]
    assert known["text"] == TEXT and len(known["text_hash"]) == 64
    second = finished(talap, send(talap, HEAD + row(2, text="", text_hash=known["text_hash"]) +
                                  row(3, text="", text_hash="0" * 64) +
                                  row(4, text="other", text_hash=known["text_hash"])).json())
    assert (second["taken"], second["refused"]) == (1, 2)
    rows = taken_out(talap)
    # Whole where it first stands, by its hash after that.
    assert [r["text"] for r in rows] == [TEXT, ""] and rows[0]["text_hash"] == rows[1]["text_hash"]


def test_killed_in_the_middle(either):
    count = 4000
    made = send(either, HEAD + "".join(row(n) for n in range(count))).json()
    until(lambda: progress(either, made)["taken"] > 0, 60)
    either.kill()
    either.start()
    standing = progress(either, made)
    assert standing["state"] in ("running", "done")
    done = finished(either, made)
    assert (done["taken"], done["refused"]) == (count, 0)
    rows = taken_out(either)
    assert sorted(r["person_id"] for r in rows) == sorted(f"client-{n}" for n in range(count))
    either.command("verify")


def test_the_command_line_goes_on_where_it_was_killed(talap, tmp_path):
    count = 6000
    path = tmp_path / "consents.csv"
    path.write_text(HEAD + "".join(row(n) for n in range(count)) + row(0, email="nobody"), encoding="utf-8")
    words = [talap.binary, "consent", "import", str(path), "--store", talap.store, "--var", talap.var]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: any(i["taken"] > 0 for i in talap.call("GET", "/v1/consents/imports", "auditor").json()["imports"]), 60)
    process.kill()
    process.wait(30)
    done = talap.command("consent", "import", str(path))
    assert f"{count} taken, 1 refused" in done.stderr
    assert list(csv.DictReader(io.StringIO(done.stdout)))[0]["code"] == "not_an_email"
    again = talap.command("consent", "import", str(path))
    assert "read in before" in again.stderr
    assert len(taken_out(talap)) == count
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n")
    assert talap.command("consent", "import", str(bad), check=False).returncode == 2
    assert talap.command("consent", "import", str(tmp_path / "none.csv"), check=False).returncode == 2
    out = tmp_path / "out.jsonld"
    talap.command("consent", "export", str(out))
    assert sum(1 for _ in out.open()) == count and (out.stat().st_mode & 0o777) == 0o600
    assert talap.command("consent", "export", str(out), check=False).returncode == 1
    assert talap.command("consent", "export", "consents.txt", check=False).returncode == 2


def test_stopped_and_gone_on_with(talap):
    count = 4000
    made = send(talap, HEAD + "".join(row(n) for n in range(count))).json()
    path = f"/v1/consents/imports/{made['id']}"
    answer = talap.call("POST", path + "/stop", "responsible", json={})
    assert answer.status_code == 200 and answer.json()["state"] == "stopped", answer.text
    # Files are read one after the other: once another has been, whatever was under way of this one is over.
    assert finished(talap, send(talap, HEAD + row(count)).json())["taken"] == 1
    standing = progress(talap, made)
    assert standing["state"] == "stopped"
    assert finished(talap, send(talap, HEAD + row(count + 1)).json())["taken"] == 1
    assert progress(talap, made)["taken"] == standing["taken"] < count
    assert talap.call("POST", path + "/stop", "responsible", json={}).json()["code"] == "import_not_running"
    assert talap.call("POST", path + "/resume", "responsible", json={}).status_code == 200
    assert finished(talap, made)["taken"] == count
    assert talap.call("POST", path + "/resume", "responsible", json={}).status_code == 409


def test_many_bad_rows(talap):
    count = 30000
    text = HEAD + row(1) + "x,y\n" * count + row(2)
    done = finished(talap, send(talap, text).json())
    assert (done["taken"], done["refused"], done["refusals_kept"]) == (2, count, count)
    answer = talap.call("GET", done["refusals_url"], "responsible")
    assert answer.text.count("\r\n") == count + 1


def test_several_at_once_and_people_served(talap):
    files = [HEAD + "".join(row(f"{f}-{n}") for n in range(1500)) for f in range(3)]
    made = [None] * len(files)

    def sender(i):
        made[i] = send(talap, files[i]).json()

    threads = [threading.Thread(target=sender, args=(i,)) for i in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slowest = 0
    while any(progress(talap, m)["state"] != "done" for m in made):
        begun = time.monotonic()
        talap.complain()
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.1)
    assert slowest < 10  # with sanitizers, on a busy machine
    assert [progress(talap, m)["taken"] for m in made] == [1500] * len(files)
    assert len(taken_out(talap)) == 4500


def sign_in(service, login):
    session = requests.Session()
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', session.get(service.url + "/en/sign-in").text)[1]
    answer = session.post(service.url + "/en/sign-in", data={"login": login, "password": PASSWORD, "csrf": csrf},
                          allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return session


def test_the_pages(talap):
    talap.user("keeper", "responsible")
    session = sign_in(talap, "keeper")
    page = session.get(talap.url + "/kk/imports")
    assert page.status_code == 200 and "Файл жіберу" in page.text
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)[1]
    empty = session.post(talap.url + "/en/imports", data={"csrf": csrf}, files={"other": ("", b"")})
    assert empty.status_code == 422 and "Choose a file." in empty.text
    wrong = session.post(talap.url + "/en/imports", data={"csrf": csrf}, files={"file": ("a.csv", b"person_id\n")})
    assert wrong.status_code == 422 and "purpose" in wrong.text and "This column is missing." in wrong.text
    text = HEAD + row(1) + row(2, email="nobody")
    sent = session.post(talap.url + "/en/imports", data={"csrf": csrf}, files={"file": ("келісім.csv", text.encode())},
                        allow_redirects=False)
    assert sent.status_code == 303, sent.text
    place = sent.headers["Location"].split("?")[0]
    until(lambda: "100 %" in session.get(talap.url + place).text, 60)
    page = session.get(talap.url + place)
    assert "келісім.csv" in page.text and "<script" not in page.text
    assert "email" in page.text and "refusals.csv" in page.text
    refusals = session.get(talap.url + place + "/refusals.csv")
    assert refusals.headers["Content-Type"].startswith("text/csv") and "not_an_email" in refusals.text
    again = session.post(talap.url + place + "/resume", data={"csrf": csrf})
    assert again.status_code == 409 and "not stopped" in again.text
    export = session.post(talap.url + "/en/imports/export", data={"csrf": csrf, "format": "csv"})
    assert export.status_code == 200 and export.text.count("\r\n") == 2


def test_records_are_linked_data(talap):
    finished(talap, send(talap, HEAD + row(1, until_day="2099-12-31") + row(2)).json())
    lines = talap.call("GET", "/v1/consents/export.jsonld", "responsible").text.strip().split("\n")
    assert len(lines) == 2
    leaf = json.loads(lines[0])["dct:identifier"]
    answer = talap.call("GET", f"/v1/consents/{leaf}/record.jsonld", "auditor")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/ld+json"
    assert talap.call("GET", "/v1/consents/99999/record.jsonld", "auditor").status_code == 404
    record = answer.json()
    assert record["@type"] == "dpv:ConsentRecord"
    assert record["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#record"
    assert record["dpv:hasDataSubject"]["dpv:hasName"] == "Айгерім 1"
    assert record["dpv:hasNotice"]["dct:description"]["@value"] == TEXT
    jsonld = pytest.importorskip("pyld.jsonld", reason="python3-pyld is not installed")

    def nothing_is_fetched(url, options):
        raise AssertionError(url)

    jsonld.set_document_loader(nothing_is_fetched)
    expanded = jsonld.expand(record)
    assert len(expanded) == 1
    node, dpv = expanded[0], "https://w3id.org/dpv#"
    assert node["@type"] == [dpv + "ConsentRecord"]
    # Everything that the technical specification asks for.
    for term in ("hasDataSubject", "hasNotice", "hasProcess", "hasConsentStatus", "hasStatus"):
        assert node[dpv + term], term
    process = node[dpv + "hasProcess"][0]
    for term in ("hasPurpose", "hasPersonalData", "hasProcessing", "hasStorageCondition", "hasDataController", "hasRecipient",
                 "hasLegalBasis", "hasConsentControl", "hasRight", "hasJurisdiction"):
        assert process[dpv + term], term
    assert node[dpv + "hasConsentStatus"] == [{"@id": dpv + "ConsentGiven"}]
    assert {r["@id"] for r in process[dpv + "hasProcessing"]} == {dpv + t for t in ("Collect", "Store", "Use")}
    given = node[dpv + "hasStatus"][0]
    assert given["@type"] == [dpv + "ConsentGiven"]
    assert "end=2099-12-31T23:59:59+05:00" in given["http://purl.org/dc/terms/valid"][0]["@value"]
    # No key of the record is lost in expansion, and every term is an absolute address.
    quads = jsonld.to_rdf(record)["@default"]
    assert len(quads) > 60
    assert all(re.match(r"(https?|urn):", q["predicate"]["value"]) for q in quads)

    def keys(value):
        if isinstance(value, dict):
            return sum((keys(v) + 1 for k, v in value.items() if k != "@context" and not k.startswith("@")), 0)
        return sum(map(keys, value), 0) if isinstance(value, list) else 0

    assert keys(record) == keys(expanded)


def test_taken_out_comes_in_elsewhere(talap, tmp_path):
    finished(talap, send(talap, HEAD + "".join(row(n) for n in range(20))).json())
    other = Talap(tmp_path / "other")
    os.makedirs(other.folder)
    other.init().start()
    try:
        registers(other)
        for path, kind, wanted in (("export.csv", "text/csv", 20), ("export.jsonld", "application/x-ndjson", 40)):
            text = talap.call("GET", "/v1/consents/" + path, "responsible").text
            done = finished(other, send(other, text, kind=kind).json())
            assert (done["taken"], done["refused"]) == (20, 0)
            assert len(taken_out(other)) == wanted
    finally:
        other.stop()
