"""kill -9 while showings come and are added: what was answered is in the figures, each body once."""
import datetime
import os
import random
import threading
import zoneinfo

import requests

from talap import Talap, until

KILLS = int(os.environ.get("TALAP_SHOWING_KILLS", "8"))
CLIENTS = 3
ADVERTS = 60


def body(name, today):
    """A few parts of rows; every body says the same of every advertisement: 3 on each of 200 days and regions."""
    days = [(today - datetime.timedelta(days=i)).isoformat() for i in range(30)]
    rows = [f"ad-{a},{d},KZ-{r},1\n" for a in range(ADVERTS) for d in days for r in (10, 11, 15, 19, 23, 27, 31, 33, 35, 39)]
    random.Random(name).shuffle(rows)
    return "ad,day,region,count\n" + "".join(rows)


def load(url, token, today, stop, tried, answered, seed):
    number = 0
    while not stop.is_set():
        key = f"{seed}-{number}"
        number += 1
        tried.append(key)
        try:
            answer = requests.post(url + "/v1/ads/showings", data=body(key, today), timeout=30,
                                   headers={"Idempotency-Key": key, "Content-Type": "text/csv", "Authorization": "Bearer " + token})
        except requests.RequestException:
            return
        if answer.status_code == 202:
            answered.append(key)


def test_each_body_is_counted_once(tmp_path):
    talap = Talap(tmp_path).init()
    token = talap.token("service")
    today = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Almaty")).date()
    period = {"from": (today - datetime.timedelta(days=40)).isoformat(), "until": today.isoformat()}
    talap.start()
    ads = [{"id": f"ad-{i}", "kind": "other", "format": "text", "language": "kk", "text": "Жарнама. Жеңілдік!",
            "mark": {"text": "Жарнама", "place": "first_line"}, "account": {"name": "Дүкен"},
            "advertiser": {"name": "Дүкен"}, "period": period, "published": True} for i in range(ADVERTS)]
    answer = talap.call("POST", "/v1/ads", "service", json={"ads": ads})
    assert answer.status_code in (200, 201), answer.text
    talap.stop()
    chance = random.Random(2026)
    tried, answered = [], []
    for round_ in range(KILLS):
        talap.start()
        stop = threading.Event()
        threads = [threading.Thread(target=load, args=(talap.url, token, today, stop, tried, answered, f"{round_}-{i}"))
                   for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        stop.wait(chance.uniform(0.3, 2.5))
        talap.kill()
        stop.set()
        for thread in threads:
            thread.join()
    assert len(answered) > KILLS, "the load was no load"
    talap.start()
    try:
        # Whatever got no answer is sent again with its key: counted once, whether it had been written or not.
        for key in tried:
            again = talap.call("POST", "/v1/ads/showings", "service", data=body(key, today),
                               headers={"Idempotency-Key": key, "Content-Type": "text/csv"})
            assert again.status_code == 202, again.text
        until(lambda: talap.rows("SELECT count(*) FROM advert_chunk") == [(0,)], 120)
        assert set(talap.rows("SELECT shown FROM advert")) == {(len(tried) * 300,)}
        assert set(talap.rows("SELECT count FROM advert_showing")) == {(len(tried),)}
    finally:
        talap.stop()
