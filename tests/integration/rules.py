# SPDX-License-Identifier: Apache-2.0
"""Rules and prices as data: the model judges by them, the engine reads them as YAML."""

import json
from dataclasses import dataclass, field
from decimal import Decimal

PICO = 10**12


@dataclass(frozen=True)
class Rule:
    name: str
    metric: str = "cost"
    where: dict = field(default_factory=dict)  # field: value, [values] or {"not": value}
    group_by: tuple = ()
    window: str = "day"  # hour, day, week, month, "last 15m"
    zone: str = "UTC"
    budget: str | None = None
    budgets: dict = field(default_factory=dict)  # of the one field of group_by
    alert: dict = field(default_factory=dict)  # rung: severity; with a budget
    threshold: dict = field(default_factory=dict)  # amount: severity
    modelled: bool = True  # False: judged by the watermark, which the model does not follow

    def yaml(self):
        lines = [f"  - name: {self.name}", f"    metric: {self.metric}", f"    window: {self.window}"]
        if not self.window.startswith("last"):
            lines.append(f"    time_zone: {self.zone}")
        if self.where:
            lines.append(f"    where: {flow(self.where)}")
        if self.group_by:
            lines.append(f"    group_by: [{', '.join(self.group_by)}]")
        if self.budgets:
            lines.append(f"    budgets: {flow(self.budgets)}")
        if self.budget:
            lines.append(f"    budget: {self.budget}")
        if self.alert:
            lines.append(f"    alert: {flow(self.alert)}")
        if self.threshold:
            lines.append(f"    threshold: {flow(self.threshold)}")
        return "\n".join(lines)


def flow(value):
    """A flow mapping or sequence; names and amounts plain, text that YAML could mistake quoted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    plain = value and all(c.isalnum() or c in "$%.-_ " for c in value)
    return value if plain and value[0] not in "-" else json.dumps(value)


def rules_yaml(rules):
    return "rules:\n" + "\n".join(rule.yaml() for rule in rules) + "\n"


def amount(text):
    """"$1.5", "20000", "4k", "5%" in the metric's unit: picodollars, a count, a ratio of 10^-12."""
    scale = 1
    if text.startswith("$"):
        text, scale = text[1:], PICO
    if text.endswith("%"):
        text, scale = text[:-1], PICO // 100
    for suffix, factor in (("k", 10**3), ("M", 10**6)):
        if text.endswith(suffix):
            text, scale = text[:-1], scale * factor
    number = Decimal(text) * scale
    assert number == int(number), f"{text} is no whole number of units"
    return int(number)


# A price list of the tests' own: dollars per million tokens, web searches per thousand. The third
# model's rates give half picodollars, so that rounding shows.
PRICES = {
    ("aurora", "large"): {"input": "2.50", "cache_read": "1.25", "output": "10", "web_search": "10"},
    ("aurora", "small"): {"input": "0.15", "cache_read": "0.075", "output": "0.60", "web_search": "10"},
    ("borealis", "odd"): {"input": "0.0010005", "cache_read": "0.0000015", "output": "0.0030025",
                          "web_search": "2.5"},
    ("borealis", "grand"): {"input": "15", "cache_read": "1.5", "cache_write": "18.75",
                            "cache_write_1h": "30", "output": "75", "web_search": "10"},
}
PER_THOUSAND = {"web_search"}


def price_files():
    """Text by provider."""
    files = {}
    for (provider, model), rates in PRICES.items():
        mtok = {unit: rate for unit, rate in rates.items() if unit not in PER_THOUSAND}
        thousand = {unit: rate for unit, rate in rates.items() if unit in PER_THOUSAND}
        head = f"version: 1\nprovider: {provider}\nmodels:\n"
        files[provider] = files.get(provider, head) + (
            f"  - model: {model}\n    prices:\n"
            f"      - per_mtok: {json.dumps(mtok)}\n        per_1k: {json.dumps(thousand)}\n")
    return files
