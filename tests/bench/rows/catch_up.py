# SPDX-License-Identifier: Apache-2.0
"""An engine that is killed at a third of the topic and comes back: the rest is the backlog of the outage."""

import shutil
import time

import budgets
from measured_engine import MeasuredEngine
from measures import Measure, at_least, at_most, column

from receivers import ScriptedReceiver  # of tests/integration

NAME = "catch_up"
SUBJECT = "after kill -9 at a third of the 5-rule work, the rest, while memory is watched"


def contestants(bench):
    return {"five rules": lambda: bench.count_all(bench.two_days(), budgets.FIVE),
            "catching up": lambda: catch_up(bench)}


def catch_up(bench):
    topic = bench.two_days()
    with ScriptedReceiver() as hook, MeasuredEngine(bench, budgets.FIVE, topic, hook.url("")) as engine:
        engine.start()
        engine.run_to(topic.events // 3)
        engine.kill9()
        start = time.monotonic()
        engine.start()
        samples = [sample for sample in engine.run_to(topic.events) if sample.events > 0]
        engine.check(budgets.FIVE)
        engine.stop()
    shutil.rmtree(engine.directory)
    first, last = samples[0], samples[-1]
    backlog = topic.events - first.events
    first_half = [s.rss_mb for s in samples if s.events < first.events + backlog / 2] or [first.rss_mb]
    return {"per_second": backlog / (last.at - start), "first_mb": first.rss_mb, "last_mb": last.rss_mb,
            "max_mb": max(sample.rss_mb for sample in samples), "first_half_max_mb": max(first_half)}


def measures(bench, results):
    steady, runs = results["five rules"], results["catching up"]
    yield Measure(NAME, "catching up after kill -9", "events/s", column(runs, "per_second"),
                  tuple(run["per_second"] * whole["seconds"] / bench.events
                        for run, whole in zip(runs, steady, strict=True)),
                  "the 5-rule work uninterrupted", at_least(0.9), True)
    yield Measure(NAME, "catching up: most RSS", "MB", column(runs, "max_mb"),
                  tuple(run["max_mb"] / run["first_half_max_mb"] for run in runs), "the most in its first half",
                  at_most(1.1))
    yield Measure(NAME, "catching up: RSS with the first new event", "MB", column(runs, "first_mb"))
    yield Measure(NAME, "catching up: RSS with the last", "MB", column(runs, "last_mb"))
