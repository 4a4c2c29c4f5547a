#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tocsin prices` and `tocsin price`: what one is told of prices, and how lists are renewed.

usage: prices_test.py TOCSIN"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOCSIN = None

# Ten models, of which one has all that the list can say of a price.
LIST = [{"id": "acme", "models": [
    {"id": f"m{number}", "match": {"equals": f"m{number}"}, "prices": {"input_mtok": number}}
    for number in range(1, 11)]}]
LIST[0]["models"][0]["prices"] = [
    {"prices": {"input_mtok": {"base": 1, "tiers": [{"start": 1000, "price": 2}]}}},
    {"constraint": {"start_date": "2026-03-01"}, "prices": {"input_mtok": 0.5}}]
LIST[0]["models"][0]["price_variants"] = [
    {"when": {"processing": "batch"}, "prices": {"input_mtok": 0.25}}]

OTHERS = {
    "acme/m2": {"litellm_provider": "acme", "input_cost_per_token": 2e-06,
                "input_cost_per_token_batches": 1e-06},
    "acme/m3": {"litellm_provider": "acme", "input_cost_per_token": 3.5e-06}}


class Prices(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tocsin-prices-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def tocsin(self, *arguments, events=""):
        done = subprocess.run([TOCSIN, *arguments], cwd=self.folder, text=True, timeout=60,
                              capture_output=True, input=events)
        return done.returncode, done.stdout, done.stderr

    def renew(self, value, *more, source="genai-prices"):
        (self.folder / "list.json").write_text(json.dumps(value))
        return self.tocsin("prices", "import", "--from", source, "list.json", "--date", "2026-11-26",
                           *more)

    def acme(self):
        return (self.folder / "prices" / "acme.yaml").read_text()

    def test_a_model_is_shown_with_its_history_tiers_and_variants(self):
        code, out, err = self.tocsin("prices", "openai/gpt-5.6-sol")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("\n  from 2026-08-21: input $4/1M, cache_read $0.4/1M, ", out)
        self.assertIn("\n  from 2026-08-21, above 272000 tokens: input $8/1M, ", out)
        self.assertIn("\n  batch from 2026-10-14: input $2/1M, ", out)
        self.assertIn("\n  known as gpt-5.6-sol, gpt-5-6-sol, ", out)
        self.assertIn("\n  rules/prices/openai.yaml:", out)

    def test_events_are_priced_with_what_lookup_tables_add(self):
        (self.folder / "tocsin.yaml").write_text(
            "lookup: [{by: key, table: {nightly: {service_tier: batch}}}]\n")
        event = json.dumps({"key": "nightly", "timestamp": "2026-11-20T10:00:00Z", "provider": "openai",
                            "model": "gpt-4o", "usage": {"input": 1000}}) + "\n"
        costs = [json.loads(self.tocsin("price", "--json", *tables, events=event)[1])["cost_usd"]
                 for tables in ([], ["--config", "tocsin.yaml"])]
        self.assertEqual(costs, ["0.0025", "0.00125"])  # 1000 x 2.50, and x 1.25 dollars a million

    def test_models_are_found_by_words_in_their_names(self):
        code, out, _ = self.tocsin("prices", "sonnet", "Bedrock")
        self.assertEqual(code, 1)
        code, out, _ = self.tocsin("prices", "Sonnet", "aws")
        self.assertEqual(code, 0)
        self.assertGreater(len(out.splitlines()), 3)
        for line in out.splitlines():
            self.assertRegex(line, r"^aws/\S*sonnet\S* +input \$")
        self.assertIn("nthropic ", self.tocsin("prices")[1])
        self.assertEqual(self.tocsin("prices", "no-such-model")[0], 1)

    def test_a_list_is_compared_with_the_built_in_one_and_nothing_written_unasked(self):
        code, out, err = self.renew(LIST)
        self.assertEqual(code, 1, "ten models of some thousands")
        self.assertIn("10 models would be left of", err)
        self.assertIn("Nothing is changed.", err)
        code, out, err = self.renew(LIST, "--fewer")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("- openai/gpt-4o\n", out)
        self.assertIn("+ acme/m2: input $2/1M\n", out)
        self.assertIn("nothing is written without --write", out)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["list.json"])

    def test_what_is_written_prices_requests(self):
        self.assertEqual(self.renew(LIST, "--fewer", "--write", "prices")[0], 0)
        (self.folder / "tocsin.yaml").write_text("prices: [prices/*.yaml]\n")
        event = {"id": "a", "timestamp": "2026-02-28T23:59:59Z", "provider": "acme", "model": "m1",
                 "usage": {"input": 2000}}
        events = [event, {**event, "timestamp": "2026-03-01T00:00:00Z"},
                  {**event, "service_tier": "batch"}, {**event, "cached": True},
                  {**event, "model": "unknown"}]
        code, out, err = self.tocsin("price", "--json", "--config", "tocsin.yaml",
                                     events="".join(json.dumps(e) + "\n" for e in events))
        self.assertEqual((code, err), (0, ""))
        told = [json.loads(line) for line in out.splitlines()]
        # 2,000 tokens: above 1,000 at 2 a million; from March 0.5; batch 0.25.
        self.assertEqual([one["cost_usd"] for one in told],
                         ["0.004", "0.001", "0.0005", "0", None])
        self.assertEqual(told[0]["components"], {
            "input": {"count": 2000, "rate": "2", "per": "1M", "cost_usd": "0.004"}})
        self.assertEqual(told[1]["price"], "acme/m1 from 2026-03-01")
        self.assertEqual(told[2]["variant"], "batch")
        self.assertEqual(told[3]["saving_usd"], "0.004")
        self.assertEqual(told[4]["unpriced"], ["input"])

    def test_a_model_may_be_like_another_in_a_file_and_unknown_ones_in_the_configuration(self):
        (self.folder / "mine.yaml").write_text(
            "version: 1\nprovider: openai\nmodels:\n  - {model: gpt-0-nano, like: gpt-4o-mini}\n")
        (self.folder / "tocsin.yaml").write_text(
            "prices: [mine.yaml]\nunknown_model: {like: gpt-4o}\n")
        usage = {"timestamp": "2026-11-20T10:00:00Z", "usage": {"input": 1000000}}
        events = [{"provider": "openai", "model": "gpt-0-nano", **usage},
                  {"provider": "acme", "model": "zeta", **usage}]
        lines = "".join(json.dumps(event) + "\n" for event in events)
        code, out, err = self.tocsin("price", "--json", "--config", "tocsin.yaml", events=lines)
        self.assertEqual((code, err), (0, ""))
        told = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(one["cost_usd"], one["basis"]) for one in told],
                         [("0.15", "computed"), ("2.5", "estimated")])
        self.assertEqual(told[0]["price"], "openai/gpt-0-nano like gpt-4o-mini")
        self.assertIn("estimated as openai/gpt-4o",
                      self.tocsin("price", "--config", "tocsin.yaml", events=lines)[1])
        self.assertIn("$2.5 estimated as openai/gpt-4o",
                      self.tocsin("decode", "-", "--config", "tocsin.yaml", events=lines)[1])
        code, out, err = self.tocsin("prices", "--config", "tocsin.yaml", "openai/gpt-0-nano")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("like gpt-4o-mini: input $0.15/1M", out)
        self.assertEqual(self.tocsin("prices", "check", "--config", "tocsin.yaml")[2], "")

    def test_a_model_nobody_has_is_refused_with_the_nearest_name(self):
        (self.folder / "tocsin.yaml").write_text("unknown_model:\n  like: gpt-4o-mimi\n")
        code, _, err = self.tocsin("prices", "check", "--config", "tocsin.yaml")
        self.assertNotEqual(code, 0)
        self.assertIn("tocsin.yaml:2:9: error: no model of the price list is called "
                      "\"gpt-4o-mimi\"", err)
        self.assertIn("did you mean gpt-4o-mini?", err)

    def test_a_second_import_tells_what_changes_and_keeps_our_names(self):
        self.renew(LIST, "--fewer", "--write", "prices")
        path = self.folder / "prices" / "acme.yaml"
        path.write_text(self.acme().replace("updated:", "aliases: [the-acme]\nupdated:"))
        changed = json.loads(json.dumps(LIST))
        changed[0]["models"][1]["prices"]["input_mtok"] = 2.5
        del changed[0]["models"][9]
        code, out, err = self.renew(changed, "--write", "prices")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("- acme/m10\n", out)
        self.assertIn("  acme/m2\n    - input $2/1M\n    + input $2.5/1M\n", out)
        self.assertIn("0 models come, 1 go, 1 change; 9 instead of 10", out)
        self.assertIn("\naliases: [the-acme]\n", self.acme())
        self.assertIn("{input: 2.5}", self.acme())

    def test_a_list_that_is_broken_empty_or_too_small_leaves_all_as_it_was(self):
        self.renew(LIST, "--fewer", "--write", "prices")
        before = self.acme()
        bad = json.loads(json.dumps(LIST))
        bad[0]["models"][5]["prices"] = {"input_mtok": -1}
        two_less = [{**LIST[0], "models": LIST[0]["models"][:8]}]
        for value, why in ((bad, "acme/m6: `input_mtok`: `-1` is no price"),
                           ([], "or an empty one"), ({"error": "not found"}, "or an empty one"),
                           (two_less, "8 models would be left of 10")):
            code, _, err = self.renew(value, "--write", "prices")
            self.assertEqual(code, 1)
            self.assertIn(why, err)
            self.assertIn("Nothing is changed.", err)
            self.assertEqual(self.acme(), before)
        (self.folder / "list.json").write_text(json.dumps(LIST)[:-9])
        code, _, err = self.tocsin("prices", "import", "--from", "genai-prices", "list.json",
                                   "--write", "prices")
        self.assertEqual(code, 1)
        self.assertIn("list.json: error: it is no JSON", err)
        self.assertEqual(self.acme(), before)

    def test_litellms_list_adds_variants_and_what_it_disputes_is_written_down(self):
        self.renew(LIST, "--fewer", "--write", "prices")
        code, out, err = self.renew(OTHERS, "--write", "prices", source="litellm")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("2 of its models are ours, 0 are not; 1 variant added", out)
        self.assertIn("    + batch from 2026-11-26: input $1/1M\n", out)
        self.assertIn("- when: {service_tier: batch}\n        from: 2026-11-26\n", self.acme())
        self.assertIn("LiteLLM", self.acme().splitlines()[5])
        self.assertEqual((self.folder / "prices" / "disagreements.txt").read_text(),
                         "acme/m3, input: $3/1M here, $3.5/1M there\n")

    def test_a_list_of_ones_own_is_checked_for_what_is_written_in_vain(self):
        (self.folder / "tocsin.yaml").write_text("prices: [own.yaml]\n")
        (self.folder / "own.yaml").write_text(
            "version: 1\nprovider: own\nmodels:\n"
            "  - {model: a, match: [{starts_with: a}], prices: [{per_mtok: {input: 1}}]}\n"
            "  - {model: ab, prices: [{per_mtok: {input: 1}}]}\n")
        code, out, _ = self.tocsin("prices", "check", "--config", "tocsin.yaml")
        self.assertEqual(code, 1)
        self.assertIn("own/ab: it is never found\n", out)


if __name__ == "__main__":
    TOCSIN = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
