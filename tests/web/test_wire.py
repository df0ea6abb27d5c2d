"""What arrives on the wire when nobody keeps to the protocol: raw sockets against the real program."""
import json
import socket
import threading
import time

import pytest

from talap import COMPLAINT, Talap


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """A service that waits two seconds for a request, not thirty."""
    folder = tmp_path_factory.mktemp("hasty")
    config = folder / "talap.yaml"
    config.write_text("request_timeout: 2\n")
    service = Talap(folder, options=["--config", str(config)]).init()
    service.start()
    yield service
    service.stop()


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


HEAD = b"POST /v1/cases/complaint HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_keep_alive_after_every_kind_of_answer(shared):
    """One connection serves them all: an answer that costs the connection would cost three quarters of the speed."""
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as connection:
        stream = connection.makefile("rb")
        body = json.dumps(COMPLAINT).encode()
        for request, status in (
            (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
            (b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405),
            (HEAD + b"Content-Length: 2\r\n\r\n{}", 422),
            (HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body, 201),
            (HEAD + b"Content-Length: 2000000\r\n\r\n" + b" " * 2000000, 413),
            (HEAD.replace(b"json", b"xml") + b"Content-Length: 2\r\n\r\n{}", 415),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 422),
            (b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ):
            connection.sendall(request)
            line = stream.readline()
            assert status_of(line) == status, (request[:60], line)
            length = 0
            while (header := stream.readline()) not in (b"\r\n", b""):
                name, _, value = header.partition(b":")
                assert name.lower() != b"connection" or value.strip().lower() != b"close", request[:60]
                if name.lower() == b"content-length":
                    length = int(value)
            assert len(stream.read(length)) == length


def test_pipelined_requests(shared):
    answer = shared.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 5 + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 ") == 6


def test_a_header_flood(shared):
    flood = b"".join(b"X-Flood-%d: %s\r\n" % (i, b"a" * 200) for i in range(2000))
    answer = shared.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + flood + b"\r\n")
    assert status_of(answer) == 431, answer[:200]
    long = shared.raw(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status_of(long) in (414, 431), long[:200]
    assert shared.call("GET", "/healthz").status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"POST /v1/clock HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/clock HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /v1/clock HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http(shared, request_bytes):
    answer = shared.raw(request_bytes, wait=2, half_close=True)
    assert answer == b"" or 400 <= status_of(answer) < 506
    assert shared.call("GET", "/healthz").status_code == 200


@pytest.mark.parametrize("method", [b"OPTIONS", b"POST", b"GET"])
@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 15\r\n",
        b"Content-Length: 15\r\nContent-Length: 0\r\n",
        b"Content-Length: 15\r\nContent-Length: 15\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ],
)
def test_a_body_that_ends_in_two_places(shared, method, framing):
    """Two servers that read the end differently see different requests: refused, and nothing after it is read."""
    head = method + b" /v1/cases/complaint HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    answer = shared.raw(head + framing + b"\r\n5\r\nhello\r\n0\r\n\r\n" + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", wait=5)
    assert status_of(answer) == 400 and answer.count(b"HTTP/1.1 ") == 1, answer[:300]
    assert b'"body_length_unclear"' in answer
    assert shared.call("GET", "/healthz").status_code == 200


def test_an_announced_body_far_too_large(shared):
    before = shared.ledger_size()
    answer = shared.raw(HEAD + b"Content-Length: 99999999999\r\n\r\n", wait=5)
    assert status_of(answer) == 413 and b'"body_too_large"' in answer
    assert shared.ledger_size() == before


def test_an_endless_body_in_chunks(shared):
    before = shared.ledger_size()
    answer = b""
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        sent = 0
        try:
            while sent < 200_000_000:
                connection.sendall(piece)
                sent += len(piece)
                connection.settimeout(0.001)
                try:
                    answer += connection.recv(65536)
                    if answer:
                        break
                except socket.timeout:
                    pass
                connection.settimeout(10)
        except ConnectionError:
            pass
    assert sent < 100_000_000, "was read without end"
    assert status_of(answer) == 413, answer[:200]
    assert shared.ledger_size() == before


def test_a_body_that_never_ends(hasty):
    before = hasty.ledger_size()
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=20) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
        answer = b""
        while True:
            try:
                connection.sendall(b" ")
            except ConnectionError:
                break
            connection.settimeout(0.2)
            try:
                piece = connection.recv(65536)
                answer += piece
                if not piece:
                    break
            except socket.timeout:
                pass
            except ConnectionError:
                break
            assert time.monotonic() - begun < 15, "still waiting"
    assert status_of(answer) == 408 and b'"body_too_slow"' in answer
    assert hasty.ledger_size() == before


def test_a_body_that_stops(hasty):
    begun = time.monotonic()
    answer = hasty.raw(HEAD + b"Content-Length: 1000\r\n\r\n{", wait=15)
    assert time.monotonic() - begun < 12
    assert status_of(answer) == 408 and b'"body_too_slow"' in answer


def test_a_head_that_stops(hasty):
    begun = time.monotonic()
    hasty.raw(b"GET /healthz HTTP/1.1\r\nHost:", wait=15)
    assert time.monotonic() - begun < 12
    assert hasty.call("GET", "/healthz").status_code == 200


def test_clients_that_leave_before_the_answer(shared):
    """What was asked for is done all the same, once, and the server goes on."""
    body = json.dumps(COMPLAINT).encode()
    before = shared.ledger_size()
    for _ in range(40):
        connection = socket.create_connection(("127.0.0.1", shared.port), timeout=5)
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()
    time.sleep(1)
    assert before < shared.ledger_size() + 1 <= before + 41
    assert shared.complain()["state"] == "received"


def test_many_at_once(shared):
    """Suspended and resumed under load: everybody gets their own answer, numbers have no gaps."""
    numbers, wrong = [], []

    def complain():
        for _ in range(15):
            try:
                numbers.append(shared.complain()["number"])
            except AssertionError as error:
                wrong.append(error)

    first = int(shared.complain()["number"][-6:])
    workers = [threading.Thread(target=complain) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong
    assert sorted(int(n[-6:]) for n in numbers) == list(range(first + 1, first + 1 + 240))
