"""Who sees, opens and does what: roles of people and of the organisation, what bars an act, and how pages and API say so."""
import datetime
import re

import pytest
import requests

from talap import PASSWORD, Talap, until

ALL_ROLES = "platform authorised_body carrier"
WHY = "Бұл талап дәлелденбеген, сондықтан шешім өзгермейді."


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    """A service that plays a platform, the authorised body and a carrier, so that each role has something to do."""
    service = Talap(tmp_path_factory.mktemp("works")).init()
    service.start("--roles", ALL_ROLES)
    yield service
    service.stop()


def sign_in(service, login, roles):
    service.user(login, roles)
    session = requests.Session()
    page = session.get(service.url + "/en/sign-in")
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text).group(1)
    answer = session.post(service.url + "/en/sign-in", data={"login": login, "password": PASSWORD, "csrf": token},
                          allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return session


@pytest.fixture(scope="module")
def people(works):
    return {role: sign_in(works, "p-" + role, role) for role in ("admin", "moderator", "registrar", "official", "head",
                                                                 "carrier", "auditor")}


def ago(**span):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def opened(service, role, procedure, **fields):
    answer = service.call("POST", f"/v1/cases/{procedure}", role, json=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def threat(service, role="moderator", **fields):
    return opened(service, role, "threat_to_life", link="https://alan.example.kz/p/1", text="Өмірге қауіп төнген жазба.",
                  **fields)


def moderation(service, role="moderator", **fields):
    return opened(service, role, "moderation", **{
        "content_url": "https://alan.example.kz/p/5", "content_type": "text", "measure": "removed", "ground": "rule",
        "rule": "5.2", "found_by": "moderator", "decided_by": "person", "reasons": WHY, **fields})


def post_form(service, session, path, form_path=None, **fields):
    """Sends a form as a browser without JavaScript would, its hidden fields taken from the page."""
    page = session.get(service.url + (form_path or path))
    assert page.status_code == 200, page.text
    form = re.search(rf'<form[^>]*action="{re.escape(path)}".*?</form>', page.text, re.S)
    assert form, page.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group(0)))
    parts = [(name, (None, value)) for name, value in {**hidden, **fields}.items()]
    return session.post(service.url + path, files=parts, allow_redirects=False)


def problems(answer):
    """What a form's page says is wrong: the rest of it is of no use in a failure."""
    found = re.search(r'<div class="problems".*?</div>', answer.text, re.S)
    return re.sub(r"<[^>]+>", " ", found.group(0)) if found else answer.status_code


# --- The organisation's roles ------------------------------------------------------------------------------------------

def test_only_what_the_organisation_runs_is_offered(tmp_path):
    talap = Talap(tmp_path).init()
    talap.start("--roles", "carrier")
    try:
        offered = [p["name"] for p in talap.call("GET", "/v1/procedures").json()["procedures"]]
        assert "order_received" in offered and "complaint" not in offered and "monitoring" not in offered
        assert talap.call("GET", "/v1/procedures/complaint").json()["code"] == "procedure_unknown"
        refused = talap.call("POST", "/v1/cases/complaint", json={"about": "interface", "text": "Батырма істемейді."})
        assert refused.status_code == 404 and refused.json()["code"] == "procedure_unknown"
        assert talap.call("GET", "/kk/open/complaint").status_code == 404
        assert "/open/complaint" not in talap.call("GET", "/kk/").text
        assert talap.call("GET", "/openapi.json").text.count("#/components/schemas/open_complaint") == 0
    finally:
        talap.stop()
    # The same store as a platform: what was not offered is; the answer kept by a client is not taken for this one.
    talap.start()
    try:
        offered = [p["name"] for p in talap.call("GET", "/v1/procedures").json()["procedures"]]
        assert "complaint" in offered and "order_received" not in offered
        talap.complain()
    finally:
        talap.stop()
    # Cases that are there stay to be seen when the organisation plays another role.
    talap.start("--roles", "carrier")
    try:
        assert [c["procedure"] for c in talap.call("GET", "/v1/cases", "moderator").json()["cases"]] == ["complaint"]
    finally:
        talap.stop()


@pytest.mark.parametrize("text, said", [("roles: [platform, nobody]\n", "nobody"), ("roles: []\n", "authorised_body"),
                                        ("roles: {a: b}\n", "roles")])
def test_a_role_that_runs_nothing_is_refused(tmp_path, text, said):
    talap = Talap(tmp_path).init()
    config = tmp_path / "talap.yaml"
    config.write_text(text + "port: 0\n")
    done = talap.command("serve", "--config", str(config), check=False)
    assert done.returncode == 2 and said in done.stderr


