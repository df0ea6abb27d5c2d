"""Consents over the API: everything that pdl.8.4 lists, refused by name where it is missing; receipts that verify;
withdrawal by nobody else, and once; the operator's registers and who may see them."""
import copy
import json
import threading

import pytest
import requests

TEXTS = {"kk": "Мақсат", "ru": "Цель", "en": "Purpose"}
PURPOSE = {"title": TEXTS, "norm": "Contract of use", "basis": "consent", "categories": ["name", "email", "phone"],
           "recipients": ["bank"], "tells_transfers": True}
BIN = "990140004654"
CONSENT = {
    "person": {"id": "u-1", "email": "aigerim@example.kz", "full_name": "Сейітқызы Айгерім"},
    "operator": {"name": "Example LLP", "bin": BIN},
    "purpose": "service",
    "categories": ["name", "email"],
    "third_persons": True,
    "cross_border": False,
    "publication": False,
    "text": {"text": "I agree to the processing of my data.", "lang": "en", "version": "1"},
    "way": "electronic",
}


def head(talap, roles="service", **more):
    return {"Authorization": "Bearer " + talap.token(roles), "Accept-Language": "en", **more}


def call(talap, method, path, body=None, roles="service", **more):
    return requests.request(method, talap.url + path, json=body, headers=head(talap, roles, **more), timeout=30)


@pytest.fixture(scope="module")
def office(shared):
    """A server whose operator keeps a purpose and recipients."""
    for kind, name, entry in (
        ("recipient", "bank", {"title": TEXTS, "country": "KZ"}),
        ("recipient", "courier", {"title": TEXTS, "country": "KZ"}),
        ("purpose", "service", PURPOSE),
        ("purpose", "loan", {**PURPOSE, "withdrawal_forbidden": "until the loan is repaid"}),
        ("policy", "privacy", {"title": TEXTS, "texts": TEXTS, "shown_at_registration": True}),
    ):
        answer = call(shared, "PUT", f"/v1/processing/{kind}/{name}", entry, "responsible")
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] == '"1"'
    return shared


def give(office, change=None, **more):
    consent = copy.deepcopy(CONSENT)
    if change:
        change(consent)
    return call(office, "POST", "/v1/consents", consent, **more)


def given(office, change=None):
    answer = give(office, change)
    assert answer.status_code == 201, answer.text
    return answer.json()


def refusals(answer):
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["code"] == "fields_refused"
    for error in problem["errors"]:
        assert error["message"] and error["message"] != error["code"]
    return {(error["field"], error["code"]) for error in problem["errors"]}


def without(*path):
    def change(consent):
        at = consent
        for name in path[:-1]:
            at = at[name]
        del at[path[-1]]
    return change


def with_(**members):
    return lambda consent: consent.update(members)


@pytest.mark.parametrize("change, field, code", [
    (without("operator"), "operator", "consent_operator"),
    (without("person", "full_name"), "person.full_name", "consent_subject"),
    (without("third_persons"), "third_persons", "consent_third_persons"),
    (without("cross_border"), "cross_border", "consent_cross_border"),
    (without("publication"), "publication", "consent_publication"),
    (without("categories"), "categories", "consent_categories"),
    (without("purpose"), "purpose", "required"),
    (without("text", "text"), "text.text", "text_missing"),
    (without("text", "lang"), "text.lang", "required"),
    (without("way"), "way", "required"),
    (with_(purpose="nothing"), "purpose", "purpose_unknown"),
    (with_(categories=["nothing"]), "categories", "category_unknown"),
    (with_(categories=["income"]), "categories", "category_not_of_purpose"),
    (with_(recipients=["nobody"]), "recipients", "recipient_unknown"),
    (with_(recipients=["bank"], third_persons=False), "recipients", "recipients_without_consent"),
    (with_(**{"from": "2030-01-02", "until": "2030-01-01"}), "until", "term_before_start"),
    (with_(until="2020-01-01", **{"from": "2019-01-01"}), "until", "term_past"),
    (with_(until="soon"), "until", "not_a_moment"),
    (with_(given_at="2090-01-01"), "given_at", "given_in_future"),
    (with_(way="smoke"), "way", "way_unknown"),
    (with_(nothing=1), "nothing", "unknown_field"),
    (with_(person={"full_name": "A B"}), "person", "person_unnamed"),
    (with_(person={"full_name": "A B", "id": "a b"}), "person.id", "person_id_malformed"),
    (with_(person={"full_name": "A B", "email": "nobody"}), "person.email", "not_an_email"),
    (with_(person={"full_name": "A B", "id": "x", "age": 7}), "person.age", "unknown_field"),
    (with_(third_persons="yes"), "third_persons", "wrong_type"),
])
def test_each_refusal_has_its_name(office, change, field, code):
    assert (field, code) in refusals(give(office, change))


