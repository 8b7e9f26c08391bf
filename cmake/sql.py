#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SQL files to C++ headers.

sql.py statements NAMESPACE IN.sql OUT.h   store.sql with "-- name: x" separators to constants of type pg::Statement<N>
sql.py migrations NAMESPACE DIR OUT.h      NNNN_name.sql files to an array of pg::Migration

Named parameters (:team_id) become $1, $2 … by first use; strings, quoted identifiers, comments and casts stay as they are.
"""

import pathlib
import re
import sys

TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<keep>'(?:[^']|'')*' | "(?:[^"]|"")*" | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ | ::)
      | :(?P<parameter>[a-z_][a-z0-9_]*)
      | (?P<space>\s+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


def compile_statement(text):
    """The statement with $n parameters on one line, and the parameters' names in order."""
    parameters, out = [], []
    for match in TOKEN.finditer(text):
        if match["comment"] or match["space"]:
            if out and out[-1] != " ":
                out.append(" ")
        elif name := match["parameter"]:
            if name not in parameters:
                parameters.append(name)
            out.append(f"${parameters.index(name) + 1}")
        else:
            out.append(match.group())
    return "".join(out).strip().rstrip(";").strip(), parameters


def split_statements(path):
    """Pairs of name and text; what stands before the first name is a comment of the file."""
    parts = re.split(r"^-- name: *(\w+) *$", path.read_text(), flags=re.MULTILINE)
    names = parts[1::2]
    if len(set(names)) != len(names):
        sys.exit(f"{path}: a name is used twice")
    return list(zip(names, parts[2::2]))


def literal(text):
    if ')sql"' in text:
        sys.exit('the text must not contain )sql"')
    return f'R"sql({text})sql"'


def statements(namespace, source):
    feature = namespace.split("::")[-2]
    for name, text in split_statements(source):
        sql, parameters = compile_statement(text)
        if not sql:
            sys.exit(f"{source}: {name} is empty")
        yield f"// {', '.join(parameters) or 'no parameters'}"
        yield f'inline constexpr pg::Statement<{len(parameters)}> {name}{{"{feature}.{name}", {literal(sql)}}};'
    names = [name for name, _ in split_statements(source)]
    yield "inline constexpr pg::AnyStatement kAll[] = {"
    yield from (f"    {{{name}.name, {name}.sql, {len(compile_statement(text)[1])}}}," for name, text in split_statements(source))
    yield "};"
    assert names, f"{source} has no statements"


def migrations(_, directory):
    yield "inline constexpr pg::Migration kMigrations[] = {"
    for number, path in enumerate(sorted(directory.glob("*.sql")), 1):
        if int(path.name.split("_")[0]) != number:
            sys.exit(f"{path}: expected number {number:04}")
        yield f'    {{{number}, "{path.stem}", {literal(path.read_text())}}},'
    yield "};"


def main():
    kind, namespace, source, out = sys.argv[1:]
    make = {"statements": statements, "migrations": migrations}[kind]
    include = {"statements": "statement.h", "migrations": "migrate.h"}[kind]
    head = ["#pragma once", f'#include "sandbar/pg/{include}"', f"namespace {namespace} {{"]
    body = list(make(namespace, pathlib.Path(source)))
    pathlib.Path(out).write_text("\n".join([*head, *body, f"}}  // namespace {namespace}", ""]))


if __name__ == "__main__":
    main()
