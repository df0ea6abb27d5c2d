"""Users in figures as people meet them: the public page, the page of who counts, the box on the desk, corrections, CSV
and JSON. Months that are over are put into the store as rows, for no test waits half a year; their leaves are entries of
the ledger that are there. Everything else goes the way people and programs go."""
import csv
import datetime
import html
import io
import re
import sqlite3

import pytest
import requests

from talap import PASSWORD, Talap

LANGS = ("kk", "ru", "en")
EPOCH = datetime.date(1970, 1, 1)
TODAY = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5)).date()
NOW_MONTH = TODAY.year * 12 + TODAY.month - 1
# The months before this one, the newest first. One was not counted, one not to be found at all.
MONTHS = [812345, 790000, -1, 771000, 760500, 750000, 741000, 733000]
EVIL = "<script>alert('қате')</script> қайта есептелді"


def month_text(month):
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def seed(talap):
    """Eight closed months of all together and of two services, and the days of this month until the day before yesterday."""
    days = [(TODAY - datetime.timedelta(days=back)) for back in range(2, 12)]
    with sqlite3.connect(talap.store, timeout=30) as db:
        for number, name in ((1, "app"), (2, "")):
            db.execute("INSERT INTO audience_service (number, name) VALUES (?, ?)", (number, name))
        put = "INSERT INTO audience_figure (period, number, service, version, users, leaf) VALUES (?, ?, ?, 1, ?, ?)"
        for back, users in enumerate(MONTHS, 1):
            for service, share in ((0, 10), (1, 7), (2, 6)):
                db.execute(put, ("month", NOW_MONTH - back, service, users if users < 0 else users * share // 10, back % 2))
        for i, day in enumerate(days):
            for service in (0, 1):
                db.execute(put, ("day", (day - EPOCH).days, service, -1 if i == 3 else 90000 + 100 * i, i % 2))


class Staff:
    def __init__(self, service, login, lang="kk"):
        self.service, self.lang, self.session = service, lang, requests.Session()
        answer = self.send("/sign-in", "/sign-in", login=login, password=PASSWORD)
        assert answer.status_code == 303, answer.text

    def get(self, path):
        return self.session.get(f"{self.service.url}/{self.lang}{path}", timeout=60, allow_redirects=False)

    def send(self, page, path, files=None, **fields):
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(page).text)
        assert found, page
        return self.session.post(f"{self.service.url}/{self.lang}{path}", data={"csrf": found.group(1), **fields}, files=files,
                                 timeout=60, allow_redirects=False)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    talap = Talap(tmp_path_factory.mktemp("audience")).init()
    for login, roles in (("mod", "moderator"), ("reg", "registrar"), ("boss", "admin"), ("aud", "auditor"), ("head", "head"),
                         ("car", "carrier")):
        talap.user(login, roles)
    seed(talap)
    talap.start()
    yield talap
    talap.stop()


def text(answer, status=200):
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text).replace("\u00a0", " ")


def public(service, path, lang="kk"):
    return requests.get(f"{service.url}/{lang}{path}", timeout=30, allow_redirects=False)


# Six months end with the last one; one of them was not counted: (812345 + 790000 + 771000 + 760500 + 750000) / 5.
SIX = "776 769"


@pytest.mark.parametrize("lang", LANGS)
def test_the_public_page(service, lang):
    page = text(public(service, "/users", lang))
    assert f'<p class="one-figure">{SIX}</p>' in page
    assert "812 345" in page and "733 000" in page and "<svg" in page
    missing = {"kk": "есеп жүргізілмеген", "ru": "счёт не вёлся", "en": "not counted"}[lang]
    assert missing in page
    assert f"/{lang}/proof/" in page and f"/{lang}/users.csv" in page and "/v1/audience" in page
    assert f"/{lang}/law/opl.9.4.7" in page
    assert ">app<" in page
    assert "<script" not in page
    assert f"/{lang}/audience" not in page, "nobody is shown a door that is shut"


