#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Channels that hang, fail, ask to wait, talk without end, are not there or have no name beside one
that works, and a log that nobody reads: the one that works is told at once, and in the end each was
told every alert once, or what it was not told waits where a person sees it.

    tests/crash/channels.py build/release/tocsin --users 250 --timed      10,000 alerts, on time"""

import argparse
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine_on_file import PAUSE, EngineOnFile, in_own_mounts, wait_for
from mail_server import MailServer, Script
from receivers import CLOSE, HANG, OK, Answer, ScriptedReceiver, failing, rate_limited

F_SETPIPE_SZ = 1031  # in fcntl since Python 3.10 only
RUNGS = 40
A_SECOND = 40  # requests, each of which reaches a rung; a webhook is sent 50 a second
LATE = 1  # seconds
LATE_SHARE = 0.01
WAITED_FOR_ANOTHER = 8  # seconds, on a busy machine too: a try is given up after 10
SILENT_NAMES = f"127.53.{os.getpid() % 250 + 1}.{os.getpid() // 250 % 250 + 1}"
CONFIG = """\
sources: [{{file: {requests}, format: native}}]
state: {{path: {state}, memory: 32MB}}
group_interval: 1s
notify: {{info: [good], warning: [good], critical: [good], engine: [ops]}}
channels:
{channels}
rules: [rules.yaml]
http: {{listen: "127.0.0.1:{port}"}}
"""
ALL_TOGETHER = """\
  - name: each
    group_by: [user]
    window: day
    threshold: {{{rungs}}}
    notify: [{others}]
    notify_resolved: false
"""
ALONE = """\
  - name: {user}
    where: {{user: {user}}}
    window: day
    threshold: {{{rungs}}}
    notify: [good]
    notify_resolved: false
"""


def rules(users, others):
    rungs = ", ".join(f"${i + 1}: info" for i in range(RUNGS))
    return "rules:\n" + ALL_TOGETHER.format(rungs=rungs, others=", ".join(others)) + "".join(
        ALONE.format(user=f"user-{i}", rungs=rungs) for i in range(users))


class Trickling(ScriptedReceiver):
    """Says a byte of its answer's head every second, until it is released."""

    def answer(self, handler, answer):
        if not answer.hang:
            return super().answer(handler, answer)
        handler.close_connection = True
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-More: " + b"x" * 1000:
                handler.wfile.write(bytes([byte]))
                if self.stopped.wait(1):
                    return None
        except OSError:
            pass
        return None


class Endless(ScriptedReceiver):
    """Takes each post, and then its answer does not end."""

    def answer(self, handler, answer):
        handler.close_connection = True
        try:
            handler.send_response(200)
            handler.end_headers()
            while not self.stopped.is_set():
                handler.wfile.write(b"x" * 65536)
        except OSError:
            pass


