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
    alerts = engine.list("alerts")
    engine.stop()
    return alerts


def ids_of(alerts, judged=True):
    return {alert["id"] for alert in alerts if judged or alert["rule"] != JUDGED.name}


def backtested(engine, *words):
    printed = engine.command("backtest", "--config", engine.config, "--json", *words)
    return [json.loads(line) for line in printed.splitlines()]


def check_kafka_itself(engine, live):
    """The topic as it lies there, without a recording. What time alone decides needs the ticks of
    the run, so there it may differ at the very end."""
    for words in [("--since", "2h"), ("--workers", 2, "--batch", 7)]:
        again = ids_of(backtested(engine, "--from", "kafka", *words), judged=False)
        lines = difference(ids_of(live, judged=False), again, f"id from Kafka with {words}")
        assert not lines, "backtest differs from the live run:\n    " + "\n    ".join(lines)


def backtest_equals_live(context):
    rules = RULES + [JUDGED]
    topic = context.topic()
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine(rules, topic, webhook(hook), ops) as engine:
        live = live_run(context, engine, topic, rules)
        recording = engine.directory / "recording.jsonl"
        engine.command("dump", "--config", engine.config, "--out", recording)
        for workers, batch in [(1, 1), (1, 7), (1, 10000), (2, 1), (2, 7), (4, 7), (4, 10000)]:
            ids = ids_of(backtested(engine, "--from", recording, "--workers", workers,
                                    "--batch", batch))
            lines = difference(ids_of(live), ids, f"id with --workers {workers} --batch {batch}")
            assert not lines, "backtest differs from the live run:\n    " + "\n    ".join(lines)
        check_kafka_itself(engine, live)
    assert live, "nothing rang, so nothing was compared"
    context.note.append(f"{len(live)} ids")


def a_part_of_a_topic(context):
    """From when on and up to when, by the records' stamps; what is aborted or comes meanwhile is
    not in it, and no group is left behind."""
    topic, day = context.topic(), 86_400_000
    noon = int(time.time() * 1000) // day * day - 5 * day + day // 2
    rule = Rule("per-day", metric="requests", budget="1000000", alert={"100%": "info"})
    rows = [(noon + i * day, i % 2) for i in range(4) for _ in range(10)]

    def produce(rows, *words):
        lines = [json.dumps({"partition": partition, "timestamp": at, "value": json.dumps(
            {"timestamp": at, "model": "gpt-4o", "provider": "openai", "usage": {"input": 1}})})
            for at, partition in rows]
        subprocess.run([context.tool, context.broker.bootstrap, "produce", topic, *words],
                       check=True, input="\n".join(lines), text=True, capture_output=True)

    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine([rule], topic, webhook(hook), ops) as engine:
        produce(rows)
        produce([(noon, 0)] * 5, "transaction=abort")

        def requests(*words):
            header = engine.command("backtest", "--config", engine.config, "--from", "kafka", *words)
            return int(header.split(" requests")[0].split()[-1])

        def stamp(at):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at / 1000))

        assert requests() == 40
        assert requests("--since", stamp(noon + day)) == 30
        assert requests("--until", stamp(noon + day)) == 10
        assert requests("--since", stamp(noon + day), "--until", stamp(noon + 3 * day)) == 20
        assert requests("--since", "30d") == 40
        for words, code, said in [(("--until", "30d"), 1, "no record of that time"),
                                  (("--since", "soon"), 64, "is no time"),
                                  (("--since", "1h", "--until", "2h"), 64, "is not before")]:
            done = subprocess.run([context.binary, "backtest", "--config", engine.config, "--from",
                                   "kafka", *words], text=True, capture_output=True, timeout=60)
            assert done.returncode == code and said in done.stderr, (words, done.stderr)


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
            for source in (recording, "kafka"):
                ids = ids_of(backtested(engine, "--from", source, "--workers", workers))
                lines = difference(live, ids, f"id from {source} with --workers {workers}")
                assert not lines, "backtest differs from the live run:\n    " + "\n    ".join(lines)
    # Three teams of some $16 each reach both rungs.
    assert len(live) > 6, f"{len(live)} alerts: users by key are missing"
    context.note.append(f"{len(live)} ids")


TESTS = [("A backtest of Kafka reads the part of the topics that was asked for", a_part_of_a_topic),
         ("A recording has the keys and headers that a mapping names, and tells the same ids",
          headers_of_a_recording),
         ("A backtest of the recording tells the ids of the live run, whatever batches and workers",
          backtest_equals_live)]
