# SPDX-License-Identifier: Apache-2.0
"""Rules and channels that change while the engine runs: by SIGHUP, by the API, by saving a file;
files that are broken, and mended; kills and starts with broken files; channels taken out."""

import json
import random
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from engine import Engine, free_port, poll_until
from receivers import ScriptedReceiver

EXIT_CONFIG = 78
CONFIG = """\
sources: [{{file: events.jsonl}}]
state: {{path: state, memory: 64MB}}
group_interval: 1s
notify: {{info: [hook], warning: [hook], critical: [hook], engine: [ops]}}
channels:
  hook: {{webhook: {{url_file: hook}}}}
  ops: {{webhook: {{url_file: ops}}}}
rules: ["rules/*.yaml"]
http: {{listen: "127.0.0.1:{port}"}}
"""
DAILY = "rules:\n  - {{name: daily, window: day, budget: ${0}, alert: {{100%: critical}}}}\n"
KEPT = "rules:\n  - {name: kept, group_by: [user], window: day, budget: $5, alert: {100%: info}}\n"


class Reloading(Engine):
    """An engine over a file that this test writes, with rules in files of their own."""

    def __init__(self, context, name, hook, ops):
        self.binary, self.directory = context.binary, context.folder / name
        self.port, self.process, self.events = free_port(), None, 0
        (self.directory / "rules").mkdir(parents=True)
        (self.directory / "events.jsonl").touch()
        for channel, receiver in (("hook", hook), ("ops", ops)):
            self.secret(channel, receiver.url("/" + channel))
        self.config = self.directory / "tocsin.yaml"
        self.config.write_text(CONFIG.format(port=self.port))
        self.rules("kept", KEPT)
        self.rules("daily", DAILY.format(100))

    def secret(self, name, value):
        path = self.directory / name
        path.write_text(value)
        path.chmod(0o600)

    def rules(self, name, text):
        """As editors save: beside, then in its place."""
        path = self.directory / "rules" / f"{name}.yaml"
        beside = path.with_suffix(".new")
        beside.write_text(text)
        beside.rename(path)

    def spend(self, dollars, user="ann"):
        with open(self.directory / "events.jsonl", "a") as file:
            for _ in range(dollars):
                self.events += 1
                file.write(json.dumps({"timestamp": int(time.time() * 1000), "provider": "openai",
                                       "model": "gpt-4o", "user": user,
                                       "usage": {"input": 400_000}}) + "\n")

    def counted(self):
        poll_until(lambda: self.metric("tocsin_events_total") == self.events, 20,
                   f"{self.events} events counted")

    def reload(self, headers=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/reload", b"",
                                         {"Tocsin-Request": "reload"} if headers is None else headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def totals(self):
        return {(budget["rule"], budget["group"].get("user", "")): budget["total"]
                for budget in self.list("budgets")}

    def wait_until_reloads(self, result, count):
        poll_until(lambda: self.reloads(result) >= count, 20,
                   f"{count} reloads {result}; {self.log_tail()}")

    def reloads(self, result):
        found = re.findall(rf'^tocsin_reloads_total{{result="{result}"}} (\d+)',
                           self.get("/metrics")[1], re.M)
        return int(found[0]) if found else 0


def rungs(hook):
    return [(alert["rule"], alert["amount"]) for delivery in hook.deliveries
            for alert in delivery.json["alerts"]]


def engine_texts(ops):
    return [delivery.json["summary"] for delivery in ops.deliveries]


def wait_for_text(ops, part):
    poll_until(lambda: any(part in text for text in engine_texts(ops)), 20,
               f"the engine route is told {part!r}, not only {engine_texts(ops)}")


def a_new_rule_knows_the_day(context):
    """It counts what was read before it, also when the process is killed meanwhile."""
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "reload-backfill", hook, ops) as engine:
        engine.start_ready()
        engine.spend(30, "ann")
        engine.spend(12, "bob")
        engine.counted()
        engine.rules("users", KEPT.replace("kept", "users").replace("$5", "$20"))
        poll_until(lambda: engine.totals().get(("users", "ann")) == "30", 20,
                   f"what ann spent before is counted; {engine.log_tail()}")
        poll_until(lambda: ("users", "20") in rungs(hook), 20, "what is over by it is told")
        engine.spend(5, "bob")
        engine.counted()
        assert engine.totals()[("users", "bob")] == "17", engine.totals()
        for name in ("a", "b", "c"):
            before = engine.reloads("applied")
            engine.rules(name, KEPT.replace("kept", name))
            if name != "c":  # which the start finds
                engine.wait_until_reloads("applied", before + 1)
            engine.kill9()
            engine.start_ready()
        for name in ("a", "b", "c"):
            poll_until(lambda rule=name: engine.totals().get((rule, "ann")) == "30", 30,
                       f"{name} knows what was before; {engine.totals()} {engine.log_tail()}")
            assert engine.totals()[(name, "bob")] == "17", engine.totals()
        engine.stop()


