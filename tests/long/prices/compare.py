# SPDX-License-Identifier: Apache-2.0
"""What `tocsin price --json` says of made-up requests against what genai-prices itself calculates,
in Decimal: every model of its list, with tiers, dates, times of the day and variants.

    compare.py TOCSIN [--usages 200] [--seed 1] [--only PROVIDER/MODEL]

Run by a Python that has the package genai-prices of the release our list was converted from. Equal
means to the picodollar. What differs is counted under its reason, or is a failure.
"""

import argparse
import collections
import copy
import datetime
import json
import random
import subprocess
import sys
from decimal import Decimal

from genai_prices import types
from genai_prices.data_snapshot import get_snapshot
from genai_prices.decompose import is_descendant_or_self
from genai_prices.units import _get_registry

UNITS = _get_registry().units
UTC = datetime.timezone.utc
PICO = Decimal(1).scaleb(-12)

# Our name of each of their units; they count what is in others, we do not.
RENAMED = {
    "output_reasoning_tokens": "reasoning", "output_citation_tokens": "citation",
    "web_searches": "web_search", "social_searches": "social_search",
    "storage_searches": "storage_search", "rerank_searches": "rerank_search",
    "code_executions": "code_execution",
}


def our_name(usage_key):
    return RENAMED.get(usage_key, usage_key.removesuffix("_tokens"))


# Units that no list prices and no gateway reports apart, and what is inside output with us.
LEFT_OUT = {key for key, unit in UNITS.items()
            if key == "requests" or (unit.dimensions.get("modality") and
                                     unit.dimensions.get("token_type") in
                                     ("reasoning", "citation", "tool")) or
            ("cache_ttl" in unit.dimensions and "modality" in unit.dimensions) or
            key in ("input_tool_tokens",)}

REASONS = {
    "equal": "equal to the picodollar",
    "rounded": "each part of ours is a whole number of picodollars, so that parts add up to the "
               "cost; theirs keeps what is beyond",
    "unpriced": "they have no price and say 0; we say that it is unpriced",
    "peak": "DeepSeek's peak hours: they hold them before 2026-08-17 and on weekends, too, and say "
            "in their comments that this is wrong",
    "completed": "a batch or region that they have no price of, and LiteLLM's list has: without it "
                 "the cost is theirs",
    "seller": "a model sold by another provider: they leave out variants, which hold there, too",
}


def counted(rng, tokens):
    if not tokens:
        return rng.choice((1, 2, 7, 100, 3601))
    return rng.choice((1, 3, 10, 999, 1000, rng.randint(1, 5000), rng.randint(1, 300_000),
                       rng.randint(1, 1_000_000)))


def priced_units(model):
    """Keys of units with a price in any of the model's prices, and all they are kinds of."""
    all_prices = [model.prices] if isinstance(model.prices, types.ModelPrice) else [
        each.prices for each in model.prices]
    all_prices += [each.prices for each in model.price_variants or ()]
    registry = _get_registry()
    return sorted({registry.unit_for_price_key(key).usage_key for prices in all_prices
                   for key, value in prices.__dict__.items() if value is not None} - {"requests"})


def made_up_usage(rng, priced):
    """Disjoint counts by usage key."""
    keys = set(rng.sample(priced, rng.randint(1, len(priced)))) if priced else {"input_tokens"}
    if rng.random() < 0.3:
        keys.add(rng.choice(sorted(UNITS.keys() - LEFT_OUT)))
    # Of durations one kind: a request is billed by one.
    seconds = sorted(key for key in keys if key.endswith("seconds"))
    keys -= set(seconds[1:])
    if "output_reasoning_tokens" in keys:
        keys.add("output_tokens")
    return {key: counted(rng, key.endswith("tokens")) for key in keys - LEFT_OUT}


def theirs(counts):
    """The same with what is inside others counted there, too."""
    counts = dict(counts)
    return types.Usage(**{
        key: sum(count for inner, count in counts.items()
                 if is_descendant_or_self(unit, UNITS[inner]))
        for key, unit in UNITS.items() if key != "requests"})


def ours(counts):
    usage = {our_name(key): count for key, count in counts.items()}
    # With us reasoning is a part of output.
    if "reasoning" in usage:
        usage["output"] += usage["reasoning"]
    return usage


def times(rng, model):
    """A time, often at an edge of the model's history."""
    edges = [each.constraint for each in (model.prices if isinstance(model.prices, list) else ())]
    edges += [each.constraint for each in model.price_variants or ()]
    edges = [edge for edge in edges if edge is not None]
    span = datetime.datetime(2025, 1, 1, tzinfo=UTC), datetime.datetime(2027, 3, 1, tzinfo=UTC)
    when = span[0] + (span[1] - span[0]) * rng.random()
    if edges and rng.random() < 0.6:
        edge = rng.choice(edges)
        if isinstance(edge, types.StartDateConstraint):
            when = datetime.datetime.combine(edge.start_date, datetime.time(), UTC)
        else:
            when = datetime.datetime.combine(
                when.date(), rng.choice((edge.start_time, edge.end_time)))
        when += datetime.timedelta(milliseconds=rng.choice((-1, 0, 1, 60_000)))
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def names(model):
    def within(clause):
        if hasattr(clause, "or_"):
            return [name for each in clause.or_ for name in within(each)]
        return [getattr(clause, kind) for kind in ("equals", "starts_with", "ends_with", "contains")
                if hasattr(clause, kind)]
    return within(model.match) or [model.id]


