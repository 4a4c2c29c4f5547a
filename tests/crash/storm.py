#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ten thousand users cross their budgets at once: the first is told within a second, all are in the
API within five, people get two messages, and it takes little memory. Catching up with the same is
as quiet.

    tests/crash/storm.py build/release/tocsin --timed      on an idle machine: times too"""

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from engine_on_file import EngineOnFile, Tally, wait_for
from receivers import ScriptedReceiver

USERS = 10_000
DOLLARS = 10  # each one's, which is all of the budget
FIRST_MAX, LISTED_MAX = 1, 5  # seconds
GROWTH_MAX = 100  # MB


class Engine(EngineOnFile):
    """Messages go to a webhook, which is told every alert, and to Slack, which people read."""

    def __init__(self, binary, folder, hook, slack):
        super().__init__(binary, folder, hook, slack)
        config = self.folder / "tocsin.yaml"
        text = config.read_text().replace("group_interval: 1s", "group_interval: 3s")
        text = text.replace("[hook]", "[hook, people]").replace(
            "rules:", f'  people: {{slack: {{webhook_url: "{slack.url("/slack")}"}}}}\nrules:')
        config.write_text(text)

    def resident(self, what):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s+(\d+)", status, re.M)[1]) // 1024

    def alerts(self):
        status, body = self.get(f"/api/v1/alerts?limit={10 * USERS}")
        return {alert["id"] for alert in json.loads(body)["alerts"]} if status == 200 else set()


def told(hook):
    return {alert["id"] for delivery in list(hook.deliveries) for alert in delivery.json["alerts"]}


def storm(engine, hook, slack, timed):
    """While it follows the file."""
    engine.start()
    wait_for(lambda: engine.get("/readyz")[0] == 200, 30, "ready")
    before = engine.resident("VmRSS")
    begun = time.monotonic()
    engine.write(USERS, users=USERS, dollars=DOLLARS)
    written = time.monotonic()
    hook.wait_for(lambda all: all, 30, "a first message")
    first = hook.deliveries[0].when - begun
    wait_for(lambda: len(engine.alerts()) == 2 * USERS, 60, f"{2 * USERS} alerts in the API")
    listed = time.monotonic() - written
    wait_for(lambda: len(told(hook)) == 2 * USERS, 60, "all told to the webhook")
    slack.wait_for(lambda all: len(all) >= 2, 30, "told to people")
    growth = engine.resident("VmHWM") - before
    print(f"first message {first * 1000:.0f} ms after the first request was written, all listed "
          f"{listed:.1f} s after the last; {len(slack.deliveries)} messages to people, "
          f"{len(hook.deliveries)} to the webhook; {growth} MB more", flush=True)
    assert told(hook) == engine.alerts(), "what was told is not what was recorded"
    assert len(slack.deliveries) <= 4, f"{len(slack.deliveries)} messages to people"
    assert growth <= GROWTH_MAX, f"it took {growth} MB"
    assert not timed or first <= FIRST_MAX, f"the first message came after {first:.1f} s"
    assert not timed or listed <= LISTED_MAX, f"all were listed after {listed:.1f} s"
    assert engine.end() == 0, engine.said()


def catch_up(engine, hook, slack):
    """All of it is there before it starts."""
    engine.write(USERS, users=USERS, dollars=DOLLARS, minutes_ago=90)
    engine.start()
    wait_for(lambda: len(told(hook)) == 2 * USERS, 60, "all told to the webhook")
    slack.wait_for(lambda all: all, 30, "told to people")
    assert engine.end() == 0, engine.said()
    print(f"caught up: {len(slack.deliveries)} messages to people", flush=True)
    assert len(slack.deliveries) <= 2, f"{len(slack.deliveries)} messages to people"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--timed", action="store_true")
    options = parser.parse_args()
    tally = Tally()
    for test in (lambda *parts: storm(*parts, options.timed), catch_up):
        with tempfile.TemporaryDirectory() as folder, ScriptedReceiver() as hook, \
                ScriptedReceiver() as slack:
            engine = Engine(options.binary.resolve(), folder, hook, slack)
            with tally.of(engine):
                test(engine, hook, slack)
                tally.passed += 1
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
