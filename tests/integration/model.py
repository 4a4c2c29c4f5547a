# SPDX-License-Identifier: Apache-2.0
"""What a stream of native events means, worked out with integers and `decimal` alone.

Written from the design, not from the engine: it keeps every total and finds the rungs at the end,
for the totals of sums only rise. Judged rules (rates, `for`) are left out."""

import json
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal
from zoneinfo import ZoneInfo

from rules import PER_THOUSAND, PICO, PRICES, amount

HOUR = 3_600_000
MINUTE = 60_000
NEVER = -(10**18)
RECORD_MAX = 1 << 20
EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
TEXT_FIELDS = {"provider", "model", "operation", "user", "service", "team", "key", "environment", "agent"}
WITH_PROPERTY = {"service", "team", "key", "environment", "agent"}
IDENTITY_KEYS = {"id", "timestamp", "usage", "cost_usd", "model", "provider", "user"}


class Broken(Exception):
    """The record, or this event of it, goes to quarantine."""


@dataclass(frozen=True, order=True)
class Told:
    """An alert by what it is about. `window` is its start in ms, of a rolling rule its slot's."""
    rule: str
    group: tuple
    window: int
    rung: str


def half_even(value):
    return int(value.to_integral_value(rounding=ROUND_HALF_EVEN, context=EXACT))


class StreamTime:
    def __init__(self):
        self.now, self.least, self.run = NEVER, 0, 0

    def observe(self, event, record):
        t = min(event, record)
        if t <= self.now:
            self.run = 0
        elif self.now != NEVER and t <= self.now + HOUR:
            self.now, self.run = t, 0
        else:
            self.least = t if self.run == 0 else min(self.least, t)
            self.run += 1
            if self.run == 8:
                self.now, self.run = self.least, 0


def unique(pairs):
    names = [name for name, _ in pairs]
    if any(names.count(name) > 1 for name in names if name in IDENTITY_KEYS):
        raise Broken("duplicate key")
    return dict(pairs)


def refuse_constant(text):
    raise Broken(text)


def decode(value):
    """The elements of one record; raises Broken when nothing of it can be read."""
    if not value or len(value) > RECORD_MAX:
        raise Broken("size")
    try:
        document = json.loads(value.decode("utf-8", "strict"), parse_float=Decimal,
                              object_pairs_hook=unique, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Broken(str(error)) from None
    return document if isinstance(document, list) else [document]


def parse_time(value):
    if isinstance(value, str):
        return to_ms(datetime.fromisoformat(value))
    for scale, limit in ((Decimal("0.001"), 10**11), (1, 10**14), (1000, 10**17), (10**6, 10**20)):
        if value < limit:
            return int(Decimal(value) / scale)
    raise Broken("timestamp")


def to_ms(moment):
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)


def check(event):
    if not isinstance(event, dict):
        raise Broken("no object")
    for count in event.get("usage", {}).values():
        if not isinstance(count, int) or count < 0:
            raise Broken("usage")
    if "cost_usd" in event and Decimal(event["cost_usd"]) < 0:
        raise Broken("cost")


def cost(event):
    """Picodollars, each component rounded once."""
    if event.get("cached"):
        return 0
    rates = PRICES.get((event.get("provider"), event.get("model")))
    if rates is not None and "usage" in event:
        total = 0
        for unit, count in event["usage"].items():
            if unit in rates:
                per = 1000 if unit in PER_THOUSAND else 10**6
                total += half_even(Decimal(rates[unit]) * PICO * count / per)
        return total
    return half_even(Decimal(event["cost_usd"]) * PICO) if "cost_usd" in event else 0


def measure(event, metric):
    usage = {} if event.get("cached") else event.get("usage", {})
    count_of = lambda *units: sum(usage.get(unit, 0) for unit in units)
    inputs = count_of("input", "cache_read", "cache_write", "cache_write_1h", "input_audio")
    outputs = count_of("output", "output_audio")
    return {"requests": 1, "input_tokens": inputs, "output_tokens": outputs, "tokens": inputs + outputs,
            "cached_tokens": count_of("cache_read"), "errors": int(event.get("status", 0) >= 400)}[metric]


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def field(event, name):
    """The field's value, empty if missing. Names regardless of case, values exact."""
    lower = name.lower()
    own = text(event.get(lower)) if lower in TEXT_FIELDS else ""
    if own or (lower in TEXT_FIELDS and lower not in WITH_PROPERTY):
        return own
    for key, value in event.get("properties", {}).items():
        if key.lower() == lower:
            return text(value)
    return ""


def matches(rule, event):
    for name, wanted in rule.where.items():
        value = field(event, name)
        if isinstance(wanted, dict):
            if value and value == wanted["not"]:
                return False
        elif not value or value not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True


def local_start(date, zone):
    """The first instant of a local date, in ms: after a gap, or the earlier of two."""
    naive = datetime(date.year, date.month, date.day)
    moment = naive.replace(tzinfo=zone).astimezone(timezone.utc)
    while moment.astimezone(zone).date() == date and \
            (moment - timedelta(minutes=1)).astimezone(zone).date() == date:
        moment -= timedelta(minutes=1)
    return to_ms(moment)


