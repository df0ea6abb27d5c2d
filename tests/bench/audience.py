"""Counting users, beside what others do with the same identifiers in the same run. Called by run.py.

The identifiers are sixteen hex digits; USERS different ones, each TIMES, shuffled, in bodies of BODY lines. Redis and
PostgreSQL get a part of them (they would take many minutes), which favours them: their tables stay smaller.
"""
import http.client
import os
import shutil
import socket
import subprocess
import threading
import time

BODY = 1000000


def bodies_of(path):
    """The file of all lines, made by the tool that counts them, as bodies in memory."""
    with open(path, "rb") as file:
        while body := file.read(BODY * 17):
            yield body


def make_lines(binary, path, users, times):
    subprocess.run([binary, "lines", path, str(users), str(times)], check=True)


def over_http(talap, path, clients=2):
    """Lines a second; two connections, as many as there are cores; what they send is in memory before."""
    bodies = list(bodies_of(path))
    token, lock, at = talap.token("service"), threading.Lock(), iter(bodies)
    answers = []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", talap.port)
        while True:
            with lock:
                body = next(at, None)
            if body is None:
                return
            connection.request("POST", "/v1/audience/visits", body, {"Authorization": "Bearer " + token, "Content-Type": "text/plain"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            answers.append(text)
    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(len(body) for body in bodies) // 17 / (time.monotonic() - begun)


def redis(scratch, path, lines):
    """PFADD and SADD, a hundred identifiers a command, pipelined over a Unix socket; lines a second of each."""
    at = os.path.join(scratch, "redis.sock")
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", at, "--save", "", "--appendonly", "no", "--dir", scratch],
                              stdout=subprocess.DEVNULL)
    rates = {}
    try:
        while not os.path.exists(at):
            time.sleep(0.02)
        with open(path, "rb") as file:
            ids = file.read(lines * 17).split()
        for name in ("PFADD", "SADD"):
            commands = []
            for i in range(0, len(ids), 100):
                some = ids[i:i + 100]
                commands.append(b"*%d\r\n$%d\r\n%s\r\n$1\r\n%s\r\n" % (len(some) + 2, len(name), name.encode(), name[:1].encode())
                                + b"".join(b"$16\r\n%s\r\n" % one for one in some))
            data, wanted = b"".join(commands), len(commands)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(at)
                begun = time.monotonic()
                sender = threading.Thread(target=connection.sendall, args=(data,))
                sender.start()
                told = 0
                while told < wanted:
                    answers = connection.recv(1 << 16)
                    assert b"-" not in answers, answers
                    told += answers.count(b"\n")
                rates[name] = len(ids) / (time.monotonic() - begun)
                sender.join()
    finally:
        server.terminate()
        server.wait()
    return rates


def postgres(url, path, lines):
    """COPY into a staging table, then what is new of it into the table of users; lines a second."""
    def run(*commands, stdin=None):
        arguments = [word for command in commands for word in ("-c", command)]
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url, *arguments], check=True, stdin=stdin)
    run("DROP TABLE IF EXISTS audience_bench, audience_staging", "CREATE TABLE audience_bench (id TEXT COLLATE \"C\" PRIMARY KEY)",
        "CREATE UNLOGGED TABLE audience_staging (id TEXT COLLATE \"C\")")
    begun = time.monotonic()
    with open(path, "rb") as file:
        head = subprocess.Popen(["head", "-n", str(lines)], stdin=file, stdout=subprocess.PIPE)
        run("COPY audience_staging FROM STDIN", stdin=head.stdout)
        head.wait()
    run("INSERT INTO audience_bench SELECT DISTINCT id FROM audience_staging ON CONFLICT DO NOTHING")
    rate = lines / (time.monotonic() - begun)
    run("DROP TABLE audience_bench, audience_staging")
    return rate


def wc(path, lines):
    begun = time.monotonic()
    subprocess.run(["wc", "-l", path], check=True, stdout=subprocess.DEVNULL)
    return lines / (time.monotonic() - begun)


def disk_mb(folder):
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder) if name.startswith("talap.db")) / 1048576


def run(scratch, build, root, Talap, users, times, say, tell, resident_mb):
    binary = os.path.join(build, "tests/bench/bench_audience")
    lines, peers = users * times, min(users * times, 5000000)
    tell(f"{users} users, {times} times each, in the library ...")
    folder = os.path.join(scratch, "audience")
    os.makedirs(folder)
    subprocess.run([binary, "count", os.path.join(folder, "talap.db"), folder, os.path.join(root, "law"), str(users), str(times), str(BODY)], check=True)
    say("disk for a month of so many users", disk_mb(folder), "MB", users=users)
    shutil.rmtree(folder)
    path = os.path.join(scratch, "lines")
    make_lines(binary, path, users, times)
    counted = wc(path, lines)
    rates = redis(scratch, path, peers)
    merged = postgres(os.environ["TALAP_TEST_POSTGRES"], path, peers)
    talap = Talap(os.path.join(scratch, "visits"))
    os.makedirs(talap.folder)
    talap.init().start()
    try:
        tell("the same over HTTP ...")
        rate = over_http(talap, path)
        for name, peer in (("wc -l of the same bytes", counted), ("Redis PFADD (inexact), 100 a command", rates["PFADD"]),
                           ("Redis SADD, 100 a command", rates["SADD"]), ("PostgreSQL COPY and merge", merged)):
            say("identifiers counted over HTTP, until durable", rate, "1/s", name, peer, aim=8000000)
        say("resident memory of the service with them", resident_mb(talap.process), "MB", "the aim of 512 MB", 512)
        talap.stop()
        begun = time.monotonic()
        talap.start()
        say("start to ready with them", (time.monotonic() - begun) * 1000, "ms", "the aim of 1 s", 1000)
        answer = talap.call("POST", "/v1/audience/visits", "service", data=b"", headers={"Content-Type": "text/plain"}).json()
        assert answer["users_today"] == users, answer
    finally:
        talap.stop()
        os.remove(path)
