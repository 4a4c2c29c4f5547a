#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tocsin send-test` against stand-ins for Slack and a webhook.

usage: send_test_test.py TOCSIN"""

import json
import re
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOCSIN = None

CONFIG = """\
sources: [{{file: events.jsonl}}]
state: {{path: state}}
time_zone: Asia/Kathmandu
rules: [rules.yaml]
channels:
  alerts: {{slack: {{webhook_url: "{url}/slack"}}}}
  oncall: {{webhook: {{url: "{url}/hook", hmac_secret: not a real one}}}}
  pager: {{webhook: {{url: "{url}/pager", format: alertmanager}}}}
  duty: {{pagerduty: {{routing_key: not a real one, url: "{url}/pd"}}}}
  teams: {{teams: {{webhook_url: "{url}/teams"}}}}
  removed: {{slack: {{webhook_url: "{url}/removed"}}}}
  picky: {{slack: {{webhook_url: "{url}/picky"}}}}
  nowhere: {{webhook: {{url: "http://127.0.0.1:1/"}}}}
notify: {{info: [alerts], warning: [alerts], critical: [alerts], engine: [alerts]}}
"""


class StandIn(ThreadingHTTPServer):
    """Answers by path, and remembers what it got."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.got = {}
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.got.setdefault(self.path, []).append((dict(self.headers), body))
            status, answer = 200, b"ok"
            if self.path == "/removed":
                status, answer = 404, b"no_service"
            if self.path in ("/pd/v2/enqueue", "/teams"):
                status, answer = 202, b""
            if self.path == "/picky" and "blocks" in body:
                status, answer = 400, b"invalid_blocks"
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments):
            pass


class SendTest(unittest.TestCase):
    def setUp(self):
        self.server = StandIn()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        folder = tempfile.TemporaryDirectory(prefix="tocsin-send-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("tocsin.yaml", CONFIG.format(url=self.server.url))
        self.write("rules.yaml", "rules: [{name: spend, window: day, budget: $100}]\n")

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def send_test(self, *arguments):
        done = subprocess.run([TOCSIN, "send-test", *arguments], cwd=self.folder, text=True,
                              capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_slack_gets_an_alert_that_says_it_is_a_test(self):
        code, out, _ = self.send_test("alerts")
        self.assertRegex(out, r"^alerts  ✓ +\d+ ms  delivered\n$")
        self.assertEqual(code, 0)
        [(_, body)] = self.server.got["/slack"]
        self.assertTrue(body["text"].startswith("🔵 80% Only a test: $80.02 of $100 today"), body["text"])
        self.assertIn("This is a test by tocsin send-test of the channel alerts.", json.dumps(body))
        self.assertNotIn("tocsin explain", json.dumps(body))

    def test_a_webhook_gets_it_signed_and_labelled_and_never_the_same_id_twice(self):
        self.assertEqual(self.send_test("oncall")[0], 0)
        self.assertEqual(self.send_test("oncall")[0], 0)
        (headers, body), (others, _) = self.server.got["/hook"]
        self.assertRegex(headers["Tocsin-Signature"], r"^t=\d+,v1=[0-9a-f]{64}$")
        self.assertNotEqual(headers["Idempotency-Key"], others["Idempotency-Key"])
        [alert] = body["alerts"]
        self.assertEqual(alert["labels"], {"test": "true"})
        self.assertEqual(alert["rule"], "send-test")
        self.assertTrue(alert["window"]["start"].endswith("T18:15:00Z"), "a day of Kathmandu")

    def test_a_webhook_gets_it_in_alertmanagers_form(self):
        self.assertEqual(self.send_test("pager")[0], 0)
        [(_, body)] = self.server.got["/pager"]
        self.assertEqual((body["version"], body["status"], body["receiver"]), ("4", "firing", "pager"))
        self.assertEqual(body["alerts"][0]["labels"]["alertname"], "send-test")
        self.assertEqual(body["alerts"][0]["labels"]["test"], "true")

    def test_pagerduty_and_teams_get_it_in_their_forms(self):
        self.assertEqual(self.send_test("duty", "teams")[0], 0)
        [(_, event)] = self.server.got["/pd/v2/enqueue"]
        self.assertEqual(event["event_action"], "trigger")
        self.assertTrue(event["payload"]["summary"].startswith("🔵 80% Only a test"))
        [(_, message)] = self.server.got["/teams"]
        self.assertEqual(message["attachments"][0]["content"]["type"], "AdaptiveCard")

    def test_what_fails_is_told_with_what_to_do_and_the_others_are_sent(self):
        code, out, _ = self.send_test("--all")
        self.assertEqual(code, 1)
        lines = re.sub(r" +\d+ ms", " N ms", out)
        self.assertIn("alerts   ✓ N ms  delivered\n", lines)
        self.assertIn("oncall   ✓ N ms  delivered\n", lines)
        self.assertIn("removed  ✗ N ms  failed: it answered 404 (no_service)\n", lines)
        self.assertIn("Nothing will arrive before that is mended", lines)
        self.assertIn("picky    ✓ N ms  delivered, but only in its plainest form\n", lines)
        self.assertIn("nowhere  ✗ N ms  failed: it gave no answer (", lines)
        self.assertIn("Look whether the address is right", lines)

    def test_an_unknown_channel_is_answered_with_the_nearest(self):
        code, _, err = self.send_test("alert")
        self.assertEqual(code, 64)
        self.assertEqual(err, 'tocsin: there is no channel "alert": did you mean "alerts"? Allowed: '
                              "alerts, oncall, pager, duty, teams, removed, picky, nowhere\n")

    def test_without_a_channel_it_asks_for_one(self):
        code, _, err = self.send_test()
        self.assertEqual(code, 64)
        self.assertIn("--all", err)

    def test_broken_rules_are_no_matter(self):
        self.write("rules.yaml", "rules: [{name: spend}]\n")
        self.assertEqual(self.send_test("alerts")[0], 0)

    def test_a_channel_that_tocsin_yaml_has_wrong_is_told_with_its_place(self):
        config = CONFIG.format(url=self.server.url).replace("webhook_url:", "webhok_url:", 1)
        self.write("tocsin.yaml", config)
        code, _, err = self.send_test("alerts")
        self.assertEqual(code, 78)
        self.assertIn("tocsin.yaml:6:20: error: unknown key \"webhok_url\"", err)
        self.assertEqual(self.send_test("oncall")[0], 0)

    def test_no_address_is_ever_printed(self):
        _, out, err = self.send_test("--all")
        for secret in ("/slack", "/hook", "/removed", "not a real one"):
            self.assertNotIn(secret, out + err)

    def test_it_needs_no_state_and_makes_none(self):
        self.send_test("alerts")
        self.assertFalse((self.folder / "state").exists())


if __name__ == "__main__":
    TOCSIN = str(Path(sys.argv.pop()).resolve()) if len(sys.argv) > 1 else sys.exit(__doc__)
    unittest.main()
