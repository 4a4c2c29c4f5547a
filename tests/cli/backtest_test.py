#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tocsin backtest as its user meets it.

usage: backtest_test.py TOCSIN"""

import array
import fcntl
import gzip
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOCSIN = None
RULES = """rules:
  - name: daily
    window: day
    budget: $10
    alert: {50%: info, 80%: warning}
  - name: users
    where: {UserTeer: free}
    group_by: [user]
    window: day
    budget: $1000
"""


def request(minute, cost, **more):
    return json.dumps({"timestamp": f"2026-11-20T{9 + minute // 60:02}:{minute % 60:02}:00Z", "cost_usd": cost,
                       "provider": "openai", "model": "gpt-4o", "usage": {"input": 1}} | more) + "\n"


class Backtest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-backtest-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.file("rules.yaml", RULES)

    def file(self, name, text):
        (self.folder / name).write_text(text)

    def events(self, *dollars, **more):
        self.file("events.jsonl", "".join(request(i, cost, **more) for i, cost in enumerate(dollars)))

    def run_it(self, *arguments, stdin=None):
        done = subprocess.run([TOCSIN, "backtest", *arguments], cwd=self.folder, text=True, input=stdin,
                              capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def shell(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, text=True, capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def reported(self):
        """Costs as the events say, so that the numbers of a test can be read in it."""
        self.file("tocsin.yaml", "cost: reported\nrules: [rules.yaml]\n")

    def test_the_table_has_peak_and_first(self):
        self.reported()
        self.events(3, 3, 3, properties={"UserTier": "free"})
        code, out, err = self.run_it("--from", "events.jsonl")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, """\
events.jsonl  3 requests, Fri 20 Nov 2026, $9.00

rule   rang  groups  peak  first             by rung
daily     2       1   90%  Fri 20 Nov 09:02  50% 1 · 80% 1
users     0       0     -  -                 80% 0 · 100% 0

  users  matched nothing: no request had "UserTeer"; did you mean "UserTier"?
""")

    def test_what_caches_saved_and_copies_at_another_cost_are_said(self):
        # gpt-4o: 2.50 dollars a million of input
        cached = {"cached": True, "usage": {"input": 1_000_000}}
        self.file("events.jsonl", request(0, None, id="a", usage={"input": 400_000}) +
                  request(1, None, id="a", usage={"input": 400_000}) +
                  request(2, None, id="a", usage={"input": 400_000, "output": 9}) +
                  request(3, None, id="b", **cached) + request(4, None, id="b", **cached))
        code, out, err = self.run_it("--from", "events.jsonl", "--rules", "rules.yaml")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("2 requests, Fri 20 Nov 2026, $1.00 · $2.50 saved by caches\n", out)
        self.assertIn("3 requests came again with the same id and counted once.\n"
                      "1 of them told another cost than the first.\n", out)

    def test_rules_are_named_without_a_configuration(self):
        self.events(3)
        self.assertEqual(self.run_it("--from", "events.jsonl")[0], 78)
        code, out, _ = self.run_it("--from", "events.jsonl", "--rules", "rules.yaml")
        self.assertEqual(code, 0)
        self.assertIn("daily", out)
        self.assertEqual(self.run_it("--from", "events.jsonl", "--rules", "nowhere.yaml")[0], 78)

    def test_rungs_that_ring_always_and_rules_that_never_come_near(self):
        self.reported()
        self.file("rules.yaml", RULES.split("  - name: users")[0] + "  - {name: huge, window: day, budget: $1000}\n")
        self.file("events.jsonl", "".join(request(0, 6, timestamp=f"2026-11-{day}T09:00:00Z") for day in range(10, 16)))
        out = self.run_it("--from", "events.jsonl")[1]
        self.assertIn("  daily  50% rang on 6 of 6 days: a rung that rings that often is not read. "
                      "Consider dropping it.\n", out)
        self.assertIn("  huge   never came near 80% ($800): at most $6.00. A budget of $7.50 would have reached 80% "
                      "6 times.\n", out)
        self.file("rules.yaml", RULES.split("  - name: users")[0].replace("$10", "$7"))
        self.assertIn("80% rang on 6 of 6 days: a line that is always crossed says nothing. Raise it.",
                      self.run_it("--from", "events.jsonl")[1])

    def test_what_lies_in_groups_without_a_value_is_said_by_field(self):
        self.file("rules.yaml", """rules:
  - {name: teams, group_by: [team, user], window: day, budget: $1000}
  - {name: hourly, metric: requests, group_by: [user], window: last 1h, threshold: 1000}
  - {name: nobody, where: {team: {exists: false}}, group_by: [team], window: day, budget: $1000}
  - {name: failing, metric: error_rate, group_by: [team], window: last 5m, threshold: 5%}
