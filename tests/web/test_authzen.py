"""OpenID AuthZEN Authorization API 1.0: every case of the certification scenario and of the interop's Todo application,
answered from rules files of ours; every form of the specification's text; what is malformed."""
import base64
import json
import os
import re

import pytest
import requests

from talap import PASSWORD, ROOT, Talap

RULES = os.path.join(ROOT, "tests/web/rules")
ALICE, BOB = {"type": "user", "id": "alice"}, {"type": "user", "id": "bob"}
ADMIN = {"type": "user", "id": "bob", "properties": {"role": "admin"}}
READ, WRITE = {"name": "read"}, {"name": "write"}
ONE, TWO = {"type": "record", "id": "record-1"}, {"type": "record", "id": "record-2"}
ACTIVE, ARCHIVED = {**ONE, "properties": {"status": "active"}}, {**TWO, "properties": {"status": "archived"}}
CONTEXT = {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}


@pytest.fixture(scope="module")
def pdp(tmp_path_factory):
    """The fixture of the certification scenario."""
    service = Talap(tmp_path_factory.mktemp("pdp")).init()
    service.token("service")
    service.start("--rules", os.path.join(RULES, "certification.yaml"), "--public-url", "https://pdp.example.kz/",
                  "--decision-log", "whole")
    yield service
    service.stop()


def post(service, path, body, roles="service", **options):
    return service.call("POST", "/access/v1/" + path, roles, json=body, **options)