class Scene:
    """All that is told, and the engine that tells."""

    def __init__(self, binary, folder, users, seed):
        dice = failing(0.5, seed)
        self.users = users
        self.good, self.ops = ScriptedReceiver(), ScriptedReceiver()
        self.posts = {"flaky": ScriptedReceiver(dice), "busy": ScriptedReceiver(self.busy),
                      "hangs": ScriptedReceiver(lambda _: HANG), "endless": Endless(),
                      "trickles": Trickling(lambda _: HANG)}
        self.busy_for = 0
        half = iter(range(10**9))
        self.mail = MailServer(Script(mail={
            "a@example.com": lambda _: "451 4.3.0 later" if next(half) % 2 == 0 else None}))
        self.engine = self.make_engine(binary, folder)
        self.written = {}  # (user, rung) → when

    def busy(self, _):
        """Every third post is one too many."""
        self.busy_for += 1
        return rate_limited(1) if self.busy_for % 3 == 0 else OK

    def make_engine(self, binary, folder):
        engine = LoggingToNobody(binary, folder, self.good, self.ops)
        hooks = {**self.posts, "good": self.good, "ops": self.ops}
        lines = [f'  {name}: {{webhook: {{url: "{hook.url("/" + name)}"}}}}'
                 for name, hook in hooks.items()]
        lines += [
            f'  untrusted: {{webhook: {{url: "https://127.0.0.1:{self.ops.port}/"}}}}',
            '  nameless: {webhook: {url: "https://nobody.invalid/"}}',
            f'  mail: {{email: {{smtp: "{self.mail.url()}", from: t@example.com, to: [a@example.com]}}}}',
        ]
        others = [*self.posts, "mail", "untrusted", "nameless"]
        (engine.folder / "rules.yaml").write_text(rules(self.users, others))
        (engine.folder / "tocsin.yaml").write_text(CONFIG.format(
            requests=engine.requests, state=engine.state, port=engine.port,
            channels="\n".join(lines)))
        return engine

    def release(self):
        """What hung works from now on."""
        for name in ("hangs", "trickles"):
            self.posts[name].set_script(())

    def close(self):
        if self.engine.process is not None:
            self.engine.process.kill()
            self.engine.process.wait()
        for receiver in (self.good, self.ops, *self.posts.values()):
            receiver.stop()
        self.mail.stop()

    def feed(self):
        """A dollar each time: by user, rung after rung."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        begun, count = time.monotonic(), 0
        with open(self.engine.requests, "ab", buffering=0) as file:
            for rung in range(1, RUNGS + 1):
                for user in range(self.users):
                    PAUSE.wait(max(0, begun + count / A_SECOND - time.monotonic()))
                    line = {"id": f"{user}-{rung}", "timestamp": stamp, "provider": "openai",
                            "model": "gpt-4o", "usage": {"input": 400_000}, "user": f"user-{user}"}
                    self.written[f"user-{user}", f"${rung}"] = time.monotonic()
                    file.write((json.dumps(line) + "\n").encode())
                    count += 1

    def recorded(self):
        """Ids: (of the rule of all, of the others)."""
        status, body = self.engine.get("/api/v1/alerts?limit=1000000", seconds=60)
        assert status == 200, body[:300]
        alerts = json.loads(body)["alerts"]
        return ({alert["id"] for alert in alerts if alert["rule"] == "each"},
                {alert["id"] for alert in alerts if alert["rule"] != "each"})

    def status(self, channel):
        """Messages: {"delivered": …, "retries": …, "parked": …, "queued": …}."""
        text = self.engine.get("/metrics", seconds=60)[1]
        found = re.findall(
            rf'^tocsin_notifications?_(\w+?)(?:_total)?\{{channel="{channel}"\}} (\d+)', text, re.M)
        return {name: int(value) for name, value in found}


class LoggingToNobody(EngineOnFile):
    """Its log goes into a pipe that is full after some tens of lines."""

    def start(self, before=(), first=None):
        self.unread, log = os.pipe()
        os.set_blocking(self.unread, False)
        fcntl.fcntl(log, F_SETPIPE_SZ, 4096)
        self.process = subprocess.Popen(
            [self.binary, "run", "--config", self.folder / "tocsin.yaml"], stdout=log, stderr=log,
            stdin=subprocess.DEVNULL)
        os.close(log)

    def said(self):
        try:
            return os.read(self.unread, 1 << 20).decode(errors="replace")[-3000:]
        except OSError:
            return ""


def accepted(receiver):
    """Alert id → the messages that told it and were taken."""
    found = {}
    for delivery in list(receiver.deliveries):
        if delivery.answer.accepts:
            for alert in delivery.json["alerts"]:
                found.setdefault(alert["id"], []).append(delivery)
    return found


def check_once(name, receiver, wanted):
    found = accepted(receiver)
    missing = wanted - set(found)
    assert not missing, f"{name} lacks {len(missing)} of {len(wanted)} alerts"
    assert set(found) == wanted, f"{name} was told {len(set(found) - wanted)} others"
    twice = [id for id, taken in found.items() if len(taken) > 1]
    assert not twice, f"{name} was told {len(twice)} alerts twice"
    keys = {}
    for delivery in receiver.deliveries:
        for alert in delivery.json["alerts"]:
            keys.setdefault(alert["id"], set()).add(delivery.key)
    several = [id for id, of in keys.items() if len(of) > 1]
    assert not several, f"{name}: {len(several)} alerts were tried under several keys"


def late(scene):
    """Of the alerts of the good channel, how long after the request's writing they came, sorted."""
    took = []
    for delivery in scene.good.deliveries:
        for alert in delivery.json["alerts"]:
            took.append(delivery.when - scene.written[alert["rule"], alert["rung"]])
    return sorted(took)


