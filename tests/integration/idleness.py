# SPDX-License-Identifier: Apache-2.0
"""Partitions that are silent for longer than two minutes of the clock, which takes too long for CI:
`./dev test --long=kafka` runs it. Ticks are told by a recording, and a backtest repeats them."""

import threading
import time

from backtest_equals_live import WORKERS_AND_BATCHES, backtested, by_rule, check_equal
from engine import webhook
from generator import MINUTE, QUIET, Generator, Stretch
from kill9 import RULES
from live import model_of, wait_until_counted
from receivers import ScriptedReceiver
from rules import Rule

# Beside the rules of the model some that the watermark judges.
FAILING = Rule("failing", metric="error_rate", group_by=("provider", "model"), window="last 5m",
               threshold={"5%": "warning", "20%": "critical"}, modelled=False)
SLOW = Rule("slow", metric="latency_p90", window="last 5m", threshold={"7s": "warning"}, modelled=False)
FEW = Rule("few", metric="requests", group_by=("Feature",), window="last 2m",
           threshold={"below 10": "warning"}, modelled=False)
JUDGED = [FAILING, SLOW, FEW]
LAST = 3  # the partition that is silent first
SILENT = 130_000


class WithSilence(Generator):
    def __init__(self, seed, now):
        super().__init__(seed)
        self.silence = now + 20_000, now + 20_000 + SILENT
        self.back = 0  # records of the partition since

    def stretches(self, now):
        first, second = self.silence
        third = second + 10_000
        again = third + SILENT
        return [Stretch(4000, now - 40 * MINUTE, now), Stretch(1000, now, first),
                Stretch(1300, first, second), Stretch(500, second, third), Stretch(500, again, again + 10_000)]

    def is_idle(self, partition, at, share):
        return partition == LAST and self.silence[0] <= at < self.silence[1]

    def any_record(self, partition, at):
        """Comes back in order: what is late then, by a clock that the others moved, is an exception."""
        if at >= self.silence[1] and partition == LAST and self.back < QUIET:
            self.back += 1
            return self.in_order(partition, at)
        record = super().any_record(partition, at)
        silent = self.is_idle(record.partition, at, 0)
        return self.ordinary(partition, at, late=0) if silent else record


def send_by_stamps(producer, records):
    never = threading.Event()
    for record in records:
        ahead = record.timestamp / 1000 - time.time()
        if ahead > 0:
            producer.flush()
            never.wait(ahead)
        producer.send(record)
    producer.close()


def silent_partitions(context):
    now = int(time.time() * 1000)
    generator = WithSilence(context.seed, now)
    records = list(generator.stream(*generator.stretches(now)))
    rules, topic = RULES + JUDGED, context.topic()
    model = model_of(rules, records)
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine(rules, topic, webhook(hook), ops) as engine:
        engine.start_ready()
        sending = threading.Thread(target=send_by_stamps, args=(context.producer(topic), records))
        sending.start()
        for seconds in (18, 126, 15, 128):  # amid traffic, before and after each tick
            engine.run_for(seconds)
            engine.kill9()
            engine.start()
        sending.join()
        wait_until_counted(engine, model, rules)
        live = by_rule(engine.alerts_after_a_restart())
        engine.stop()
        recording = engine.directory / "recording.jsonl"
        engine.command("dump", "--config", engine.config, "--out", recording)
        ticks = [line for line in recording.read_text().splitlines() if line.startswith('{"tick"')]
        for workers, batch in WORKERS_AND_BATCHES:
            told = backtested(engine, "--from", recording, "--workers", workers, "--batch", batch)
            check_equal(live, told, f"with --workers {workers} --batch {batch}")
    assert any("clock" in tick for tick in ticks), f"time never followed the clock: {ticks}"
    assert any("clock" not in tick for tick in ticks), f"no partition was idle alone: {ticks}"
    silent = [rule.name for rule in JUDGED if not live.get(rule.name)]
    assert not silent, f"nothing was compared of {', '.join(silent)}"
    context.note.append(f"{len(ticks)} ticks, {sum(map(len, live.values()))} ids")
