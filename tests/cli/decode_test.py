#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tocsin decode`: what a record becomes, and why not.

usage: decode_test.py TOCSIN"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOCSIN = None
NATIVE = {"id": "a", "timestamp": "2026-11-20T10:00:00Z", "provider": "openai", "model": "gpt-4o",
          "usage": {"input": 1176, "cache_read": 1024, "output": 300}, "user": "u-1"}
RESPONSE = {"provider": "anthropic", "user": "u-2", "response": {
    "id": "msg_1", "model": "claude-sonnet-4-5", "usage": {"input_tokens": 10, "output_tokens": 20}}}


def decode(record, *arguments):
    data = record if isinstance(record, bytes) else json.dumps(record).encode()
    done = subprocess.run([TOCSIN, "decode", "-", *arguments], input=data, timeout=60,
                          capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Decode(unittest.TestCase):
    def test_a_record_is_shown_with_its_format_its_fields_and_its_cost(self):
        code, out, err = decode(NATIVE)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("1. read as native\n", out)
        self.assertIn("  user         u-1\n", out)
        self.assertIn("  usage        1024 cache_read\n", out)
        # 1176 x 2.50 + 1024 x 1.25 + 300 x 10 dollars a million
        self.assertIn("  cost         $0.00722 computed, openai/gpt-4o", out)
        self.assertTrue(out.endswith("1 event, 0 set aside.\n"), out)

    def test_the_variant_that_priced_it_is_named_in_words_and_in_json(self):
        # o3, flex: half of 2 and of 8 dollars a million: 1000 x 1 + 100 x 4
        flex = {"provider": "openai", "model": "o3", "service_tier": "flex",
                "usage": {"input": 1000, "output": 100}}
        code, out, _ = decode(flex)
        self.assertEqual(code, 0)
        self.assertRegex(out, r"  cost         \$0\.0014 computed, openai/o3.*, flex\n")
        found = json.loads(decode(flex, "--json")[1])
        self.assertEqual((found["cost_usd"], found["variant"]), ("0.0014", "flex"))
        self.assertTrue(found["price"].startswith("openai/o3"), found)
        standard = json.loads(decode(NATIVE, "--json")[1])
        self.assertNotIn("variant", standard)

    def test_a_cached_answer_is_shown_with_what_it_saved(self):
        self.assertIn("$0, answered from the gateway's cache, saving $0.00722\n",
                      decode(dict(NATIVE, cached=True))[1])
        self.assertEqual(json.loads(decode(dict(NATIVE, cached=True), "--json")[1])["saving_usd"],
                         "0.00722")

    def test_each_event_of_a_record_has_its_own_format(self):
        code, out, _ = decode([NATIVE, RESPONSE])
        self.assertEqual(code, 0)
        self.assertIn("2. read as response\n", out)
        self.assertIn("  producer     anthropic\n", out)

    def test_what_is_set_aside_is_told_with_why(self):
        code, out, _ = decode([NATIVE, dict(NATIVE, usage={"input": -5})])
        self.assertEqual(code, 1)
        self.assertIn("2. read as native: set aside as negative_count\n  usage.input: -5\n", out)
        self.assertTrue(out.endswith("1 event, 1 set aside.\n"), out)

    def test_what_has_no_price_is_told_with_why(self):
        self.assertIn("no price for the model", decode(dict(NATIVE, model="mine"))[1])
        self.assertIn("nobody says whose model it is",
                      decode({"model": "mine", "usage": {"input": 1}})[1])
        self.assertIn("unknown: it came with neither usage nor cost", decode({"id": "a"})[1])

    def test_spans_that_are_no_requests_are_counted(self):
        spans = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "GET /"}, {"name": "x"}]}]}]}
        code, out, _ = decode(spans)
        self.assertEqual(code, 1)
        self.assertEqual(out, "0 events, 0 set aside. 2 passed over: no request to a model.\n")

    def test_json_has_an_object_an_event(self):
        code, out, _ = decode(json.dumps(NATIVE).encode() + b"\n" + json.dumps(RESPONSE).encode(),
                              "--json")
        self.assertEqual(code, 0)
        first, second = map(json.loads, out.splitlines())
        self.assertEqual((first["format"], first["cost_usd"], first["cost_basis"]),
                         ("native", "0.00722", "computed"))
        self.assertEqual((second["format"], second["id"], second["usage"]),
                         ("response", "msg_1", {"input": 10, "output": 20}))

    def test_a_mapping_and_tables_show_what_they_do(self):
        with tempfile.TemporaryDirectory() as folder:
            mapping = Path(folder, "gate.yaml")
            mapping.write_text("model: /m\nkey: /k\nusage: {input: /n/in}\n")
            config = Path(folder, "tocsin.yaml")
            config.write_text("lookup: [{by: key, table: {ck: {team: payments, Tier: gold}}}]\n")
            code, out, err = decode({"m": "gpt-4o", "k": "ck", "n": {"in": "1000"}},
                                    "--mapping", str(mapping), "--config", str(config))
            self.assertEqual((code, err), (0, ""))
            self.assertIn("1. read as mapping\n", out)
            self.assertIn("  team         payments\n", out)
            self.assertIn("  property     Tier = gold\n", out)
            self.assertIn("  usage        1000 input\n", out)
            self.assertIn("  cost         $0.0025 computed, openai/gpt-4o", out)
            mapping.write_text("model: /m\nusge: {input: /n/in}\n")
            code, out, err = decode(NATIVE, "--mapping", str(mapping))
            self.assertEqual((code, out), (78, ""))
            self.assertIn(f"{mapping}:2:1: error: unknown key", err)
            self.assertIn("did you mean", err)

    def test_a_mapping_reads_the_key_and_headers_that_are_given(self):
        with tempfile.TemporaryDirectory() as folder:
            mapping = Path(folder, "gate.yaml")
            mapping.write_text("cost: /usd\nuser: key\nteam: header:team\n")
            code, out, _ = decode({"usd": 1}, "--mapping", str(mapping), "--key", "ann",
                                  "--header", "team=search", "--header", "team=a=b")
            self.assertEqual(code, 0)
            self.assertIn("  user         ann\n", out)
            self.assertIn("  team         a=b\n", out)
            out = decode({"usd": 1}, "--mapping", str(mapping))[1]
            self.assertNotIn("  team", out)
            self.assertEqual(decode({"usd": 1}, "--header", "team")[0], 64)

    def test_a_format_may_be_named(self):
        self.assertEqual(decode(RESPONSE["response"], "--format", "native")[0], 0)
        self.assertIn("  usage        10 input_tokens\n",
                      decode(RESPONSE["response"], "--format", "native")[1])
        code, _, err = decode(NATIVE, "--format", "avro")
        self.assertEqual(code, 64)
        self.assertIn("there is no format avro", err)

    def test_a_file_of_any_size_is_read_line_by_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "events.jsonl"
            line = json.dumps(dict(NATIVE, prompt="x" * 1000)) + "\n"
            path.write_text(line * 1200, encoding="utf-8")
            done = subprocess.run([TOCSIN, "decode", path], timeout=60, capture_output=True,
                                  text=True, check=False)
            self.assertTrue(done.stdout.endswith("1200 events, 0 set aside.\n"))
        self.assertEqual(subprocess.run([TOCSIN, "decode", "/nonexistent"], timeout=60,
                                        capture_output=True, check=False).returncode, 1)


if __name__ == "__main__":
    TOCSIN = sys.argv.pop(1)
    unittest.main()
