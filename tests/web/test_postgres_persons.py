"""Personal data on PostgreSQL: what one node takes in, the next decision of the other knows; moments past; a withdrawal by two
at once; a destruction that both see; the cabinet; and a backup to the other engine with people in it."""
import os
import threading
import time

import pytest

from people import EMAIL, fill
from talap import Talap, until
from test_authzen_persons import OPERATOR, ask, codes, find, give, person, set_entry
from test_cabinet import Visitor, letter_code
from test_mail import Postbox
from test_postgres import Database, verify
from test_vault import held, history, record, wait_until_done

pytestmark = pytest.mark.skipif(os.environ.get("TALAP_TEST_POSTGRES") == "none",
                                reason="PostgreSQL is left out: TALAP_TEST_POSTGRES=none")
CATEGORIES = ["name", "phone", "address"]
T = {"kk": "Атауы", "ru": "Название", "en": "Title"}


@pytest.fixture
def database():
    database = Database()
    yield database
    database.drop()


@pytest.fixture
def nodes(tmp_path, database):
    one = Talap(tmp_path, store=database.url).init().start()
    two = Talap(tmp_path, store=database.url).start()
    two.tokens = one.tokens
    set_entry(one, "recipient", "bank", {"title": T, "country": "KZ", "kinds": ["third_person"]})
    set_entry(one, "purpose", "delivery", {
        "title": T, "norm": "Шарт", "categories": CATEGORIES, "basis": "consent", "recipients": ["bank"],
        "retention": {"amount": 3, "unit": "year", "after": "collected"}})
    yield one, two
    one.stop()
    two.stop()
    assert not any("level=warning" in line for line in one.lines + two.lines), (one.lines, two.lines)


def now(service):
    return ask(service, "use", person("client-1"))


def test_the_next_decision_of_the_other_node_knows(nodes):
    one, two = nodes
    assert codes(now(two)[1]) == {"person_unknown"}
    given = give(one, "client-1")
    for service in nodes:
        yes, context = now(service)
        assert yes and context["consent"] == given["consent"], context
    time.sleep(1.1)  # moments of the past are asked for in whole seconds
    between = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    time.sleep(1.1)
    withdrawn = two.call("POST", f"/v1/consents/{given['consent']}/withdrawal", "service", json={})
    assert withdrawn.status_code == 201, withdrawn.text
    for service in nodes:
        yes, context = now(service)
        assert not yes and "consent_withdrawn" in codes(context), context
        yes, context = ask(service, "use", person("client-1"), context={"at": between})
        assert yes, context
        yes, context = ask(service, "use", person("client-1"), context={"at": "2020-01-01T00:00:00+05:00"})
        assert not yes
    # A batch, each of a person whom the other node took in just before.
    for i in range(10, 20):
        give(nodes[i % 2], f"client-{i}")
        answer = nodes[1 - i % 2].call("POST", "/access/v1/evaluations", "service", json={
            "subject": OPERATOR, "action": {"name": "use"},
            "evaluations": [{"resource": person(f"client-{i}")}, {"resource": person("nobody")}]}).json()
        assert [item["decision"] for item in answer["evaluations"]] == [True, False]
    verify(one)


def test_withdrawn_at_both_nodes_at_once_one_is_told_so(nodes):
    consents = [give(nodes[i % 2], f"client-{i}")["consent"] for i in range(6)]
    for consent in consents:
        answers = []

        def withdraw(service, consent=consent, answers=answers):
            answers.append(service.call("POST", f"/v1/consents/{consent}/withdrawal", "service", json={}))

        threads = [threading.Thread(target=withdraw, args=(service,)) for service in nodes * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409], [a.text for a in answers]
        assert {a.json()["code"] for a in answers if a.status_code == 409} == {"consent_already_withdrawn"}
    verify(nodes[0])


def test_the_same_key_at_both_nodes_gives_one_consent(nodes, database):
    body = {"person": {"id": "client-1", "full_name": "Ахметова Айгүл"}, "purpose": "delivery", "categories": CATEGORIES,
            "operator": {"name": "Әлем", "bin": "100140002347"}, "third_persons": False, "cross_border": False, "publication": False,
            "way": "electronic", "text": {"text": "Келісемін.", "lang": "kk", "version": "1"}}
    answers = []
    threads = [threading.Thread(target=lambda service=service: answers.append(service.call(
        "POST", "/v1/consents", "service", json=body, headers={"Idempotency-Key": "both"}))) for service in nodes * 4]
    nodes[0].token("service")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.json()["consent"] for answer in answers}) == 1
    assert database.ask("SELECT count(*) FROM consent") == ["1"] and database.ask("SELECT count(*) FROM person") == ["1"]
    verify(nodes[0])


