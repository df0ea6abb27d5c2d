"""The personal cabinet through the real program: who gets in and who does not, what one sees there and what nobody else
does, and a consent taken back with two clicks."""
import datetime
import json
import os
import re
import subprocess
import time

import pytest
import requests

from people import EMAIL, IIN, OTHER, PHONE, STRANGER, STRANGER_IIN, TEXT, Gateway, fill, three
from talap import Talap, until
from test_mail import Postbox

class Visitor:
    """A browser without JavaScript: keeps cookies, sends forms with the token that the page holds."""

    def __init__(self, service, lang="kk"):
        self.service, self.lang, self.session = service, lang, requests.Session()

    def get(self, path, follow=True):
        return self.session.get(self.service.url + path, timeout=30, allow_redirects=follow)

    def send(self, page, path, follow=True, files=None, **fields):
        text = self.get(page).text
        found = re.search(r'name="csrf" value="([^"]+)"', text)
        assert found, text
        return self.session.post(self.service.url + path, data={"csrf": found.group(1), **fields}, files=files, timeout=60,
                                 allow_redirects=follow)

    def ask(self, address):
        if hasattr(self.service, "box"):
            self.service.seen = set(letters(self.service))
        return self.send(f"/{self.lang}/cabinet", f"/{self.lang}/cabinet", address=address)

    def try_code(self, code):
        return self.send(f"/{self.lang}/cabinet/code", f"/{self.lang}/cabinet/code", follow=False, code=code)

    def enter(self, address, code):
        self.ask(address)
        answer = self.try_code(code())
        assert answer.status_code == 303, answer.text
        return self


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A service with a mail server, a gateway of short messages, and people."""
    folder = tmp_path_factory.mktemp("cabinet")
    (folder / "post").mkdir()
    box = Postbox(folder / "post")
    gateway = Gateway()
    authority = Authority(folder)
    (folder / "secret").write_text("gateway-secret\n")
    service = Talap(folder).init()
    service.start("--mail-url", box.url, "--mail-from", "talap@alan.example.kz", "--mail-allow-private", "--sms-url",
                  gateway.url, "--sms-allow-private", "--sms-secret-file", str(folder / "secret"), "--identity-roots",
                  authority.roots, "--identity-crls", authority.crls)
    service.box, service.gateway, service.authority, service.seen = box, gateway, authority, set()
    service.leaves = fill(service)
    yield service
    service.stop()
    gateway.stop()
    box.stop()


class Authority:
    """A certification authority of openssl's, in a folder."""

    def __init__(self, folder, name="root"):
        self.folder = os.path.join(str(folder), name)
        os.mkdir(self.folder)
        self.roots, self.crls = self.path("root.pem"), self.path("crl.pem")
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "root.key",
                 "-out", "root.pem", "-days", "3650", "-subj", "/CN=Ұлттық куәландырушы орталық", "-utf8", "-addext",
                 "keyUsage=critical,keyCertSign,cRLSign")
        with open(self.path("ca.cnf"), "w", encoding="utf-8") as file:
            file.write("[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n"
                       "default_crl_days=30\n")
        open(self.path("index.txt"), "w").close()
        with open(self.path("crlnumber"), "w", encoding="ascii") as file:
            file.write("01\n")
        self.run("ca", "-config", "ca.cnf", "-gencrl", "-cert", "root.pem", "-keyfile", "root.key", "-out", "crl.pem")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def person(self, iin, days=300):
        """A certificate for that IIN; the name of its files."""
        name = f"{iin}-{days}"
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
                 "-out", name + ".csr", "-subj", f"/CN=Test/serialNumber=IIN{iin}")
        with open(self.path("person.ext"), "w", encoding="ascii") as file:
            file.write("basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n"
                       "extendedKeyUsage=clientAuth\n")
        # Some versions of openssl know no date of its end but a number of days, which may be negative.
        self.run("x509", "-req", "-in", name + ".csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial",
                 str(int(time.time() * 1000)), "-days", str(days), "-extfile", "person.ext", "-out", name + ".pem")
        return name

    def sign(self, name, text):
        with open(self.path("said.txt"), "wb") as file:
            file.write(text)
        self.run("cms", "-sign", "-binary", "-in", "said.txt", "-signer", name + ".pem", "-inkey", name + ".key", "-outform",
                 "DER", "-md", "sha256", "-out", "signed.cms")
        with open(self.path("signed.cms"), "rb") as file:
            return file.read()


