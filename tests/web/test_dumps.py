"""Dumps of the library: whole and as changes, in two formats that say the same; read by tools that are not ours; changes
applied to the dump before give the dump of the day."""
import csv
import datetime
import gzip
import hashlib
import io
import json
import os
import sqlite3
import subprocess

import pytest

from talap import Talap, until
from test_showings import TODAY, advert, day, either, place, send, told  # noqa: F401

NAMES = ["adverts", "showings"]


@pytest.fixture
def talap(tmp_path):
    service = Talap(tmp_path).init().start()
    yield service
    service.stop()


def rows_of(folder, name):
    """Rows of both formats, after they were found the same."""
    with gzip.open(os.path.join(folder, name + ".csv.gz"), "rt", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    with gzip.open(os.path.join(folder, name + ".ndjson.gz"), "rt", encoding="utf-8") as file:
        objects = [json.loads(line) for line in file]
    assert len(table) == len(objects)
    for row, each in zip(table, objects):
        for key, value in row.items():
            if key in each and key not in ("advert", "check"):
                assert value == ("" if each[key] is None else str(each[key])), (key, row, each)
            elif (each.get("advert") or {}).get(key) is not None and isinstance(each["advert"][key], str):
                assert value in (each["advert"][key], "'" + each["advert"][key]), key
    return objects


def check_folder(folder):
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    subprocess.run(["gzip", "-t", *[name for name in os.listdir(folder) if name.endswith(".gz")]], cwd=folder, check=True)
    with open(os.path.join(folder, "manifest.json")) as file:
        manifest = json.load(file)
    assert sorted(os.listdir(folder)) == sorted([f["name"] for f in manifest["files"]] + ["SHA256SUMS", "manifest.json"])
    for file in manifest["files"]:
        with open(os.path.join(folder, file["name"]), "rb") as packed:
            data = packed.read()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
        text = gzip.decompress(data)
        assert len(text) == file["bytes_unpacked"]
        if file["type"] == "text/csv":
            head, *rows = csv.reader(io.StringIO(text.decode(), newline=""))
            assert head == [c["name"] for c in manifest["columns"][file["what"]]]
            assert len(rows) == file["rows"] and all(len(row) == len(head) for row in rows)
        else:
            assert text.count(b"\n") == file["rows"]
    return manifest


def applied(adverts, showings, folder):
    """The rule of the documentation."""
    adverts = {each["id"]: each for each in adverts}
    changes = rows_of(folder, "changes-adverts")
    changed = {each["id"] for each in changes}
    for each in changes:
        if each["removed_at"]:
            adverts.pop(each["id"], None)
        else:
            adverts[each["id"]] = each
    return adverts, [row for row in showings if row["ad"] not in changed] + rows_of(folder, "changes-showings")


def test_changes_lead_to_the_next(talap, tmp_path):
    dumps = tmp_path / "dumps"
    today, before = str(dumps / TODAY.isoformat()), str(dumps / day(1))
    ids = place(talap, *[f"n{i}" for i in range(30)])
    tricky = advert("t", text="=1+1 \"тырнақша\", үтір\nекінші жол; Жарнама", language="kk",
                    targeting={"age": {"from": 18, "until": 60}, "include": [{"criterion": "interest", "value": "футбол, \"хоккей\""}]},
                    third_persons=[{"what": "voice", "consent": "Жасырын Адамның келісімі", "ground": "opl.18.1"}])
    answer = talap.call("POST", "/v1/ads", "service", json={"ads": [tricky]})
    assert answer.status_code in (200, 201), answer.text
    send(talap, "ad,day,region,count\n" + "".join(f"n{i},{day(i)},KZ-75,{i * 30}\nn{i},{day(i)},KZ-71,500\n" for i in range(30)))
    told(talap, ids["n3"])
    talap.command("adverts", "dump", str(dumps))
    first = check_folder(today)
    assert first["since"] is None and first["tree_size"] == talap.ledger_size()
    assert {f["name"] for f in first["files"]} == {f"{n}.{e}.gz" for n in NAMES for e in ("csv", "ndjson")}
    # The same day has one dump.
    stamp = os.stat(today).st_mtime_ns
    assert talap.command("adverts", "dump", str(dumps)).stdout.strip() == today
    assert os.stat(today).st_mtime_ns == stamp
    adverts, showings = rows_of(today, "adverts"), rows_of(today, "showings")
    assert len(adverts) == 31
    assert "Жасырын" not in json.dumps(adverts, ensure_ascii=False)
    with gzip.open(os.path.join(today, "adverts.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        row = list(csv.DictReader(file))[-1]
    # A cell that a spreadsheet would reckon is made harmless; JSON has the very text.
    assert row["text"] == "'" + tricky["text"] and adverts[-1]["advert"]["text"] == tricky["text"]
    assert row["included"] == "interest=футбол, \"хоккей\"" and row["age_from"] == "18"
    assert not [s for s in showings if s["count"] is not None and s["region"] not in ("total", "none") and s["count"] < 100]

    os.rename(today, before)
    talap.stop()
    with sqlite3.connect(talap.store) as store:
        store.execute("UPDATE advert SET last_day = last_day - 500 WHERE own_id = 'n5'")
    talap.start()
    until(lambda: talap.rows("SELECT removed_usec FROM advert WHERE id = ?", ids["n5"]) != [(None,)], 60)
    more = place(talap, "new")
    change = talap.call("PUT", f"/v1/ads/{ids['n7']}", "service", json=advert("n7", text="Жарнама. Жаңа мәтін."), headers={"If-Match": '"1"'})
    assert change.status_code == 200, change.text
    send(talap, f"ad,day,region,count\nn9,{day()},KZ-75,120\nnew,{day()},,7\n")
    told(talap, more["new"])
    talap.command("adverts", "dump", str(dumps))
    second = check_folder(today)
    assert second["since"]["day"] == day(1) and second["since"]["tree_size"] == first["tree_size"]
    assert len(second["files"]) == 8
    changes = {each["id"]: each for each in rows_of(today, "changes-adverts")}
    assert {ids["n5"], ids["n7"], ids["n9"], more["new"]} <= set(changes)
    assert changes[ids["n5"]]["removed_at"] and changes[ids["n5"]]["advert"] is None
    got_adverts, got_showings = applied(adverts, showings, today)
    assert got_adverts == {each["id"]: each for each in rows_of(today, "adverts")}
    key = lambda row: (row["ad"], row["day"], row["region"])  # noqa: E731
    assert sorted(got_showings, key=key) == sorted(rows_of(today, "showings"), key=key)
    assert ids["n5"] not in got_adverts and got_adverts[ids["n7"]]["advert"]["text"] == "Жарнама. Жаңа мәтін."


def test_handed_out(either):
    """Where the service itself puts them; each file by its address, with its sum as its tag."""
    talap = either
    assert talap.call("GET", "/v1/ads/dumps").json()["dumps"] == []
    ids = place(talap, *[f"n{i}" for i in range(500)])
    send(talap, "ad,day,count\n" + "".join(f"n{i},{day(1)},{i}\n" for i in range(500)))
    told(talap, ids["n0"])
    folder = os.path.join(talap.var, "adverts", "dumps")
    talap.command("adverts", "dump", folder)
    listed = talap.call("GET", "/v1/ads/dumps").json()
    manifest = check_folder(os.path.join(folder, TODAY.isoformat()))
    assert listed["dumps"] == [manifest] and listed["url"].endswith("/ads/dumps/")
    for file in manifest["files"]:
        address = f"/ads/dumps/{manifest['day']}/{file['name']}"
        answer = talap.call("GET", address, stream=True)
        data = answer.raw.read(decode_content=False)
        assert answer.status_code == 200 and hashlib.sha256(data).hexdigest() == file["sha256"]
        assert answer.headers["Content-Length"] == str(file["bytes"]) and answer.headers["ETag"] == f"\"{file['sha256']}\""
        assert answer.headers["Content-Type"] == "application/gzip" and "Content-Encoding" not in answer.headers
        assert talap.call("GET", address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert talap.call("GET", f"/ads/dumps/{manifest['day']}/manifest.json").json() == manifest
    assert talap.call("GET", f"/ads/dumps/{manifest['day']}/SHA256SUMS").text.count("\n") == 4
    for bad in (f"{manifest['day']}/master.key", f"{day(1)}/adverts.csv.gz", "2026-13-01/adverts.csv.gz", "..%2f..%2f/master.key",
                f"{manifest['day']}/..%2f..%2f..%2fmaster.key", ".begun-x/manifest.json"):
        assert talap.call("GET", f"/ads/dumps/{bad}").status_code in (400, 404), bad
    assert talap.call("GET", "/v1/ads/dumps", params={"limit": 0}).status_code == 422


def test_made_at_night(tmp_path):
    """By the service itself, once the late hour is over."""
    service = Talap(tmp_path, options=["--audience-late-hour", "0"]).init().start()
    try:
        place(service, "a")
        service.stop()
        service.start()
        until(lambda: service.call("GET", "/v1/ads/dumps").json()["dumps"], 30)
    finally:
        service.stop()


def test_where_nothing_can_be_written(talap, tmp_path):
    place(talap, "a")
    (tmp_path / "file").write_text("x")
    failed = talap.command("adverts", "dump", str(tmp_path / "file"), check=False)
    assert failed.returncode == 1 and str(tmp_path / "file") in failed.stderr
    if os.path.exists("/dev/full"):
        dumps = tmp_path / "half"
        (dumps / f".begun-{TODAY.isoformat()}").mkdir(parents=True)
        (dumps / f".begun-{TODAY.isoformat()}" / "adverts.csv.gz").write_text("half")
        talap.command("adverts", "dump", str(dumps))
        assert os.listdir(dumps) == [TODAY.isoformat()]
        check_folder(str(dumps / TODAY.isoformat()))
