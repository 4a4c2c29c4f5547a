#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events sent over HTTP while the process is killed with -9: what was answered with 202 counts, and
all counts once.

    tests/crash/ingest.py build/release/tocsin --kills 200"""

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from engine_on_file import PAUSE, EngineOnFile, Tally, wait_for
from receivers import ScriptedReceiver

SENDERS = 4
LIFE = (0.2, 1.2)  # seconds
MODEL = {"provider": "openai", "model": "gpt-4o", "usage": {"input": 400000}}  # a dollar


class Engine(EngineOnFile):
    def __init__(self, binary, folder, hook, ops):
        super().__init__(binary, folder, hook, ops)
        config = self.folder / "tocsin.yaml"
        text = config.read_text()
        config.write_text("sources: [{http: {}}]\n" + text[text.index("state:"):])

    def dumped(self):
        """How many events a recording of all that it has read holds."""
        lines = subprocess.run([self.binary, "dump", "--config", self.folder / "tocsin.yaml"], check=True,
                               capture_output=True, timeout=60).stdout.splitlines()
        ids = set()
        for line in map(json.loads, lines):
            if "value" in line:
                ids.update(re.findall(r'"id": "([^"]+)"', line["value"]))
        return len(ids)


class Sender(threading.Thread):
    """Sends each batch until it is told 202."""

    def __init__(self, number, engine, seed):
        super().__init__()
        self.number, self.engine, self.dice = number, engine, random.Random(seed * 100 + number)
        self.stopped = threading.Event()
        self.sent = self.taken = self.tries = 0
        self.wrong = None

    def run(self):
        while not self.stopped.is_set() and self.wrong is None:
            count = self.dice.randint(1, 20)
            events = [{"id": f"s{self.number}-{self.sent + i}", "user": f"user-{(self.sent + i) % 50}", **MODEL}
                      for i in range(count)]
            self.sent += count
            body = (json.dumps(events) if self.dice.random() < 0.5
                    else "\n".join(json.dumps(event) for event in events))
            while not self.post(body):
                PAUSE.wait(0.02)
            self.taken += count

    def post(self, body):
        self.tries += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.engine.port, timeout=20)
        try:
            connection.request("POST", "/v1/events", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):  # it died, or is not there yet
            return False
        finally:
            connection.close()
        if answer.status not in (202, 429, 503):
            self.wrong = f"answered {answer.status}: {text[:200]}"
        return answer.status == 202 or self.wrong is not None


def killed(engine, kills, seed, tally):
    dice = random.Random(seed)
    senders = [Sender(number, engine, seed) for number in range(SENDERS)]
    engine.start()
    for sender in senders:
        sender.start()
    try:
        for _ in range(kills):
            PAUSE.wait(dice.uniform(*LIFE))
            assert engine.alive(), f"it ended by itself: {engine.said()}"
            engine.process.kill()
            engine.wait(20)
            engine.start()
            tally.passed += 1
    finally:
        for sender in senders:
            sender.stopped.set()
    for sender in senders:
        sender.join()
    wrong = [sender.wrong for sender in senders if sender.wrong]
    assert not wrong, wrong
    engine.written = sum(sender.sent for sender in senders)
    assert engine.written == sum(sender.taken for sender in senders)
    wait_for(engine.counted_exactly, 60, f"{engine.written} dollars counted; {engine.said()}")
    again = sum(sender.tries for sender in senders)
    print(f"{engine.written} events in {again} requests, {kills} kills, "
          f"{engine.metric('duplicates_total')} copies", flush=True)
    assert engine.end() == 0, engine.said()
    engine.start()
    wait_for(lambda: engine.get("/readyz")[0] == 200, 30, "ready again")
    assert engine.counted_exactly(), "a restart changed what was counted"
    assert engine.end() == 0, engine.said()
    assert engine.dumped() == engine.written, f"dump has {engine.dumped()} events of {engine.written}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, ScriptedReceiver() as hook, \
            ScriptedReceiver() as ops:
        engine = Engine(options.binary.resolve(), folder, hook, ops)
        with tally.of(engine):
            killed(engine, options.kills, options.seed, tally)
            tally.passed += 1
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
