"""A day of users from its first line to its closed figure, in the program as it runs: lines of yesterday are taken until the
late hour, then the job loop closes it, the figure is in the ledger, corrections follow, and `talap verify` finds all of it."""
import datetime
import json
import sqlite3
import time

from talap import Talap, until

EPOCH = datetime.date(1970, 1, 1)


def local_now():
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5)


def figures(service, period, number):
    return service.rows("SELECT service, version, users FROM audience_figure WHERE period = ? AND number = ? ORDER BY service, version",
                        period, number)


def test_a_day_from_its_lines_to_its_figure(tmp_path):
    while local_now().minute == 59:  # the hour must not end in between
        time.sleep(1)
    now = local_now()
    yesterday = now.date() - datetime.timedelta(days=1)
    number = (yesterday - EPOCH).days
    service = Talap(tmp_path).init()
    service.start("--audience-late-hour", str(min(now.hour + 1, 23)))
    if now.hour == 23:  # no late hour leaves yesterday open now: all there is to see is that it takes nothing
        answer = service.call("POST", f"/v1/audience/visits?day={yesterday}", "service", data="late\n",
                              headers={"Content-Type": "text/plain"})
        assert answer.status_code == 409 and answer.json()["code"] == "day_closed", answer.text
        return
    lines = [f"user-{i}\n" for i in range(1000)]
    for app, body in (("", "".join(lines)), ("app", "".join(lines[:400]))):
        answer = service.call("POST", f"/v1/audience/visits?day={yesterday}" + (f"&service={app}" if app else ""), "service", data=body,
                              headers={"Content-Type": "text/plain"})
        assert answer.status_code == 200, answer.text
    assert figures(service, "day", number) == []
    service.kill()  # what was answered is durable, and the day is closed by whoever starts next
    service.start("--audience-late-hour", str(now.hour))
    rows = until(lambda: figures(service, "day", number))
    assert rows[0] == (0, 1, 1000) and sorted(users for _, _, users in rows[1:]) == [400, 1000]
    answer = service.call("POST", f"/v1/audience/visits?day={yesterday}", "service", data="late\n", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 409 and answer.json()["code"] == "day_closed", answer.text
    if (yesterday + datetime.timedelta(days=1)).day == 1:  # a month ended with it
        until(lambda: service.rows("SELECT 1 FROM audience_month WHERE secret IS NULL AND destroyed_usec IS NOT NULL"))
    service.stop()
    told = json.loads(service.command("verify", "--json").stdout)
    assert told["valid"] and told["days_of_users"] == 1
    with sqlite3.connect(service.store) as db:
        db.execute("UPDATE audience_figure SET users = users + 1 WHERE service = 0 AND period = 'day'")
    broken = service.command("verify", check=False)
    assert broken.returncode != 0 and f"figures day {yesterday}" in broken.stderr + broken.stdout, broken.stderr
