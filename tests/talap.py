"""Drives the real program: a fresh store in a folder of its own, a free port, no mercy for what it prints.

Used by every pytest suite and by the bench. A sanitizer's report or an exit other than asked for fails the test.
"""
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import requests

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("TALAP_BIN", os.path.join(ROOT, "build", "src/cli/talap"))
PASSWORD = "Күшті құпиясөз 2026"
REPORTS = ("ERROR: AddressSanitizer", "runtime error:", "WARNING: ThreadSanitizer", "ERROR: LeakSanitizer", "Assertion")

COMPLAINT = {
    "about": "content",
    "link": "https://alan.example.kz/p/1",
    "text": "Менің суретімді рұқсатсыз жариялаған парақша бар. Өшіруді сұраймын.",
}


class Talap:
    def __init__(self, folder, store=None, binary=BIN, options=()):
        self.folder = str(folder)
        self.var = os.path.join(self.folder, "var")
        self.store = store or os.path.join(self.folder, "talap.db")
        self.binary = binary
        self.options = list(options)
        self.process = None
        self.port = None
        self.lines = []
        self.tokens = {}

    # --- The command line ---------------------------------------------------------------------------------------

    def command(self, *words, check=True, stdin="", extra=()):
        """Runs `talap WORDS`; returns the CompletedProcess."""
        done = subprocess.run([self.binary, *words, "--store", self.store, "--var", self.var, *extra], cwd=ROOT, input=stdin,
                              capture_output=True, text=True, timeout=300)
        for report in REPORTS:
            assert report not in done.stderr, done.stderr
        if check:
            assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stderr}"
        return done

    def init(self):
        self.command("init")
        return self

    def user(self, login, roles, name=None):
        """An account with the tests' password; its id."""
        return self.command("user", "add", "--login", login, "--name", name or login.title(), "--roles", roles, "--email",
                            f"{login}@example.kz", "--password-file", "-", stdin=PASSWORD).stdout.strip()

    def token(self, roles):
        """The secret of a token that acts with these roles, made once."""
        if roles not in self.tokens:
            login = "t-" + re.sub(r"[^a-z]", "-", roles)
            self.user(login, roles)
            self.tokens[roles] = self.command("token", "add", login, "--name", "tests").stdout.split()[1]
        return self.tokens[roles]

    # --- The service --------------------------------------------------------------------------------------------

    def start(self, *options, port=0, wait=30):
        self.lines = []
        self.process = subprocess.Popen([self.binary, "serve", "--store", self.store, "--var", self.var, "--port", str(port),
                                         *self.options, *options], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        found = threading.Event()

        def read(process):
            for line in process.stderr:
                self.lines.append(line)
                listening = re.match(r"listening on https?://[^:]+:(\d+)", line)
                if listening:
                    self.port = int(listening.group(1))
                    found.set()
            found.set()

        self.reader = threading.Thread(target=read, args=(self.process,), daemon=True)
        self.reader.start()
        found.wait(wait)
        assert self.port and self.process.poll() is None, "did not start:\n" + "".join(self.lines[-40:])
        return self

    def stop(self):
        """Asks it to end, and looks at how it did."""
        if not self.process:
            return
        process, self.process, self.port = self.process, None, None
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError("did not stop within a minute:\n" + "".join(self.lines[-40:]))
        self.reader.join(10)
        text = "".join(self.lines)
        for report in REPORTS:
            assert report not in text, text[-8000:]
        assert code == 0, f"ended with {code}:\n{text[-4000:]}"

    def kill(self):
        """kill -9: nothing is asked, nothing is flushed."""
        process, self.process, self.port = self.process, None, None
        process.kill()
        process.wait(30)
        self.reader.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def call(self, method, path, roles=None, session=None, **options):
        headers = dict(options.pop("headers", {}))
        if roles:
            headers["Authorization"] = "Bearer " + self.token(roles)
        return (session or requests).request(method, self.url + path, headers=headers, timeout=60, allow_redirects=False, **options)

    def complain(self, **members):
        """Opens a complaint as anybody may; the answer's JSON."""
        answer = self.call("POST", "/v1/cases/complaint", json={**COMPLAINT, **members})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def ledger_size(self):
        """Leaves in the ledger as the newest checkpoint says: what changed nothing leaves it as it was."""
        answer = self.call("GET", "/v1/ledger/checkpoint")
        return int(answer.text.split("\n")[1]) if answer.status_code == 200 else 0

    def raw(self, data, wait=10.0, half_close=False):
        """Sends bytes as they are; whatever comes back until the server closes or `wait` seconds are over."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            try:
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
                answer = b""
                while True:
                    piece = connection.recv(65536)
                    if not piece:
                        return answer
                    answer += piece
            except (socket.timeout, ConnectionError):
                return answer if "answer" in locals() else b""

    def rows(self, statement, *values):
        """Looks into the SQLite file beside the service."""
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as connection:
            return connection.execute(statement, values).fetchall()


def until(look, seconds=30, step=0.05):
    """Waits until look() is true, and returns what it gave."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen or time.monotonic() > end:
            assert seen, "did not come to pass"
            return seen
        time.sleep(step)


__all__ = ["Talap", "COMPLAINT", "PASSWORD", "ROOT", "until", "json"]
