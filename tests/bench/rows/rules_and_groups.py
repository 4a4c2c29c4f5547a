# SPDX-License-Identifier: Apache-2.0
"""1,000 rules beside a rule of a million hot groups: what an event costs, against 10 rules with as many groups, and
how long the stream stands still for a reload that edits the budgets of all of them."""

import dataclasses
import shutil
import statistics

import budgets
from engine import NEVER_SET  # of tests/integration
from measured_engine import MeasuredEngine
from measures import Measure, at_most, column, over

from receivers import ScriptedReceiver  # of tests/integration
from rules import rules_yaml  # of tests/integration

NAME = "rules_and_groups"
SUBJECT = "1,000 rules and 1 million hot groups: an event, and the pause of a reload"
FEW, MANY = 10, 1000
RELOADS_MIN = 5
OPTIONS = {"memory": "512MB", "max_groups": 2_000_000}


def topic_of(bench):
    """Users one after the other, so that all groups are hot from a third of it on."""
    return bench.topic("thrice", 3 * bench.groups, users=bench.groups, minutes=50, in_turn=True)


def rules_of(count, cents=0):
    """None of them comes near its budget; `cents` makes every budget another."""
    rules = [*budgets.never_reached([*budgets.MATCHING, budgets.USER_HOUR]),
             *budgets.never_matching(count - len(budgets.MATCHING) - 1)]
    return [dataclasses.replace(rule, budget=f"{rule.budget}.{cents:02}") for rule in rules] if cents else rules


def contestants(bench):
    def count(rules):
        return bench.count_all(topic_of(bench), rules_of(rules), rungs={}, **OPTIONS)
    return {"few rules, many groups": lambda: count(FEW), "many rules, many groups": lambda: count(MANY),
            "reloads": lambda: reloads(bench)}


def reloads(bench):
    topic = topic_of(bench)
    pauses = []
    with ScriptedReceiver() as hook, MeasuredEngine(bench, rules_of(MANY), topic, hook.url(""), **OPTIONS) as engine:
        engine.start()
        engine.run_to(topic.events // 3)
        while int(engine.metric("tocsin_events_total")) < topic.events:
            (engine.directory / "rules.yaml").write_text(rules_yaml(rules_of(MANY, len(pauses) + 1)))
            while (answer := engine.post("/api/v1/reload", "reload"))[0] == 409:  # its watch saw the file first
                NEVER_SET.wait(0.01)
            assert answer[0] == 200, answer
            pauses.append(float(engine.metric("tocsin_reload_pause_milliseconds")))
        engine.check(rules_of(MANY), {})
        engine.stop()
    shutil.rmtree(engine.directory)
    assert len(pauses) >= RELOADS_MIN, f"all was counted within {len(pauses)} reloads"
    return {"pauses": pauses}


def measures(bench, results):
    few, many, reloaded = (results[name] for name in
                           ("few rules, many groups", "many rules, many groups", "reloads"))
    yield Measure(NAME, f"{FEW} rules, a million groups: time per event", "µs", column(few, "event_us"))
    yield Measure(NAME, f"{MANY:,} rules, a million groups: time per event", "µs", column(many, "event_us"),
                  over(many, few, "event_us"), f"{FEW} rules", at_most(1.3))
    yield Measure(NAME, f"{MANY:,} rules, a million groups: peak RSS", "MB", column(many, "rss_mb"))
    yield Measure(NAME, "all budgets edited again and again: pause of a reload, median", "ms",
                  tuple(statistics.median(run["pauses"]) for run in reloaded))
    yield Measure(NAME, "all budgets edited again and again: longest pause of a reload", "ms",
                  tuple(max(run["pauses"]) for run in reloaded), goal=at_most(50))
