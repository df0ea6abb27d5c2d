"""Whose case it is, said by who opens it for the operator: over the API and in the form of staff; and by nobody else."""
import pytest
import requests

TEXTS = {"kk": "Мақсат", "ru": "Цель", "en": "Purpose"}
PURPOSE = {"title": TEXTS, "norm": "Contract of use", "basis": "consent", "categories": ["name", "email"], "recipients": []}
CONSENT = {
    "person": {"id": "case-1", "email": "dana@example.kz", "phone": "+77010000001", "full_name": "Дана Оспанова"},
    "operator": {"name": "Example LLP", "bin": "990140004654"},
    "purpose": "whose",
    "categories": ["name", "email"],
    "third_persons": False,
    "cross_border": False,
    "publication": False,
    "text": {"text": "I agree.", "lang": "en", "version": "1"},
    "way": "electronic",
}
ANSWER = {"held_data": "Дана Оспанова", "purposes": "Қызмет көрсету", "sources": "Өзінен", "means": "Автоматты",
          "terms": "Мақсатқа жеткенше", "recipients": "Ешкім"}


def call(talap, method, path, body=None, roles="responsible"):
    head = {"Authorization": "Bearer " + talap.token(roles), "Accept-Language": "en"}
    return requests.request(method, talap.url + path, json=body, headers=head, timeout=30)


@pytest.fixture(scope="module")
def office(shared):
    assert call(shared, "PUT", "/v1/processing/purpose/whose", PURPOSE).status_code == 200
    other = dict(CONSENT, person={"id": "case-2", "email": "erlan@example.kz", "full_name": "Ерлан Сапаров"})
    for consent in (CONSENT, other):
        assert call(shared, "POST", "/v1/consents", consent, "service").status_code == 201
    return shared


def refused(answer):
    assert answer.status_code == 422, answer.text
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


@pytest.mark.parametrize("person", [
    {"id": "case-1"}, {"email": "dana@example.kz"}, {"phone": "8 701 000 00 01"}, {"id": "case-1", "email": "dana@example.kz"},
    "case-1", " dana@example.kz "])
def test_a_case_of_a_person_named_in_any_way_may_be_answered_at_once(office, person):
    opened = call(office, "POST", "/v1/cases/data_access", {"person": person})
    assert opened.status_code == 201, opened.text
    done = call(office, "POST", f"/v1/cases/{opened.json()['id']}/acts/answer", ANSWER)
    assert done.status_code == 200, done.text


@pytest.mark.parametrize("person, code", [
    ({"id": "case-9"}, "person_unknown"), ({"email": "nobody@example.kz"}, "person_unknown"), ("", None), ({}, "required"),
    ({"name": "Dana"}, "unknown_field"), ({"id": 5}, "wrong_type"), (7, "wrong_type"), ([], "wrong_type"),
    ({"id": "case-1", "email": "erlan@example.kz"}, "person_names_differ"), ("+77019999999", "person_unknown")])
def test_who_cannot_be_found_is_refused_beside_the_field(office, person, code):
    opened = call(office, "POST", "/v1/cases/data_access", {"person": person})
    if code is None:
        assert opened.status_code == 201, opened.text
        barred = call(office, "POST", f"/v1/cases/{opened.json()['id']}/acts/answer", ANSWER)
        assert barred.status_code == 409 and barred.json()["code"] == "not_identified"
    else:
        assert refused(opened) == {("person", code)}


def test_nobody_else_says_who_somebody_is(office):
    anybody = requests.post(office.url + "/v1/cases/data_access", json={"person": {"id": "case-1"}}, timeout=30)
    assert ("person", "unknown_field") in {(e["field"], e["code"]) for e in anybody.json()["errors"]}
    about_nobody = call(office, "POST", "/v1/cases/complaint", {"person": "case-1", "about": "interface", "text": "Батырма істемейді."},
                        "admin")
    assert ("person", "unknown_field") in refused(about_nobody)


@pytest.mark.parametrize("roles", ["responsible", "service", "admin"])
def test_the_schema_says_who_may_name_the_person(office, roles):
    fields = call(office, "GET", "/v1/procedures/data_access", roles=roles).json()["fields"]
    assert set(fields["properties"]["person"]["properties"]) == {"id", "email", "phone", "iin"}
    assert "person" not in fields["required"]
    assert "person" in call(office, "GET", "/v1/procedures/consent_withdrawal", roles=roles).json()["fields"]["required"]
    assert "person" not in call(office, "GET", "/v1/procedures/complaint", roles=roles).json()["fields"]["properties"]
    anybody = requests.get(office.url + "/v1/procedures/data_access", timeout=30)
    assert "person" not in anybody.json()["fields"]["properties"]
    mine = requests.get(office.url + "/v1/procedures/data_access", timeout=30, headers={
        "Authorization": "Bearer " + office.token(roles), "If-None-Match": anybody.headers["ETag"]})
    assert mine.status_code == 200


def test_a_withdrawal_says_whose_consent_it_is(office):
    given = call(office, "POST", "/v1/consents", CONSENT, "service").json()
    consent = given["consent"]
    wanted = {"consent": consent, "aspects": ["processing"]}
    assert refused(call(office, "POST", "/v1/cases/consent_withdrawal", wanted, "service")) == {("person", "required")}
    others = call(office, "POST", "/v1/cases/consent_withdrawal", {**wanted, "person": "case-2"}, "service")
    assert others.status_code == 404 and others.json()["code"] == "consent_unknown"
    opened = call(office, "POST", "/v1/cases/consent_withdrawal", {**wanted, "person": "case-1"}, "service")
    assert opened.status_code == 201, opened.text
    again = call(office, "POST", "/v1/cases/consent_withdrawal", {**wanted, "person": "case-1"}, "service")
    assert again.status_code == 409 and again.json()["code"] == "consent_already_withdrawn"
