"""The same program on PostgreSQL: from complaint to answer, the search, proofs, kill -9, a server that goes away, and two
nodes on one store. Needs the private server of tests/pg.sh; every test gets a database of its own."""
import os
import subprocess
import threading
import uuid

import pytest
import requests

from talap import COMPLAINT, ROOT, Talap, until

SERVER = os.environ.get("TALAP_TEST_POSTGRES", "")
pytestmark = pytest.mark.skipif(SERVER == "none", reason="PostgreSQL is left out: TALAP_TEST_POSTGRES=none")
REASONS = "Тексердік: жарияланым ережеге қайшы келеді, сондықтан өшірілді."


class Database:
    def __init__(self):
        assert SERVER, "TALAP_TEST_POSTGRES is not set: run under tests/pg.sh run, or set it to none by hand"
        self.name = "t" + uuid.uuid4().hex
        self.url = SERVER.replace("/talap?", f"/{self.name}?")
        assert self.url != SERVER
        self.ask(f"CREATE DATABASE {self.name}", SERVER)

    def ask(self, statement, url=None):
        """What psql answers, a row a line."""
        done = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, url or self.url],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def drop(self):
        self.ask(f"DROP DATABASE {self.name} WITH (FORCE)", SERVER)


@pytest.fixture
def database():
    database = Database()
    yield database
    database.drop()


@pytest.fixture
def talap(tmp_path, database):
    service = Talap(tmp_path, store=database.url).init().start()
    yield service
    service.stop()


def verify(talap):
    assert '"valid":true' in talap.command("verify", "--json").stdout.replace(" ", "")


def test_from_complaint_to_answer(talap):
    case = talap.complain(contact_name="Айгүл Серікқызы", contact_email="aigul@example.kz")
    path = "/v1/cases/" + case["id"]
    assert talap.call("GET", path, "moderator").json()["fields"]["contact_email"] == "aigul@example.kz"
    stale = talap.call("POST", path + "/acts/take", "moderator", headers={"If-Match": '"7"'})
    assert stale.status_code == 412, stale.text
    assert talap.call("POST", path + "/acts/take", "moderator", headers={"If-Match": '"1"'}).status_code == 200
    answered = talap.call("POST", path + "/acts/answer", "moderator", json={"decision": "upheld", "reasons": REASONS})
    assert answered.status_code == 200, answered.text
    assert talap.call("POST", path + "/acts/answer", "moderator",
                      json={"decision": "upheld", "reasons": REASONS}).json()["code"] == "act_not_now"
    status = talap.call("GET", f"/v1/status/{case['number']}", params={"code": case["access_code"]}).json()
    assert status["state"] == "answered" and status["clocks"][0]["state"] == "met"
    receipt = talap.call("GET", "/v1/ledger/inclusion", params={"leaf": case["receipt"]["leaf_index"]})
    verdict = talap.call("POST", "/v1/ledger/verify", data=receipt.content, headers={"Content-Type": "application/json"})
    assert verdict.json()["valid"] is True
    assert talap.call("GET", "/readyz").json()["store"] == "postgres"
    verify(talap)