def test_roles_of_the_file(tmp_path):
    talap = Talap(tmp_path).init()
    config = tmp_path / "talap.yaml"
    config.write_text("roles: [authorised_body, carrier]\n")
    talap.start("--config", str(config))
    try:
        offered = [p["name"] for p in talap.call("GET", "/v1/procedures").json()["procedures"]]
        assert {"monitoring", "order_received"} <= set(offered) and "complaint" not in offered
    finally:
        talap.stop()


# --- Who sees what -----------------------------------------------------------------------------------------------------

def test_a_case_is_seen_by_whom_it_concerns(works, people):
    case = threat(works)
    path = "/v1/cases/" + case["id"]
    for role, sees in {"moderator": True, "registrar": True, "admin": True, "auditor": True, "official": False,
                       "head": False, "carrier": False}.items():
        answer = works.call("GET", path, role)
        assert answer.status_code == (200 if sees else 403), role
        if not sees:
            assert answer.json()["code"] == "case_not_yours"
        page = people[role].get(works.url + "/en/case/" + case["id"])
        assert page.status_code == (200 if sees else 403), role
        listed = works.call("GET", "/v1/cases?procedure=threat_to_life", role).json()["cases"]
        assert (case["number"] in [c["number"] for c in listed]) == sees, role
        for address in ("/en/queue?state=all", "/en/queue.csv?state=all", "/en/search?q=" + case["number"]):
            seen = people[role].get(works.url + address)
            assert seen.status_code == 200
            assert (f">{case['number']}<" in seen.text or f"{case['number']}," in seen.text) == sees, (role, address)


def test_files_and_papers_of_others_stay_theirs(works):
    case = moderation(works)
    view = works.call("GET", "/v1/cases/" + case["id"], "moderator").json()
    assert view["papers"], "a decision states its reasons on paper"
    paper = view["papers"][0]["url"]
    assert works.call("GET", paper, "moderator").status_code == 200
    assert works.call("GET", paper, "carrier").json()["code"] == "case_not_yours"
    nothing = "/v1/cases/%s/attachments/00000000-0000-7000-8000-000000000000" % case["id"]
    assert works.call("GET", nothing, "carrier").json()["code"] == "case_not_yours"
    assert works.call("GET", nothing, "moderator").json()["code"] == "attachment_unknown"


def test_only_who_may_act_is_offered_as_assignee(works, people):
    case = threat(works)
    page = people["moderator"].get(works.url + "/en/case/" + case["id"]).text
    offered = re.search(r'<select id="assign-account".*?</select>', page, re.S).group(0)
    assert "P-Moderator" in offered and "P-Registrar" in offered
    assert "P-Official" not in offered and "P-Carrier" not in offered and "P-Auditor" not in offered


@pytest.mark.parametrize("role, procedure, status", [
    ("official", "monitoring", 200), ("moderator", "monitoring", 403), ("carrier", "order_received", 200),
    ("official", "order_received", 403), ("admin", "preventive_control", 200), ("auditor", "monitoring", 403)])
def test_who_opens(works, people, role, procedure, status):
    assert people[role].get(f"{works.url}/en/open/{procedure}").status_code == status
    if status == 403:
        answer = works.call("POST", f"/v1/cases/{procedure}", role, json={})
        assert answer.status_code == 403 and answer.json()["code"] in ("opener_not_allowed", "role_not_allowed")


# --- The desk ----------------------------------------------------------------------------------------------------------

def test_the_desk_of_a_role_shows_what_it_owes(works, people):
    case = threat(works, received_at=ago(hours=2, minutes=5))
    desk = people["moderator"].get(works.url + "/en/desk").text
    urgent = re.search(r'<section class="at-once".*?</section>', desk, re.S).group(0)
    assert case["number"] in urgent and "2 h 5 min" in urgent
    assert "/en/open/moderation" in desk and "/en/open/monitoring" not in desk
    other = people["carrier"].get(works.url + "/en/desk").text
    assert case["number"] not in other and "/en/open/order_received" in other and "/en/open/moderation" not in other


def test_an_empty_desk_says_so(tmp_path):
    talap = Talap(tmp_path).init()
    talap.start()
    try:
        desk = sign_in(talap, "first", "moderator").get(talap.url + "/en/desk").text
        assert "Nothing is waiting now." in desk and "at-once" not in desk.split("<main")[1]
    finally:
        talap.stop()


