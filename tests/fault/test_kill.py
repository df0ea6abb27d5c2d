"""kill -9 under load: what was acknowledged is there afterwards, whole, once."""
import os
import random
import threading

import requests

from talap import COMPLAINT, Talap

KILLS = int(os.environ.get("TALAP_KILLS", "20"))
CLIENTS = 8


def load(url, stop, acknowledged, seed):
    """Posts complaints with an Idempotency-Key each, and repeats those that got no answer with the same key later."""
    session = requests.Session()
    number = 0
    while not stop.is_set():
        key = f"{seed}-{number}"
        number += 1
        try:
            answer = session.post(url + "/v1/cases/complaint", json={**COMPLAINT, "text": "Шағым " + key}, timeout=10,
                                  headers={"Idempotency-Key": key})
        except requests.RequestException:
            return
        if answer.status_code == 201:
            seen = answer.json()
            acknowledged.append((key, seen["id"], seen["number"], seen["access_code"], seen["receipt"]["leaf_index"]))


def test_every_acknowledged_case_survives(tmp_path):
    talap = Talap(tmp_path).init()
    chance = random.Random(2026)
    all_acknowledged = []
    for round_ in range(KILLS):
        talap.start()
        stop = threading.Event()
        acknowledged = []
        threads = [threading.Thread(target=load, args=(talap.url, stop, acknowledged, f"{round_}-{i}")) for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        stop.wait(chance.uniform(0.05, 0.6))
        talap.kill()
        stop.set()
        for thread in threads:
            thread.join()
        all_acknowledged += acknowledged
    assert len(all_acknowledged) > KILLS * 5, "the load was no load"

    talap.start()
    try:
        stored = {row[0]: row[1] for row in talap.rows("SELECT id, number FROM case_file")}
        for key, id_, number, code, leaf in all_acknowledged:
            assert stored.get(id_) == number, f"{number} is gone"
        assert len({number for _, _, number, _, _ in all_acknowledged}) == len(all_acknowledged), "a number was given twice"
        # Whole: the opener can follow it, and a repetition with the same key is the same case.
        for key, id_, number, code, leaf in chance.sample(all_acknowledged, 20):
            status = talap.call("GET", f"/v1/status/{number}", params={"code": code})
            assert status.status_code == 200, status.text
            again = talap.call("POST", "/v1/cases/complaint", json={**COMPLAINT, "text": "Шағым " + key}, headers={"Idempotency-Key": key})
            assert again.status_code in (200, 201) and again.json()["id"] == id_, again.text
        # Numbers have no gap, whatever was cut off.
        numbers = sorted(int(number.rsplit("-", 1)[1]) for number in stored.values())
        assert numbers == list(range(1, len(numbers) + 1))
    finally:
        talap.stop()
    assert '"valid":true' in talap.command("verify", "--json").stdout.replace(" ", "")
