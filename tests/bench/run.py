#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the engine on a real Kafka on this machine, against what its client can do at best.

    tests/bench/run.py --runs 3 --peer

(a) raw: the engine's own consumer reads all records; (b) parse: and decodes them; (c) tocsin: the
whole engine with five rules, from exec until every event is applied; (d) latency: from produce()
to the webhook at 1000 requests a second; with --peer also (e) kafka_streams: the same five rules as
a Kafka Streams application. a, b, c and e take turns; medians are told. Totals and alerts of every
run are checked against the generator's own sums."""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
sys.dont_write_bytecode = True

from engine import NEVER_SET, Engine, free_port, poll_until  # noqa: E402
from kafka_broker import KafkaBroker  # noqa: E402
from receivers import ScriptedReceiver  # noqa: E402
from rules import Rule  # noqa: E402

RUNGS = {"50%": "info", "80%": "warning", "100%": "critical"}
RULES = [
    Rule("total-day", budget="$8000", alert=RUNGS),
    Rule("environment-day", group_by=("Environment",), budget="$3000", alert=RUNGS),
    Rule("feature-hour", group_by=("Feature",), window="hour", budget="$60", alert=RUNGS),
    Rule("user-day", group_by=("user",), budget="$20", alert=RUNGS),
    Rule("user-feature-hour", group_by=("user", "Feature"), window="hour", budget="$2", alert=RUNGS),
]
TOPIC = "bench"
RATE = 1000


class BenchBroker(KafkaBroker):
    """With the whole just-in-time compiler, which a test that wants to start soon does without."""

    def _java(self, main, *arguments):
        return [word for word in super()._java(main, *arguments) if not word.startswith("-XX:")]


def output(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


class Bench:
    def __init__(self, options, broker, folder):
        self.options, self.broker, self.folder = options, broker, folder
        self.engines = self.peers = 0

    def generate(self):
        self.broker.create_topic(TOPIC, 4)
        start = time.monotonic()
        output([self.options.build / "bench_generate", self.broker.bootstrap, TOPIC,
                self.options.events, self.folder])
        self.truth = json.loads((self.folder / "truth.json").read_text())
        size = self.truth["bytes"] / self.truth["events"]
        print(f"{self.truth['events']:,} events of {size:.1f} bytes written in "
              f"{time.monotonic() - start:.1f} s; {self.truth['cells']:,} cells, "
              f"{self.truth['rungs']:,} rungs", flush=True)

    def consume(self, mode):
        """Seconds and peak memory of the engine's consumer alone, or with the decoder."""
        return json.loads(output([self.options.build / "bench_consume", self.broker.bootstrap,
                                  TOPIC, mode, self.truth["events"]]))

    def engine(self, rules, topic, hook):
        self.engines += 1
        engine = Engine(self.options.build / "tocsin", self.folder / f"engine-{self.engines}", rules,
                        self.broker.bootstrap, topic, f'{{webhook: {{url: "{hook}/hook"}}}}', Ops(hook))
        shutil.copytree(self.folder / "prices", engine.directory / "prices", dirs_exist_ok=True)
        config = engine.config.read_text().replace("memory: 64MB", "memory: 256MB")
        engine.config.write_text(config.replace("group_interval: 1s\n", ""))
        return engine

    def end_to_end(self):
        with ScriptedReceiver() as hook, self.engine(RULES, TOPIC, hook.url("")) as engine:
            start = time.monotonic()
            engine.start()
            while (engine.metric("tocsin_events_total") or 0) < self.truth["events"]:
                if time.monotonic() - start > 600:
                    sys.exit(f"not done in 600 s; {engine.log_tail()}")
                NEVER_SET.wait(0.02)
            seconds = time.monotonic() - start
            result = {"seconds": seconds, "rss_mb": peak_rss_mb(engine.process.pid),
                      "cpu_seconds": cpu_seconds(engine.process.pid)}
            result |= self.check(engine)
            engine.stop()
            result["state_mb"] = int(output(["du", "-sk", engine.directory / "state"]).split()[0]) / 1024
        return result

    def check(self, engine):
        """The total to the picodollar, and the number of alerts of each rule, against the truth."""
        alerts = engine.list("alerts")
        rungs = {rule.name: 0 for rule in RULES}
        for alert in alerts:
            rungs[alert["rule"]] += 1
        wanted = {name: rule["rungs"] for name, rule in self.truth["rules"].items()}
        if rungs != wanted:
            sys.exit(f"alerts by rule differ:\n  engine {rungs}\n  truth  {wanted}")
        total = engine.metric("tocsin_cost_usd_total") * 10**12
        truth = sum(int(day) for day in self.truth["days_picodollars"])
        if total != truth:
            sys.exit(f"the total differs: engine {total} picodollars, truth {truth}")
        return {"alerts": len(alerts)}

    def kafka_streams(self):
        """The peer, from the start of its threads until it has counted all; as c, but for the JVM's start."""
        peer = ROOT / "build" / "kafka_streams"
        self.peers += 1
        alerts, state = f"peer-alerts-{self.peers}", self.folder / f"peer-{self.peers}"
        self.broker.create_topic(alerts, 1)
        command = ["java", "-Xmx2g", "-cp", f"{peer}/classes:{peer}/dependency/*", "tocsin.bench.FiveRules",
                   self.broker.bootstrap, TOPIC, self.truth["events"], self.folder / "prices", alerts, state]
        with open(self.folder / "peer.log", "ab") as log, \
                subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=log, text=True) as process:
            line = process.stdout.readline()
            if not line:
                sys.exit("the Kafka Streams application ended:\n" + (self.folder / "peer.log").read_text()[-2000:])
            result = json.loads(line)
            result |= {"rss_mb": peak_rss_mb(process.pid), "cpu_seconds": cpu_seconds(process.pid)}
            process.stdin.close()
        shutil.rmtree(state)
        if int(result["total"]) != sum(int(day) for day in self.truth["days_picodollars"]):
            sys.exit(f"the peer's total differs: {result['total']}")
        return result

    def latency(self):
        count = self.options.probes
        rules = [Rule(f"probe-{i}", where={"Probe": f"p-{i}"}, budget="$1", alert={"100%": "critical"})
                 for i in range(count)]
        topic, port = "latency", free_port()
        self.broker.create_topic(topic, 4)
        with self.engine(rules, topic, f"http://127.0.0.1:{port}") as engine:
            engine.start_ready()
            result = json.loads(output([self.options.build / "bench_latency", self.broker.bootstrap,
                                        topic, port, count, RATE]))
            engine.stop()
        return result


