"""A full disk, a disk turned read-only, a locked store: 503 with a cause, and service resumes by itself. A damaged store:
verify names it."""
import datetime
import itertools
import json
import os
import sqlite3
import subprocess
import time

import pytest

from talap import COMPLAINT, Talap, until


def post(talap):
    return talap.call("POST", "/v1/cases/complaint", json=COMPLAINT)


def assert_unavailable(answer, *codes):
    assert answer.status_code == 503, answer.text
    problem = answer.json()
    assert problem["code"] in codes, problem
    assert answer.headers.get("Retry-After")
    assert problem["detail"]


def as_root(*words):
    """Mounting needs root; who is not, became so through sudo to install the packages."""
    subprocess.run([*([] if os.geteuid() == 0 else ["sudo", "-n"]), *words], check=True)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own with little room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    as_root("mount", "-t", "tmpfs", "-o", f"size=24m,mode=700,uid={os.geteuid()}", "tmpfs", str(disk))
    yield disk
    as_root("umount", "-l", str(disk))


def test_a_full_disk_answers_503_and_service_resumes(tmp_path, small_disk):
    talap = Talap(tmp_path, store=str(small_disk / "talap.db")).init().start()
    try:
        before = talap.complain()
        ballast = small_disk / "ballast"
        with open(ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                pass
        assert_unavailable(until(lambda: [a for a in [post(talap)] if a.status_code != 201], 60)[0], "store_full")
        size = talap.ledger_size()
        # Reading goes on.
        assert talap.call("GET", f"/v1/status/{before['number']}", params={"code": before["access_code"]}).status_code == 200
        assert talap.call("GET", "/readyz").status_code == 503
        assert talap.ledger_size() == size
        os.unlink(ballast)
        until(lambda: post(talap).status_code == 201, 30)
        assert talap.call("GET", "/readyz").status_code == 200
    finally:
        talap.stop()
    talap.command("verify")


def fill(disk):
    with open(disk / "ballast", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


def test_counts_and_advertisements_wait_out_a_full_disk(tmp_path, small_disk):
    """What was answered is there, what was refused is not, and what is sent again counts once."""
    talap = Talap(tmp_path, store=str(small_disk / "talap.db")).init()
    talap.token("service")
    talap.start()

    def send(path, kind, body, key):
        return talap.call("POST", path, "service", data=body.encode(), headers={"Content-Type": kind, "Idempotency-Key": key})

    def visits(n):
        return send("/v1/audience/visits", "text/plain", "".join(f"u-{i}\n" for i in range(n * 5000, n * 5000 + 5000)), f"v{n}")

    early, late = ((datetime.date.today() + datetime.timedelta(days=n)).isoformat() for n in (-60, 60))

    def ads(n):
        rows = [{"id": f"ad-{n}-{i}", "kind": "other", "format": "text", "language": "kk", "text": "Жарнама. Жеңілдік! " * 40,
                 "mark": {"text": "Жарнама", "place": "first_line"}, "account": {"name": "Дүкен"},
                 "advertiser": {"name": "Дүкен"}, "period": {"from": early, "until": late}, "published": True} for i in range(200)]
        return send("/v1/ads", "application/x-ndjson", "\n".join(json.dumps(row) for row in rows), f"a{n}")

    def showings(n):
        # Other days and regions each time, so that figures grow too.
        on = datetime.date.fromisoformat(today) - datetime.timedelta(days=n % 30)
        rows = "".join(f"ad-0-{i},{on},KZ-{region},1\n" for i in range(200) for region in (10, 11, 15, 19, 23, 27, 31, 33, 35, 39))
        return send("/v1/ads/showings", "text/csv", "ad,day,region,count\n" + rows, f"s{n}")

    try:
        assert (visits(0).status_code, ads(0).status_code) == (200, 201)
        today = visits(0).json()["day"]
        assert showings(0).status_code == 202
        fill(small_disk)
        answered = {visits: 1, ads: 1, showings: 1}
        for way in answered:
            def next_one(way=way):
                answer = way(answered[way])
                answered[way] += answer.status_code in (200, 201, 202)
                return [answer] if answer.status_code not in (200, 201, 202) else None
            assert_unavailable(until(next_one, 60)[0], "store_full")
        assert talap.call("GET", "/v1/ads", params={"q": "жеңілдік"}).status_code == 200
        talap.kill()
        os.unlink(small_disk / "ballast")
        talap.start()
        assert talap.call("POST", "/v1/audience/visits", "service", data=b"", headers={"Content-Type": "text/plain"}
                          ).json()["users_today"] >= answered[visits] * 5000
        for way, count in answered.items():
            for n in range(count + 1):
                assert way(n).status_code in (200, 201, 202)
        fill(small_disk)
        fresh = itertools.count(100)
        # The same while it goes on running: nobody starts it anew.
        assert_unavailable(until(lambda: [a for a in [visits(next(fresh))] if a.status_code != 200], 60)[0], "store_full")
        os.unlink(small_disk / "ballast")
        last = next(fresh) - 1
        until(lambda: visits(last).status_code == 200, 30)
        assert visits(0).json()["users_today"] == 5000, "a repetition gets its first answer"
        counted = talap.call("POST", "/v1/audience/visits", "service", data=b"", headers={"Content-Type": "text/plain"}).json()
        assert counted["users_today"] == (answered[visits] + 1 + last - 99) * 5000
        until(lambda: talap.rows("SELECT count(*) FROM advert_chunk") == [(0,)], 60)
        assert talap.rows("SELECT count(*) FROM advert") == [((answered[ads] + 1) * 200,)]
        assert set(talap.rows("SELECT shown FROM advert WHERE own_id LIKE 'ad-0-%'")) == {((answered[showings] + 1) * 10,)}
    finally:
        talap.stop()
    talap.command("verify")


def test_a_store_on_a_read_only_disk_is_refused_with_its_cause(tmp_path, small_disk):
    """Linux turns no disk read-only under a file that is open for writing; the engine's own answer to that is tried in
    tests/fault/test_store.c. Here: the disk is read-only when the service starts."""
    talap = Talap(tmp_path, store=str(small_disk / "talap.db")).init()
    as_root("mount", "-o", "remount,ro", str(small_disk))
    done = talap.command("serve", check=False, extra=("--port", "0", "--lang", "en"))
    assert done.returncode == 1
    assert "read-only" in done.stderr or "read only" in done.stderr, done.stderr
    as_root("mount", "-o", "remount,rw", str(small_disk))
    talap.start()
    try:
        talap.complain()
    finally:
        talap.stop()


def test_a_locked_store_answers_503_and_service_resumes(talap):
    talap.complain()
    locker = sqlite3.connect(talap.store, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    refused = post(talap)
    assert_unavailable(refused, "store_locked")
    assert time.monotonic() - begun < 30
    locker.execute("ROLLBACK")
    locker.close()
    assert post(talap).status_code == 201


def damage(talap, statement, *values):
    """Changes the file behind the program's back, past trigger and authorizer."""
    with sqlite3.connect(talap.store, isolation_level=None) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


@pytest.fixture
def stopped(tmp_path):
    """A store with ten complaints and the program not running."""
    talap = Talap(tmp_path).init().start()
    for _ in range(10):
        talap.complain(contact_email="aigul@example.kz")
    talap.stop()
    talap.command("verify")
    return talap


@pytest.mark.parametrize("statement", [
    "UPDATE event SET body = replace(body, 'content', 'contenu') WHERE leaf = (SELECT max(leaf) FROM event WHERE kind = 'case.opened')",
    "UPDATE event SET at_usec = at_usec + 1 WHERE leaf = (SELECT max(leaf) FROM event WHERE kind = 'case.opened')",
    "DELETE FROM event WHERE leaf = (SELECT max(leaf) FROM event)",
    "UPDATE case_file SET state = 'answered' WHERE id = (SELECT max(id) FROM case_file)",
    "UPDATE case_file SET number = 'Ш-2026-999999' WHERE id = (SELECT max(id) FROM case_file)",
    "DELETE FROM case_file WHERE id = (SELECT max(id) FROM case_file)",
    "UPDATE clock SET due_usec = due_usec + 86400000000 WHERE case_id = (SELECT max(id) FROM case_file)",
])
def test_verify_names_what_was_changed(stopped, statement):
    damage(stopped, statement)
    done = stopped.command("verify", check=False)
    assert done.returncode != 0
    assert done.stderr.strip(), "no word about what is damaged"


def test_verify_names_a_damaged_file(stopped):
    pages = os.path.getsize(stopped.store) // 4096
    with open(stopped.store, "r+b") as file:
        # The heads of some pages in the middle, as a bad disk would leave them.
        for page in range(pages // 3, 2 * pages // 3):
            file.seek(page * 4096)
            head = file.read(16)
            file.seek(page * 4096)
            file.write(bytes(byte ^ 0x5A for byte in head))
    done = stopped.command("verify", check=False)
    assert done.returncode == 1 and done.stderr.strip()