def test_a_destruction_is_carried_out_once_and_both_see_it(nodes, database, tmp_path):
    one, two = nodes
    give(one, "client-1")
    give(one, "client-2")
    subjects = [find_person(two, f"client-{i}") for i in (1, 2)]
    for subject in subjects:
        assert record(two, subject, name="Болат Ахметов", phone="+77015550142").status_code == 201
    assert held(one, subjects[0]) == {"name": "Болат Ахметов", "phone": "+77015550142"}
    answer = one.call("POST", f"/v1/persons/{subjects[0]}/destruction", "responsible", json={"ground": "pdl.18.1"})
    assert answer.status_code == 202, answer.text
    done = wait_until_done(two, subjects[0])
    assert done["ground"] == "pdl.18.1"
    for service in nodes:
        assert codes(now(service)[1]) == {"person_unknown"}
        assert codes(ask(service, "use", person(subjects[0]))[1]) == {"destroyed"}
        assert ask(service, "use", person("client-2"))[0]
        assert find_person(service, "client-1") is None and held(service, subjects[0]) == {}
        assert [kind for kind in history(service, subjects[0]) if kind.startswith("destruction.")] == [
            "destruction.done", "destruction.verified", "destruction.executed", "destruction.intended"]
    assert held(two, subjects[1]) == {"name": "Болат Ахметов", "phone": "+77015550142"}
    for table, column in (("subject", "id"), ("subject_lookup", "subject_id")):
        rows = database.ask(f"SELECT count(*) FROM {table} WHERE {column} = '{subjects[0]}'" +
                            (" AND wrapped_key IS NOT NULL AND length(wrapped_key) > 0" if table == "subject" else ""))
        assert rows == ["0"], table
    assert database.ask("SELECT count(*) FROM person_record") == ["2"]
    verify(one)
    copy = str(tmp_path / "copy.db")
    one.command("backup", copy)
    there = Talap(tmp_path, store=str(tmp_path / "restored.db"))
    there.command("restore", copy)
    verify(there)
    back = Database()
    try:
        again = Talap(tmp_path, store=back.url)
        again.command("restore", copy)
        verify(again)
        again.tokens = one.tokens
        again.start()
        assert ask(again, "use", person("client-2"))[0] and codes(now(again)[1]) == {"person_unknown"}
        again.stop()
    finally:
        back.drop()


def find_person(service, name):
    answer = service.call("POST", "/v1/persons/find", "service", json={"id": name})
    return answer.json()["person"] if answer.status_code == 200 else None


def test_who_may_be_searched(nodes):
    one, two = nodes
    for i in range(5):
        give(one, f"client-{i}")
    body = {"subject": OPERATOR, "action": {"name": "use"},
            "resource": {"type": "person", "properties": {"purpose": "delivery", "categories": ["name"]}}, "page": {"limit": 2}}
    seen, token = set(), None
    for _ in range(10):
        answer = find(two, "resource", {**body, "page": {"limit": 2, **({"token": token} if token else {})}})
        seen |= {item["id"] for item in answer["results"]}
        token = answer.get("page", {}).get("next_token")
        if not token:
            break
    assert seen == {f"client-{i}" for i in range(5)}, answer


def test_the_cabinet(tmp_path, database):
    (tmp_path / "post").mkdir()
    box = Postbox(tmp_path / "post")
    service = Talap(tmp_path, store=database.url).init()
    service.start("--mail-url", box.url, "--mail-from", "talap@alan.example.kz", "--mail-allow-private")
    service.box, service.seen = box, set()
    try:
        leaves = fill(service)
        visitor = Visitor(service).enter(EMAIL, lambda: letter_code(service))
        page = visitor.get("/kk/cabinet/consents")
        assert page.status_code == 200 and leaves, page.text
        assert database.ask("SELECT count(*) FROM person_session") == ["1"]
        assert database.ask("SELECT count(*) FROM person_code WHERE used_usec IS NOT NULL") == ["1"]
        for _ in range(2):  # letters to nobody are asked for as to somebody
            assert Visitor(service).ask("nobody@example.kz").status_code == 200
        until(lambda: database.ask("SELECT count(*) FROM person_code WHERE state = 'asked'") == ["0"])
    finally:
        service.stop()
        box.stop()
    verify(service)
