"""The command line: what it says, what it refuses, and what it leaves behind."""
import json
import os
import subprocess
import threading

import pytest

from talap import BIN, COMPLAINT, PASSWORD, ROOT, Talap


def run(*words, **options):
    return subprocess.run([BIN, *words], cwd=options.pop("cwd", ROOT), capture_output=True, text=True, timeout=120, **options)


def test_law_check_counts_what_it_read():
    seen = json.loads(run("law", "check", "--json").stdout)
    assert seen["acts"] >= 4 and seen["norms"] > 250 and seen["clocks"] > 20 and len(seen["hash"]) == 64


def test_law_check_refuses_with_file_and_line(tmp_path):
    subprocess.run(["cp", "-r", os.path.join(ROOT, "law"), str(tmp_path)], check=True)
    file = tmp_path / "law" / "norms" / "rar.yaml"
    lines = file.read_text(encoding="utf-8").split("\n")
    at = next(i for i, line in enumerate(lines) if "working_day" in line)
    lines[at] = lines[at].replace("working_day", "wörking_day")
    file.write_text("\n".join(lines), encoding="utf-8")
    done = run("law", "check", "--law", str(tmp_path / "law"))
    assert done.returncode == 2
    assert f"rar.yaml:{at + 1}" in done.stderr


@pytest.mark.parametrize("norm, start, due, overdue", [
    ("opl.11.3", "2026-03-20T10:00:00+05:00", "2026-04-09T23:59:59+05:00", "2026-04-10T00:00:00+05:00"),
    # Day 20 is Sunday 12 April: due on it, overdue after Monday.
    ("opl.11.3", "2026-03-23T10:00:00+05:00", "2026-04-12T23:59:59+05:00", "2026-04-14T00:00:00+05:00"),
    # UTC+6 when received, UTC+5 when due.
    ("opl.11.3", "2024-02-20T10:00:00+06:00", "2024-03-11T23:59:59+05:00", "2024-03-12T00:00:00+05:00"),
    ("opl.9.4.2", "2026-03-20T10:15:30+05:00", "2026-03-21T10:15:30+05:00", "2026-03-21T10:15:31+05:00"),
])
def test_clock(norm, start, due, overdue):
    seen = json.loads(run("clock", norm, "--from", start, "--json").stdout)
    assert (seen["due_at"], seen["overdue_at"]) == (due, overdue)


@pytest.mark.parametrize("words", [
    ("clock",), ("clock", "opl.11.3"), ("clock", "opl.11.3", "--from", "2026-02-30"), ("clock", "opl.11.3", "--from", "tomorrow"),
    ("clock", "opl.99", "--from", "2026-01-01"), ("clock", "opl.5.1", "--from", "2026-01-01"),
    ("clock", "opl.11.3", "--from", "2020-01-01"), ("clock", "rar.5", "--from", "2031-01-01"),
    ("calendar", "1900"), ("calendar", "year"), ("calendar",), ("nonsense",), ("law",), ("serve", "--port", "99999"),
    ("serve", "--nonsense"), ("serve", "--log-level", "loud"), ("user", "add"), ("restore",), ("backup",), ("verify", "--receipt", "/nonexistent", "--key", "x+y+z"),
])
def test_refusals_say_why_and_exit_other_than_0(words):
    done = run(*words)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("talap: ") and len(done.stderr) > 12
    assert not done.stdout


def test_calendar_of_2026():
    seen = json.loads(run("calendar", "2026", "--json").stdout)
    off = {day["date"] for day in seen["days_off"]}
    assert {"2026-03-24", "2026-03-25", "2026-05-27", "2026-10-26"} <= off
    assert seen["year"] == 2026 and 240 < seen["working_days"] < 255


def test_init_makes_keys_that_only_their_owner_reads(tmp_path):
    talap = Talap(tmp_path).init()
    for name in ("master.key", "ledger.key"):
        assert os.stat(os.path.join(talap.var, name)).st_mode & 0o077 == 0
    assert os.stat(talap.store).st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["master.key", "ledger.key"])
def test_a_lost_key_is_an_error_and_no_other_takes_its_place(tmp_path, name):
    talap = Talap(tmp_path).init()
    os.unlink(os.path.join(talap.var, name))
    for words in (("init",), ("verify",), ("demo",)):
        done = talap.command(*words, check=False)
        assert done.returncode == 1 and done.stderr
        assert not os.path.exists(os.path.join(talap.var, name))


def test_keys_of_another_store_are_refused(tmp_path):
    one, other = Talap(tmp_path / "one"), Talap(tmp_path / "other")
    for talap in (one, other):
        os.makedirs(talap.folder)
        talap.init()
    for name in ("master.key", "ledger.key"):
        kept = open(os.path.join(one.var, name), "rb").read()
        with open(os.path.join(one.var, name), "wb") as file:
            file.write(open(os.path.join(other.var, name), "rb").read())
        assert one.command("verify", check=False).returncode == 1
        with open(os.path.join(one.var, name), "wb") as file:
            file.write(kept)
    one.command("verify")