def every_way_to_reload(context):
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "reload-ways", hook, ops) as engine:
        engine.start_ready()
        engine.spend(30)
        engine.counted()
        engine.rules("daily", DAILY.format(20))  # by saving: lowered, and told at once
        poll_until(lambda: ("daily", "20") in rungs(hook), 20,
                   f"the lowered limit rings; {engine.log_tail()}")
        engine.rules("other", DAILY.format(10).replace("daily", "other"))
        status, answer = engine.reload()
        assert status == 200, answer
        assert "other" in json.dumps(answer) or answer["result"] == "unchanged", answer
        engine.process.send_signal(signal.SIGHUP)
        before = engine.reloads("applied")
        engine.rules("other", DAILY.format(11).replace("daily", "other"))
        engine.process.send_signal(signal.SIGHUP)
        engine.wait_until_reloads("applied", before + 1)
        engine.spend(5)
        engine.counted()
        totals = engine.totals()
        assert totals[("daily", "")] == "35", totals
        poll_until(lambda: engine.totals()[("other", "")] == "35", 20, "the new rule has the day")
        assert totals[("kept", "ann")] == "35", totals
        assert engine.reload({})[0] == 415
        assert engine.reload({"Tocsin-Request": "reload", "Origin": "https://evil.example"})[0] == 403
        pause = engine.metric("tocsin_reload_pause_milliseconds")
        context.note.append(f"the stream waited {pause} ms")
        engine.stop()


def a_mapping_is_edited(context):
    """Every request is counted by the mapping of before or the one after, and by one of them."""
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "reload-mapping", hook, ops) as engine:
        def mapping(user, cost):
            beside = engine.directory / "gate.new"
            beside.write_text(f"timestamp: /at\nuser: {user}\ncost: {cost}\n")
            beside.rename(engine.directory / "gate.yaml")

        def spend(count):
            with open(engine.directory / "events.jsonl", "a") as file:
                for _ in range(count):
                    engine.events += 1
                    file.write(json.dumps({"at": int(time.time() * 1000), "a": "ann", "b": "ben",
                                           "one": 1, "two": 2}) + "\n")

        mapping("/a", "/one")
        config = engine.config.read_text()
        engine.config.write_text(config.replace("events.jsonl", "events.jsonl, mapping: gate.yaml"))
        engine.start_ready()
        spend(10)
        engine.counted()
        mapping("/b", "/two")
        engine.wait_until_reloads("applied", 1)
        spend(10)
        engine.counted()
        mapping("/b", "two")
        engine.wait_until_reloads("refused", 1)
        wait_for_text(ops, "gate.yaml:3:7")
        spend(10)
        engine.counted()
        totals = engine.totals()
        assert (totals[("kept", "ann")], totals[("kept", "ben")]) == ("10", "40"), totals
        assert "are read by another mapping" in engine.log_tail(), engine.log_tail()
        checked = subprocess.run([engine.binary, "check", "--config", engine.config], text=True,
                                 capture_output=True, check=False)
        assert "gate.yaml ✗" in checked.stdout and checked.returncode == EXIT_CONFIG, checked.stdout
        mapping("/a", "/two")
        engine.wait_until_reloads("applied", 2)
        engine.stop()


def a_team_breaks_its_file(context):
    """Its last good rules stay, over a restart too; it is told by its channel; others go on."""
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "reload-team", hook, ops) as engine:
        folder = engine.directory / "team"
        folder.mkdir()

        def team(text):
            (folder / "a.new").write_text(text)
            (folder / "a.new").rename(folder / "a.yaml")

        team(DAILY.format(10))
        config = engine.config.read_text()
        engine.config.write_text(config.replace('rules: ["rules/*.yaml"]', (
            'rules: ["rules/*.yaml", {files: "team/*.yaml", team: search, channels: [hook]}]')))
        engine.start_ready()
        engine.spend(4)
        engine.counted()
        team(DAILY.format(10).replace("critical", "crticial"))
        engine.wait_until_reloads("applied", 1)
        wait_for_text(hook, "Rules of team search refused: team/a.yaml:2:")
        engine.rules("daily", DAILY.format(20))
        engine.wait_until_reloads("applied", 2)
        engine.kill9()
        engine.start_ready()
        engine.spend(7)
        engine.counted()
        poll_until(lambda: ("search/daily", "10") in rungs(hook), 20, "its old rule rings")
        assert engine.totals()[("search/daily", "")] == "11", engine.totals()
        team(DAILY.format(1000))
        wait_for_text(hook, "The rules of team search are right again")
        assert not any("team search" in text for text in engine_texts(ops)), engine_texts(ops)
        engine.stop()