def test_all_that_is_missing_is_named_at_once(office):
    found = refusals(call(office, "POST", "/v1/consents", {}))
    assert {code for _, code in found} >= {"consent_operator", "consent_subject", "consent_third_persons",
                                           "consent_cross_border", "consent_publication", "consent_categories",
                                           "text_missing"}


def test_a_receipt_verifies_and_the_link_shows_it(office, tmp_path):
    answer = given(office)
    receipt = answer["receipt"]
    assert receipt["leaf_index"] == answer["consent"]
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    office.command("verify", "--receipt", str(tmp_path / "receipt.json"), "--key", receipt["verifier_key"])
    path = "/" + answer["receipt_url"].split("/", 3)[3]
    page = requests.get(office.url + path, timeout=30)
    assert page.status_code == 200 and "I agree to the processing of my data." in page.text
    assert "Айгерім" not in page.text
    wrong = requests.get(office.url + path.split("?")[0] + "?code=0000-0000-0000", timeout=30)
    unknown = requests.get(office.url + "/en/consent/99999999?code=0000-0000-0000", timeout=30)
    none = requests.get(office.url + path.split("?")[0], timeout=30)
    assert wrong.status_code == unknown.status_code == none.status_code == 404
    assert wrong.text.replace(path.split("?")[0], "") == unknown.text.replace("/en/consent/99999999", "")


def test_what_was_agreed_is_told_and_looking_is_written_down(office):
    answer = given(office, with_(recipients=["courier", "bank"], until="2099-01-01T00:00:00+05:00"))
    consent = call(office, "GET", f"/v1/consents/{answer['consent']}", roles="responsible").json()
    assert consent["full_name"] == "Сейітқызы Айгерім"
    assert consent["categories"] == ["name", "email"]
    assert consent["recipients"] == ["bank", "courier"]
    assert consent["given"] == {"processing": True, "third_persons": True, "cross_border": False, "publication": False,
                                "automated": False}
    assert consent["until"] == "2099-01-01T00:00:00+05:00"
    assert consent["state"] == "stands"
    assert consent["operator"] == {"name": "Example LLP", "bin": BIN}
    history = call(office, "GET", f"/v1/persons/{answer['person']}/history", roles="responsible").json()["history"]
    assert any(deed["kind"] == "person.looked" and deed["what"]["what"] == "consents" for deed in history)
    for deed in history:
        assert "Айгерім" not in json.dumps(deed, ensure_ascii=False)


def test_the_same_key_gives_the_same_consent(office):
    first = give(office, **{"Idempotency-Key": "consent-1"})
    second = give(office, **{"Idempotency-Key": "consent-1"})
    assert first.json()["consent"] == second.json()["consent"]
    other = give(office, with_(person={**CONSENT["person"], "full_name": "Another"}), **{"Idempotency-Key": "consent-1"})
    assert other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"


