# SPDX-License-Identifier: Apache-2.0
"""docs/reference is what the programs and the tables in the source say today (generated.toml)."""

import os
import pathlib
import re
import subprocess

ERROR_ROW = re.compile(r"^SANDBAR_ERROR\((\w+),\s*(\d+),\s*(\w+),\s*(\w+),\s*(\w+)\)", re.MULTILINE)
ENUMERATOR = re.compile(r"^  (\w+),\s*// (.*)$", re.MULTILINE)
TRANSITION = re.compile(r'\{(\w+), (\w+), ("[^"]*"|k\w+)\}')
CAUSE = re.compile(r'std::string_view (k\w+) = ("[^"]*");')
EVENT_ROW = re.compile(r'^SANDBAR_EVENT\(\w+, (\w+), (\w+), (\w+), (\w+), "([^"]*)", "([^"]*)"\)$', re.MULTILINE)
RENEW = "tools/check/run --write generated"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def errors_document(tree):
    source = "src/sandbar/base/errors.def"
    rows = [(f"`{name}`", http, f"`{connect}`", level, retry) for name, http, connect, level, retry in ERROR_ROW.findall(tree.text(source))]
    return (f"<!-- printed from {source} by {RENEW} -->\n\n# Error codes\n\n"
            'An error\'s body is `{"error":{"code","message","request_id"}}`; `problems` lists the fields of a refused request.\n\n'
            + table(["code", "HTTP", "Connect", "log level", "may be retried"], rows))


def states_document(tree):
    source = "src/sandbar/model/sandbox_state.h"
    text = tree.text(source)
    body = text[text.index("enum class SandboxState {") : text.index("};")]
    moves = TRANSITION.findall(text)
    causes = dict(CAUSE.findall(text))
    picture = "".join(f"  {start} --> {end}: {causes.get(cause, cause)[1:-1]}\n" for start, end, cause in moves)
    return (f"<!-- printed from {source} by {RENEW} -->\n\n# States of a sandbox\n\n"
            + table(["state", "meaning"], [(f"`{name}`", meaning) for name, meaning in ENUMERATOR.findall(body)])
            + f"\n```mermaid\nstateDiagram-v2\n  [*] --> pending\n{picture}  stopped --> [*]\n```\n")


def events_document(tree):
    source = "src/sandbar/control/audit/events.def"
    rows = [(f"`{kind}`", f"`{action}`", scope, status, " ".join(f"`{key}`" for key in keys.split()), meaning)
            for kind, action, scope, status, keys, meaning in EVENT_ROW.findall(tree.text(source))]
    return (f"<!-- printed from {source} by {RENEW} -->\n\n# Audit events\n\n"
            "Filters and webhooks name an event `resource_type.action`. Entries of scope `admin` are for owners and admins only. "
            "Nothing removes entries: there is no retention.\n\n"
            + table(["resource type", "action", "scope", "status", "metadata", "meaning"], rows))


def without_our_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("SANDBAR_")}


def run_program(build, command):
    program = pathlib.Path(build) / "bin" / command[0]
    if not program.exists():
        raise LookupError(f"{program.name} is not built")
    run = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=20, check=False,
                         env=without_our_environment())
    if run.returncode != 0:
        raise LookupError(f"{' '.join(command)} ended with status {run.returncode}: {run.stderr.strip()[:200]}")
    return run.stdout


def config_document(build, command):
    sections = []
    for program, argument in zip(command[::2], command[1::2]):
        sections.append(f"## {program}\n\n```\n{run_program(build, [program, argument]).rstrip()}\n```\n")
    head = f"<!-- printed by the programs' --print-config through {RENEW} -->\n\n# Settings\n\n"
    return head + "\n".join(sections)


def printed_document(tree, path, command):
    if path.endswith("config.md"):
        return config_document(tree.build, command)
    return f"# printed by {' '.join(command)}\n" + run_program(tree.build, command)


def first_difference(old, new):
    for number, (a, b) in enumerate(zip(old.splitlines() + [""], new.splitlines() + [""]), 1):
        if a != b:
            return f"line {number} is '{a[:80]}', should be '{b[:80]}'"
    return "lines are missing at the end"


def compare(tree, path, wanted):
    file = tree.root / path
    if getattr(tree, "write", False):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted)
        return None
    if not file.exists():
        return f"{path} is missing: {RENEW}"
    return None if file.read_text() == wanted else f"{path}: {first_difference(file.read_text(), wanted)}: {RENEW}"


def problems(tree):
    documents = {"docs/reference/errors.md": errors_document(tree), "docs/reference/states.md": states_document(tree),
                 "docs/reference/audit-events.md": events_document(tree)}
    if tree.build:
        for path, command in tree.settings("generated.toml")["printed"].items():
            try:
                documents[path] = printed_document(tree, path, command)
            except LookupError as problem:
                yield f"{path}: {problem.args[0]}"
    for path, wanted in documents.items():
        if problem := compare(tree, path, wanted):
            yield problem
