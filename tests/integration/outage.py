# SPDX-License-Identifier: Apache-2.0
"""Kafka away at the start, or taken away later; two engines on one state."""

import time

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


def kafka_comes_late_and_goes_away(context):
    now = int(time.time() * 1000)
    records = list(Generator(context.seed + 2).stream(Stretch(2000, now - 5 * MINUTE, now)))
    broker = KafkaBroker(tool=str(context.tool))
    topic = "outage"
    try:
        with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
                context.engine(RULES, topic, webhook(hook), ops, broker) as engine:
            engine.start()
            poll_until(lambda: says_kafka_is_away(engine), 30, "readyz says Kafka is away at the start")
            wait_for_engine_message(ops, 1)
            broker.start()
            broker.create_topic(topic, 4)
            send(context, topic, broker, records[:1000])
            wait_until_counted(engine, model_of(RULES, records[:1000]), RULES)
            poll_until(engine.is_ready, 30, "ready once Kafka is there")
            told = len(ops.deliveries)
            broker.kill9()
            poll_until(lambda: says_kafka_is_away(engine), 60, "readyz says Kafka has gone")
            wait_for_engine_message(ops, told + 1)
            broker.start()
            send(context, topic, broker, records[1000:])
            model = model_of(RULES, records)
            wait_until_counted(engine, model, RULES)
            wait_until_recorded(engine, model, RULES)
            poll_until(engine.is_ready, 60, "ready once Kafka is back")
            engine.stop()
    finally:
        broker.stop()
        broker.remove()


def send(context, topic, broker, records):
    with context.producer(topic, broker) as producer:
        for record in records:
            producer.send(record)


def wait_for_engine_message(ops, count):
    def told(deliveries):
        return [d for d in deliveries[count - 1:] if d.json["engine"] and not d.json["alerts"]]

    ops.wait_for(told, 90, "the engine route told that Kafka is away")


def second_owner_is_refused(context):
    topic = context.topic()
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, topic, webhook(hook), ops) as engine:
        engine.start_ready()
        said = engine.command("run", "--config", engine.config, code=EXIT_CONFIG).strip()
        assert len(said.splitlines()) == 1, f"more than a sentence:\n{said}"
        assert "state" in said, f"does not name the state: {said}"
        engine.check_alive()
        assert engine.is_ready(), "the first owner was disturbed"
        engine.stop()


TESTS = [
    ("Kafka away at the start and killed later is said, told, and costs nothing",
     kafka_comes_late_and_goes_away),
    ("A second engine on the same state ends with 78 and one sentence", second_owner_is_refused),
]