class Ops:
    """The engine route of a config, as Engine wants it."""

    def __init__(self, address):
        self.address = address

    def url(self, path):
        return self.address + path


def peak_rss_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def median(results, key):
    return statistics.median(result[key] for result in results)


def table(results, latency, events):
    print(f"\n{'':24}{'events/s':>12}{'of raw':>8}{'seconds':>9}{'RSS MB':>8}   runs (s)")
    raw = median(results["raw"], "seconds")
    for name, runs in results.items():
        seconds = median(runs, "seconds")
        print(f"{name:24}{events / seconds:>12,.0f}{raw / seconds:>8.2f}{seconds:>9.2f}"
              f"{median(runs, 'rss_mb'):>8.0f}   " + " ".join(f"{run['seconds']:.2f}" for run in runs))
    if "kafka streams" in results:
        peer = results["kafka streams"]
        print(f"kafka streams: {median(peer, 'cpu_seconds'):.1f} s of CPU, rungs "
              + ", ".join(f"{run['rungs']:,}" for run in peer))
    tocsin = results["tocsin"]
    print(f"tocsin: {median(tocsin, 'cpu_seconds'):.1f} s of CPU, state {median(tocsin, 'state_mb'):.0f} MB, "
          f"{tocsin[0]['alerts']:,} alerts; all sums equal the generator's")
    if latency:
        print(f"produce to webhook at {RATE}/s: p50 {latency['p50_ms']} ms, p90 {latency['p90_ms']} ms, "
              f"p99 {latency['p99_ms']} ms, max {latency['max_ms']} ms over {latency['probes']} alerts")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--probes", type=int, default=200, help="alerts of the latency run; 0: none")
    parser.add_argument("--peer", action="store_true", help="also Kafka Streams (fetched with Maven the first time)")
    options = parser.parse_args()
    for program in ("tocsin", "kafka_tool", "bench_generate", "bench_consume", "bench_latency"):
        if not (options.build / program).exists():
            sys.exit(f"{options.build / program} is missing: build it first, or name its folder with --build")
    results = {"raw": [], "raw + parse": [], "tocsin": []}
    if options.peer:
        results["kafka streams"] = []
        output(["mvn", "-q", "-B", "-f", ROOT / "tests" / "bench" / "kafka_streams" / "pom.xml", "compile",
                "dependency:copy-dependencies", "-DincludeScope=runtime"])
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder, \
            BenchBroker(heap="1g", tool=str(options.build / "kafka_tool")) as broker:
        bench = Bench(options, broker, Path(folder))
        bench.generate()
        bench.consume("raw")  # warms the broker up
        for run in range(options.runs):
            results["raw"].append(bench.consume("raw"))
            results["raw + parse"].append(bench.consume("parse"))
            results["tocsin"].append(bench.end_to_end())
            if options.peer:
                results["kafka streams"].append(bench.kafka_streams())
            print(f"run {run + 1}: " + ", ".join(f"{name} {runs[-1]['seconds']:.2f} s"
                                                 for name, runs in results.items()), flush=True)
        latency = bench.latency() if options.probes else None
        table(results, latency, options.events)
        report = {"at": datetime.now(timezone.utc).isoformat(timespec="seconds"), "truth": bench.truth,
                  "results": results, "latency": latency}
    target = ROOT / "build" / "bench"
    target.mkdir(parents=True, exist_ok=True)
    file = target / f"{datetime.now():%Y%m%d-%H%M%S}.json"
    file.write_text(json.dumps(report, indent=1))
    print(f"written to {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
