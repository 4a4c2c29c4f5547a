# SPDX-License-Identifier: Apache-2.0
"""One tocsin: its directory, its config, its process and its API."""

import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time
import types
import urllib.error
import urllib.request
from decimal import Decimal

from rules import price_files, rules_yaml

CONFIG = """\
sources:
  - kafka: {{brokers: ["{brokers}"], topics: [{topic}], group: {topic}}}
    format: native
    start: earliest
state: {{path: state, memory: 64MB}}
group_interval: 1s
notify: {{info: [hook], warning: [hook], critical: [hook], engine: [ops]}}
channels:
  hook: {hook}
  ops: {{webhook: {{url: "{ops}"}}}}
rules: [rules.yaml]
prices: [prices/*.yaml]
quarantine: {{file: quarantine.jsonl}}
http: {{listen: "127.0.0.1:{port}"}}
"""
SECRET = b"integration secret of thirty-two bytes"
NEVER_SET = threading.Event()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TooLate(AssertionError):
    """What was waited for did not come."""


def poll_until(condition, seconds, what, every=0.05):
    """Asks until the answer is true, and returns it. For what only an API can tell; receivers
    wait by themselves."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TooLate(f"{what}: not within {seconds} s")
        NEVER_SET.wait(every)


def webhook(receiver):
    """A channel that signs; the secret lies beside the config."""
    return f'{{webhook: {{url: "{receiver.url("/hook")}", hmac_secret_file: secret}}}}'


def slack(receiver):
    return f'{{slack: {{webhook_url: "{receiver.url("/slack")}"}}}}'


class Engine:
    """Lives in `directory`, which keeps its state from start to start. `brokers`, `topic`, `hook`
    (a channel as YAML) and `ops` (a receiver, the engine route) fill the config."""

    data_limit = None  # bytes of memory it may have (RLIMIT_DATA)
    environment = types.MappingProxyType({})  # beside ours

    def __init__(self, binary, directory, rules, brokers, topic, hook, ops):
        self.binary, self.directory, self.topic = binary, directory, topic
        self.port = free_port()
        self.process = None
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "rules.yaml").write_text(rules_yaml(rules))
        (directory / "prices").mkdir(exist_ok=True)
        for provider, text in price_files().items():
            (directory / "prices" / f"{provider}.yaml").write_text(text)
        secret = directory / "secret"
        secret.write_bytes(SECRET)
        secret.chmod(0o600)
        self.config = directory / "tocsin.yaml"
        self.config.write_text(CONFIG.format(brokers=brokers, topic=topic, hook=hook,
                                             ops=ops.url("/engine"), port=self.port))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process is not None:
            self.kill9()

    def start(self):
        assert self.process is None, "it runs already"
        log = open(self.directory / "tocsin.log", "ab")
        with log:
            self.process = subprocess.Popen([self.binary, "run", "--config", self.config],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.environment},
                                            preexec_fn=self._limit)

    def _limit(self):
        if self.data_limit:
            resource.setrlimit(resource.RLIMIT_DATA, (self.data_limit, self.data_limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def start_ready(self, seconds=30):
        self.start()
        poll_until(self.is_ready, seconds, f"tocsin ready after its start; {self.log_tail()}")

    def run_for(self, seconds):
        """Lets it run; an end of its own is a failure."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return
        self.process = None
        raise AssertionError(f"tocsin ended by itself with {code}; {self.log_tail()}")

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.process = None
        assert code == 0, f"after SIGTERM tocsin ended with {code}; {self.log_tail()}"

    def command(self, *arguments, code=0):
        """Runs a subcommand to its end and returns its standard output."""
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, timeout=300,
                              cwd=self.directory)
        assert done.returncode == code, (f"tocsin {' '.join(map(str, arguments))} ended with "
                                         f"{done.returncode}: {done.stderr.decode()[-2000:]}")
        return done.stdout.decode() if code == 0 else done.stderr.decode()

    def get(self, path):
        """(status, body), or (0, "") while nothing listens."""
        self.check_alive()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def post(self, path, what):
        """The same of a POST without a body; `what` is its header Tocsin-Request."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", b"",
                                         {"Tocsin-Request": what})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def check_alive(self):
        if self.process is not None and self.process.poll() is not None:
            code, self.process = self.process.returncode, None
            raise AssertionError(f"tocsin ended by itself with {code}; {self.log_tail()}")

    def is_up(self):
        return self.get("/readyz")[0] != 0

    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def list(self, what, limit=1_000_000):
        status, body = self.get(f"/api/v1/{what}?limit={limit}")
        if status == 0:
            return []
        assert status == 200, f"/api/v1/{what} answered {status}: {body[:500]}"
        return json.loads(body, parse_float=Decimal)[what]

    def alerts_after_a_restart(self):
        self.stop()
        self.start()
        return poll_until(lambda: self.list("alerts"), 30, f"alerts; {self.log_tail()}")

    def metric(self, name):
        """The sum over the metric's labels; None if it is not there."""
        values = [Decimal(value) for value in
                  re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)", self.get("/metrics")[1], re.M)]
        return sum(values) if values else None

    def log_tail(self):
        log = self.directory / "tocsin.log"
        lines = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
        return "its log ends:\n    " + "\n    ".join(lines)
