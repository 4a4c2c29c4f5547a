#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The frame of long runs, on suites that are a line of shell."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import results  # noqa: E402
import run  # noqa: E402
from suites import SUITES, Suite  # noqa: E402

ROW = results.Row("sim", "abc1234", "2026-11-25", "10 passed, 0 failed", "1.0 (2.0 of CPU)")


def outcome(*scripts, log=None):
    """Of a suite that runs these lines of shell, and what it printed."""
    suite = Suite(targets=(), commands=tuple(("/bin/sh", "-c", script) for script in scripts))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        result = run.run_commands(suite, Path("/b"), log or io.StringIO())
    return result, printed.getvalue()


class Commands(unittest.TestCase):
    def test_counts_are_those_of_the_closing_lines_summed(self):
        result, _ = outcome("echo 1 passed, 0 failed; echo sim: 7 passed, 0 failed", "echo 2 passed, 0 failed")
        self.assertEqual(result.text(), "9 passed, 0 failed")
        self.assertTrue(result.good)

    def test_what_it_prints_is_shown_and_logged(self):
        log = io.StringIO()
        _, printed = outcome("echo {build}; echo oh >&2; echo 1 passed, 0 failed", log=log)
        self.assertEqual(printed, "/b\noh\n1 passed, 0 failed\n")
        self.assertEqual(log.getvalue(), printed)

    def test_a_failure_fails_it(self):
        result, _ = outcome("echo 7 passed, 1 failed; exit 1", "echo 2 passed, 0 failed")
        self.assertEqual(result.text(), "9 passed, 1 failed")
        self.assertFalse(result.good)

    def test_a_run_that_counted_nothing_has_failed(self):
        for script, trouble in (("true", "status 0 and counted nothing"),
                                ("echo done; kill -9 $$", "status -9 and counted nothing"),
                                ("echo 0 passed, 0 failed", "ran nothing")):
            with self.subTest(script=script):
                result, _ = outcome("echo 5 passed, 0 failed", script)
                self.assertIn(trouble, result.text())
                self.assertFalse(result.good)
        self.assertFalse(outcome()[0].good)

    def test_a_status_of_failure_is_believed_over_the_counts(self):
        result, _ = outcome("echo 7 passed, 0 failed; exit 3")
        self.assertEqual(result.text(), "7 passed, 0 failed; sh ended with status 3")
        self.assertFalse(result.good)

    def test_a_program_that_is_not_there_fails_it(self):
        suite = Suite(targets=(), commands=(("{build}/nothing",),))
        result = run.run_commands(suite, Path("/b"), io.StringIO())
        self.assertEqual(result.trouble, "nothing could not be started: No such file or directory")
        self.assertFalse(result.good)

    def test_a_row_holds_the_seconds_of_processor_that_it_took(self):
        burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo 1 passed, 0 failed"
        suite = Suite(targets=(), commands=(("/bin/sh", "-c", burn),))
        before = run.cpu_seconds()
        with contextlib.redirect_stdout(io.StringIO()), mock.patch.object(run, "commit_text", lambda: "abc + changes"):
            _, row = run.run_suite("sim", suite, Path("/b"), io.StringIO())
        self.assertGreater(run.cpu_seconds(), before)
        self.assertEqual((row.suite, row.commit, row.result), ("sim", "abc + changes", "1 passed, 0 failed"))
        self.assertRegex(row.minutes, r"^\d+\.\d \(\d+\.\d of CPU\)$")


class Commit(unittest.TestCase):
    def text(self, status):
        answers = {"status": status, "rev-parse": "abc1234\n"}
        with mock.patch.object(run, "git", lambda *words: answers[words[0]]):
            return run.commit_text()

    def test_changes_are_named_except_the_results_themselves(self):
        self.assertEqual(self.text(""), "abc1234")
        self.assertEqual(self.text(" M docs/reliability.md\n"), "abc1234")
        self.assertEqual(self.text(" M docs/reliability.md\n M src/a.cc\n"), "abc1234 + changes")
        self.assertEqual(self.text("?? src/b.cc\n"), "abc1234 + changes")