""")
        self.reported()

        def lines(rows):
            self.file("events.jsonl", "".join(request(i, cost, team=team, user=user)
                                              for i, (cost, team, user) in enumerate(rows)))
            code, out, _ = self.run_it("--from", "events.jsonl")
            self.assertEqual(code, 0)
            return [line for line in out.splitlines() if "has no" in line]

        # Empty is missing; a team may call itself as it likes.
        rows = [(86, "a", "ann"), (10, None, "ann"), (2, "", "ann"), (1, "(none)", "ann"), (1, "a", None)]
        fill = "a table under lookup in tocsin.yaml can fill it in."
        self.assertEqual(lines(rows), [
            f"  teams   12% of it, $12.00, has no team: {fill}",
            f"  teams   1% of it, $1.00, has no user: {fill}",
            f"  hourly  20% of it, 1 request, has no user: {fill}",
            f"  nobody  all of it, $12.00, has no team: {fill}"])
        self.assertEqual(lines([(99.1, "a", "ann"), (0.9, "a", None)]),
                         [f"  hourly  50% of it, 1 request, has no user: {fill}"])

    def test_another_budget_is_tried_without_an_edit(self):
        self.file("rules.yaml", "rules:\n  - name: users\n    group_by: [user]\n    window: day\n    budget: $5\n"
                                "  - name: all\n    window: day\n    budget: $50\n"
                                "  - name: burst\n    window: last 1h\n    threshold: $40\n")
        self.file("events.jsonl", "".join(
            request(i, None, user=f"u{min(i % 10, 3)}", usage={"input": 400_000}) for i in range(40)))  # $1 each
        _, out, _ = self.run_it("--from", "events.jsonl", "--rules", "rules.yaml")
        self.assertIn("  users  at $5, 1 of 4 users would have been refused, saving $23.00 of $40.00.\n", out)
        _, out, _ = self.run_it("--from", "events.jsonl", "--rules", "rules.yaml", "--budget", "users=$3",
                                "--budget", "all=$30")
        self.assertIn("  users  at $3, 4 of 4 users would have been refused, saving $28.00 of $40.00.\n", out)
        self.assertIn("  all    at $30, requests would have been refused, saving $10.00 of $40.00.\n", out)
        _, out, _ = self.run_it("--from", "events.jsonl", "--rules", "rules.yaml", "--budget", "users=$100")
        self.assertIn("  users  at $100, none of 4 users would have been refused.\n", out)
        for tried, said in [("usres=$5", 'did you mean "users"?'), ("users", "RULE=AMOUNT"),
                            ("users=", "single quotes"), ("users=5", "it has no $"), ("burst=$5", "has a threshold")]:
            code, _, error = self.run_it("--from", "events.jsonl", "--rules", "rules.yaml", "--budget", tried)
            self.assertEqual(code, 64, tried)
            self.assertIn(said, error)

    def test_a_part_is_of_kafka_alone(self):
        self.events(1)
        code, _, error = self.run_it("--from", "events.jsonl", "--rules", "rules.yaml", "--since", "30d")
        self.assertEqual((code, error), (64, "tocsin: --since and --until are for --from kafka\n"))
        code, _, error = self.run_it("--from", "kafka", "--rules", "rules.yaml")
        self.assertEqual(code, 1)
        self.assertIn("has no Kafka source", error)

    def test_a_rule_that_must_not_ring_fails(self):
        self.reported()
        self.events(9)
        self.assertEqual(self.run_it("--from", "events.jsonl", "--fail-if-rang", "daily")[0], 1)
        self.assertEqual(self.run_it("--from", "events.jsonl", "--fail-if-rang", "users")[0], 0)
        code, _, err = self.run_it("--from", "events.jsonl", "--fail-if-rang", "dayly")
        self.assertEqual(code, 64)
        self.assertIn('did you mean "daily"', err)

    def test_broken_lines_are_counted_with_their_first_place(self):
        self.reported()
        self.file("events.jsonl", request(0, 1) + "oh no\n" + request(1, -1) + request(2, -1))
        code, out, _ = self.run_it("--from", "events.jsonl")
        self.assertEqual(code, 0)
        self.assertIn("1 record could not be read (broken_json), first events.jsonl:2:", out)
        self.assertIn("2 records could not be read (negative_cost), first events.jsonl:3: cost_usd: -1", out)

    def test_a_damaged_file_tells_what_came_before_and_fails(self):
        self.reported()
        whole = gzip.compress("".join(request(i % 600, 0.1) for i in range(20000)).encode())
        (self.folder / "events.jsonl.gz").write_bytes(whole[:len(whole) // 2])
        code, out, err = self.run_it("--from", "events.jsonl.gz")
        self.assertEqual(code, 1)
        self.assertIn("daily", out)
        self.assertIn("ends in the middle of its compressed data\n", err)

    def test_a_file_that_is_empty_or_missing(self):
        self.reported()
        self.file("events.jsonl", "")
        self.assertEqual(self.run_it("--from", "events.jsonl")[0], 0)
        self.assertEqual(self.run_it("--from", "nowhere.jsonl")[0], 1)
        code, out, err = self.run_it("--from", "events.jsonl", "--suggest")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("nothing to suggest", err)

    def test_suggested_rules_are_a_rule_file(self):
        self.events(3, 4, 5, user="ann", properties={"Environment": "production"})
        os.remove(self.folder / "rules.yaml")
        code, out, err = self.run_it("--from", "events.jsonl", "--suggest")
        self.assertEqual((code, err), (0, ""))
        self.file("suggested.yaml", out)
        code, out, _ = self.run_it("--from", "events.jsonl", "--rules", "suggested.yaml")
        self.assertEqual(code, 0)
        self.assertIn("daily", out)

    def test_standard_input_is_taken(self):
        self.reported()
        code, out, _ = self.run_it("--from", "-", stdin=request(0, 9))
        self.assertEqual(code, 0)
        self.assertIn("standard input  1 request", out)

    def test_a_pause_of_who_writes_is_not_the_end(self):
        self.reported()
        code, out, _ = self.shell(f"(printf '%s' '{request(0, 5)}'; sleep 0.5; printf '%s' '{request(1, 4)}') | "
                                  f"{TOCSIN} backtest --from -")
        self.assertEqual(code, 0)
        self.assertIn("standard input  2 requests", out)

    def recording(self, *lists):
        """As dump writes it: what judged, then what was read."""
        lines = [{"version": f"rules 0123\n{prices}partition 0 requests"} for prices in lists]
        lines += [{"topic": "requests", "partition": 0, "offset": i, "timestamp": 1795165200000,
                   "value": request(i, 3).strip()} for i in range(3)]
        self.file("recording.jsonl", "".join(json.dumps(line) + "\n" for line in lines))

    def test_a_recording_over_which_prices_changed_says_so(self):
        self.reported()
        self.recording("prices aa reported\n", "prices bb reported\n", "prices aa reported\n")
        code, out, err = self.run_it("--from", "recording.jsonl")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("2 price lists were in force while this was recorded: all of it is priced by the one of now.\n",
                      out)
        self.recording("prices aa reported\n", "prices aa reported\n")
        self.assertNotIn("in force", self.run_it("--from", "recording.jsonl")[1])
        self.recording("")  # by a version that noted none
        code, out, err = self.run_it("--from", "recording.jsonl")
        self.assertEqual((code, err), (0, ""))
        self.assertNotIn("in force", out)

    def test_other_rules_are_compared(self):
        self.reported()
        self.events(3, 3, 3)
        self.file("old.yaml", RULES.replace("$10\n", "$100\n"))
        code, out, _ = self.run_it("--from", "events.jsonl", "--compare", "old.yaml")
        self.assertEqual(code, 0)
        self.assertIn("+ daily  0 → 2 alerts, 2 new\n    + 50% Fri 20 Nov 09:02\n", out)
        code, out, _ = self.run_it("--from", "events.jsonl", "--compare", ".")
        self.assertIn("daily  2 alerts, all as before", out)

    def test_json_alone_is_on_standard_output(self):
        self.reported()
        self.file("events.jsonl", "oh no\n" + request(0, 9))
        code, out, err = self.run_it("--from", "events.jsonl", "--json")
        self.assertEqual(code, 0)
        self.assertEqual([json.loads(line)["rung"] for line in out.splitlines()], ["50%", "80%"])
        self.assertIn("could not be read", err)

    def test_an_interrupt_tells_what_is_known_so_far(self):
        self.reported()
        reader, writer = os.pipe()
        with subprocess.Popen([TOCSIN, "backtest", "--from", "-"], cwd=self.folder, text=True, stdin=reader,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            os.close(reader)
            os.write(writer, (request(0, 9) * 2000).encode())
            while not writable(writer):  # until all of it was taken
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            os.close(writer)
        self.assertEqual(process.returncode, 130)
        self.assertIn("daily", out)
        self.assertIn("Stopped before the end", err)

    def test_progress_is_drawn_on_a_terminal_alone(self):
        self.reported()
        self.file("events.jsonl", "".join(request(i % 600, 0.1) for i in range(50000)))
        parent, child = pty.openpty()
        done = subprocess.run([TOCSIN, "backtest", "--from", "events.jsonl"], cwd=self.folder,
                              env=dict(os.environ, TERM="xterm"), stdout=subprocess.PIPE, stderr=child, timeout=60)
        os.close(child)
        drawn = all_of(parent).decode()
        self.assertIn("events.jsonl", drawn)
        self.assertTrue(drawn.endswith("\r\x1b[K"))
        self.assertNotIn(b"\x1b", done.stdout)


def all_of(terminal):
    """What was written to a terminal whose other side is closed."""
    read = b""
    with open(terminal, "rb", buffering=0) as stream:
        try:
            while more := stream.read(1 << 16):
                read += more
        except OSError:  # Linux says so at the end
            pass
    return read


def writable(descriptor):
    """Whether a pipe is empty again: its reader has taken all of it."""
    waiting = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    return waiting[0] == 0


if __name__ == "__main__":
    TOCSIN = Path(sys.argv.pop()).resolve() if len(sys.argv) > 1 else sys.exit(__doc__)
    unittest.main()
