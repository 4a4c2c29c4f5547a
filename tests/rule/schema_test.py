#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The schemas that editors get: what is right passes them, what is wrong does not.

usage: schema_test.py TOCSIN"""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-jsonschema, python3-yaml)")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[2]
TOCSIN = None


class Editor(yaml.SafeLoader):
    """Scalars as editors read them: YAML 1.2's core schema, not 1.1 with its dates and sexagesimals."""
    yaml_implicit_resolvers = {}


for tag, pattern, first in (("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
                            ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
                            ("int", r"[-+]?[0-9]+", list("-+0123456789")),
                            ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
                             list("-+.0123456789"))):
    Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def read(text):
    def with_text_keys(node):
        if isinstance(node, dict):
            return {str(key): with_text_keys(value) for key, value in node.items()}
        return [with_text_keys(item) for item in node] if isinstance(node, list) else node
    return with_text_keys(yaml.load(text, Editor))


def blocks(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)


def rule(text):
    return "rules:\n  - " + text.replace("\n", "\n    ")


SPEND = "name: spend\nwindow: day\n"
# What is wrong, and a part of what an editor says of it or of where it points.
BROKEN_RULES = [
    (rule("name: spend\nwindow: 1h\nbudget: $5"), "window"),
    (rule("name: spend\nwindow: fortnight\nbudget: $5"), "window"),
    (rule("window: day\nbudget: $5"), "'name' is a required property"),
    (rule("name: a/b\nwindow: day\nbudget: $5"), "name"),
    (rule(SPEND + "budgett: $5"), "budgett"),
    (rule(SPEND + "budget: 5"), "budget"),
    (rule(SPEND + 'budget: "00"'), "budget"),
    (rule(SPEND + "budget: 100 EUR"), "budget"),
    (rule(SPEND + "budget: $1,00"), "budget"),
    (rule(SPEND + "budget: 50M"), "budget"),
    (rule(SPEND + "metric: tokens\nbudget: $5"), "budget"),
    (rule(SPEND + "budget: $5\nalert: {80%: warn}"), "alert"),
    (rule(SPEND + "budget: $5\nalert: {80: warning}"), "80"),
    (rule(SPEND + "budget: $5\nalert: {80%: {notify: [ops]}}"), "alert"),
    (rule(SPEND + "budget: $5\nthreshold: $4"), "False schema does not allow"),
    (rule(SPEND + "metric: error_rate\nthreshold: $4"), "threshold"),
    (rule(SPEND + "metric: error_rate\nbudget: $4"), "False schema does not allow"),
    (rule(SPEND + "metric: latency_p98\nthreshold: 5s"), "metric"),
    (rule(SPEND + "metric: latency_p99\nthreshold: $5"), "threshold"),
    (rule(SPEND + "threshold: 3x\ncompare_to: a week"), "compare_to"),
    (rule(SPEND + "budget: $5\nenforce: {100%: block}"), "enforce"),
    (rule(SPEND + "budget: $5\ngroup_by: user"), "group_by"),
    (rule(SPEND + "budget: $5\ngroup_by: [a, b, c, d, e]"), "group_by"),
    (rule(SPEND + "budget: $5\nwhere: {}"), "where"),
    (rule(SPEND + "budget: $5\nnotify: alerts"), "notify"),
    (rule(SPEND + "budget: $5\nfor: 2 minutes"), "for"),
    (rule(SPEND + "budgets: customers.xlsx\ngroup_by: [user]"), "budgets"),
    ("defaults: {name: x}\nrules: []", "name"),
    ("rule: []", "rule"),
]
GOOD_RULES = [
    rule(SPEND + "budget: $5\nwhere: {Region: 10115, cached: true, Note: 1.5, Feature: yes}"),
    rule(SPEND + "metric: tokens\nbudget: 1000"),
    rule(SPEND + "metric: requests\nthreshold: {100: warning, 20k: critical}"),
    rule(SPEND + "budgets: {chat: none, search: $4k}\ngroup_by: [Feature]"),
    "defaults: {metric: tokens}\n" + rule(SPEND + "budget: 50M"),
    rule("name: spend\nwindow: last 90m\nthreshold: $5"),
]
ENGINE = """
sources: [{kafka: {brokers: ["k1:9092"], topics: [requests]}}]
state: {path: state}
rules: [rules.yaml]
channels: {ops: {slack: {webhook_url: "${SLACK}"}}}
notify: {info: [ops], warning: [ops], critical: [ops], engine: [ops]}
"""
MAIL = ENGINE.replace('{slack: {webhook_url: "${SLACK}"}}',
                      '{email: {to: ["Ops <ops@x.example>"], from: t@x.example, smtp: "smtps://mail.x.example"}}')
