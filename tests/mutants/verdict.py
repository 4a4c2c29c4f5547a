# SPDX-License-Identifier: Apache-2.0
"""What the output of a suite says: that it passed, that a test of it failed, or that it broke off,
which proves nothing."""

import re
from dataclasses import dataclass

CATCH = re.compile(r"^test cases: +\d+ \|.*\b(\d+) failed", re.MULTILINE)
COUNTED = re.compile(r"^(\d+) passed, (\d+) failed(?:, \d+ skipped)?$", re.MULTILINE)
CATCH_TITLE = re.compile(r"^-{79}\n((?:[^\n-][^\n]*\n)+)-{79}$", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    passed: bool
    found_it: bool  # a test failed
    text: str


def first_failure(output):
    """The sentence of Catch's first failing test; else the command that repeats the first failure."""
    if title := CATCH_TITLE.search(output):
        return " ".join(title[1].split())
    lines = output.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("FAILED"):
            why = lines[number - 1].strip() if number else ""
            return f"{why} ({line.removeprefix('FAILED').strip(': ')})" if why else line
    return next((line.strip() for line in lines if line.strip()), "")


def verdict_of(status, output):
    if status is None:
        return Verdict(False, False, "it did not end")
    if status < 0:
        return Verdict(False, False, f"it died of signal {-status}")
    catch, counted = CATCH.search(output), COUNTED.findall(output)
    failed = bool(catch) or bool(counted and int(counted[-1][1]))
    if status == 0 and not failed:
        return Verdict(True, False, "passes")
    if status != 0 and failed:
        return Verdict(False, True, first_failure(output)[:160])
    return Verdict(False, False, f"it ended with status {status} and no count: {output[-300:]}")
