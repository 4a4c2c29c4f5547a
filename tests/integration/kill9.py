# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment neither loses nor doubles a picodollar, an alert or a promise to tell."""

import random
import time

from engine import SECRET, webhook
from generator import MINUTE, Generator, Stretch
from live import PATIENCE, model_of, wait_until_counted, wait_until_recorded
from model import HOUR
from receivers import ScriptedReceiver, failing
from rules import Rule
from verdict import delivered

RUNGS = {"50%": "info", "80%": "warning", "100%": "critical"}
RULES = [
    Rule("total-day", zone="Europe/Berlin", budget="$150", alert=RUNGS | {"$5 left": "warning"}),
    Rule("environment-day", group_by=("Environment",), zone="America/New_York", budget="$40",
         budgets={"staging": "$20", "development": "none"}, alert=RUNGS),
    Rule("user-day", group_by=("user",), budget="$0.5", alert={"80%": "warning", "100%": "critical"}),
    Rule("feature-hour", where={"Environment": ["production", "staging"]}, group_by=("Feature",),
         window="hour", zone="Asia/Kolkata", budget="$10", alert=RUNGS),
    Rule("user-month-tokens", metric="tokens", where={"Environment": {"not": "staging"}},
         group_by=("user", "Feature"), window="month", budget="40k", alert={"100%": "info"}),
    Rule("failures-week", metric="errors", group_by=("provider", "model"), window="week",
         budget="20", alert=RUNGS),
    Rule("feature-rolling", group_by=("Feature",), window="last 10m",
         threshold={"$2": "warning", "$5": "critical"}),
]
LIFE_MIN, LIFE_MAX = 0.005, 2.0  # seconds from start to kill -9


def kill9_changes_nothing(context):
    dice = random.Random(context.seed)
    lives = [dice.uniform(LIFE_MIN, LIFE_MAX) for _ in range(context.cycles)]
    seconds = sum(lives) + 2
    now = int(time.time() * 1000)
    count = int(400 * seconds)
    records = list(Generator(context.seed).stream(
        Stretch(count, now - 30 * MINUTE, now), Stretch(count, now, now + int(seconds * 1000))))
    model = model_of(RULES, records)
    topic = context.topic()
    with ScriptedReceiver(failing(0.1, context.seed), SECRET) as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, topic, webhook(hook), ops) as engine:
        writing = context.producer(topic).send_steadily(records, seconds)
        for life in lives:
            engine.start()
            engine.run_for(life)
            engine.kill9()
        engine.start_ready()
        writing.join()
        wait_until_counted(engine, model, RULES)
        ids = wait_until_recorded(engine, model, RULES)
        check_told(hook, ids)
        check_a_restart_changes_nothing(engine, model, hook)
    alerts = model.alerts()
    context.note.append(f"{len(records)} records, {len(model.totals)} totals, {len(alerts)} alerts, "
                        f"{len(hook.deliveries)} posts, {context.cycles} kills")


def check_told(hook, ids):
    """Every alert that is not old was taken by the receiver that fails a tenth of its posts, and
    what came twice came under the same key."""
    due = must_be_told(ids)
    hook.wait_for(lambda _: all(delivered(hook).keys() & any_of for any_of in due), PATIENCE,
                  f"{len(due)} alerts delivered")
    assert not hook.forged, f"{len(hook.forged)} posts had a false signature"
    unknown = delivered(hook).keys() - set(ids.values())
    assert not unknown, f"delivered but not recorded: {sorted(unknown)[:5]}"
    keys = {}
    for delivery in hook.deliveries:
        for alert in delivery.json["alerts"]:
            first = keys.setdefault(alert["id"], delivery.key)
            assert first == delivery.key, (
                f"alert {alert['id']} was posted under the keys {first} and {delivery.key}")


def must_be_told(ids):
    """Sets of ids of which one at least must be delivered: each alert of a window still open by
    itself; a rolling rule's slots by group and rung, for those that continue are recorded only."""
    lengths = {"hour": HOUR, "day": 24 * HOUR, "week": 7 * 24 * HOUR, "month": 31 * 24 * HOUR}
    windows = {rule.name: rule.window for rule in RULES}
    now = time.time() * 1000
    due, chains = [], {}
    for told, id in ids.items():
        if windows[told.rule] not in lengths:
            chains.setdefault((told.rule, told.group, told.rung), set()).add(id)
        elif told.window + lengths[windows[told.rule]] > now:
            due.append({id})
    return due + list(chains.values())


def check_a_restart_changes_nothing(engine, model, hook):
    told = {id: len(deliveries) for id, deliveries in delivered(hook).items()}
    engine.stop()
    engine.start_ready()
    wait_until_counted(engine, model, RULES)
    wait_until_recorded(engine, model, RULES)
    again = {id: len(deliveries) for id, deliveries in delivered(hook).items()}
    assert told.items() <= again.items(), "a clean restart told an alert again"


TESTS = [("Killed with -9 at random times, it counts every record once and tells every alert",
          kill9_changes_nothing)]