def ask(service, subject, action, resource, **more):
    answer = post(service, "evaluation", {"subject": subject, "action": action, "resource": resource, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert isinstance(body["decision"], bool) and isinstance(body.get("context", {}), dict)
    return body["decision"]


def decisions(service, body):
    answer = post(service, "evaluations", body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert "decision" not in found
    return [one["decision"] for one in found["evaluations"]]


def found(service, what, body):
    answer = post(service, "search/" + what, body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    page = answer.json()
    assert isinstance(page["results"], list) and page["page"]["count"] == len(page["results"])
    return page["results"]


# --- The certification scenario -------------------------------------------------------------------------------------

@pytest.mark.parametrize("subject, action, resource, decision", [
    (ALICE, READ, ONE, True),
    (ALICE, WRITE, ONE, True),
    (BOB, READ, ONE, True),
    (BOB, WRITE, ONE, False),
    (ALICE, WRITE, ARCHIVED, False),
    (ALICE, WRITE, {**ONE, "properties": {"status": "archived"}}, False),
    (ADMIN, WRITE, ARCHIVED, True),
    (ALICE, {"name": "delete", "properties": {"soft": True}}, ONE, True),
    (ALICE, {"name": "delete", "properties": {"soft": False}}, ONE, False),
    (ALICE, {"name": "delete"}, ONE, False),
    ({"type": "user", "id": "eve"}, READ, ONE, False),
    (ALICE, READ, {"type": "ship", "id": "record-1"}, False),
])
def test_fixture(pdp, subject, action, resource, decision):
    assert ask(pdp, subject, action, resource) is decision
    assert ask(pdp, subject, action, resource, context=CONTEXT) is decision
    assert ask(pdp, subject, action, resource, foo="bar", futureField={"nested": True}) is decision
    for _ in range(3):
        assert ask(pdp, subject, action, resource) is decision


def test_more_properties_change_nothing(pdp):
    assert ask(pdp, {**ALICE, "properties": {"department": "Sales", "role": "manager"}}, {"name": "read", "properties": {"method": "GET"}},
               {**ONE, "properties": {"status": "active", "owner": "bob"}})


def test_an_answer_says_why(pdp):
    body = post(pdp, "evaluation", {"subject": ALICE, "action": WRITE, "resource": ONE}, headers={"Accept-Language": "en"}).json()
    assert body["context"]["decision"] == "allowed" and body["context"]["reasons"][0]["rule"] == "writers_write_active"
    body = post(pdp, "evaluation", {"subject": BOB, "action": WRITE, "resource": ONE}).json()
    assert body["context"]["decision"] == "gap" and body["context"]["reasons"][0]["code"] == "rule_missing"


WHOLE = {"subject": ALICE, "action": READ, "resource": ONE}


def without(*path):
    body = json.loads(json.dumps(WHOLE))
    inside = body
    for key in path[:-1]:
        inside = inside[key]
    del inside[path[-1]]
    return body


LACKING = [without(*p) for p in (["subject"], ["action"], ["resource"], ["subject", "type"], ["subject", "id"], ["action", "name"],
                                 ["resource", "type"], ["resource", "id"])]
WRONG = [{**WHOLE, "subject": "alice"}, {**WHOLE, "action": {"name": 123}}, {**WHOLE, "resource": []}, {**WHOLE, "subject": None},
         {**WHOLE, "context": "now"}, {**WHOLE, "subject": {"type": 1, "id": "alice"}}, {**WHOLE, "subject": {**ALICE, "properties": []}},
         {**WHOLE, "action": {**READ, "properties": "x"}}, {**WHOLE, "resource": {**ONE, "properties": 1}}]


@pytest.mark.parametrize("path", ["evaluation", "evaluations"])
@pytest.mark.parametrize("body", LACKING + WRONG)
def test_what_is_lacking_or_of_a_wrong_type(pdp, path, body):
    answer = post(pdp, path, body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] in ("authzen_missing", "authzen_wrong_type")


@pytest.mark.parametrize("path", ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"])
@pytest.mark.parametrize("body", [
    b"", b" ", b"{", b"[]", b"1", b'"x"', b"null", b"{}", b'{"subject":{"type":"user","id":"alice"},}', b'{"a":1}x', b"\xff", b'{"a":"\xff"}',
    b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"a":1,"a":2}',
    b'{"subject":{"type":"user","id":"alice","id":"bob"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}',
    b'{"subject":{"type":"user","id":"alice","\\u0069d":"bob"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}',
    b'{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"},"x":' + b"[" * 70 + b"]" * 70 + b"}",
    b'{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"},"x":01}',
    b'{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}\0}',
])
def test_malformed(pdp, path, body):
    answer = pdp.call("POST", "/access/v1/" + path, "service", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["status"] == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data; boundary=x", None])
def test_content_type(pdp, kind):
    headers = {"Content-Type": kind} if kind else {}
    answer = pdp.call("POST", "/access/v1/evaluation", "service", data=json.dumps(WHOLE).encode(), headers=headers)
    assert answer.status_code == 400 and answer.json()["code"] == "content_type_unsupported"
    answer = pdp.call("POST", "/access/v1/evaluation", "service", data=json.dumps(WHOLE).encode(),
                      headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 200 and answer.json()["decision"] is True


def test_methods_and_size(pdp):
    assert pdp.call("GET", "/access/v1/evaluation", "service").status_code == 405
    assert pdp.call("POST", "/.well-known/authzen-configuration", "service").status_code in (400, 405)
    answer = post(pdp, "evaluation", {**WHOLE, "x": "y" * 70000})
    assert answer.status_code == 413
    answer = post(pdp, "evaluations", {**WHOLE, "evaluations": [{}] * 10001})
    assert answer.status_code == 400 and answer.json()["code"] == "authzen_too_many"
    assert len(decisions(pdp, {**WHOLE, "evaluations": [{}] * 10000})) == 10000


def test_request_id(pdp):
    for status, body in ((200, WHOLE), (400, {})):
        answer = post(pdp, "evaluation", body, headers={"X-Request-ID": "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"})
        assert answer.status_code == status and answer.headers["X-Request-ID"] == "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"
    answer = requests.post(pdp.url + "/access/v1/evaluation", json=WHOLE, headers={"X-Request-ID": "any text, really; x=1"}, timeout=30)
    assert answer.status_code == 401 and answer.headers["X-Request-ID"] == "any text, really; x=1"
    assert "X-Request-ID" not in post(pdp, "evaluation", WHOLE).headers


# --- Many at once ---------------------------------------------------------------------------------------------------

def test_batches_of_the_scenario(pdp):
    assert len(decisions(pdp, {"subject": ALICE, "action": READ, "evaluations": [{"resource": ONE}, {"resource": TWO}]})) == 2
    assert decisions(pdp, {"subject": BOB, "resource": ONE, "evaluations": [{"action": READ}, {"action": WRITE}]}) == [True, False]
    assert decisions(pdp, {"subject": ALICE, "action": WRITE, "evaluations": [{"resource": ACTIVE}, {"resource": ARCHIVED}]}) == [True, False]
    assert decisions(pdp, {"action": WRITE, "resource": ARCHIVED, "evaluations": [{"subject": ALICE}, {"subject": ADMIN}]}) == [False, True]
    assert decisions(pdp, {"evaluations": [{"subject": ALICE, "action": READ, "resource": ONE},
                                           {"subject": BOB, "action": WRITE, "resource": ONE}]}) == [True, False]
    assert len(decisions(pdp, {"subject": ALICE, "action": READ, "context": CONTEXT, "evaluations": [
        {"resource": ONE}, {"resource": TWO, "context": {"time": "2025-06-27T19:00-07:00", "source": "batch-override"}}]})) == 2
    assert decisions(pdp, {"subject": ALICE, "action": WRITE, "resource": ACTIVE, "evaluations": [{}, {"resource": ARCHIVED}]}) == [True, False]


def test_what_overrides_a_default_replaces_it_whole(pdp):
    # record-1 without properties is the file's record-1, not the default's archived one.
    assert decisions(pdp, {"subject": ALICE, "action": WRITE, "resource": ARCHIVED, "evaluations": [{"resource": ONE}, {}]}) == [True, False]
    # An entity of an evaluation is not filled up from the default either.
    answer = post(pdp, "evaluations", {**WHOLE, "evaluations": [{"resource": {"type": "record"}}, {}]}).json()["evaluations"]
    assert [a["decision"] for a in answer] == [False, True] and answer[0]["context"]["error"]["place"] == "resource.id"


def test_defaults_in_any_order_of_members(pdp):
    body = '{"evaluations":[{},{"action":{"name":"write"}}],"resource":%s,"subject":%s,"action":%s}' % tuple(
        json.dumps(x) for x in (ONE, BOB, READ))
    answer = pdp.call("POST", "/access/v1/evaluations", "service", data=body, headers={"Content-Type": "application/json"})
    assert [a["decision"] for a in answer.json()["evaluations"]] == [True, False]


def test_errors_of_single_evaluations(pdp):
    answer = post(pdp, "evaluations", {"subject": ALICE, "action": READ, "options": {"evaluations_semantic": "execute_all"},
                                       "evaluations": [{"resource": ONE}, {}, {"resource": "x"}, 5, {"resource": ONE}]},
                  headers={"Accept-Language": "en"}).json()["evaluations"]
    assert [a["decision"] for a in answer] == [True, False, False, False, True]
    assert answer[1]["context"]["error"] == {"status": 400, "code": "authzen_missing", "place": "resource", "message": "The question lacks: resource"}
    assert all(a["context"]["error"]["status"] == 400 for a in answer[1:4])


@pytest.mark.parametrize("body", [
    {**WHOLE, "evaluations": {}}, {**WHOLE, "evaluations": "x"}, {**WHOLE, "evaluations": None}, {**WHOLE, "evaluations": [{}], "options": []},
    {**WHOLE, "evaluations": [{}], "options": {"evaluations_semantic": "all"}}, {**WHOLE, "evaluations": [{}], "options": {"evaluations_semantic": 1}},
    {**WHOLE, "subject": "alice", "evaluations": [{}]}, {**WHOLE, "context": [], "evaluations": [{}]},
])
def test_a_batch_that_is_wrong_as_a_whole(pdp, body):
    assert post(pdp, "evaluations", body).status_code == 400


def test_an_incomplete_default_that_nobody_takes(pdp):
    assert decisions(pdp, {"subject": ALICE, "action": READ, "resource": {}, "context": {}, "evaluations": [{"resource": ONE}]}) == [True]


def test_without_evaluations_it_is_one(pdp):
    for body in (WHOLE, {**WHOLE, "evaluations": []}, {**WHOLE, "options": {"another_option": "value"}}):
        answer = post(pdp, "evaluations", body)
        assert answer.status_code == 200 and answer.json()["decision"] is True and "evaluations" not in answer.json()
    # The other address does not know the word.
    assert post(pdp, "evaluation", {**WHOLE, "evaluations": [{"action": WRITE}]}).json()["decision"] is True


@pytest.mark.parametrize("semantic, wanted", [
    (None, [True, False, True, False]),
    ("execute_all", [True, False, True, False]),
    ("deny_on_first_deny", [True, False]),
    ("permit_on_first_permit", [True]),
])
def test_semantics(pdp, semantic, wanted):
    body = {"subject": BOB, "resource": ONE, "evaluations": [{"action": READ}, {"action": WRITE}, {"action": READ}, {"action": WRITE}]}
    if semantic:
        body["options"] = {"evaluations_semantic": semantic, "another_option": "value"}
    assert decisions(pdp, body) == wanted


def test_semantics_with_errors_and_beyond_a_chunk(pdp):
    fault, yes, no = {"action": {}}, {"action": READ}, {"action": WRITE}
    base = {"subject": BOB, "resource": ONE}

    def run(semantic, items):
        return decisions(pdp, {**base, "options": {"evaluations_semantic": semantic}, "evaluations": items})

    assert run("deny_on_first_deny", [yes, fault, yes]) == [True, False]
    assert run("permit_on_first_permit", [no, fault, yes, no]) == [False, False, True]
    assert run("permit_on_first_permit", [no, no]) == [False, False]
    assert run("deny_on_first_deny", [yes] * 200 + [no] + [yes] * 200) == [True] * 200 + [False]
    assert run("permit_on_first_permit", [no] * 64 + [yes]) == [False] * 64 + [True]
    assert run("execute_all", [yes, no] * 500) == [True, False] * 500


# --- Searches -------------------------------------------------------------------------------------------------------

def test_subject_search(pdp):
    body = {"subject": {"type": "user"}, "action": READ, "resource": ONE}
    wanted = [ALICE, BOB]
    assert found(pdp, "subject", body) == wanted
    assert found(pdp, "subject", {**body, "context": CONTEXT}) == wanted
    assert found(pdp, "subject", {**body, "subject": ALICE}) == wanted
    assert found(pdp, "subject", {**body, "subject": {"type": "user", "id": 7}}) == wanted
    assert found(pdp, "subject", {"subject": {"type": "user"}, "action": WRITE, "resource": ARCHIVED}) == [BOB]
    assert found(pdp, "subject", {**body, "foo": 1}) == wanted


def test_resource_search(pdp):
    body = {"subject": ALICE, "action": READ, "resource": {"type": "record"}}
    assert found(pdp, "resource", body) == [ONE, TWO]
    assert found(pdp, "resource", {**body, "context": CONTEXT}) == [ONE, TWO]
    assert found(pdp, "resource", {**body, "resource": ONE}) == [ONE, TWO]
    assert found(pdp, "resource", {"subject": ADMIN, "action": WRITE, "resource": {"type": "record"}}) == [TWO]
    assert found(pdp, "resource", {"subject": ALICE, "action": WRITE, "resource": {"type": "record"}}) == [ONE]


def test_action_search(pdp):
    body = {"subject": ALICE, "resource": ONE}
    assert found(pdp, "action", body) == [READ, WRITE]
    assert found(pdp, "action", {**body, "context": CONTEXT}) == [READ, WRITE]
    assert found(pdp, "action", {"subject": ADMIN, "resource": ARCHIVED}) == [READ, WRITE]
    assert found(pdp, "action", {**body, "action": {"name": "read"}}) == [READ, WRITE]


def test_every_result_is_a_yes(pdp):
    for subject in (ALICE, BOB, ADMIN):
        for resource in found(pdp, "resource", {"subject": subject, "action": WRITE, "resource": {"type": "record"}}):
            assert ask(pdp, subject, WRITE, resource)
        for action in found(pdp, "action", {"subject": subject, "resource": ONE}):
            assert ask(pdp, subject, action, ONE)


def test_searches_that_find_nothing(pdp):
    assert found(pdp, "action", {"subject": {"type": "user", "id": "nonexistent-user"}, "resource": ONE}) == []
    assert found(pdp, "subject", {"subject": {"type": "spaceship"}, "action": READ, "resource": ONE}) == []
    assert found(pdp, "resource", {"subject": ALICE, "action": READ, "resource": {"type": "spaceship"}}) == []
    assert found(pdp, "subject", {"subject": {"type": "user"}, "action": READ, "resource": {"type": "record", "id": "nothing"}}) != []
    assert found(pdp, "subject", {"subject": {"type": "user"}, "action": {"name": "fly"}, "resource": ONE}) == []
    assert found(pdp, "action", {"subject": ALICE, "resource": {"type": "x", "id": "y"}}) == []


@pytest.mark.parametrize("what, body", [
    ("subject", {"subject": {"type": "user"}, "resource": ONE}),
    ("resource", {"action": READ, "resource": {"type": "record"}}),
    ("action", {"subject": ALICE}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": {"type": "record"}}),
    ("resource", {"subject": {"type": "user"}, "action": READ, "resource": {"type": "record"}}),
    ("action", {"subject": {"type": "user"}, "resource": ONE}),
    ("action", {"subject": ALICE, "resource": {"type": "record"}}),
    ("subject", {"subject": {}, "action": READ, "resource": ONE}),
    ("subject", {"subject": {"type": "user"}, "action": {}, "resource": ONE}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": []}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": {"limit": -1}}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": {"limit": 1.5}}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": {"limit": "1"}}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": {"token": 1}}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": {"token": "x"}}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": {"token": "0" * 56}}),
    ("subject", {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": {"properties": 1}}),
])
def test_searches_refused(pdp, what, body):
    assert post(pdp, "search/" + what, body).status_code == 400


def test_paging(pdp):
    body = {"subject": {"type": "user"}, "action": READ, "resource": ONE, "page": {"limit": 1}}
    first = post(pdp, "search/subject", body).json()
    assert list(first) == ["page", "results"] and first["results"] == [ALICE] and first["page"]["count"] == 1
    token = first["page"]["next_token"]
    assert token
    for page in ({"token": token}, {"token": token, "limit": 1}):
        second = post(pdp, "search/subject", {**body, "page": page}).json()
        assert second["results"] == [BOB] and second["page"]["next_token"] == ""
    reordered = {"page": {"token": token}, "resource": {"id": "record-1", "type": "record"}, "action": READ, "subject": {"type": "user"}}
    assert post(pdp, "search/subject", reordered).json()["results"] == [BOB]
    # A token serves the search it was given for, and no other.
    for other in ({**body, "page": {"token": token, "limit": 2}}, {**body, "action": WRITE, "page": {"token": token}},
                  {**body, "context": {"x": 1}, "page": {"token": token}}, {**body, "page": {"token": token[:-1] + ("0" if token[-1] != "0" else "1")}}):
        answer = post(pdp, "search/subject", other)
        assert answer.status_code == 400 and answer.json()["code"] == "authzen_page"
    others = post(pdp, "search/subject", {**body, "page": {"token": token}}, roles="responsible")
    assert others.status_code == 400 and others.json()["code"] == "authzen_page"
    whole = post(pdp, "search/subject", {**body, "page": {"limit": 2}}).json()
    assert whole["page"] == {"next_token": "", "count": 2}
    assert post(pdp, "search/subject", {**body, "page": {}}).json() == whole
    assert post(pdp, "search/subject", {**body, "page": {"token": ""}}).json() == whole
    none = post(pdp, "search/subject", {**body, "page": {"limit": 0}}).json()
    assert none["results"] == [] and none["page"]["next_token"]
    actions = post(pdp, "search/action", {"subject": ALICE, "resource": ONE, "page": {"limit": 1}}).json()
    assert actions["results"] == [READ]
    actions = post(pdp, "search/action", {"subject": ALICE, "resource": ONE, "page": {"token": actions["page"]["next_token"]}}).json()
    assert actions["results"] == [WRITE] and actions["page"]["next_token"] == ""


# --- Where, and who -------------------------------------------------------------------------------------------------

def test_configuration(pdp):
    answer = requests.get(pdp.url + "/.well-known/authzen-configuration", timeout=30)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    base = "https://pdp.example.kz"
    assert answer.json() == {"policy_decision_point": base, "access_evaluation_endpoint": base + "/access/v1/evaluation",
                             "access_evaluations_endpoint": base + "/access/v1/evaluations",
                             "search_subject_endpoint": base + "/access/v1/search/subject",
                             "search_resource_endpoint": base + "/access/v1/search/resource",
                             "search_action_endpoint": base + "/access/v1/search/action"}


@pytest.mark.parametrize("path", ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"])
def test_who_may_ask(pdp, path):
    body = {"subject": ALICE, "action": READ, "resource": ONE}
    for roles in ("service", "responsible", "admin"):
        assert post(pdp, path, body, roles).status_code == 200
    for roles in ("moderator", "auditor"):
        assert post(pdp, path, body, roles).status_code == 403
    assert post(pdp, path, body, None).status_code == 401
    for header in ("Bearer talap_" + "a" * 43, "Bearer", "Basic YTpi"):
        answer = requests.post(pdp.url + "/access/v1/" + path, json=body, headers={"Authorization": header}, timeout=30)
        assert answer.status_code == 401


def test_a_revoked_token_is_refused_at_once(pdp):
    pdp.user("leaver", "service")
    secret = pdp.command("token", "add", "leaver", "--name", "short").stdout.split()[1]
    header = {"Authorization": "Bearer " + secret}

    def status():
        return requests.post(pdp.url + "/access/v1/evaluation", json=WHOLE, headers=header, timeout=30).status_code

    assert [status() for _ in range(3)] == [200] * 3
    listed = pdp.call("GET", "/v1/tokens", "admin").json()["tokens"]
    mine = [t for t in listed if t["name"] == "short"][-1]
    assert pdp.call("DELETE", "/v1/tokens/" + mine["id"], "admin").status_code == 204
    assert status() == 401


# --- What is counted and logged -------------------------------------------------------------------------------------

def test_decisions_are_counted_and_logged_without_values(pdp):
    def figures():
        text = pdp.call("GET", "/metrics").text
        return {answer: int(re.search(r'talap_decisions_total{by="rules",answer="%s"} (\d+)' % answer, text).group(1))
                for answer in ("allowed", "prohibited", "gap")}

    before, lines = figures(), len(pdp.lines)
    ask(pdp, ALICE, READ, ONE)
    ask(pdp, {"type": "user", "id": "secret-somebody", "properties": {"x": "secret-value"}}, {"name": "secret-action"},
        {"type": "secret-type", "id": "secret-id"})
    after = figures()
    assert after["allowed"] == before["allowed"] + 1 and after["gap"] == before["gap"] + 1
    text = pdp.call("GET", "/metrics").text
    for name in ("talap_persons", "talap_consents", "talap_index_bytes", "talap_index_age_seconds", "talap_index_build_seconds"):
        assert re.search(rf"^{name} [0-9.]+$", text, re.M), name
    logged = "".join(pdp.lines[lines:])
    assert "secret" not in logged
    assert re.search(r"decision.* type=record action=read answer=allowed rule=users_read", logged)
    assert re.search(r"decision.* type=- action=- answer=gap", logged)


@pytest.mark.parametrize("value", ["some", "sampled", "sampled 0", "sampled -1", "sampled x", "Whole", ""])
def test_the_log_is_told_plainly(tmp_path, value):
    done = Talap(tmp_path).command("routes", check=False, extra=("--decision-log", value))
    assert done.returncode != 0 and "decision-log" in done.stderr


def test_a_wrong_rules_file_is_refused_at_start(tmp_path):
    service = Talap(tmp_path).init()
    path = os.path.join(tmp_path, "rules.yaml")
    for text, code in (("rules:\n  - {id: a, effect: permit, resource: {type: person}}\n", "rules.yaml:2"),
                       ("rules:\n  - {id: a, effect: allow, resource: {type: x}}\n", "rules.yaml:2")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = service.command("serve", check=False, extra=("--rules", path, "--port", "0"))
        assert done.returncode != 0 and code in done.stderr, done.stderr
    done = service.command("serve", check=False, extra=("--rules", path + "x", "--port", "0"))
    assert done.returncode != 0


# --- The interop's Todo application ---------------------------------------------------------------------------------

def pid(digit):
    return base64.b64encode(b"\n$fd" + digit.encode() + b"614d3-c39a-4781-b7bd-8b96f5a5100d\x12\x05local").decode()


TODO_USERS = {"rick": (pid("0"), "rick@the-citadel.com", "92"), "morty": (pid("1"), "morty@the-citadel.com", "91"),
              "summer": (pid("2"), "summer@the-smiths.com", "93"), "beth": (pid("3"), "beth@the-smiths.com", "94"),
              "jerry": (pid("4"), "jerry@the-smiths.com", "95")}


@pytest.fixture(scope="module")
def todo(tmp_path_factory):
    service = Talap(tmp_path_factory.mktemp("todo")).init()
    service.token("service")
    service.start("--rules", os.path.join(RULES, "todo.yaml"))
    yield service
    service.stop()


def todo_of(user):
    _, email, ending = TODO_USERS[user]
    return {"type": "todo", "id": "7240d0db-8ff0-41ec-98b2-34a0962739" + ending, "properties": {"ownerID": email}}


@pytest.mark.parametrize("user", TODO_USERS)
def test_todo(todo, user):
    subject, email, _ = TODO_USERS[user]
    subject = {"type": "user", "id": subject}
    creates, own = user in ("rick", "morty", "summer"), user in ("rick", "morty", "summer")
    assert ask(todo, subject, {"name": "can_read_user"}, {"type": "user", "id": "beth@the-smiths.com"})
    assert ask(todo, subject, {"name": "can_read_user"}, {"type": "user", "id": email})
    assert ask(todo, subject, {"name": "can_read_todos"}, {"type": "todo", "id": "todo-1"})
    assert ask(todo, subject, {"name": "can_create_todo"}, {"type": "todo", "id": "todo-1"}) is creates
    for action in ("can_update_todo", "can_delete_todo"):
        assert ask(todo, subject, {"name": action}, todo_of(user)) is own
        other = "morty" if user == "rick" else "rick"
        assert ask(todo, subject, {"name": action}, todo_of(other)) is (user == "rick")
    assert decisions(todo, {"subject": subject, "action": {"name": "can_update_todo"}, "resource": {}, "context": {},
                            "evaluations": [{"resource": todo_of("rick")}, {"resource": todo_of(user)}]}) == [user == "rick", own]


def test_a_cookie_never_authorises(todo):
    todo.user("boss", "admin")
    session = requests.Session()
    page = session.get(todo.url + "/en/sign-in")
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text).group(1)
    cookie = session.post(todo.url + "/en/sign-in", data={"login": "boss", "password": PASSWORD, "csrf": csrf}, allow_redirects=False)
    assert cookie.status_code == 303
    inside = session.get(todo.url + "/en/queue", allow_redirects=False, timeout=30)
    assert inside.status_code == 200
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', inside.text).group(1)
    answer = session.post(todo.url + "/access/v1/evaluation", json=WHOLE, headers={"X-CSRF-Token": csrf}, timeout=30)
    assert answer.status_code == 401


# --- The example of the documents -----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def example(tmp_path_factory):
    service = Talap(tmp_path_factory.mktemp("example")).init()
    service.token("service")
    service.start("--rules", os.path.join(ROOT, "docs/examples/rules/rules.yaml"), "--decision-log", "sampled 2")
    yield service
    service.stop()


def test_what_the_documents_ask(example):
    with open(os.path.join(ROOT, "docs/decisions.md"), encoding="utf-8") as file:
        asked = [json.loads(body) for body in re.findall(r"-d '(\{.*?\})'\n", file.read(), re.S)]
    answers = [post(example, "evaluation", body, headers={"Accept-Language": "en"}).json() for body in asked]
    assert [a["decision"] for a in answers] == [False, True]
    # Nobody by that name is recorded here.
    assert answers[0]["context"]["decision"] == "gap" and "person" in answers[0]["context"]["missing"]
    assert answers[1]["context"] == {"decision": "allowed", "reasons": [
        {"code": "rule_permits", "text": "A rule of the operator's own permits it.", "rule": "office_reads_its_own"}]}


def test_the_example_of_rules(example):
    aigul, daniyar, saule = ({"type": "user", "id": name} for name in ("aigul", "daniyar", "saule"))
    contract = {"type": "document", "id": "contract-17"}
    draft = {**contract, "properties": {"state": "draft"}}
    assert not ask(example, daniyar, READ, contract)
    assert ask(example, saule, READ, contract) and ask(example, saule, {"name": "sign"}, contract)
    assert not ask(example, aigul, {"name": "sign"}, contract)
    assert not ask(example, aigul, READ, contract, context={"network": "outside"})
    assert ask(example, aigul, {"name": "change"}, draft) and not ask(example, saule, {"name": "change"}, draft)
    assert not ask(example, aigul, {"name": "change"}, {**contract, "properties": {"state": "signed"}})
    assert not ask(example, aigul, {"name": "change"}, contract)
    assert found(example, "subject", {"subject": {"type": "user"}, "action": READ, "resource": contract}) == [aigul, saule]


def test_one_of_two_is_logged(example):
    lines = len(example.lines)
    for _ in range(10):
        ask(example, ALICE, READ, ONE)
    assert sum("msg=decision" in line for line in example.lines[lines:]) == 5
