#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the engine on a real Kafka on this machine, against what its client can do at best.

    tests/bench/run.py                        all rows of the table
    tests/bench/run.py --only five_rules,idle
    tests/bench/run.py --compare              and against the newest result in docs/performance
    tests/bench/run.py --record               and keeps the result there, and in docs/performance.md

What is compared takes turns within a round; medians over the rounds are told, with the least and the
most. Totals and alerts of every run are checked against the generator's own sums."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "integration"))

import compare  # noqa: E402
import machine  # noqa: E402
import record  # noqa: E402
import report  # noqa: E402
from bench import Bench  # noqa: E402
from rows import (catch_up, deduplication, five_rules, hot_groups, idle, ingest, latency, many_rules,  # noqa: E402
                  many_users, micro, rules_and_groups, without_users)
from traffic import BenchBroker  # noqa: E402

# The rows of a stage share topics and take turns; the topics go when the stage is over.
STAGES = ((five_rules, without_users, many_rules, catch_up, idle), (many_users,), (deduplication,),
          (hot_groups,), (rules_and_groups,), (latency,), (ingest,), (micro,))
ROWS = {row.NAME: row for stage in STAGES for row in stage}
EVENTS = 3_000_000
PROGRAMS = ("tocsin", "kafka_tool", "bench_generate", "bench_consume", "bench_latency", "bench_compact")


def arguments():
    names = "\n".join(f"  {row.NAME:16} {row.SUBJECT}" for row in ROWS.values())
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=f"{__doc__}\n\nrows:\n{names}")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--only", metavar="ROW[,ROW]", default=",".join(ROWS))
    parser.add_argument("--runs", type=int, default=3, help="rounds of what is compared")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--groups", type=int, default=1_000_000, help="hot groups of hot_groups")
    parser.add_argument("--probes", type=int, default=200, help="alerts of each latency run")
    parser.add_argument("--peer", action="store_true", help="also Kafka Streams (fetched with Maven the first time)")
    parser.add_argument("--compare", action="store_true", help="with the newest result in docs/performance")
    parser.add_argument("--with", dest="measured", type=Path, metavar="FILE",
                        help="compare this result instead of measuring")
    parser.add_argument("--record", action="store_true", help="keep the result by commit in docs/performance")
    parser.add_argument("--render", action="store_true", help="only write the table of docs/performance.md anew")
    options = parser.parse_args()
    if options.record and options.measured:
        parser.error("--record keeps what is measured now, not a file")
    options.rows = options.only.split(",")
    if unknown := [name for name in options.rows if name not in ROWS]:
        parser.error(f"no row is named {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if options.record and (set(options.rows) != set(ROWS) or options.events != EVENTS):
        parser.error("--record keeps all rows, with all events: leave --only and --events out")
    return options


def run_stage(bench, rows):
    """{contestant: [result of each round]}, for the contestants of all the rows."""
    results = {}
    for turn in range(bench.options.runs):
        start = time.monotonic()
        for row in rows:
            if turn > 0 and getattr(row, "ONCE", False):
                continue
            for name, contestant in row.contestants(bench).items():
                if len(results.setdefault(name, [])) == turn:
                    results[name].append(contestant())
        print(f"  round {turn + 1}: {time.monotonic() - start:.0f} s", flush=True)
        if all(getattr(row, "ONCE", False) for row in rows):
            break
    return results


def measure(options):
    for program in (*PROGRAMS, *(["bench_micro"] if micro.NAME in options.rows else [])):
        if not (options.build / program).exists():
            sys.exit(f"{options.build / program} is missing: build it first, or name its folder with --build")
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"The machine is busy (load {load:.1f}): what is measured now is worth little.")
    measures, start = [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder, \
            BenchBroker(heap="1g", tool=str(options.build / "kafka_tool")) as broker:
        bench = Bench(options, ROOT, broker, Path(folder))
        for stage in STAGES:
            rows = [row for row in stage if row.NAME in options.rows]
            if not rows:
                continue
            print(", ".join(row.NAME for row in rows), flush=True)
            bench.warm_up(rows)
            results = run_stage(bench, rows)
            for row in rows:
                found = list(row.measures(bench, results))
                measures += found
                print(report.text(found), flush=True)
            bench.forget_topics()
    print(f"all measured in {time.monotonic() - start:.0f} s")
    return record.result(measures, machine.describe(ROOT), size(options) | {"load_before": round(load, 1)})


def size(of):
    """Of a result, or of one that is to be measured."""
    if isinstance(of, dict):
        return of["size"]
    return {"events": of.events, "runs": of.runs, "groups": of.groups}


def to_compare_with(folder, work):
    """The newest result; an end with a reason if there is none, or none of the same work."""
    before = record.newest(folder)
    if before is None:
        sys.exit("docs/performance has no result to compare with: record one first (--record)")
    if different := compare.different_work(before["size"], size(work)):
        sys.exit(different)
    return before


def main():
    options = arguments()
    folder = ROOT / "docs" / "performance"
    if options.render:
        return record.render_into(folder)
    if options.record:
        record.demand_clean(ROOT)
    result = record.read(options.measured) if options.measured else None
    before = to_compare_with(folder, result or options) if options.compare or result else None
    if result is None:
        result = measure(options)
        print(f"\n{report.text(record.measures(result))}\n")
        print(f"written to {record.keep_aside(ROOT, result).relative_to(ROOT)}")
    code = 0
    if before:
        lines, worse = compare.compare(before, result)
        print("\n".join(lines))
        code = 1 if worse else 0
    if options.record:
        print(f"recorded in {record.keep(ROOT, result).relative_to(ROOT)} and docs/performance.md")
    return code


if __name__ == "__main__":
    sys.exit(main())
