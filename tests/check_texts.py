"""Every text a person reads is there in three languages, and none was left in the wrong one."""
import os
import re
import sys

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
wrong = []
texts = 0
LANGUAGES = {"kk", "ru", "en"}


def walk(path, node, where):
    global texts
    if isinstance(node, dict):
        if LANGUAGES & set(node) and all(isinstance(v, str) for v in node.values()):
            texts += 1
            for language in sorted(LANGUAGES - set(node)):
                wrong.append(f"{path}: {where}: no {language}")
            slots = {language: sorted(re.findall(r"\{\d\}", node.get(language, ""))) for language in LANGUAGES}
            if len({tuple(s) for s in slots.values()}) > 1:
                wrong.append(f"{path}: {where}: the places {{0}} {{1}} differ between the languages")
            for language, text in node.items():
                if not text.strip() and where.split(".")[-1] not in ("rules",):
                    wrong.append(f"{path}: {where}: empty {language}")
            if re.search(r"[А-Яа-яЁё]{3}", node.get("en", "")) and "«" not in node.get("en", "") and not where.startswith("common.lang"):
                wrong.append(f"{path}: {where}: Cyrillic in English: {node['en'][:60]}")
            if re.search(r"[әғқңөұүһӘҒҚҢӨҰҮҺ]", node.get("ru", "")) and not where.startswith("common.lang") and "«" not in node["ru"] \
                    and path.startswith("locales/"):
                wrong.append(f"{path}: {where}: Kazakh letters in Russian: {node['ru'][:60]}")
            return
        for key, value in node.items():
            walk(path, value, f"{where}.{key}" if where else str(key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            walk(path, value, f"{where}[{index}]")


for folder in ("locales", "law", "papers"):
    for base, _, names in os.walk(os.path.join(ROOT, folder)):
        for name in sorted(names):
            if name.endswith(".yaml"):
                full = os.path.join(base, name)
                path = os.path.relpath(full, ROOT)
                area = name[:-5] if folder == "locales" else ""
                walk(path, yaml.safe_load(open(full, encoding="utf-8")), area)
# An error code in the C sources without a sentence would be shown as "internal".
errors = yaml.safe_load(open(os.path.join(ROOT, "locales/errors.yaml"), encoding="utf-8"))
codes = set()
for base, _, names in os.walk(os.path.join(ROOT, "src")):
    for name in names:
        if name.endswith(".c"):
            source = open(os.path.join(base, name), encoding="utf-8").read()
            codes |= set(re.findall(r'err_set\(\s*\w+,\s*ERR_\w+,\s*"([a-z0-9_]+)"', source))
            codes |= set(re.findall(r'field_errors_add\(\s*[^,]+,\s*[^,]+,\s*"([a-z0-9_]+)"', source))
            codes |= set(re.findall(r'yaml_refuse\(\s*[^,]+,\s*\w+,\s*"([a-z0-9_]+)"', source))
for code in sorted(codes - set(errors)):
    wrong.append(f"locales/errors.yaml: no text for the error code {code}")
if texts < 500:
    wrong.append(f"only {texts} texts were looked at")
print("\n".join(wrong) if wrong else f"{texts} texts in three languages, {len(codes)} error codes with a sentence")
sys.exit(1 if wrong else 0)
