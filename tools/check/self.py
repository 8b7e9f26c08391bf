# SPDX-License-Identifier: Apache-2.0
"""The checks find what they are for: each is given a small tree with one thing wrong."""

import os
import pathlib
import tempfile

import docs
import layers
import sizes
import sql
import words
from tree import Tree, code_of, newest_build

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


def tree_of(files):
    folder = tempfile.TemporaryDirectory()
    for path, text in files.items():
        file = pathlib.Path(folder.name) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    tree = Tree(folder.name)
    tree.keep = folder
    return tree


def says(check, files, *parts):
    found = list(check(tree_of(files)))
    return [f"expected '{part}', got {found[:3]}" for part in parts if not any(part in line for line in found)]


def is_silent(check, files):
    return [f"unexpected: {line}" for line in check(tree_of(files))]


def include_of(path, header):
    return says(lambda tree: layers.include_problems(tree, tree.settings("layers.toml")), {path: f'#include {header}\n'}, "may")


def layer_cases():
    yield include_of("src/sandbar/base/a.h", '"sandbar/log/log.h"')
    yield include_of("src/sandbar/guest/a.cc", '"sandbar/pg/row.h"')
    yield include_of("src/sandbar/agent/a.cc", "<boost/beast/http.hpp>")
    yield include_of("src/sandbar/control/teams/store.cc", '"sandbar/control/jobs/service.h"')
    lacks = {"src/sandbar/log/CMakeLists.txt": "sandbar_library(log SOURCES log.cc)", "src/sandbar/log/log.cc": '#include "sandbar/base/id.h"\n',
             "src/sandbar/base/CMakeLists.txt": "sandbar_library(base SOURCES id.cc)", "src/sandbar/base/id.cc": "", "src/sandbar/base/id.h": ""}
    yield says(layers.problems, lacks, "log lacks USES base")
    yield says(layers.problems, {"src/sandbar/base/x.cc": ""}, "no CMakeLists.txt names it")


def size_cases():
    body = "  x();\n" * 90
    yield says(sizes.problems, {"src/sandbar/base/a.cc": f"namespace n {{\nint f(int a) {{\n{body}}}\n}}\n"}, "f has 92 lines")
    yield says(sizes.problems, {"src/sandbar/base/a.cc": "class C {\n void g(int a, int b, X<1, 2> c, int d, int e, int f, int h) {}\n};\n"}, "g has 7 parameters")
    yield says(sizes.problems, {"src/sandbar/base/a.cc": "\n" * 401}, "401 lines")
    table = "constexpr int kTable[] = {\n" + "  1,\n" * 90 + "};\n"
    yield is_silent(sizes.problems, {"src/sandbar/base/a.cc": table + "void f() {}\n"})


def sql_tree(statement, name="find_x"):
    return {"db/migrations/0001_a.sql": "CREATE TABLE teams (\n  team_id uuid\n);\n", "src/sandbar/control/users/store.cc": "sql::find_x",
            "src/sandbar/model/s.h": "BOOST_DESCRIBE_ENUM(HostState, online)", "src/sandbar/control/users/store.sql": f"-- name: {name}\n{statement}\n"}


def sql_cases():
    yield says(sql.problems, sql_tree("SELECT 1 FROM teams"), "without :team_id")
    yield says(sql.problems, sql_tree("UPDATE teams SET a = 1 WHERE id = :team_id"), "belongs to teams")
    yield says(sql.problems, sql_tree("SELECT 1 WHERE status = 'online'"), "spells the state 'online'")
    yield says(sql.problems, sql_tree("SELECT 1", "other"), "nobody uses other")
    one = {"db/migrations/0001_a.sql": "SELECT 1;"}
    yield says(lambda tree: sql.migration_problems(tree, {}), one, "add 0001_a = ")
    yield says(lambda tree: sql.migration_problems(tree, {"0001_a": "0" * 16, "0002_b": ""}), one, "has been changed", "0002_b is gone")
    yield is_silent(lambda tree: sql.migration_problems(tree, {"0001_a": "17db4fd369edb924"}), one)


def word_cases():
    yield says(words.problems, {"src/a.cc": "int x;\n"}, "SPDX")
    yield says(words.problems, {"src/a.cc": SPDX + "void f() { throw 1; }\n"}, "`throw`")
    yield says(words.problems, {"src/a.cc": SPDX + "// a " + "cap" + "sule\n"}, "write sandbox")
    yield says(words.problems, {"src/a.h": SPDX + "using namespace std;\n"}, "using namespace")
    yield says(words.problems, {"src/a.cc": SPDX + "auto t = [&](int a) -> Task<int> { co_return a; };\n"}, "captures nothing")
    yield says(words.problems, {"a.md": "TO" + "DO: later\n"}, "without a link")
    quiet = [p for p in words.problems(tree_of({"src/a.cc": SPDX + 'auto s = "throw";  // catch\n'})) if "words.toml" not in p]
    yield quiet


def doc_cases():
    yield says(docs.problems, {"README.md": "see `src/gone.h`\n", "src/a.h": ""}, "`src/gone.h` does not exist")
    yield says(docs.problems, {"README.md": "[x](gone.md)\n"}, "leads nowhere")
    yield says(docs.problems, {"docs/adr/0001-a.md": "# A\n\n## Context\n"}, "lacks '## Choice'", "lacks '## Consequences'")
    yield is_silent(docs.problems, {"README.md": "`src/{a,b}.h` and `src/*.h`\n", "src/a.h": "", "src/b.h": ""})


def text_cases():
    yield [] if code_of('a("// no") /* { */ // }\nb') == 'a("")  \nb' else ["comments and strings are not blanked"]


def build_cases():
    tree = tree_of({f"build/{path}": "" for path in ("whole/bin/sandbar-control", "whole/bin/sandbar-agent", "part/bin/sandbar-control")})
    os.utime(tree.root / "build/whole/bin/sandbar-control", (0, 0))
    chosen = newest_build(tree.root)
    yield [] if chosen.name == "whole" else [f"the build to ask is {chosen}"]
    yield [] if newest_build(tree.root / "build") is None else ["there is a build where none is"]


def problems(_):
    for cases in (layer_cases, size_cases, sql_cases, word_cases, doc_cases, text_cases, build_cases):
        for found in cases():
            yield from (f"{cases.__name__}: {line}" for line in found)
