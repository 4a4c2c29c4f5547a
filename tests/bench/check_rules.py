#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long `tocsin check` takes for many rules, right and wrong.

usage: check_rules.py TOCSIN [RULES]

Writes RULES (1,000) rules of eight keys into a folder of its own, once as they should be and once
with an error in each, and a table of 100,000 budgets; checks each ten times and prints the least
and the median of wall time, and the processor time of the least."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """\
sources: [{file: events.jsonl}]
state: {path: state}
rules: [rules.yaml]
channels: {ops: {webhook: {url: "http://127.0.0.1:1/"}}}
notify: {info: [ops], warning: [ops], critical: [ops], engine: [ops]}
"""
RULE = """\
  - name: team-{i:04d}
    summary: Spend of team {i}
    where: {{Environment: production, Team: team-{i}, model: [gpt-4o, "gpt-4o-*"]}}
    group_by: [user]
    window: {window}
    budget: ${budget}
    alert: {{50%: info, 80%: warning, 95%: warning, 100%: {{severity: critical, notify: [ops]}}}}
    labels: {{team: team-{i}}}
"""
WINDOWS = ("day", "week", "month", "hour")


def rules(count, window=None):
    return "rules:\n" + "".join(
        RULE.format(i=i, window=window or WINDOWS[i % len(WINDOWS)], budget=10 + i)
        for i in range(count))


def table(rows):
    return "Customer,budget\n" + "".join(f'customer-{i},"$1,000"\n' for i in range(rows))


def measure(tocsin, folder, code):
    times = []
    for _ in range(10):
        before, start = os.times(), time.perf_counter()
        done = subprocess.run([tocsin, "check"], cwd=folder, stdout=subprocess.DEVNULL)
        wall, after = time.perf_counter() - start, os.times()
        assert done.returncode == code, done.returncode
        times.append((wall, after.children_user - before.children_user +
                      after.children_system - before.children_system))
    least = min(times)
    median = statistics.median(wall for wall, _ in times)
    return f"{least[0] * 1000:6.0f} ms least, {median * 1000:6.0f} ms median, " \
           f"{least[1] * 1000:4.0f} ms of CPU"


def main():
    tocsin = Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    one = ("rules:\n  - {name: customers, group_by: [Customer], window: month, "
           "budgets: customers.csv}\n")
    with tempfile.TemporaryDirectory(prefix="tocsin-check-") as folder:
        folder = Path(folder)
        (folder / "tocsin.yaml").write_text(CONFIG)
        (folder / "customers.csv").write_text(table(100_000))
        for what, text, code in ((f"{count} rules", rules(count), 0),
                                 (f"{count} rules, each with an error", rules(count, "dayy"), 78),
                                 ("a table of 100,000 budgets", one, 0)):
            (folder / "rules.yaml").write_text(text)
            print(f"{what:35} {measure(tocsin, folder, code)}")


if __name__ == "__main__":
    main() if len(sys.argv) > 1 else sys.exit(__doc__)
