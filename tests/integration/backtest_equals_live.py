# SPDX-License-Identifier: Apache-2.0
"""What fires does not depend on batches, threads, restarts or the clock: a recording tells the same."""

import json
import random
import subprocess
import time

from engine import poll_until, webhook
from generator import MINUTE, Generator, Stretch
from kill9 import RULES
from live import model_of, wait_until_counted, wait_until_recorded
from receivers import ScriptedReceiver
from rules import Rule
from verdict import difference

# Beside the rules of the model one that the watermark judges, so that ticks matter too.
JUDGED = Rule("failing", metric="error_rate", group_by=("provider", "model"), window="last 5m",
              threshold={"5%": "warning", "20%": "critical"}, modelled=False)
LIVES = 5
SECONDS = 12


def live_run(context, engine, topic, rules):
    """Counts a stream with disorder and a partition that falls idle, over kills and clean stops."""
    now = int(time.time() * 1000)
    records = list(Generator(context.seed + 1, idle=3).stream(
        Stretch(6000, now - 40 * MINUTE, now), Stretch(3000, now, now + SECONDS * 1000)))
    model = model_of(rules, records)
    dice = random.Random(context.seed)
    writing = context.producer(topic).send_steadily(records, SECONDS)
    for life in range(LIVES):
        engine.start_ready()
        engine.run_for(dice.uniform(0.05, 1.5))
        if life % 2:
            engine.stop()
        else:
            engine.kill9()
    engine.start_ready()
    writing.join()
    wait_until_counted(engine, model, rules)
    wait_until_recorded(engine, model, rules)
    engine.stop()
    engine.start_ready()
    ids = {alert["id"] for alert in engine.list("alerts")}
    engine.stop()
    return ids


def backtest_equals_live(context):
    rules = RULES + [JUDGED]
    topic = context.topic()
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine(rules, topic, webhook(hook), ops) as engine:
        live = live_run(context, engine, topic, rules)
        recording = engine.directory / "recording.jsonl"
        engine.command("dump", "--config", engine.config, "--out", recording)
        for workers, batch in [(1, 1), (1, 7), (1, 10000), (2, 1), (2, 7), (4, 7), (4, 10000)]:
            printed = engine.command("backtest", "--config", engine.config, "--from", recording,
                                     "--json", "--workers", workers, "--batch", batch)
            ids = {json.loads(line)["id"] for line in printed.splitlines()}
            lines = difference(live, ids, f"id with --workers {workers} --batch {batch}")
            assert not lines, "backtest differs from the live run:\n    " + "\n    ".join(lines)
    assert live, "nothing rang, so nothing was compared"
    context.note.append(f"{len(live)} ids")


MAPPING = """\
id: /id
model: /model
provider: {value: openai}
cost: /usd
user: key
team: [/team, 'header:team']
properties: {Tier: 'header:x-tier'}
"""
BY_HEADERS = """\
rules:
  - {name: team, group_by: [team], window: day, budget: $10, alert: {50%: warning, 100%: critical}}
  - {name: user, group_by: [user], where: {Tier: "fr\u00e9e"}, window: day, budget: $4, alert: {100%: info}}
"""


def headers_of_a_recording(context):
    """Attribution that is in keys and headers alone; a header that no mapping names stays out."""
    topic = context.topic()
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, topic, webhook(hook), ops) as engine:
        (engine.directory / "gate.yaml").write_text(MAPPING)
        (engine.directory / "rules.yaml").write_text(BY_HEADERS)
        config = engine.config.read_text()
        engine.config.write_text(config.replace("format: native", "mapping: gate.yaml"))
        dice = random.Random(context.seed)
        lines = [{"partition": i % 2, "key": f"user-{dice.randrange(5)}",
                  "headers": {"team": f"team-{dice.randrange(3)}", "secret": "never recorded",
                              "x-tier": dice.choice(["fr\u00e9e", "pro"])},
                  "value": json.dumps({"id": f"r{i}", "model": "gpt-4o", "usd": "0.25"})}
                 for i in range(200)]
        subprocess.run([context.tool, context.broker.bootstrap, "produce", topic], check=True,
                       input="\n".join(map(json.dumps, lines)), text=True, capture_output=True)
        engine.start_ready()
        poll_until(lambda: engine.metric("tocsin_events_total") == 200, 30, "200 events")
        engine.stop()
        engine.start_ready()
        live = {alert["id"] for alert in engine.list("alerts")}
        engine.stop()
        recording = engine.directory / "recording.jsonl"
        engine.command("dump", "--config", engine.config, "--out", recording)
        text = recording.read_text()
        assert "never recorded" not in text and '"headers":{"team":"team-' in text
        for workers in (1, 2):
            printed = engine.command("backtest", "--config", engine.config, "--from", recording,
                                     "--json", "--workers", workers)
            ids = {json.loads(line)["id"] for line in printed.splitlines()}
            lines = difference(live, ids, f"id with --workers {workers}")
            assert not lines, "backtest differs from the live run:\n    " + "\n    ".join(lines)
    # Three teams of some $16 each reach both rungs.
    assert len(live) > 6, f"{len(live)} alerts: users by key are missing"
    context.note.append(f"{len(live)} ids")


TESTS = [("A recording has the keys and headers that a mapping names, and tells the same ids",
          headers_of_a_recording),
         ("A backtest of the recording tells the ids of the live run, whatever batches and workers",
          backtest_equals_live)]
