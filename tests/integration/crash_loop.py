# SPDX-License-Identifier: Apache-2.0
"""What kills the process whenever it is read is left alone after three deaths, and the rest goes on."""

import json
import subprocess
import time

from bomb import GIB, drop
from engine import TooLate, poll_until
from kafka_faults import scene
from rules import Rule

MEMORY = 700 << 20
LIVES_MAX = 12
DEADLY = "this-kills-it"


class Supervisor:
    """Starts the engine again whenever it dies, as systemd does."""

    def __init__(self, engine):
        self.engine, self.deaths = engine, 0
        self.lives = engine.process is not None

    def until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while True:
            if self.engine.process is None or self.engine.process.poll() is not None:
                self.deaths += self.lives
                self.lives, self.engine.process = True, None
                assert self.deaths < LIVES_MAX, f"{self.deaths} deaths; {self.engine.log_tail()}"
                self.engine.start()
            try:
                if condition():
                    return
            except AssertionError:
                continue  # it died meanwhile
            if time.monotonic() > end:
                raise TooLate(f"{what}: not within {seconds} s; {self.engine.log_tail()}")
            self.wait_for_death(0.05)

    def wait_for_death(self, seconds):
        try:
            self.engine.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass


def halted(engine):
    return lambda: engine.metric("tocsin_halted_partitions") == 1


def bomb_is_left_alone(context):
    with scene(context) as on:
        on.engine.data_limit = MEMORY
        on.engine.start_ready()
        before = on.records(400)
        on.send(before)
        on.exact()
        more = on.records(200)
        first = [record for record in more if record.partition == 2]
        on.send(first)
        offset, stored = drop(context.broker.port, on.topic, 2, int(time.time() * 1000))
        on.send([record for record in more if record.partition != 2])
        after = [record for record in on.records(200) if record.partition == 2]
        on.send(after, counts=False)
        supervisor = Supervisor(on.engine)
        began = time.monotonic()
        supervisor.until(halted(on.engine), 180, "the partition with the bomb halted")
        took = time.monotonic() - began
        message = on.told("halted", f"{on.topic}[2]")
        assert f"from offset {offset}" in message["text"], (offset, message)
        assert any("tocsin skip" in detail for detail in message["details"]), message
        on.not_ready_because(f"from offset {offset}")
        others = [record for record in on.records(300) if record.partition != 2]
        on.send(others)
        on.exact()
        deaths = supervisor.deaths
        on.stop()
        on.engine.start()
        on.not_ready_because(f"from offset {offset}")
        listed = on.engine.command("skip", "--config", on.engine.config)
        assert f"{on.topic} 2: halted at offset {offset}" in listed, listed
        on.engine.command("skip", on.topic, 2, "--config", on.engine.config)
        on.told("lost", f"1 offsets from {offset} on were skipped")
        on.counted += after
        on.exact()
        poll_until(on.engine.is_ready, 30, "ready again")
        context.note.append(f"{GIB >> 20} MiB in {stored} bytes, halted after {deaths} deaths and {took:.0f} s")


def deadly_record_is_left_alone(context):
    """The record kills in the decode worker, by a library that is replaced for the test."""
    rules = [Rule("feature", where={"Feature": {"matches": f"x|{DEADLY[:4]}.*"}}, budget="$1",
                  alert={"100%": "info"}, modelled=False)]
    with scene(context, rules=rules) as on:
        on.engine.environment = {"LD_PRELOAD": str(context.binary.parent / "libdeadly_re2.so")}
        on.engine.start_ready()
        on.send(on.records(400))
        on.exact()
        on.stop()
        mixed = on.records(200)
        deadly = next(i for i, record in enumerate(mixed) if i > 100 and record.partition == 1)
        offset = on.ends()[1][1] + sum(record.partition == 1 for record in mixed[:deadly])
        event = {"id": "deadly", "provider": "small", "model": "small", "properties": {"Feature": DEADLY},
                 "timestamp": mixed[deadly].timestamp, "usage": {"input": 1, "output": 1}}
        bad = type(mixed[deadly])(1, mixed[deadly].timestamp, json.dumps(event).encode())
        after = [record for record in mixed[deadly:] if record.partition == 1]
        on.send(mixed[:deadly] + [bad] + mixed[deadly:], counts=False)
        on.counted += mixed[:deadly] + [record for record in mixed[deadly:] if record.partition != 1]
        supervisor = Supervisor(on.engine)
        supervisor.until(halted(on.engine), 120, "the partition with the deadly record halted")
        on.exact()
        message = on.told("halted", f"the record with offset {offset}")
        assert f"{on.topic}[1]" in message["text"], message
        on.engine.command("skip", on.topic, 1, "--config", on.engine.config)
        on.told("lost", f"1 offsets from {offset} on were skipped")
        on.counted += after
        on.exact()
        poll_until(on.engine.is_ready, 30, "ready again")
        assert supervisor.deaths == 3, supervisor.deaths


def kill9_halts_nothing(context):
    """A person's kill -9, time and again, at any moment of a start."""
    with scene(context) as on:
        on.send(on.records(400))
        for turn in range(8 * context.rounds):
            on.engine.start()
            on.engine.run_for(0.05 * turn % 0.8)
            on.engine.kill9()
        on.engine.start_ready()
        on.exact()
        assert on.engine.metric("tocsin_halted_partitions") == 0


TESTS = [
    ("A batch that unpacks to more than there is memory halts its partition alone", bomb_is_left_alone),
    ("A record that kills in the decoder is found out to the offset", deadly_record_is_left_alone),
    ("kill -9 time and again, at any moment of a start, halts nothing", kill9_halts_nothing),
]
