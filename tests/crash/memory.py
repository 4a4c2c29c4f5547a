#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""More users than memory holds, in a control group that kills who takes more than its limit: nobody
is killed, and every total is exact, through `(other)` where users are too many. Then it is killed
all the same, and starts in the same limit with the same totals.

    tests/crash/memory.py build/release/tocsin --ids 50000000 --limit 512MB --state 256MB

Requests come through a pipe, so that their many gigabytes lie nowhere."""

import argparse
import itertools
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from engine_on_file import PAUSE, EngineOnFile, Tally, noon_zone, skip, wait_for
from memory_limit import MemoryLimit, allowed
from receivers import ScriptedReceiver

MB = 1 << 20
BLOCK = 14_000  # requests written at once, of one millisecond; a multiple of 7
KNOWN = 1_000  # users who come again and again: each seventh request is one of theirs
PICO_A_TOKEN = 2_500_000  # gpt-4o, input
CONFIG = """\
sources: [{{file: {requests}, format: native}}]
state: {{path: {state}, memory: {memory}}}
time_zone: {zone}
notify: {{info: [hook], warning: [hook], critical: [hook], engine: [hook]}}
channels: {{hook: {{webhook: {{url: "{hook}"}}}}}}
rules: [rules.yaml]
http: {{listen: "127.0.0.1:{port}"}}
"""
RULES = """\
rules:
  - {{name: total, window: day, budget: $1000000, alert: {{100%: info}}}}
  - {{name: user-day, group_by: [user], window: day, budget: $1000, alert: {{100%: info}},
     max_groups: {max_groups}}}
  - {{name: user-hour, group_by: [user], window: hour, budget: $1000, alert: {{100%: info}},
     max_groups: {hour_groups}}}
  - {{name: user-rolling, group_by: [user], window: last 24h, budget: $1000, alert: {{100%: info}}}}
  - {{name: user-errors, group_by: [user], window: last 24h, metric: error_rate, threshold: 90%,
     min_requests: 1000000}}
"""


class Stream:
    """Requests of `ids` users who come once and of KNOWN others, over the three hours before `end`."""

    def __init__(self, ids, end):
        self.count = -(-ids * 7 // 6 // BLOCK) * BLOCK
        self.begin, self.span = end - 3 * 3_600_000, 3 * 3_600_000

    def blocks(self):
        for first in range(0, self.count, BLOCK):
            stamp = self.begin + self.span * first // self.count
            head = f'","timestamp":{stamp},"provider":"openai","model":"gpt-4o","status":'
            lines = []
            for i in range(first, first + BLOCK):
                # i % 7 == 0: somebody known
                user = f"known-{i // 7 % KNOWN}" if i % 7 == 0 else f"somebody-{i * 2654435761 % 2**64:x}"
                lines.append(f'{{"id":"request-{i:x}{head}{500 if i % 5 == 0 else 200},'
                             f'"usage":{{"input":{1 + i % 1000}}},"user":"{user}"}}\n')
            yield "".join(lines).encode()

    def cost(self):
        """Of all, in 10⁻¹² dollars."""
        whole, rest = divmod(self.count, 1000)
        return (whole * sum(range(1, 1001)) + sum(range(1, rest + 1))) * PICO_A_TOKEN


def pico(text):
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**12 + int(fraction.ljust(12, "0") or 0)


class EngineOnPipe(EngineOnFile):
    def __init__(self, options, folder, hook):
        super().__init__(options.binary.resolve(), folder, hook, hook)
        self.options = options
        self.requests.unlink()
        os.mkfifo(self.requests)
        (self.folder / "rules.yaml").write_text(RULES.format(
            max_groups=options.groups, hour_groups=options.groups // 8))
        (self.folder / "tocsin.yaml").write_text(CONFIG.format(
            requests=self.requests, state=self.state, memory=options.state, hook=hook.url("/hook"),
            zone=noon_zone(), port=self.port))

    def open_pipe(self):
        """When the other end is open: until then it opens neither, and tocsin waits for it."""
        opened = []

        def try_it():
            try:
                opened.append(os.open(self.requests, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                assert self.alive(), f"it ended: {self.said()}"
            return opened

        wait_for(try_it, 30, "it reads")
        os.set_blocking(opened[0], True)
        return open(opened[0], "wb")

    def peak(self):
        """MB it ever had resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+)", status, re.M)[1]) // 1024

    def budgets(self):
        """By rule: (rows, their sum in 10⁻¹² of what they are of)."""
        status, body = self.get("/api/v1/budgets?limit=1000000", seconds=120)
        assert status == 200, f"/api/v1/budgets answered {status}: {body[:300]}"
        rows = json.loads(body)["budgets"]
        assert len(rows) < 1_000_000, "there are more cells than the API lists"
        found = {}
        for row in rows:
            count, total, others = found.get(row["rule"], (0, 0, 0))
            found[row["rule"]] = (count + 1, total + pico(row["total"]),
                                  others + ("(other)" in row["group"].values()))
        return found


