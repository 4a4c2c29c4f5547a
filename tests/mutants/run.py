#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks the source on purpose, one seeded bug at a time, and runs the suite that is to see it: a
suite that lets a mutant live is no evidence. table.py says which suite each is for.

    tests/mutants/run.py                 all of them, after every suite passed on the source as it is
    tests/mutants/run.py --only NAME     one (also several times)
    tests/mutants/run.py --check         only whether they still fit the source; seconds"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True

from patch import Misfit, parse
from table import KILLERS, MUTANTS
from tree import ROOT, BuildFailed, Tree
from verdict import verdict_of

PATCHES = Path(__file__).resolve().parent / "patches"
KILLER_MAX = 300  # seconds


def patch_of(mutant):
    return parse((PATCHES / f"{mutant}.patch").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Fate:
    mutant: str
    killed: bool
    text: str  # by what; or why not
    seconds: float = 0.0


def run_killer(name, program, folder):
    """How its suite ended there."""
    try:
        done = subprocess.run([program, *KILLERS[name][1:]], cwd=folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace", timeout=KILLER_MAX)
    except subprocess.TimeoutExpired:
        return verdict_of(None, "")
    return verdict_of(done.returncode, done.stdout)


def build_mutant(mutant, tree, programs):
    """Its killer's program, kept aside; the source is whole again."""
    patch, target = patch_of(mutant), KILLERS[MUTANTS[mutant]][0]
    whole = tree.read(patch.path)
    try:
        tree.write(patch.path, patch.applied(whole).encode())
        tree.make(target)
    finally:
        tree.write(patch.path, whole.encode())
    return shutil.copy2(tree.build / target, programs / mutant)


def run_mutant(mutant, program, folder):
    began, killer = time.monotonic(), MUTANTS[mutant]
    verdict = run_killer(killer, program, folder)
    program.unlink()
    return Fate(mutant, verdict.found_it, f"{killer}: {verdict.text}", time.monotonic() - began)


def try_all(mutants, tree):
    """Their fates as they come: one is built while the suite of the one before runs."""
    with tempfile.TemporaryDirectory(dir=tree.folder.parent) as programs, ThreadPoolExecutor(1) as runner:
        running = None
        for mutant in mutants:
            try:
                program = Path(build_mutant(mutant, tree, Path(programs)))
            except (BuildFailed, Misfit, OSError) as error:
                yield Fate(mutant, False, str(error))
                continue
            if running:
                yield running.result()
            running = runner.submit(run_mutant, mutant, program, tree.folder)
        if running:
            yield running.result()


def prepare(folder, targets):
    began, tree = time.monotonic(), Tree(folder)
    tree.fill()
    tree.configure()
    tree.make(*targets)
    print(f"the source as it is was built in {folder} ({time.monotonic() - began:.0f} s)", flush=True)
    return tree


def passes_whole(killer, tree):
    began, verdict = time.monotonic(), run_killer(killer, tree.build / KILLERS[killer][0], tree.folder)
    print(f"{killer} on the source as it is: {verdict.text} ({time.monotonic() - began:.0f} s)", flush=True)
    return verdict.passed


def misfits(mutants):
    """The mutants that do not fit the source as it is, with why."""
    found = {}
    for mutant in mutants:
        try:
            patch = patch_of(mutant)
            patch.applied((ROOT / patch.path).read_text(encoding="utf-8"))
        except (Misfit, OSError) as error:
            found[mutant] = str(error)
    return found


def check(mutants):
    found = misfits(mutants)
    for mutant, why in found.items():
        print(f"tests/mutants/patches/{mutant}.patch: {why}")
    print(f"{len(mutants) - len(found)} passed, {len(found)} failed")
    return 1 if found else 0


def run(mutants, folder):
    killers = sorted({MUTANTS[mutant] for mutant in mutants})
    try:
        tree = prepare(folder, sorted({KILLERS[killer][0] for killer in killers}))
    except BuildFailed as failure:
        sys.exit(f"the source as it is cannot be built:\n{failure}")
    bad = [killer for killer in killers if not passes_whole(killer, tree)]
    if bad:
        sys.exit(f"a suite that fails on the source as it is kills nothing: {', '.join(bad)}")
    killed = 0
    for fate in try_all(mutants, tree):
        killed += fate.killed
        print(f"{'killed' if fate.killed else 'ALIVE'} | {fate.mutant} | {fate.text} | {fate.seconds:.0f} s",
              flush=True)
        if not fate.killed:
            print(f"    again: tests/mutants/run.py --only {fate.mutant}", flush=True)
    print(f"{killed} passed, {len(mutants) - killed} failed")
    return 0 if killed == len(mutants) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=MUTANTS, metavar="NAME")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "mutants" / "tree",
                        help="where the copy of the source is")
    options = parser.parse_args()
    mutants = options.only or list(MUTANTS)
    return check(mutants) if options.check else run(mutants, options.folder)


if __name__ == "__main__":
    sys.exit(main())
