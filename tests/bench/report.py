# SPDX-License-Identifier: Apache-2.0
"""Measures as tables: for a terminal, and for docs/performance.md."""

import machine
from measures import Measure

BEGIN = "<!-- The newest file of docs/performance; written by `./dev bench --record` or `--render`. -->"
END = "<!-- The end of what is written by `./dev bench`. -->"
EMPTY = "Nothing is recorded yet: `./dev bench --record` does, on an idle machine and a clean tree."


def number(value):
    """Three digits that mean something, thousands set apart."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{float(f'{value:.3g}'):.6f}".rstrip("0").rstrip(".")


def amount(measure):
    for least, unit, divisor in ((1e6, "M", 1e6), (1e4, "k", 1e3)):
        if measure.unit == "events/s" and measure.value >= least:
            return f"{number(measure.value / divisor)} {unit}/s"
    return f"{number(measure.value)} {measure.unit}"


def goal(measure):
    if measure.goal is None:
        return ""
    sign = "≥" if measure.goal.at_least else "≤"
    unit = " ×" if measure.ratios else f" {measure.unit}"
    return f"{sign} {number(measure.goal.bound)}{unit}"


def ratio(measure):
    return "" if measure.ratio is None else f"{number(measure.ratio)} × {measure.of}"


def spread(measure):
    least, most = measure.spread
    return f"{number(least)}–{number(most)}" if len(measure.judged) > 1 else ""


def verdict(measure):
    return {None: "", True: "met", False: "NOT MET"}[measure.met]


def text(measures):
    """A table for a terminal: goal, measured, ratio, spread."""
    head = ("", "goal", "measured", "ratio", "spread", "")
    rows = [(m.what, goal(m), amount(m), ratio(m), spread(m), verdict(m)) for m in measures]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in (head, *rows))


def markdown(result):
    """The section of docs/performance.md, markers included."""
    if result is None:
        return f"{BEGIN}\n{EMPTY}\n{END}"
    measures = [Measure.from_json(fields) for fields in result["measures"]]
    size = result["size"]
    lines = [BEGIN, f"Commit {result['commit']}, {result['at'][:10]}. {machine.text(result['machine'])}. "
             f"Load before: {size['load_before']}.", "",
             f"Medians, of {size['runs']} rounds where things are compared; the spread is the least and the most of "
             "what the goal is about (the ratio, where there is one).", "",
             "| what | goal | measured | ratio | spread | how to repeat |", "| --- | --- | --- | --- | --- | --- |"]
    for m in measures:
        wanted = goal(m) + {None: "", True: " ✓", False: " **not met**"}[m.met]
        lines.append("| " + " | ".join((m.what, wanted, amount(m), ratio(m), spread(m),
                                        f"`./dev bench --only {m.row}`")) + " |")
    return "\n".join([*lines, END])


def with_section(document, section):
    """The document with this section between the markers."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document has no place for the table: its two markers are missing")
    return before + section + after


def section_of(document):
    """What stands between the markers, with them."""
    _, begin, rest = document.partition(BEGIN)
    inside, end, _ = rest.partition(END)
    return begin + inside + end