def broken_then_mended(context):
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "reload-broken", hook, ops) as engine:
        engine.start_ready()
        engine.spend(30)
        engine.counted()
        engine.rules("daily", DAILY.format(20).replace("critical", "crticial"))
        engine.wait_until_reloads("refused", 1)
        wait_for_text(ops, "daily.yaml:2:")
        status, answer = engine.reload()
        assert status == 422, answer
        place = [d for d in answer["diagnostics"] if d["level"] == "error"][0]
        assert place["line"] == 2 and "critical" in place["hint"], place
        ready, body = engine.get("/readyz")
        assert ready == 200 and "daily.yaml:2:" in body, body
        engine.spend(1)
        engine.counted()
        assert not rungs(hook) or all(rule == "kept" for rule, _ in rungs(hook)), rungs(hook)
        engine.rules("daily", DAILY.format(20))
        wait_for_text(ops, "right again")
        poll_until(lambda: any(rule == "daily" for rule, _ in rungs(hook)), 20, "the mended rule rings")
        told = [text for text in engine_texts(ops) if "daily.yaml:2:" in text]
        assert len(told) == 1, told
        engine.stop()


def start_with_broken_files(context):
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "reload-start", hook, ops) as engine:
        engine.start_ready()
        engine.spend(3)
        engine.counted()
        engine.rules("daily", DAILY.format(50))
        engine.wait_until_reloads("applied", 1)
        engine.kill9()
        engine.rules("daily", "rules: [")
        engine.config.write_text(engine.config.read_text() + "oops: {\n")
        engine.start_ready()
        _, body = engine.get("/readyz")
        assert "tocsin.yaml" in body, body
        wait_for_text(ops, "refused")
        engine.spend(2)
        engine.counted()
        assert engine.totals()[("daily", "")] == "5", engine.totals()
        state = b"".join(path.read_bytes() for path in (engine.directory / "state").iterdir()
                         if path.is_file())
        assert hook.url("/hook").encode() not in state, "a secret is in the state"
        engine.stop()
        empty = engine.directory / "elsewhere.yaml"
        empty.write_text(engine.config.read_text().replace("path: state", "path: none"))
        done = subprocess.run([engine.binary, "run", "--config", empty], capture_output=True,
                              timeout=60, cwd=engine.directory)
        assert done.returncode == EXIT_CONFIG, done


def channel_taken_out(context):
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, ScriptedReceiver() as other, \
            Reloading(context, "reload-channel", hook, ops) as engine:
        engine.start_ready()
        text = engine.config.read_text()
        engine.secret("other", other.url("/other"))
        engine.config.write_text(text.replace("hook: {webhook: {url_file: hook}}",
                                              "other: {webhook: {url_file: other}}")
                                 .replace("[hook]", "[other]"))
        engine.wait_until_reloads("applied", 1)
        engine.spend(6)
        other.wait_for(lambda deliveries: deliveries, 20, "the new channel is told")
        assert not hook.deliveries, "the channel that was taken out is told things"
        engine.secret("other", hook.url("/hook"))  # a secret that is exchanged
        engine.wait_until_reloads("applied", 2)
        engine.spend(6, "bob")
        hook.wait_for(lambda deliveries: deliveries, 20, "the new address is told")
        engine.stop()


def mutated(random_source, text):
    at = random_source.randrange(len(text))
    kind = random_source.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1:]
    if kind == 1:
        return text[:at] + random_source.choice("{}[]:\"'#&*!%$0a\t\n") + text[at:]
    if kind == 2:
        return text[:at]
    return text[:at] + text[at:].swapcase()


def mutations_and_kills(context):
    """Reloads of mutated rules while requests are counted, with kills among them."""
    source = random.Random(context.seed + 22)
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "reload-mutated", hook, ops) as engine:
        engine.start_ready()
        outcomes = {}
        for n in range(300):
            engine.rules("daily", mutated(source, DAILY.format(source.randrange(1, 999))))
            engine.spend(1, f"u{n % 7}")
            if n % 60 == 30:
                engine.process.send_signal(signal.SIGHUP)
                engine.kill9()
                engine.start_ready()
            status, answer = engine.reload()
            assert status in (200, 409, 422), answer
            outcomes[status] = outcomes.get(status, 0) + 1
        engine.rules("daily", DAILY.format(5))
        poll_until(lambda: engine.reload()[0] == 200, 20, "the right rules are taken")
        engine.counted()
        kept = sum(float(total) for (rule, _), total in engine.totals().items() if rule == "kept")
        assert kept == 300, f"{kept} of 300 dollars counted by the rule that was never edited"
        context.note.append(", ".join(f"{count} answered {status}"
                                      for status, count in sorted(outcomes.items())))
        engine.stop()


TESTS = [
    ("A new rule soon counts what was read before it, kills or not", a_new_rule_knows_the_day),
    ("Rules are taken up when a file is saved, by the API and by SIGHUP; totals stay",
     every_way_to_reload),
    ("A mapping file that is saved is taken up between two commits, a broken one is not",
     a_mapping_is_edited),
    ("A team's broken file leaves it its last good rules, and others theirs",
     a_team_breaks_its_file),
    ("A broken file changes nothing, is told once with its place, and mended it is taken up",
     broken_then_mended),
    ("With broken files the engine starts on the last that were right, and with none not at all",
     start_with_broken_files),
    ("A channel that is taken out is told nothing more, a new one at once; secrets are read anew",
     channel_taken_out),
    ("300 mutations of a rule file and kills among them lose nothing of the others",
     mutations_and_kills),
]
