#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SQL files to C++ headers.

sql.py statements NAMESPACE IN.sql OUT.h   store.sql with "-- name: x" separators to constants of type pg::Statement<N>;
                                           what stands under "-- part: y" is put where later ones say {y}
sql.py schema NAMESPACE DIR OUT.h          DIR/migrations/NNNN_name.sql to an array of pg::Migration, and DIR/routines.sql

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
HEADER = re.compile(r"^-- (name|part): *(\w+) *$", re.MULTILINE)
PART = re.compile(r"\{(\w+)\}")


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


def split_statements(text):
    """Pairs of name and text, with the parts in place; what stands before the first of them is a comment of the file."""
    blocks = HEADER.split(text)
    blocks = list(zip(blocks[1::3], blocks[2::3], blocks[3::3]))
    names = [name for _, name, _ in blocks]
    if len(set(names)) != len(names):
        raise ValueError("a name is used twice")
    parts, statements_found = {}, []
    for kind, name, body in blocks:
        whole = PART.sub(lambda found: parts.get(found[1], found[0]), body)
        if kind == "part":
            parts[name] = whole.strip()
        else:
            statements_found.append((name, whole))
    return statements_found


def literal(text):
    if ')sql"' in text:
        sys.exit('the text must not contain )sql"')
    return f'R"sql({text})sql"'


def statements(namespace, source):
    feature = namespace.split("::")[-2]
    try:
        found = [(name, *compile_statement(text)) for name, text in split_statements(source.read_text())]
    except ValueError as error:
        sys.exit(f"{source}: {error}")
    assert found, f"{source} has no statements"
    for name, sql, parameters in found:
        if not sql:
            sys.exit(f"{source}: {name} is empty")
        yield f"// {', '.join(parameters) or 'no parameters'}"
        yield f'inline constexpr pg::Statement<{len(parameters)}> {name}{{"{feature}.{name}", {literal(sql)}}};'
    yield "inline constexpr pg::AnyStatement kAll[] = {"
    yield from (f"    {{{name}.name, {name}.sql, {len(parameters)}}}," for name, _, parameters in found)
    yield "};"


def schema(_, directory):
    yield "inline constexpr pg::Migration kMigrations[] = {"
    for number, path in enumerate(sorted(directory.glob("migrations/*.sql")), 1):
        if int(path.name.split("_")[0]) != number:
            sys.exit(f"{path}: expected number {number:04}")
        yield f'    {{{number}, "{path.stem}", {literal(path.read_text())}}},'
    yield "};"
    yield f"inline constexpr std::string_view kRoutines = {literal((directory / 'routines.sql').read_text())};"


def main():
    kind, namespace, source, out = sys.argv[1:]
    make = {"statements": statements, "schema": schema}[kind]
    include = {"statements": "statement.h", "schema": "migrate.h"}[kind]
    head = ["#pragma once", f'#include "sandbar/pg/{include}"', f"namespace {namespace} {{"]
    body = list(make(namespace, pathlib.Path(source)))
    pathlib.Path(out).write_text("\n".join([*head, *body, f"}}  // namespace {namespace}", ""]))


if __name__ == "__main__":
    main()