class Table(unittest.TestCase):
    text = "# Reliability\n\nProse.\n\n## Long runs\n\nMore.\n\n" + "\n".join(results.HEAD) + "\n"

    def test_a_row_is_added_in_order_and_the_rest_left(self):
        crash, sim = "| crash | a | b | c | d |", ROW.line()
        tail = "\n## Next\n\n| suite |\n| --- |\n| sim |\n"
        self.assertEqual(results.with_row(self.text + crash + "\n" + tail, ROW),
                         f"{self.text}{crash}\n{sim}\n{tail}")
        later = self.text + "| z | a | b | c | d |\n"
        self.assertEqual(results.with_row(later, ROW), f"{self.text}{sim}\n| z | a | b | c | d |\n")

    def test_a_row_replaces_that_suites_row(self):
        before = self.text + "| crash | a | b | c | d |\n| sim | old | b | c | d |\n"
        after = results.with_row(before, ROW)
        self.assertNotIn("old", after)
        self.assertEqual(after, self.text + "| crash | a | b | c | d |\n" + ROW.line() + "\n")
        self.assertEqual(results.with_row(after, ROW), after)

    def test_the_section_is_made_if_it_is_not_there(self):
        head = "\n".join(results.HEAD)
        made = results.with_row("# Reliability\n", ROW)
        self.assertEqual(made, f"# Reliability\n\n## Long runs\n\n{head}\n{ROW.line()}\n")
        made = results.with_row("# R\n\n## Long runs\n\nProse.\n\n## Next\n", ROW)
        self.assertEqual(made, f"# R\n\n## Long runs\n\nProse.\n\n{head}\n{ROW.line()}\n\n## Next\n")

    def test_the_file_is_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "reliability.md")
            path.write_text(self.text, encoding="utf-8")
            results.keep(path, ROW)
            self.assertEqual(path.read_text(encoding="utf-8"), self.text + ROW.line() + "\n")
            self.assertEqual([entry.name for entry in Path(folder).iterdir()], ["reliability.md"])

    def test_the_document_has_the_table(self):
        lines = (run.ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()
        self.assertIn(results.TITLE, lines)
        self.assertIn(results.HEAD[0], lines)


class Names(unittest.TestCase):
    def main(self, *words, suites=None):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), mock.patch.object(sys, "argv", ["run.py", *words]), \
                mock.patch.dict(SUITES, suites or {}):
            return run.main(), printed.getvalue()

    def test_a_suite_nobody_has_written_is_said_and_fails(self):
        status, printed = self.main("sim,crash", suites={"sim": None, "crash": None})
        self.assertEqual(status, 1)
        self.assertIn("sim: nobody has written this suite yet", printed)
        self.assertIn("crash: nobody has written this suite yet", printed)

    def test_an_unknown_suite_is_refused_with_those_there_are(self):
        with self.assertRaisesRegex(SystemExit, 'no long suite "sims"; there are sim, crash, kafka'):
            self.main("crash,sims")

    def test_packages_are_told_once_each(self):
        some = {"sim": Suite((), (), packages=("b", "a")), "crash": Suite((), (), packages=("b",))}
        self.assertEqual(self.main("--packages", "sim,crash", suites=some), (0, "a\nb\n"))

    def test_all_names_every_suite(self):
        self.assertEqual(run.named("all"), list(SUITES))

    def test_every_command_of_every_suite_is_words(self):
        for name, suite in SUITES.items():
            for command in suite.commands if suite else ():
                with self.subTest(suite=name):
                    self.assertIsInstance(command, tuple)
                    self.assertTrue(all(isinstance(word, str) for word in command))


if __name__ == "__main__":
    unittest.main()
