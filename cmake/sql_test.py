#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
import importlib.util
import pathlib
import unittest

spec = importlib.util.spec_from_file_location("sql", pathlib.Path(__file__).with_name("sql.py"))
sql = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sql)


class CompileStatement(unittest.TestCase):
    def check(self, text, expected, parameters):
        self.assertEqual(sql.compile_statement(text), (expected, parameters))

    def test_parameters_are_numbered_by_first_use(self):
        self.check("SELECT :b, :a,\n  :b;\n", "SELECT $1, $2, $1", ["b", "a"])

    def test_casts_are_no_parameters(self):
        self.check("SELECT :a::uuid, now()::date", "SELECT $1::uuid, now()::date", ["a"])

    def test_strings_identifiers_and_comments_keep_their_colons(self):
        self.check("SELECT 'it''s :x', \":y\", /* :z */ :a -- :w", "SELECT 'it''s :x', \":y\", $1", ["a"])

    def test_dollar_quotes_are_kept(self):
        self.check("DO $x$ SELECT :a; $x$", "DO $x$ SELECT :a; $x$", [])

    def test_spaces_within_strings_stay(self):
        self.check("SELECT   'a   b'", "SELECT 'a   b'", [])


class SplitStatements(unittest.TestCase):
    def test_parts_stand_where_later_ones_name_them(self):
        text = "-- of what\n-- part: a\nx, y\n-- part: b\n({a})\n-- name: one\nSELECT {a} FROM {b}, '{}' {c}\n-- name: two\nSELECT 1"
        found = [(name, sql.compile_statement(body)[0]) for name, body in sql.split_statements(text)]
        self.assertEqual(found, [("one", "SELECT x, y FROM (x, y), '{}' {c}"), ("two", "SELECT 1")])

    def test_a_name_is_used_once(self):
        with self.assertRaises(ValueError):
            sql.split_statements("-- part: a\nx\n-- name: a\nSELECT 1")


if __name__ == "__main__":
    unittest.main()
