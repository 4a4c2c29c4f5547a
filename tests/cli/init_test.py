#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tocsin init`: what it writes is right, and what is there stays.

usage: init_test.py TOCSIN"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOCSIN = None


class Init(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tocsin-init-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def tocsin(self, *arguments, zone="Europe/Berlin"):
        done = subprocess.run([TOCSIN, *arguments], cwd=self.folder, text=True, timeout=60,
                              capture_output=True, env=dict(os.environ, TZ=zone))
        return done.returncode, done.stdout, done.stderr

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def with_secret(self):
        secret = self.folder / "slack-webhook"
        secret.write_text("https://hooks.slack.example/services/T/B/x\n")
        secret.chmod(0o600)

    def test_with_the_address_put_in_it_runs_as_it_is(self):
        code, out, err = self.tocsin("init")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("paste the address of a Slack webhook", out)
        self.assertEqual(self.tocsin("check")[0], 78, "there is no address yet")
        self.with_secret()
        code, out, err = self.tocsin("check", "--strict")
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("time_zone: Europe/Berlin", self.read("tocsin.yaml"))

    def test_rules_to_begin_with_are_those_that_are_shipped_and_name_their_schema(self):
        self.tocsin("init")
        begun = sorted(path.name for path in (self.folder / "rules").glob("*.yaml"))
        self.assertEqual(begun, ["development.yaml", "errors.yaml", "features.yaml",
                                 "free-tier.yaml", "production.yaml", "users.yaml"])
        for name in begun:
            ours = (ROOT / "rules" / name).read_text(encoding="utf-8")
            users = self.read(f"rules/{name}")
            self.assertTrue(users.startswith(
                "# yaml-language-server: $schema=./rules.schema.json\n"), name)
            self.assertEqual(users, ours.split("\n", 1)[1])
        self.assertEqual(self.read("rules/rules.schema.json"),
                         (ROOT / "rules" / "rules.schema.json").read_text(encoding="utf-8"))

    def test_a_config_that_is_there_is_left_alone_and_so_is_all_else(self):
        (self.folder / "tocsin.yaml").write_text("mine\n")
        code, _, err = self.tocsin("init")
        self.assertEqual(code, 1)
        self.assertIn("tocsin.yaml is there already, and nothing was written", err)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["tocsin.yaml"])

    def test_a_rule_file_that_is_there_is_kept_and_named(self):
        (self.folder / "rules").mkdir()
        mine = "rules: [{name: mine, window: day, budget: $1}]\n"
        (self.folder / "rules" / "users.yaml").write_text(mine)
        code, out, _ = self.tocsin("init")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"kept +\S*rules/users.yaml")
        self.assertEqual(self.read("rules/users.yaml"), mine)

    def test_a_file_of_events_is_the_source_from_wherever_it_is_named(self):
        (self.folder / "events.jsonl").write_text("")
        self.with_secret()
        code, out, err = self.tocsin("init", "--from", "events.jsonl", "--slack-webhook-file",
                                     "slack-webhook", "there")
        self.assertEqual((code, err), (0, ""))
        self.assertIn(f'- file: "{self.folder / "events.jsonl"}"', self.read("there/tocsin.yaml"))
        self.assertIn("cd there", out)
        self.assertEqual(self.tocsin("check", "--config", "there/tocsin.yaml")[0], 0)
        code, out, _ = self.tocsin("init", "--from", "events.jsonl")
        self.assertIn('- file: "events.jsonl"', self.read("tocsin.yaml"))

    def test_brokers_that_do_not_answer_are_told_and_written(self):
        code, out, _ = self.tocsin("init", "--brokers", "127.0.0.1:1,127.0.0.1:2", "--topic", "llm")
        self.assertEqual(code, 0)
        self.assertIn("Kafka does not answer: ", out)
        self.assertIn('brokers: ["127.0.0.1:1", "127.0.0.1:2"]', self.read("tocsin.yaml"))
        self.assertIn('topics: ["llm"]', self.read("tocsin.yaml"))

    def test_a_command_line_that_is_wrong_writes_nothing(self):
        for arguments in (["--brokers", "k1", "--topic", "llm"], ["--topic", "llm"],
                          ["--brokers", "k1:9092"],
                          ["--brokers", "k1:9092", "--topic", "llm", "--from", "x"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.tocsin("init", *arguments)[0], 64)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_folder_that_cannot_be_written_is_named(self):
        (self.folder / "file").write_text("")
        code, _, err = self.tocsin("init", "file/there")
        self.assertEqual(code, 1)
        self.assertIn("cannot write file/there", err)

    def test_an_unknown_zone_of_the_machine_is_utc(self):
        self.tocsin("init", zone="Mars/Olympus")
        self.assertIn("time_zone: UTC", self.read("tocsin.yaml"))


if __name__ == "__main__":
    TOCSIN = str(Path(sys.argv.pop()).resolve()) if len(sys.argv) > 1 else sys.exit(__doc__)
    unittest.main()