def test_what_waits_for_others_stands_apart(works, people):
    """A drafted prescription waits for the head's signature: the official sees that, the head sees work."""
    answer = post_form(works, people["official"], "/en/open/prescription", kind="other", addressee="«Алаң» ЖШС",
                       platform="https://waits.example.kz", requirement="opl.9.4.4", ground="Мониторингте бұзушылық анықталды, дәлелі актіде.",
                       what_to_do="Хабарламаларды тәулік ішінде жою керек.")
    assert answer.status_code == 303, problems(answer)
    number = re.search(r"<h1[^>]*>([^<]+)</h1>", people["head"].get(works.url + answer.headers["Location"]).text).group(1)
    official = people["official"].get(works.url + "/en/desk").text
    head = people["head"].get(works.url + "/en/desk").text
    waiting = re.search(r'<ul class="waiting">.*?</ul>', official, re.S).group(0)
    assert number in waiting and "Whose turn" in waiting
    assert number in re.search(r'<ul class="owed">.*?</ul>', head, re.S).group(0)


# --- Opening from a case -----------------------------------------------------------------------------------------------

def test_a_form_grows_from_a_case(works, people):
    case = threat(works)
    page = people["moderator"].get(works.url + "/en/case/" + case["id"]).text
    assert re.search(rf'href="/en/open/moderation\?from=[^"]*{case["number"][-6:]}"', page)
    form = people["moderator"].get(works.url + "/en/open/moderation", params={"from": case["number"]}).text
    assert re.search(rf'name="basis"[^>]*value="{case["number"]}"', form)
    # Whoever may not see the case gets nothing of it.
    strange = people["official"].get(works.url + "/en/open/monitoring", params={"from": case["number"]})
    assert strange.status_code == 200 and "p/1" not in strange.text


def test_links_are_typed_one_a_line(works, people):
    refused = post_form(works, people["official"], "/en/open/monitoring", platform="https://alan.example.kz",
                        links="https://alan.example.kz/1\nnot a link", looked_at="Соңғы отыз күндегі жазбалар қаралды")
    assert refused.status_code == 422
    assert "https://alan.example.kz/1\nnot a link" in refused.text and 'name="looked_at"' in refused.text
    assert "Соңғы отыз күндегі" in refused.text
    done = post_form(works, people["official"], "/en/open/monitoring", platform="https://alan.example.kz",
                     links="https://alan.example.kz/1\r\n\r\nhttps://alan.example.kz/2", looked_at="Соңғы отыз күндегі жазбалар қаралды")
    assert done.status_code == 303 and "/en/case/" in done.headers["Location"], problems(done)
    case = works.call("GET", "/v1/cases/" + re.search(r"/case/([0-9a-f-]+)", done.headers["Location"]).group(1), "official")
    assert case.json()["fields"]["links"] == ["https://alan.example.kz/1", "https://alan.example.kz/2"]


@pytest.mark.parametrize("number, code", [("Ш-2026-999999", "unknown_case"), (None, "case_of_other_procedure")])
def test_a_number_that_cannot_be_named(works, people, number, code):
    number = number or threat(works)["number"]
    fields = {"against": "content", "text": "Шешіммен келіспеймін, қайта қараңыз.", "decision": number}
    refused = works.call("POST", "/v1/cases/appeal", "moderator", json=fields)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"] == [{"field": "decision", "code": code, "message": refused.json()["errors"][0]["message"]}]
    page = post_form(works, people["moderator"], "/en/open/appeal", **fields)
    assert page.status_code == 422 and number in page.text and fields["text"] in page.text


# --- What bars an act --------------------------------------------------------------------------------------------------

def test_another_person_decides(works, people):
    decision = moderation(works)
    appeal = opened(works, None, "appeal", against="content", decision=decision["number"],
                    text="Менің жазбамда ешкім қорланбаған.")
    path = "/v1/cases/" + appeal["id"]
    view = works.call("GET", path, "moderator").json()
    assert [(b["act"], b["code"]) for b in view["barred"]] == [("decide", "same_person_decides")]
    assert "decide" not in view["acts"] and "take" in view["acts"]
    assert [(li["number"], li["direction"], li["field"]) for li in view["links"]] == [(decision["number"], "to", "decision")]
    refused = works.call("POST", path + "/acts/decide", "moderator", json={"outcome": "rejected", "reasons": WHY})
    assert refused.status_code == 403 and refused.json()["code"] == "same_person_decides"
    back = works.call("GET", "/v1/cases/" + decision["id"], "moderator").json()["links"]
    assert [(li["number"], li["direction"]) for li in back] == [(appeal["number"], "from")]
    # Another moderator may; the page of the first said why not.
    other = people["moderator"].get(works.url + "/en/case/" + appeal["id"]).text
    assert 'action="/en/case/%s/acts/decide"' % appeal["id"] in other
    assert f'/en/case/{appeal["id"]}/chain' in other and decision["number"] in other