def test_links_lead_there(service):
    assert 'href="/kk/users"' in text(public(service, "/"))
    mod = Staff(service, "mod")
    assert 'href="/kk/audience"' in text(mod.get("/desk"))
    assert 'href="/kk/audience"' not in text(Staff(service, "car").get("/desk"))


def test_who_sees_the_days(service):
    for login in ("mod", "reg", "boss", "aud", "head"):
        assert Staff(service, login).get("/audience").status_code == 200, login
    assert Staff(service, "car").get("/audience").status_code == 403
    assert public(service, "/audience").status_code in (303, 401)
    assert 'id="correct"' in text(Staff(service, "mod").get("/audience"))
    for login in ("reg", "aud", "head"):
        page = Staff(service, login)
        assert "/audience/corrections" not in page.get("/audience?correct=" + month_text(NOW_MONTH - 1)).text
        before = service.ledger_size()
        answer = page.send("/audience", "/audience/corrections", period=month_text(NOW_MONTH - 1), version="1", users="5",
                           reason="Рұқсатсыз")
        assert answer.status_code == 403 and service.ledger_size() == before


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_of_staff(service, lang):
    day = TODAY - datetime.timedelta(days=2)
    page = text(Staff(service, "mod", lang).get(f"/audience?month={day:%Y-%m}"))
    assert "90 000" in page and "100 000" in page
    assert f"correct={day:%Y-%m-%d}" in page
    assert "/law/opl.9.1" in page and "/law/opl.8.7" in page
    assert ">app<" in page
    if (day - datetime.timedelta(days=3)).month == day.month:
        assert {"kk": "дерек келмеген", "ru": "ничего не пришло", "en": "nothing came"}[lang] in page


def test_a_service_alone(service):
    day = TODAY - datetime.timedelta(days=2)
    mod = Staff(service, "mod")
    assert "90 000" in text(mod.get(f"/audience?month={day:%Y-%m}&service=app"))
    # Nothing was counted of the platform itself on those days.
    assert f"correct={day:%Y-%m-%d}" not in text(mod.get(f"/audience?month={day:%Y-%m}&service="))
    for odd in ("month=2026-13", "month=9999-12", "month=x", "service=%3Cscript%3E", "correct=x", "correct=1999-01-01",
                "done=sent&fresh=%3Cb%3E&total=1"):
        page = text(mod.get("/audience?" + odd))
        assert "<script>" not in page and "<b>1" not in page


def test_the_desk(service):
    page = text(Staff(service, "mod").get("/desk"))
    assert 'id="users-box"' in page
    assert 'id="users-box"' not in text(Staff(service, "car").get("/desk"))


def test_correcting_keeps_what_was_typed(service):
    mod, month = Staff(service, "mod", "ru"), month_text(NOW_MONTH - 4)
    shown = "/audience?correct=" + month
    form = text(mod.get(shown))
    assert "771 000" in form and 'name="version" value="1"' in form
    before = service.ledger_size()
    for fields, field in (({"users": "много", "reason": EVIL}, "users"), ({"users": "-5", "reason": EVIL}, "users"),
                          ({"users": "", "reason": EVIL}, "users"), ({"users": "771000", "reason": EVIL}, "users"),
                          ({"users": "5", "reason": ""}, "reason"), ({"users": "5", "reason": "x" * 2001}, "reason")):
        answer = mod.send(shown, "/audience/corrections", period=month, service="*", version="1", **fields)
        assert answer.status_code in (409, 422), answer.status_code
        page = text(answer, answer.status_code)
        assert f'id="f-{field}-wrong"' in page and f'href="#f-{field}"' in page, field
        assert "<script>alert" not in answer.text
        assert html.escape(fields["users"], quote=False) in answer.text and fields["reason"] in page
    for period, status in (("2026-13", 422), ("1999-01", 404), ("", 422)):
        assert mod.send(shown, "/audience/corrections", period=period, service="*", version="1", users="5",
                        reason="Нужная причина").status_code == status, period
    assert mod.send(shown, "/audience/corrections", period=month, service="*", users="5",
                    reason="Нужная причина").status_code == 422
    assert service.ledger_size() == before


