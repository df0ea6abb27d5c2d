"""What docs/ promises is held against the program: keys of the configuration, figures, the checker of receipts, limits, the
example of a procedure."""
import json
import os
import re
import shutil
import subprocess

from talap import COMPLAINT, ROOT, Talap

DOCS = os.path.join(ROOT, "docs")
PICTURE = (b"\x89PNG\r\n\x1a\n" + bytes.fromhex(
    "0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c63000100000500010d0a2db40000000049454e44ae426082")).ljust(10 * 1024 * 1024, b"\x00")
CHECKER = os.path.join(DOCS, "examples", "verify_receipt.py")


def text(name):
    with open(os.path.join(DOCS, name), encoding="utf-8") as file:
        return file.read()


def test_every_key_of_the_configuration_is_explained(shared):
    usage = shared.command("--help").stdout.split("Options (")[1]
    options = set(re.findall(r"--([a-z][a-z-]+)", usage)) - {"config", "json"}
    table = text("install.md").split("| key |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z_]+)`", table)) >= {option.replace("-", "_") for option in options}


def test_the_example_configuration_has_only_known_keys(shared, tmp_path):
    config = tmp_path / "talap.yaml"
    with open(os.path.join(ROOT, "dist", "talap.yaml"), encoding="utf-8") as file:
        config.write_text(re.sub(r"(?m)^# (mail_\w+:)", r"\1", file.read()), encoding="utf-8")
    # Store and folders come from the call, which wins.
    shared.command("user", "list", extra=("--config", str(config), "--law", ROOT + "/law", "--papers", ROOT + "/papers"))


def test_figures_to_watch_are_there(shared):
    shared.complain()
    metrics = shared.call("GET", "/metrics").text
    named = set(re.findall(r"`((?:talap|process)_[a-z_]+)", text("operate.md").split("## What to watch")[1].split("    - alert")[0]))
    assert len(named) > 10
    for name in named:
        assert re.search(rf"(?m)^# TYPE {name} ", metrics), name


def test_the_example_checks_real_receipts_and_refuses_bent_ones(shared, tmp_path):
    for _ in range(5):
        leaf = shared.complain()["receipt"]["leaf_index"]
    key = shared.call("GET", "/v1/ledger/key").text.strip()
    receipt = shared.call("GET", f"/v1/ledger/inclusion?leaf={leaf - 2}").json()

    def check(given, with_key=key):
        path = tmp_path / "receipt.json"
        path.write_text(json.dumps(given), encoding="utf-8")
        return subprocess.run(["/usr/bin/python3", CHECKER, str(path), with_key], capture_output=True, text=True)

    assert check(receipt).returncode == 0
    bent = [dict(receipt, leaf_index=receipt["leaf_index"] - 1), dict(receipt, leaf_hash="00" * 32),
            dict(receipt, tree_size=receipt["tree_size"] + 1), dict(receipt, inclusion=receipt["inclusion"][:-1]),
            dict(receipt, checkpoint=receipt["checkpoint"].replace(f"\n{receipt['tree_size']}\n", f"\n{receipt['tree_size'] + 1}\n"))]
    for given in bent:
        done = check(given)
        assert done.returncode == 1 and "does not hold" in done.stderr, done.stderr
    name, key_id, packed = key.split("+", 2)
    assert check(receipt, f"{name}+{'0' * 8}+{packed}").returncode == 1


def test_as_many_files_as_large_as_promised(talap):
    files = [("attachments", (f"{i}.png", PICTURE, "image/png")) for i in range(5)]
    opened = talap.call("POST", "/v1/cases/complaint", data=COMPLAINT, files=files)
    assert opened.status_code == 201, opened.text
    view = talap.call("GET", "/v1/cases/" + opened.json()["id"], "auditor").json()
    assert [a["size_bytes"] for a in view["attachments"]] == [len(PICTURE)] * 5


def test_half_of_tls_is_refused(shared, tmp_path):
    pem = tmp_path / "half.pem"
    pem.write_text("", encoding="utf-8")
    for option, missing in (("--tls-certificate", "--tls-key"), ("--tls-key", "--tls-certificate")):
        done = shared.command("serve", "--port", "0", option, str(pem), check=False)
        assert done.returncode == 2 and missing in done.stderr


