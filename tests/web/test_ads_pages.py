"""The library of advertising as people see it: search, one advertisement, its versions and its mark, everything of one
party, and placing by hand. Nothing here runs a script."""
import base64
import hashlib
import html
import json
import re
import sqlite3
import urllib.parse

import pytest
import requests

from body import Staff
from talap import Talap, until

LANGS = ["kk", "ru", "en"]
AD = {
    "kind": "targeted", "format": "text", "language": "kk",
    "text": "Жарнама. Alem Shop: қысқы велосипедтер\nЕкінші жол: тегін жеткізу.",
    "mark": {"text": "Жарнама", "place": "first_line"},
    "account": {"name": "Alem Shop", "url": "https://alem.example.kz/"},
    "advertiser": {"name": "«Әлем» ЖШС", "bin": "100140002347"},
    "payer": {"name": "«Төлем/Сауда» ЖШС"},
    "period": {"from": "2026-11-01", "until": "2027-12-31"},
    "targeting": {"age": {"from": 18, "until": 65}, "include": [{"criterion": "interest", "value": "велосипед"}],
                  "exclude": [{"criterion": "interest", "value": "шахмат"}]},
}
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"
ODD = "\u202eкері\u200b жазу\u2066"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Talap(tmp_path_factory.mktemp("ads")).init()
    service.start()
    service.staff = {role: Staff(service, "ads-" + role, role) for role in ("moderator", "auditor", "official")}
    yield service
    service.stop()


def keep(service, status=201, **members):
    answer = service.call("POST", "/v1/ads", roles="service", json={**AD, **members})
    assert answer.status_code == status, answer.text
    return answer.json()["ads"][0]["id"] if status == 201 else answer.json()


def page(service, path, status=200, **query):
    answer = service.call("GET", path, params=query)
    assert answer.status_code == status, answer.text[:600]
    assert "<script" not in answer.text
    return answer.text


def found(service, **query):
    """How many a search finds, as the page says."""
    text = page(service, "/en/ads", **query)
    return int(re.search(r"Advertisements found: ([\d\xa0 ,]+)", text).group(1).replace("\xa0", "").replace(",", ""))


def in_library(service, id, **query):
    """Waits until the library knows it: searched by the words of its text."""
    until(lambda: f"/ads/{id}\"" in page(service, "/en/ads", **query))
    return id


# --- One advertisement --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang, words", [
    ("kk", ["Орналастырған", "Төлеген", "18 жастан бастап", "Мыналарға көрсетілмеді", "Көрсетілмеген"]),
    ("ru", ["Разместил", "Заплатил", "от 18 лет", "Не показывалась тем", "Не показывалась"]),
    ("en", ["Placed by", "Paid by", "18 and older", "Not shown to those with", "Not shown yet"]),
])
def test_what_is_told_of_one(service, lang, words):
    text = page(service, f"/{lang}/ads/{keep(service)}")
    for word in words + ["Alem Shop", "«Әлем» ЖШС", "100140002347", "велосипед", "шахмат", "тегін жеткізу"]:
        assert word in text, word
    assert urllib.parse.quote("«Төлем/Сауда» ЖШС", safe="") in text


def test_nothing_written_becomes_markup(service):
    id = keep(service, id="own " + HOSTILE[:40], text="Жарнама. Alem Shop " + HOSTILE + ODD, account={"name": "Alem Shop"},
              payer={"name": HOSTILE}, advertiser={"name": ODD},
              targeting={"age": {"from": 18, "until": 65}, "include": [{"criterion": "interest", "value": HOSTILE}]},
              claims=[{"claim": HOSTILE, "proof": "javascript:alert(1)"}, {"claim": "b", "proof": "https://example.kz/p"}])
    for path in (f"/kk/ads/{id}", f"/en/ads/{id}/mark", f"/en/ads/by/payer?name={urllib.parse.quote(HOSTILE, safe='')}"):
        text = page(service, path)
        assert html.escape(HOSTILE, quote=True).replace("&#x27;", "&#39;") in text.replace("&#x27;", "&#39;"), path
        assert "<img src=x" not in text and "href=\"javascript" not in text
    text = page(service, f"/kk/ads/{id}")
    assert "<bdi>" in text
    assert re.search(r'href="https://example\.kz/p" rel="nofollow noopener', text)


