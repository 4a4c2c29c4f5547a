#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the engine tells systemd, seen by a socket in its place, and the unit it runs under.

usage: systemd_test.py TOCSIN"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "packaging" / "systemd" / "tocsin.service"
TOCSIN = None

CONFIG = """\
sources: [{file: events.jsonl, format: native}]
state: {path: state}
notify: {info: [hook], warning: [hook], critical: [hook], engine: [hook]}
channels: {hook: {webhook: {url: "http://127.0.0.1:9/"}}}
rules: [rules.yaml]
quarantine: {file: quarantine.jsonl}
"""
RULES = "rules: [{name: spend, window: day, budget: $100}]\n"


class Manager:
    """systemd's end of the socket."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.got = []

    def close(self):
        self.socket.close()

    def next(self, seconds):
        """The assignments of the next datagram; nothing: none came in time."""
        self.socket.settimeout(seconds)
        try:
            text = self.socket.recv(4096).decode()
        except (TimeoutError, socket.timeout):
            return {}
        self.got.append(dict(line.split("=", 1) for line in text.split("\n")))
        return self.got[-1]

    def wait_for(self, key, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if key in (got := self.next(max(0.01, end - time.monotonic()))):
                return got
        raise AssertionError(f"no {key} within {seconds} s, only {self.got}")


class Notifying(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-systemd-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.process = None
        self.write("tocsin.yaml", CONFIG)
        self.write("rules.yaml", RULES)
        self.write("events.jsonl", "")
        self.manager = self.managed_by(str(self.folder / "notify"))

    def managed_by(self, address):
        manager = Manager(address)
        self.addCleanup(manager.close)
        return manager

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def start(self, address=None, watchdog="450000", pid=None):
        self.log = open(self.folder / "log", "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        self.process = subprocess.Popen(
            # The shell becomes the engine, so its pid is the one to be named.
            ["/bin/sh", "-c", 'WATCHDOG_PID=${GIVEN:-$$} exec "$0" run --config tocsin.yaml', TOCSIN],
            cwd=self.folder, stdout=self.log, stderr=self.log,
            env=dict(os.environ, NOTIFY_SOCKET=address or str(self.folder / "notify"),
                     WATCHDOG_USEC=watchdog, GIVEN=pid or ""))
        self.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)
        self.manager.wait_for("STOPPING")
        self.assertEqual(self.process.wait(20), 0)

    def test_it_is_ready_when_it_reads_alive_while_it_turns_and_says_that_it_stops(self):
        self.start()
        ready = self.manager.wait_for("READY")
        self.assertEqual(self.manager.got, [ready], "something came before READY")
        self.assertRegex(ready["STATUS"], r"^1 rule, 1 channel: ")
        for _ in range(4):
            self.manager.wait_for("WATCHDOG")
        self.terminate()
        self.assertEqual({}, self.manager.next(0.01), "something came after STOPPING")

    def test_its_status_line_says_what_it_waits_for_and_then_that_it_is_ready(self):
        self.start()
        status = self.manager.wait_for("READY")["STATUS"]
        while not status.endswith(": ready"):
            self.assertIn("catching up", status)
            status = self.manager.wait_for("STATUS")["STATUS"]
        self.terminate()

    def test_it_is_ready_and_alive_while_kafka_does_not_answer_and_says_so(self):
        kafka = 'kafka: {brokers: ["127.0.0.1:1"], topics: [requests]}'
        self.write("tocsin.yaml", CONFIG.replace("file: events.jsonl", kafka))
        self.start()
        status = self.manager.wait_for("READY")["STATUS"]
        while "cannot be reached" not in status:
            status = self.manager.wait_for("STATUS")["STATUS"]
        for _ in range(3):
            self.manager.wait_for("WATCHDOG")

    def test_pings_end_when_the_state_thread_hangs(self):
        # A quarantine that takes no more: the state thread waits in its write.
        quarantine = self.folder / "quarantine.jsonl"
        os.mkfifo(quarantine)
        reader = os.open(quarantine, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.start()
        self.manager.wait_for("WATCHDOG")
        self.write("events.jsonl", "not an event\n" * 5000)
        status = self.manager.wait_for("STATUS")["STATUS"]
        while "standing still: state thread" not in status:
            status = self.manager.wait_for("STATUS")["STATUS"]
        before = len(self.manager.got)
        self.manager.next(1)
        self.assertFalse(any("WATCHDOG" in got for got in self.manager.got[before:]))
        self.log.seek(0)
        self.assertIn("Standing still: state thread", self.log.read())

    def test_an_abstract_socket_is_told_too(self):
        name = f"tocsin-{os.getpid()}-{self.id()}"
        self.manager = self.managed_by("\0" + name)
        self.start(address="@" + name)
        self.manager.wait_for("READY")
        self.terminate()

    def test_a_watchdog_of_another_process_gets_no_pings(self):
        self.start(pid="1")
        self.manager.wait_for("READY")
        self.terminate()
        self.assertFalse(any("WATCHDOG" in got for got in self.manager.got))

    def test_a_refused_start_is_never_ready(self):
        self.write("rules.yaml", "rules: [{name: spend, window: 1d, budget: $100}]\n")
        self.start()
        self.assertEqual(self.process.wait(20), 78)
        self.assertEqual({}, self.manager.next(0.01))

    def test_a_manager_that_is_gone_does_not_matter(self):
        self.start()
        self.manager.wait_for("READY")
        self.manager.close()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(20), 0)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
class Unit(unittest.TestCase):
    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", *arguments], text=True, capture_output=True,
                              timeout=60)

    def test_the_unit_leaves_little_open(self):
        done = self.analyze("security", "--offline=true", "--no-pager", "--threshold=15", UNIT)
        exposure = re.search(r"Overall exposure level for tocsin.service: ([\d.]+)", done.stdout)
        self.assertIsNotNone(exposure, done.stdout + done.stderr)
        self.assertLessEqual(float(exposure[1]), 1.5)
        self.assertEqual(done.returncode, 0)

    def test_systemd_reads_the_unit_without_a_complaint(self):
        with tempfile.TemporaryDirectory() as folder:
            # Where the binary is here, for systemd looks whether it is.
            unit = Path(folder) / UNIT.name
            unit.write_text(UNIT.read_text().replace("/usr/bin/tocsin", TOCSIN))
            done = self.analyze("verify", unit)
            self.assertEqual((done.stdout + done.stderr, done.returncode), ("", 0))


if __name__ == "__main__":
    TOCSIN = str(Path(sys.argv.pop()).resolve()) if len(sys.argv) > 1 else sys.exit(__doc__)
    unittest.main()
