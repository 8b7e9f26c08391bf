#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tally.py KIND FILE STATUS prints "PASSED FAILED" of one test suite.

KIND says what FILE is: `ctest` (JUnit XML around doctest programs, counted by test case), `vitest` (JSON report),
`lines` ("[ok] …" and "[fail] …"). A suite that ended with STATUS other than 0 has at least one failure, whatever its
report says; so has one without a report.
"""

import json
import re
import sys
import xml.etree.ElementTree as xml

DOCTEST = re.compile(r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed")


def ctest(text):
    passed = failed = 0
    for case in xml.fromstring(text).iter("testcase"):
        broken = case.get("status") != "run"
        summary = DOCTEST.search(case.findtext("system-out") or "")
        good, bad = map(int, summary.groups()) if summary else (not broken, 0)
        passed += good
        failed += max(bad, int(broken))
    return passed, failed


def vitest(text):
    report = json.loads(text)
    empty = sum(1 for file in report["testResults"] if file["status"] == "failed" and not file["assertionResults"])
    return report["numPassedTests"], report["numFailedTests"] + empty


def lines(text):
    rows = text.splitlines()
    return sum(row.startswith("[ok]") for row in rows), sum(row.startswith("[fail]") for row in rows)


def main():
    kind, path, status = sys.argv[1], sys.argv[2], int(sys.argv[3])
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            passed, failed = {"ctest": ctest, "vitest": vitest, "lines": lines}[kind](file.read())
    except (OSError, ValueError, KeyError, xml.ParseError) as error:
        print(f"tally: {path}: {error}", file=sys.stderr)
        passed, failed = 0, 1
    print(passed, max(failed, int(status != 0)))


main()
