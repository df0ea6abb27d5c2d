"""What is held about people: recorded, read, held, kept for its time, destroyed without a trace, exported without a name."""
import csv
import io
import json
import os
import random
import shutil
import subprocess
import time

import pytest
from talap import Talap

TITLE = {"kk": "Жеткізу", "ru": "Доставка", "en": "Delivery"}
PURPOSE = {
    "title": TITLE, "norm": "шарт", "basis": "consent", "categories": ["name", "phone", "address", "birth_date", "income"],
    "retention": {"amount": 3, "unit": "year", "after": "collected"},
}
NAME, EMAIL, PHONE, ID = "Болат Ахметов", "bolat.akhmetov@example.kz", "+77015550142", "client-77-zh8"
ADDRESS = "Қарағанды, Бұқар жырау 77-12"
OWNER = "responsible"


def consent(talap, person, **more):
    body = {
        "person": person, "purpose": "delivery", "categories": PURPOSE["categories"], "third_persons": False,
        "cross_border": False, "publication": False, "operator": {"name": "Дүкен", "bin": "180440035100"},
        "text": {"text": "Келісемін.", "lang": "kk", "version": "1"}, "way": "electronic", **more,
    }
    answer = talap.call("POST", "/v1/consents", roles="service", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def find(talap, **names):
    answer = talap.call("POST", "/v1/persons/find", roles="service", json=names)
    return answer.json()["person"] if answer.status_code == 200 else None


def record(talap, person, **values):
    return talap.call("POST", f"/v1/persons/{person}/data", roles="service", json={"values": [
        {"category": category, "purpose": "delivery", "value": value, "source": "өтініш"} for category, value in values.items()]})


def held(talap, person):
    answer = talap.call("GET", f"/v1/persons/{person}/data", roles="service")
    assert answer.status_code == 200, answer.text
    return {value["category"]: value["value"] for value in answer.json()["values"]}


def history(talap, person):
    return [deed["kind"] for deed in talap.call("GET", f"/v1/persons/{person}/history", roles="auditor").json()["history"]]


def destruction(talap, person):
    return talap.call("GET", f"/v1/persons/{person}/destruction", roles=OWNER).json()["destructions"][0]


def wait_until_done(talap, person, seconds=40):
    end = time.time() + seconds
    while destruction(talap, person)["state"] != "done":
        assert time.time() < end, destruction(talap, person)
        time.sleep(0.1)
    return destruction(talap, person)


def files_hold(talap, *needles):
    """Which of them stand in the store's file or what lies beside it. Read by another process: closing a file drops the
    locks that SQLite holds on it in this one."""
    found = set()
    for suffix in ("", "-wal", "-shm", "-journal"):
        if os.path.exists(talap.store + suffix):
            content = subprocess.run(["cat", talap.store + suffix], capture_output=True, check=True).stdout
            found |= {needle for needle in needles if (needle if isinstance(needle, bytes) else needle.encode()) in content}
    return found


@pytest.fixture
def talap(tmp_path):
    talap = Talap(tmp_path).init().start()
    answer = talap.call("PUT", "/v1/processing/purpose/delivery", roles=OWNER, json=PURPOSE)
    assert answer.status_code in (200, 201), answer.text
    yield talap
    talap.stop()


@pytest.fixture
def bolat(talap):
    consent(talap, {"id": ID, "email": EMAIL, "phone": PHONE, "full_name": NAME})
    person = find(talap, id=ID)
    assert record(talap, person, name=NAME, address=ADDRESS, phone=PHONE).status_code == 201
    return person


def test_what_is_recorded_is_read_and_the_look_is_written_down(talap, bolat):
    assert held(talap, bolat) == {"name": NAME, "address": ADDRESS, "phone": PHONE}
    assert "person.looked" in history(talap, bolat)
    assert talap.call("GET", f"/v1/persons/{bolat}/data").status_code == 401
    assert talap.call("GET", f"/v1/persons/{bolat}/data", roles="moderator").status_code == 403
    assert record(talap, bolat, address="Астана, Мәңгілік ел 5").status_code == 201
    assert held(talap, bolat)["address"] == "Астана, Мәңгілік ел 5"
    assert talap.call("DELETE", f"/v1/persons/{bolat}/data/delivery/address", roles="service").status_code == 204
    assert talap.call("DELETE", f"/v1/persons/{bolat}/data/delivery/address", roles="service").status_code == 404
    assert "address" not in held(talap, bolat)


def test_bad_input_changes_nothing(talap, bolat):
    before = talap.ledger_size()
    path = f"/v1/persons/{bolat}/data"
    for body in ({}, {"values": []}, {"values": {}}, {"values": [1]}, {"values": [{}]}, {"values": [{"colour": "x"}]},
                 {"values": [{"category": "health", "purpose": "delivery", "value": "x", "source": "s"}]},
                 {"values": [{"category": "name", "purpose": "nothing", "value": "x", "source": "s"}]},
                 {"values": [{"category": "name", "purpose": "delivery", "value": "x" * 10001, "source": "s"}]},
                 {"values": [{"category": "name", "purpose": "delivery", "value": "x", "source": "s", "collected_at": "2099-01-01"}]},
                 {"values": [{"category": "name", "purpose": "delivery", "value": "x", "source": "s"}], "more": 1},
                 {"values": [{"category": "name", "purpose": "delivery", "value": "x", "source": "s"}] * 101}):
        answer = talap.call("POST", path, roles="service", json=body)
        assert answer.status_code == 422 and answer.json()["errors"], (body, answer.text)
    nobody = "0190f3c2-0000-7000-8000-000000000000"
    assert record(talap, nobody, name="x").status_code == 404
    assert record(talap, "not-an-id", name="x").status_code == 404
    consent(talap, {"id": "client-78", "full_name": "Сәуле"}, categories=["name"])
    other = find(talap, id="client-78")
    before = talap.ledger_size()
    answer = record(talap, other, address="x")
    assert answer.status_code == 409 and answer.json()["code"] == "no_basis", answer.text
    assert talap.ledger_size() == before


def test_a_repeated_recording_is_one(talap, bolat):
    def send(value):
        return talap.call("POST", f"/v1/persons/{bolat}/data", roles="service", headers={"Idempotency-Key": "once"}, json={
            "values": [{"category": "address", "purpose": "delivery", "value": value, "source": "s"}]})
    assert send("Тараз").status_code == 201
    size = talap.ledger_size()
    assert send("Тараз").status_code == 201
    assert talap.ledger_size() == size
    assert send("Шымкент").status_code == 422
    assert held(talap, bolat)["address"] == "Тараз"


def test_a_key_is_for_one_person(talap, bolat):
    """The same key and body, but another's address: refused or done, and never answered with the first one's."""
    consent(talap, {"id": "client-78", "full_name": "Сәуле"})
    other = find(talap, id="client-78")
    key = {"Idempotency-Key": "one-key"}
    for person in (bolat, other):
        answer = talap.call("POST", f"/v1/persons/{person}/data", roles="service", headers=key, json={"values": [
            {"category": "income", "purpose": "delivery", "value": "417350", "source": "s"}]})
        assert answer.status_code == 201, answer.text
    assert held(talap, other) == {"income": "417350"}
    hold = {"norm": "АПК 152-бап", "reason": "сотта"}
    leaves = {talap.call("POST", f"/v1/persons/{person}/holds", roles=OWNER, headers=key, json=hold).json()["leaf_index"]
              for person in (bolat, other)}
    assert len(leaves) == 2
    for person in (bolat, other):
        holds = talap.call("GET", f"/v1/persons/{person}/holds", roles=OWNER).json()["holds"]
        assert [h["stands"] for h in holds] == [True]
        assert talap.call("DELETE", f"/v1/persons/{person}/holds/{holds[0]['leaf_index']}", roles=OWNER).status_code == 204
        answer = talap.call("POST", f"/v1/persons/{person}/destruction", roles=OWNER, headers=key, json={"ground": "pdl.18.1"})
        assert answer.status_code == 202, answer.text
    for person in (bolat, other):
        assert wait_until_done(talap, person)["state"] == "done"


def test_a_program_reads_what_it_may(talap, bolat):
    """Withdrawn, a value is not handed to programs any more; who answers for the processing sees it until it goes."""
    leaf = talap.call("GET", f"/v1/persons/{bolat}/consents", roles="service").json()["consents"][0]["consent"]
    assert talap.call("POST", f"/v1/consents/{leaf}/withdrawal", roles="service", json={}).status_code == 201
    answer = talap.call("GET", f"/v1/persons/{bolat}/data", roles="service").json()
    assert answer == {"values": [], "withheld": 3}
    answer = talap.call("GET", f"/v1/persons/{bolat}/data", roles=OWNER).json()
    assert len(answer["values"]) == 3 and answer["withheld"] == 0


def test_a_hold_refuses_destruction_with_its_ground(talap, bolat):
    path = f"/v1/persons/{bolat}/holds"
    assert talap.call("POST", path, roles="service", json={"norm": "x", "reason": "y"}).status_code == 403
    assert talap.call("POST", path, roles=OWNER, json={"norm": "x"}).status_code == 422
    answer = talap.call("POST", path, roles=OWNER, json={"norm": "x", "reason": "y", "until": "2020-01-01"})
    assert answer.status_code == 422 and answer.json()["code"] == "hold_past"
    hold = talap.call("POST", path, roles=OWNER, json={"norm": "Салық кодексі 25", "reason": "бес жыл"}).json()["leaf_index"]
    answer = talap.call("POST", f"/v1/persons/{bolat}/destruction", roles=OWNER, json={"ground": "pdl.18.1"})
    assert answer.status_code == 409 and answer.json()["code"] == "held" and "Салық кодексі 25" in answer.json()["detail"]
    assert talap.call("GET", path, roles="auditor").json()["holds"][0]["stands"] is True
    assert talap.call("DELETE", f"{path}/{hold}", roles=OWNER).status_code == 204
    assert talap.call("DELETE", f"{path}/{hold}", roles=OWNER).status_code == 409
    assert talap.call("DELETE", f"{path}/999999", roles=OWNER).status_code == 404
    assert talap.call("POST", f"/v1/persons/{bolat}/destruction", roles="service", json={"ground": "pdl.18.1"}).status_code == 403
    assert talap.call("POST", f"/v1/persons/{bolat}/destruction", roles=OWNER, json={"ground": "pdl.18.77"}).status_code == 422
    assert held(talap, bolat)["name"] == NAME


def test_nothing_can_be_found_after_destruction(talap, bolat, tmp_path):
    values = (NAME, "Ахметов", EMAIL, PHONE, "7015550142", ADDRESS, "Бұқар жырау")
    talap.complain(contact_email=EMAIL, contact_name=NAME)
    wrapped = talap.rows(f"SELECT wrapped_key FROM subject WHERE id = '{bolat}'")[0][0]
    sealed = [row[0] for row in talap.rows("SELECT sealed FROM person_record")]
    assert files_hold(talap, *values) == set(), "nothing stands there in plain even before"
    assert files_hold(talap, ID, wrapped, *sealed) == {ID, wrapped, *sealed}, "or the search would see nothing"
    assert talap.call("POST", f"/v1/persons/{bolat}/destruction", roles=OWNER, json={"ground": "pdl.18.1"}).status_code == 202
    done = wait_until_done(talap, bolat)
    assert done["ground"] == "pdl.18.1" and done["backups"] == []
    assert files_hold(talap, *values, ID, wrapped, *sealed) == set()
    assert find(talap, id=ID) is None and find(talap, email=EMAIL) is None and find(talap, phone=PHONE) is None
    answer = record(talap, bolat, name="x")
    assert answer.status_code == 409 and answer.json()["code"] == "person_destroyed"
    assert held(talap, bolat) == {}
    assert [kind for kind in history(talap, bolat) if kind.startswith("destruction.")] == [
        "destruction.done", "destruction.verified", "destruction.executed", "destruction.intended"]
    # Asked for again: somebody new, about whom nothing is known.
    consent(talap, {"id": ID, "email": EMAIL, "full_name": NAME})
    assert find(talap, id=ID) not in (None, bolat)
    talap.stop()
    assert '"valid":true' in talap.command("verify", "--json").stdout.replace(" ", "")
    assert files_hold(talap, *values, wrapped, *sealed) == set()
    talap.start()


def test_backups_that_remain_are_listed_until_they_are_gone(talap, bolat, tmp_path):
    talap.command("backup", str(tmp_path / "one.db"))
    talap.command("backup", str(tmp_path / "two.db"), "--backup-kept-days", "7")
    listed = [line.split("\t") for line in talap.command("backup", "list").stdout.splitlines()]
    assert len(listed) == 2 and all(line[3] == "kept" for line in listed)
    talap.command("backup", "gone", listed[0][0])
    assert talap.command("backup", "gone", listed[0][0], check=False).returncode == 1
    assert [backup["id"] for backup in talap.call("GET", "/v1/backups", roles=OWNER).json()["backups"]] == [listed[1][0]]
    assert talap.call("POST", f"/v1/persons/{bolat}/destruction", roles=OWNER, json={"ground": "pdl.18.2"}).status_code == 202
    backups = wait_until_done(talap, bolat)["backups"]
    assert [backup["id"] for backup in backups] == [listed[1][0]]
    made, gone = (time.mktime(time.strptime(backups[0][key][:19], "%Y-%m-%dT%H:%M:%S")) for key in ("made_at", "gone_at"))
    assert gone - made == 7 * 86400
    # A copy that could not be made is not listed.
    assert talap.command("backup", str(tmp_path / "no" / "such" / "folder.db"), check=False).returncode == 1
    assert len(talap.command("backup", "list").stdout.splitlines()) == 1


def test_a_destruction_that_was_cut_off_is_finished(tmp_path):
    talap = Talap(tmp_path).init().start()
    chance = random.Random(18)
    assert talap.call("PUT", "/v1/processing/purpose/delivery", roles=OWNER, json=PURPOSE).status_code in (200, 201)
    for round_ in range(int(os.environ.get("TALAP_KILLS", "6"))):
        people = []
        for i in range(4):
            consent(talap, {"id": f"cut-{round_}-{i}", "email": f"cut{round_}.{i}@example.kz", "full_name": NAME})
            people.append(find(talap, id=f"cut-{round_}-{i}"))
            assert record(talap, people[-1], name=NAME, address=ADDRESS).status_code == 201
        for person in people:
            assert talap.call("POST", f"/v1/persons/{person}/destruction", roles=OWNER, json={"ground": "pdl.18.1"}).status_code == 202
        time.sleep(chance.uniform(0, 1.2))
        talap.kill()
        # Never half: the key stands and opens, or nothing at all is left.
        for person in people:
            serial, key, state, records, lookups = talap.rows(
                "SELECT p.serial, s.wrapped_key, d.state, (SELECT count(*) FROM person_record r WHERE r.person = p.serial), "
                "(SELECT count(*) FROM subject_lookup l WHERE l.subject_id = s.id) FROM person p "
                "JOIN subject s ON s.id = p.subject_id JOIN destruction d ON d.person = p.serial "
                f"WHERE p.subject_id = '{person}'")[0]
            assert (key is not None, records, lookups) == ((True, 2, 1) if state == "intended" else (False, 0, 0)), state
        talap.start()
        for person in people:
            wait_until_done(talap, person)
            assert held(talap, person) == {}
        assert files_hold(talap, f"cut{round_}.0@example.kz", f"cut-{round_}-0") == set()
    talap.stop()
    assert '"valid":true' in talap.command("verify", "--json").stdout.replace(" ", "")


def test_the_command_line_holds_and_destroys(talap, bolat):
    hold = talap.command("person", "hold", ID, "--name", "АПК 152", "--days", "30").stdout.strip()
    assert talap.command("person", "destroy", ID, "--ground", "pdl.18.1", check=False).returncode == 1
    talap.command("person", "lift", ID, hold)
    talap.command("person", "destroy", bolat, "--ground", "pdl.18.1")
    assert wait_until_done(talap, bolat)["state"] == "done"
    assert files_hold(talap, ID, EMAIL, ADDRESS) == set()
    assert talap.command("person", "destroy", ID, "--ground", "pdl.18.1", check=False).returncode == 1


def test_a_master_key_that_is_missing_or_wrong_is_named(tmp_path):
    talap = Talap(tmp_path).init()
    wanted = talap.rows("SELECT json FROM setting WHERE name = 'master_key_id'")[0][0].strip('"')
    key = os.path.join(talap.var, "master.key")
    shutil.move(key, key + ".away")
    done = talap.command("serve", "--port", "0", check=False)
    assert done.returncode == 1 and wanted in done.stderr, done.stderr
    assert not os.path.exists(key), "no other is made in its place"
    with open(key, "w") as file:
        file.write("0" * 63 + "1\n")
    os.chmod(key, 0o600)
    done = talap.command("serve", "--port", "0", check=False)
    assert done.returncode == 1 and wanted in done.stderr, done.stderr


# --- Depersonalisation --------------------------------------------------------------------------------------------------

WANTED = {
    "purpose": "delivery", "research": "statistical", "k": 3, "l": 2,
    "columns": [{"category": "birth_date", "how": "age_band", "width": 20}, {"category": "address", "how": "first_part"},
                {"category": "name", "how": "drop"}, {"category": "income", "how": "band", "width": 100000, "sensitive": True}],
}


@pytest.fixture
def many(talap):
    people = []
    for i in range(12):
        consent(talap, {"id": f"p-{i}", "full_name": f"Адам {i}"})
        person = find(talap, id=f"p-{i}")
        people.append(person)
        assert record(talap, person, name=f"Құпия Есім {i}", birth_date=f"{1980 + i % 2 * 20}-05-0{1 + i % 9}",
                      address=("Алматы" if i < 10 else f"Ауыл {i}") + f", {i}-көше", income=str(150000 * (1 + i % 4))).status_code == 201
    return people


def test_an_export_tells_nobody(talap, many):
    answer = talap.call("POST", "/v1/depersonalisations", roles=OWNER, json=WANTED)
    assert answer.status_code == 201, answer.text
    report, text = answer.json()["report"], answer.json()["csv"]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["birth_date", "address", "income"]
    assert report["rows"] == len(rows) == 10 and report["suppressed"] == 2 and report["people"] == 12
    groups = {}
    for row in rows:
        groups.setdefault((row["birth_date"], row["address"]), []).append(row["income"])
    assert min(map(len, groups.values())) == report["k_reached"] >= 3
    assert min(len(set(values)) for values in groups.values()) == report["l_reached"] >= 2
    for secret in ("Құпия", "көше", "Ауыл", "p-1", *many):
        assert secret not in text
    assert [column["how"] for column in report["columns"]] == ["age_band", "first_part", "drop", "band"]
    # Refused instead, when asked so; and who is blocked or gone is not in it.
    answer = talap.call("POST", "/v1/depersonalisations", roles=OWNER, json={**WANTED, "small": "refuse"})
    assert answer.status_code == 409 and answer.json()["code"] == "depersonalisation_small_groups"
    done = talap.command("depersonalise", "-", stdin=json.dumps(WANTED))
    assert done.stdout.replace("\r", "") == text.replace("\r", "") and '"k_reached"' in done.stderr
    kinds = [row[0] for row in talap.rows("SELECT kind FROM event WHERE kind LIKE 'depersonalisation%'")]
    assert kinds == ["depersonalisation.made"] * 2


def test_what_identifies_is_no_column(talap, many):
    for columns, field, code in (
            ([{"category": "name", "how": "first_letters"}], "columns.0.category", "column_identifies"),
            ([{"category": "phone", "how": "keep"}], "columns.0.category", "column_identifies"),
            ([{"category": "address", "how": "keep"}], "columns.0.category", "column_identifies"),
            ([{"category": "health", "how": "keep"}], "columns.0.category", "category_not_of_purpose"),
            ([{"category": "income", "how": "band"}], "columns.0.width", "required"),
            ([{"category": "income", "how": "melt"}], "columns.0.how", "not_an_option"),
            ([], "columns", "required"), ([{"category": "name", "how": "drop"}], "columns", "required")):
        answer = talap.call("POST", "/v1/depersonalisations", roles=OWNER, json={**WANTED, "l": 1, "columns": columns})
        assert answer.status_code == 422, (columns, answer.text)
        assert {(error["field"], error["code"]) for error in answer.json()["errors"]} >= {(field, code)}, answer.text
    for change in ({"k": 1}, {"k": "5"}, {"l": 5000}, {"research": "fun"}, {"purpose": "nothing"}, {"small": "ignore"}, {"x": 1}):
        assert talap.call("POST", "/v1/depersonalisations", roles=OWNER, json={**WANTED, **change}).status_code == 422, change
    assert talap.call("POST", "/v1/depersonalisations", roles="service", json=WANTED).status_code == 403
