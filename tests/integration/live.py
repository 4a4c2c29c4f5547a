# SPDX-License-Identifier: Apache-2.0
"""What every test over a real Kafka needs: topics, producers, engines, and the wait until all is counted."""

import itertools
import json
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from engine import Engine, TooLate, poll_until
from kafka_broker import KafkaBroker
from model import Model
from verdict import Reading, difference, nonzero

PATIENCE = 90  # seconds


@dataclass
class Context:
    binary: Path
    tool: Path
    broker: KafkaBroker
    folder: Path
    seed: int
    cycles: int
    rounds: int = 1  # of the faults of kafka_faults
    numbers: itertools.count = field(default_factory=itertools.count)
    note: list = field(default_factory=list)  # what a test wants printed beside its ok

    def topic(self, partitions=4, config=None):
        name = f"requests-{next(self.numbers)}"
        self.broker.create_topic(name, partitions, config)
        return name

    def engine(self, rules, topic, hook, ops, broker=None, brokers=None):
        return Engine(self.binary, self.folder / topic, rules,
                      brokers or (broker or self.broker).bootstrap, topic, hook, ops)

    def producer(self, topic, broker=None, properties=()):
        return Producer(self.tool, (broker or self.broker).bootstrap, topic, properties)


class Producer:
    """A kafka_tool that writes what it is given until it is closed."""

    def __init__(self, tool, brokers, topic, properties=()):
        self.sent = 0
        self.process = subprocess.Popen([tool, brokers, "produce", topic, "linger.ms=0", *properties],
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind is None:
            self.close()
        else:
            self.process.kill()
            self.process.wait()

    def send(self, record):
        self.sent += 1
        line = {"partition": record.partition, "timestamp": record.timestamp}
        if record.key is not None:
            line["key"] = record.key
        try:
            line["value"] = record.value.decode()
        except UnicodeDecodeError:
            line["hex"] = record.value.hex()
        self.process.stdin.write(json.dumps(line) + "\n")

    def flush(self):
        self.process.stdin.flush()

    def close(self):
        printed, _ = self.process.communicate()
        assert self.process.returncode == 0 and int(printed) == self.sent, (
            f"{self.sent} records sent, Kafka took {printed!r}")

    def send_steadily(self, records, seconds):
        """In a thread of its own: `records` evenly over `seconds`, then closes."""
        thread = threading.Thread(target=self._send_steadily, args=(records, seconds))
        thread.start()
        return thread

    def _send_steadily(self, records, seconds):
        start, never = time.monotonic(), threading.Event()
        for i, record in enumerate(records):
            due = start + seconds * i / len(records)
            if i % 10 == 0 and due > time.monotonic():
                self.flush()
                never.wait(due - time.monotonic())
            self.send(record)
        self.close()


def model_of(rules, records):
    model = Model(rules)
    for record in records:
        model.feed(record)
    return model


def wait_until_counted(engine, model, rules, seconds=PATIENCE):
    """Until the API's totals are the model's, to the picodollar; else raises their difference."""
    reading, wanted = Reading(rules), nonzero(model.totals)
    last = {}

    def counted():
        last.clear()
        last.update(nonzero(reading.totals(engine.list("budgets"))))
        return last == wanted

    try:
        poll_until(counted, seconds, "all records counted")
    except TooLate:
        lines = difference(wanted, last, "total")
        if not lines:
            raise
        raise AssertionError("totals differ:\n    " + "\n    ".join(lines)) from None


def wait_until_recorded(engine, model, rules, seconds=PATIENCE):
    """Until /api/v1/alerts holds the model's alerts; returns Told → id."""
    reading, wanted = Reading(rules), model.alerts()
    found = {}

    def recorded():
        found.clear()
        found.update(reading.alerts(engine.list("alerts")))
        return found.keys() == wanted

    try:
        poll_until(recorded, seconds, "all alerts recorded")
    except TooLate:
        lines = difference(wanted, found.keys(), "alert")
        if not lines:
            raise
        raise AssertionError("alerts differ:\n    " + "\n    ".join(lines)) from None
    return found
