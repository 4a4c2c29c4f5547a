# SPDX-License-Identifier: Apache-2.0
"""One rule of users and hours, and users that come once each within the hour: all their groups are hot. A second
topic has as many events of few users, so that what the groups themselves take is the difference."""

import shutil
import time

import budgets
from engine import NEVER_SET  # of tests/integration
from measured_engine import MeasuredEngine
from measures import Measure, at_least, at_most, column

from receivers import ScriptedReceiver  # of tests/integration

NAME = "hot_groups"
SUBJECT = "1 million hot groups: their memory, a start after kill -9, their disk once closed"
ONCE = True
FEW = 1000
WINDOW_MINUTES, LATER_MINUTES = 50, 200
COMMITS_PER_SECOND = 50
RULES = [budgets.USER_HOUR]


def contestants(bench):
    return {"few groups": lambda: hot(bench, FEW), "hot groups": lambda: hot(bench, bench.groups)}


def hot(bench, users):
    topic = bench.topic(f"in-turn-{users}", bench.groups, users=users, minutes=WINDOW_MINUTES, in_turn=True)
    with ScriptedReceiver() as hook, \
            MeasuredEngine(bench, RULES, topic, hook.url(""), memory="512MB", max_groups=2 * bench.groups) as engine:
        engine.start()
        engine.run_to(topic.events)
        result = {"cells": int(engine.metric("tocsin_cells")), "hot_bytes": int(engine.metric("tocsin_hot_bytes"))}
        result["starts"] = [start_after_kill(engine, topic) for _ in range(bench.options.runs)]
        result["cells_after_start"] = int(engine.metric("tocsin_cells"))
        NEVER_SET.wait(1)
        result["rss_mb"] = engine.status_mb("VmRSS")
        engine.check(RULES)
        result |= close(bench, engine, topic)
    shutil.rmtree(engine.directory)
    return result


def start_after_kill(engine, topic):
    """Seconds from exec to the first new event counted; the event waits for the engine in the topic."""
    engine.kill9()
    topic.add(1, users=1, after=WINDOW_MINUTES, minutes=1, in_turn=True)
    start = time.monotonic()
    engine.start()
    while (engine.metric("tocsin_events_total") or 0) < topic.events:
        assert time.monotonic() - start < 60, engine.log_tail()
        NEVER_SET.wait(0.001)
    return time.monotonic() - start


def close(bench, engine, topic):
    """Time goes on until the hour is closed and its cells are stored, some a commit; then what the state takes."""
    later = LATER_MINUTES
    while True:
        topic.add(COMMITS_PER_SECOND, users=FEW, after=later, minutes=1, in_turn=True, rate=COMMITS_PER_SECOND)
        engine.run_to(topic.events)
        if engine.metric("tocsin_cells") <= 2 * FEW:
            break
        later += 1
        assert later < LATER_MINUTES + 120, "the closed window's cells are not stored"
    engine.check(RULES)
    engine.stop()
    return bench.compact(engine)


def measures(bench, results):
    few, many = results["few groups"], results["hot groups"]
    groups = bench.groups
    yield Measure(NAME, "hot groups after the start", "groups", column(many, "cells_after_start"),
                  goal=at_least(groups), more_is_better=True)
    yield Measure(NAME, "start after kill -9 until the first new event is counted", "s", tuple(many[0]["starts"]),
                  goal=at_most(1))
    yield Measure(NAME, "RAM per hot group, by the engine's account", "bytes",
                  tuple(run["hot_bytes"] / run["cells"] for run in many), goal=at_most(120))
    yield Measure(NAME, "RAM per hot group, by RSS after a start", "bytes",
                  tuple((b["rss_mb"] - a["rss_mb"]) * 2**20 / (groups - FEW) for a, b in zip(few, many)),
                  goal=at_most(120))
    yield Measure(NAME, "disk per group and closed window, compacted", "bytes",
                  tuple((b["tables"] - a["tables"]) / (groups - FEW) for a, b in zip(few, many)), goal=at_most(60))