def test_a_correction_is_seen_by_all_and_changes_the_average(service):
    mod, month = Staff(service, "mod"), month_text(NOW_MONTH - 6)
    shown = f"/audience?month={month}&correct={month}"
    answer = mod.send(shown, "/audience/corrections", period=month, service="*", version="1", users="750500", reason=EVIL)
    assert answer.status_code == 303, answer.text
    assert "done=corrected" in answer.headers["Location"]
    page = text(mod.session.get(service.url + answer.headers["Location"], timeout=30))
    assert 'role="status"' in page and "750 500" in page
    for lang in LANGS:
        raw = public(service, "/users", lang).text
        page = html.unescape(raw).replace("\u00a0", " ")
        assert "776 869" in page
        assert EVIL in page and "<script>alert" not in raw
        assert "750 000" in page and "750 500" in page
    # Whoever still saw the first version is told, and keeps what they wrote.
    answer = mod.send(shown, "/audience/corrections", period=month, service="*", version="1", users="1", reason="Кеш қалған адам")
    page = text(answer, 412)
    assert "Кеш қалған адам" in page and 'class="problems"' in page
    assert 'name="version" value="2"' in page
    # Put back, for the other tests: a correction too.
    answer = mod.send(shown, "/audience/corrections", period=month, service="*", version="2", users="750000",
                      reason="Бұрынғысы дұрыс еді")
    assert answer.status_code == 303


def test_the_file(service):
    answer = public(service, "/users.csv")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    whole = {row["month"]: row for row in rows if row["service"] == "*"}
    assert len(whole) == len(MONTHS) and {row["service"] for row in rows} == {"*", "app", ""}
    assert whole[month_text(NOW_MONTH - 1)]["users"] == "812345"
    assert whole[month_text(NOW_MONTH - 1)]["average_monthly_users"] == "776769"
    assert whole[month_text(NOW_MONTH - 1)]["months_counted"] == "5"
    assert whole[month_text(NOW_MONTH - 3)]["users"] == ""
    assert service.call("GET", "/v1/audience/months.csv").text == answer.text


def test_json(service):
    body = service.call("GET", "/v1/audience").json()
    assert body["average_monthly_users"]["users"] == 776769
    assert body["average_monthly_users"]["missing"] == [month_text(NOW_MONTH - 3)]
    assert body["average_monthly_users"]["until"] == month_text(NOW_MONTH - 1)
    assert [m["month"] for m in body["months"]] == [month_text(NOW_MONTH - back) for back in range(len(MONTHS), 0, -1)]
    assert body["services"] == ["", "app"] and body["service"] is None
    assert body["months"][-1]["proof_url"].endswith(f"/proof/{body['months'][-1]['leaf']}")
    app = service.call("GET", "/v1/audience?service=app").json()
    assert app["service"] == "app" and app["months"][-1]["users"] == 812345 * 7 // 10
    assert service.call("GET", "/v1/audience/months").json()["months"] == body["months"]
    assert service.call("GET", "/v1/audience?service=App").status_code == 422
    assert service.call("GET", "/v1/audience?service=other").status_code == 404
    assert service.call("GET", "/v1/audience?month=1").status_code in (400, 422)


