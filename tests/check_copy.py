#!/usr/bin/python3
"""A backup holds every column of every table: what src/store/copy.c lists is what src/store/sql makes, in an order in
which no row points to a table that comes later. (The words of the searches are made anew, and so is what tells where
they stand.)"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
NOT_COPIED = {"words", "words_position", "heartbeat", "schema_version"}
LETTERS = {"@INT": "i", "@TEXT": "t", "@BLOB": "b", "@SERIAL": "i"}

tables, points = {}, {}
for path in sorted((root / "src/store/sql").glob("*.sql")):
    text = re.sub(r"--[^\n]*", "", path.read_text())
    for name, body in re.findall(r"CREATE TABLE (\w+) \(\n(.*?)\n\)", text, re.S):
        columns = re.findall(r"^    (\w+) (@\w+)", body, re.M)
        tables[name] = {column: kind for column, kind in columns}
        points[name] = set(re.findall(r"REFERENCES (\w+)", body)) - {name}
    for table, column, kind in re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+) (@\w+)", text):
        tables[table][column] = kind

wrong = []
copy = (root / "src/store/copy.c").read_text()
copied = []
for name, columns, places, kinds in re.findall(
        r'TABLE\(\s*"(\w+)",\s*((?:"[^"]*"\s*)+),\s*((?:"[^"]*"\s*)+),\s*((?:"[^"]*"\s*)+)\)', copy):
    def join(literals):
        return "".join(re.findall(r'"([^"]*)"', literals))
    columns = [column.strip() for column in join(columns).split(",")]
    kinds, places = join(kinds), join(places)
    copied.append(name)
    if name not in tables:
        wrong.append(f"{name}: no such table")
        continue
    for missing in sorted(tables[name].keys() - set(columns)):
        wrong.append(f"{name}.{missing} is not copied")
    for unknown in sorted(set(columns) - tables[name].keys()):
        wrong.append(f"{name}.{unknown}: no such column")
    if places != ", ".join(f"${i + 1}" for i in range(len(columns))) or len(kinds) != len(columns):
        wrong.append(f"{name}: as many places and kinds as columns")
    for column, kind in zip(columns, kinds):
        if column in tables[name] and LETTERS.get(tables[name][column], kind) != kind:
            wrong.append(f"{name}.{column} is {tables[name][column]}, not {kind}")
    for other in sorted(points[name] - set(copied)):
        wrong.append(f"{name} points to {other}, which comes later")
wrong += [f"{name} is not copied" for name in sorted(tables.keys() - set(copied) - NOT_COPIED)]
print("\n".join(wrong) or f"{len(copied)} tables are copied whole")
sys.exit(bool(wrong))
