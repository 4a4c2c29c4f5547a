# SPDX-License-Identifier: Apache-2.0
"""A day and a night of traffic with rules of every kind, and an edit of them in the middle."""

import re
from datetime import datetime, timezone

from generator import HOUR, IN_TIME, MINUTE, Generator, Record, Stretch
from model import to_ms

# The night in which clocks in Europe go back.
START = to_ms(datetime(2026, 10, 24, 12, tzinfo=timezone.utc))


def at(hours):
    return START + int(hours * HOUR)


END = at(31)
# Of the edited rules, which count days in Berlin, with an hour for late requests.
FIRST_DAY_IS_OVER = at(11)
EDITED = at(13.5)
ERRORS = [(3, 3.5), (20, 20.5)]
SLOW = [(6, 6.5)]
DEAR = [(9, 9.5), (16, 16.5)]
LULL = [(10.5, 12)]  # of one feature
IDLE = [(16.5, 22)]  # the last partition
NEW_MODEL = 26
BUSY = ERRORS + SLOW + DEAR


def within(spans, time):
    return any(at(first) <= time < at(last) for first, last in spans)


def stretches():
    """400 records an hour, and 1,800 where something is to be judged."""
    edges = sorted({0, 31} | {edge for span in BUSY for edge in span})
    for first, last in zip(edges, edges[1:]):
        hourly = 1800 if within(BUSY, at(first)) else 400
        yield Stretch(int(hourly * (last - first)), at(first), at(last))


class Day(Generator):
    def __init__(self, seed):
        super().__init__(seed, users=40)
        self.partition, self.now = 0, START

    def records(self):
        return list(self.stream(*stretches()))

    def is_idle(self, partition, at, share):
        return partition == self.partitions - 1 and within(IDLE, at)

    def any_record(self, partition, at):
        self.partition, self.now = partition, at
        dice = self.random.random()
        if dice < 0.003:  # a producer's clock that runs ahead: it says nothing of what is to come
            return super().ordinary(partition, at + 3 * HOUR, late=0)
        if dice < 0.03:
            return self.just_sent(partition, at)
        return super().any_record(partition, at)

    def just_sent(self, partition, at):
        """A producer that heard nothing of its record sends it anew, and not always to its partition."""
        brought_by, stamp, value = self.recent[-1]
        usual = brought_by == partition or b'"session"' in value or at - stamp > IN_TIME
        return Record(brought_by if usual else partition, at, value)

    def again(self, partition, at):
        record = super().again(partition, at)
        idle = self.is_idle(record.partition, at, 0)
        return self.ordinary(partition, at, late=0) if idle else record

    def ordinary(self, partition, at, late):
        self.partition, self.now = partition, at
        return super().ordinary(partition, at, late)

    def oddities(self, event):
        super().oddities(event)
        pick, now = self.random, self.now
        if within(ERRORS, now) and pick.random() < 0.6:
            event["status"] = 500
        if within(SLOW, now):
            event["latency_ms"] *= 4
        if within(DEAR, now):
            event["usage"]["output"] *= 20
        if within(LULL, now) and event["properties"]["Feature"] == "export":
            event["properties"]["Feature"] = "chat"
        if now >= at(NEW_MODEL) and pick.random() < 0.05:
            event["model"] = "newcomer"
        # Of one partition: what comes by several, out of order, may begin another session.
        if pick.random() < 0.2:
            event["session"] = f"{self.partition}-{now // (20 * MINUTE)}-{pick.randrange(2)}"


