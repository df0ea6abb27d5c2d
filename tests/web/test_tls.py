"""The server speaking TLS itself: a certificate made for the test, cookies that are Secure, reads and durable writes."""
import socket
import ssl
import subprocess
import warnings

import pytest
import requests

from talap import COMPLAINT, Talap


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
                   check=True, capture_output=True)
    service = Talap(folder, options=["--tls-certificate", str(certificate), "--tls-key", str(key)]).init()
    service.start()
    service.certificate = str(certificate)
    yield service
    service.stop()


def test_reads_and_writes(secure):
    url = f"https://127.0.0.1:{secure.port}"
    with requests.Session() as session:
        session.trust_env, session.verify = False, secure.certificate
        assert session.get(url + "/readyz").json()["status"] == "ready"
        opened = session.post(url + "/v1/cases/complaint", json=COMPLAINT)
        assert opened.status_code == 201
        assert session.get(url + "/v1/ledger/checkpoint").text.split("\n")[1] == str(opened.json()["receipt"]["leaf_index"] + 1)
        page = session.get(url + "/kk/sign-in")
        assert "; Secure" in page.headers["Set-Cookie"]
        assert page.headers["Strict-Transport-Security"].startswith("max-age=")


def test_no_plain_http_and_no_old_protocol(secure):
    answer = secure.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", wait=3)
    assert b'"ok"' not in answer
    context = ssl.create_default_context(cafile=secure.certificate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", secure.port), timeout=5) as plain:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(plain, server_hostname="127.0.0.1")


def test_a_body_too_large_is_refused_here_too(secure):
    url = f"https://127.0.0.1:{secure.port}"
    answer = requests.post(url + "/v1/cases/complaint", data=b" " * 2_000_000, headers={"Content-Type": "application/json"},
                           verify=secure.certificate)
    assert answer.status_code == 413 and answer.json()["code"] == "body_too_large"
