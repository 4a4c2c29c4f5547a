#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The n-th fsync, write or rename of a thread fails, or the process dies of it: after a failure
tocsin ends by itself within 5 s and says why, and the next start counts all exactly.

    tests/crash/syscalls.py build/release/tocsin            a few of each
    tests/crash/syscalls.py build/release/tocsin --every 1  every one, up to --most 60"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from engine_on_file import EngineOnFile, skip, wait_for
from receivers import ScriptedReceiver

CALLS = ("fdatasync", "fsync", "write", "pwrite64", "rename")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=KILL")
RECORDS = 2_000


def run_case(options, call, fault, when):
    with tempfile.TemporaryDirectory() as folder, ScriptedReceiver() as hook, \
            ScriptedReceiver() as ops:
        engine = EngineOnFile(options.binary.resolve(), folder, hook, ops)
        engine.write(RECORDS)
        # `-P` cannot name files that do not exist yet: all of a kind are counted, thread by thread.
        # `-D`: the engine is our child, whom signals reach; strace would keep them to itself.
        engine.start(["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                      "-e", f"inject={call}:{fault}:when={when}"])
        try:
            wait_for(lambda: not engine.alive() or engine.counted_exactly(), 30,
                     f"an end, or all counted; {engine.said()}")
            if engine.alive():
                engine.end()
            else:
                code = engine.wait(5)
                if fault != "signal=KILL":
                    assert code == 1, f"it ended with {code}: {engine.said()}"
                    assert "tocsin" in engine.said() or "state" in engine.said(), "without a word"
            engine.start()
            wait_for(lambda: not engine.alive() or engine.counted_exactly(), 30,
                     f"all counted after the next start; {engine.said()}")
            assert engine.alive(), f"the next start ended: {engine.said()}"
            ids = [alert["id"] for delivery in hook.deliveries for alert in delivery.json["alerts"]]
            wait_for(lambda: len({alert["id"] for delivery in list(hook.deliveries)
                                  for alert in delivery.json["alerts"]}) == 100, 20,
                     f"100 alerts told, {len(set(ids))} were")
            assert engine.end() == 0, engine.said()
        finally:
            if engine.process is not None:
                engine.process.kill()
                engine.process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--every", type=int, default=0, help="0: two of each")
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--only", nargs=3, metavar=("CALL", "FAULT", "WHEN"))
    options = parser.parse_args()
    if shutil.which("strace") is None or subprocess.run(
            ["strace", "-o", "/dev/null", "true"], check=False, capture_output=True).returncode != 0:
        skip("there is no strace, or it may not trace")
    when = range(1, options.most + 1, options.every) if options.every else (2, 5)
    cases = [(call, fault, at) for call in CALLS for fault in FAULTS for at in when]
    if options.only:
        cases = [tuple(options.only)]
    elif not options.every:
        cases = [case for case in cases if case[0] in ("fdatasync", "rename")][::2]
    passed = failed = 0
    for case in cases:
        try:
            run_case(options, *case)
            passed += 1
        except (AssertionError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAILED  {case}: {error}\n    to repeat: {sys.argv[0]} {options.binary} --only "
                  f"{' '.join(map(str, case))}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