def calendar_window(kind, zone, t):
    moment = datetime.fromtimestamp(t // 1000, timezone.utc).astimezone(zone)
    if kind == "hour":
        offset = int(moment.utcoffset().total_seconds() * 1000)
        start = (t + offset) // HOUR * HOUR - offset
        return start, start + HOUR
    day = moment.date()
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        following = first + timedelta(days=7)
    elif kind == "month":
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
    else:
        first, following = day, day + timedelta(days=1)
    return local_start(first, zone), local_start(following, zone)


def rolling_length(window):
    number, unit = int(window.split()[1][:-1]), window[-1]
    return number * {"s": 1000, "m": MINUTE, "h": HOUR}[unit]


def reached_amounts(rule, group):
    """(rung as written without spaces, amount) for a group; none if it has no budget."""
    if rule.threshold:
        return [(rung.replace(" ", ""), amount(rung)) for rung in rule.threshold]
    budget = rule.budgets.get(group[0], rule.budget) if group else rule.budget
    if budget in (None, "none"):
        return []
    whole = amount(budget)
    found = []
    for rung in rule.alert:
        if rung.endswith(" left"):
            found.append((rung.replace(" ", ""), whole - amount(rung.removesuffix(" left"))))
        else:
            share = Decimal(rung.removesuffix("%")) / 100
            found.append((rung.replace(" ", ""), math.ceil(share * whole)))
    return found


class Model:
    def __init__(self, rules):
        self.rules = [rule for rule in rules if rule.modelled]
        self.zones = {rule.zone: ZoneInfo(rule.zone) for rule in rules}
        self.stream = defaultdict(StreamTime)  # by partition
        self.seen = {}  # id: where each counted: partition, and its stream time then
        self.totals = defaultdict(int)  # (rule, group, window start) of calendar windows
        self.ends = {}  # (rule, window start): end
        self.panes = defaultdict(lambda: defaultdict(int))  # (rule, group): pane: sum
        self.windows = {}  # found before, by rule's window, zone and quarter hour
        self.quarantined = self.duplicates = self.events = 0

    def feed(self, record):
        try:
            elements = decode(record.value)
        except Broken:
            self.quarantined += 1
            return
        for event in elements:
            try:
                check(event)
                self.take(event, record)
            except Broken:
                self.quarantined += 1

    def take(self, event, record):
        t = parse_time(event["timestamp"]) if "timestamp" in event else record.timestamp
        if t > record.timestamp + 5 * MINUTE:
            t = record.timestamp
        stream = self.stream[record.partition]
        stream.observe(t, record.timestamp)
        if self.is_duplicate(event.get("id"), record.partition, min(t, record.timestamp)):
            self.duplicates += 1
            return
        self.events += 1
        dollars = cost(event)
        for rule in self.rules:
            if matches(rule, event):
                value = dollars if rule.metric == "cost" else measure(event, rule.metric)
                group = tuple(field(event, name) or "(none)" for name in rule.group_by)
                self.add(rule, group, t, value, stream.now)

    def is_duplicate(self, id, partition, own):
        if id is None:
            return False
        # Ahead of the stream time only while a partition's first records have not set it yet.
        now = max(self.stream[partition].now, own)
        counted = self.seen.setdefault(id, [])
        for brought_by, before in counted:
            if brought_by == partition and self.stream[partition].now <= before + HOUR:
                return True
            if brought_by != partition and abs(now - before) <= HOUR:
                return True
        counted.append((partition, now))
        return False

    def add(self, rule, group, t, value, now):
        if rule.window.startswith("last"):
            pane, count = pane_of(rule)
            index = t // pane
            if (index // count + 1) * count * pane + HOUR > now:
                self.panes[rule.name, group][index] += value
            return
        start, end = self.window(rule, t)
        lateness = 24 * HOUR if rule.window in ("week", "month") else HOUR
        if end + lateness > now:
            self.totals[rule.name, group, start] += value
            self.ends[rule.name, start] = end

    def window(self, rule, t):
        key = rule.window, rule.zone, t // (15 * MINUTE)  # no window starts within a quarter hour
        if key not in self.windows:
            self.windows[key] = calendar_window(rule.window, self.zones[rule.zone], t)
        return self.windows[key]

    def alerts(self):
        by_name = {rule.name: rule for rule in self.rules}
        told = set()
        for (name, group, start), total in self.totals.items():
            for rung, needed in reached_amounts(by_name[name], group):
                if total >= needed:
                    told.add(Told(name, group, start, rung))
        for (name, group), panes in self.panes.items():
            told |= self.rolling_alerts(by_name[name], group, panes)
        return told

    def rolling_alerts(self, rule, group, panes):
        pane, count = pane_of(rule)
        told, rungs = set(), reached_amounts(rule, group)
        for index in panes:
            total = sum(panes.get(i, 0) for i in range(index - count + 1, index + 1))
            for rung, needed in rungs:
                if total >= needed:
                    told.add(Told(rule.name, group, index // count * count * pane, rung))
        return told


def pane_of(rule):
    """Length of a pane in ms, and how many a window has."""
    length = rolling_length(rule.window)
    pane = max(1000, length // 60)
    return pane, length // pane
