# SPDX-License-Identifier: Apache-2.0
"""What fires does not depend on batches, threads, restarts or the clock: a recording tells the same."""

import json
import random
import subprocess
import time
from decimal import Decimal

import day
from engine import poll_until, webhook
from kill9 import RULES
from receivers import ScriptedReceiver
from rules import Rule
from verdict import delivered, difference, ms

LIVES = 5
SECONDS = 14
WORKERS_AND_BATCHES = [(1, 1), (1, 10000), (2, 7), (4, 10000)]
PATIENCE = 60


def by_rule(alerts):
    """Rule → id → (group, start and end of the window, rung)."""
    found = {}
    for alert in alerts:
        window = alert["window"]
        about = tuple(alert["group"].values()), window["start"], window["end"], alert["rung"]
        found.setdefault(alert["rule"], {})[alert["id"]] = about
    return found


def backtested(engine, *words):
    printed = engine.command("backtest", "--config", engine.config, "--json", *words)
    return by_rule(map(json.loads, printed.splitlines()))


class Recording:
    """A dump of a run in which the rules were edited once."""

    def __init__(self, path):
        self.path = path
        self.lines = path.read_text().splitlines(keepends=True)
        versions = [i for i, line in enumerate(self.lines) if line.startswith('{"version"')]
        assert len(versions) == 2, f"{len(versions)} versions of the rules, not 2"
        self.edit = versions[1]
        self.check_place_of_the_edit()

    def check_place_of_the_edit(self):
        """It decides what is expected: all partitions were within the day that was meant."""
        stamps = {}
        for line in self.lines[:self.edit]:
            if line.startswith('{"topic"'):
                record = json.loads(line)
                stamps[record["partition"]] = record["timestamp"]
        assert len(stamps) == 4 and min(stamps.values()) > day.FIRST_DAY_IS_OVER, stamps
        assert self.edit < len(self.lines) * 2 / 3, "the edit came at the end"

    def before(self):
        return self.written("before", self.lines[:self.edit])

    def unseen_before(self):
        """All of it, but the edit's new rule matches nothing of what came before: stream times, ids
        and ticks are the same."""
        eu, elsewhere = (json.dumps(f'"Region":"{region}"')[1:-1] for region in ("eu", "-"))
        unseen = [line.replace(eu, elsewhere) for line in self.lines[:self.edit]]
        return self.written("unseen", unseen + self.lines[self.edit:])

    def written(self, name, lines):
        path = self.path.with_stem(name)
        path.write_text("".join(lines))
        return path


def counted(engine):
    return engine.metric("tocsin_events_total") or 0


def edit(engine, events):
    """Other rules and another table, when so much is counted."""
    poll_until(lambda: counted(engine) >= events, PATIENCE, f"{events} events counted")
    day.write_rules(engine.directory, 1)
    status, answer = engine.post("/api/v1/reload", "reload")
    assert status == 200, f"the edit is refused: {answer}"


def live_day(context, engine, topic):
    """Kills, clean stops and the edit amid the traffic. What the API says in the end: alerts by rule,
    and what is counted."""
    dice = random.Random(context.seed)
    records = day.Day(context.seed + 1).records()
    half = int(0.9 * sum(record.timestamp < day.EDITED for record in records))
    day.write_rules(engine.directory, 0)
    engine.start_ready()
    assert engine.post(f"/api/v1/silences?rule={day.MUTED}&for=2h", "silence")[0] < 300
    writing = context.producer(topic).send_steadily(records, SECONDS)
    edited = False
    for life in range(LIVES):
        if life > 0:
            engine.start()
        engine.run_for(dice.uniform(0.05, 2))
        if not edited and (life == LIVES - 1 or counted(engine) > 0.7 * half):
            edit(engine, half)
            edited = True
            engine.run_for(dice.uniform(0, 0.1))
        if life % 2:
            poll_until(engine.is_up, PATIENCE, "up")
            engine.stop()
        else:
            engine.kill9()
    engine.start()
    writing.join()
    poll_until(lambda: engine.metric("tocsin_next_offset") == len(records), PATIENCE, "all read")
    counts = counts_of(engine)
    return by_rule(engine.alerts_after_a_restart()), counts


