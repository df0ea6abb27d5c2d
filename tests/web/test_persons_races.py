"""A person is destroyed while everybody is busy with them: consents and values arrive, a file is read in, holds come and
go, and they themselves are in their cabinet. Whatever the order, nothing of theirs is left and the store verifies."""
import os
import threading
import time

import pytest

from people import EMAIL, fill
from talap import Talap
from test_cabinet import Visitor, letter_code
from test_mail import Postbox
from test_postgres import Database
from test_vault import history, wait_until_done

OWNER = "responsible"
TOLD = {200, 201, 202, 204, 303, 404, 409}


@pytest.fixture(params=["sqlite", "postgres"])
def busy(request, tmp_path):
    database = None
    if request.param == "postgres":
        if os.environ.get("TALAP_TEST_POSTGRES") == "none":
            pytest.skip("PostgreSQL is left out: TALAP_TEST_POSTGRES=none")
        database = Database()
    (tmp_path / "post").mkdir()
    box = Postbox(tmp_path / "post")
    service = Talap(tmp_path, store=database.url if database else None).init()
    service.start("--mail-url", box.url, "--mail-from", "talap@alan.example.kz", "--mail-allow-private")
    service.box, service.seen = box, set()
    fill(service)
    yield service
    service.stop()
    box.stop()
    if database:
        database.drop()


def at_once(seconds, *works):
    """Each of them over and over; what any of them found wrong."""
    end, wrong = time.time() + seconds, []

    def run(work):
        try:
            while time.time() < end:
                work()
        except Exception as found:  # told by the thread that asked
            wrong.append(repr(found))

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_destroyed_in_the_middle_of_everything(busy):
    def call(method, path, roles, **options):
        answer = busy.call(method, path, roles, **options)
        assert answer.status_code in TOLD, (path, answer.status_code, answer.text)
        return answer

    person = call("POST", "/v1/persons/find", "service", json={"id": "kz-1"}).json()["person"]
    visitor = Visitor(busy).enter(EMAIL, lambda: letter_code(busy))
    begun, entered = [], visitor.get("/kk/cabinet/data")
    assert entered.status_code == 200 and EMAIL not in entered.url
    for roles in ("service", OWNER):
        busy.token(roles)

    def consents():
        call("POST", "/v1/consents", "service", json={
            "person": {"id": "kz-1", "email": EMAIL, "full_name": "Айгерім Серікқызы"}, "purpose": "delivery",
            "operator": {"name": "Алаң ЖШС", "bin": "990140004654"}, "categories": ["name", "email"], "third_persons": False,
            "cross_border": False, "publication": False, "automated": False, "way": "electronic",
            "text": {"text": "Келісемін.", "lang": "kk", "version": "3"}})

    def values():
        call("POST", f"/v1/persons/{person}/data", "service", json={"values": [
            {"category": "name", "purpose": "delivery", "value": "Айгерім Серікқызы", "source": "өтініш"}]})

    def holds():
        answer = call("POST", f"/v1/persons/{person}/holds", OWNER, json={"norm": "АПК 152-бап", "reason": "сотта"})
        if answer.status_code == 201:
            call("DELETE", f"/v1/persons/{person}/holds/{answer.json()['leaf_index']}", OWNER)

    def destroy():
        answer = call("POST", f"/v1/persons/{person}/destruction", OWNER, json={"ground": "pdl.18.1"})
        if answer.status_code == 202:
            begun.append(answer.json()["leaf_index"])
        time.sleep(0.05)

    def cabinet():
        for path in ("/kk/cabinet/data", "/kk/cabinet/talap.json", "/kk/cabinet/consents"):
            answer = visitor.get(path, follow=False)
            assert answer.status_code in (200, 303), (path, answer.status_code, answer.text)

    assert at_once(6, consents, values, holds, destroy, destroy, cabinet) == []
    assert len(begun) == 1
    wait_until_done(busy, person)
    assert visitor.get("/kk/cabinet/data", follow=False).status_code == 303
    assert busy.call("GET", f"/v1/persons/{person}/data", OWNER).json()["values"] == []
    told = busy.call("GET", f"/v1/persons/{person}", OWNER).json()
    assert told["id"] is None and told["destroyed_at"]
    states = {consent["state"] for consent in busy.call("GET", f"/v1/persons/{person}/consents", OWNER).json()["consents"]}
    assert "stands" not in states and "destroyed" in states
    assert history(busy, person).count("destruction.executed") == 1
    # Who came with the same names afterwards is somebody new, with none of the old one's history.
    again = busy.call("POST", "/v1/persons/find", "service", json={"id": "kz-1"})
    if again.status_code == 200:
        assert again.json()["person"] != person
        assert "person.entered" not in history(busy, again.json()["person"])
    busy.stop()
    busy.command("verify")


def test_two_withdrawals_and_an_end_at_once(busy):
    leaf = busy.call("POST", "/v1/consents", "service", json={
        "person": {"id": "kz-9", "full_name": "Ержан"}, "purpose": "delivery",
        "operator": {"name": "Алаң ЖШС", "bin": "990140004654"}, "categories": ["name"], "third_persons": False,
        "cross_border": False, "publication": False, "automated": False, "way": "electronic",
        "text": {"text": "Келісемін.", "lang": "kk", "version": "3"}}).json()["consent"]
    answers, barrier = [], threading.Barrier(6)

    def change(path):
        barrier.wait()
        answers.append(busy.call("POST", f"/v1/consents/{leaf}/{path}", "service", json={}).status_code)

    threads = [threading.Thread(target=change, args=(path,)) for path in ("withdrawal", "end") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[1:] == [409] * 5 and min(answers) in (200, 201), answers
    busy.stop()
    busy.command("verify")
