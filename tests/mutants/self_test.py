#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Of what tries the mutants: patches, the table, verdicts, and that a survivor is told."""

import contextlib
import io
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True

import run
import verdict
from patch import Misfit, parse
from table import KILLERS, MUTANTS
from tree import Tree

PATCH = """# What is wrong.
--- a/src/a.cc
+++ b/src/a.cc
@@ -7,2 +7,2 @@
 int a() {
-  return 1;
+  return 2;
"""
SOURCE = "int b() {\n  return 1;\n}\nint a() {\n  return 1;\n}\n"
CATCH = """
-------------------------------------------------------------------------------
A rung rings at its amount
  to the cent
-------------------------------------------------------------------------------
ladder_test.cc:7
...............................................................................

ladder_test.cc:9: FAILED:
  CHECK( 1 == 2 )

===============================================================================
test cases: 12 | 11 passed | 1 failed
assertions: 40 | 39 passed | 1 failed
"""


class Patches(unittest.TestCase):
    def test_a_hunk_goes_where_its_lines_stand_whatever_their_numbers(self):
        self.assertEqual(parse(PATCH).applied(SOURCE), SOURCE.replace("int a() {\n  return 1", "int a() {\n  return 2"))

    def test_one_that_fits_nowhere_or_twice_is_told(self):
        for source in ("int b() {\n", SOURCE * 2, "  int a() {\n  return 1;\n"):
            with self.subTest(source=source), self.assertRaises(Misfit):
                parse(PATCH).applied(source)

    def test_one_that_changes_nothing_or_more_than_a_file_is_refused(self):
        for text in (PATCH.replace("2;", "1;"), PATCH + PATCH, PATCH.replace(" int", "int"), "# Only words.\n"):
            with self.subTest(text=text), self.assertRaises(Misfit):
                parse(text)


class Table(unittest.TestCase):
    def test_each_patch_is_in_the_table_and_each_line_of_it_is_a_patch(self):
        self.assertEqual(sorted(path.stem for path in run.PATCHES.iterdir()), sorted(MUTANTS))

    def test_each_patch_says_what_is_wrong_and_changes_the_source_alone(self):
        for mutant in MUTANTS:
            text = (run.PATCHES / f"{mutant}.patch").read_text(encoding="utf-8")
            with self.subTest(mutant=mutant):
                self.assertRegex(text.splitlines()[1], r"^# [A-Z].*\.$")
                self.assertRegex(parse(text).path, r"^(src|include)/")

    def test_each_killer_is_of_use_and_a_program_that_is_built(self):
        self.assertEqual(set(MUTANTS.values()), set(KILLERS))
        lists = "".join(path.read_text(encoding="utf-8") for path in (run.ROOT / "tests").glob("*/CMakeLists.txt"))
        for program, *_ in KILLERS.values():
            with self.subTest(program=program):
                room = program.removesuffix("_test")
                self.assertRegex(lists, rf"add_executable\({program}\b|tocsin_room_test\({room}\b")

    def test_a_test_that_a_killer_names_is_there(self):
        for killer, (program, *arguments) in KILLERS.items():
            if not killer.startswith("kafka"):
                continue
            with self.subTest(killer=killer):
                name = arguments[0].removesuffix("*")
                tests = "".join(path.read_text(encoding="utf-8")
                                for path in (run.ROOT / "tests" / "kafka").glob("*_test.cc"))
                self.assertEqual(len(re.findall(re.escape(f'TEST_CASE("{name}'), tests)), 1)


