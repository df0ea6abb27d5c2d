"""clang-format would change nothing in the C sources."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
listed = [os.path.join(base, name) for folder in ("src", "tests", "tools") for base, _, names in os.walk(os.path.join(ROOT, folder))
          for name in names if name.endswith((".c", ".h"))]
done = subprocess.run(["clang-format", "--dry-run", "-Werror", *listed], cwd=ROOT, stderr=subprocess.PIPE, text=True)
print(done.stderr[-6000:] if done.returncode else f"{len(listed)} files are as clang-format leaves them")
sys.exit(1 if done.returncode or len(listed) < 50 else 0)
