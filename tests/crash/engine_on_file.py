# SPDX-License-Identifier: Apache-2.0
"""A tocsin that follows a file of requests, each of a dollar."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

CONFIG = """\
sources: [{{file: {requests}, format: native}}]
state: {{path: {state}, memory: 16MB}}
time_zone: {zone}
group_interval: 1s
notify: {{info: [hook], warning: [hook], critical: [hook], engine: [ops]}}
channels:
  hook: {{webhook: {{url: "{hook}"}}}}
  ops: {{webhook: {{url: "{ops}"}}}}
rules: [rules.yaml]
http: {{listen: "127.0.0.1:{port}"}}
"""
RULES = """\
rules:
  - name: user-day
    group_by: [user]
    window: day
    budget: $10
    alert: {50%: info, 100%: critical}
"""
PAUSE = threading.Event()


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        PAUSE.wait(0.05)


def noon_zone():
    """Where it is about noon, so that a few hours ago it was today."""
    east = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-east:+d}" if east else "UTC"


class EngineOnFile:
    def __init__(self, binary, folder, hook, ops, state=None):
        self.binary, self.folder = binary, Path(folder)
        self.requests, self.log = self.folder / "requests.jsonl", self.folder / "log"
        self.state = Path(state or self.folder / "state")
        self.written = 0
        self.process = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.requests.touch()
        (self.folder / "rules.yaml").write_text(RULES)
        (self.folder / "tocsin.yaml").write_text(CONFIG.format(
            requests=self.requests, state=self.state, hook=hook.url("/hook"), ops=ops.url("/ops"),
            port=self.port, zone=noon_zone()))

    def write(self, count, users=50, dollars=1, minutes_ago=0):
        """Appends `count` requests of so many dollars each, by so many users in turn."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60 * minutes_ago))
        with open(self.requests, "a", encoding="utf-8") as file:
            for i in range(self.written, self.written + count):
                file.write(json.dumps({"id": f"r{i}", "timestamp": now, "provider": "openai",
                                       "model": "gpt-4o", "usage": {"input": 400000 * dollars},
                                       "user": f"user-{i % users}"}) + "\n")
        self.written += count

    def start(self, before=(), first=None):
        """`first` is done by the process before it becomes tocsin."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*before, self.binary, "run", "--config", self.folder / "tocsin.yaml"], stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, preexec_fn=first)

    def end(self, with_signal=signal.SIGTERM, seconds=20):
        self.process.send_signal(with_signal)
        return self.wait(seconds)

    def wait(self, seconds):
        code = self.process.wait(seconds)
        self.process = None
        return code

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def get(self, path, seconds=10):
        """(status, body), or (0, "") while nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}",
                                        timeout=seconds) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, http.client.HTTPException):  # the latter: it ended amid its answer
            return 0, ""

    def metric(self, name):
        found = re.search(rf"^tocsin_{name} (\S+)", self.get("/metrics")[1], re.M)
        return int(found[1]) if found else None

    def counted_exactly(self):
        """Every request was counted, and once."""
        status, body = self.get("/api/v1/budgets?limit=100000")
        if status != 200:
            return False
        total = sum(int(row["total"]) for row in json.loads(body)["budgets"])
        assert total <= self.written, f"{total} dollars counted of {self.written}"
        return total == self.written

    def said(self):
        return self.log.read_text(errors="replace")[-3000:]


class Tally:
    """What passed and failed, and the line that closes a suite."""

    def __init__(self):
        self.passed = self.failed = 0

    @contextmanager
    def of(self, engine):
        """What does not hold is a failure; behind it the engine is dead in any case."""
        try:
            yield
        except AssertionError as error:
            self.failed += 1
            print(f"FAILED  {error}\n    to repeat: {' '.join(sys.argv)}", flush=True)
        finally:
            if engine.process is not None:
                engine.process.kill()
                engine.process.wait()

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def in_own_mounts():
    """Begins this program anew where its mounts are its own; skips where that is not allowed."""
    if os.environ.get("TOCSIN_OWN_MOUNTS"):
        return
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False,
                                           capture_output=True).returncode != 0:
        skip("a small disk can be mounted by root only")
    os.environ["TOCSIN_OWN_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])