def expected(engine, recording):
    """What a live run over the edit tells, by backtests of the rules before and after it."""
    before = "--rules", day.write_rules(engine.directory / "0", 0)
    after = "--rules", day.write_rules(engine.directory / "1", 1)
    old = backtested(engine, *before, "--from", recording.before())
    met = backtested(engine, *after, "--from", recording.before())
    unseen = backtested(engine, *after, "--from", recording.unseen_before())
    new = backtested(engine, *after, "--from", recording.path)
    told = {rule: set(ids) for rule, ids in new.items() if rule not in day.EDITS}
    for rule in day.EDITS:
        was, now = old.get(rule, {}), new.get(rule, {})
        if rule == "added":
            now = unseen[rule]
        # Limits and rules that are new tell nothing of windows that have ended.
        ids = {id for id, (_, _, end, _) in now.items() if ms(end) > day.EDITED}
        if rule != "refiltered":
            # A rung that was told stays told while it is met, by whatever limit or name.
            rang = old.get(day.FORMER.get(rule, rule), {}).values()
            ids -= {id for id, about in met.get(rule, {}).items() if about in rang}
        told[rule] = was.keys() | ids
    return told


def check_equal(wanted, got, what):
    lines = [line for rule in sorted(wanted.keys() | got.keys())
             for line in difference(set(wanted.get(rule, ())), set(got.get(rule, ())), f"{rule} {what}")]
    assert not lines, "backtest differs from the live run:\n    " + "\n    ".join(lines)


def check_any_batches_and_workers(engine, recording, told):
    for workers, batch in WORKERS_AND_BATCHES:
        again = backtested(engine, "--from", recording.path, "--workers", workers, "--batch", batch)
        same = {rule: ids for rule, ids in again.items() if rule not in day.EDITS}
        check_equal({rule: told[rule] for rule in told if rule not in day.EDITS}, same,
                    f"with --workers {workers} --batch {batch}")


def check_kafka_itself(engine, told):
    """The topic as it lies there, without a recording. What time decides is decided by its stamps
    there, and by the ticks of the run here."""
    again = backtested(engine, "--from", "kafka", "--workers", 2, "--batch", 7)
    at_once = told.keys() - day.EDITS.keys() - set(day.JUDGED)
    check_equal({rule: told[rule] for rule in at_once},
                {rule: ids for rule, ids in again.items() if rule in at_once}, "from Kafka")


def counts_of(engine):
    """In the words of a backtest's report."""
    cost = engine.metric("tocsin_cost_usd_total").quantize(Decimal("0.01"))
    return (f"{int(counted(engine)):,} requests", f"${cost}",
            f"{int(engine.metric('tocsin_duplicates_total'))} requests came again")


def check_counts(engine, recording, counts):
    """Each event once, to the cent, whatever the rules."""
    report = engine.command("backtest", "--config", engine.config, "--from", recording.path)
    for part in counts:
        assert part in report, f"the live run has {part}, the backtest not:\n{report}"


def check_told(hook, live):
    """A silence keeps nothing from being judged, and everything from being told."""
    due = {id for rule, ids in live.items() if rule != day.MUTED for id in ids}
    hook.wait_for(lambda _: delivered(hook).keys() >= due, PATIENCE, f"{len(due)} alerts told")
    assert delivered(hook).keys() == due, "told, and not recorded or silenced"


def backtest_equals_live(context):
    topic = context.topic()
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine([], topic, webhook(hook), ops) as engine:
        engine.config.write_text(engine.config.read_text() + "stale_after: 30000d\n")
        live, counts = live_day(context, engine, topic)
        check_told(hook, live)
        engine.stop()
        engine.command("dump", "--config", engine.config, "--out", engine.directory / "dump.jsonl")
        recording = Recording(engine.directory / "dump.jsonl")
        check_counts(engine, recording, counts)
        told = expected(engine, recording)
        check_equal(live, told, "id")
        check_any_batches_and_workers(engine, recording, told)
        check_kafka_itself(engine, told)
    silent = [rule for rule in day.names() if not live.get(rule)]
    assert not silent, f"nothing was compared of {', '.join(silent)}"
    context.note.append(f"{sum(map(len, live.values()))} ids of {len(live)} rules")


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
                told = backtested(engine, "--from", source, "--workers", workers)
                ids = {id for rule in told.values() for id in rule}
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
