# SPDX-License-Identifier: Apache-2.0
"""store.sql: every statement is used, tables have one writer, tenants stay apart, states are parameters,
migrations stay as they are (sql.toml)."""

import fnmatch
import hashlib
import importlib.util
import pathlib
import re

spec = importlib.util.spec_from_file_location("sql", pathlib.Path(__file__).parents[2] / "cmake/sql.py")
sql = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sql)

HEADER = re.compile(r"^-- (?:name|part): *(.*?) *$", re.MULTILINE)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?([a-z_]+)", re.IGNORECASE)
TOUCHES = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?\(?\s*([a-z_]+)", re.IGNORECASE)
TABLE = re.compile(r"CREATE TABLE (\w+) \((.*?)^\);", re.DOTALL | re.MULTILINE)
ENUMERATORS = re.compile(r"BOOST_DESCRIBE_ENUM\(\s*(?:Sandbox|Host|Template)State\s*,([^)]*)\)")


def statements_of(text):
    for name, body in sql.split_statements(text):
        yield name, COMMENT.sub(" ", body)


def tenant_tables(tree):
    """Tables with a team_id column, from the migrations."""
    found = set()
    for path in tree.below("db/migrations", ".sql"):
        for name, body in TABLE.findall(tree.text(path)):
            if re.search(r"^\s*team_id\s", body, re.MULTILINE):
                found.add(name)
    return found


def all_tables(tree):
    return {name for path in tree.below("db/migrations", ".sql") for name, _ in TABLE.findall(tree.text(path))}


def states_of(tree):
    names = set()
    for path in tree.below("src/sandbar/model", ".h"):
        for enumerators in ENUMERATORS.findall(tree.text(path)):
            names.update(word.strip() for word in enumerators.split(","))
    return names


def is_listed(key, section):
    return any(fnmatch.fnmatch(key, pattern) for pattern in section)


def used_in(tree, feature, name):
    pattern = re.compile(rf"\bsql::{name}\b")
    return any(pattern.search(tree.code(f)) for f in tree.below(f"src/sandbar/control/{feature}", ".cc"))


def statement_problems(feature, name, body, settings, tenants, states):
    key = f"{feature}.{name}"
    for table in dict.fromkeys(WRITES.findall(re.sub(r"FOR\s+UPDATE|DO\s+UPDATE", " ", body))):
        owner = settings["owner"].get(table)
        if owner is None:
            yield f"{name} writes {table}, which has no owner in sql.toml"
        elif owner != feature and not is_listed(key, settings["may_write"]):
            yield f"{name} writes {table}, which belongs to {owner}"
    for state in sorted(states.intersection(re.findall(r"'([a-z_]+)'", body))):
        yield f"{name} spells the state '{state}': pass it as a parameter"
    touched = tenants.intersection(TOUCHES.findall(body))
    if touched and "team_id" not in re.findall(r":([a-z_]+)", body) and not name.endswith("_any_team"):
        if not is_listed(key, settings["may_see_all_teams"]):
            yield f"{name} reads or writes {', '.join(sorted(touched))} without :team_id: add it, or call it {name}_any_team"


def migration_problems(tree, known):
    found = {path.split("/")[-1].removesuffix(".sql"): path for path in tree.below("db/migrations", ".sql")}
    for name, path in sorted(found.items()):
        digest = hashlib.sha256(tree.text(path).encode()).hexdigest()[:16]
        if name not in known:
            yield f'{path}: not in [migrations] of tools/check/sql.toml: add {name} = "{digest}"'
        elif known[name] != digest:
            yield f"{path} has been changed: databases that have applied it would not see that; take it back, and write a new one"
    for name in sorted(set(known) - set(found)):
        yield f"tools/check/sql.toml: the migration {name} is gone"


def problems(tree):
    settings = tree.settings("sql.toml")
    yield from migration_problems(tree, settings["migrations"])
    tenants, states, seen = tenant_tables(tree), states_of(tree), set()
    for path in tree.below("src/sandbar/control", "/store.sql"):
        feature = path.split("/")[3]
        text = tree.text(path)
        for name in HEADER.findall(text):
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                yield f"{path}: '{name}' is not a snake_case name"
        for name in re.findall(r"^-- part: *(\w+)", text, re.MULTILINE):
            if f"{{{name}}}" not in text:
                yield f"{path}: nobody uses the part {name}"
        for name, body in statements_of(text):
            seen.add(f"{feature}.{name}")
            where = f"{path}:{text[: text.find('-- name: ' + name)].count(chr(10)) + 1}"
            if not used_in(tree, feature, name):
                yield f"{where}: nobody uses {name}"
            for problem in statement_problems(feature, name, body, settings, tenants, states):
                yield f"{where}: {problem}"
    for section in ("may_write", "may_see_all_teams"):
        for pattern in settings[section]:
            if not fnmatch.filter(seen, pattern):
                yield f"tools/check/sql.toml: {section} names {pattern}, which does not exist"
    for table in sorted(all_tables(tree) ^ set(settings["owner"])):
        yield f"tools/check/sql.toml: [owner] and the migrations disagree about {table}"
