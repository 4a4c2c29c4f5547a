# SPDX-License-Identifier: Apache-2.0
"""What becomes of levels that people were told of, or not: silences, through kills."""

import json

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
        assert engine.command("silence", "list") == "Nothing is silenced.\n"
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


TESTS = [
    ("What rings under a silence is recorded, outlives kills, and is told when the silence ends",
     silence_through_kills),
    ("A limit raised above what was told is told once; who has seen an alert outlives kills",
     raised_and_acknowledged),
    ("A silence in a file ends when it is taken out of it", silence_by_file),
]
