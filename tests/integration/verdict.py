# SPDX-License-Identifier: Apache-2.0
"""What the engine says, in the model's words, and the difference between the two."""

from datetime import datetime
from decimal import Decimal

from model import Told, pane_of, to_ms
from rules import PICO

SHOWN = 12  # lines of a difference


def ms(stamp):
    return to_ms(datetime.fromisoformat(stamp))


class Reading:
    """Turns the API's objects into the model's keys."""

    def __init__(self, rules):
        self.rules = {rule.name: rule for rule in rules}

    def group(self, row):
        return tuple(row["group"][name] for name in self.rules[row["rule"]].group_by)

    def totals(self, budgets):
        found = {}
        for row in budgets:
            rule = self.rules[row["rule"]]
            if rule.window.startswith("last") or not rule.modelled:
                continue
            scale = PICO if rule.metric == "cost" else 1
            total = Decimal(row["total"]) * scale
            assert total == int(total), f"{row} has more digits than its unit"
            key = rule.name, self.group(row), ms(row["window"]["start"])
            assert key not in found, f"{key} is listed twice"
            found[key] = int(total)
        return found

    def told(self, alert):
        rule = self.rules[alert["rule"]]
        if not rule.window.startswith("last"):
            return Told(rule.name, self.group(alert), ms(alert["window"]["start"]), alert["rung"])
        pane, count = pane_of(rule)
        slot = (ms(alert["window"]["end"]) - 1) // (pane * count) * pane * count
        return Told(rule.name, self.group(alert), slot, alert["rung"])

    def alerts(self, alerts):
        """Told → id; each of the modelled rules once, each id once."""
        found, ids = {}, {}
        for alert in alerts:
            told = self.told(alert)
            assert found.setdefault(told, alert["id"]) == alert["id"], f"{told} has two ids"
            assert ids.setdefault(alert["id"], told) == told, f"id {alert['id']} stands for two alerts"
        return {told: id for told, id in found.items() if self.rules[told.rule].modelled}


def difference(wanted, got, what):
    """Readable lines, empty when equal. Both are sets or both dicts."""
    lines = [f"missing {what}: {key}" for key in sorted(set(wanted) - set(got))]
    lines += [f"unexpected {what}: {key}" for key in sorted(set(got) - set(wanted))]
    if isinstance(wanted, dict):
        lines += [f"{what} {key}: model {wanted[key]}, engine {got[key]} ({got[key] - wanted[key]:+})"
                  for key in sorted(set(wanted) & set(got)) if wanted[key] != got[key]]
    if len(lines) > SHOWN:
        lines = lines[:SHOWN] + [f"… and {len(lines) - SHOWN} more"]
    return lines


def nonzero(totals):
    return {key: total for key, total in totals.items() if total}


def delivered(receiver):
    """Alert id → the accepted deliveries that told it."""
    found = {}
    for delivery in receiver.deliveries:
        if delivery.answer.accepts:
            for alert in delivery.json["alerts"]:
                found.setdefault(alert["id"], []).append(delivery)
    return found
