#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The faults of Kafka again and again, on two brokers at once: 200 bounces, 100 topics made anew,
50 partitions added, and the rest. `./dev test --long=kafka` runs it; it counts rounds.

    tests/integration/kafka_long.py [--seed N] [--only bounced --only damaged …] [--divide 10]"""

import argparse
import itertools
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True

import crash_loop
import idleness
import kafka_faults
from kafka_broker import VERSIONS, KafkaBroker
from live import Context

ROOT = Path(__file__).resolve().parents[2]
MODULES = (kafka_faults, crash_loop, idleness)
# How often each; those of OF_ITSELF have rounds in one scene, the others are run anew for each.
BOUNCES = {"bounced": 67}
OTHERS = {"recreated": 100, "partitions_added": 25, "deleted_unread": 50, "bad_network": 8, "aborted": 10,
          "codecs": 10, "damaged": 10, "compacted": 4, "hung_while_stopping": 8, "down_costs_nothing": 4,
          "bomb_is_left_alone": 2, "deadly_record_is_left_alone": 6, "kill9_halts_nothing": 25,
          "silent_partitions": 1}
OF_ITSELF = ("bounced", "recreated", "partitions_added", "deleted_unread", "bad_network", "aborted",
             "kill9_halts_nothing")


class Counts:
    def __init__(self):
        self.lock = threading.Lock()
        self.passed = self.failed = 0

    def add(self, good, rounds):
        with self.lock:
            if good:
                self.passed += rounds
            else:
                self.failed += 1


def run_one(context, name, rounds, seed, build):
    test = next(getattr(module, name) for module in MODULES if hasattr(module, name))
    context.note.clear()
    context.rounds = rounds if name in OF_ITSELF else 1
    began = time.monotonic()
    try:
        for _ in range(1 if name in OF_ITSELF else rounds):
            test(context)
    except Exception as error:
        print(f"FAILED  {name} ({time.monotonic() - began:.0f} s)\n    {error}\n    to repeat: "
              f"tests/integration/kafka_long.py --seed {seed} --only {name} --build {build}", flush=True)
        if not isinstance(error, AssertionError):
            traceback.print_exc()
        return False
    note = f": {'; '.join(context.note[-3:])}" if context.note else ""
    print(f"ok      {name}, {rounds} rounds ({time.monotonic() - began:.0f} s){note}", flush=True)
    return True


def run_group(tests, options, seed, counts, folder):
    tool = options.build / "kafka_tool"
    with KafkaBroker(options.version, tool=str(tool)) as broker:
        numbers = itertools.count()  # of topics, which are the broker's
        for name, rounds in tests.items():
            context = Context(options.build / "tocsin", tool, broker, folder / name, seed, 0,
                              numbers=numbers)
            counts.add(run_one(context, name, rounds, seed, options.build), rounds)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--version", choices=VERSIONS, default=VERSIONS[0], help="of Kafka")
    parser.add_argument("--only", choices=[*BOUNCES, *OTHERS], action="append", help="may be given again")
    parser.add_argument("--divide", type=int, default=1, help="all rounds by this")
    return parser.parse_args()


def main():
    options = arguments()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-kafka-long-"))
    counts = Counts()
    threads = []
    for group in (BOUNCES, OTHERS):
        tests = {name: max(1, rounds // options.divide) for name, rounds in group.items()
                 if not options.only or name in options.only}
        if tests:
            threads.append(threading.Thread(target=run_guarded, args=(tests, options, seed, counts, folder)))
            threads[-1].start()
    for thread in threads:
        thread.join()
    if counts.failed:
        print(f"states, configs and logs are kept in {folder}")
    else:
        shutil.rmtree(folder)
    print(f"{counts.passed} passed, {counts.failed} failed")
    return 1 if counts.failed else 0


def run_guarded(tests, options, seed, counts, folder):
    try:
        run_group(tests, options, seed, counts, folder)
    except Exception:  # the broker itself
        traceback.print_exc()
        counts.add(False, 1)


if __name__ == "__main__":
    sys.exit(main())