def test_days_are_for_staff(service):
    first, last = TODAY - datetime.timedelta(days=11), TODAY - datetime.timedelta(days=2)
    path = f"/v1/audience/days?from={first}&until={TODAY}"
    assert service.call("GET", path).status_code == 401
    assert service.call("GET", path, "carrier").status_code == 403
    body = service.call("GET", path, "service").json()
    # Yesterday is closed by the service itself, if its hour has come.
    days = [day for day in body["days"] if day["day"] <= str(last)]
    assert len(days) == 10 and days[-1]["day"] == str(last) and days[-1]["users"] == 90000
    missing = [day for day in days if not day["counted"]]
    assert len(missing) == 1 and missing[0]["users"] is None
    for query, status in (("from=2026-02-30", 422), ("from=2026-02-02&until=2026-02-01", 422),
                          ("from=2020-01-01&until=2026-01-01", 422), ("from=x", 422)):
        assert service.call("GET", "/v1/audience/days?" + query, "moderator").status_code == status, query


def test_correcting_by_program(service):
    month = month_text(NOW_MONTH - 8)
    wish = {"period": month, "users": 733500, "before": 733000, "reason": "Қосымшаның деректері кеш келді."}

    def send(roles="moderator", headers=None, **members):
        return service.call("POST", "/v1/audience/corrections", roles, headers=headers or {},
                            json={k: v for k, v in {**wish, **members}.items() if v is not None})

    for roles in ("service", "registrar", "moderator"):
        service.token(roles)
    before = service.ledger_size()
    assert send(None).status_code == 401
    assert send("service").status_code == 403 and send("registrar").status_code == 403
    for members, code in (({"users": "x"}, None), ({"users": -1}, None), ({"users": 1.5}, None), ({"reason": ""}, None),
                          ({"period": "2026-1"}, None), ({"service": "Бір"}, None), ({"other": 1}, None), ({"before": None}, None)):
        answer = send(**members)
        assert answer.status_code == 422, (members, answer.text)
        assert answer.json()["errors"], members
    assert send(before=1).status_code == 412 and send(before=1).json()["code"] == "figure_changed"
    assert send(headers={"If-Match": '"7"'}).status_code == 412
    assert send(period="1999-01").status_code == 404
    assert send(users=733000).status_code in (409, 422)
    assert service.ledger_size() == before
    key = {"Idempotency-Key": "correct-1"}
    made = send(headers=key)
    assert made.status_code == 201, made.text
    assert made.json()["version"] == 2 and made.headers["ETag"] == '"2"'
    assert send(headers=key).json() == made.json(), "the same again is the same answer"
    assert send(headers=key, users=5).status_code == 422
    assert send().status_code == 412, "the figure is another by now"
    assert service.call("GET", f"/kk/proof/{made.json()['leaf']}").status_code == 200
    body = service.call("GET", "/v1/audience").json()
    assert body["corrections"][0]["before"] == 733000 and body["corrections"][0]["users"] == 733500
    assert body["months"][0]["reason"] == wish["reason"]


def test_a_service_that_a_closed_day_did_not_count(service):
    """Its users were sent too late: by a program and by hand alike it is corrected from nothing, once."""
    service.token("moderator")
    for back, by_hand in ((4, False), (6, True)):
        day = str(TODAY - datetime.timedelta(days=back))
        wish = {"period": day, "service": "", "users": 77, "reason": "Қызметтің деректері кеш келді."}
        mod = Staff(service, "mod")
        shown = f"/audience?month={day[:7]}&correct={day}&service="
        if by_hand:
            assert 'name="version" value="0"' in text(mod.get(shown))
            first = lambda: mod.send(shown, "/audience/corrections", version="0", **wish).status_code
            again = 412
        else:
            first = lambda: service.call("POST", "/v1/audience/corrections", "moderator", json={**wish, "before": 0}).status_code
            again = 412
        assert first() == (303 if by_hand else 201)
        assert first() == again
        assert 'name="version" value="1"' in text(mod.get(shown))
        days = service.call("GET", f"/v1/audience/days?service=&from={day}&until={day}", "moderator").json()["days"]
        assert [(d["users"], d["version"]) for d in days] == [(77, 1)]
        # A day that is not closed, or a service that nobody ever sent, is none to correct.
        assert mod.send(shown, "/audience/corrections", version="0", **{**wish, "period": "1999-01-01"}).status_code == 404
        assert service.call("POST", "/v1/audience/corrections", "moderator",
                            json={**wish, "before": 0, "service": "never"}).status_code == 404


