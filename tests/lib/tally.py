#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tally.py KIND FILE STATUS prints "PASSED FAILED" of one test suite, then a line for each test that failed.

KIND says what FILE is: `ctest` (JUnit XML around doctest programs, counted by test case), `vitest` (JSON report),
`lines` ("[ok] …" and "[fail] …"). A suite that ended with STATUS other than 0 has at least one failure, whatever its
report says; so has one without a report.
"""

import json
import os
import re
import sys
import xml.etree.ElementTree as xml

DOCTEST = re.compile(r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
DOCTEST_CASE = re.compile(r"^TEST CASE:\s*(.+)$", re.M)


def first_line(text):
    return next((line.strip() for line in ANSI.sub("", text).splitlines() if line.strip()), "")


def ctest(text):
    passed, failed, names = 0, 0, []
    for case in xml.fromstring(text).iter("testcase"):
        broken = case.get("status") != "run"
        output = case.findtext("system-out") or ""
        summary = DOCTEST.search(output)
        good, bad = map(int, summary.groups()) if summary else (not broken, 0)
        passed += good
        failed += max(bad, int(broken))
        if broken or bad:
            cases = list(dict.fromkeys(DOCTEST_CASE.findall(output)))
            names.append(": ".join([case.get("name"), ", ".join(cases) or "ended badly"]))
    return passed, failed, names


def vitest(text):
    report = json.loads(text)
    names = []
    for file in report["testResults"]:
        name = os.path.basename(file["name"])
        if file["status"] == "failed" and not file["assertionResults"]:
            names.append(f"{name}: {first_line(file.get('message', ''))}")
        for test in file["assertionResults"]:
            if test["status"] == "failed":
                names.append(f"{name}: {test['fullName']}: {first_line(' '.join(test['failureMessages'][:1]))}")
    return report["numPassedTests"], len(names), names


def lines(text):
    rows = text.splitlines()
    names = [row.removeprefix("[fail]").strip() for row in rows if row.startswith("[fail]")]
    return sum(row.startswith("[ok]") for row in rows), len(names), names


def main():
    kind, path, status = sys.argv[1], sys.argv[2], int(sys.argv[3])
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            passed, failed, names = {"ctest": ctest, "vitest": vitest, "lines": lines}[kind](file.read())
    except (OSError, ValueError, KeyError, xml.ParseError) as error:
        passed, failed, names = 0, 1, [f"no report: {error}"]
    if status != 0 and failed == 0:
        failed, names = 1, [f"no test failed, but the suite ended with status {status}"]
    print(passed, failed)
    for name in names:
        print(name[:300])


main()
