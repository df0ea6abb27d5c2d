"""Runs every test there is and counts: unit and scenario programs, short fuzz runs, checks of the tree, pytest suites.

Anything that counts nothing, ends badly or says less than it should is a failure. The last line is the sum.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build-test")
TSAN = os.path.join(ROOT, "build-tsan")
FUZZ = os.path.join(ROOT, "build-fuzz")
FUZZ_SECONDS = int(os.environ.get("TALAP_FUZZ_SECONDS", "5"))
SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=0:exitcode=66:second_deadlock_stack=1:suppressions=" + os.path.join(ROOT, "tests/tsan.supp"),
    "LSAN_OPTIONS": "suppressions=" + os.path.join(ROOT, "tests/lsan.supp") + ":print_suppressions=0",
}

total_passed = total_failed = 0
telling = threading.Lock()


def report(name, passed, failed, seconds, output=""):
    global total_passed, total_failed
    with telling:
        total_passed += passed
        total_failed += failed
        print(f"{'FAIL' if failed else 'ok  '} {name}: {passed} passed, {failed} failed ({seconds:.1f} s)", flush=True)
        if failed:
            print(output[-12000:], flush=True)


def run(command, env, timeout, cwd=ROOT):
    begun = time.monotonic()
    try:
        done = subprocess.run(command, env=env, cwd=cwd, timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL)
        output, code = done.stdout.decode("utf-8", "replace"), done.returncode
    except subprocess.TimeoutExpired as expired:
        output, code = (expired.stdout or b"").decode("utf-8", "replace") + f"\ntimed out after {timeout} s", -1
    return output, code, time.monotonic() - begun


def count_program(output):
    """The counts of a cmocka program or of one that ends with our own line."""
    plain = re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed", output, re.M)
    if plain:
        return int(plain[-1][0]), int(plain[-1][1])
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test\(s\)", output))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test\(s\)", output))
    return passed, failed


def programs(env):
    listed = json.loads(subprocess.check_output(["meson", "introspect", "--tests", BUILD], cwd=ROOT))
    for test in listed:
        its_env = dict(env, **test["env"]) if isinstance(test["env"], dict) else env
        output, code, seconds = run(test["cmd"], its_env, 300, test["workdir"] or ROOT)
        passed, failed = count_program(output)
        if code != 0 or passed + failed == 0:
            failed = max(failed, 1)
        report(test["name"], passed, failed, seconds, output)


def fuzzers(env):
    folder = os.path.join(FUZZ, "tests/fuzz")
    targets = sorted(name for name in os.listdir(folder) if name.startswith("fuzz_") and os.access(os.path.join(folder, name), os.X_OK)
                     and os.path.isfile(os.path.join(folder, name)))
    for target in targets:
        corpus = os.path.join(ROOT, "tests/fuzz/corpus", target)
        with tempfile.TemporaryDirectory() as scratch:
            command = [os.path.join(folder, target), f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-rss_limit_mb=2048",
                       "-print_final_stats=1", "-artifact_prefix=" + scratch + "/", scratch]
            if os.path.isdir(corpus):
                command.append(corpus)
            output, code, seconds = run(command, env, FUZZ_SECONDS + 120)
        executed = re.search(r"number_of_executed_units: (\d+)", output)
        good = code == 0 and executed and int(executed.group(1)) > 100
        report(target, 1 if good else 0, 0 if good else 1, seconds, output)
    if not targets:
        report("fuzz", 0, 1, 0, "no fuzz target was built")


def checks(env):
    for name, command in (
        ("check_rooms", ["python3", "tests/check_rooms.py"]),
        ("check_copy", ["python3", "tests/check_copy.py"]),
        ("check_texts", ["python3", "tests/check_texts.py"]),
        ("check_format", ["python3", "tests/check_format.py"]),
        ("check_cleanup", ["python3", "tests/check_cleanup.py"]),
    ):
        output, code, seconds = run(command, env, 120)
        report(name, 1 if code == 0 else 0, 0 if code == 0 else 1, seconds, output)


def pytest(name, folders, env, timeout):
    with tempfile.NamedTemporaryFile(suffix=".xml") as result:
        output, code, seconds = run(["python3", "-m", "pytest", "-q", "-x" if "-x" in sys.argv else "-q", "-p", "no:cacheprovider",
                                     f"--junitxml={result.name}", *folders], env, timeout)
        passed = failed = 0
        try:
            for suite in xml.parse(result.name).getroot().iter("testsuite"):
                bad = int(suite.get("failures")) + int(suite.get("errors"))
                skipped = int(suite.get("skipped"))
                # A skipped test looked at nothing: on a complete machine there is no reason to skip.
                failed += bad + skipped
                passed += int(suite.get("tests")) - bad - skipped
        except xml.ParseError:
            failed += 1
    if code != 0 or passed + failed == 0:
        failed = max(failed, 1)
    report(name, passed, failed, seconds, output)


def in_turn(steps):
    """One after another. A step that falls over is a failure, and the next one is still taken."""
    for step in steps:
        try:
            step()
        except Exception as error:  # pylint: disable=broad-except
            report("a step of the tests", 0, 1, 0, repr(error))


def main():
    env = dict(os.environ, **SANITIZERS, PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8")
    env["TALAP_BIN"] = os.path.join(BUILD, "src/cli/talap")
    env["TALAP_BIN_TSAN"] = os.path.join(TSAN, "src/cli/talap")
    env["TALAP_ROOT"] = ROOT
    tsan = dict(env, TALAP_BIN=env["TALAP_BIN_TSAN"])
    begun = time.monotonic()
    checks(env)
    # Two at a time, for most of them wait much: for a browser, for a mail server, for a lock to end. What works in the one
    # PostgreSQL there is stands on one side.
    postgres = ["tests/web/test_postgres.py", "tests/web/test_postgres_persons.py"]
    sides = [
        [lambda: programs(env),
         lambda: pytest("web on PostgreSQL", postgres, env, 900),
         lambda: pytest("fault", ["tests/fault"], env, 900),
         lambda: pytest("browser", ["tests/browser"], env, 900)],
        [lambda: pytest("web", ["tests/web", *("--ignore=" + path for path in postgres)], env, 900),
         lambda: pytest("web under ThreadSanitizer", [f"tests/web/test_{name}.py" for name in ("api", "sessions", "wire")], tsan, 900),
         lambda: fuzzers(env)],
    ]
    threads = [threading.Thread(target=in_turn, args=(steps,)) for steps in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{time.monotonic() - begun:.0f} s in all")
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not total_passed else 0


sys.exit(main())
