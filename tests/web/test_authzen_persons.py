"""Decisions about people over HTTP: what the law allows and forbids, asked as OpenID AuthZEN says; their searches, moments
past, the operator's forbidding rules, and a log without anything personal."""
import os
import re
import time

import pytest

from talap import Talap, until

T = {"kk": "Атауы", "ru": "Название", "en": "Title"}
CATEGORIES = ["name", "phone", "address"]
OPERATOR, BANK = {"type": "operator", "id": "operator"}, {"type": "third_person", "id": "bank"}
PEOPLE = [f"client-{i}" for i in range(7)]
RULES = """
rules:
  - id: no_sharing_of_vip
    effect: forbid
    action: [transfer, use]
    resource: {type: person, id: [client-6]}
  - {id: read_reports, effect: permit, subject: {type: user}, action: read, resource: {type: report}}
"""


def next_second():
    """The law knows no part of a second: what happens next has another moment than what happened."""
    now = int(time.time())
    until(lambda: int(time.time()) > now, step=0.01)
    return int(time.time())


def set_entry(service, kind, name, entry):
    answer = service.call("PUT", f"/v1/processing/{kind}/{name}", "admin", json=entry)
    assert answer.status_code in (200, 201, 204), answer.text


def give(service, person, **more):
    body = {"person": {"id": person, "full_name": "Ахметова Айгүл", "email": person + "@example.kz"}, "purpose": "delivery",
            "operator": {"name": "Әлем", "bin": "100140002347"}, "categories": CATEGORIES, "third_persons": True, "cross_border": False,
            "publication": False, "automated": False, "recipients": ["bank"], "way": "electronic",
            "text": {"text": "Келісемін.", "lang": "kk", "version": "1"}}
    body.update(more)
    answer = service.call("POST", "/v1/consents", "service", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    with open(os.path.join(folder, "rules.yaml"), "w", encoding="utf-8") as file:
        file.write(RULES)
    service = Talap(folder).init()
    service.token("service")
    service.token("admin")
    service.start("--rules", os.path.join(folder, "rules.yaml"), "--decision-log", "whole")
    for name in ("bank", "courier"):
        set_entry(service, "recipient", name, {"title": T, "country": "KZ", "kinds": ["third_person"]})
    for name in ("delivery", "letters"):
        set_entry(service, "purpose", name, {"title": T, "norm": "Шарт", "categories": CATEGORIES, "basis": "consent", "recipients": ["bank"],
                                             "publication_by_law": False, "tells_transfers": False})
    service.consents = {person: give(service, person) for person in PEOPLE}
    yield service
    service.stop()


def person(name, purpose="delivery", categories=("name", "phone"), **more):
    return {"type": "person", "id": name, "properties": {"purpose": purpose, "categories": list(categories), **more}}


def ask(service, action, resource, subject=OPERATOR, lang="en", **more):
    answer = service.call("POST", "/access/v1/evaluation", "service", json={"subject": subject, "action": {"name": action}, "resource": resource, **more},
                          headers={"Accept-Language": lang})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["decision"], body["context"]


def codes(context):
    return {reason["code"] for reason in context["reasons"]}


def find(service, what, body):
    answer = service.call("POST", "/access/v1/search/" + what, "service", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_consent_allows_and_is_cited(office):
    yes, context = ask(office, "use", person("client-1"))
    assert yes and context["decision"] == "allowed" and codes(context) == {"by_consent"}
    assert context["consent"] == office.consents["client-1"]["consent"]
    assert "pdl.7.1" in context["norms"] and "pdl.7.1" in context["reasons"][0]["norms"] and context["missing"] == []
    assert re.fullmatch("[0-9a-f]{64}", context["catalogue"]) and re.fullmatch("[0-9a-f]{64}", context["calendar"])
    assert re.match(r"\d{4}-\d\d-\d\dT", context["law_at"])
    texts = {ask(office, "use", person("client-1"), lang=lang)[1]["reasons"][0]["text"] for lang in ("kk", "ru", "en")}
    assert len(texts) == 3
    # By the UUID it is the same person.
    by_uuid = ask(office, "use", person(office.consents["client-1"]["person"]))
    assert by_uuid[0] and by_uuid[1]["consent"] == context["consent"]


@pytest.mark.parametrize("action, resource, subject, kind, code", [
    ("use", person("client-1", "letters"), OPERATOR, "prohibited", "consent_missing"),
    ("use", person("client-1", categories=["name", "photo"]), OPERATOR, "prohibited", "excessive"),
    ("publish", person("client-1"), OPERATOR, "prohibited", "no_publication"),
    ("use", person("nobody"), OPERATOR, "gap", "person_unknown"),
    ("use", person("client-1", "nothing"), OPERATOR, "gap", "purpose_unknown"),
    ("use", {"type": "person", "id": "client-1"}, OPERATOR, "gap", "purpose_unknown"),
    ("use", person("client-1", categories=[]), OPERATOR, "gap", "categories_missing"),
    ("use", person("client-1", categories=["shoes"]), OPERATOR, "gap", "category_unknown"),
    ("fly", person("client-1"), OPERATOR, "gap", "action_unknown"),
    ("transfer", person("client-1"), OPERATOR, "gap", "recipient_unknown"),
    ("transfer", person("client-1", recipient="nobody"), OPERATOR, "gap", "recipient_unknown"),
    ("transfer", person("client-1", recipient="courier"), OPERATOR, "prohibited", "no_third_persons"),
    ("use", person("client-1", country="XX"), OPERATOR, "gap", "country_unknown"),
    ("use", person("client-1", ground="pdl.99"), OPERATOR, "gap", "ground_unknown"),
    ("use", person("client-1"), {"type": "operator", "id": "200140002347"}, "gap", "asker_unknown"),
    ("use", person("client-1"), {"type": "third_person", "id": "nobody"}, "gap", "asker_unknown"),
    ("use", person("client-1"), {"type": "user", "id": "bank"}, "gap", "asker_unknown"),
    ("use", person("client-1"), {"type": "third_person", "id": "courier"}, "prohibited", "no_third_persons"),
])
def test_what_is_denied(office, action, resource, subject, kind, code):
    yes, context = ask(office, action, resource, subject)
    assert not yes and context["decision"] == kind and code in codes(context), context
    assert "consent" not in context
    assert context["missing"] if kind == "gap" else True


def test_third_persons(office):
    assert ask(office, "transfer", person("client-1", recipient="bank"))[0]
    assert ask(office, "use", person("client-1"), BANK)[0]


def test_the_operator_by_its_bin(office):
    answer = office.call("GET", "/v1/consents/%d" % office.consents["client-1"]["consent"], "service")
    assert answer.status_code == 200
    # No BIN is set: none is the operator's.
    assert not ask(office, "use", person("client-1"), {"type": "operator", "id": ""})[0]


@pytest.mark.parametrize("properties", [{"categories": "name"}, {"categories": [1]}, {"purpose": 5}, {"country": []}, {"recipient": {}},
                                        {"ground": True}])
def test_properties_of_a_wrong_type(office, properties):
    resource = person("client-1")
    resource["properties"].update(properties)
    body = {"subject": OPERATOR, "action": {"name": "use"}, "resource": resource}
    assert office.call("POST", "/access/v1/evaluation", "service", json=body).status_code == 400
    many = office.call("POST", "/access/v1/evaluations", "service", json={**body, "evaluations": [{}, {"resource": person("client-1")}]}).json()
    assert [one["decision"] for one in many["evaluations"]] == [False, True]
    assert many["evaluations"][0]["context"]["error"]["code"] == "authzen_wrong_type"
    assert office.call("POST", "/access/v1/search/action", "service", json=body).status_code == 400


def test_a_batch_says_what_each_would(office):
    items = [person(name, purpose) for name in PEOPLE + ["nobody"] for purpose in ("delivery", "letters")] * 10
    answer = office.call("POST", "/access/v1/evaluations", "service", json={"subject": OPERATOR, "action": {"name": "use"},
                                                                          "evaluations": [{"resource": item} for item in items]}).json()
    assert len(answer["evaluations"]) == len(items)
    for item, one in zip(items[:16], answer["evaluations"]):
        yes, context = ask(office, "use", item)
        assert one["decision"] is yes and one["context"].get("consent") == context.get("consent")
        assert [r["code"] for r in one["context"]["reasons"]] == [r["code"] for r in context["reasons"]]
        assert "text" not in one["context"]["reasons"][0] and "text" in context["reasons"][0]


def test_withdrawn_is_denied_at_once_and_the_past_stays(office):
    given = give(office, "leaver")
    assert ask(office, "use", person("leaver"))[0]
    between = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(next_second()))
    next_second()
    answer = office.call("POST", f"/v1/consents/{given['consent']}/withdrawal", "service", json={})
    assert answer.status_code in (200, 201), answer.text
    yes, context = ask(office, "use", person("leaver"))
    assert not yes and "consent_withdrawn" in codes(context)
    yes, context = ask(office, "use", person("leaver"), context={"at": between})
    assert yes and context["consent"] == given["consent"] and context["law_at"].startswith(between[:4])
    yes, context = ask(office, "use", person("leaver"), context={"at": "2020-01-01T00:00:00+05:00"})
    assert not yes and context["decision"] == "gap"


@pytest.mark.parametrize("at, code", [("2999-01-01T00:00:00Z", "authzen_future"), ("yesterday", "authzen_moment"), (5, "authzen_wrong_type")])
def test_moments_that_are_none(office, at, code):
    answer = office.call("POST", "/access/v1/evaluation", "service", json={"subject": OPERATOR, "action": {"name": "use"},
                                                                         "resource": person("client-1"), "context": {"at": at}})
    assert answer.status_code == 400 and answer.json()["code"] == code


def test_so_many_moments_past_and_no_more(office):
    answer = office.call("POST", "/access/v1/evaluations", "service", json={
        "subject": OPERATOR, "action": {"name": "use"}, "resource": person("client-1"), "context": {"at": "2026-01-01T00:00:00Z"},
        "evaluations": [{}] * 101}).json()["evaluations"]
    assert answer[100]["context"]["error"]["code"] == "authzen_replays" and "error" not in answer[99]["context"]


def test_a_rule_tightens_the_law_and_never_loosens_it(office):
    yes, context = ask(office, "use", person("client-6"))
    assert not yes and context["decision"] == "prohibited" and context["reasons"][0]["rule"] == "no_sharing_of_vip"
    assert "consent" not in context
    assert ask(office, "store", person("client-6"))[0]
    # What the law forbids stays as the law says it.
    assert codes(ask(office, "use", person("client-6", "letters"))[1]) == {"consent_missing"}
    assert ask(office, "read", {"type": "report", "id": "1"}, {"type": "user", "id": "x"})[0]


def test_searches(office):
    use = {"subject": OPERATOR, "action": {"name": "use"}, "resource": {"type": "person", "properties": person("x")["properties"]}}
    ids = [found["id"] for found in find(office, "resource", use)["results"]]
    assert set(PEOPLE[:6]) <= set(ids) and "client-6" not in ids
    paged, page = [], {"limit": 2}
    for _ in range(20):
        body = find(office, "resource", {**use, "page": page})
        assert len(body["results"]) <= 2
        paged += [found["id"] for found in body["results"]]
        if not body["page"]["next_token"]:
            break
        page = {"token": body["page"]["next_token"]}
    assert paged == ids
    assert find(office, "resource", {**use, "resource": {"type": "person"}})["results"] == []
    actions = [found["name"] for found in find(office, "action", {"subject": OPERATOR, "resource": person("client-1")})["results"]]
    assert "use" in actions and "store" in actions and "publish" not in actions
    for action in actions:
        assert ask(office, action, person("client-1"))[0]
    who = {"action": {"name": "use"}, "resource": person("client-1")}
    assert find(office, "subject", {**who, "subject": {"type": "third_person"}})["results"] == [BANK]
    assert find(office, "subject", {**who, "subject": {"type": "operator"}})["results"] == [OPERATOR]
    assert find(office, "subject", {**who, "subject": {"type": "user"}})["results"] == []
    assert find(office, "subject", {"subject": {"type": "operator"}, "action": {"name": "use"}, "resource": person("nobody")})["results"] == []


def test_the_log_and_the_figures(office):
    lines = len(office.lines)
    before = office.call("GET", "/metrics").text
    ask(office, "use", person("client-1"))
    ask(office, "secret-action", person("secret-person", "secret-purpose"))
    after = office.call("GET", "/metrics").text

    def figure(text, name):
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M).group(1))

    for answer in ("allowed", "gap"):
        name = f'talap_decisions_total{{by="law",answer="{answer}"}}'
        assert figure(after, name) == figure(before, name) + 1
    assert figure(after, "talap_persons") >= len(PEOPLE) and figure(after, "talap_consents") >= len(PEOPLE)
    assert figure(after, "talap_index_bytes") > 0 and 0 <= figure(after, "talap_index_age_seconds") < 60
    logged = "".join(office.lines[lines:])
    assert re.search(r"decision person=[0-9a-f]{16} purpose=delivery action=use answer=allowed reasons=by_consent", logged)
    assert re.search(r"decision person=[0-9a-f]{16} purpose=- action=- answer=gap reasons=action_unknown,purpose_unknown", logged)
    assert "secret" not in logged and "client-1" not in logged
