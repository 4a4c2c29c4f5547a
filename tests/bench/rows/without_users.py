# SPDX-License-Identifier: Apache-2.0
import budgets
from measures import at_least
from rows import five_rules

NAME = "without_users"
SUBJECT = "the three of the five rules that are not per user"


def contestants(bench):
    return {"raw": bench.raw,
            "three rules": lambda: bench.count_all(bench.two_days(), budgets.WITHOUT_USERS)}


def measures(bench, results):
    yield five_rules.throughput(bench, "the three rules without users", results["three rules"], results["raw"],
                                at_least(0.55), NAME)
