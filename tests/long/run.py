#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs suites too long for CI and keeps their results in docs/reliability.md: a row each, which
replaces the suite's row before. suites.py says what a suite is, and how one is added.

    tests/long/run.py sim,crash        or all, as ./dev test --long=… does
    tests/long/run.py --packages sim   the Debian packages it needs, a line each"""

import argparse
import datetime
import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True

import results
from suites import SUITES

ROOT = Path(__file__).resolve().parents[2]
CLOSING = re.compile(r"(?:[a-z0-9_]+: )?(\d+) passed, (\d+) failed(?:, \d+ skipped)?")


@dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    trouble: str = ""  # why it has failed whatever was counted

    @property
    def good(self):
        return self.passed > 0 and self.failed == 0 and not self.trouble

    def text(self):
        counted = f"{self.passed:,} passed, {self.failed:,} failed"
        return f"{counted}; {self.trouble}" if self.trouble else counted


def stream(command, log):
    """Runs it, its output as it comes to ours and to the log: (status, its last closing line's counts)."""
    counts = None
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            log.write(line)
            closing = CLOSING.fullmatch(line.strip())
            if closing:
                counts = tuple(map(int, closing.groups()))
    return process.returncode, counts


def run_commands(suite, build, log):
    outcome = Outcome()
    for command in suite.commands:
        words = [word.replace("{build}", str(build)) for word in command]
        name = Path(words[0]).name
        try:
            status, counts = stream(words, log)
        except OSError as error:
            outcome.trouble = f"{name} could not be started: {error.strerror}"
            continue
        passed, failed = counts or (0, 0)
        outcome.passed += passed
        outcome.failed += failed
        if counts is None:
            outcome.trouble = f"{name} ended with status {status} and counted nothing"
        elif passed + failed == 0:
            outcome.trouble = f"{name} ran nothing"
        elif status != 0 and failed == 0:
            outcome.trouble = f"{name} ended with status {status}"
    return outcome


def build_suite(suite):
    folder = ROOT / "build" / (suite.folder or suite.preset)
    if not suite.targets:
        return folder
    werror = os.environ.get("TOCSIN_WERROR") or "OFF"
    subprocess.run(["cmake", "--preset", suite.preset, "-B", folder, "--log-level=WARNING",
                    "-DTOCSIN_TESTS=ON", f"-DTOCSIN_WERROR={werror}", *suite.options],
                   cwd=ROOT, check=True)
    subprocess.run(["ninja", "-C", folder, *suite.targets], check=True)
    return folder


def cpu_seconds():
    """Of all processes started here and waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def commit_text():
    """Its own results, of the suite before, are no change."""
    changes = [line for line in git("status", "--porcelain").splitlines()
               if line[3:] != "docs/reliability.md"]
    return git("rev-parse", "--short", "HEAD").strip() + (" + changes" if changes else "")


def run_suite(name, suite, build, log):
    """Runs a suite that is built: (outcome, its row)."""
    commit, began, cpu_began = commit_text(), time.monotonic(), cpu_seconds()
    outcome = run_commands(suite, build, log)
    wall, cpu = time.monotonic() - began, cpu_seconds() - cpu_began
    date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    return outcome, results.Row(name, commit, date, outcome.text(),
                                f"{wall / 60:.1f} ({cpu / 60:.1f} of CPU)")


def run_and_keep(name, suite, document):
    print(f"{name}: building", flush=True)
    try:
        build = build_suite(suite)
    except subprocess.CalledProcessError:
        print(f"{name}: it could not be built; what failed is above", flush=True)
        return False
    path = ROOT / "build" / "long" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as log:
        outcome, row = run_suite(name, suite, build, log)
    results.keep(document, row)
    print(f"{name}: {row.result}, {row.minutes} minutes; in {document.relative_to(ROOT)}, its output in "
          f"{path.relative_to(ROOT)}", flush=True)
    return outcome.good


def named(text):
    names = list(SUITES) if text == "all" else text.split(",")
    for name in names:
        if name not in SUITES:
            sys.exit(f'there is no long suite "{name}"; there are {", ".join(SUITES)}, and all')
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", action="store_true")
    parser.add_argument("suites")
    options = parser.parse_args()
    names = named(options.suites)
    missing = [name for name in names if SUITES[name] is None]
    present = [name for name in names if SUITES[name] is not None]
    if options.packages:
        print("\n".join(sorted({package for name in present for package in SUITES[name].packages})))
        return 0
    for name in missing:
        print(f"{name}: nobody has written this suite yet (tests/long/suites.py), so nothing was run")
    good = [run_and_keep(name, SUITES[name], ROOT / "docs" / "reliability.md") for name in present]
    return 0 if all(good) and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
