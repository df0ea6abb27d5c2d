"""Every figure of Talap beside a limit or a peer measured in the same run. Prints JSON lines; explains itself on stderr.

    ./bench [--cases 1000000] [--entries 1000000] [--events 5000000] [--seconds 10] [--people 3000000] [--consents 10000000] [--only core,start,intake,reads,mixed,registers,report,papers,decisions,authzen,adcheck,ads]
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
BUILD = os.path.join(ROOT, "build")
os.environ["TALAP_BIN"] = os.path.join(BUILD, "src/cli/talap")

import audience  # noqa: E402
import ads  # noqa: E402
import mixed  # noqa: E402
import requests  # noqa: E402
import showings  # noqa: E402
from talap import Talap, until  # noqa: E402

WRK = os.path.join(ROOT, "tests/bench/wrk")


def say(name, value, unit, against=None, limit=None, **more):
    line = {"name": name, "value": round(value, 3), "unit": unit}
    if limit:
        line |= {"against": against, "limit": round(limit, 3), "ratio": round(value / limit, 3)}
    print(json.dumps(line | more, ensure_ascii=False), flush=True)


def tell(text):
    print(text, file=sys.stderr, flush=True)


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def wrk(url, seconds, clients=64, script=None, *args):
    """Requests a second, p50 and p99 in milliseconds; every answer must be a 2xx."""
    command = ["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "--latency"]
    if script:
        command += ["-s", os.path.join(WRK, script)]
    out = subprocess.run([*command, url, *(["--", *args] if args else [])], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in out and "Socket errors" not in out, out
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    return rate, milliseconds(re.search(r"^\s+50%\s+(\S+)", out, re.M).group(1)), milliseconds(re.search(r"^\s+99%\s+(\S+)", out, re.M).group(1))


def resident_mb(process):
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


def core(scratch):
    out = subprocess.run([os.path.join(BUILD, "tests/bench/bench_core"), os.path.join(ROOT, "law"), scratch], capture_output=True, text=True,
                         check=True).stdout
    print(out, end="", flush=True)
    return json.loads(out.strip().split("\n")[-1])["value"]


def postgres_rows(scratch, seconds):
    """PostgreSQL writing the rows of one intake (subject, case, clock, event) in one transaction, 32 clients, no order kept."""
    url = os.environ["TALAP_TEST_POSTGRES"]
    talap = Talap(os.path.join(scratch, "pg"), store=url)
    os.makedirs(talap.folder)
    talap.init()
    setup = os.path.join(ROOT, "tests/bench/intake_setup.sql")
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", setup, url], check=True)
    out = subprocess.run(["pgbench", "-n", "-c", "32", "-j", "2", "-T", str(seconds), "-M", "prepared", "-f",
                          os.path.join(ROOT, "tests/bench/intake.sql"), url], capture_output=True, text=True, check=True).stdout
    return float(re.search(r"tps = ([\d.]+)", out).group(1))


def intake(scratch, seconds, flushes):
    tell("intake over HTTP, 64 clients ...")
    talap = Talap(os.path.join(scratch, "intake"))
    os.makedirs(talap.folder)
    talap.init().start()
    try:
        wrk(talap.url + "/v1/cases/complaint", 2, 64, "intake.lua")
        rate, p50, p99 = wrk(talap.url + "/v1/cases/complaint", seconds, 64, "intake.lua")
        _, few50, few99 = wrk(talap.url + "/v1/cases/complaint", seconds, 16, "intake.lua")
        constant, _, constant99 = wrk(talap.url + "/healthz", 3)
    finally:
        talap.stop()
    # The disk's own rate once more, right beside: it drifts.
    peer = postgres_rows(scratch, seconds)
    say("durable intake over HTTP", rate, "1/s", "PostgreSQL 15, the same rows, 32 clients", peer, p50_ms=p50, p99_ms=p99, aim=2,
        p50_ms_16_clients=few50, p99_ms_16_clients=few99, p99_ms_constant_answer=constant99)
    say("durable intake over HTTP", rate, "1/s", "the disk's own flushes", flushes)
    say("durable intake over HTTP", rate, "1/s", "the same server's constant answer", constant)


def reads(scratch, seconds, cases):
    tell(f"filling a store with {cases} cases ...")
    talap = Talap(os.path.join(scratch, "reads"))
    os.makedirs(talap.folder)
    talap.init()
    begun = time.monotonic()
    subprocess.run([os.path.join(BUILD, "tests/bench/bench_fill"), talap.store, talap.var, os.path.join(ROOT, "law"), "complaint", str(cases)], check=True)
    filled = time.monotonic() - begun
    say("cases opened in process", cases / filled, "1/s")
    token = talap.token("auditor")
    ids = [row[0] for row in talap.rows("SELECT id FROM case_file ORDER BY random() LIMIT 100000")]
    listed = os.path.join(scratch, "ids")
    with open(listed, "w") as file:
        file.write("\n".join([token, *ids]) + "\n")
    begun = time.monotonic()
    talap.start()
    ready = time.monotonic() - begun
    try:
        # The search takes in the new cases in the background; the figures are those of a service at rest.
        tell("waiting for the search to take in the cases ...")
        until(lambda: talap.rows("SELECT leaf FROM words_position") == talap.rows("SELECT size FROM ledger_head"), 1800, 1)
        wrk(talap.url, 2, 64, "read.lua", listed)
        rate, p50, p99 = wrk(talap.url, seconds, 64, "read.lua", listed)
        _, few50, few99 = wrk(talap.url, seconds, 16, "read.lua", listed)
        constant, _, constant99 = wrk(talap.url + "/healthz", seconds)
        say(f"case reads at {cases} cases", rate, "1/s", "the same server's constant answer", constant, p50_ms=p50, p99_ms=p99,
            p50_ms_16_clients=few50, p99_ms_16_clients=few99, p99_ms_constant_answer=constant99)
        for name, path in (("queue by due", "/v1/cases?limit=50"), ("overdue", "/v1/cases?overdue=true&limit=50"),
                           ("two words", "/v1/cases?q=парақша+суретім&limit=50"), ("newest", "/v1/cases?sort=newest&limit=50")):
            times = []
            for _ in range(60):
                begun = time.monotonic()
                answer = talap.call("GET", path, "auditor")
                times.append((time.monotonic() - begun) * 1000)
                assert answer.status_code == 200, answer.text
            say(f"list of 50 at {cases} cases: {name}", sorted(times)[-1], "ms, slowest of 60")
        say(f"resident memory with {cases} cases", resident_mb(talap.process), "MB")
        say(f"start to ready with {cases} cases", ready * 1000, "ms", "the aim of 100 ms", 100)
    finally:
        talap.stop()


def mixed_load(scratch, seconds):
    """Every procedure of the platform, the authorised body and the carrier, opened and taken through its acts at once."""
    tell("the mixed load of all procedures, 16 clients ...")
    talap = Talap(os.path.join(scratch, "mixed"))
    os.makedirs(talap.folder)
    talap.init()
    courses = os.path.join(scratch, "courses")
    mixed.write(courses, {role: talap.token(role) for role in mixed.ROLES})
    talap.start("--roles", "platform authorised_body carrier")
    try:
        wrk(talap.url, 2, 16, "mixed.lua", courses)
        out = subprocess.run(["wrk", "-t2", "-c16", f"-d{seconds}s", "--latency", "-s", os.path.join(WRK, "mixed.lua"), talap.url, "--", courses],
                             capture_output=True, text=True, check=True).stdout
        opened, acted, refused = map(int, re.search(r"opened (\d+) acted (\d+) refused (\d+)", out).groups())
        assert refused == 0, out
        alone, _, _ = wrk(talap.url + "/v1/cases/complaint", seconds, 16, "intake.lua")
        say("mixed load of all procedures, openings and acts", (opened + acted) / seconds, "1/s", "complaints opened alone, the same clients", alone,
            opened=opened, acted=acted, procedures=len(mixed.COURSES), p50_ms=milliseconds(re.search(r"^\s+50%\s+(\S+)", out, re.M).group(1)),
            p99_ms=milliseconds(re.search(r"^\s+99%\s+(\S+)", out, re.M).group(1)))
    finally:
        talap.stop()


def registers(scratch, seconds, entries):
    tell(f"filling a register with {entries} entries ...")
    talap = Talap(os.path.join(scratch, "registers"))
    os.makedirs(talap.folder)
    talap.init()
    begun = time.monotonic()
    subprocess.run([os.path.join(BUILD, "tests/bench/bench_fill"), talap.store, talap.var, os.path.join(ROOT, "law"), "restricted_resource",
                    str(entries)], check=True)
    say("register entries opened in process", entries / (time.monotonic() - begun), "1/s")
    talap.start("--roles", "authorised_body")
    try:
        address = talap.url + "/v1/registers/restricted_resources"
        searches = {"a page": "", "a common word": "&q=saqtau", "two common words": "&q=example+kz", "a host": "&q=saqtau-{}", "a number": "&q=12-05/{}"}
        for name, query in searches.items():
            times = []
            for i in range(400):
                begun = time.monotonic()
                answer = requests.get(address + "?limit=50" + query.format(i * 7919 % entries), timeout=60)
                times.append((time.monotonic() - begun) * 1000)
                assert answer.status_code == 200 and answer.json()["entries"], answer.text
            times.sort()
            say(f"search of a register of {entries}: {name}", times[395], "ms, 99 of 100", "the aim of 20 ms", 20, p50_ms=round(times[200], 3))
        begun, size, rows, peak = time.monotonic(), 0, -1, 0
        with requests.get(address + "/export.csv", stream=True, timeout=600) as answer:
            for block in answer.iter_content(1 << 20):
                size += len(block)
                rows += block.count(b"\n")
                peak = max(peak, resident_mb(talap.process))
        took = time.monotonic() - begun
        assert rows >= entries, rows
        begun = time.monotonic()
        with open(os.path.join(scratch, "written"), "wb") as file:
            for _ in range(size >> 20):
                file.write(b"0" * (1 << 20))
            os.fsync(file.fileno())
        written = time.monotonic() - begun
        say("export of the register as CSV", entries / took, "rows/s", "writing as many bytes to a file", entries / written, mb=round(size / 1e6, 1),
            resident_mb=round(peak, 1))
    finally:
        talap.stop()


def yearly(scratch, events):
    """The report of a year, and a tenth of it: the memory must be the same."""
    memory = {}
    for count in (events // 10, events):
        tell(f"writing {count} events ...")
        talap = Talap(os.path.join(scratch, f"report{count}"))
        os.makedirs(talap.folder)
        talap.init()
        subprocess.run([os.path.join(BUILD, "tests/bench/bench_fill_events"), talap.store, talap.var, os.path.join(ROOT, "law"), str(count), "2025"],
                       check=True)
        # The page cache is warm for both: what is compared is the counting.
        path = talap.store.removeprefix("sqlite:")
        begun = time.monotonic()
        subprocess.run(["sqlite3", path, "SELECT count(*), sum(length(body)) FROM event"], check=True, stdout=subprocess.DEVNULL)
        reading = time.monotonic() - begun
        begun = time.monotonic()
        process = subprocess.Popen([talap.binary, "report", "2025", "--json", "--store", talap.store, "--var", talap.var, "--law",
                                    os.path.join(ROOT, "law")], stdout=subprocess.PIPE)
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - begun
        assert status == 0 and json.loads(out)["events"] == count, out[:300]
        memory[count] = usage.ru_maxrss / 1024
        say(f"yearly report over {count} events", took, "s", "sqlite3 reading the same rows", reading, resident_mb=round(memory[count], 1))
        for name in os.listdir(talap.folder):
            if name.startswith("talap.db"):
                os.unlink(os.path.join(talap.folder, name))
    say("memory of the report, ten times the events", memory[events], "MB", "a tenth of them", memory[events // 10])


def papers(scratch, seconds):
    talap = Talap(os.path.join(scratch, "papers"))
    os.makedirs(talap.folder)
    talap.init().start()
    try:
        given = {name: value.replace("{n}", "1") for name, value in mixed.COURSES["moderation"][1].items()}
        case = talap.call("POST", "/v1/cases/moderation", "moderator", json=given).json()
        listed = os.path.join(scratch, "paper")
        with open(listed, "w") as file:
            file.write(talap.token("moderator") + "\n" + case["id"] + "/papers/statement_of_reasons.pdf\n")
        for clients in (2, 4):
            rate, p50, p99 = wrk(talap.url, seconds, clients, "read.lua", listed)
            say(f"papers drawn (statement of reasons, PDF), {clients} clients", rate, "1/s", p50_ms=p50, p99_ms=p99)
    finally:
        talap.stop()


def npm_peers(scratch, seconds):
    """Cedar and Casbin on the same questions, where npm gives them; None elsewhere."""
    folder = os.path.join(scratch, "peers")
    os.makedirs(folder)
    try:
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, "@cedar-policy/cedar-wasm", "casbin"], check=True,
                       capture_output=True, timeout=300)
        with open(os.path.join(ROOT, "tests/bench/peers.cjs")) as script, open(os.path.join(folder, "peers.cjs"), "w") as copy:
            copy.write(script.read())
        out = subprocess.run(["node", "peers.cjs", str(seconds)], cwd=folder, check=True, capture_output=True, text=True, timeout=300).stdout
        return json.loads(out)
    except (OSError, subprocess.SubprocessError) as why:
        tell(f"Cedar and Casbin: not measured ({type(why).__name__}: npm or node is not reachable here)")
        return None


def authzen(scratch, seconds, people, consents):
    tell(f"decisions over HTTP, {consents} consents of {people} people ...")
    talap = Talap(os.path.join(scratch, "authzen"))
    os.makedirs(talap.folder)
    talap.init()
    token = talap.token("service")
    begun = time.monotonic()
    subprocess.run([os.path.join(BUILD, "tests/bench/bench_fill_people"), talap.store, talap.var, os.path.join(ROOT, "law"), str(people),
                    str(consents)], check=True)
    tell(f"filled in {time.monotonic() - begun:.0f} s")
    begun = time.monotonic()
    talap.start(wait=600)
    ready = time.monotonic() - begun
    try:
        asked = (token, str(people), "{}", "name", "photo", "1")
        rates = {}
        for count, clients in ((1, 64), (1000, 16)):
            words = [w.format(count) for w in asked]
            wrk(talap.url, 2, clients, "evaluations.lua", *words)
            rate, p50, p99 = wrk(talap.url, seconds, clients, "evaluations.lua", *words)
            rates[count] = rate * count
            constant, _, _ = wrk(talap.url + "/healthz", seconds, clients)
            say(f"decisions over HTTP, {count} a request", rate * count, "1/s", "the same server's constant answer", constant, p50_ms=p50, p99_ms=p99)
        say("decisions over HTTP, 1000 a request", rates[1000], "1/s", "the aim of 1 000 000", 1000000)
        text = requests.get(talap.url + "/metrics", timeout=60).text
        bytes_used = float(re.search(r"^talap_index_bytes (\S+)$", text, re.M).group(1))
        say("index, bytes a consent", bytes_used / consents, "bytes", "the aim of 64", 64)
        say("index built", float(re.search(r"^talap_index_build_seconds (\S+)$", text, re.M).group(1)), "s", "the aim of 5 s for 10 million", 5,
            start_to_ready_s=round(ready, 2), resident_mb=round(resident_mb(talap.process), 1))
    finally:
        talap.stop()
    peers = npm_peers(scratch, seconds)
    for name in ("cedar", "casbin"):
        if peers is None:
            print(json.dumps({"name": f"decisions over HTTP, 1000 a request, against {name}", "value": "not measured"}), flush=True)
            continue
        say("decisions over HTTP, 1000 a request", rates[1000], "1/s", f"{name} in process in node, given the person's consents", peers[name])
        say("decisions over HTTP, one a request", rates[1], "1/s", f"{name} in process in node, given the person's consents", peers[name])


def adcheck(scratch, seconds):
    tell("the check of advertisements before publication ...")
    out = subprocess.run([os.path.join(BUILD, "tests/bench/bench_adcheck"), str(seconds)], capture_output=True, text=True, check=True).stdout
    figures = {line["name"]: line["value"] for line in map(json.loads, out.splitlines())}
    say("advertisements checked, in process, one core", figures["adcheck_check"], "1/s", "the intake's aim of 100 000", 100000)
    say("advertisements read, checked and told, in process, one core", figures["adcheck_whole"], "1/s", "the intake's aim of 100 000", 100000,
        bytes_each=figures["adcheck_bytes"])
    say("criteria looked at in lists of 10 000", figures["adcheck_criteria"], "1/s")
    talap = Talap(os.path.join(scratch, "adcheck"))
    os.makedirs(talap.folder)
    talap.init()
    token = talap.token("service")
    talap.start()
    try:
        for count, clients in ((1, 64), (1000, 16)):
            wrk(talap.url, 1, clients, "adcheck.lua", token, str(count))
            rate, p50, p99 = wrk(talap.url, seconds, clients, "adcheck.lua", token, str(count))
            constant, _, _ = wrk(talap.url + "/healthz", seconds, clients)
            say(f"advertisements checked over HTTP, {count} a request", rate * count, "1/s", "the same server's constant answer", constant,
                p50_ms=p50, p99_ms=p99)
    finally:
        talap.stop()


def start(scratch):
    talap = Talap(os.path.join(scratch, "start"))
    os.makedirs(talap.folder)
    talap.init()
    times = []
    for _ in range(10):
        begun = time.monotonic()
        talap.start()
        times.append((time.monotonic() - begun) * 1000)
        memory = resident_mb(talap.process)
        talap.stop()
    trivial = []
    for _ in range(10):
        begun = time.monotonic()
        subprocess.run([talap.binary, "--version"], stdout=subprocess.DEVNULL, check=True)
        trivial.append((time.monotonic() - begun) * 1000)
    say("start to ready, existing store", sorted(times)[5], "ms", "the program saying its version", sorted(trivial)[5], aim_ms=100)
    say("resident memory, idle", memory, "MB", "the aim of 64 MB", 64)


def decisions(scratch, people, consents):
    """In process, beside what reading a table as large costs by itself in the same run."""
    tell(f"decisions in process, {consents} consents of {people} people ...")
    folder = os.path.join(scratch, "decisions")
    os.makedirs(folder)
    subprocess.run([os.path.join(BUILD, "tests/bench/bench_decide"), os.path.join(ROOT, "law"), folder, str(people), str(consents)], check=True)
    shutil.rmtree(folder)


def imports(scratch, rows):
    """Consents from a file, beside a plain copy of the same file into SQLite."""
    tell(f"a file of {rows} consents ...")
    talap = Talap(os.path.join(scratch, "import"))
    os.makedirs(talap.folder)
    talap.init().start()
    titles = {"kk": "Жеткізу", "ru": "Доставка", "en": "Delivery"}
    try:
        answer = talap.call("PUT", "/v1/processing/purpose/delivery", "responsible", json={
            "title": titles, "norm": "contract", "basis": "consent", "categories": ["name", "email"]})
        assert answer.status_code in (200, 201), answer.text
    finally:
        talap.stop()
    for people, of in ((rows, "a person each"), (max(1, rows // 3), "three a person")):
        path = os.path.join(scratch, f"consents-{people}.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("person_id,email,full_name,purpose,categories,third_persons,cross_border,publication,way,text,text_language,text_version,"
                       "given_at,operator_name,operator_bin\n")
            for i in range(rows):
                n = i % people
                file.write(f"{people}-{n},p{people}-{n}@example.kz,Сейітқызы Айгерім {n},delivery,name email,no,no,no,electronic,"
                           "Мен деректерімді өңдеуге келісемін.,kk,1,2026-01-01T10:00:00+05:00,Сауда,990140004654\n")
        begun = time.monotonic()
        subprocess.run(["sqlite3", os.path.join(scratch, f"copy-{people}.db"), f".import --csv {path} consents"], check=True)
        copied = rows / (time.monotonic() - begun)
        begun = time.monotonic()
        done = talap.command("consent", "import", path)
        rate = rows / (time.monotonic() - begun)
        assert f"{rows} taken, 0 refused" in done.stderr, done.stderr
        say(f"consents read in, {of}", rate, "rows/s", "sqlite3 .import of the same file into one table without an index", copied)
        begun = time.monotonic()
        talap.command("consent", "import", path)
        say("the same file again", time.monotonic() - begun, "s")
    begun = time.monotonic()
    talap.command("consent", "export", os.path.join(scratch, "out.csv"))
    say("consents taken out as CSV", 2 * rows / (time.monotonic() - begun), "rows/s")


def adsearch(scratch, adverts):
    """The library's index in process, and PostgreSQL's full text (a stored tsvector with GIN) over the same texts, asked the same:
    the newest fifty and the exact count."""
    tell(f"search in {adverts} advertisements ...")
    folder = os.path.join(scratch, "adsearch")
    os.makedirs(folder)
    out = subprocess.run([os.path.join(BUILD, "tests/bench/bench_adsearch"), str(adverts), folder, "2000", "copy"], capture_output=True,
                         text=True, check=True).stdout
    ours = json.loads(out)
    shapes = ("one_word", "two_words", "filter_and_word", "deep_cursor")
    url = os.environ["TALAP_TEST_POSTGRES"]
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url, "-c",
                    "DROP TABLE IF EXISTS ad; CREATE UNLOGGED TABLE ad (serial bigint PRIMARY KEY, advertiser text, language text, kind int, "
                    "from_day int, until_day int, body text, words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED)"],
                   check=True)
    begun = time.monotonic()
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url, "-c",
                    f"\\copy ad (serial, advertiser, language, kind, from_day, until_day, body) FROM '{folder}/adverts.tsv'", "-c",
                    "SET maintenance_work_mem = '1GB'", "-c", "CREATE INDEX ON ad USING gin (words)", "-c", "VACUUM ANALYZE ad"], check=True)
    built = adverts / (time.monotonic() - begun)
    script, order = ["\\timing on", "\\o /dev/null"], []
    with open(os.path.join(folder, "queries.tsv"), encoding="utf-8") as queries:
        for line in queries:
            shape, words, language, kind, _, _, cursor, _ = line.rstrip("\n").split("\t")
            if int(shape) >= len(shapes):
                continue
            where = "words @@ plainto_tsquery('simple', '" + words.replace("'", "''") + "')"
            if language:
                where += f" AND language = '{language}' AND kind = {kind}"
            page = where + (f" AND serial < {int(cursor, 16)}" if cursor else "")
            script += [f"SELECT serial FROM ad WHERE {page} ORDER BY serial DESC LIMIT 50;", f"SELECT count(*) FROM ad WHERE {where};"]
            order.append(int(shape))
    out = subprocess.run(["psql", "-X", "-v", "ON_ERROR_STOP=1", url], input="\n".join(script) + "\n", capture_output=True, text=True,
                         check=True).stdout
    times = [float(number) for number in re.findall(r"^Time: ([\d.]+) ms", out, re.M)]
    assert len(times) == 2 * len(order), (len(times), len(order))
    for number, shape in enumerate(shapes):
        theirs = sorted(times[2 * i] + times[2 * i + 1] for i, of in enumerate(order) if of == number)
        say(f"advertisements searched, {shape.replace('_', ' ')}: p99", ours[shape]["p99_ms"], "ms",
            "PostgreSQL, GIN: p99", theirs[len(theirs) * 99 // 100], p50=ours[shape]["p50_ms"], postgres_p50=theirs[len(theirs) // 2])
    for shape in ("most_shown", "period", "prefix"):
        say(f"advertisements searched, {shape.replace('_', ' ')}: p99", ours[shape]["p99_ms"], "ms", p50=ours[shape]["p50_ms"])
    say("the library's index built, one core", ours["built_per_s"], "texts/s", "PostgreSQL, COPY and GIN", built)
    say("the library's index read from its file", ours["load_s"], "s", "a second", 1)
    say("the library's index in memory", ours["index_mb"], "MiB", words=ours["words"], resident_built=ours["built_mb"])
    subprocess.run(["psql", "-q", url, "-c", "DROP TABLE ad"], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1000000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--only", default="core,start,intake,reads,mixed,registers,report,papers,decisions,authzen,adcheck,ads,adsearch,import,showings,dump,audience")
    parser.add_argument("--entries", type=int, default=1000000)
    parser.add_argument("--people", type=int, default=3000000)
    parser.add_argument("--consents", type=int, default=10000000)
    parser.add_argument("--users", type=int, default=5000000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--ads", type=int, default=500000)
    parser.add_argument("--rows", type=int, default=300000)
    parser.add_argument("--events", type=int, default=5000000)
    parser.add_argument("--adverts", type=int, default=5000000)
    parser.add_argument("--showings", type=int, default=4000000)
    parser.add_argument("--dump", type=int, default=200000)
    options = parser.parse_args()
    only = options.only.split(",")
    # On a real disk: /tmp may be memory, and then an fsync costs nothing.
    os.makedirs(os.path.join(ROOT, "var"), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.join(ROOT, "var")) as scratch:
        flushes = core(scratch) if "core" in only or "intake" in only else None
        if "start" in only:
            start(scratch)
        if "intake" in only:
            intake(scratch, options.seconds, flushes)
        if "reads" in only:
            reads(scratch, options.seconds, options.cases)
        if "mixed" in only:
            mixed_load(scratch, options.seconds)
        if "registers" in only:
            registers(scratch, options.seconds, options.entries)
        if "report" in only:
            yearly(scratch, options.events)
        if "papers" in only:
            papers(scratch, options.seconds)
        if "decisions" in only:
            decisions(scratch, options.people, options.consents)
        if "authzen" in only:
            authzen(scratch, options.seconds, options.people, options.consents)
        if "adcheck" in only:
            adcheck(scratch, options.seconds)
        if "adsearch" in only:
            adsearch(scratch, options.adverts)
        if "audience" in only:
            audience.run(scratch, BUILD, ROOT, Talap, options.users, options.times, say, tell, resident_mb)
        if "ads" in only:
            ads.ads(scratch, say, tell, options.ads)
        if "import" in only:
            imports(scratch, options.rows)
        if "showings" in only:
            showings.showings(scratch, say, tell, 20000, options.showings)
        if "dump" in only:
            showings.dump(scratch, say, tell, options.dump)


main()
