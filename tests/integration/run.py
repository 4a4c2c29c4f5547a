#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the integration tests: the real binary on a real Kafka, against a model of its own.

    tests/integration/run.py                       20 kills, then all the others
    tests/integration/run.py --cycles 200 --seed 7 --only kill9"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True

import backtest_equals_live
import channels
import crash_loop
import demo
import explain
import ingest
import kafka_faults
import kafka_source
import kill9
import levels
import mail
import outage
import quick_start
import reload
import reprice
import self_test
import slack
from kafka_broker import VERSIONS, KafkaBroker
from live import Context

ROOT = Path(__file__).resolve().parents[2]
MODULES = {"self_test": self_test, "kill9": kill9,
           "backtest_equals_live": backtest_equals_live, "outage": outage, "slack": slack,
           "kafka_source": kafka_source, "kafka_faults": kafka_faults, "crash_loop": crash_loop,
           "mail": mail, "levels": levels, "channels": channels, "demo": demo,
           "explain": explain, "ingest": ingest, "reload": reload,
           "reprice": reprice, "quick_start": quick_start}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--cycles", type=int, default=20, help="kills of the kill -9 test")
    parser.add_argument("--version", choices=VERSIONS, default=VERSIONS[0], help="of Kafka")
    parser.add_argument("--rounds", type=int, default=1, help="of each fault of Kafka")
    parser.add_argument("--quick", action="store_true", help="20 kills whatever --cycles says")
    parser.add_argument("--only", choices=MODULES, action="append", help="may be given again")
    return parser.parse_args()


def run_test(context, sentence, test):
    start = time.monotonic()
    context.note.clear()
    try:
        test(context)
    except (Exception, subprocess.SubprocessError) as error:
        print(f"FAILED  {sentence} ({time.monotonic() - start:.1f} s)\n    {error}", flush=True)
        if not isinstance(error, AssertionError):
            traceback.print_exc()
        return False
    note = f": {'; '.join(context.note)}" if context.note else ""
    print(f"ok      {sentence} ({time.monotonic() - start:.1f} s){note}", flush=True)
    return True


def main():
    options = arguments()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    cycles = 20 if options.quick else options.cycles
    binary, tool = options.build / "tocsin", options.build / "kafka_tool"
    for program in (binary, tool):
        if not program.exists():
            sys.exit(f"{program} is missing: build it first, or name its folder with --build")
    modules = options.only or list(MODULES)
    again = f"{sys.argv[0]} --seed {seed} --cycles {cycles} --rounds {options.rounds}"
    again += "".join(f" --only {m}" for m in options.only or [])
    print(f"seed {seed}; to repeat: {again}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-integration-"))
    passed = failed = 0
    with KafkaBroker(options.version, tool=str(tool)) as broker:
        context = Context(binary, tool, broker, folder, seed, cycles, options.rounds)
        for module in modules:
            for sentence, test in MODULES[module].TESTS:
                good = run_test(context, sentence, test)
                passed, failed = passed + good, failed + (not good)
    if failed:
        print(f"states, configs and logs are kept in {folder}; to repeat: {again}")
    else:
        shutil.rmtree(folder)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
