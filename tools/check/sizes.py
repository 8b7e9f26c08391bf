# SPDX-License-Identifier: Apache-2.0
"""Files, functions and parameter lists stay within sizes.toml."""

import re

SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
NAME = re.compile(r"([~\w:<>,&*]+|operator\s*\S+)\s*$")
TOKEN = re.compile(r"[{}();]")


def parameters_of(head):
    """The text of the last parenthesis at top level before the body (an initialiser list does not count)."""
    head = re.split(r"\)\s*(?:noexcept\s*)?:(?!:)", head)[0] + (")" if re.search(r"\)\s*:(?!:)", head) else "")
    depth, start, found = 0, None, None
    for position, char in enumerate(head):
        if char == "(":
            depth += 1
            start = position if depth == 1 else start
        elif char == ")":
            depth -= 1
            if depth == 0 and found is None and start is not None:
                found = (start, position)
    return (head[: found[0]], head[found[0] + 1 : found[1]]) if found else (None, "")


def count_parameters(text):
    if not text.strip() or text.strip() == "void":
        return 0
    depth = count = 0
    for char in text:
        depth += char in "(<[{"
        depth -= char in ")>]}"
        count += char == "," and depth == 0
    return count + 1


class Function:
    def __init__(self, name, line, lines, parameters):
        self.name, self.line, self.lines, self.parameters = name, line, lines, parameters


def without_directives(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group().count("\n"), code, flags=re.MULTILINE)


def functions_of(code):
    """Function definitions at namespace and class scope, found by their braces. What a macro hides is not seen."""
    code = without_directives(code)
    kinds, head_start, opened, round_depth = [], 0, [], 0
    for match in TOKEN.finditer(code):
        char, at = match.group(), match.start()
        outside = "body" not in kinds
        if char in "()":
            round_depth += 1 if char == "(" else -1
        elif char == ";" and outside and round_depth == 0:
            head_start = at + 1
        elif char == "{":
            head = code[head_start:at]
            kind = "body"
            if not outside or round_depth:
                kind = "inner"
            elif SCOPE.search(re.sub(r"\(.*?\)|<[^<>]*>|template", "", head, flags=re.DOTALL)) and not head.rstrip().endswith(")"):
                kind = "scope"
            elif "(" not in head or re.search(r"=\s*$", head):
                kind = "value"
            kinds.append(kind)
            opened.append((head, head_start))
            if kind == "scope":
                head_start = at + 1
        elif char == "}" and kinds:
            kind, (head, start) = kinds.pop(), opened.pop()
            if kind == "body":
                name, parameters = parameters_of(head)
                begin = start + len(head) - len(head.lstrip())
                first, last = code.count("\n", 0, begin) + 1, code.count("\n", 0, at) + 1
                found = NAME.search(name.strip()) if name else None
                if found:
                    yield Function(found[1], first, last - first + 1, count_parameters(parameters))
            if "body" not in kinds and kind != "inner":
                head_start = at + 1


def all_problems(tree, limits):
    for path in tree.sources:
        is_test = path.endswith("_test.cc") or "/test_" in path
        limit = limits["test_lines"] if is_test else limits["header_lines" if path.endswith(".h") else "file_lines"]
        lines = tree.text(path).count("\n")
        if lines > limit:
            yield path, f"{path}: {lines} lines, at most {limit}"
        for function in functions_of(tree.code(path)):
            key = f"{path}:{function.name}"
            if function.lines > limits["function_lines"] and not function.name.startswith("TEST_CASE"):
                yield key, f"{path}:{function.line}: {function.name} has {function.lines} lines, at most {limits['function_lines']}"
            if function.parameters > limits["parameters"] and not is_test:
                yield key, f"{path}:{function.line}: {function.name} has {function.parameters} parameters, at most {limits['parameters']}"


def problems(tree):
    settings = tree.settings("sizes.toml")
    unused = set(settings["exempt"])
    for key, text in all_problems(tree, settings["limits"]):
        if key not in settings["exempt"]:
            yield text
        unused.discard(key)
    for key in sorted(key for key in unused if (tree.root / key.partition(":")[0]).exists()):
        yield f"tools/check/sizes.toml: {key} is within the limits: remove its exemption"
