#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A full disk: tocsin stops counting before a write fails, says so, and goes on when there is room.

    tests/crash/disk_full.py build/release/tocsin --cycles 20"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from engine_on_file import PAUSE, EngineOnFile, in_own_mounts, wait_for
from receivers import ScriptedReceiver

ALARM, RESUME = 10, 30  # seconds


def fill(disk):
    """Writes until nothing more goes in."""
    filler = disk / "filler"
    block = b"x" * 65536
    with open(filler, "ab", buffering=0) as file:
        try:
            while True:
                file.write(block)
        except OSError:
            pass
    return filler


def kinds(ops):
    return [delivery.json["engine"]["kind"] for delivery in list(ops.deliveries)
            if delivery.json.get("engine")]


def cycle(engine, disk, ops, number):
    engine.write(500)
    wait_for(engine.counted_exactly, RESUME, "counted before the disk is full")
    filler = fill(disk)
    wait_for(lambda: engine.metric("held") == 1 or not engine.alive(), ALARM, "held")
    assert engine.alive(), f"it ended: {engine.said()}"
    before = engine.metric("records_total")
    engine.write(500)
    PAUSE.wait(0.5)
    assert engine.alive(), f"it ended: {engine.said()}"
    assert engine.metric("records_total") == before, "it counts on a full disk"
    status, text = engine.get("/readyz")
    assert status == 503 and "the disk of the state is full" in text, text
    status, text = engine.get("/healthz")
    assert status == 200 and "the disk of the state is full" in json.loads(text)["text"], text
    if number == 0:  # later ones are told at most once a minute
        wait_for(lambda: "disk_full" in kinds(ops), ALARM, "told that the disk is full")
    filler.unlink()
    wait_for(engine.counted_exactly, RESUME, "all counted when there is room again")
    assert engine.get("/readyz")[0] == 200
    if number == 0:
        wait_for(lambda: "disk_room" in kinds(ops), ALARM, "told that there is room")


def full_while_writing(engine, disk):
    """Filled at full speed, and also where it dies of it: exact when started with room."""
    engine.write(30_000, users=20_000)
    filler = fill(disk)
    PAUSE.wait(1)
    fill(disk)
    if not engine.alive():
        assert engine.wait(1) == 1 and "the disk is full" in engine.said(), engine.said()
    filler.unlink()
    if engine.process is None:
        engine.start()
    wait_for(engine.counted_exactly, 60, f"all counted in the end; {engine.said()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--cycles", type=int, default=1)
    options = parser.parse_args()
    in_own_mounts()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder, ScriptedReceiver() as hook, \
            ScriptedReceiver() as ops:
        disk = Path(folder) / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], check=True)
        engine = EngineOnFile(options.binary.resolve(), folder, hook, ops, disk / "state")
        engine.start()
        try:
            wait_for(lambda: engine.get("/readyz")[0] == 200, RESUME, "ready")
            tests = [lambda n=n: cycle(engine, disk, ops, n) for n in range(options.cycles)]
            for test in [*tests, lambda: full_while_writing(engine, disk)]:
                try:
                    test()
                    passed += 1
                except AssertionError as error:
                    failed += 1
                    print(f"FAILED  {error}\n    to repeat: {' '.join(sys.argv)}", flush=True)
                    break
        finally:
            if engine.process is not None:
                engine.process.kill()
                engine.process.wait()
            subprocess.run(["umount", disk], check=False)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
