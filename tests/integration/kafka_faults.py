# SPDX-License-Identifier: Apache-2.0
"""What can happen to a Kafka: after each of it the totals and the alerts are the model's, exactly."""

import time
from contextlib import contextmanager
from dataclasses import replace

from engine import poll_until, webhook
from generator import MINUTE, Generator, Stretch
from kafka_broker import KafkaError
from live import model_of, wait_until_counted, wait_until_recorded
from proxy import Proxy
from receivers import ScriptedReceiver
from rules import Rule

RULES = [Rule("total-day", budget="$5", alert={"50%": "info", "100%": "critical"}),
         Rule("user-day", group_by=("user",), budget="$0.2", alert={"100%": "warning"})]
PARTITIONS = 4


class Scene:
    """A topic, the records sent to it, and an engine that reads it."""

    def __init__(self, context, engine, ops, rules):
        self.context, self.engine, self.ops, self.rules = context, engine, ops, rules
        self.broker, self.topic = context.broker, engine.topic
        self.counted = []  # what the engine is to have counted
        self.seed = context.seed + 1000 * next(context.numbers)

    def records(self, count, partitions=PARTITIONS):
        """New ones; their ids are their own. They are sent by who asks for them."""
        self.seed += 1
        now = int(time.time() * 1000)
        return list(Generator(self.seed, partitions).stream(Stretch(count, now - 5 * MINUTE, now)))

    def send(self, records, *properties, counts=True):
        if not records:
            return
        with self.context.producer(self.topic, properties=properties) as producer:
            for record in records:
                producer.send(record)
        if counts:
            self.counted += records

    def exact(self, seconds=90):
        model = model_of(RULES, self.counted)
        wait_until_counted(self.engine, model, self.rules, seconds)
        wait_until_recorded(self.engine, model, self.rules, seconds)

    def told(self, kind, words, seconds=60):
        """The engine route was told of it; returns the message."""
        def found(deliveries):
            return [d.json["engine"] for d in deliveries if d.json["engine"]
                    and d.json["engine"]["kind"] == kind and words in d.json["engine"]["text"]]
        return self.ops.wait_for(found, seconds, f"told of {kind}: {words}")[0]

    def not_ready_because(self, words, seconds=60):
        def says():
            status, body = self.engine.get("/readyz")
            return status == 503 and words in body
        poll_until(says, seconds, f"/readyz says {words}")

    def stop(self):
        """In order, and within the time after which it would be killed."""
        began = time.monotonic()
        self.engine.stop()
        took = time.monotonic() - began
        assert took < 15, f"it took {took:.1f} s to stop"
        return took

    def ends(self):
        lines = self.broker.tool("watermarks", self.topic).splitlines()
        return {int(p): (int(low), int(high)) for p, low, high in map(str.split, lines)}


@contextmanager
def scene(context, partitions=PARTITIONS, config=None, broker_address=None, rules=()):
    topic = context.topic(partitions, config)
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine([*RULES, *rules], topic, webhook(hook), ops,
                           brokers=broker_address) as engine:
        on = Scene(context, engine, ops, [*RULES, *rules])
        yield on
        if engine.process is not None:
            on.stop()


def bounced(context):
    """`rounds` of: killed, stopped in order, paused, while records come."""
    bounces = 0
    with scene(context) as on:
        on.engine.start_ready()
        for _ in range(context.rounds):
            for fault in ("kill9", "stop", "pause"):
                on.send(on.records(300))
                getattr(context.broker, fault)()
                if fault != "pause":
                    context.broker.start()
                else:
                    # Longer than the questions to a broker may take, so it is told.
                    on.not_ready_because("cannot be reached")
                    context.broker.resume()
                bounces += 1
        on.send(on.records(300))
        on.exact()
        poll_until(on.engine.is_ready, 60, "ready with Kafka back")
        context.note.append(f"{bounces} times")


def down_costs_nothing(context):
    with scene(context) as on:
        on.engine.start_ready()
        on.send(on.records(300))
        on.exact()
        context.broker.kill9()
        try:
            on.not_ready_because("cannot be reached")
            spent = cpu_share(on.engine.process.pid, 5)
            took = on.stop()
        finally:
            context.broker.start()
        assert spent < 0.05, f"{spent:.1%} of a core while Kafka is down"
        on.engine.start_ready()
        on.send(on.records(100))
        on.exact()
        context.note.append(f"{spent:.1%} of a core, ends in {took:.1f} s")


