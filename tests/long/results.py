# SPDX-License-Identifier: Apache-2.0
"""The table of long runs in docs/reliability.md: a row for each suite, in the order of their names."""

import os
from dataclasses import astuple, dataclass

TITLE = "## Long runs"
HEAD = ["| suite | commit | date | result | minutes |", "| --- | --- | --- | --- | --- |"]


@dataclass(frozen=True)
class Row:
    suite: str
    commit: str
    date: str
    result: str
    minutes: str

    def line(self):
        return "| " + " | ".join(astuple(self)) + " |"


def cell(line):
    return line.split("|")[1].strip()


def with_row(text, row):
    """The document with the row in place of the suite's last; all else is left as it was."""
    lines = text.splitlines()
    if TITLE not in lines:
        lines += ["", TITLE]
    title = lines.index(TITLE)
    end = next((at for at in range(title + 1, len(lines)) if lines[at].startswith("## ")), len(lines))
    head = next((at for at in range(title, end) if lines[at] == HEAD[0]), None)
    if head is None:
        while not lines[end - 1]:
            end -= 1
        lines[end:end] = ["", *HEAD]
        head = end + 1
    first = last = head + len(HEAD)
    while last < len(lines) and lines[last].startswith("|"):
        last += 1
    others = [line for line in lines[first:last] if cell(line) != row.suite]
    lines[first:last] = sorted([*others, row.line()], key=cell)
    return "\n".join(lines) + "\n"


def keep(path, row):
    """Replaces the file whole: a run broken off here leaves the results before."""
    new = path.with_suffix(".new")
    new.write_text(with_row(path.read_text(encoding="utf-8"), row), encoding="utf-8")
    os.replace(new, path)