def run(scene, timed):
    engine, count = scene.engine, scene.users * RUNGS
    engine.start()
    wait_for(lambda: engine.get("/readyz")[0] == 200 or not engine.alive(), 30, "ready")
    assert engine.alive(), engine.said()
    scene.feed()
    wait_for(lambda: len(accepted(scene.good)) >= count, 30,
             f"{count} alerts told by the good channel; {engine.said()}")
    took = late(scene)
    over = sum(1 for seconds in took if seconds > LATE)
    print(f"the good channel beside those that fail: {over} of {len(took)} alerts after more than "
          f"{LATE} s, half within {took[len(took) // 2] * 1000:.0f} ms, p99 "
          f"{took[len(took) * 99 // 100] * 1000:.0f} ms, the last {took[-1] * 1000:.0f} ms", flush=True)
    assert took[-1] < WAITED_FOR_ANOTHER, f"one waited {took[-1]:.1f} s, as if for another channel"
    assert not timed or over <= LATE_SHARE * len(took), f"{over} came late"
    for name in ("hangs", "trickles"):
        assert not accepted(scene.posts[name]), f"{name} took something before it was released"
    yield
    scene.release()
    everyone, alone = scene.recorded()
    assert (len(everyone), len(alone)) == (count, count), f"{len(everyone)}, {len(alone)} recorded"
    check_once("good", scene.good, alone)
    for name, receiver in scene.posts.items():
        wait_for(lambda to=receiver: len(accepted(to)) >= count, 600 if timed else 60,
                 f"{count} alerts told by {name}; {scene.status(name)}; {receiver.describe()}")
        check_once(name, receiver, everyone)
        yield
    wait_for(lambda: scene.status("mail")["queued"] == 0, 120, "all mails are delivered")
    taken = [mail.parsed["Message-ID"] for mail in scene.mail.mails if mail.answer.startswith("250")]
    assert scene.status("mail")["parked"] == 0 and len(set(taken)) == len(taken) > 0
    assert scene.status("mail")["delivered"] == len(taken)
    yield
    for name in ("untrusted", "nameless"):  # nothing is lost: it waits, and is seen to
        seen = scene.status(name)
        assert seen["delivered"] == 0 and seen["retries"] > 0 and seen["queued"] > 0, f"{name}: {seen}"
    assert engine.end() == 0, "its end"
    yield


def closed_files(binary):
    """Without standard output and error it counts, tells and starts again."""
    with tempfile.TemporaryDirectory() as folder, ScriptedReceiver() as hook, \
            ScriptedReceiver(lambda _: CLOSE) as ops:
        engine = EngineOnFile(binary, folder, hook, ops)
        for _ in range(2):
            engine.start(first=lambda: (os.close(1), os.close(2)))
            try:
                engine.write(1_000)
                wait_for(engine.counted_exactly, 30, "counted without standard error")
                held = {os.readlink(f"/proc/{engine.process.pid}/fd/{file}") for file in (1, 2)}
                assert held == {"/dev/null"}, f"its standard files are {held}"
                assert engine.end() == 0, "its end"
            finally:
                if engine.process is not None:
                    engine.process.kill()
                    engine.process.wait()
    yield


def silence_names(folder):
    """A name server that never answers, for this program and who it starts."""
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((SILENT_NAMES, 53))
    resolv = Path(folder) / "resolv.conf"
    resolv.write_text(f"nameserver {SILENT_NAMES}\noptions timeout:30 attempts:1\n")
    subprocess.run(["mount", "--bind", resolv, "/etc/resolv.conf"], check=True)
    return names


def attempt(test, counts):
    """Each step that it yields has passed."""
    try:
        for _ in test:
            counts["passed"] += 1
    except AssertionError as error:
        counts["failed"] += 1
        print(f"FAILED  {error}\n    to repeat: {' '.join(sys.argv)}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--timed", action="store_true")
    options = parser.parse_args()
    in_own_mounts()
    binary, counts = options.binary.resolve(), {"passed": 0, "failed": 0}
    with tempfile.TemporaryDirectory() as folder, silence_names(folder):
        scene = Scene(binary, folder, options.users, options.seed)
        try:
            attempt(run(scene, options.timed), counts)
        finally:
            scene.close()
    attempt(closed_files(binary), counts)
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