def letters(service):
    """Every letter so far, by the name of its file."""
    found = {}
    for name in os.listdir(service.box.folder):
        path = os.path.join(service.box.folder, name)
        try:
            with open(path, encoding="utf-8") as file:
                found[name] = json.load(file)
        except ValueError:
            pass  # still being written
    return found


def letter_code(service, address=EMAIL):
    """The code of the letter to that address that came since the last look."""
    def look():
        fresh = [m for name, m in sorted(letters(service).items(), key=lambda item: int(item[0].split(".")[0]))
                 if name not in service.seen and address in m["envelope_to"]]
        return [c for m in fresh for c in re.findall(r"^ {4}(\d{4} \d{4})\s*$", m["text"], re.M)]
    code = until(look)[-1]
    service.seen = set(letters(service))
    return code


def forget_codes(service):
    """Codes asked for earlier are of another minute."""
    import sqlite3
    with sqlite3.connect(service.store, timeout=30) as connection:
        connection.execute("DELETE FROM person_code")


@pytest.fixture
def inside(house):
    forget_codes(house)
    return Visitor(house).enter(EMAIL, lambda: letter_code(house))


# --- Coming in ------------------------------------------------------------------------------------------------------

def test_a_code_comes_by_mail_and_lets_in_once(house):
    forget_codes(house)
    visitor = Visitor(house)
    page = visitor.ask("  Aigerim.cab@EXAMPLE.kz ".replace("Aigerim", "aigerim"))
    assert "/kk/cabinet/code" in page.url and EMAIL not in page.url and EMAIL not in page.text
    code = letter_code(house)
    assert visitor.try_code(code.replace(" ", "-")).status_code == 303
    home = visitor.get("/kk/cabinet")
    assert "Жеке кабинет" in home.text and "/kk/cabinet/leave" in home.text
    assert Visitor(house).get("/kk/cabinet/consents", follow=False).headers["Location"].startswith("/kk/cabinet?enter=1")
    # The same code in the same browser, again.
    visitor.session.cookies.clear()
    visitor.ask(EMAIL)
    assert visitor.try_code(code).status_code == 401


def test_a_code_comes_by_short_message(house):
    forget_codes(house)
    visitor = Visitor(house, "ru")
    before = len(house.gateway.messages)
    visitor.ask("8 701 555 12 34")
    until(lambda: len(house.gateway.messages) > before)
    secret, message = house.gateway.messages[-1]
    assert secret == "Bearer gateway-secret" and set(message) == {"to", "text"} and message["to"] == PHONE
    code = re.search(r"\d{8}", message["text"]).group(0)
    assert visitor.try_code(code).status_code == 303
    assert "Мои согласия" in visitor.get("/ru/cabinet").text


def test_what_is_no_address_is_refused_beside_its_field(house):
    for typed in ("", "aigerim@", "123", "x" * 400 + "@example.kz", "\u202eaigerim@example.kz"):
        answer = Visitor(house).ask(typed)
        assert answer.status_code == 422 and 'id="f-address-wrong"' in answer.text, typed