def test_the_look_ahead_says_why_it_says_nothing(service, talap):
    for house, state in ((service, "few_days"), (talap, "few_days")):
        house.token("moderator")
        assert house.call("GET", "/v1/audience/days", "moderator").json()["crossing"] == {"state": state}


def test_nothing_counted_yet(talap):
    for lang in LANGS:
        page = text(public(talap, "/users", lang))
        assert {"kk": "Әзірге бірде-бір ай", "ru": "Пока не завершён", "en": "No month has been counted"}[lang] in page
        assert 'class="one-figure"' not in page
    body = talap.call("GET", "/v1/audience").json()
    assert body["average_monthly_users"] is None and body["months"] == [] and body["corrections"] == []
    assert len(talap.call("GET", "/kk/users.csv").text.splitlines()) == 1
    talap.user("mod", "moderator")
    page = text(Staff(talap, "mod").get("/audience"))
    assert "Жабылған күн әлі жоқ" in page


def test_a_file_is_sent_by_hand(talap):
    for login, roles in (("reg", "registrar"), ("aud", "auditor")):
        talap.user(login, roles)
    reg, path = Staff(talap, "reg"), "/audience/visits"
    assert 'id="send"' in text(reg.get("/audience")) and 'id="send"' not in text(Staff(talap, "aud").get("/audience"))

    def send(lines, who=reg, name="users.txt", **fields):
        return who.send("/audience", path, files={"file": (name, lines.encode() if isinstance(lines, str) else lines)},
                        **{"day": str(TODAY), "send_service": "", **fields})

    assert send("a", Staff(talap, "aud")).status_code == 403
    answer = send("".join(f"u-{n}\n" for n in range(1500)) + "\nu-1\n")
    assert answer.status_code == 303, answer.text
    assert "fresh=1500&total=1500&warned=0" in answer.headers["Location"]
    page = text(reg.session.get(talap.url + answer.headers["Location"], timeout=30))
    assert 'role="status"' in page and "1500" in page and "1 500" in page and "ЖСН-ға ұқсайтын" not in page
    answer = send("u-1\nu-9999\nsomebody@example.kz\n", send_service="app")
    assert "fresh=3&total=3&warned=1" in answer.headers["Location"]
    page = text(reg.session.get(talap.url + answer.headers["Location"], timeout=30))
    assert "ЖСН-ға ұқсайтын" in page and "1 502" in page, "one of the three came to the other service too"
    assert "1 502" in text(reg.get("/desk"))
    # What cannot be counted changes nothing, and what was typed comes back.
    for lines, fields, wrong in (("", {}, "file"), ("x\n" + "y" * 257 + "\n", {}, "file"), (b"a\n\xff\xfe\n", {}, "file"),
                                 ("a", {"day": "2026-02-30"}, "day"), ("a", {"day": "2000-01-01"}, "day"),
                                 ("a", {"day": str(TODAY + datetime.timedelta(days=1))}, "day"),
                                 ("a", {"send_service": "Қосымша <b>"}, "send_service")):
        answer = send(lines, **fields)
        page = text(answer, answer.status_code)
        assert answer.status_code in (409, 422), (fields, answer.status_code)
        assert f'id="f-{wrong}-wrong"' in page and f'href="#f-{wrong}"' in page, (fields, wrong)
        assert "<b>" not in re.sub(r"<b>Талап</b>", "", answer.text.split("<main", 1)[1].split('id="cannot"')[0]) or wrong != \
            "send_service"
        for name in fields:
            assert fields[name] in page
    page = text(send("x\n" + "y" * 257 + "\n"), 422)
    assert '<th scope="row">2-жол</th>' in page
    assert "1 502" in text(reg.get("/audience"))
