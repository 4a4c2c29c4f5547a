# SPDX-License-Identifier: Apache-2.0
"""The broker of a run, and topics full of generated events with what they add up to."""

import json
import os
import subprocess
import sys
import time

from kafka_broker import KafkaBroker  # of tests/integration

PARTITIONS = 4


class BenchBroker(KafkaBroker):
    """With the whole just-in-time compiler, which a test that wants to start soon does without."""

    def _java(self, main, *arguments):
        return [word for word in super()._java(main, *arguments) if not word.startswith("-XX:")]


def output(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


class Topic:
    """A topic of the bench's own events; `events` and `truth` say what is in it by now."""

    def __init__(self, bench, name):
        self.bench, self.name = bench, name
        self.events, self.picodollars, self.rungs = 0, 0, {}
        bench.broker.create_topic(name, PARTITIONS)

    def add(self, count, **options):
        """Writes `count` more events. Rungs are known of what was written in one call alone."""
        output([self.bench.program("bench_generate"), self.bench.broker.bootstrap, self.name, count,
                self.bench.folder, f"first={self.events}",
                *(f"{name}={int(value)}" for name, value in options.items())])
        truth = json.loads((self.bench.folder / "truth.json").read_text())
        self.rungs = {name: rule["rungs"] for name, rule in truth["rules"].items()} if self.events == 0 else None
        self.events += truth["events"]
        self.picodollars += sum(int(day) for day in truth["days_picodollars"])
        return truth

    def fill(self, count, **options):
        """As add(), with a line that says so; then lets the disk catch up, so that nobody pays for it."""
        start = time.monotonic()
        truth = self.add(count, **options)
        os.sync()
        cells = sum(truth["rules"][rule]["cells"] for rule in
                    ("total-day", "environment-day", "feature-hour", "user-day", "user-feature-hour"))
        print(f"  topic {self.name}: {truth['events']:,} events of {truth['bytes'] / truth['events']:.0f} bytes in "
              f"{time.monotonic() - start:.1f} s; the five rules make {cells:,} cells of it", flush=True)
        return self

    def delete(self):
        self.bench.broker.delete_topic(self.name)
