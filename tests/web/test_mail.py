"""Mail from the real program to a real SMTP server: the receipt and the answer arrive, what cannot be sent waits, and
staff are told the number alone."""
import hashlib
import json
import os
import re
import subprocess
import urllib.parse

import pytest
import requests

from talap import ROOT, Talap, until

REASONS = "Тексердік: жарияланым ережеге қайшы келеді, сондықтан өшірілді."
SERVER = os.path.join(ROOT, "tests/unit/smtp_server.py")


class Postbox:
    """A server that keeps what it takes as JSON files in a folder."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.process = subprocess.Popen(["/usr/bin/python3", SERVER, self.folder], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.url = "smtp://127.0.0.1:" + self.process.stdout.readline().strip()

    def taken(self, count):
        """The first `count` messages, once they are all there."""
        names = [os.path.join(self.folder, f"{i}.json") for i in range(count)]
        until(lambda: all(os.path.exists(name) and os.path.getsize(name) for name in names))
        messages = []
        for name in names:
            with open(name, encoding="utf-8") as file:
                messages.append(json.load(file))
        return messages

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture
def postbox(tmp_path):
    folder = tmp_path / "post"
    folder.mkdir()
    box = Postbox(folder)
    yield box
    box.stop()


def serve(tmp_path, url, *options):
    service = Talap(tmp_path).init()
    service.start("--mail-url", url, "--mail-from", "talap@alan.example.kz", *options)
    return service


def header(message, name):
    found = [value for key, value in message["headers"] if key.lower() == name]
    assert len(found) == 1, (name, message["headers"])
    return found[0]


def outbox(service):
    return service.rows("SELECT purpose, state, attempts, last_error FROM outbox ORDER BY id")


def test_receipt_and_answer_arrive(tmp_path, postbox):
    service = serve(tmp_path, postbox.url, "--mail-allow-private", "--public-url", "https://talap.alan.example.kz")
    case = service.complain(contact_email="aigul@example.kz", contact_name="Айгүл Ә.")
    receipt, = postbox.taken(1)
    assert receipt["envelope_to"] == ["aigul@example.kz"]
    assert case["number"] in header(receipt, "subject")
    assert header(receipt, "auto-submitted") == "auto-generated"
    assert case["access_code"] in receipt["text"] and "Айгүл Ә." in receipt["text"]
    link = f"https://talap.alan.example.kz/kk/follow/{urllib.parse.quote(case['number'])}?code={case['access_code']}"
    assert link in receipt["text"].split("\n")
    acted = service.call("POST", f"/v1/cases/{case['id']}/acts/answer", "moderator",
                         json={"decision": "upheld", "reasons": REASONS})
    assert acted.status_code == 200, acted.text
    answer = postbox.taken(2)[1]
    paper, = answer["attachments"]
    assert (paper["name"], paper["type"]) == (f"{case['number']}.pdf", "application/pdf")
    assert REASONS not in answer["text"]
    assert header(answer, "message-id") != header(receipt, "message-id")
    until(lambda: [row[:2] for row in outbox(service)] == [("receipt", "sent"), ("act", "sent")])
    service.stop()


def test_the_paper_is_the_same_wherever_it_is_had(tmp_path, postbox):
    service = serve(tmp_path, postbox.url, "--mail-allow-private", "--public-url", "https://talap.alan.example.kz")
    case = service.complain(contact_email="aigul@example.kz")
    service.call("POST", f"/v1/cases/{case['id']}/acts/answer", "moderator", json={"decision": "rejected", "reasons": REASONS})
    mailed, = postbox.taken(2)[1]["attachments"]
    pdf = service.call("GET", f"/v1/cases/{case['id']}/papers/complaint_answer.pdf?lang=kk", "moderator")
    assert pdf.status_code == 200 and pdf.headers["Content-Type"] == "application/pdf"
    assert hashlib.sha256(pdf.content).hexdigest() == mailed["sha256"]
    service.stop()


def test_without_an_address_nothing_is_sent(tmp_path, postbox):
    service = serve(tmp_path, postbox.url, "--mail-allow-private")
    service.complain()
    service.complain(contact_email="aigul@example.kz")
    postbox.taken(1)
    until(lambda: all(row[1] in ("sent", "skipped") for row in outbox(service)))
    assert len(os.listdir(postbox.folder)) == 1
    service.stop()


def test_a_refused_message_waits_and_nothing_else_stops(tmp_path, postbox):
    service = serve(tmp_path, postbox.url, "--mail-allow-private")
    service.complain(contact_email="refused@example.kz")
    service.complain(contact_email="aigul@example.kz")
    postbox.taken(1)
    until(lambda: any(row[3] == "mail_refused" for row in outbox(service)))
    refused = [row for row in outbox(service) if row[3] == "mail_refused"]
    assert [(row[1], row[2]) for row in refused] == [("waiting", 1)]
    service.stop()
    assert "refused@" not in "".join(service.lines)


@pytest.mark.parametrize("options, cause", [
    ((), "mail_unreachable"),  # loopback is not allowed
    (("--mail-allow-private",), "mail_unreachable"),  # nobody listens
])
def test_a_server_away_leaves_mail_waiting(tmp_path, postbox, options, cause):
    url = postbox.url if not options else "smtp://127.0.0.1:1"
    service = serve(tmp_path, url, *options)
    case = service.complain(contact_email="aigul@example.kz")
    until(lambda: any(row[3] == cause for row in outbox(service)))
    assert service.call("GET", f"/v1/status/{urllib.parse.quote(case['number'])}?code={case['access_code']}").status_code == 200
    assert os.listdir(postbox.folder) == []
    service.stop()
    log = "".join(service.lines)
    assert "aigul@" not in log and case["access_code"] not in log


def test_links_lead_where_they_say(tmp_path, postbox):
    """Without a public address links lead to where the server listens: so they can be followed here."""
    service = serve(tmp_path, postbox.url, "--mail-allow-private")
    case = service.complain(contact_email="aigul@example.kz")
    service.call("POST", f"/v1/cases/{case['id']}/acts/answer", "moderator", json={"decision": "upheld", "reasons": REASONS})
    links = [line for message in postbox.taken(2) for line in message["text"].split("\n") if line.startswith("http")]
    assert len(links) == 3 and all(link.startswith(service.url + "/kk/") for link in links), links
    visitor = requests.Session()
    for link in links:
        answer = visitor.get(link, timeout=60)
        assert answer.status_code == 200, link
        if "/follow/" in link:
            assert case["number"] in answer.text and case["access_code"] not in answer.url
    # The opener's own copy, from the page, is the one that was mailed.
    mailed, = postbox.taken(2)[1]["attachments"]
    address = re.search(r'href="(/kk/follow/[^"]*\.pdf)"', answer.text).group(1)
    pdf = visitor.get(service.url + address, timeout=60)
    assert hashlib.sha256(pdf.content).hexdigest() == mailed["sha256"]
    service.stop()
