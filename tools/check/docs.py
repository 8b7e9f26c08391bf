# SPDX-License-Identifier: Apache-2.0
"""What a document names exists: back-quoted paths, links, and the sections of a decision record."""

import fnmatch
import itertools
import re

QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
PATH = re.compile(r"[A-Za-z0-9_.*{},/-]+")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NAMES_IN_PASSING = ("tools/check/generated.toml", "tools/check/self.py")
SECTIONS = ("## Context", "## Choice", "## Consequences")


def expand(pattern):
    """service.{h,cc} -> service.h service.cc"""
    parts = re.split(r"\{([^{}]*)\}", pattern)
    choices = [part.split(",") if i % 2 else [part] for i, part in enumerate(parts)]
    return ["".join(choice) for choice in itertools.product(*choices)]


def exists(tree, pattern):
    pattern = pattern.rstrip("/")
    if "*" in pattern:
        return any(fnmatch.fnmatch(f, pattern) or fnmatch.fnmatch(f, pattern + "/*") for f in tree.files)
    return (tree.root / pattern).exists()


def is_path(tree, text, tops):
    if not PATH.fullmatch(text) or "/" not in text or text.startswith("/"):
        return False
    return text.removeprefix("./").split("/")[0] in tops


def document_problems(tree, path, tops):
    text = FENCE.sub(lambda m: "\n" * m.group().count("\n"), tree.text(path))
    folder = path.rpartition("/")[0]
    for match in QUOTED.finditer(text):
        if not is_path(tree, match[1], tops):
            continue
        line = text.count("\n", 0, match.start()) + 1
        for pattern in expand(match[1].removeprefix("./")):
            if not exists(tree, pattern) and not (folder and exists(tree, f"{folder}/{pattern}")):
                yield f"{path}:{line}: `{pattern}` does not exist"
    for match in LINK.finditer(text):
        target = match[1].split("#")[0]
        if target and not re.match(r"[a-z]+:", target) and not (tree.root / folder / target).exists():
            yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: the link to {target} leads nowhere"


def record_problems(tree):
    records = [f for f in tree.files if re.fullmatch(r"docs/adr/\d{4}-[a-z0-9-]+\.md", f)]
    for number, path in enumerate(records, 1):
        if not path.startswith(f"docs/adr/{number:04}-"):
            yield f"{path}: expected number {number:04}"
        for section in SECTIONS:
            if f"\n{section}\n" not in tree.text(path):
                yield f"{path}: lacks '{section}'"
    for path in tree.below("docs/adr", ".md"):
        if path not in records:
            yield f"{path}: a decision record is called NNNN-what-it-decides.md"


def comment_problems(tree, tops):
    """Documents that comments in the source and the build name: (docs/adr/0001-….md)."""
    for path in [f for f in tree.files if f.endswith((".h", ".cc", ".cmake", "CMakeLists.txt", ".toml", ".py", ".template"))]:
        for match in re.finditer(r"\b(?:docs|tools|tests|db)/[\w./-]+\.(?:md|toml|py|sql|txt)\b", tree.text(path)):
            if not (tree.root / match.group()).exists() and path not in NAMES_IN_PASSING:
                line = tree.text(path).count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: {match.group()} does not exist"


def problems(tree):
    tops = {f.split("/")[0] for f in tree.files if "/" in f}
    for path in tree.files:
        if path.endswith(".md"):
            yield from document_problems(tree, path, tops)
    yield from record_problems(tree)
    yield from comment_problems(tree, tops)
