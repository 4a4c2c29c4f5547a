#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ended by SIGTERM under load it stores what it read, in time, and tells nothing twice; a second one
on the same state is refused and leaves the first alone.

    tests/crash/ends.py build/release/tocsin --terms 1000 --instances 100"""

import argparse
import collections
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine_on_file import PAUSE, EngineOnFile, Tally, wait_for
from receivers import ScriptedReceiver

TERM_MAX = 10  # seconds
REFUSED_MAX = 5  # of which most is the start of a process on a busy machine


def told_twice(hook):
    seen = collections.Counter(delivery.key for delivery in hook.deliveries)
    return [key for key, times in seen.items() if times > 1]


def terms(engine, hook, count):
    for number in range(count):
        engine.start()
        wait_for(lambda: engine.get("/healthz")[0] == 200, 30, "alive")
        engine.write(200, users=1_000 + number)
        PAUSE.wait(0.02 * (number % 7))
        begun = time.monotonic()
        code = engine.end()
        took = time.monotonic() - begun
        assert code == 0 and took < TERM_MAX, f"ended with {code} after {took:.1f} s: {engine.said()}"
        yield
    engine.start()
    wait_for(engine.counted_exactly, 30, "all counted")
    twice = told_twice(hook)
    assert not twice, f"told twice: {twice[:5]}"
    yield


def instances(engine, count):
    for _ in range(count):
        begun = time.monotonic()
        second = subprocess.run([engine.binary, "run", "--config", engine.folder / "tocsin.yaml"],
                                capture_output=True, text=True, timeout=30, check=False)
        took = time.monotonic() - begun
        assert second.returncode == 78, f"the second ended with {second.returncode}: {second.stderr}"
        assert f"in use by another tocsin process (process {engine.process.pid})" in second.stderr
        assert took < REFUSED_MAX, f"refused after {took:.1f} s"
        assert engine.alive()
        yield
    engine.write(100)
    wait_for(engine.counted_exactly, 30, "the first counts on")
    yield


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--terms", type=int, default=5)
    parser.add_argument("--instances", type=int, default=3)
    options = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, ScriptedReceiver() as hook, \
            ScriptedReceiver() as ops:
        engine = EngineOnFile(options.binary.resolve(), folder, hook, ops)
        with tally.of(engine):
            for suite in (terms(engine, hook, options.terms), instances(engine, options.instances)):
                for _ in suite:
                    tally.passed += 1
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
