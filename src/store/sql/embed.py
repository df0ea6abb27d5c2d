#!/usr/bin/python3
"""Turns the migrations NNN.sql into C: for each version one text an engine.

Usage: embed.py OUTPUT.c NNN.sql…
"""
import re
import sys

WORDS = {
    "sqlite": {"INT": "INTEGER", "TEXT": "TEXT", "BLOB": "BLOB", "EMPTY": "x''",
               "STRICT": "STRICT", "KEYED": "STRICT, WITHOUT ROWID"},
    "postgres": {"INT": "BIGINT", "TEXT": 'TEXT COLLATE "C"', "BLOB": "BYTEA", "EMPTY": "''",
                 "STRICT": "", "KEYED": ""},
}


def script(text, engine):
    lines, wanted = [], True
    for line in text.splitlines():
        mark = re.fullmatch(r"--@(\w+)", line.strip())
        if mark:
            if mark[1] not in ("both", *WORDS):
                sys.exit(f"embed.py: no such engine: {line}")
            wanted = mark[1] in ("both", engine)
        elif wanted and not line.lstrip().startswith("--"):
            lines.append(re.sub(r"@([A-Z]+)", lambda m: WORDS[engine][m[1]], line))
    return "\n".join(lines)


def quoted(text):
    return "\n".join('    "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"'
                     for line in text.splitlines() if line.strip())


def main():
    output, *paths = sys.argv[1:]
    versions = [int(re.search(r"(\d{3})\.sql$", path)[1]) for path in paths]
    if versions != list(range(1, len(paths) + 1)):
        sys.exit(f"embed.py: versions must be 001, 002 … without gaps: {versions}")
    with open(output, "w", encoding="utf-8") as out:
        out.write('#include "store/migrate.h"\n\n')
        for engine in WORDS:
            out.write(f"const struct sql migrations_{engine}[] = {{\n")
            for path in paths:
                with open(path, encoding="utf-8") as file:
                    out.write("    {" + quoted(script(file.read(), engine)).lstrip() + "},\n")
            out.write("};\n\n")
        out.write(f"const int migration_count = {len(paths)};\n")


main()
