# SPDX-License-Identifier: Apache-2.0
"""Two results side by side. What is compared is a ratio to something of the same run where there is one: absolute
numbers are a machine's own, and are not judged between two machines."""

import machine
import report
from measures import Measure

# Differences below these shares are no news: whatever the spread, and where one of the two was run once.
SHARE_MIN, SHARE_MIN_ONCE = 0.05, 0.3
BETTER, SAME, WORSE, OTHER_MACHINE, GONE, NEW = "better", "same", "WORSE", "other machine", "gone", "new"


def judge(before, after, same_machine):
    """Beyond the spread: each median lies outside what the other result saw."""
    if (before.unit, before.of) != (after.unit, after.of):
        return NEW
    if not before.ratios and not same_machine:
        return OTHER_MACHINE
    sign = 1 if before.more_is_better else -1
    gain = sign * (after.middle - before.middle)
    once = len(before.judged) == 1 or len(after.judged) == 1
    if abs(gain) <= (SHARE_MIN_ONCE if once else SHARE_MIN) * abs(before.middle):
        return SAME
    outside = not before.spread[0] <= after.middle <= before.spread[1] and \
        not after.spread[0] <= before.middle <= after.spread[1]
    if not outside:
        return SAME
    return BETTER if gain > 0 else WORSE


def different_work(before, after):
    """Why results of these two sizes cannot be compared at all; empty if they can."""
    different = [f"{name} {before[name]:,} and {after[name]:,}" for name in ("events", "groups")
                 if before[name] != after[name]]
    return f"the two results are of different work: {', '.join(different)}" if different else ""


def compare(before, after):
    """(lines of a table, whether anything is worse)"""
    old = {m.key: m for m in map(Measure.from_json, before["measures"])}
    new = {m.key: m for m in map(Measure.from_json, after["measures"])}
    same_machine = machine.same(before["machine"], after["machine"])
    rows = []
    for key in [*new, *(key for key in old if key not in new)]:
        one, two = old.get(key), new.get(key)
        said = NEW if one is None else GONE if two is None else judge(one, two, same_machine)
        # A run of some rows says nothing of the others.
        if said != GONE or any(m.row == one.row for m in new.values()):
            rows.append((key, cell(one), cell(two), change(one, two), said))
    widths = [max(len(row[i]) for row in rows) for i in range(5)] if rows else []
    lines = [f"Against {before['commit']} of {before['at'][:10]}:"]
    lines += ["  " + "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
    return lines, any(row[4] == WORSE for row in rows)


def cell(measure):
    if measure is None:
        return ""
    unit = "×" if measure.ratios else measure.unit
    around = report.spread(measure)
    return f"{report.number(measure.middle)} {unit}" + (f" ({around})" if around else "")


def change(one, two):
    if one is None or two is None or one.middle == 0:
        return ""
    return f"{100 * (two.middle / one.middle - 1):+.0f} %"