def tier_of(when):
    """Our (service_tier, properties) of their context."""
    (key, value), = when.items()
    if key in ("processing", "service_tier", "speed"):
        return value, {}
    return "", {key: value}


class Case:
    def __init__(self, provider, model, name, rng):
        self.provider, self.model, self.name = provider, model, name
        self.counts = made_up_usage(rng, priced_units(model))
        self.when = times(rng, model)
        self.context = {}
        if rng.random() < 0.5:
            known = [each.when for each in model.price_variants or ()]
            self.context = rng.choice(known or [{"processing": "batch"}])

    def event(self):
        tier, properties = tier_of(self.context) if self.context else ("", {})
        return json.dumps({
            "id": "x", "timestamp": self.when.isoformat().replace("+00:00", "Z"),
            "provider": self.provider.id, "model": self.name, "usage": ours(self.counts),
            "service_tier": tier, "properties": properties})

    def expected(self):
        return self.model.calc_price(theirs(self.counts), self.provider,
                                     genai_request_timestamp=self.when,
                                     price_context=self.context or None).total_price

    def judge(self, answer):
        expected = self.expected()
        cost = answer["cost_usd"]
        if cost is None:
            return "unpriced" if expected == 0 and answer["unpriced"] else "failed"
        difference = abs(Decimal(cost) - expected)
        if difference == 0:
            return "equal"
        parts = [Decimal(part["count"]) * Decimal(part["rate"]) / SCALES[part["per"]]
                 for part in answer["components"].values()]
        exact = sum(parts)
        if abs(exact - expected) < Decimal(1).scaleb(-20) and difference <= PICO * len(parts) / 2:
            return "rounded"
        if self.is_off_peak():
            return "peak"
        if self.context and not any(self.model is own for own in self.provider.models):
            return "seller"
        if self.context and answer["variant"] and expected == self.without_context().expected():
            return "completed"
        return "failed"

    def without_context(self):
        plain = copy.copy(self)
        plain.context = {}
        return plain

    def is_off_peak(self):
        if not self.model.id.startswith(("deepseek-v4-", "deepseek-flash")):
            return False
        weekend = self.when.weekday() >= 5 and self.when.date() >= datetime.date(2026, 8, 23)
        return self.when.date() < datetime.date(2026, 8, 17) or weekend


SCALES = {"1M": 1_000_000, "1k": 1_000, "1h": 3_600, "1G": 1_000_000_000, "1": 1}


def cases(arguments):
    snapshot = get_snapshot()
    for provider in snapshot.providers:
        sold = [model for other in snapshot.providers
                if other.id in (provider.fallback_model_providers or ()) for model in other.models]
        for model in provider.models + sold:
            full = f"{provider.id}/{model.id}"
            if arguments.only not in (None, full):
                continue
            rng = random.Random(f"{arguments.seed}/{full}")
            found = [name for name in names(model)
                     if provider.find_model(name, all_providers=snapshot.providers) is model]
            usages = arguments.usages if model in provider.models else arguments.usages // 10
            for _ in range(usages if found else 0):
                yield Case(provider, model, rng.choice(found), rng)


def costs(tocsin, made):
    """A line of JSON each."""
    return subprocess.run([tocsin, "price", "--json"], text=True, check=False,
                          input="".join(case.event() + "\n" for case in made),
                          stdout=subprocess.PIPE).stdout.splitlines()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tocsin")
    parser.add_argument("--usages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    made = list(cases(arguments))
    told = costs(arguments.tocsin, made)
    if len(told) != len(made):
        print(f"{len(made)} requests, {len(told)} answers")
        return 1
    verdicts = [case.judge(json.loads(line)) for case, line in zip(made, told)]
    completed = [i for i, verdict in enumerate(verdicts) if verdict == "completed"]
    plain = [made[i].without_context() for i in completed]
    for i, case, line in zip(completed, plain, costs(arguments.tocsin, plain)):
        if case.judge(json.loads(line)) == "failed":
            made[i], told[i], verdicts[i] = case, line, "failed"
    tally = collections.Counter()
    for case, line, verdict in zip(made, told, verdicts):
        tally[verdict] += 1
        if verdict == "failed" and tally["failed"] <= 20:
            full = f"{case.provider.id}/{case.model.id}"
            print(f"{full}: {case.event()}\n  theirs {case.expected()}\n  ours {line}\n"
                  f"  again: {sys.argv[0]} {arguments.tocsin} --seed {arguments.seed} "
                  f"--usages {arguments.usages} --only {full}")
    models = len({(case.provider.id, case.model.id) for case in made})
    print(f"{models} models")
    for reason, words in REASONS.items():
        print(f"{tally[reason]:8} {words}")
    print(f"{len(made) - tally['failed']} passed, {tally['failed']} failed")
    return 1 if tally["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
