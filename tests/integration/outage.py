# SPDX-License-Identifier: Apache-2.0
"""Kafka away at the start, or taken away later; two engines on one state."""

import time
from contextlib import contextmanager

from engine import poll_until, webhook
from generator import MINUTE, Generator, Stretch
from kafka_broker import KafkaBroker
from live import model_of, wait_until_counted, wait_until_recorded
from receivers import ScriptedReceiver
from rules import Rule

RULES = [Rule("total-day", budget="$5", alert={"50%": "info", "100%": "critical"}),
         Rule("user-day", group_by=("user",), budget="$1", alert={"100%": "warning"})]
EXIT_CONFIG = 78


def says_kafka_is_away(engine):
    status, body = engine.get("/readyz")
    return status == 503 and "kafka" in body.lower()


@contextmanager
def scene(context):
    """A broker of the test's own, not started, an engine that reads from it, and its engine route."""
    broker = KafkaBroker(tool=str(context.tool))
    try:
        with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
                context.engine(RULES, f"outage-{broker.port}", webhook(hook), ops, broker) as engine:
            yield broker, engine, ops
            engine.stop()
    finally:
        broker.stop()
        broker.remove()


def records_of(context):
    now = int(time.time() * 1000)
    return list(Generator(context.seed + 2).stream(Stretch(2000, now - 5 * MINUTE, now)))


def kafka_comes_late(context):
    records = records_of(context)
    with scene(context) as (broker, engine, ops):
        engine.start()
        poll_until(lambda: says_kafka_is_away(engine), 30, "readyz says Kafka is away")
        wait_for_engine_message(ops)
        broker.start()
        broker.create_topic(engine.topic, 4)
        send(context, engine.topic, broker, records)
        wait_until_all_is_there(engine, records)


def kafka_goes_away(context):
    records = records_of(context)
    with scene(context) as (broker, engine, ops):
        broker.start()
        broker.create_topic(engine.topic, 4)
        engine.start_ready()
        send(context, engine.topic, broker, records[:1000])
        wait_until_counted(engine, model_of(RULES, records[:1000]), RULES)
        broker.kill9()
        poll_until(lambda: says_kafka_is_away(engine), 60, "readyz says Kafka has gone")
        wait_for_engine_message(ops)
        broker.start()
        send(context, engine.topic, broker, records[1000:])
        wait_until_all_is_there(engine, records)


def wait_until_all_is_there(engine, records):
    model = model_of(RULES, records)
    wait_until_counted(engine, model, RULES)
    wait_until_recorded(engine, model, RULES)
    poll_until(engine.is_ready, 60, "ready with Kafka there")


def send(context, topic, broker, records):
    with context.producer(topic, broker) as producer:
        for record in records:
            producer.send(record)


def wait_for_engine_message(ops):
    def told(deliveries):
        return [d for d in deliveries if d.json["engine"] and "kafka" in d.json["summary"].lower()]

    ops.wait_for(told, 60, "the engine route told that Kafka is away")


def second_owner_is_refused(context):
    topic = context.topic()
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, topic, webhook(hook), ops) as engine:
        engine.start_ready()
        said = engine.command("run", "--config", engine.config, code=EXIT_CONFIG).strip()
        sentences = [line for line in said.splitlines() if line.startswith("tocsin: ")]
        assert len(sentences) == 1 and "state" in sentences[0], f"no one sentence about it:\n{said}"
        engine.check_alive()
        assert engine.is_ready(), "the first owner was disturbed"
        engine.stop()


TESTS = [
    ("Kafka away at the start is said and told, and all is counted when it comes", kafka_comes_late),
    ("Kafka killed later is said and told, and all is counted when it is back", kafka_goes_away),
    ("A second engine on the same state ends with 78 and one sentence", second_owner_is_refused),
]