BROKEN_CONFIGS = [
    (MAIL.replace("smtps://", "https://"), "smtp"),
    (MAIL.replace("<ops@x.example>", ""), "to"),
    (MAIL.replace("from: t@x.example, ", ""), "from"),
    (MAIL.replace("smtp:", "resend: {api_key_file: x}, smtp:"), "email"),
    (MAIL.replace("smtp:", "ses:"), "ses"),
    ("sources: []\nrules: [a.yaml]", "sources"),
    (ENGINE.replace("k1:9092", "k1"), "brokers"),
    (ENGINE.replace("topics: [requests]", "topic: [requests]"), "topic"),
    (ENGINE.replace("kafka:", "file: x, kafka:"), "sources"),
    (ENGINE.replace("sources: [", "sources: [{http: {topic: x}}, "), "topic"),
    (ENGINE.replace("slack:", "slak:"), "slak"),
    (ENGINE.replace("slack:", "webhook: {url: x}, slack:"), "channels"),
    (ENGINE.replace(", engine: [ops]", ""), "engine"),
    (ENGINE + "http: {token_file: x}", "listen"),
    (ENGINE + "lateness: 1 h", "lateness"),
    (ENGINE + "cost: ours", "cost"),
    (ENGINE + "lookup: []", "lookup"),
    (ENGINE + "lookup: [{by: key}]", "lookup"),
    (ENGINE.replace("kafka:", "mapping: {modle: /m}, kafka:"), "modle"),
]


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = {of: subprocess.run([TOCSIN, "schema", of], check=True, capture_output=True,
                                       text=True, timeout=60).stdout for of in ("rules", "config")}
        cls.of = {}
        for of, text in cls.text.items():
            schema = json.loads(text)
            jsonschema.Draft7Validator.check_schema(schema)
            cls.of[of] = jsonschema.Draft7Validator(schema)

    def complaints(self, of, text):
        """Everything that is wrong, with where."""
        def flat(error, path):
            path = path + [str(part) for part in error.path]
            yield f"{'.'.join(path)}: {error.message}"
            for cause in error.context:
                yield from flat(cause, path)
        return [line for error in self.of[of].iter_errors(read(text)) for line in flat(error, [])]

    def assert_good(self, of, text):
        self.assertEqual([], self.complaints(of, text), text)

    def test_shipped_rules_pass(self):
        for file in sorted((ROOT / "rules").glob("*.yaml")):
            with self.subTest(file=file.name):
                self.assert_good("rules", file.read_text(encoding="utf-8"))

    def test_examples_pass(self):
        self.assert_good("rules", (ROOT / "docs/examples/rules.yaml").read_text(encoding="utf-8"))
        self.assert_good("config", (ROOT / "docs/examples/tocsin.yaml").read_text(encoding="utf-8"))

    def test_every_block_of_the_documentation_passes(self):
        seen = 0
        documents = [Path("README.md"), *(p.relative_to(ROOT) for p in (ROOT / "docs").glob("*.md"))]
        for document in documents:
            for block in blocks(document):
                # Whole files: of tocsin.yaml, parts are shown too.
                of = ("rules" if re.search(r"^rules:\n  - name", block, re.M) else
                      "config" if re.search(r"^sources:", block, re.M) else None)
                if of is None or not re.search(r"^rules:", block, re.M):
                    continue
                seen += 1
                with self.subTest(document=str(document), block=block):
                    self.assert_good(of, block)
        self.assertGreaterEqual(seen, 12)

    def test_what_reads_like_a_number_or_a_truth_passes_where_events_bring_it(self):
        for text in GOOD_RULES:
            with self.subTest(text=text):
                self.assert_good("rules", text)
        self.assert_good("config", ENGINE)
        self.assert_good("config", MAIL)

    def test_what_is_wrong_is_underlined(self):
        for of, broken in (("rules", BROKEN_RULES), ("config", BROKEN_CONFIGS)):
            for text, part in broken:
                with self.subTest(of=of, text=text):
                    complaints = "\n".join(self.complaints(of, text))
                    self.assertIn(part, complaints)

    def test_a_wrong_amount_is_told_in_words(self):
        budget = json.loads(self.text["rules"])["definitions"]["rule"]["properties"]["budget"]
        self.assertEqual(budget["patternErrorMessage"],
                         "an amount such as $100, $4k, 100 USD, or for tokens 50M")

    def test_no_map_is_without_keys(self):
        def maps(node):
            if isinstance(node, dict):
                if node.get("type") == "object":
                    yield node
                for below in node.values():
                    yield from maps(below)
            elif isinstance(node, list):
                for below in node:
                    yield from maps(below)
        for text in self.text.values():
            for node in maps(json.loads(text)):
                self.assertTrue(node.get("properties") or node.get("patternProperties") or
                                node.get("additionalProperties"), node)

    def test_the_committed_schema_is_what_is_printed(self):
        committed = ROOT / "rules" / "rules.schema.json"
        self.assertEqual(committed.read_text(encoding="utf-8"), self.text["rules"],
                         "run: build/release/tocsin schema rules > rules/rules.schema.json")


if __name__ == "__main__":
    TOCSIN = str(Path(sys.argv.pop()).resolve()) if len(sys.argv) > 1 else sys.exit(__doc__)
    unittest.main()