def control(works, people, bin_number):
    return post_form(works, people["official"], "/en/open/preventive_control", subject_kind="distributor",
                     subject_name="Тарату ЖШС", subject_is="legal_entity", subject_bin=bin_number,
                     violations="Белгісіз жарнама таратылған: 14 жазба табылды.", what_to_do="Жарнаманың бәрін белгілеу керек.")


def test_not_twice_in_a_quarter(works, people):
    first = control(works, people, "990140999905")
    assert first.status_code == 303, problems(first)
    again = control(works, people, "990140999905")
    assert again.status_code == 409
    assert "It is allowed again from" in again.text and "Белгісіз жарнама таратылған: 14" in again.text
    assert re.search(r"allowed again from: 1 (January|April|July|October) \d{4}", again.text)


def test_not_before_it_is_overdue(works, people):
    """The page says from when; the API refuses with the moment."""
    opened_page = control(works, people, "060640000011")
    assert opened_page.status_code == 303, problems(opened_page)
    case_id = re.search(r"/case/([0-9a-f-]+)", opened_page.headers["Location"]).group(1)
    path = "/v1/cases/" + case_id
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=5))).strftime("%Y-%m-%d")
    assert works.call("POST", path + "/acts/send", "official", json={"sent_by": "post"}).status_code in (200, 422)
    schema = works.call("GET", "/v1/procedures/preventive_control").json()
    send = next(a for a in schema["acts"] if a["name"] == "send")
    how = send["fields"]["properties"]["sent_by"]["oneOf"][0]["const"]
    if works.call("GET", path, "official").json()["state"] == "found":
        sent = works.call("POST", path + "/acts/send", "official", json={"sent_by": how})
        assert sent.status_code == 200, sent.text
    served = works.call("POST", path + "/acts/serve_by_hand", "official",
                        json={"mark_date": today, "received_by": "Асан Үсенов"})
    assert served.status_code == 200, served.text
    barred = {b["act"]: b for b in served.json()["barred"]}
    assert barred["declare_overdue"]["code"] == "not_overdue_yet" and barred["declare_overdue"]["arg"]
    refused = works.call("POST", path + "/acts/declare_overdue", "official", json={"overdue_findings": "Орындалмады."})
    assert refused.status_code == 409 and refused.json()["arg"] == barred["declare_overdue"]["arg"]
    page = people["official"].get(works.url + "/en/case/" + case_id).text
    section = re.search(r'<section class="barred".*?</section>', page, re.S).group(0)
    assert "The period has not been missed yet" in section and "T00:00" not in section


# --- The case page -----------------------------------------------------------------------------------------------------

def test_when_it_happened_and_when_it_was_recorded(works, people):
    case = threat(works, received_at=ago(hours=5))
    path = "/v1/cases/" + case["id"]
    before = people["moderator"].get(works.url + "/en/case/" + case["id"]).text
    assert "the law says: at once" in before and 'class="day bad"' in before
    assert works.call("GET", path, "moderator").json()["clocks"][0]["at_once"] is True
    future = works.call("POST", path + "/acts/inform", "moderator",
                        json={"informed_body": "Полиция", "informed_at": ago(hours=-1)})
    assert future.status_code == 422 and future.json()["errors"][0]["code"] == "happened_in_future"
    early = works.call("POST", path + "/acts/inform", "moderator",
                       json={"informed_body": "Полиция", "informed_at": ago(hours=6)})
    assert early.json()["errors"][0]["code"] == "happened_before_receipt"
    told = works.call("POST", path + "/acts/inform", "moderator",
                      json={"informed_body": "Полиция", "informed_at": ago(hours=4, minutes=30)})
    assert told.status_code == 200, told.text
    clock = told.json()["clocks"][0]
    assert clock["state"] == "met" and 29 * 60 <= clock["took_seconds"] <= 31 * 60 and clock["overdue"] is False
    event = next(e for e in works.call("GET", path + "/events", "moderator").json()["events"] if e.get("act") == "inform")
    assert event["happened_at"] < event["at"]
    after = people["moderator"].get(works.url + "/en/case/" + case["id"]).text
    assert "Done in: 30 min" in after or "Done in: 29 min" in after
    assert "happened:" in after and "recorded:" in after and "after the step before:" in after


