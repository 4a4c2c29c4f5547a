#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what README and quick start show, and compares what is printed with what they say.

usage: quick_start_test.py TOCSIN

A block of a document is run if `<!-- test -->` stands before it: each line after `$ ` is a command
for a shell in a copy of docs/examples, what follows is what it prints. What needs a Kafka is run
by tests/integration/quick_start.py."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "docs/quick-start.md", "docs/backtest.md", "docs/explain.md")
BLOCK = re.compile(r"^<!-- test -->\n```console\n(.*?)^```$", re.M | re.S)
# What changes with each price list.
PRICES = re.compile(r"\d+ prices of \d{4}-\d\d-\d\d")
ORIGIN = re.compile(r"prices of \d{4}-\d\d-\d\d|(?<=\.yaml):\d+(?=\))")
# What is done before a document's blocks, and not shown.
BEFORE = re.compile(r"^<!-- before: (.*) -->$", re.M)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")

TOCSIN = None


def steps(text):
    """(command, what it prints) of each tested block."""
    found = []
    for block in BLOCK.findall(text):
        for step in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, printed = step.partition("\n")
            found.append((command, printed))
    return found


def comparable(printed):
    lines = [line.rstrip() for line in printed.rstrip().split("\n")]
    return ORIGIN.sub("", PRICES.sub("N prices of DATE", "\n".join(lines)))


class Documents(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-docs-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.examples = self.folder / "examples"
        self.copy_examples()

    def copy_examples(self):
        shutil.rmtree(self.examples, ignore_errors=True)
        shutil.copytree(ROOT / "docs" / "examples", self.examples)

    def shell(self, command):
        environment = dict(os.environ, PATH=f"{TOCSIN.parent}{os.pathsep}{os.environ['PATH']}")
        done = subprocess.run(["bash", "-c", command], cwd=self.examples, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        return done.stdout, done.returncode

    def test_what_the_documents_show_is_what_is_printed(self):
        for document in DOCUMENTS:
            text = (ROOT / document).read_text(encoding="utf-8")
            shown = steps(text)
            self.assertTrue(shown, f"{document} has no tested block")
            self.copy_examples()
            for command in BEFORE.findall(text):
                self.assertEqual(self.shell(command)[1], 0, command)
            for command, printed in shown:
                with self.subTest(document=document, command=command):
                    got, code = self.shell(command)
                    self.assertEqual(comparable(printed), comparable(got))
                    self.assertEqual(code, 0)

    def test_a_backtest_of_the_example_rings_ten_times(self):
        got, _ = self.shell("tocsin backtest --from events.jsonl --json 2>/dev/null")
        alerts = [json.loads(line) for line in got.splitlines()]
        self.assertEqual(len(alerts), 10)
        self.assertEqual(len({alert["id"] for alert in alerts}), 10)
        again, _ = self.shell("tocsin backtest --from events.jsonl --json --batch 1 2>/dev/null")
        self.assertEqual({alert["id"] for alert in alerts},
                         {json.loads(line)["id"] for line in again.splitlines()})

    def test_links_lead_to_files(self):
        for document in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
            for link in LINK.findall(document.read_text(encoding="utf-8")):
                with self.subTest(document=str(document.relative_to(ROOT)), link=link):
                    self.assertTrue((document.parent / link).exists())


if __name__ == "__main__":
    TOCSIN = Path(sys.argv.pop()).resolve() if len(sys.argv) > 1 else sys.exit(__doc__)
    unittest.main()
