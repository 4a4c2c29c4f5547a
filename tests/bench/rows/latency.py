# SPDX-License-Identifier: Apache-2.0
"""Probes: requests that cross a rung of a rule of their own, among others that the five rules count. Producer and
receiver are one process with one clock."""

import json
import shutil
import sys

import budgets
from engine import free_port  # of tests/integration
from measured_engine import MeasuredEngine
from measures import Measure, at_most, column
from traffic import Topic, output

from rules import Rule  # of tests/integration

NAME = "latency"
SUBJECT = "from before the produce call to the webhook's receipt, at 1,000/s and at 50,000/s"
ONCE = True
# Without lingering a producer sends a request a record, as one that waits for its answers does;
# tens of thousands a second come from producers that gather.
RATES = {1_000: 0, 50_000: 2}  # events/s: linger.ms
RATE_MIN = 0.97


def contestants(bench):
    return {f"latency at {rate:,}/s": lambda rate=rate: latency(bench, rate) for rate in RATES}


def latency(bench, rate):
    count, port, topic = bench.options.probes, free_port(), Topic(bench, f"latency-{rate}")
    probes = [Rule(f"probe-{i}", where={"Probe": f"p-{i}"}, budget="$1", alert={"100%": "critical"})
              for i in range(count)]
    rules = [*budgets.never_reached(budgets.FIVE), *probes]
    with MeasuredEngine(bench, rules, topic, f"http://127.0.0.1:{port}") as engine:
        engine.start_ready()
        result = json.loads(output([bench.program("bench_latency"), bench.broker.bootstrap, topic.name, port, count,
                                    rate, RATES[rate]]))
        alerts = len(engine.list("alerts"))
        engine.stop()
    shutil.rmtree(engine.directory)
    topic.delete()
    if alerts != count:
        sys.exit(f"{alerts} alerts of {count} probes")
    if result["rate"] < RATE_MIN * rate:
        print(f"  the producer reached {result['rate']:,.0f}/s of {rate:,}/s only: the machine is too busy")
    return result


def measures(bench, results):
    for rate, wanted in ((1_000, {"p50": 5, "p90": None, "p99": 25, "max": None}),
                         (50_000, {"p50": None, "p90": None, "p99": 50, "max": None})):
        runs = results[f"latency at {rate:,}/s"]
        for which, bound in wanted.items():
            yield Measure(NAME, f"produce → webhook at {rate:,}/s, {which}", "ms", column(runs, f"{which}_ms"),
                          goal=at_most(bound) if bound else None)
    yield Measure(NAME, "rate really produced of 50,000/s", "events/s",
                  column(results["latency at 50,000/s"], "rate"), more_is_better=True)