def test_lists_and_search(talap):
    numbers = [talap.complain(text=f"Алаңдағы {i}-жарияланым туралы шағым, қараңыздаршы.")["number"] for i in range(7)]
    other = talap.complain(text="Мүлде басқа мәселе: төлем өтпей тұр.")["number"]
    seen, cursor = [], None
    while True:
        answer = talap.call("GET", "/v1/cases", "moderator",
                            params={"limit": 3, "sort": "newest", **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [case["number"] for case in page["cases"]]
        cursor = page.get("cursor")
        if not cursor:
            break
    assert seen == [other] + numbers[::-1]

    def found(words):
        return {case["number"] for case in talap.call("GET", "/v1/cases", "moderator", params={"q": words}).json()["cases"]}

    until(lambda: found("шағым алаң") == set(numbers))
    until(lambda: found("төлем") == {other})
    assert found(other) == {other}
    assert found("жоқсөз") == set()
    assert talap.call("GET", "/v1/cases", "moderator", params={"q": "шағым"}).json()["newest_only"] is False


def test_what_is_refused_changes_nothing(talap):
    talap.complain()
    size = talap.ledger_size()
    assert talap.call("POST", "/v1/cases/complaint", json={**COMPLAINT, "about": "nothing"}).status_code == 422
    assert talap.call("POST", "/v1/cases/complaint", json={**COMPLAINT, "text": "a\u0000b"}).status_code in (400, 422)
    assert talap.ledger_size() == size
    key = {"Idempotency-Key": "one"}
    first = talap.call("POST", "/v1/cases/complaint", json=COMPLAINT, headers=key)
    again = talap.call("POST", "/v1/cases/complaint", json=COMPLAINT, headers=key)
    assert first.status_code == 201 and again.json()["id"] == first.json()["id"]
    other = talap.call("POST", "/v1/cases/complaint", json={**COMPLAINT, "text": "Басқа мәтін болды."}, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"
    assert talap.ledger_size() == size + 1


def load(url, stop, acknowledged, name, failures):
    session = requests.Session()
    number = 0
    while not stop.is_set():
        key = f"{name}-{number}"
        number += 1
        try:
            answer = session.post(url + "/v1/cases/complaint", json={**COMPLAINT, "text": "Шағым " + key}, timeout=30,
                                  headers={"Idempotency-Key": key})
        except requests.RequestException:
            return
        if answer.status_code == 201:
            acknowledged.append((key, answer.json()["id"], answer.json()["number"]))
        else:
            failures.append((answer.status_code, answer.json()["code"]))


class Load:
    """Some clients posting to some nodes until told to stop."""

    def __init__(self, urls, name, clients=4):
        self.stop, self.acknowledged, self.failures = threading.Event(), [], []
        self.threads = [threading.Thread(target=load, args=(url, self.stop, self.acknowledged, f"{name}-{n}-{i}", self.failures))
                        for n, url in enumerate(urls) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def assert_whole(database, acknowledged):
    """Every acknowledged case once, numbers without a gap, one ledger without a gap."""
    stored = dict(row.split("|") for row in database.ask("SELECT id, number FROM case_file"))
    assert all(stored.get(id_) == number for _, id_, number in acknowledged)
    assert len({number for _, _, number in acknowledged}) == len({key for key, _, _ in acknowledged}) == len(acknowledged)
    numbers = sorted(int(number.rsplit("-", 1)[1]) for number in stored.values())
    assert numbers == list(range(1, len(numbers) + 1))
    leaves, newest, size = map(int, database.ask(
        "SELECT count(*), max(leaf) + 1, (SELECT size FROM ledger_head) FROM event")[0].split("|"))
    assert leaves == newest == size


def test_kill_9_under_load(tmp_path, database):
    talap = Talap(tmp_path, store=database.url).init()
    acknowledged = []
    for round_ in range(5):
        talap.start()
        load_ = Load([talap.url], f"r{round_}")
        load_.stop.wait(0.2 + 0.13 * round_)
        talap.kill()
        load_.end()
        acknowledged += load_.acknowledged
    assert len(acknowledged) > 25, "the load was no load"
    talap.start()
    assert_whole(database, acknowledged)
    for key, id_, _ in acknowledged[::len(acknowledged) // 10]:
        again = talap.call("POST", "/v1/cases/complaint", json={**COMPLAINT, "text": "Шағым " + key}, headers={"Idempotency-Key": key})
        assert again.status_code in (200, 201) and again.json()["id"] == id_, again.text
    talap.stop()
    verify(talap)


def test_connections_cut_under_load_lose_nothing(tmp_path, database):
    """The server ends every connection again and again, wherever it finds it: what was acknowledged stays, once."""
    talap = Talap(tmp_path, store=database.url).init().start()
    load_ = Load([talap.url], "cut")
    for _ in range(10):
        load_.stop.wait(0.15)
        database.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'talap' "
                     f"AND datname = '{database.name}'")
    load_.stop.wait(0.3)
    load_.end()
    assert len(load_.acknowledged) > 20, load_.failures
    assert all(status == 503 for status, _ in load_.failures), load_.failures
    assert_whole(database, load_.acknowledged)
    assert talap.call("GET", "/readyz").status_code == 200
    talap.stop()
    verify(talap)


def test_two_nodes_are_one_office(tmp_path, database):
    one = Talap(tmp_path, store=database.url).init().start()
    two = Talap(tmp_path, store=database.url).start()
    try:
        load_ = Load([one.url, two.url], "two")
        load_.stop.wait(1.5)
        load_.end()
        assert not load_.failures, load_.failures
        assert_whole(database, load_.acknowledged)
        assert len({name.split("-")[1] for name, _, _ in load_.acknowledged}) == 2
        # What one took in, the other knows; and a version that one has changed is stale at the other.
        _, id_, number = load_.acknowledged[-1]
        tokens = one.token("moderator")
        two.tokens["moderator"] = tokens
        assert one.call("POST", f"/v1/cases/{id_}/acts/take", "moderator", headers={"If-Match": '"1"'}).status_code == 200
        assert two.call("POST", f"/v1/cases/{id_}/acts/take", "moderator", headers={"If-Match": '"1"'}).status_code == 412
        assert two.call("GET", f"/v1/cases/{id_}", "moderator").json()["state"] == "in_review"
        # The same key at both nodes at once opens one case.
        answers = []
        threads = [threading.Thread(target=lambda node=node: answers.append(node.call(
            "POST", "/v1/cases/complaint", json=COMPLAINT, headers={"Idempotency-Key": "both"}).json()["id"])) for node in (one, two) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 8 and len(set(answers)) == 1
    finally:
        one.stop()
        two.stop()
    verify(one)


def test_a_clock_is_told_once_by_two_nodes(tmp_path, database):
    one = Talap(tmp_path, store=database.url).init()
    one.user("moderator", "moderator")
    one.start()
    two = Talap(tmp_path, store=database.url).start()
    try:
        opened = [one.call("POST", "/v1/cases/complaint", "registrar",
                           json={**COMPLAINT, "received_at": "2026-01-10T10:00:00+05:00"}) for _ in range(20)]
        assert all(answer.status_code == 201 for answer in opened), opened[0].text
        told = "SELECT count(*), count(DISTINCT case_id) FROM event WHERE kind = 'clock.overdue'"
        until(lambda: database.ask(told) == ["20|20"])
        assert set(database.ask("SELECT count(*) FROM outbox WHERE purpose = 'overdue' GROUP BY case_id, recipient")) == {"1"}
    finally:
        one.stop()
        two.stop()
    verify(one)


def test_the_serving_role_needs_no_more_than_its_grants(tmp_path, database):
    """dist/postgres-grants.sql: enough to serve, not enough to change what happened or the schema."""
    Talap(tmp_path, store=database.url).init()
    role = "r" + uuid.uuid4().hex
    with open(os.path.join(ROOT, "dist/postgres-grants.sql"), encoding="utf-8") as file:
        grants = file.read()
    assert " talap;" in grants
    database.ask(f"CREATE ROLE {role} LOGIN")
    try:
        database.ask("".join(line for line in grants.splitlines(True) if not line.startswith("--")).replace(" talap;", f" {role};"))
        url = database.url.replace("user=talap", f"user={role}")
        talap = Talap(tmp_path, store=url).start()
        try:
            case = talap.complain(contact_email="aigul@example.kz")
            answered = talap.call("POST", f"/v1/cases/{case['id']}/acts/answer", "moderator",
                                  json={"decision": "upheld", "reasons": REASONS})
            assert answered.status_code == 200, answered.text
            until(lambda: talap.call("GET", "/v1/cases", "moderator", params={"q": case["number"], "open": "false"}).json()["cases"])
            assert talap.call("GET", "/readyz").status_code == 200
            assert not any("level=warning" in line for line in talap.lines), talap.lines
        finally:
            talap.stop()
        verify(talap)
        for statement in ("UPDATE event SET kind = 'x'", "DELETE FROM event", "TRUNCATE event", "UPDATE schema_version SET version = 9",
                          "CREATE TABLE mine (id int)", "DROP TABLE event"):
            done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, url], capture_output=True, text=True)
            assert done.returncode != 0 and ("permission denied" in done.stderr or "must be owner" in done.stderr), statement
    finally:
        database.ask(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_backup_goes_from_engine_to_engine(tmp_path, talap, database):
    case = talap.complain(contact_email="aigul@example.kz")
    copy = str(tmp_path / "copy.db")
    talap.command("backup", copy)
    there = Talap(tmp_path, store=str(tmp_path / "restored.db"))
    there.command("restore", copy)
    verify(there)
    back = Database()
    try:
        Talap(tmp_path, store=back.url).command("restore", copy)
        assert back.ask("SELECT number FROM case_file") == [case["number"]]
        verify(Talap(tmp_path, store=back.url))
    finally:
        back.drop()
