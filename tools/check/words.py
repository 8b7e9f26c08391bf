# SPDX-License-Identifier: Apache-2.0
"""Words: one name per thing, exceptions only where words.toml says, licence lines, nothing about one machine."""

import re

SPDX = "SPDX-License-Identifier: Apache-2.0"
TEXT_ENDINGS = (".h", ".cc", ".c", ".def", ".md", ".py", ".sh", ".sql", ".toml", ".txt", ".cmake", ".json", ".yaml", ".yml",
                ".ts", ".js", ".mjs", ".svelte", ".css", ".html", ".proto", ".template", ".service")
CAPTURING_COROUTINE = re.compile(r"\[[^\]\n]+\]\s*\([^()]*\)\s*(?:mutable\s*)?(?:noexcept\s*)?->\s*(?:sandbar::)?Task<")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b(?!\S*\(?https?://)")
RULES = "tools/check/words.toml"


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def matches(pattern, text, flags=0):
    return ((line_at(text, match.start()), match) for match in re.finditer(pattern, text, flags))


def is_test(path):
    return path.endswith("_test.cc") or "/test" in path or "/live/" in path or "test_server" in path


def cpp_problems(path, code, rules):
    if path.endswith(".h") and not is_test(path):
        for line, _ in matches(r"^using namespace\b", code, re.MULTILINE):
            yield line, "no `using namespace` in a header"
    for line, match in matches(r"\bstd::(?:cout|clog|endl)\b", code):
        yield line, f"no {match.group()}: use log, or fmt::print in the CLI"
    if not is_test(path):
        for word, listed in ((r"catch\b", "may_catch"), (r"throw\b(?!\s*;)", "may_throw")):
            for line, _ in matches(rf"\b{word}", code):
                if path not in rules[listed]:
                    yield line, f"`{word[:5]}` outside the files that [{listed}] names"
    for line, _ in matches(CAPTURING_COROUTINE, code):
        yield line, "a coroutine lambda captures nothing: pass parameters"


def text_problems(path, text, rules):
    if path != RULES:
        for pattern, instead in rules["banned"].items():
            for line, match in matches(rf"\b{pattern}\b", text, re.IGNORECASE):
                yield line, f"'{match.group()}': write {instead}"
        for pattern, what in rules["private"].items():
            for line, match in matches(pattern, text):
                yield line, f"'{match.group()}' is {what}"
    for line, match in matches(UNFINISHED, text):
        if not path.startswith("tools/check/"):
            yield line, f"{match.group()} without a link to an issue"


def license_problem(path, text, rules):
    if path in rules["license"]["exempt"] or not path.endswith(tuple(rules["license"]["endings"])):
        return None
    lines = text.split("\n", 2)
    first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
    return None if SPDX in first else "the first line is not the SPDX line"


def problems(tree):
    rules = tree.settings("words.toml")
    for path in tree.files:
        is_script = "." not in path.rsplit("/", 1)[-1] and (tree.root / path).stat().st_mode & 0o111
        if not path.endswith(TEXT_ENDINGS) and not is_script:
            continue
        text = tree.text(path)
        if problem := license_problem(path, text, rules):
            yield f"{path}:1: {problem}"
        found = list(text_problems(path, text, rules))
        if path in tree.sources:
            found += cpp_problems(path, tree.code(path), rules)
        yield from (f"{path}:{line}: {problem}" for line, problem in sorted(found))
    for section in ("may_catch", "may_throw"):
        word = section.removeprefix("may_")
        for path in rules[section]:
            if path not in tree.sources or not re.search(rf"\b{word}\b", tree.code(path)):
                yield f"{RULES}: {path} needs no exemption from `{word}`"
