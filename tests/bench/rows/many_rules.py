# SPDX-License-Identifier: Apache-2.0
import budgets
from measures import Measure, at_most, column, over

NAME = "many_rules"
SUBJECT = "10 and 1,000 rules, of which the same five match an event"
FEW, MANY = 10, 1000


def contestants(bench):
    def count(rules):
        others = budgets.never_matching(rules - len(budgets.MATCHING))
        return bench.count_all(bench.two_days(), [*budgets.MATCHING, *others])
    return {f"{FEW} rules": lambda: count(FEW), f"{MANY} rules": lambda: count(MANY)}


def measures(bench, results):
    few, many = results[f"{FEW} rules"], results[f"{MANY} rules"]
    yield Measure(NAME, f"{FEW} rules: time per event", "µs", column(few, "event_us"))
    yield Measure(NAME, f"{MANY:,} rules: time per event", "µs",
                  column(many, "event_us"), over(many, few, "event_us"), f"{FEW} rules", at_most(1.3))
