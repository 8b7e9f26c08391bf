# SPDX-License-Identifier: Apache-2.0
"""Every requirement has a test whose title begins with its id ("TM-5: …", "HT-3, MO-3: …"); docs/reference/requirements.md
lists them. requirements.toml has the ids and what each promises."""

import re

from generated import RENEW, compare

DOCUMENT = "docs/reference/requirements.md"
TITLE = re.compile(r"""\b(?:TEST_CASE|test|it|describe)(?:\.\w+)*\(\s*(?P<quote>["'`])(?P<title>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""")
IDS = re.compile(r"((?:[A-Z]{2}-\d+|[CW]\d+)(?:(?:, | and )(?:[A-Z]{2}-\d+|[CW]\d+))*): ")
ID = re.compile(r"[A-Z]{2}-\d+")


def tests_by_id(tree):
    found = {}
    for path in tree.below("src", "_test.cc") + tree.below("tests", ".ts"):
        for match in TITLE.finditer(tree.text(path)):
            ids = IDS.match(match["title"])
            for name in ID.findall(ids[1]) if ids else ():
                found.setdefault(name, []).append((path, match["title"][ids.end():].replace("\\'", "'")))
    return found


def document(promises, found):
    lines = [f"<!-- printed from tools/check/requirements.toml and the tests by {RENEW.replace('generated', 'requirements')} -->\n",
             "# Requirements and the tests that hold them\n"]
    for name, promise in promises.items():
        lines.append(f"## {name}: {promise}\n")
        tests = sorted(found.get(name, []))
        lines += [f"- `{path}`: {title}" for path, title in tests] or ["- no test yet"]
        lines.append("")
    return "\n".join(lines)


def problems(tree):
    settings = tree.settings("requirements.toml")
    promises, untested = settings["promises"], settings["untested"]
    found = tests_by_id(tree)
    for name in sorted(set(found) - set(promises)):
        yield f"{found[name][0][0]}: {name} is no requirement (tools/check/requirements.toml)"
    for name in promises:
        if name in found and name in untested:
            yield f"{name} has a test now: take it off the list of untested ones in tools/check/requirements.toml"
        if name not in found and name not in untested:
            yield f"{name} has no test whose title begins with it"
    if problem := compare(tree, DOCUMENT, document(promises, found)):
        yield problem.replace("generated", "requirements")
