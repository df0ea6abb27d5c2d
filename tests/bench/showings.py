"""Rows of showings over HTTP, beside reading the same bytes with `wc -l`, sqlite3 .import and PostgreSQL COPY of the same rows;
and the dump of a library, beside `gzip` alone on the same bytes."""
import datetime
import glob
import gzip
import http.client
import json
import os
import random
import sqlite3
import subprocess
import threading
import time
import zoneinfo

from talap import Talap, until

REGIONS = [10, 11, 15, 19, 23, 27, 31, 33, 35, 39, 43, 47, 55, 59, 61, 62, 63, 71, 75, 79]
WORDS = ("жаңа жеңілдік бүгін дүкен тауар сапалы арзан тегін жеткізу науқан скидка сегодня магазин доставка новый товар акция "
         "бесплатно качество цена көктем жаз күз қыс отбасы бала мектеп кітап телефон техника жиһаз").split()


def advert(i, chance, today):
    return {"id": f"own-{i}", "kind": "other", "format": "text", "language": "kk",
            "text": "Жарнама. " + " ".join(chance.choices(WORDS, k=25)), "mark": {"text": "Жарнама", "place": "first_line"},
            "account": {"name": f"Дүкен {i % 997}", "url": f"https://d{i % 997}.example.kz/"}, "advertiser": {"name": f"«Сауда {i % 499}» ЖШС"},
            "period": {"from": (today - datetime.timedelta(days=60)).isoformat(), "until": today.isoformat()},
            "targeting": {"age": {"from": 18, "until": 65}, "include": [{"criterion": "interest", "value": chance.choice(WORDS)}]},
            "published": True}


def place(talap, count, chance, today):
    ids = []
    for at in range(0, count, 10000):
        ads = [advert(i, chance, today) for i in range(at, min(at + 10000, count))]
        answer = talap.call("POST", "/v1/ads", "service", json={"ads": ads})
        assert answer.status_code in (200, 201), answer.text[:500]
        ids += [ad["id"] for ad in answer.json()["ads"]]
    return ids


def body(ids, rows, chance, today):
    days = [(today - datetime.timedelta(days=i)).isoformat() for i in range(30)]
    lines = [f"{chance.choice(ids)},{chance.choice(days)},KZ-{chance.choice(REGIONS)},{chance.randint(1, 3000)}\n" for _ in range(rows)]
    return ("ad,day,region,count\n" + "".join(lines)).encode()


def send(talap, data, token):
    connection = http.client.HTTPConnection("127.0.0.1", talap.port, timeout=120)
    connection.request("POST", "/v1/ads/showings", data, {"Content-Type": "text/csv", "Authorization": "Bearer " + token})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 202, text[:500]


def timed(command, **options):
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return time.monotonic() - begun


def showings(scratch, say, tell, adverts, rows):
    chance, today = random.Random(2026), datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Almaty")).date()
    folder = os.path.join(scratch, "showings")
    os.makedirs(folder)
    talap = Talap(folder).init().start()
    try:
        tell(f"placing {adverts} advertisements ...")
        token, ids = talap.token("service"), place(talap, adverts, chance, today)
        # As on any day: what was shown yesterday was placed before.
        talap.stop()
        with sqlite3.connect(talap.store) as store:
            store.execute("UPDATE advert SET placed_usec = placed_usec - 60 * 86400000000")
        talap.start()
        bodies = [body(ids, rows // 4, chance, today) for _ in range(4)]
        tell(f"sending {rows} rows of showings in four bodies ...")
        begun = time.monotonic()
        for each in bodies:
            send(talap, each, token)
        alone = rows / (time.monotonic() - begun)
        begun = time.monotonic()
        threads = [threading.Thread(target=send, args=(talap, each, token)) for each in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        together = rows / (time.monotonic() - begun)
        begun = time.monotonic()
        until(lambda: talap.rows("SELECT count(*) FROM advert_chunk") == [(0,)], 1800, 0.2)
        folded = time.monotonic() - begun
    finally:
        talap.stop()
    file = os.path.join(folder, "rows.csv")
    with open(file, "wb") as out:
        out.write(bodies[0])
        for each in bodies[1:]:
            out.write(each.split(b"\n", 1)[1])
    counted = rows / min(timed(["wc", "-l", file]) for _ in range(3))
    lite = os.path.join(folder, "peer.db")
    schema = "CREATE TABLE s (ad TEXT, day TEXT, region TEXT, count INTEGER)"
    imported = rows / timed(["sqlite3", lite, "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", schema, ".mode csv",
                             f".import --skip 1 {file} s"])
    say("rows of showings over HTTP, one body after the other", alone, "1/s", "sqlite3 .import of the same rows", imported, aim=500000)
    say("rows of showings over HTTP, four bodies at once", together, "1/s", "wc -l of the same bytes", counted,
        added_to_figures_s=folded)
    url = os.environ.get("TALAP_TEST_POSTGRES")
    if url and url != "none":
        subprocess.run(["psql", "-q", "-c", "CREATE TABLE s (ad uuid, day date, region text, count bigint)", url], check=True)
        copied = rows / timed(["psql", "-q", "-c", f"\\copy s FROM '{file}' CSV HEADER", url])
        subprocess.run(["psql", "-q", "-c", "DROP TABLE s", url], check=True)
        say("rows of showings over HTTP, four bodies at once", together, "1/s", "PostgreSQL COPY of the same rows", copied)


def dump(scratch, say, tell, adverts):
    chance, today = random.Random(2027), datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Almaty")).date()
    folder = os.path.join(scratch, "dump")
    os.makedirs(folder)
    talap = Talap(folder).init().start()
    try:
        tell(f"placing {adverts} advertisements ...")
        token, ids = talap.token("service"), place(talap, adverts, chance, today)
        send(talap, body(ids, adverts * 4, chance, today), token)
        until(lambda: talap.rows("SELECT count(*) FROM advert_chunk") == [(0,)], 1800, 0.2)
    finally:
        talap.stop()
    dumps = os.path.join(folder, "dumps")
    begun = time.monotonic()
    made = talap.command("adverts", "dump", dumps).stdout.strip()
    took = time.monotonic() - begun
    with open(os.path.join(made, "manifest.json")) as file:
        manifest = json.load(file)
    unpacked, packed = (sum(f[key] for f in manifest["files"]) for key in ("bytes_unpacked", "bytes"))
    plain = []
    for path in sorted(glob.glob(os.path.join(made, "*.gz"))):
        with gzip.open(path) as file, open(path[:-3], "wb") as out:
            while piece := file.read(1 << 20):
                out.write(piece)
        plain.append(path[:-3])
    for level in (4, 6):
        alone = timed(["gzip", f"-{level}", "-k", "-f", *plain])
        # Two at once, as the dump does.
        halves = [[p for p in plain if p.endswith(end)] for end in (".csv", ".ndjson")]
        begun = time.monotonic()
        for process in [subprocess.Popen(["gzip", f"-{level}", "-k", "-f", *half]) for half in halves]:
            process.wait()
        both = time.monotonic() - begun
        size = sum(os.path.getsize(p + ".gz") for p in plain)
        say("dump of the library", unpacked / took / 1e6, "MB/s", f"gzip -{level} alone on the same bytes", unpacked / alone / 1e6,
            two_gzip_mb_s=round(unpacked / both / 1e6, 1), packed_mb=round(packed / 1e6, 1), gzip_packed_mb=round(size / 1e6, 1), adverts=adverts)
