"""Many clients with large things at once: what they make the server hold is bounded, and small requests go on."""
import re
import socket
import urllib.parse

import pytest
import requests

from talap import COMPLAINT, Talap, until

MIB = 1024 * 1024
LARGE = b"GIF89a" + bytes(3 * MIB)


@pytest.fixture
def tight(tmp_path):
    """A service that may hold 16 MiB for large bodies and answers together."""
    service = Talap(tmp_path, options=["--body-memory", "16"]).init()
    service.start()
    yield service
    service.stop()


def resident(service):
    return int(re.search(r"process_resident_memory_bytes (\d+)", service.call("GET", "/metrics").text).group(1))


def complain_with(service, content):
    return service.call("POST", "/v1/cases/complaint", data=COMPLAINT, files=[("attachments", ("a.gif", content))])


def half_sent(service, count):
    """A connection that has sent `count` bytes of a form and stays there."""
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=10)
    connection.sendall(b"POST /v1/cases/complaint HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                       b"Content-Length: %d\r\n\r\n" % (40 * MIB))
    connection.sendall(bytes(count))
    return connection


def test_bodies_together(tight):
    assert complain_with(tight, LARGE).status_code == 201
    before = tight.ledger_size()
    waiting = [half_sent(tight, 200 * 1024) for _ in range(120)]  # each a little, so that little is left
    answer = until(lambda: [a for a in [complain_with(tight, LARGE)] if a.status_code != 201])[0]
    assert answer.status_code == 503 and answer.json()["code"] == "server_busy"
    assert answer.headers["Retry-After"]
    assert tight.complain()["state"] == "received", "a small one is served"
    for connection in waiting:
        connection.close()
    until(lambda: complain_with(tight, LARGE).status_code == 201)
    assert tight.ledger_size() > before


def test_answers_that_nobody_reads(tight):
    case = complain_with(tight, b"GIF89a" + bytes(9 * MIB)).json()
    shown = tight.call("GET", f"/v1/status/{urllib.parse.quote(case['number'])}", params={"code": case["access_code"]}).json()
    page = f"/kk/follow/{urllib.parse.quote(case['number'])}"
    visitor = requests.Session()
    visitor.get(tight.url + page, params={"code": case["access_code"]})
    path = f"{page}/attachments/{shown['attachments'][0]['id']}"
    whole = visitor.get(tight.url + path)
    assert whole.status_code == 200 and len(whole.content) == 9 * MIB + 6
    before = resident(tight)
    readers = []
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: talap_case={visitor.cookies['talap_case']}\r\n\r\n".encode()
    for _ in range(60):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", tight.port))
        reader.settimeout(10)
        reader.sendall(request)
        readers.append(reader)
    heads = [reader.recv(12) for reader in readers]
    assert set(heads) == {b"HTTP/1.1 200", b"HTTP/1.1 503"}
    assert resident(tight) - before < 500 * MIB, "sanitizers keep freed memory for a while, but not 60 times 20 MiB"
    assert visitor.get(tight.url + page).status_code == 200
    for reader in readers:
        reader.close()
    until(lambda: visitor.get(tight.url + path).status_code == 200)
