# SPDX-License-Identifier: Apache-2.0
"""What becomes of levels that people were told of, or not: silences, through kills."""

import json
import time

from engine import poll_until
from receivers import ScriptedReceiver
from reload import DAILY, Reloading


def summaries(hook):
    return [delivery.json["summary"] for delivery in hook.deliveries]


def wait_for_summary(engine, hook, part):
    poll_until(lambda: any(part in text for text in summaries(hook)), 20,
               f"the channel is told {part!r}, not only {summaries(hook)}; {engine.log_tail()}")


def silence_through_kills(context):
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "levels-silence", hook, ops) as engine:
        engine.rules("daily", DAILY.format(20))
        engine.start_ready()
        made = json.loads(engine.command("silence", "daily", "--for", "1h", "--author", "ada",
                                         "--comment", "load test", "--json"))
        engine.command("silence", "dayly", "--for", "1h", code=64)  # and says which was meant
        engine.kill9()
        engine.start_ready()
        engine.spend(30)
        engine.counted()
        assert made["id"] in engine.command("silence", "list"), made
        daily = [alert for alert in engine.list("alerts") if alert["rule"] == "daily"]
        assert [alert["silence"] for alert in daily] == [made["id"]], daily
        assert "silenced by ada until" in engine.command("explain", "daily", "--scan", "0s")
        engine.kill9()
        engine.start_ready()
        engine.spend(1)
        engine.counted()
        assert not any("aily" in text for text in summaries(hook)), summaries(hook)
        engine.command("silence", "end", made["id"], "--author", "bob")
        wait_for_summary(engine, hook, "$31.00 of $20")
        assert any("silence ended" in text for text in summaries(hook)), summaries(hook)
        assert engine.command("silence") == "Nothing is silenced.\n"
        engine.stop()


def silence_by_file(context):
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "levels-file", hook, ops) as engine:
        quiet = engine.directory / "quiet.yaml"
        quiet.write_text("silences:\n  - {rule: \"*\", until: 2199-01-01T00:00Z, author: Ada}\n")
        engine.config.write_text(engine.config.read_text() + "silences: quiet.yaml\n")
        engine.rules("daily", DAILY.format(20))
        engine.start_ready()
        engine.spend(30)
        engine.counted()
        assert "Ada" in engine.command("silence", "list")
        assert not summaries(hook), summaries(hook)
        quiet.write_text("silences: []\n")
        wait_for_summary(engine, hook, "$30.00 of $20")
        engine.stop()


def raised_and_acknowledged(context):
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "levels-raised", hook, ops) as engine:
        engine.rules("daily", DAILY.format(20))
        engine.start_ready()
        engine.spend(30)
        engine.counted()
        wait_for_summary(engine, hook, "$30.00 of $20")
        engine.rules("daily", DAILY.format(60))
        wait_for_summary(engine, hook, "Daily: limit raised from $20 to $60, now 50% ($30.00)")
        alert = next(alert for alert in engine.list("alerts") if alert["rule"] == "daily")
        engine.command("ack", alert["id"][:8], "--author", "ada")
        engine.command("ack", "00000000", code=64)
        engine.kill9()
        engine.start_ready()
        assert "seen by ada" in engine.command("explain", "daily", "--scan", "0s")
        alert = next(alert for alert in engine.list("alerts") if alert["rule"] == "daily")
        assert alert["acknowledged"]["by"] == "ada", alert
        engine.stop()


WATCHES_NOTHING = ("rules:\n  - {{name: watches-nothing, where: {{Environment: {0}}}, window: day, "
                   "budget: $1}}\n")


def matches_nothing(context):
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            Reloading(context, "levels-unmatched", hook, ops) as engine:
        engine.rules("watches-nothing", WATCHES_NOTHING.format("production"))
        now = int(time.time() * 1000)

        def staging(numbers):  # 150 are the last 30 hours
            with open(engine.directory / "events.jsonl", "a") as file:
                for i in numbers:
                    engine.events += 1
                    file.write(json.dumps({"timestamp": now - (149 - i) * 720_000, "provider": "openai",
                                           "model": "gpt-4o", "usage": {"input": 1},
                                           "properties": {"Environment": "staging"}}) + "\n")
            engine.counted()

        engine.start_ready()
        staging(range(20))
        staging(range(20, 150))
        told = "Rule watches-nothing matched none of "
        poll_until(lambda: any(told in text for text in summaries(ops)), 20,
                   f"the engine route is told {told!r}, not only {summaries(ops)}")
        assert engine.metric("tocsin_unmatched_rules") == 1
        engine.kill9()
        engine.start_ready()
        engine.spend(1)
        engine.counted()
        poll_until(lambda: engine.metric("tocsin_unmatched_rules") == 1, 20, "it is known anew")
        engine.rules("watches-nothing", WATCHES_NOTHING.format("staging"))
        poll_until(lambda: engine.metric("tocsin_unmatched_rules") == 0, 20, "the edit begins anew")
        assert sum(told in text for text in summaries(ops)) == 1, summaries(ops)
        engine.stop()


TESTS = [
    ("A rule that matches nothing for a day is told once, also through a kill", matches_nothing),
    ("What rings under a silence is recorded, outlives kills, and is told when the silence ends",
     silence_through_kills),
    ("A limit raised above what was told is told once; who has seen an alert outlives kills",
     raised_and_acknowledged),
    ("A silence in a file ends when it is taken out of it", silence_by_file),
]
