"""Advertisements taken in over HTTP: read, checked, hashed, proved and durable; beside sqlite3 .import of the same texts into one
table with the same two unique ids, which does none of that."""
import datetime
import json
import os
import subprocess
import threading
import time
import zoneinfo

import requests

from talap import Talap

A_BODY = 10000
CLIENTS = 4
WORDS = ("жаңа жеңілдік бүгін дүкен тауар сапалы арзан тегін жеткізу науқан скидка сегодня магазин доставка новый товар акция "
         "бесплатно качество цена көктем жаз күз қыс отбасы бала мектеп кітап телефон техника жиһаз").split()


def advert(i, today):
    text = " ".join(WORDS[(i * 7 + k * k) % len(WORDS)] for k in range(12))
    return {"id": f"own-{i}", "kind": "sponsored", "format": "text", "language": "kk", "text": f"Жарнама. {text}",
            "mark": {"text": "Жарнама", "place": "first_line"}, "account": {"name": f"Дүкен {i % 997}"},
            "advertiser": {"name": f"«Сауда {i % 499}» ЖШС"}, "payer": {"name": "«Сауда» ЖШС"}, "sponsor": {"name": "«Сауда» ЖШС"},
            "period": {"from": (today - datetime.timedelta(days=60)).isoformat(), "until": today.isoformat()}, "published": True}


def copied(scratch, bodies):
    """Rows a second that sqlite3 takes in from a file."""
    path, store = os.path.join(scratch, "ads.tsv"), os.path.join(scratch, "ads-copy.db")
    count = 0
    with open(path, "w", encoding="utf-8") as file:
        for body in bodies:
            for line in body.decode().splitlines():
                file.write(f"0199-{count:032x}\town-{count}\t{line}\n")
                count += 1
    begun = time.monotonic()
    subprocess.run(["sqlite3", store, "PRAGMA journal_mode = WAL", "CREATE TABLE ad (id TEXT UNIQUE, own_id TEXT UNIQUE, json TEXT)",
                    ".mode ascii", '.separator "\t" "\n"', f".import {path} ad"], check=True, stdout=subprocess.DEVNULL)
    return count / (time.monotonic() - begun)


def ads(scratch, say, tell, count):
    tell(f"{count} advertisements taken in ...")
    today = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Almaty")).date()
    bodies = ["\n".join(json.dumps(advert(i, today), ensure_ascii=False) for i in range(at, min(at + A_BODY, count))).encode()
              for at in range(0, count, A_BODY)]
    talap = Talap(os.path.join(scratch, "ads"))
    os.makedirs(talap.folder)
    talap.init()
    headers = {"Authorization": "Bearer " + talap.token("service"), "Content-Type": "application/x-ndjson"}
    talap.start()
    todo, lock, refused = list(bodies), threading.Lock(), []

    def send():
        session = requests.Session()
        while True:
            with lock:
                if not todo:
                    return
                body = todo.pop()
            answer = session.post(talap.url + "/v1/ads", data=body, headers=headers, timeout=120)
            if answer.status_code != 201:
                refused.append(answer.text[:300])

    try:
        begun = time.monotonic()
        clients = [threading.Thread(target=send) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        rate = count / (time.monotonic() - begun)
        assert not refused, refused[0]
    finally:
        talap.stop()
    say("advertisements taken in over HTTP", rate, "1/s", "sqlite3 .import of the same texts, two unique ids", copied(scratch, bodies),
        bytes_each=sum(map(len, bodies)) // count)
    begun = time.monotonic()
    talap.command("verify")
    say("the store verified", count / (time.monotonic() - begun), "advertisements/s")
