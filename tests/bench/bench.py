# SPDX-License-Identifier: Apache-2.0
"""What all rows of one run share: programs, broker, folder, topics, and the plain contestants."""

import json
import shutil
import time

from measured_engine import MeasuredEngine, event_us
from traffic import Topic, output

from receivers import ScriptedReceiver  # of tests/integration


class Bench:
    def __init__(self, options, root, broker, folder):
        self.options, self.root, self.broker, self.folder = options, root, broker, folder
        self.events, self.groups = options.events, options.groups
        self.engines = 0
        self.topics = {}
        # For the prices, which every engine is given: a row that generates nothing needs them too.
        output([self.program("bench_generate"), folder / "one.jsonl", 1, folder])

    def program(self, name):
        return self.options.build / name

    def topic(self, name, count, **options):
        """The topic of that name, filled the first time it is asked for."""
        if name not in self.topics:
            self.topics[name] = Topic(self, name).fill(count, **options)
        return self.topics[name]

    def two_days(self):
        """The work that most rows share."""
        return self.topic("two-days", self.events)

    def forget_topics(self):
        """Deletes what the rows so far have read: disk and page cache are the next ones'."""
        for topic in self.topics.values():
            topic.delete()
        self.topics.clear()

    def warm_up(self, rows):
        """What reads first after a start of the broker is two to three times slower."""
        if any("raw" in row.contestants(self) for row in rows):
            self.raw()

    def consume(self, mode):
        """The engine's consumer alone ("raw"), or with the decoder ("parse")."""
        topic = self.two_days()
        return json.loads(output([self.program("bench_consume"), self.broker.bootstrap, topic.name, mode,
                                  topic.events]))

    def raw(self):
        return self.consume("raw")

    def count_all(self, topic, rules, **options):
        """The whole engine from exec until every event of the topic is counted, then what it cost."""
        with ScriptedReceiver() as hook, MeasuredEngine(self, rules, topic, hook.url(""), **options) as engine:
            start = time.monotonic()
            engine.start()
            samples = engine.run_to(topic.events)
            result = {"seconds": samples[-1].at - start, "event_us": event_us(samples),
                      "rss_mb": engine.status_mb("VmHWM"), "cpu_seconds": engine.cpu_seconds(),
                      "alerts": engine.check(rules, options.get("rungs"))}
            engine.stop()
            result["state_mb"] = engine.state_mb()
            if options.get("compact"):
                result |= self.compact(engine)
        shutil.rmtree(engine.directory)
        return result

    def compact(self, engine):
        """Bytes of the stopped engine's state without what was overwritten or deleted."""
        return json.loads(output([self.program("bench_compact"), engine.directory / "state"]))