def cpu_share(pid, seconds):
    def spent():
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100
    before, began = spent(), time.monotonic()
    time.sleep(seconds)
    return (spent() - before) / (time.monotonic() - began)


def hung_while_stopping(context):
    with scene(context) as on:
        on.engine.start_ready()
        on.send(on.records(300))
        on.exact()
        context.broker.pause()
        try:
            took = on.stop()
        finally:
            context.broker.resume()
        on.send(on.records(300))
        on.engine.start_ready()
        on.exact()
        context.note.append(f"ends in {took:.1f} s")


def bad_network(context):
    with Proxy(context.broker.proxy_port, context.broker.behind_proxy, context.seed) as proxy, \
            scene(context, broker_address=f"127.0.0.1:{proxy_port(proxy)}") as on:
        on.engine.start_ready()
        for _ in range(context.rounds):
            proxy.delay = 0.1
            on.send(small(on.records(300)))
            on.exact()
            proxy.delay, proxy.trickle = 0, 8192
            on.send(small(on.records(100)))
            on.exact()
            proxy.trickle = None
            for _ in range(5):
                on.send(small(on.records(100)))
                proxy.cut()
            # By a start: what is read then is large enough to be garbled.
            on.stop()
            on.send(small(on.records(2000)), "linger.ms=100")
            proxy.garble = 2
            on.engine.start()
            on.exact()
            on.send(small(on.records(100)))
            on.exact()
        assert proxy.garbled > 0, "nothing was garbled"
        assert on.engine.metric("tocsin_halted_partitions") == 0
        context.note.append(f"{proxy.cuts} connections cut, {proxy.garbled} chunks garbled")


def small(records):
    """Without those of megabytes: an answer must come within 20 s."""
    return [record for record in records if len(record.value) < 100_000]


def proxy_port(proxy):
    return proxy.server.getsockname()[1]


def partitions_added(context):
    with scene(context, partitions=1) as on:
        on.engine.start_ready()
        on.send(on.records(200, 1))
        there = 1
        for _ in range(context.rounds):
            there += 2
            context.broker.add_partitions(on.topic, there)
            on.send(on.records(50 * there, there))
        on.exact()
        context.note.append(f"{there - 1} added")


def recreated(context):
    """Both while it reads and while it is away, with fewer and with more records than were counted."""
    found = 0
    for turn in range(max(2, context.rounds)):
        away, more = turn % 2 == 1, turn % 4 in (1, 2)
        with scene(context, partitions=2) as on:
            on.engine.start_ready()
            on.send(on.records(400, 2))
            on.exact()
            if away:
                on.stop()
            context.broker.delete_topic(on.topic)
            poll_until(lambda: made(context.broker, on.topic), 60, "the topic made again")
            on.send(on.records(1200 if more else 100, 2), counts=False)
            if away:
                on.engine.start()
            on.told("halted", "the topic was re-created")
            poll_until(lambda: on.engine.metric("tocsin_halted_partitions") == 2, 60, "both halted")
            on.not_ready_because("re-created")
            on.exact()  # nothing of the new one
            found += 1
    context.note.append(f"found {found} of {found}")


def made(broker, topic):
    try:
        broker.create_topic(topic, 2)
        return True
    except KafkaError:
        return False


def deleted_unread(context):
    lost = 0
    with scene(context, partitions=2) as on:
        on.engine.start_ready()
        for _ in range(context.rounds):
            on.send(on.records(300, 2))
            on.exact()
            on.stop()
            high = on.ends()[0][1]
            late = on.records(300, 2)
            on.send(late, counts=False)
            cut = high + 40
            on.broker.tool("delete-records", on.topic, 0, cut)
            on.engine.start()
            message = on.told("lost", f"the records before offset {cut}")
            assert f"40 offsets from {high} on" in message["text"], message
            of_first = [record for record in late if record.partition == 0]
            gone = {id(record) for record in of_first[:40]}
            on.counted += [record for record in late if id(record) not in gone]
            on.exact()
            lost += 40
            assert on.engine.metric("tocsin_lost_offsets_total") == 40
    context.note.append(f"{lost} offsets lost, as told")


