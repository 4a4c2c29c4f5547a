# SPDX-License-Identifier: Apache-2.0
"""An engine that is killed at a third of the topic and comes back: the rest is the backlog of the outage."""

import shutil

import budgets
from measured_engine import MeasuredEngine, event_us
from measures import Measure, at_least, at_most, column, over

from receivers import ScriptedReceiver  # of tests/integration

NAME = "catch_up"
SUBJECT = "after kill -9 at a third of the 5-rule work, the rest, while memory is watched"


def contestants(bench):
    return {"five rules": lambda: bench.count_all(bench.two_days(), budgets.FIVE),
            "catching up": lambda: catch_up(bench)}


def catch_up(bench):
    topic = bench.two_days()
    third = topic.events // 3
    with ScriptedReceiver() as hook, MeasuredEngine(bench, budgets.FIVE, topic, hook.url("")) as engine:
        engine.start()
        engine.run_to(third)
        engine.kill9()
        engine.start()
        samples = [sample for sample in engine.run_to(topic.events) if sample.events >= third]
        engine.check(budgets.FIVE)
        engine.stop()
    shutil.rmtree(engine.directory)
    first, last = samples[0], samples[-1]
    backlog = topic.events - first.events
    first_half = [s.rss_mb for s in samples if s.events < first.events + backlog / 2] or [first.rss_mb]
    return {"event_us": event_us(samples), "first_mb": first.rss_mb, "last_mb": last.rss_mb,
            "max_mb": max(sample.rss_mb for sample in samples), "first_half_max_mb": max(first_half)}


def measures(bench, results):
    steady, runs = results["five rules"], results["catching up"]
    # Neither with its start, which is a row of its own.
    yield Measure(NAME, "catching up after kill -9", "events/s", tuple(1e6 / run["event_us"] for run in runs),
                  over(steady, runs, "event_us"), "the 5-rule work uninterrupted", at_least(0.9), True)
    yield Measure(NAME, "catching up: most RSS", "MB", column(runs, "max_mb"),
                  tuple(run["max_mb"] / run["first_half_max_mb"] for run in runs), "the most in its first half",
                  at_most(1.1))
    yield Measure(NAME, "catching up: RSS with the first new event", "MB", column(runs, "first_mb"))
    yield Measure(NAME, "catching up: RSS with the last", "MB", column(runs, "last_mb"))
