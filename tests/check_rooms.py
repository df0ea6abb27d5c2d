"""Holds every room to what the house allows: which rooms its files may include, and who may read the clock, log or see SQL."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# A room and the rooms it may use. Nothing points back.
MAY_USE = {
    "base": [],
    "law": ["base"],
    "store": ["base"],
    "ledger": ["base", "store"],
    "access": ["base", "store"],
    "cases": ["base", "law", "store", "ledger", "access"],
    "persons": ["base", "law", "store", "ledger", "access", "cases"],
    "adverts": ["base", "law", "store", "ledger", "access", "cases"],
    "audience": ["base", "law", "store", "ledger", "access", "cases"],
    "out": ["base", "law", "store", "ledger", "access", "cases", "persons", "adverts", "audience"],
    "web": ["base", "law", "store", "ledger", "access", "cases", "persons", "adverts", "audience", "out"],
    "jobs": ["base", "law", "store", "ledger", "access", "cases", "persons", "adverts", "audience", "out"],
    "cli": ["base", "law", "store", "ledger", "access", "cases", "persons", "adverts", "audience", "out", "web", "jobs"],
}
OUTERMOST = {"web", "jobs", "cli"}
wrong = []
files = 0
for room in sorted(os.listdir(os.path.join(ROOT, "src"))):
    folder = os.path.join(ROOT, "src", room)
    if not os.path.isdir(folder):
        continue
    if room not in MAY_USE:
        wrong.append(f"src/{room}: a room that the house does not know")
        continue
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            if not name.endswith((".c", ".h", ".def")):
                continue
            files += 1
            path = os.path.join(where, name)
            short = os.path.relpath(path, ROOT)
            text = open(path, encoding="utf-8").read()
            for line_number, line in enumerate(text.split("\n"), 1):
                include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if include and "/" in include.group(1):
                    other = include.group(1).split("/")[0]
                    if other in MAY_USE and other != room and other not in MAY_USE[room]:
                        wrong.append(f"{short}:{line_number}: {room} may not use {other}")
                if room not in OUTERMOST and room != "base" and re.search(r"\b(time_now_usec|gettimeofday|clock_gettime)\s*\(", line):
                    # The store waits on condition variables with a time-out; that is no reading of the day.
                    if not (room == "store" and "CLOCK_MONOTONIC" in line):
                        wrong.append(f"{short}:{line_number}: {room} may not read the clock")
                if room not in OUTERMOST and room != "base" and re.search(r'\blog_(line|err)\s*\(|base/log\.h', line):
                    wrong.append(f"{short}:{line_number}: {room} may not log")
                if room != "store" and re.search(r"#\s*include\s*<(sqlite3|libpq-fe)\.h>", line):
                    wrong.append(f"{short}:{line_number}: only the store sees SQL")
if files < 50:
    wrong.append(f"only {files} files were looked at")
print("\n".join(wrong) if wrong else f"{files} files keep to the house")
sys.exit(1 if wrong else 0)
