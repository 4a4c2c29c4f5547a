# SPDX-License-Identifier: Apache-2.0
import budgets
from measures import Measure, at_most, column, over

NAME = "many_users"
SUBJECT = "the 5-rule work on 10 thousand and on 10 million Zipf users, state.memory 512 MB"
FEW, MANY = 10_000, 10_000_000


def contestants(bench):
    def count(users):
        topic = bench.topic(f"users-{users}", bench.events, users=users)
        return bench.count_all(topic, budgets.FIVE, memory="512MB", max_groups=4 * MANY)
    return {"10 thousand users": lambda: count(FEW), "10 million users": lambda: count(MANY)}


def measures(bench, results):
    few, many = results["10 thousand users"], results["10 million users"]
    yield Measure(NAME, "5-rule work, 10 thousand users: time per event", "µs", column(few, "event_us"))
    yield Measure(NAME, "5-rule work, 10 million users: time per event", "µs",
                  column(many, "event_us"), over(many, few, "event_us"), "10 thousand users", at_most(2))
    yield Measure(NAME, "5-rule work, 10 million users: peak RSS", "MB", column(many, "rss_mb"))
