"""What is cleaned up at the end of its block holds something from the beginning: no way out of a function may lie between the
declaration of an arena or a buffer and the call that makes it one. The compiler's own warning is off (meson.build)."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DECLARED = re.compile(r"\s+(?:CLEANUP_ARENA struct arena (\w+)|struct arena (\w+) CLEANUP_ARENA|"
                      r"CLEANUP_BUF struct buf (\w+)|struct buf (\w+) CLEANUP_BUF);")


def way_out(lines, at, name):
    """The line of the first return before the thing is made, or None."""
    made = re.compile(r"(?:arena_init|buf_init)\(&" + name + r"\b")
    for number in range(at + 1, len(lines)):
        if made.search(lines[number]):
            return None
        if re.search(r"\breturn\b", lines[number]) or lines[number].startswith("}"):
            return number
    return None


def main():
    wrong, count = [], 0
    for path in subprocess.check_output(["git", "ls-files", "src", "tests"], cwd=ROOT, text=True).split():
        if not path.endswith(".c"):
            continue
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            lines = file.read().split("\n")
        for at, line in enumerate(lines):
            found = DECLARED.match(line)
            if not found:
                continue
            count += 1
            name = next(group for group in found.groups() if group)
            out = way_out(lines, at, name)
            if out is not None:
                wrong.append(f"{path}:{out + 1}: leaves before {name} of line {at + 1} is made")
    print("\n".join(wrong) if wrong else f"{count} arenas and buffers are made before anything leaves")
    return 1 if wrong or not count else 0


sys.exit(main())
