# SPDX-License-Identifier: Apache-2.0
"""What a run measured: numbers, one a round, what they are held against, and what is wanted of them."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A bound of the ratio, or of the value where there is no ratio."""
    bound: float
    at_least: bool = False  # else: at most

    def met(self, number):
        return number >= self.bound if self.at_least else number <= self.bound


@dataclass(frozen=True)
class Measure:
    """`ratios` are to `of`, each taken within one round, so that a slow minute hits both sides."""
    row: str
    what: str
    unit: str
    values: tuple
    ratios: tuple = ()
    of: str = ""
    goal: Goal | None = None
    more_is_better: bool = False

    @property
    def key(self):
        return f"{self.row}: {self.what}"

    @property
    def judged(self):
        """What goals and comparisons are about: ratios, for absolute numbers are a machine's own."""
        return self.ratios or self.values

    @property
    def value(self):
        return statistics.median(self.values)

    @property
    def ratio(self):
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def middle(self):
        return statistics.median(self.judged)

    @property
    def spread(self):
        return min(self.judged), max(self.judged)

    @property
    def met(self):
        """None: no goal."""
        return None if self.goal is None else self.goal.met(self.middle)

    def as_json(self):
        fields = {"row": self.row, "what": self.what, "unit": self.unit,
                  "values": [rounded(v) for v in self.values]}
        if self.ratios:
            fields |= {"ratios": [rounded(r) for r in self.ratios], "of": self.of}
        if self.goal:
            fields["goal"] = {"at_least" if self.goal.at_least else "at_most": self.goal.bound}
        if self.more_is_better:
            fields["more_is_better"] = True
        return fields

    @staticmethod
    def from_json(fields):
        goal = None
        if "goal" in fields:
            (side, bound), = fields["goal"].items()
            goal = Goal(bound, side == "at_least")
        return Measure(fields["row"], fields["what"], fields["unit"], tuple(fields["values"]),
                       tuple(fields.get("ratios", ())), fields.get("of", ""), goal,
                       fields.get("more_is_better", False))


def at_least(bound):
    return Goal(bound, at_least=True)


def at_most(bound):
    return Goal(bound)


def rounded(number):
    """Four digits that mean something: more are noise, and make a result file hard to read."""
    return number if isinstance(number, int) else float(f"{number:.4g}")


def over(above, below, key="seconds"):
    """above[key] / below[key], round by round."""
    return tuple(a[key] / b[key] for a, b in zip(above, below, strict=True))


def column(runs, key):
    return tuple(run[key] for run in runs)


def per_second(runs, events):
    return tuple(events / run["seconds"] for run in runs)
