#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets of its own in every place that takes one, through a whole run whose receivers refuse, break
off, redirect and repeat what they were told: none of them is in the log, an answer of the API, the
state or the quarantine.

usage: canary_test.py TOCSIN"""

import base64
import json
import os
import re
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

TOCSIN = None
NAMES = ("slack", "hook", "hmac", "file", "env", "redirect", "token", "smtp", "broken")
SECRETS = {name: f"canary{name}{os.urandom(6).hex()}" for name in NAMES}

CONFIG = """\
sources: [{{file: events.jsonl}}]
state: {{path: state}}
rules: [rules.yaml]
http: {{listen: "127.0.0.1:0", token_file: token}}
channels:
  slack: {{slack: {{webhook_url: "{url}/{slack}"}}}}
  hook: {{webhook: {{url: "{url}/{hook}?key={hook}", hmac_secret: "{hmac}"}}}}
  file: {{webhook: {{url_file: hook-file}}}}
  env: {{webhook: {{url: "${{HOOK_ENV}}"}}}}
  redirect: {{slack: {{webhook_url: "{url}/redirect/{redirect}"}}}}
  smtp: {{email: {{to: ["ada@company.example"], from: tocsin@company.example,
    smtp: "smtp://127.0.0.1:{smtp_port}", user: tocsin, password_file: smtp-password}}}}
notify:
  info: [slack, hook, file, env, redirect, smtp]
  warning: [slack, hook, file, env, redirect, smtp]
  critical: [slack, hook, file, env, redirect, smtp]
  engine: [slack, hook]
"""
RULES = "rules: [{name: spend, group_by: [user], window: day, budget: $1}]\n"


class Receiver(socketserver.StreamRequestHandler):
    """Repeats the whole request, secrets and all, in its refusal."""

    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
        body = head + self.rfile.read(length)
        path = head.split(b" ")[1]
        if path.startswith(b"/redirect/"):
            status = b"302 Found\r\nLocation: " + path.replace(b"/redirect", b"/followed")
        else:
            status = b"403 Forbidden"
        self.wfile.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: "
                         + str(len(body)).encode() + b"\r\n\r\n" + body)
        self.server.paths.append(path.decode())


class Mail(socketserver.StreamRequestHandler):
    """Takes no login, and says which it was."""

    def handle(self):
        self.wfile.write(b"220 mail.company.example\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"EHLO"):
                self.wfile.write(b"250-mail.company.example\r\n250 AUTH PLAIN LOGIN\r\n")
            elif line.upper().startswith(b"AUTH PLAIN"):
                self.wfile.write(b"334 \r\n")
            else:
                self.wfile.write(b"535 5.7.8 no: " + line.strip() + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        self.paths = []
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()


def ask(address, path, token):
    request = urllib.request.Request(f"http://{address}{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()


class CanaryTest(unittest.TestCase):
    def setUp(self):
        self.receiver, self.mail = Server(Receiver), Server(Mail)
        for server in (self.receiver, self.mail):
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)
        folder = tempfile.TemporaryDirectory(prefix="tocsin-canary-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.url = f"http://127.0.0.1:{self.receiver.port}"
        self.environment = {**os.environ, "HOOK_ENV": f"{self.url}/{SECRETS['env']}"}
        self.write("tocsin.yaml", CONFIG.format(url=self.url, smtp_port=self.mail.port, **SECRETS))
        self.write("rules.yaml", RULES)
        self.write("hook-file", f"{self.url}/{SECRETS['file']}\n")
        self.write("token", SECRETS["token"])
        self.write("smtp-password", SECRETS["smtp"])
        events = [json.dumps({"id": str(i), "timestamp": time.time(), "user": f"u{i % 3}", "cost_usd": 1})
                  for i in range(9)]
        self.write("events.jsonl", "\n".join([*events, '{"id":', ""]))

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    def run_engine(self):
        """Its log and all that its API said, once every channel was tried."""
        log = self.folder / "log"
        with log.open("wb") as output:
            engine = subprocess.Popen([TOCSIN, "run"], cwd=self.folder, env=self.environment,
                                      stdout=output, stderr=subprocess.STDOUT)
        try:
            address = self.wait_for(lambda: re.search(rb"127\.0\.0\.1:(?!%d|%d)\d+" % (
                self.receiver.port, self.mail.port), log.read_bytes()), engine, log).group().decode()
            self.wait_for(lambda: len({path.split("?")[0] for path in self.receiver.paths}) >= 5, engine, log)
            self.wait_for(lambda: b"535" in log.read_bytes(), engine, log)
            said = b"".join(ask(address, path, SECRETS["token"]) for path in (
                "/healthz", "/readyz", "/metrics", "/api/v1/alerts", "/api/v1/budgets", "/api/v1/explain",
                "/api/v1/explain?rule=spend&group=user%3Du1", f"/nothing?{'x' * 40}"))
            said += ask(address, "/metrics", "not the token")
            self.write("tocsin.yaml", f"channels: {{a: {{slack: {{webhook_url: {SECRETS['broken']} }}}}\n")
            engine.send_signal(signal.SIGHUP)
            self.wait_for(lambda: b"tocsin.yaml:" in log.read_bytes(), engine, log)
            return said
        finally:
            engine.send_signal(signal.SIGINT)
            self.assertEqual(engine.wait(timeout=30), 0, log.read_text(errors="replace"))

    def wait_for(self, what, engine, log, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = what()
            if found:
                return found
            try:
                self.fail(f"it ended with {engine.wait(0.05)}:\n{log.read_text(errors='replace')}")
            except subprocess.TimeoutExpired:
                pass  # as it should
        self.fail(f"waited in vain, the log:\n{log.read_text(errors='replace')}")

    def test_no_secret_is_told_or_kept(self):
        said = self.run_engine()
        seen = {"the API": said, "the log": (self.folder / "log").read_bytes()}
        for path in (self.folder / "state").rglob("*"):
            if path.is_file():
                seen[str(path.relative_to(self.folder))] = path.read_bytes()
        self.assertIn(b"tocsin_", said)
        self.assertIn(b"403", seen["the log"], "the receivers were heard")
        for name, secret in SECRETS.items():
            forms = {secret, base64.b64encode(secret.encode()).decode(),
                     base64.b64encode(f"\0tocsin\0{secret}".encode()).decode()}
            for place, content in seen.items():
                for form in forms:
                    self.assertNotIn(form.encode(), content, f"the secret of {name} is in {place}")

    def test_no_redirect_is_followed(self):
        self.run_engine()
        self.assertFalse([path for path in self.receiver.paths if path.startswith("/followed")])


if __name__ == "__main__":
    TOCSIN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