def test_reads_are_logged_when_asked_for_and_never_with_what_was_asked(tmp_path):
    talap = Talap(tmp_path).init()
    for level, logged in (("info", False), ("debug", True)):
        talap.start("--log-level", level)
        assert talap.call("GET", "/v1/calendar/2026?lang=kk").status_code == 200
        talap.stop()
        lines = [line for line in talap.lines if "/v1/calendar/{year}" in line]
        assert bool(lines) == logged and not any("lang=kk" in line for line in talap.lines)


def test_weak_passwords_make_no_account(tmp_path):
    talap = Talap(tmp_path).init()
    for password in ("", "short", "password1234", "қысқа"):
        done = talap.command("user", "add", "--login", "aigul", "--name", "Айгүл", "--roles", "admin", "--password-file", "-",
                             stdin=password, check=False)
        assert done.returncode == 2, password
    assert not talap.command("user", "list").stdout


def test_an_account_from_beginning_to_end(tmp_path):
    talap = Talap(tmp_path).init()
    talap.user("boss", "admin")
    talap.user("aigul", "moderator")
    assert talap.command("user", "add", "--login", "aigul", "--name", "X", "--roles", "auditor", "--password-file", "-", stdin=PASSWORD,
                         check=False).returncode == 1
    assert talap.command("token", "add", "aigul", "--name", "n", "--roles", "admin", check=False).returncode != 0
    secret_lines = talap.command("token", "add", "aigul", "--name", "n", "--days", "30").stdout.split()
    talap.command("token", "revoke", secret_lines[0])
    assert "revoked" in talap.command("token", "list").stdout
    talap.command("user", "password", "aigul", "--password-file", "-", stdin=PASSWORD + " жаңа")
    talap.command("user", "disable", "aigul")
    assert "disabled" in talap.command("user", "list").stdout
    assert talap.command("user", "disable", "boss", check=False).returncode == 1, "the last administrator"
    talap.command("verify")


def test_the_demo_fills_once_and_is_not_shown_to_the_world(tmp_path):
    talap = Talap(tmp_path)
    first = talap.command("demo").stdout
    assert "moderator" in first
    assert 640 <= talap.rows("SELECT count(*) FROM case_file")[0][0] <= 720
    before = talap.rows("SELECT count(*) FROM event")
    talap.command("demo")
    assert talap.rows("SELECT count(*) FROM event") == before
    done = talap.command("serve", check=False, extra=("--host", "0.0.0.0", "--port", "0"))
    assert done.returncode == 1 and "0.0.0.0" in done.stderr
    talap.command("verify")
    talap.start()
    try:  # it plays all sides, a platform's too
        assert 'href="/kk/users"' in talap.call("GET", "/kk/").text
        assert talap.call("GET", "/v1/audience").json()["average_monthly_users"]["months_counted"] == 6
        assert talap.call("GET", "/v1/ads").json()["count"] > 200
    finally:
        talap.stop()


def test_backup_while_serving_restores_to_the_same(tmp_path):
    talap = Talap(tmp_path).init().start()
    copy = str(tmp_path / "copy.db")
    try:
        for _ in range(20):
            talap.complain(contact_email="aigul@example.kz")
        stop = threading.Event()
        opened = []

        def load():
            while not stop.is_set():
                answer = talap.call("POST", "/v1/cases/complaint", json=COMPLAINT)
                assert answer.status_code == 201
                opened.append(answer.json()["id"])

        thread = threading.Thread(target=load)
        thread.start()
        talap.command("backup", copy)
        stop.set()
        thread.join()
        assert talap.command("backup", copy, check=False).returncode == 1, "an existing file is not written over"
    finally:
        talap.stop()
    restored = Talap(tmp_path, store=str(tmp_path / "restored.db"))
    restored.command("restore", copy)
    count = restored.rows("SELECT count(*) FROM case_file")[0][0]
    assert 20 <= count <= 20 + len(opened)
    assert '"valid":true' in restored.command("verify", "--json").stdout.replace(" ", "")
    assert restored.command("restore", copy, check=False).returncode == 1, "a store that holds events is not written over"


def test_a_receipt_is_checked_with_nothing_but_itself_and_the_key(tmp_path):
    talap = Talap(tmp_path).init().start()
    try:
        leaf = talap.complain()["receipt"]["leaf_index"]
        receipt = talap.call("GET", f"/kk/proof/{leaf}/receipt.json").json()
        key = talap.call("GET", "/v1/ledger/key").text.strip()
    finally:
        talap.stop()
    key = json.loads(key)["verifier_key"] if key.startswith("{") else key
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(receipt), encoding="utf-8")
    assert json.loads(run("verify", "--receipt", str(path), "--key", key, "--json", cwd="/").stdout)["valid"] is True
    for bend in ({"leaf_index": receipt["leaf_index"] + 1}, {"leaf_hash": "0" * 64}, {"tree_size": receipt["tree_size"] + 1},
                 {"checkpoint": receipt["checkpoint"].replace("\n\n", "\n1\n\n")}):
        path.write_text(json.dumps({**receipt, **bend}), encoding="utf-8")
        done = run("verify", "--receipt", str(path), "--key", key, cwd="/")
        assert done.returncode in (1, 2) and done.stderr, bend