def test_forged_codes_are_counted_and_then_one_waits(house):
    forget_codes(house)
    visitor, size = Visitor(house), None
    visitor.ask(OTHER)
    code = letter_code(house, OTHER).replace(" ", "")
    wrong = "%08d" % ((int(code) + 1) % 10**8)
    size = house.ledger_size()
    for _ in range(4):
        answer = visitor.try_code(wrong)
        assert answer.status_code == 401 and wrong not in answer.text
    last = visitor.try_code(wrong)
    assert last.status_code == 429 and "15" in last.text and 'name="code"' not in last.text
    assert visitor.try_code(code).status_code in (403, 429)
    # Another browser gets no new code for that address either.
    count = len(os.listdir(house.box.folder))
    again = Visitor(house)
    again.ask(OTHER)
    # Codes are looked up in the order in which they were asked: once a later one is there, that one was passed over.
    later = Visitor(house)
    later.ask(EMAIL)
    until(lambda: len(os.listdir(house.box.folder)) > count)
    assert len(os.listdir(house.box.folder)) == count + 1
    assert house.ledger_size() == size
    forget_codes(house)


def test_a_stranger_gets_the_same_answer_in_the_same_time(house):
    forget_codes(house)
    pages, times = {}, {EMAIL: [], STRANGER: []}
    for address in (EMAIL, STRANGER):
        pages[address] = Visitor(house).ask(address)
    clean = [re.sub(r'value="[0-9a-f]{64}"', "", page.text) for page in pages.values()]
    assert clean[0] == clean[1] and pages[EMAIL].status_code == pages[STRANGER].status_code
    # Made anew each time: what is asked again within a minute is answered from the first.
    visitor = Visitor(house)
    token = re.search(r'name="csrf" value="([^"]+)"', visitor.get("/kk/cabinet").text).group(1)
    for _ in range(60):
        for address in (EMAIL, STRANGER):
            forget_codes(house)
            begun = time.perf_counter()
            answer = visitor.session.post(house.url + "/kk/cabinet", data={"csrf": token, "address": address}, timeout=30,
                                          allow_redirects=False)
            times[address].append(time.perf_counter() - begun)
            assert answer.status_code == 303 and answer.headers["Location"] == "/kk/cabinet/code"
    middle = {address: sorted(took)[len(took) // 2] for address, took in times.items()}
    assert abs(middle[EMAIL] - middle[STRANGER]) < 0.25 * max(middle.values()) + 0.0005, middle
    assert not [row for row in house.rows("SELECT body FROM event") if STRANGER in str(row)]


def test_nobody_gets_in_without_a_token(house):
    size = house.ledger_size()
    for path in ("/kk/cabinet", "/kk/cabinet/code", "/kk/cabinet/leave", "/kk/cabinet/consents/1/withdrawal",
                 "/kk/cabinet/open/data_access"):
        answer = requests.post(house.url + path, data={"address": EMAIL, "code": "12345678"}, timeout=30)
        assert answer.status_code == 403, path
    assert house.ledger_size() == size


def test_leaving_ends_the_session(house, inside):
    kept = dict(inside.session.cookies)
    assert inside.send("/kk/cabinet", "/kk/cabinet/leave", follow=False).status_code == 303
    again = requests.get(house.url + "/kk/cabinet/consents", cookies=kept, timeout=30, allow_redirects=False)
    assert again.status_code == 303 and "ended=1" in again.headers["Location"]


def test_a_session_idles_out(house, inside):
    import sqlite3
    assert "Күшінде" in inside.get("/kk/cabinet/consents").text
    with sqlite3.connect(house.store, timeout=30) as connection:
        connection.execute("UPDATE person_session SET seen_usec = seen_usec - 31 * 60 * 1000000")
    answer = inside.get("/kk/cabinet/consents", follow=False)
    assert answer.status_code == 303 and "ended=1" in answer.headers["Location"]
    assert "Қайта кіріңіз" in inside.get("/kk/cabinet/consents").text


def test_nothing_is_offered_that_is_not_configured(tmp_path):
    service = Talap(tmp_path).init()
    service.start()
    page = requests.get(service.url + "/kk/cabinet", timeout=30).text
    assert 'name="address"' not in page and 'name="signature"' not in page
    assert requests.get(service.url + "/kk/cabinet/talap.txt", timeout=30).status_code == 404
    service.stop()
    service.start("--mail-url", "smtp://192.0.2.1:25", "--mail-from", "talap@alan.example.kz")
    page = requests.get(service.url + "/kk/cabinet", timeout=30).text
    assert 'type="email"' in page and "телефон" not in page.split("<main")[1].split("</main>")[0]
    service.stop()
    assert service.command("serve", "--identity-roots", "/dev/null", check=False).returncode != 0
    service.start("--roles", "platform")
    assert requests.get(service.url + "/kk/cabinet", timeout=30).status_code == 404
    assert "/kk/cabinet" not in requests.get(service.url + "/kk/", timeout=30).text
    service.stop()


# --- With a certificate ---------------------------------------------------------------------------------------------

def with_signature(house, make, lang="kk"):
    visitor = Visitor(house, lang)
    challenge = visitor.get(f"/{lang}/cabinet/talap.txt")
    assert challenge.status_code == 200 and re.fullmatch("[0-9a-f]{128}", challenge.text)
    answer = visitor.send(f"/{lang}/cabinet", f"/{lang}/cabinet/certificate", follow=False,
                          files={"signature": ("talap.cms", make(challenge.content), "application/cms")})
    return visitor, answer


def test_a_certificate_lets_in(house):
    authority = house.authority
    visitor, answer = with_signature(house, lambda said: authority.sign(authority.person(IIN), said))
    assert answer.status_code == 303, answer.text
    assert "Тапсырысты жеткізу" in visitor.get("/kk/cabinet/consents").text


@pytest.mark.parametrize("lang, word", [("kk", "дерек жоқ"), ("ru", "нет данных"), ("en", "holds no data")])
def test_a_certificate_of_somebody_unknown(house, lang, word):
    authority = house.authority
    visitor, answer = with_signature(house, lambda said: authority.sign(authority.person(STRANGER_IIN), said), lang)
    assert answer.status_code == 404 and word in answer.text and STRANGER_IIN not in answer.text
    assert "talap_person" not in visitor.session.cookies


def test_certificates_that_are_refused(house, tmp_path):
    authority, impostor = house.authority, Authority(tmp_path, "impostor")
    size = house.ledger_size()
    expired = authority.person(IIN, days=-1)
    good = authority.person(IIN, days=299)
    cases = {
        "expired": lambda said: authority.sign(expired, said),
        "untrusted": lambda said: impostor.sign(impostor.person(IIN), said),
        "another text": lambda said: authority.sign(good, said[::-1]),
        "tampered": lambda said: authority.sign(good, said)[:-1] + b"\0",
        "nonsense": lambda said: b"\0" * 200,
        "nothing": lambda said: b"",
        "large": lambda said: b"0" * 70000,
    }
    for name, make in cases.items():
        visitor, answer = with_signature(house, make)
        assert answer.status_code == 401, name
        assert "talap_person" not in visitor.session.cookies, name
        assert 'id="f-signature-wrong"' in answer.text, name
    # A signature made for another browser's challenge.
    taken = {}
    with_signature(house, lambda said: taken.setdefault("cms", authority.sign(good, said)) and b"no")
    visitor, answer = with_signature(house, lambda said: taken["cms"])
    assert answer.status_code == 401
    # Without the cookie of the challenge.
    visitor = Visitor(house)
    answer = visitor.send("/kk/cabinet", "/kk/cabinet/certificate", follow=False, files={"signature": ("a", taken["cms"])})
    assert answer.status_code == 401
    assert house.ledger_size() == size


# --- What one sees --------------------------------------------------------------------------------------------------

def test_my_consents_and_nobody_elses(house, inside):
    mine, theirs = house.leaves
    page = inside.get("/kk/cabinet/consents").text
    assert f"/kk/cabinet/consents/{mine}" in page and f"/kk/cabinet/consents/{theirs}" not in page
    one = inside.get(f"/kk/cabinet/consents/{mine}")
    assert TEXT in one.text and "«Жеткізу» ЖШС" in one.text and "Тапсырысты жеткізу" in one.text
    assert f"/kk/proof/{mine}" in one.text
    for path in (f"/kk/cabinet/consents/{theirs}", "/kk/cabinet/consents/999999", "/kk/cabinet/consents/x"):
        assert inside.get(path).status_code == 404, path
    assert inside.send(f"/kk/cabinet/consents/{mine}", f"/kk/cabinet/consents/{theirs}/withdrawal",
                       aspect="processing").status_code == 404
    again = Visitor(house)
    page = again.get(f"/kk/consent/{mine}")
    assert page.status_code == 404 and TEXT not in page.text


def test_a_part_and_then_all_of_a_consent_is_taken_back(house):
    forget_codes(house)
    leaf = house.leaves[1]
    visitor = Visitor(house).enter(OTHER, lambda: letter_code(house, OTHER))
    first = f"/kk/cabinet/consents/{leaf}"
    answer = visitor.send(first, first + "/withdrawal", aspect="third_persons", once="01890000-0000-7000-8000-0000000000a1")
    assert answer.status_code == 200 and "?done=" in answer.url, answer.text
    number = requests.utils.unquote(answer.url.split("done=")[1])
    assert number in answer.text and "бір бөлігі кері қайтарып алынған" in answer.text
    state = house.call("GET", f"/v1/consents/{leaf}", "service").json()
    assert state["stands"]["third_persons"] is False and state["stands"]["processing"] is True
    # Sent twice it is one.
    assert visitor.send(first, first + "/withdrawal", aspect="third_persons",
                        once="01890000-0000-7000-8000-0000000000a1").url.endswith(answer.url.split("?")[1])
    refused = visitor.send(first, first + "/withdrawal", aspect="nonsense")
    assert refused.status_code == 422
    answer = visitor.send(first, first + "/withdrawal", aspect="processing")
    assert answer.status_code == 200 and "Кері қайтарып алынған" in answer.text
    assert 'name="aspect"' not in answer.text
    refused = visitor.send("/kk/cabinet", first + "/withdrawal", aspect="processing")
    assert refused.status_code == 409
    # The case is followed without a code, by its owner alone.
    followed = visitor.get(f"/kk/follow/{number}")
    assert followed.status_code == 200 and "Келісім кері қайтарып алынды" in followed.text
    assert "Келісім кері қайтарып алынды" not in Visitor(house).get(f"/kk/follow/{number}").text
    assert number in visitor.get("/kk/cabinet/requests").text
    # The letter about it went to where the code had gone.
    until(lambda: [m for m in letters(house).values() if number in m["text"] and OTHER in m["envelope_to"]])


def test_a_request_needs_no_contact(house, inside):
    form = inside.get("/kk/cabinet/open/data_access").text
    assert 'name="wants"' in form and 'name="contact_email"' not in form and 'name="contact_name"' not in form
    assert EMAIL in form
    answer = inside.send("/kk/cabinet/open/data_access", "/kk/cabinet/open/data_access",
                         text="Барлық мәліметті жіберіңіздер.", contact_email="evil@example.com")
    assert answer.status_code == 200 and "/kk/follow/" in answer.url, answer.text
    number = requests.utils.unquote(answer.url.split("/follow/")[1].split("?")[0])
    case = house.rows("SELECT id, state FROM case_file WHERE number = ?", number)[0]
    assert house.rows("SELECT how FROM person_case WHERE case_id = ?", case[0]) == [("cabinet",)]
    message = until(lambda: [m for m in letters(house).values() if number in m["text"]])[-1]
    assert EMAIL in str(message) and "evil@" not in str(message)
    refused = inside.send("/kk/cabinet/open/data_block", "/kk/cabinet/open/data_block", text="")
    assert refused.status_code == 422 and 'id="f-text-wrong"' in refused.text
    assert inside.get("/kk/cabinet/open/complaint").status_code == 404
    assert inside.get("/kk/cabinet/open/nothing").status_code == 404


def test_somebody_elses_case_is_not_reachable(house, inside):
    number = house.complain()["number"]
    assert "Нөмір" in inside.get(f"/kk/follow/{number}").text
    assert 'name="code"' in inside.get(f"/kk/follow/{number}").text


def test_who_looked_and_received(house, inside):
    person = house.rows("SELECT subject_id FROM consent c JOIN person p ON p.serial = c.person WHERE c.leaf = ?",
                        house.leaves[0])[0][0]
    answer = house.call("POST", f"/v1/persons/{person}/transfers", "service", json={
        "recipient": "courier", "purpose": "delivery", "categories": ["name"]})
    assert answer.status_code in (200, 201), answer.text
    page = inside.get("/kk/cabinet/history").text
    assert "Деректеріңіз берілді" in page and "«Жеткізу» ЖШС" in page and "ұйымның бағдарламасы" in page
    every = inside.get("/kk/cabinet/history?show=all").text
    assert "Келісіміңіз жазылды" in every and "Кабинетке кірді" in every
    assert inside.get("/kk/cabinet/data").status_code == 200


def test_everything_can_be_taken_along(house, inside):
    answer = inside.get("/kk/cabinet/talap.json")
    mine = answer.json()
    assert "attachment" in answer.headers["Content-Disposition"]
    assert [consent["text"]["text"] for consent in mine["consents"]] == [TEXT]
    assert mine["consents"][0]["consent"] == house.leaves[0] and mine["consents"][0]["categories"]
    assert mine["history"] and datetime.datetime.fromisoformat(mine["made_at"])
    assert OTHER not in answer.text and "Дәулет" not in answer.text
    pdf = inside.get("/kk/cabinet/talap.pdf")
    assert pdf.content.startswith(b"%PDF") and pdf.headers["Content-Type"] == "application/pdf"
    for path in ("/kk/cabinet/talap.json", "/kk/cabinet/talap.pdf"):
        assert Visitor(house).get(path, follow=False).status_code == 303


def test_policies_are_public(house):
    page = requests.get(house.url + "/en/policies", timeout=30).text
    assert "Policy" in page and "Сәуле Нұрланова" in page and "dpo@alan.example.kz" in page
    one = requests.get(house.url + "/en/policies/main", timeout=30).text
    assert "The first text." in one and re.search("[0-9a-f]{64}", one)
    answer = house.call("PUT", "/v1/processing/policy/main", "admin responsible", json={
        "title": three("Саясат", "Политика", "Policy"), "shown_at_registration": True,
        "texts": three("Екінші мәтін.", "Второй текст.", "The second text.")})
    assert answer.status_code == 200, answer.text
    assert "The second text." in requests.get(house.url + "/en/policies/main", timeout=30).text
    assert "The first text." in requests.get(house.url + "/en/policies/main?version=1", timeout=30).text
    for path in ("/en/policies/main?version=9", "/en/policies/other"):
        assert requests.get(house.url + path, timeout=30).status_code == 404, path
    assert "/en/policies" in requests.get(house.url + "/en/", timeout=30).text
    assert "/en/cabinet" in requests.get(house.url + "/en/", timeout=30).text


def test_no_address_is_written_down_in_clear(house):
    for name in os.listdir(house.folder):
        path = os.path.join(house.folder, name)
        if os.path.isfile(path) and name.startswith("talap.db"):
            with open(path, "rb") as file:
                content = file.read()
            for personal in (EMAIL, OTHER, STRANGER, PHONE, IIN):
                assert personal.encode() not in content, (name, personal)
    log = "".join(house.lines)
    for personal in (EMAIL, OTHER, STRANGER, PHONE, IIN, "Айгерім"):
        assert personal not in log