def test_an_unmarked_one_that_was_shown_is_told_with_its_findings(service):
    refused = keep(service, status=409, mark={"place": "none"}, text="Қысқы велосипедтер")
    assert refused["code"] == "advert_unlawful"
    id = keep(service, mark={"place": "none"}, text="Қысқы велосипедтер", published=True)
    for lang, word in zip(LANGS, ("Бұзушылық табылған", "Найдены нарушения", "Violations found")):
        text = page(service, f"/{lang}/ads/{id}")
        assert word in text and "/law/opl.20" in text


def test_consents_of_third_persons_are_not_shown(service):
    id = keep(service, third_persons=[{"what": "voice", "consent": "Айгүл Серікованың келісімі № 12"}])
    text = page(service, f"/kk/ads/{id}")
    assert "Дауысы" in text and "келісім бар деп мәлімделген" in text
    assert "Айгүл" not in text


def test_versions_stand_side_by_side(service):
    id = keep(service)
    changed = {**AD, "text": AD["text"].replace("тегін", "арзан"), "payer": {"name": "Басқа төлеуші"}}
    answer = service.call("PUT", "/v1/ads/" + id, roles="service", json=changed, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    text = page(service, f"/kk/ads/{id}")
    assert "<del>тегін</del>" in text and "<ins>арзан</ins>" in text and "Басқа төлеуші" in text
    old = page(service, f"/kk/ads/{id}", version=1)
    assert "Бұл бұрынғы нұсқа" in old and "тегін жеткізу" in old
    page(service, f"/kk/ads/{id}", status=404, version=3)
    page(service, f"/kk/ads/{id}", status=404, version="x")


def test_showings_as_chart_and_table(service):
    id = keep(service)
    today = service.call("GET", "/v1/ads/" + id).json()["placed_at"][:10]
    rows = f"ad,day,region,count\n{id},{today},KZ-75,1200\n{id},{today},KZ-71,900\n{id},{today},KZ-10,7\n"
    answer = service.call("POST", "/v1/ads/showings", roles="service", data=rows, headers={"Content-Type": "text/csv"})
    assert answer.status_code in (200, 202), answer.text
    until(lambda: "<svg viewBox=\"0 0 560" in page(service, f"/en/ads/{id}"))
    text = page(service, f"/en/ads/{id}")
    assert "2\u00a0107" in text and "fewer than 100" in text and ">7</td>" not in text


def test_an_unknown_one(service):
    for path in ("/kk/ads/nothing", "/kk/ads/01a201ce-407f-75c9-84e7-07dddd75ef2f", "/kk/ads/nothing/mark",
                 "/kk/ads/by/nobody?name=x", "/kk/ads/by/payer"):
        page(service, path, status=404)
    assert service.call("GET", "/v1/ads/nothing/mark").status_code == 404


# --- The mark -------------------------------------------------------------------------------------------------------------


def test_the_mark_may_be_framed_and_knows_nobody(service):
    id = keep(service)
    for lang, words in zip(LANGS, (("Жарнама", "Кім төледі", "Неге маған"), ("Реклама", "Кто заплатил", "Почему я"),
                                   ("Advertising", "Who paid", "Why am I"))):
        answer = service.call("GET", f"/{lang}/ads/{id}/mark")
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors *" in policy and "script" not in policy and "default-src 'none'" in policy
        assert "Set-Cookie" not in answer.headers and "public" in answer.headers["Cache-Control"]
        assert "<script" not in answer.text and "<link" not in answer.text
        for word in words:
            assert word in answer.text
    # Every other page stays out of frames.
    assert "frame-ancestors 'none'" in service.call("GET", f"/kk/ads/{id}").headers["Content-Security-Policy"]
    mark = service.call("GET", f"/v1/ads/{id}/mark").json()
    assert mark["payer"] == AD["payer"]["name"] and mark["why"]["include"] == AD["targeting"]["include"]
    assert mark["why"]["age"] == {"from": 18, "until": 65}
    assert {"kk", "ru", "en"} == set(mark["texts"])
    assert f"/kk/ads/{id}/mark" in mark["texts"]["kk"]["snippet"] and mark["texts"]["kk"]["snippet"].startswith("<iframe")


# --- Reporting ------------------------------------------------------------------------------------------------------------


def test_a_report_carries_the_link(service):
    id = keep(service)
    link = re.search(r'href="(/kk/open/complaint\?[^"]+)"', page(service, f"/kk/ads/{id}")).group(1)
    session = requests.Session()
    form = session.get(service.url + html.unescape(link)).text
    address = f"/kk/ads/{id}"
    assert re.search(r'name="link"[^>]*value="[^"]*' + re.escape(address), form) or \
        re.search(r'value="[^"]*' + re.escape(address) + r'"[^>]*name="link"', form)
    assert re.search(r'value="content"[^>]*(checked|selected)', form)
    # What is personal is never taken from an address.
    with_mail = session.get(service.url + "/kk/open/complaint?contact_email=a@example.kz&contact_name=Айгүл").text
    assert 'value="a@example.kz"' not in with_mail and 'value="Айгүл"' not in with_mail
    hostile = session.get(service.url + "/kk/open/complaint", params={"link": "\"><script>alert(1)</script>"}).text
    assert "<script>alert" not in hostile


# --- Removal --------------------------------------------------------------------------------------------------------------


def test_what_is_left_of_a_removed_one(tmp_path):
    service = Talap(tmp_path).init()
    service.start()
    try:
        staff = Staff(service, "ads-moderator", "moderator")
        id = keep(service, text="Жарнама. Alem Shop: өтіп кеткен науқан")
        service.stop()
        with sqlite3.connect(service.store) as connection:
            connection.execute("UPDATE advert SET last_day = last_day - 1000")
        connection.close()
        service.start()
        until(lambda: "мазмұны жойылды" in page(service, f"/kk/ads/{id}"))
        for lang, words in zip(LANGS, (("Жойылған уақыты", "Жою актісі"), ("Удалена", "Акт об удалении"),
                                       ("Removed", "Act of removal"))):
            text = page(service, f"/{lang}/ads/{id}")
            for word in words:
                assert word in text
            assert "науқан" not in text and "Alem Shop" not in text and "/case/" not in text
        assert re.search(r'/kk/case/[0-9a-f-]{36}"', staff.get(f"/kk/ads/{id}").text)
        mark = service.call("GET", f"/v1/ads/{id}/mark").json()
        assert mark["removed"] is True and "payer" not in mark
        assert "Alem" not in page(service, f"/kk/ads/{id}/mark")
        assert staff.get(f"/kk/ads/{id}/change").status_code == 409
    finally:
        service.stop()


# --- Search ---------------------------------------------------------------------------------------------------------------


def test_search_by_words_and_conditions(service):
    id = keep(service, id="search-1", text="Жарнама. Alem Shop: құмыралар сатылады", account={"name": "Alem Shop"},
              payer={"name": "Құмыра төлеушісі"})
    in_library(service, id, q="құмыра")
    assert found(service, q="кумыра") == 1
    assert found(service, payer="Құмыра төлеушісі") == 1
    assert found(service, q="құмыра", kind="sponsored") == 0
    text = page(service, "/kk/ads", q="құмыра", kind="sponsored")
    assert "kind=sponsored" in text and "Мына шарттардың бірін" in text
    assert re.search(r'href="/kk/ads\?q=[^"&]*"', text)


@pytest.mark.parametrize("lang", LANGS)
def test_what_cannot_be_understood_is_said_beside_the_field(service, lang):
    text = page(service, f"/{lang}/ads", status=422, q='"құмыра')
    assert 'id="f-q-wrong"' in text and 'value="&quot;құмыра"' in text
    text = page(service, f"/{lang}/ads", status=422, **{"from": "2026-13-45"})
    assert 'id="f-from-wrong"' in text


def test_pages_follow_each_other(service):
    ids = [keep(service, id=f"page-{n}", text=f"Жарнама. Alem Shop: барабан {n}",
                account={"name": "Барабан аккаунты"}) for n in range(23)]
    in_library(service, ids[-1], q="барабан")
    for path, query in (("/kk/ads", {"q": "барабан"}),
                        ("/kk/ads/by/account", {"name": "Барабан аккаунты"})):
        seen, address = [], None
        while True:
            text = page(service, path, **query) if address is None else page(service, address)
            seen += re.findall(r'<h3><a href="/kk/ads/([0-9a-f-]{36})"', text)
            following = re.search(r'href="([^"]*cursor=[^"]+)"', text)
            if following is None:
                break
            address = html.unescape(following.group(1))
        assert seen == ids[::-1], path


def test_a_party(service):
    id = keep(service, id="party-1", text="Жарнама. Alem Shop: шана", advertiser={"name": "Шана / & «бірлестігі»"})
    in_library(service, id, q="шана")
    text = page(service, f"/kk/ads/{id}")
    address = html.unescape(re.search(r'href="(/kk/ads/by/advertiser\?[^"]+)"', text).group(1))
    text = page(service, address)
    assert html.escape("Шана / & «бірлестігі»") in text and id in text


# --- By hand --------------------------------------------------------------------------------------------------------------

TYPED = {
    "kind": "targeted", "format": "text", "language": "kk", "text": "Жарнама. Alem Shop: қолмен енгізілген",
    "mark.text": "Жарнама", "mark.place": "first_line", "account.name": "Alem Shop", "payer.name": "Төлеуші",
    "advertiser.name": "Әлем", "period.from": "2026-11-01", "period.until": "2027-12-31", "targeting.age.from": "18",
    "targeting.age.until": "65", "targeting.include": "interest = велосипед\n\n interest = шана \n",
    "claims": "Ең арзаны | https://example.kz/prices",
}


def send(service, path, do, role="moderator", **members):
    staff = service.staff[role]
    return staff.session.post(service.url + path, data={**TYPED, **members, "do": do, "csrf": staff.csrf}, allow_redirects=False)


def test_who_may_place_by_hand(service):
    assert service.call("GET", "/kk/ads/new").status_code in (302, 303, 401)
    for role, status in (("moderator", 200), ("auditor", 403), ("official", 403)):
        assert service.staff[role].get("/kk/ads/new").status_code == status, role
    assert "/kk/ads/new" in service.staff["moderator"].get("/kk/ads").text
    assert "/kk/ads/new" not in service.staff["auditor"].get("/kk/ads").text
    assert send(service, "/kk/ads/new", "keep", role="auditor").status_code == 403


def test_check_then_keep_then_change(service):
    size = service.ledger_size()
    checked = send(service, "/kk/ads/new", "check")
    assert checked.status_code == 200 and "Бұзушылық табылған жоқ" in checked.text
    assert service.ledger_size() == size
    kept = send(service, "/kk/ads/new", "keep")
    assert kept.status_code == 303, kept.text
    id = kept.headers["Location"].split("/ads/")[1].split("?")[0]
    advert = service.call("GET", "/v1/ads/" + id).json()["advert"]
    assert advert["targeting"]["include"] == [{"criterion": "interest", "value": "велосипед"},
                                              {"criterion": "interest", "value": "шана"}]
    assert advert["claims"] == [{"claim": "Ең арзаны", "proof": "https://example.kz/prices"}]
    form = service.staff["moderator"].get(f"/kk/ads/{id}/change").text
    assert "interest = велосипед\ninterest = шана" in form and 'name="version" value="1"' in form
    changed = send(service, f"/kk/ads/{id}/change", "keep", version="1", text="Жарнама. Alem Shop: өзгерген")
    assert changed.status_code == 303, changed.text
    # Who looked at what is no longer so, changes nothing.
    stale = send(service, f"/kk/ads/{id}/change", "keep", version="1", text="Жарнама. Alem Shop: кешіккен")
    assert stale.status_code in (409, 412) and "кешіккен" in stale.text
    assert "өзгерген" in page(service, f"/kk/ads/{id}")


def test_a_form_sent_twice_is_one(service):
    form = service.staff["moderator"].get("/kk/ads/new").text
    once = re.search(r'name="once" value="([0-9a-f-]{36})"', form).group(1)
    sent = [send(service, "/kk/ads/new", "keep", once=once, text="Жарнама. Alem Shop: екі рет басылған") for _ in range(2)]
    assert [s.status_code for s in sent] == [303, 303]
    assert sent[0].headers["Location"] == sent[1].headers["Location"]
    other = send(service, "/kk/ads/new", "keep", once=once, text="Жарнама. Alem Shop: артқа қайтып өзгертілген")
    assert other.status_code == 303 and other.headers["Location"] != sent[0].headers["Location"]


def test_refusals_stand_beside_their_fields(service):
    answer = send(service, "/kk/ads/new", "keep", **{"advertiser.bin": "123", "targeting.include": "interest = a\nжай сөз"})
    assert answer.status_code == 422
    assert 'id="f-advertiser.bin-wrong"' in answer.text
    assert re.search(r'id="f-targeting\.include-wrong">2-жол:', answer.text)
    assert 'href="#f-advertiser.bin"' in answer.text and "жай сөз" in answer.text


PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
OGG = b"OggS" + bytes(60)


def send_files(service, path, do, files, **members):
    staff = service.staff["moderator"]
    return staff.session.post(service.url + path, data={**TYPED, **members, "do": do, "csrf": staff.csrf}, allow_redirects=False,
                              files=[("files", file) for file in files])


def test_files_are_kept_with_the_advertisement(service):
    names = [hashlib.sha256(content).hexdigest() for content in (PNG, OGG)]
    files = [("a.png", PNG, "application/x-odd"), ("b.ogg", OGG, "audio/ogg"), ("again.png", PNG, "image/png")]
    size = service.ledger_size()
    checked = send_files(service, "/kk/ads/new", "check", files)
    assert checked.status_code == 200 and "қайта таңдаңыз" in checked.text and names[0] in checked.text
    assert service.ledger_size() == size and service.call("GET", "/ads/media/" + names[0]).status_code == 404
    kept = send_files(service, "/kk/ads/new", "keep", files)
    assert kept.status_code == 303, kept.text
    id = kept.headers["Location"].split("/ads/")[1].split("?")[0]
    media = service.call("GET", "/v1/ads/" + id).json()
    assert media["advert"]["media"] == [{"hash": names[0], "type": "image/png"}, {"hash": names[1], "type": "audio/ogg"}]
    assert [service.call("GET", one["url"]).content for one in media["media"]] == [PNG, OGG]
    text = page(service, "/kk/ads/" + id)
    assert f'<img src="/ads/media/{names[0]}"' in text and f'<audio controls preload="none" src="/ads/media/{names[1]}"' in text


@pytest.mark.parametrize("files", [[("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png")], [("a.png", b"", "image/png")],
                                   [("ok.png", PNG, "image/png"), ("large.png", PNG + bytes(8 << 20), "image/png")],
                                   [(f"{n}.png", PNG + bytes(n), "image/png") for n in range(21)]],
                         ids=["no medium", "empty", "too large", "too many"])
def test_files_that_are_not_taken_change_nothing(service, files):
    size = service.ledger_size()
    answer = send_files(service, "/kk/ads/new", "keep", files, text="Жарнама. Alem Shop: файлы жоқ")
    assert answer.status_code == 422 and 'id="f-files-wrong"' in answer.text and 'href="#f-files"' in answer.text, answer.text
    assert "файлы жоқ" in answer.text and service.ledger_size() == size


def test_a_change_brings_files_and_a_stale_one_keeps_none(service):
    kept = send(service, "/kk/ads/new", "keep", text="Жарнама. Alem Shop: суретсіз")
    id = kept.headers["Location"].split("/ads/")[1].split("?")[0]
    content = PNG + b"change"
    url = "/ads/media/" + hashlib.sha256(content).hexdigest()
    stale = send_files(service, f"/kk/ads/{id}/change", "keep", [("c.png", content, "image/png")], version="7")
    assert stale.status_code in (409, 412) and service.call("GET", url).status_code == 404
    changed = send_files(service, f"/kk/ads/{id}/change", "keep", [("c.png", content, "image/png")], version="1")
    assert changed.status_code == 303 and service.call("GET", url).content == content


@pytest.mark.parametrize("asked, status, part", [
    ("bytes=0-3", 206, OGG[:4]), ("bytes=60-", 206, OGG[60:]), ("bytes=-4", 206, OGG[-4:]), ("bytes=0-999999", 206, OGG),
    ("bytes=64-", 416, b""), ("bytes=5-2", 200, OGG), ("bytes=0-1,3-4", 200, OGG), ("bytes=-", 200, OGG), ("pages=1-2", 200, OGG),
    ("bytes=1x-2", 200, OGG), ("bytes=99999999999999999999-", 200, OGG), ("bytes=-0", 416, b"")])
def test_a_part_of_a_medium(service, asked, status, part):
    send_files(service, "/kk/ads/new", "keep", [("b.ogg", OGG, "audio/ogg")], text="Жарнама. Alem Shop: дыбыс")
    url = "/ads/media/" + hashlib.sha256(OGG).hexdigest()
    answer = service.call("GET", url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, part)
    if status == 206:
        assert answer.headers["Content-Range"].endswith("/64") and int(answer.headers["Content-Length"]) == len(part)
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */64"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert service.call("GET", url, headers={"Range": asked, "If-Range": '"other"'}).content == OGG
    assert service.call("GET", url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_who_pays_is_said_and_never_supposed(service):
    def payer(**members):
        kept = send(service, "/kk/ads/new", "keep", **members)
        assert kept.status_code == 303, kept.text
        id = kept.headers["Location"].split("/ads/")[1].split("?")[0]
        return id, service.call("GET", "/v1/ads/" + id).json()["advert"].get("payer")

    own = {"advertiser.name": "Әлем", "advertiser.bin": ""}
    assert payer(**own, **{"payer.name": ""})[1] is None
    id, same = payer(**own, **{"payer.name": "", "payer.same": "true"})
    assert same == {"name": "Әлем"}
    form = service.staff["moderator"].get(f"/kk/ads/{id}/change").text
    assert re.search(r'id="f-payer\.same"[^>]* checked', form) and re.search(r'id="f-payer\.name"[^>]* value=""', form)
    assert payer(**own, **{"payer.name": "Басқа", "payer.same": "true"})[1] == {"name": "Басқа"}, "what is typed is meant"


def test_a_language_of_the_list_or_another(service):
    kept = send(service, "/kk/ads/new", "keep", **{"language": "other", "language.other": "uz"})
    assert kept.status_code == 303, kept.text
    id = kept.headers["Location"].split("/ads/")[1].split("?")[0]
    assert service.call("GET", "/v1/ads/" + id).json()["advert"]["language"] == "uz"
    form = service.staff["moderator"].get(f"/kk/ads/{id}/change").text
    assert '<option value="other" selected>' in form and re.search(r'id="f-language\.other"[^>]* value="uz"', form)
    answer = send(service, "/kk/ads/new", "keep", **{"language": "other", "language.other": ""})
    assert answer.status_code == 422 and 'id="f-language-wrong"' in answer.text


def test_what_few_need_is_folded(service):
    form = service.staff["moderator"].get("/kk/ads/new").text
    assert form.count("<fieldset class=\"group\">") == 3 and form.count('<details class="group">') == 3
    checked = send(service, "/kk/ads/new", "check").text
    assert '<details class="group" open>' in checked, "what is filled stands open"


def test_what_the_law_forbids_is_shown_and_not_kept(service):
    size = service.ledger_size()
    unlawful = {"mark.text": "", "mark.place": "none", "text": "Қолмен енгізілген"}
    answer = send(service, "/kk/ads/new", "keep", **unlawful)
    assert answer.status_code == 409 and "Заң бұл жарнаманы көрсетуге жол бермейді" in answer.text
    assert "/law/opl.20" in answer.text and service.ledger_size() == size
    kept = send(service, "/kk/ads/new", "keep", **unlawful, published="true")
    assert kept.status_code == 303, kept.text


def test_links_from_the_first_page_and_menus(service):
    for lang, word in zip(LANGS, ("Жарнама кітапханасы", "Библиотека рекламы", "Advertising library")):
        text = page(service, f"/{lang}/")
        assert word in text and f'href="/{lang}/ads"' in text
    assert 'href="/kk/ads"' in service.staff["moderator"].get("/kk/desk").text
    assert json.loads(service.call("GET", "/openapi.json").text)["paths"].get("/v1/ads/{id}/mark")