def test_the_example_of_a_procedure_loads_and_runs(shared, tmp_path):
    law, papers, example = tmp_path / "law", tmp_path / "papers", os.path.join(DOCS, "examples", "procedure")
    shutil.copytree(os.path.join(ROOT, "law"), law)
    shutil.copytree(os.path.join(ROOT, "papers"), papers)
    shutil.copytree(os.path.join(example, "law"), law, dirs_exist_ok=True)
    shutil.copytree(os.path.join(example, "papers"), papers, dirs_exist_ok=True)
    with open(os.path.join(example, "figures.yaml"), encoding="utf-8") as figures:
        with open(law / "reports" / "transparency.yaml", "a", encoding="utf-8") as report:
            report.write(figures.read())
    folders = ("--law", str(law), "--papers", str(papers))

    def procedures(*extra):
        return json.loads(shared.command("law", "check", "--json", extra=extra).stdout)["procedures"]

    assert procedures(*folders) == procedures() + 1
    talap = Talap(tmp_path / "data", options=(*folders, "--roles", "platform object_owner"))
    os.mkdir(talap.folder)
    talap.init().start()
    try:
        opened = talap.call("POST", "/v1/cases/security_tests", "registrar", json={"object": "Есеп жүйесі", "kind": "system"}).json()
        assert opened["clocks"][0]["norm"] == "aid.8.9"
        done = talap.call("POST", f"/v1/cases/{opened['id']}/acts/report", "registrar",
                          json={"outcome": "passed", "audit": "Аудитті тәуелсіз ұйым жүргізді."})
        assert done.status_code == 200, done.text
        paper = talap.call("GET", f"/v1/cases/{opened['id']}/papers/security_tests_report.pdf", "registrar")
        assert paper.content.startswith(b"%PDF-")
        entries = talap.call("GET", "/v1/registers/security_tested").json()["entries"]
        assert [entry["values"]["outcome"] for entry in entries] == ["passed"]
        year = opened["opened_at"][:4]
        figures = json.dumps(talap.call("GET", f"/v1/reports/transparency/{year}").json())
        assert "security_tests_outcomes" in figures
    finally:
        talap.stop()


def test_the_examples_on_personal_data_run(tmp_path):
    """Every call of the section in integrate.md, in its order, by the shell as it stands there."""
    section = text("integrate.md").split("## Personal data")[1].split("\n## Receipts")[0]
    blocks = [match.replace("\n    ", "\n") for match in re.findall(r"(?m)^    (curl .*(?:\n {4}.*)*)", section)]
    calls = [call for block in blocks for call in re.split(r"\n(?=curl |P=)", block) if call.startswith("curl ")]
    assert len(calls) > 20
    talap = Talap(tmp_path / "data")
    os.mkdir(talap.folder)
    talap.init().start()
    try:
        titles = {"kk": "Үлгі", "ru": "Пример", "en": "Example"}
        delivery = {"title": titles, "norm": "contract", "basis": "consent", "categories": ["name", "phone", "address"]}
        for kind, entry, members in (("recipient", "courier", {"title": titles, "country": "KZ"}), ("purpose", "delivery", delivery),
                                     ("purpose", "orders", dict(delivery, categories=["payment", "contract"])),
                                     ("policy", "privacy", {"title": titles, "texts": titles})):
            answer = talap.call("PUT", f"/v1/processing/{kind}/{entry}", "admin", json=members)
            assert answer.status_code == 200, answer.text
        assert talap.call("PUT", "/v1/processing/responsible/responsible", "admin", json={
            "name": "Айгүл", "post": "заңгер", "email": "a@example.kz", "phone": "+77010000000"}).status_code == 200
        known = {"B": talap.url, "TOKEN": talap.token("admin")}
        operator = '"operator": {"name": "Үлгі", "bin": "990140004654"}, '

        def run(call):
            # A store of tests has no organisation's name; numbers and the UUID are those of this run.
            call = call.replace('"purpose": "delivery", "categories": ["name"', operator + '"purpose": "delivery", "categories": ["name"')
            call = call.replace("/consents/2695", f"/consents/{known.get('consent')}").replace("/holds/2661", f"/holds/{known.get('hold')}")
            script = ("uuidgen() { cat /proc/sys/kernel/random/uuid; }\ncurl() { command curl --fail-with-body \"$@\"; }\n" +
                      "".join(f"{name}='{value}'\n" for name, value in known.items()) + call)
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, call + "\n" + done.stdout + done.stderr
            return done.stdout

        give = next(call for call in calls if call.startswith("curl -s $B/v1/consents "))
        early = [call for call in calls[:calls.index(give)] if "$P" in call]
        for call in [call for call in calls if call not in early]:
            if "/data" in call and "values" in call or "/depersonalisations" in call:
                run(give)  # the consent of the section above was withdrawn and ended
            told = run(call)
            if call == give:
                told = json.loads(told)
                known["consent"], known["P"] = told["consent"], told["person"]
                for waiting in early:
                    run(waiting)
            if "/holds " in call:
                known["hold"] = json.loads(told)["leaf_index"]
    finally:
        talap.stop()
