# SPDX-License-Identifier: Apache-2.0
import functools
import json
import shutil
import subprocess
import sys

import budgets
from measured_engine import cpu_seconds, peak_rss_mb
from measures import Measure, at_least, at_most, column, over, per_second
from traffic import output

NAME = "five_rules"
SUBJECT = "the 5-rule work: two rules per user, 100,000 Zipf users, two days"


def contestants(bench):
    run = {"raw": bench.raw,
           "raw + decode": lambda: bench.consume("parse"),
           "five rules": lambda: bench.count_all(bench.two_days(), budgets.FIVE)}
    if bench.options.peer:
        run["Kafka Streams"] = lambda: kafka_streams(bench)
    return run


def measures(bench, results):
    raw, decode, five = results["raw"], results["raw + decode"], results["five rules"]
    wanted = sum(bench.two_days().rungs[rule.name] for rule in budgets.FIVE)
    yield Measure(NAME, "raw consume", "events/s", per_second(raw, bench.events), more_is_better=True)
    yield throughput(bench, "raw consume, and decoding every field", decode, raw)
    yield throughput(bench, "5-rule work, end to end", five, raw, at_least(0.3))
    yield Measure(NAME, "5-rule work: peak RSS", "MB", column(five, "rss_mb"), goal=at_most(400))
    yield Measure(NAME, "5-rule work: rungs recorded", "rungs", column(five, "alerts"),
                  tuple(run["alerts"] / max(1, wanted) for run in five), "the model's", at_least(1), True)
    yield Measure(NAME, "5-rule work: CPU", "s", column(five, "cpu_seconds"))
    yield Measure(NAME, "5-rule work: state on disk, as it lies", "MB", column(five, "state_mb"))
    if "Kafka Streams" in results:
        peer = results["Kafka Streams"]
        yield throughput(bench, "Kafka Streams, the same five rules", peer, raw)
        yield Measure(NAME, "Kafka Streams: peak RSS", "MB", column(peer, "rss_mb"))
        yield Measure(NAME, "Kafka Streams: CPU", "s", column(peer, "cpu_seconds"))
        yield Measure(NAME, "Kafka Streams: rungs", "rungs", column(peer, "rungs"))


def throughput(bench, what, runs, raw, goal=None, row=NAME):
    return Measure(row, what, "events/s", per_second(runs, bench.events), over(raw, runs), "raw consume", goal, True)


@functools.cache
def build_peer(root):
    output(["mvn", "-q", "-B", "-f", root / "tests" / "bench" / "kafka_streams" / "pom.xml", "compile",
            "dependency:copy-dependencies", "-DincludeScope=runtime"])
    return root / "build" / "kafka_streams"


def kafka_streams(bench):
    """The peer, from the start of its threads until it has counted all; as ours, but for the JVM's start."""
    peer, topic = build_peer(bench.root), bench.two_days()
    bench.engines += 1
    alerts, state = f"peer-alerts-{bench.engines}", bench.folder / f"peer-{bench.engines}"
    bench.broker.create_topic(alerts, 1)
    command = ["java", "-Xmx2g", "-cp", f"{peer}/classes:{peer}/dependency/*", "tocsin.bench.FiveRules",
               bench.broker.bootstrap, topic.name, topic.events, bench.folder / "prices", alerts, state]
    log = bench.folder / "peer.log"
    with open(log, "ab") as errors, \
            subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=errors, text=True) as process:
        line = process.stdout.readline()
        if not line:
            sys.exit("the Kafka Streams application ended:\n" + log.read_text()[-2000:])
        result = json.loads(line)
        result |= {"rss_mb": peak_rss_mb(process.pid), "cpu_seconds": cpu_seconds(process.pid)}
        process.stdin.close()
    shutil.rmtree(state)
    bench.broker.delete_topic(alerts)
    if int(result["total"]) != topic.picodollars:
        sys.exit(f"the peer's total differs: {result['total']}")
    return result
