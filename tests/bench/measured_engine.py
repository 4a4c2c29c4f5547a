# SPDX-License-Identifier: Apache-2.0
"""An engine whose time, memory, processor time and disk are looked at, and whose results are checked."""

import os
import shutil
import sys
import time
from pathlib import Path
from typing import NamedTuple

from traffic import output

from engine import NEVER_SET, Engine  # of tests/integration

TICKS = os.sysconf("SC_CLK_TCK")
SECONDS_MAX = 900


class Address:
    """The engine route of a config, as Engine wants it."""

    def __init__(self, address):
        self.address = address

    def url(self, path):
        return self.address + path


class Sample(NamedTuple):
    at: float  # time.monotonic()
    events: int
    rss_mb: float


def event_us(samples):
    """Time per event from the first that was seen counted on, so without what a start takes."""
    first, last = next(sample for sample in samples if sample.events > 0), samples[-1]
    if last.events == first.events:  # so few that they came all at once
        first = samples[0]
    return (last.at - first.at) * 1e6 / (last.events - first.events)


class MeasuredEngine(Engine):
    """Reads `topic` by `rules` and tells `hook`, an address; in a folder of its own."""

    def __init__(self, bench, rules, topic, hook, **options):
        bench.engines += 1
        super().__init__(bench.program("tocsin"), bench.folder / f"engine-{bench.engines}", rules,
                         bench.broker.bootstrap, topic.name, f'{{webhook: {{url: "{hook}/hook"}}}}', Address(hook))
        self.source = topic
        shutil.copytree(bench.folder / "prices", self.directory / "prices", dirs_exist_ok=True)
        text = self.config.read_text()
        for old, new in (("memory: 64MB", f"memory: {options.get('memory', '256MB')}"),
                         ("group_interval: 1s\n", f"max_groups: {options.get('max_groups', 1_000_000)}\n")):
            assert old in text, f"the config of tests/integration has no {old!r} any more"
            text = text.replace(old, new)
        self.config.write_text(text)

    def run_to(self, events):
        """Waits until so many events are counted. Returns Samples, the last of them with all."""
        start, samples = time.monotonic(), []
        while True:
            counted = int(self.metric("tocsin_events_total") or 0)
            samples.append(Sample(time.monotonic(), counted, self.status_mb("VmRSS")))
            if counted >= events:
                return samples
            if time.monotonic() - start > SECONDS_MAX:
                sys.exit(f"{counted} of {events} events in {SECONDS_MAX} s; {self.log_tail()}")
            NEVER_SET.wait(0.02)

    def check(self, rules, rungs=None):
        """The total to the picodollar, nothing set aside, and the alerts of each rule, against the truth (`rungs`)."""
        alerts = self.list("alerts")
        rungs = self.source.rungs if rungs is None else rungs
        if rungs is not None:
            reached = {rule.name: 0 for rule in rules}
            for alert in alerts:
                reached[alert["rule"]] += 1
            wanted = {rule.name: rungs.get(rule.name, 0) for rule in rules}
            if reached != wanted:
                sys.exit(f"alerts by rule differ:\n  engine {reached}\n  truth  {wanted}")
        total = self.metric("tocsin_cost_usd_total") * 10**12
        if total != self.source.picodollars:
            sys.exit(f"the total differs: engine {total} picodollars, truth {self.source.picodollars}")
        for name in ("duplicates", "quarantined", "late", "overflow_groups", "ids_forgotten"):
            if count := self.metric(f"tocsin_{name}_total"):
                sys.exit(f"{name}: {count}, where there should be none")
        return len(alerts)

    def status_mb(self, field):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        return 0

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def state_mb(self):
        return int(output(["du", "-sk", self.directory / "state"]).split()[0]) / 1024


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_rss_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0