def test_an_act_may_bring_files(works, people):
    case = threat(works)
    page = people["moderator"].get(works.url + "/en/case/" + case["id"]).text
    form = re.search(rf'<form[^>]*action="/en/case/{case["id"]}/acts/inform".*?</form>', page, re.S).group(0)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert 'name="attachments"' in form
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
    parts = [(n, (None, v)) for n, v in {**hidden, "informed_body": "Полиция", "informed_at": ""}.items()]
    parts.append(("attachments", ("proof.png", png, "image/png")))
    refused = people["moderator"].post(works.url + f'/en/case/{case["id"]}/acts/inform', files=parts, allow_redirects=False)
    assert refused.status_code == 422 and 'value="Полиция"' in refused.text and "Choose the files again" in refused.text
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=5))).strftime("%Y-%m-%dT%H:%M")
    parts = [p if p[0] != "informed_at" else ("informed_at", (None, now)) for p in parts]
    threat_at = works.call("GET", "/v1/cases/" + case["id"], "moderator").json()["opened_at"]
    assert threat_at
    done = people["moderator"].post(works.url + f'/en/case/{case["id"]}/acts/inform', files=parts, allow_redirects=False)
    assert done.status_code in (303, 422), done.text
    if done.status_code == 303:
        files = works.call("GET", "/v1/cases/" + case["id"], "moderator").json()["attachments"]
        assert [f["name"] for f in files] == ["proof.png"]


def test_papers_in_either_language_and_both(works, people):
    case = moderation(works)
    page = people["moderator"].get(works.url + "/en/case/" + case["id"]).text
    papers = re.findall(r'href="(/en/case/[^"]+\.pdf\?language=(kk|ru|both))"', page)
    assert [language for _, language in papers] == ["kk", "ru", "both"]
    drawn = [people["moderator"].get(works.url + address).content for address, _ in papers]
    assert all(d.startswith(b"%PDF-") for d in drawn) and len(set(drawn)) == 3


def test_a_duty_without_a_period_is_never_called_missed(works, people):
    case = threat(works)
    events = f"/v1/cases/{case['id']}/events"
    until(lambda: any(e["kind"] == "clock.overdue" for e in works.call("GET", events, "moderator").json()["events"]))
    page = people["moderator"].get(f"{works.url}/en/case/{case['id']}").text
    assert "Reminded: to be done at once" in page and "The period was missed" not in page


def test_nobody_is_led_where_they_may_not_go(works, people):
    threat(works)  # its mail waits, for there is no server to take it
    for role in ("moderator", "registrar", "official", "head", "carrier", "auditor", "admin"):
        for path in ("/en/settings", "/en/desk"):
            page = people[role].get(works.url + path).text
            for door in set(re.findall(r'href="(/en/settings/[^"]+)"', page)):
                assert people[role].get(works.url + door).status_code == 200, (role, door)


# --- The public --------------------------------------------------------------------------------------------------------

def test_what_the_public_may_open_stands_by_addressee(works):
    page = requests.get(works.url + "/en/open").text
    order = [page.index("/en/open/" + p) for p in ("complaint", "false_information", "appeal", "restoration")]
    assert order == sorted(order) and "/en/open/moderation" not in page
    assert page.count('class="addressee"') == 2


def test_an_appeal_grows_from_an_answer(works):
    case = works.complain()
    session = requests.Session()
    follow = f"{works.url}/en/follow/{case['number']}"
    session.get(follow, params={"code": case["access_code"]})
    assert "/en/open/appeal" not in session.get(follow).text, "nothing has been decided yet"
    answered = works.call("POST", f"/v1/cases/{case['id']}/acts/answer", "moderator",
                          json={"decision": "rejected", "reasons": WHY})
    assert answered.status_code == 200, answered.text
    assert "/en/open/appeal?from=" in session.get(follow).text
    form = session.get(works.url + "/en/open/appeal", params={"from": case["number"]}).text
    assert re.search(rf'name="decision"[^>]*value="{case["number"]}"', form)
    assert re.search(r'name="against" value="complaint" checked', form)
    assert "Менің суретімді" not in form, "what is said, is said anew"
    # A number alone tells a stranger nothing of the case.
    stranger = requests.get(works.url + "/en/open/appeal", params={"from": case["number"]}).text
    assert re.search(rf'name="decision"[^>]*value="{case["number"]}"', stranger) and "checked" not in stranger