def damaged(context):
    with scene(context, partitions=2) as on:
        on.engine.start_ready()
        on.send(on.records(200, 2))
        on.exact()
        on.stop()
        hit, after = on.records(40, 1), on.records(60, 1)
        high = on.ends()[0][1]
        on.send(hit, "one_batch=1", counts=False)
        on.send(after, counts=False)
        flip(context.broker, f"{on.topic}-0", hit[5].value)
        on.engine.start()
        message = on.told("halted", "a record batch is damaged")
        assert f"{on.topic}[0]" in message["text"] and f"offset {high}" in message["text"], message
        assert any("tocsin skip" in detail for detail in message["details"]), message
        on.not_ready_because("damaged")
        others = [record for record in on.records(200, 2) if record.partition == 1]
        on.send(others)
        on.exact()
        until = high + len(hit)
        on.engine.command("skip", on.topic, 0, "--to", until, "--config", on.engine.config)
        on.told("lost", f"{len(hit)} offsets from {high} on were skipped")
        on.counted += after
        on.exact()
        poll_until(on.engine.is_ready, 30, "ready again")


def flip(broker, directory, value):
    """One bit of a stored record, while the broker is down."""
    broker.stop()
    hits = 0
    for path in (broker.data / directory).glob("*.log"):
        data = bytearray(path.read_bytes())
        at = data.find(value) if value else -1
        if at >= 0:
            data[at + len(value) // 2] ^= 1
            path.write_bytes(data)
            hits += 1
    broker.start()
    assert hits == 1, f"the record was found in {hits} segments"


def aborted(context):
    with scene(context, partitions=2) as on:
        on.engine.start_ready()
        for turn in range(context.rounds):
            transaction = f"transactional.id=faults-{on.seed}"
            on.send(on.records(100, 2), "transaction=commit", transaction)
            on.send(on.records(100, 2), "transaction=abort", transaction, counts=False)
            on.send(on.records(100, 2))
            on.send(on.records(50, 2), "transaction=abort", transaction, counts=False)
        on.exact()
        on.stop()
        on.engine.start_ready()  # the last record is not the last offset
        on.send(on.records(50, 2))
        on.exact()


def compacted(context):
    config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "200",
              "min.compaction.lag.ms": "0", "max.compaction.lag.ms": "200"}
    with scene(context, partitions=1, config=config) as on:
        on.engine.start_ready()
        on.send(keyed(on.records(200, 1), "twenty", 20))
        on.exact()
        on.stop()
        # All that was counted goes, the record counted last too; what comes now stays.
        on.send(keyed(on.records(20, 1), "twenty", 20))
        poll_until(lambda: compacts(on) < 150, 60, "the topic compacted", every=0.5)
        on.engine.start_ready()
        on.exact()
        on.send(keyed(on.records(20, 1), "last", 20))
        on.exact()
        assert on.engine.metric("tocsin_halted_partitions") == 0


def keyed(records, name, keys):
    return [replace(record, key=f"{name}-{i % keys}") for i, record in enumerate(records)]


def compacts(on):
    """How many records are left; a further one each time, for only full segments are compacted."""
    on.send(keyed(on.records(1, 1), f"further-{on.seed}", 1))
    return int(on.broker.tool("consume-count", on.topic))


def codecs(context):
    with scene(context) as on:
        on.engine.start_ready()
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            on.send(on.records(300), f"compression.codec={codec}", "linger.ms=50")
        on.exact()


TESTS = [
    ("Kafka killed, restarted and hanging under load: all is counted once", bounced),
    ("While Kafka is down it hardly costs CPU, and it ends in time", down_costs_nothing),
    ("It ends in time while Kafka hangs, and nothing is lost", hung_while_stopping),
    ("A network that delays, trickles, cuts and garbles changes no total", bad_network),
    ("Partitions added under load are counted from their beginning", partitions_added),
    ("A topic made anew is halted and told, and nothing of it is counted", recreated),
    ("Records deleted unread are told to the offset, and all others are counted", deleted_unread),
    ("A damaged batch halts its partition alone, and can be skipped", damaged),
    ("Aborted transactions are not counted", aborted),
    ("A topic that was compacted is read on", compacted),
    ("Batches of every codec are counted alike", codecs),
]