class Verdicts(unittest.TestCase):
    def test_a_test_that_fails_has_found_it_and_is_named(self):
        found = verdict.verdict_of(1, CATCH)
        self.assertTrue(found.found_it)
        self.assertEqual(found.text, "A rung rings at its amount to the cent")
        found = verdict.verdict_of(1, "  a total differs\nFAILED: sim_test --seed 7\n9 passed, 1 failed, 0 skipped\n")
        self.assertTrue(found.found_it)
        self.assertEqual(found.text, "a total differs (sim_test --seed 7)")

    def test_one_that_passes_has_not(self):
        for output in ("All tests passed (40 assertions in 12 test cases)\n", "10 passed, 0 failed\n"):
            with self.subTest(output=output):
                found = verdict.verdict_of(0, output)
                self.assertTrue(found.passed)
                self.assertFalse(found.found_it)

    def test_one_that_broke_off_proves_nothing(self):
        for status, output in ((-11, CATCH), (None, ""), (2, "usage: sim_test\n"), (1, "10 passed, 0 failed\n"),
                               (0, "9 passed, 1 failed\n")):
            with self.subTest(status=status, output=output):
                found = verdict.verdict_of(status, output)
                self.assertFalse(found.passed or found.found_it)


class FakeTree:
    """Whose suite sees any change of the source but one."""

    def __init__(self, folder, source=SOURCE):
        folder.mkdir()
        self.folder = self.build = folder
        self.texts = {"src/a.cc": source}

    def read(self, name):
        return self.texts[name]

    def write(self, name, content):
        self.texts[name] = content.decode()

    def make(self, *targets):
        failed = int(self.texts["src/a.cc"] != SOURCE and "return 3" not in self.texts["src/a.cc"])
        program = self.build / targets[0]
        program.write_text(f"#!/bin/sh\necho {1 - failed} passed, {failed} failed\nexit {failed}\n")
        program.chmod(0o755)


class Tries(unittest.TestCase):
    def run_all(self, patches):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            for name, text in patches.items():
                (path / f"{name}.patch").write_text(text)
            tree, printed = FakeTree(path / "tree"), io.StringIO()
            killers = {"suite": ("suite",)}
            table = {name: "suite" for name in patches}
            tree.make("suite")
            with mock.patch.multiple(run, PATCHES=path, KILLERS=killers, MUTANTS=table,
                                     prepare=lambda *_: tree), contextlib.redirect_stdout(printed):
                status = run.run(list(patches), path)
            self.assertEqual(tree.texts, {"src/a.cc": SOURCE})
            return status, printed.getvalue()

    def test_a_mutant_that_is_seen_is_killed_and_the_source_is_whole_again(self):
        status, printed = self.run_all({"wrong": PATCH})
        self.assertEqual(status, 0)
        self.assertIn("killed | wrong | suite: ", printed)
        self.assertTrue(printed.endswith("1 passed, 0 failed\n"))

    def test_a_survivor_fails_the_suite_and_is_named_with_its_command(self):
        status, printed = self.run_all({"unseen": PATCH.replace("2;", "3;"), "wrong": PATCH})
        self.assertEqual(status, 1)
        self.assertIn("ALIVE | unseen | suite: passes", printed)
        self.assertIn("again: tests/mutants/run.py --only unseen\n", printed)
        self.assertTrue(printed.endswith("1 passed, 1 failed\n"))

    def test_one_that_does_not_fit_is_a_failure_of_the_suite(self):
        status, printed = self.run_all({"lost": PATCH.replace("int a", "int c")})
        self.assertEqual(status, 1)
        self.assertIn("ALIVE | lost | hunk 1 fits 0 places in src/a.cc", printed)

    def test_a_suite_that_fails_on_the_source_as_it_is_ends_the_run(self):
        broken = run.verdict_of(1, CATCH)
        with mock.patch.object(run, "run_killer", lambda *_: broken), \
                self.assertRaisesRegex(SystemExit, "kills nothing: suite"):
            self.run_all({"wrong": PATCH})


class Copies(unittest.TestCase):
    def test_a_copy_holds_the_source_as_it_is_and_writes_what_differs_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = Tree(Path(folder))
            (tree.folder / "left.cc").write_text("of a run before\n")
            tree.fill()
            self.assertFalse((tree.folder / "left.cc").exists())
            copied = tree.folder / "dev"
            self.assertEqual(copied.read_bytes(), (run.ROOT / "dev").read_bytes())
            before = copied.stat().st_mtime_ns
            tree.fill()
            self.assertEqual(copied.stat().st_mtime_ns, before)


if __name__ == "__main__":
    unittest.main()
