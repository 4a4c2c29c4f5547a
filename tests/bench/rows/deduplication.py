# SPDX-License-Identifier: Apache-2.0
"""Events without ids are not claimed. So the same events are read with their ids, and with the ids under a
name that nobody knows: as many bytes, as much to parse. All lie within the hour for which ids are remembered,
so that none has expired at the end."""

import budgets
from measures import Measure, at_least, at_most, over, per_second

NAME = "deduplication"
SUBJECT = "the 5-rule work on events within 50 minutes, with ids and without"
MINUTES = 50
WORK = f"5-rule work within {MINUTES} minutes"


def contestants(bench):
    def count(ids):
        topic = bench.topic(f"ids-{ids:d}", bench.events, minutes=MINUTES, ids=ids)
        return bench.count_all(topic, budgets.FIVE, compact=True)
    return {"without ids": lambda: count(False), "with ids": lambda: count(True)}


def measures(bench, results):
    without, with_ids = results["without ids"], results["with ids"]
    yield Measure(NAME, f"{WORK}, without ids", "events/s", per_second(without, bench.events),
                  more_is_better=True)
    yield Measure(NAME, f"{WORK}, with ids", "events/s", per_second(with_ids, bench.events),
                  over(without, with_ids), "without ids", at_least(0.8), True)
    yield Measure(NAME, "disk per id remembered, compacted", "bytes",
                  difference(with_ids, without, "tables", bench.events), goal=at_most(40))
    megabyte = bench.events / 2**20
    yield Measure(NAME, "memory per id remembered, by peak RSS", "bytes",
                  difference(with_ids, without, "rss_mb", megabyte))


def difference(above, below, key, divisor):
    return tuple((a[key] - b[key]) / divisor for a, b in zip(above, below, strict=True))