def test_withdrawn_at_once_by_two_one_is_told_so(office):
    leaf = given(office)["consent"]
    answers = []

    def withdraw():
        answers.append(call(office, "POST", f"/v1/consents/{leaf}/withdrawal", {"aspects": ["processing"]}, "responsible"))

    office.token("responsible")
    threads = [threading.Thread(target=withdraw) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [201, 409], [answer.text for answer in answers]
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert refused["code"] == "consent_already_withdrawn"
    done = next(answer for answer in answers if answer.status_code == 201).json()
    assert done["state"] == "withdrawn" and not any(done["stands"].values())
    assert done["case"]["number"]


def test_withdrawn_in_part(office):
    leaf = given(office)["consent"]
    answer = call(office, "POST", f"/v1/consents/{leaf}/withdrawal", {"aspects": ["third_persons"]})
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "stands"
    assert answer.json()["stands"]["processing"] and not answer.json()["stands"]["third_persons"]
    again = call(office, "POST", f"/v1/consents/{leaf}/withdrawal", {"aspects": ["third_persons"]})
    assert again.status_code == 409 and again.json()["code"] == "consent_already_withdrawn"
    unknown = call(office, "POST", f"/v1/consents/{leaf}/withdrawal", {"aspects": ["everything"]})
    assert ("aspects", "not_an_option") in refusals(unknown)


def test_not_where_the_law_forbids(office):
    leaf = given(office, with_(purpose="loan"))["consent"]
    answer = call(office, "POST", f"/v1/consents/{leaf}/withdrawal", {})
    assert answer.status_code == 409 and answer.json()["code"] == "withdrawal_forbidden"
    assert "until the loan is repaid" in answer.json()["detail"]


def test_a_purpose_is_achieved_once(office):
    leaf = given(office)["consent"]
    assert call(office, "POST", f"/v1/consents/{leaf}/end", {}).json()["state"] == "achieved"
    again = call(office, "POST", f"/v1/consents/{leaf}/end", {})
    assert again.status_code == 409 and again.json()["code"] == "consent_ended"


def test_names_that_lead_to_two_people_are_refused(office):
    given(office, with_(person={"id": "two-a", "email": "a@two.example.kz", "full_name": "A"}))
    given(office, with_(person={"id": "two-b", "email": "b@two.example.kz", "full_name": "B"}))
    answer = give(office, with_(person={"id": "two-a", "email": "b@two.example.kz", "full_name": "A"}))
    assert answer.status_code == 409 and answer.json()["code"] == "person_names_differ"


def test_found_by_any_name_and_never_by_an_address(office):
    person = given(office, with_(person={"id": "f-1", "phone": "87011234567", "full_name": "F"}))["person"]
    for names in ({"id": "f-1"}, {"phone": "+7 701 123 45 67"}):
        assert call(office, "POST", "/v1/persons/find", names).json()["person"] == person
    assert call(office, "POST", "/v1/persons/find", {"email": "nobody@example.kz"}).status_code == 404
    assert call(office, "GET", "/v1/persons/f-1").status_code == 404
    assert call(office, "GET", f"/v1/persons/{person}").json()["id"] == "f-1"


def test_an_address_alone_proves_no_other_and_can_be_taken_away(office):
    person = given(office, with_(person={"email": "once@example.kz", "full_name": "O"}))["person"]
    answer = give(office, with_(person={"email": "once@example.kz", "phone": "87010000077", "full_name": "O"}))
    assert answer.status_code == 409 and answer.json()["code"] == "person_name_unproved"
    assert call(office, "POST", "/v1/persons/find", {"phone": "87010000077"}).status_code == 404
    assert given(office, with_(person={"id": "o-1", "email": "once@example.kz", "phone": "87010000077", "full_name": "O"}))["person"] == person
    path = f"/v1/persons/{person}/names/removal"
    for body, code in (({}, "person_unnamed"), ({"id": "o-1"}, "unknown_field"), ({"phone": "x"}, "not_a_phone")):
        answer = call(office, "POST", path, body)
        assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == code, answer.text
    assert call(office, "POST", path, {"phone": "+7 701 000 00 77"}).status_code == 204
    assert call(office, "POST", "/v1/persons/find", {"phone": "87010000077"}).status_code == 404
    answer = call(office, "POST", path, {"phone": "+7 701 000 00 77"})
    assert answer.status_code == 404 and answer.json()["code"] == "person_name_unknown"
    assert call(office, "POST", "/v1/persons/find", {"id": "o-1"}).json()["person"] == person


def test_a_transfer_that_is_allowed_is_told_and_one_that_is_not_is_not_written(office):
    answer = given(office, with_(person={"id": "t-1", "full_name": "T"}))
    body = {"recipient": "bank", "purpose": "service", "categories": ["email"]}
    done = call(office, "POST", f"/v1/persons/{answer['person']}/transfers", body)
    assert done.status_code == 201, done.text
    assert done.json()["consent"] == answer["consent"]
    assert done.json()["notice"]["number"]
    refused = call(office, "POST", f"/v1/persons/{answer['person']}/transfers", {**body, "categories": ["phone"]})
    assert refused.status_code == 409 and refused.json()["code"] == "transfer_not_allowed"
    history = call(office, "GET", f"/v1/persons/{answer['person']}/history").json()["history"]
    assert sum(deed["kind"] == "person.transferred" for deed in history) == 1


def test_a_policy_is_read_once(office):
    person = given(office)["person"]
    first = call(office, "POST", f"/v1/persons/{person}/acknowledgements", {"policy": "privacy", "lang": "kk"})
    again = call(office, "POST", f"/v1/persons/{person}/acknowledgements", {"policy": "privacy", "lang": "ru"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    none = call(office, "POST", f"/v1/persons/{person}/acknowledgements", {"policy": "nothing", "lang": "kk"})
    assert none.status_code == 404 and none.json()["code"] == "policy_unknown"


def test_registers_have_versions_and_stale_changes_are_refused(office):
    path = "/v1/processing/purpose/versions"
    assert call(office, "PUT", path, PURPOSE, "responsible").json()["version"] == 1
    assert call(office, "PUT", path, PURPOSE, "responsible").json()["version"] == 1
    changed = {**PURPOSE, "norm": "Another contract"}
    assert call(office, "PUT", path, changed, "responsible", **{"If-Match": '"1"'}).json()["version"] == 2
    stale = call(office, "PUT", path, PURPOSE, "responsible", **{"If-Match": '"1"'})
    assert stale.status_code == 412 and stale.json()["code"] == "entry_changed"
    entry = requests.get(office.url + path, timeout=30).json()
    assert [one["entry"]["norm"] for one in entry["versions"]] == ["Contract of use", "Another contract"]
    assert call(office, "DELETE", path, roles="responsible").json()["retired"]
    assert call(office, "DELETE", path, roles="responsible").status_code == 409
    assert ("purpose", "purpose_unknown") in refusals(give(office, with_(purpose="versions")))


def test_what_an_entry_lacks_is_named(office):
    found = refusals(call(office, "PUT", "/v1/processing/purpose/bad", {
        "title": {"kk": "А"}, "categories": ["nothing"], "basis": "ground", "ground": "pdl.9.99", "more": 1,
        "retention": {"amount": 0, "unit": "week"}}, "responsible"))
    assert found >= {("entry.title.ru", "required"), ("entry.norm", "required"), ("entry.categories", "category_unknown"),
                     ("entry.ground", "ground_unknown"), ("entry.evidence", "required"), ("entry.more", "unknown_field"),
                     ("entry.retention.amount", "out_of_range"), ("entry.retention.unit", "not_an_option")}


def test_who_sees_which_register(office):
    for kind in ("purpose", "policy", "responsible", "category"):
        assert requests.get(f"{office.url}/v1/processing/{kind}", timeout=30).status_code == 200
    for kind in ("recipient", "state"):
        assert requests.get(f"{office.url}/v1/processing/{kind}", timeout=30).status_code == 401
        assert call(office, "GET", f"/v1/processing/{kind}", roles="moderator").status_code == 200
    assert requests.get(f"{office.url}/v1/processing/nothing", timeout=30).status_code == 404
    ids = [entry["id"] for entry in requests.get(office.url + "/v1/processing/category", timeout=30).json()["entries"]]
    assert "name" in ids and "health" in ids


def test_the_store_verifies_after_all_this(office):
    done = json.loads(office.command("verify", "--json").stdout)
    assert done["valid"] and done["people"] > 0 and done["consents"] > 0
