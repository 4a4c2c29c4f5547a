# SPDX-License-Identifier: Apache-2.0
"""Streams of records from a seed: ordinary requests, and every kind of trouble a topic brings."""

import itertools
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from rules import PRICES

MINUTE = 60_000
HOUR = 60 * MINUTE
FEATURES = ["chat", "search", "summarize", "export"]
ENVIRONMENTS = ["production", "production", "production", "staging", "development", None]
IN_TIME = 55_000  # of the minute in which judged rules take events out of order
YEAR_2099 = 4_070_908_800_000
QUIET = 12  # the first records of each partition are ordinary: they set its stream time


@dataclass(frozen=True)
class Record:
    partition: int
    timestamp: int  # ms
    value: bytes
    key: str | None = None


@dataclass(frozen=True)
class Stretch:
    """`count` records evenly over [start, end), in ms."""
    count: int
    start: int
    end: int


def rfc3339(ms, hours=0):
    moment = datetime.fromtimestamp(0, timezone.utc) + timedelta(milliseconds=ms)
    moment = moment.astimezone(timezone(timedelta(hours=hours)))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Generator:
    def __init__(self, seed, partitions=4, users=300, trouble=True, idle=None):
        self.random = random.Random(seed)
        self.seed, self.partitions, self.trouble = seed, partitions, trouble
        self.idle = idle  # a partition that gets nothing in the second half
        self.users = [f"user-{i}" for i in range(1, users + 1)]
        self.weights = list(itertools.accumulate(1 / i for i in range(1, users + 1)))
        self.models = list(PRICES) + [("aurora", "unheard-of")]
        self.number = 0
        self.recent = []  # (partition, stamp, value) of events that may be sent twice

    def stream(self, *stretches):
        total, done, large = sum(s.count for s in stretches), 0, False
        first = [QUIET] * self.partitions
        for stretch in stretches:
            for i in range(stretch.count):
                at = stretch.start + (stretch.end - stretch.start) * i // stretch.count
                partition = self.random.randrange(self.partitions)
                if self.is_idle(partition, at, done / total):
                    partition = (partition + 1) % self.partitions
                done += 1
                if first[partition] > 0 or not self.trouble:
                    first[partition] -= 1
                    yield self.ordinary(partition, at, late=0)
                elif not large and done * 2 > total:
                    large = True
                    yield Record(partition, at, b'{"id":"large","pad":"' + b"x" * (5 << 20) + b'"}')
                else:
                    yield self.any_record(partition, at)

    def is_idle(self, partition, at, share):
        """`share` of the stream has been before."""
        return partition == self.idle and share > 0.5

    def any_record(self, partition, at):
        dice = self.random.random()
        if dice < 0.04 and self.recent:
            return self.again(partition, at)
        if dice < 0.05:
            return Record(partition, at, self.broken(at))
        if dice < 0.06:
            return self.ordinary(partition, at, late=self.random.randint(4 * HOUR, 60 * HOUR))
        if dice < 0.07:
            return self.ordinary(partition, at, late=self.random.randint(0, 55 * MINUTE))
        if dice < 0.073:
            return self.ordinary(partition, at, late=at - YEAR_2099)
        if dice < 0.076:
            return self.ordinary(partition, at, late=at - 1000)
        if dice < 0.08:
            pair = b"[" + b",".join(self.event(at - i)[1] for i in range(2)) + b"]"
            return Record(partition, at, pair)
        return self.ordinary(partition, at, late=0)

    def again(self, partition, at):
        """A duplicate. To another partition only while it is in time for every kind of rule there:
        of two copies, one of them late, it matters which is read first, as it does in a session."""
        brought_by, stamp, value = self.random.choice(self.recent)
        if at - stamp > IN_TIME or b'"session"' in value:
            partition = brought_by
        return Record(partition, at, value)

    def ordinary(self, partition, at, late):
        disorder = self.random.randint(0, 90_000) if late == 0 and self.random.random() < 0.2 else 0
        return self.stamped(partition, at, at - late - disorder, late)

    def in_order(self, partition, at):
        return self.stamped(partition, at, at, late=0)

    def stamped(self, partition, at, stamp, late):
        stamp, value = self.event(stamp)
        if late == 0 and b'"id"' in value:
            self.recent.append((partition, stamp, value))
            if len(self.recent) > 400:
                self.recent.pop(0)
        return Record(partition, at, value)

    def event(self, stamp):
        """(stamp as the event tells it, bytes); the number in the id makes each its own."""
        pick = self.random
        self.number += 1
        provider, model = pick.choices(self.models, [3, 8, 4, 1, 1])[0]
        event = {"id": f"req-{self.seed}-{self.number}", "provider": provider, "model": model,
                 "status": pick.choices([200, 429, 500], [95, 3, 2])[0], "latency_ms": pick.randint(50, 9000)}
        stamp = self.write_stamp(event, stamp)
        event["usage"] = self.usage(model)
        event["user"] = pick.choices(self.users, cum_weights=self.weights)[0]
        event["properties"] = {"Feature": pick.choice(FEATURES), "Region": "eu"}
        environment = pick.choice(ENVIRONMENTS)
        if environment:
            event["properties"][pick.choice(["Environment", "environment", "ENVIRONMENT"])] = environment
        self.oddities(event)
        return stamp, json.dumps(event, separators=(",", ":")).encode()

    def write_stamp(self, event, stamp):
        dice = self.random.random()
        if dice < 0.7:
            event["timestamp"] = rfc3339(stamp)
        elif dice < 0.8:
            event["timestamp"] = rfc3339(stamp, hours=self.random.choice([-5, 1, 9]))
        elif dice < 0.9:
            event["timestamp"] = stamp if stamp > 10**11 else stamp // 1000
        else:
            event["timestamp"] = stamp * 1000 if stamp > 10**11 else stamp // 1000
        return stamp

    def usage(self, model):
        pick = self.random
        usage = {"input": pick.randint(1, 4000), "output": pick.randint(1, 1500)}
        if pick.random() < 0.3:
            usage["cache_read"] = pick.randint(1, 3000)
        if pick.random() < 0.1:
            usage["reasoning"] = pick.randint(1, usage["output"])
        if pick.random() < 0.05:
            usage["web_search"] = pick.randint(1, 3)
        if model == "grand" and pick.random() < 0.3:
            usage["cache_write"] = pick.randint(1, 2000)
            usage["cache_write_1h"] = pick.randint(1, 2000)
        return usage

    def oddities(self, event):
        dice = self.random.random()
        if dice < 0.03:
            event["cached"] = True
        elif dice < 0.06:
            event["cost_usd"] = f"{self.random.randint(1, 10**9)}e-11"
        elif dice < 0.08:
            del event["user"]
        elif dice < 0.09:
            event["user"] = self.random.randint(1, 3)  # a number is its text
        elif dice < 0.10:
            event["environment"] = "staging"  # the field of its own goes before the property
        elif dice < 0.11 and self.trouble:
            del event["id"]

    def broken(self, at):
        good = self.event(at)[1]
        return self.random.choice([
            b"",
            good[: len(good) // 2],
            good.replace(b'"input":', b'"input":-', 1),
            good.replace(b'"latency_ms":', b'"cost_usd":NaN,"latency_ms":', 1),
            good[:-1] + b',"agent":"\xff\xfe"}',
            good.replace(b'"provider":', b'"id":"another","id":"third","provider":', 1),
            good.replace(b'"usage":{', b'"usage":{"input":1},"usage":{', 1),
            b"[" * 400,
            b'"text"',
            b"\x00\x01\x02",
        ])
