# SPDX-License-Identifier: Apache-2.0
"""The tests' own tools, on cases worked out by hand: the model, the generator and the receivers."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from datetime import datetime
from zoneinfo import ZoneInfo

from engine import SECRET
from generator import Generator, Record, Stretch
from model import HOUR, Model, StreamTime, Told, calendar_window, cost, to_ms
from receivers import Answer, ScriptedReceiver
from rules import Rule

NOON = to_ms(datetime.fromisoformat("2026-11-20T12:00:00Z"))


def record(at, partition=0, late=0, **event):
    event.setdefault("timestamp", at - late)
    return Record(partition, at, json.dumps({"provider": "aurora", "model": "large"} | event).encode())


def model_agrees_with_hand_made_cases(context):
    assert cost({"provider": "aurora", "model": "large", "usage": {"input": 3, "output": 1}}) == 17_500_000
    # 1000.5 and 3001.5 picodollars: ties go to the even neighbour.
    assert cost({"provider": "borealis", "model": "odd", "usage": {"input": 1}}) == 1000
    assert cost({"provider": "borealis", "model": "odd", "usage": {"input": 3}}) == 3002
    assert cost({"provider": "x", "model": "y", "usage": {"input": 3}, "cost_usd": "1e-5"}) == 10**7
    changes = to_ms(datetime.fromisoformat("2026-03-29T10:00:00Z"))
    spring = calendar_window("day", ZoneInfo("Europe/Berlin"), changes)
    assert spring[1] - spring[0] == 23 * HOUR
    rules = [Rule("spend", budget="$1", alert={"50%": "info", "$0.25 left": "warning"}),
             Rule("hourly", window="hour", metric="requests", budget="2", alert={"100%": "critical"})]
    model = Model(rules)
    for i in range(9):
        model.feed(record(NOON + i))
    dear = {"id": "once", "cost_usd": "0.75", "model": "unknown"}
    for partition in (0, 1, 0):
        model.feed(record(NOON + 10, partition, **dear))
    model.feed(record(NOON + 20, late=3 * HOUR, cost_usd="9", model="unknown"))  # its hour has closed
    day = NOON - 12 * HOUR
    assert model.totals == {("spend", (), day): 9_750_000_000_000, ("hourly", (), NOON): 10}
    assert model.alerts() == {Told("spend", (), day, "50%"), Told("spend", (), day, "$0.25left"),
                              Told("hourly", (), NOON, "100%")}


def model_keeps_to_stream_time_and_slots(context):
    time = StreamTime()
    for i in range(7):
        time.observe(NOON + i, NOON + 100)
    assert time.now < 0
    time.observe(NOON + 50, NOON + 100)
    assert time.now == NOON
    time.observe(NOON + 2 * HOUR, NOON + 2 * HOUR)
    assert time.now == NOON
    rolling = Model([Rule("rolling", window="last 10m", threshold={"$3": "warning"})])
    for seconds in (0, 300, 590, 610, 1300):
        rolling.feed(record(NOON + seconds * 1000, cost_usd="1", model="unknown"))
    assert rolling.alerts() == {Told("rolling", (), NOON, "$3"), Told("rolling", (), NOON + 600_000, "$3")}


def generator_repeats_itself(context):
    streams = [list(Generator(5).stream(Stretch(4000, NOON, NOON + HOUR))) for _ in range(2)]
    assert streams[0] == streams[1]
    model = Model([])
    for each in streams[0]:
        model.feed(each)
    assert model.quarantined > 20 and model.duplicates > 20
    assert any(len(each.value) > 5 << 20 for each in streams[0])


def receiver_remembers_and_verifies(context):
    with ScriptedReceiver([Answer(500, "no"), Answer(429, "slow", retry_after=7)], SECRET) as receiver:
        body = b'{"alerts":[]}'
        signature = hmac.new(SECRET, b"12." + body, hashlib.sha256).hexdigest()
        answers = [post(receiver.url(), body, header) for header in
                   (f"t=12,v1={signature}", "t=12,v1=00", f"t=13,v1={signature}")]
        assert answers == [(500, None), (429, "7"), (200, None)], answers
        assert len(receiver.deliveries) == 3 and len(receiver.forged) == 2


def post(url, body, signature):
    request = urllib.request.Request(url, body, {"Tocsin-Signature": signature})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers.get("Retry-After")
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Retry-After")


TESTS = [
    ("The model agrees with cases worked out by hand", model_agrees_with_hand_made_cases),
    ("The model keeps to stream time and to slots", model_keeps_to_stream_time_and_slots),
    ("A seed gives the same stream, with all its trouble", generator_repeats_itself),
    ("The receiver remembers, answers as told and finds forged signatures", receiver_remembers_and_verifies),
]