def feed(engine, stream):
    """Writes it all, and waits until it is counted."""
    try:
        with engine.open_pipe() as pipe:
            for block in stream.blocks():
                pipe.write(block)
    except BrokenPipeError:
        raise AssertionError(f"it ended: {engine.said()}") from None
    last, since = -1, time.monotonic()
    while last < stream.count:
        now = engine.metric("records_total")
        assert engine.alive(), f"it ended: {engine.said()}"
        if now is not None and now != last:
            last, since = now, time.monotonic()
        assert time.monotonic() - since < 60, f"it stands still at {last} of {stream.count}"
        PAUSE.wait(0.2)


def check(found, stream, options):
    """What can be summed is exact, and where users are too many there is one `(other)`."""
    for rule in ("total", "user-day", "user-hour", "user-rolling"):
        rows, total, others = found[rule]
        wanted = stream.cost()
        assert total == wanted, f"{rule}: {total} of {wanted} counted, {total - wanted:+}, in {rows} rows"
        assert others == {"total": 0, "user-hour": others}.get(rule, 1), f"{rule}: {others} (other)"
    assert found["user-day"][0] == options.groups + 1, f"user-day has {found['user-day'][0]} groups"
    assert found["user-errors"][2] == 1, "user-errors has no (other)"


def asks_on(engine, answers, over):
    """What people and machines ask meanwhile; a slow answer is none that fails."""
    paths = ["/metrics", "/readyz", "/api/v1/alerts", "/api/v1/budgets?limit=100"]
    for turn in itertools.count():
        if over.wait(1):
            return
        for path in paths + ["/api/v1/explain"] * (turn % 8 == 2):
            answers.append((path, engine.get(path, seconds=60)[0]))


def run(engine, options, limit):
    now = int(time.time() * 1000)
    stream, answers, over = Stream(options.ids, now), [], threading.Event()
    engine.start(first=limit.join)
    asking = threading.Thread(target=asks_on, args=(engine, answers, over))
    asking.start()
    begun = time.monotonic()
    try:
        feed(engine, stream)
    finally:
        over.set()
        asking.join()
    took = time.monotonic() - begun
    assert limit.kills() == 0
    silent = [path for path, status in answers if status == 0]
    assert len(answers) > 4 and not silent, f"not answered: {silent[:5]} of {len(answers)}"
    print(f"{stream.count:,} requests in {took:.0f} s, at most {engine.peak()} MB resident, "
          f"{engine.metric('hot_bytes') // MB} MB of them cells", flush=True)
    yield
    limit.lift()
    found = engine.budgets()
    check(found, stream, options)
    for rule, (rows, _, _) in sorted(found.items()):
        print(f"    {rule}: {rows:,} rows", flush=True)
    yield
    limit.set()
    engine.end(signal.SIGKILL)
    with open(engine.requests, "r+b", buffering=0):  # a pipe without a writer has ended
        engine.start(first=limit.join)
        wait_for(lambda: engine.get("/healthz")[0] == 200 or not engine.alive(), 120, "alive again")
        assert engine.alive(), f"the next start ended: {engine.said()}"
        PAUSE.wait(2)  # what it does after the start takes memory too
        print(f"started again with at most {engine.peak()} MB resident", flush=True)
        assert limit.kills() == 0 and engine.alive()
        limit.lift()
        check(engine.budgets(), stream, options)
        assert engine.end() == 0, engine.said()
    yield


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--ids", type=int, default=500_000)
    parser.add_argument("--limit", type=int, default=200, help="MB")
    parser.add_argument("--state", default="64MB", help="state.memory")
    parser.add_argument("--groups", type=int, default=100_000, help="max_groups of the rule by day")
    return parser.parse_args()


def main():
    options = arguments()
    if not allowed():
        skip("a memory limit of control groups (version 1) can be set by root only")
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, ScriptedReceiver() as hook, \
            MemoryLimit(options.limit * MB) as limit:
        engine = EngineOnPipe(options, folder, hook)
        with tally.of(engine):
            for _ in run(engine, options, limit):
                tally.passed += 1
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