UNEDITED = """\
  - name: shares
    window: day
    time_zone: Europe/Berlin
    budget: $100
    alert: {50%: info, 80%: warning, $10 left: warning, 100%: warning, every 25%: critical}
  - name: environment
    group_by: [Environment]
    window: day
    time_zone: America/New_York
    budget: $40
    budgets: {staging: $10, development: none}
  - name: from-six
    metric: requests
    window: day
    starts: "06:00"
    time_zone: Asia/Kathmandu
    budget: 5k
  - name: user-week
    group_by: [user]
    window: week
    starts: sunday
    time_zone: Europe/Berlin
    budget: $4
  - name: user-month
    metric: tokens
    group_by: [user, Feature]
    window: month
    time_zone: Europe/Berlin
    budget: 200k
  - name: hours
    group_by: [Feature]
    window: hour
    time_zone: Asia/Kolkata
    budget: $2
  - name: half-hours
    metric: requests
    window: hour
    time_zone: Australia/Lord_Howe
    budget: 600
  - name: fortnight
    metric: cached_tokens
    window: every 14d
    starts: 2026-10-11
    time_zone: Europe/Berlin
    budget: 4M
  - name: for-ever
    metric: errors
    group_by: [provider]
    window: lifetime
    budget: 300
  - name: plan
    window: day
    time_zone: Europe/Berlin
    budgets:
      - {budget: $90, until: 2026-10-24}
      - {budget: $70, from: 2026-10-25}
  - name: no-price
    metric: unpriced_requests
    group_by: [model]
    window: day
    time_zone: Europe/Berlin
    budget: 20
  - name: rolling
    group_by: [Feature]
    window: last 10m
    threshold: {$1: warning, $5: critical}
  - name: rolling-day
    metric: requests
    group_by: [model]
    window: last 24h
    threshold: 2000
  - name: failing
    metric: error_rate
    group_by: [provider, model]
    window: last 5m
    threshold: {5%: warning, 20%: critical}
    for: 2m
    keep_firing_for: 10m
    min_requests: 20
  - name: slow
    metric: latency_p95
    group_by: [provider]
    window: last 15m
    threshold: {10s: warning, 30s: critical}
  - name: slow-hour
    metric: latency_p50
    window: hour
    time_zone: Asia/Kolkata
    threshold: 10s
  - name: heading
    window: day
    time_zone: Europe/Berlin
    budget: $130
    alert: {80%: info, forecast 100%: warning}
  - name: unusual
    window: last 1h
    compare_to: 6h
    threshold: 3x
    min_cost: $2
  - name: newcomers
    metric: first_seen
    group_by: [provider, model]
  - name: sessions
    group_by: [session]
    where: {session: {exists: true}}
    window: session
    threshold: {$0.20: info, $1: warning}
  - name: quiet
    metric: requests
    group_by: [Feature]
    window: last 30m
    threshold: below 10
  - name: few
    metric: requests
    group_by: [Feature]
    window: hour
    time_zone: Asia/Kolkata
    threshold: below 40
  - name: dear-users
    metric: cost_per_user
    window: last 1h
    threshold: $0.30
  - name: muted
    group_by: [model]
    window: day
    time_zone: Europe/Berlin
    budget: $20
"""

MUTED = "muted"
# What the watermark decides, and the clock with it.
JUDGED = ("failing", "slow", "slow-hour", "heading", "unusual", "newcomers", "quiet", "few", "dear-users")

# By name: how it reads before the edit and after; absent where there is no such rule.
EDITS = {
    "raised": ("budget: $30", "budget: $50"),
    "lowered": ("budget: $80", "budget: $25"),
    "table": ("budgets: budgets.csv", "budgets: budgets.csv"),
    "removed": ("budget: $40", None),
    "renamed": (None, "renamed_from: former\n    budget: $60"),
    "former": ("budget: $60", None),
    "refiltered": ("where: {Feature: chat}\n    budget: $20",
                   "where: {Feature: [chat, search]}\n    budget: $20"),
    "added": (None, "where: {Region: eu}\n    group_by: [model]\n    backfill: false\n    budget: $10"),
}
FORMER = {"renamed": "former"}
TABLES = ("chat,$20\nsearch,$20\nsummarize,$20\nexport,$20\n",
          "chat,$12\nsearch,$30\nsummarize,$20\n")
RUNGS = "alert: {25%: info, 50%: info, 75%: info, 100%: warning}"
GROUPED = {"table": "group_by: [Feature]\n    "}


def names():
    return re.findall(r"- name: (\S+)", UNEDITED) + list(EDITS)


def write_rules(folder, version):
    """Version 0: before the edit; 1: after it."""
    text = "rules:\n" + UNEDITED
    for name, edit in EDITS.items():
        if edit[version] is not None:
            text += (f"  - name: {name}\n    window: day\n    time_zone: Europe/Berlin\n"
                     f"    {GROUPED.get(name, '')}{edit[version]}\n    {RUNGS}\n")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "budgets.csv").write_text("Feature,budget\n" + TABLES[version])
    rules = folder / "rules.yaml"
    beside = rules.with_suffix(".new")  # as editors save
    beside.write_text(text)
    beside.rename(rules)
    return rules
