# SPDX-License-Identifier: Apache-2.0
"""A mutant's patch: a unified diff of one file, preceded by what is wrong with it.

Others change the source at the same time, so its line numbers mean nothing: a hunk belongs where
the lines that it holds stand, and they must stand in one place alone."""

import re
from dataclasses import dataclass


class Misfit(Exception):
    """Why a patch cannot be put on the source as it is."""


@dataclass(frozen=True)
class Hunk:
    before: str
    after: str


@dataclass(frozen=True)
class Patch:
    path: str  # of the file that it changes, in the repository
    hunks: tuple

    def applied(self, text):
        for number, hunk in enumerate(self.hunks, 1):
            places = len(re.findall("(?m)^" + re.escape(hunk.before), text))
            if places != 1:
                raise Misfit(f"hunk {number} fits {places} places in {self.path}")
            at = re.search("(?m)^" + re.escape(hunk.before), text).start()
            text = text[:at] + hunk.after + text[at + len(hunk.before):]
        return text


def parse(text):
    lines = text.splitlines(keepends=True)
    paths = [line[6:].strip() for line in lines if line.startswith("+++ b/")]
    if len(paths) != 1:
        raise Misfit(f"it changes {len(paths)} files, not one")
    hunks, before, after = [], [], []
    for line in lines[next(i for i, one in enumerate(lines) if one.startswith("+++ ")) + 1:]:
        if line.startswith("@@"):
            hunks.append((before := [], after := []))
        elif line[0] not in " +-" or not hunks:
            raise Misfit(f"this line is none of a unified diff: {line.rstrip()}")
        else:
            if line[0] in " -":
                before.append(line[1:])
            if line[0] in " +":
                after.append(line[1:])
    found = tuple(Hunk("".join(old), "".join(new)) for old, new in hunks)
    if not found or any(hunk.before == hunk.after or not hunk.before for hunk in found):
        raise Misfit("a hunk changes nothing, or says not where")
    return Patch(paths[0], found)
