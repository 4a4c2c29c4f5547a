# SPDX-License-Identifier: Apache-2.0
"""Writes the price list of the installed package genai-prices as JSON, in its own published form,
for `tocsin prices import --from genai-prices`. Run by a Python that has the package."""

import json
import sys
from decimal import Decimal

from genai_prices import types
from genai_prices.data import providers


class Digits(float):
    """A number of JSON that is written as its decimal digits."""

    def __new__(cls, value):
        self = super().__new__(cls, value)
        self.text = format(value, "f")
        return self

    def __repr__(self):
        return self.text


def match(clause):
    for name in ("starts_with", "ends_with", "contains", "regex", "equals"):
        if hasattr(clause, name):
            return {name: getattr(clause, name)}
    name = "or" if isinstance(clause, types.ClauseOr) else "and"
    return {name: [match(inner) for inner in getattr(clause, name + "_")]}


def price(value):
    if isinstance(value, Decimal):
        return Digits(value)
    return {"base": Digits(value.base),
            "tiers": [{"start": tier.start, "price": Digits(tier.price)} for tier in value.tiers]}


def prices(of):
    return {key: price(value) for key, value in of.__dict__.items() if value is not None}


def constraint(of):
    if of is None:
        return {}
    if isinstance(of, types.StartDateConstraint):
        return {"constraint": {"start_date": of.start_date.isoformat()}}
    times = {key: getattr(of, key).strftime("%H:%M:%SZ") for key in ("start_time", "end_time")}
    return {"constraint": times}


def model(of):
    result = {"id": of.id, "match": match(of.match)}
    if isinstance(of.prices, types.ModelPrice):
        result["prices"] = prices(of.prices)
    else:
        result["prices"] = [{**constraint(each.constraint), "prices": prices(each.prices)}
                            for each in of.prices]
    if of.price_variants:
        result["price_variants"] = [{"when": each.when, **constraint(each.constraint),
                                     "prices": prices(each.prices)} for each in of.price_variants]
    return result


def provider(of):
    result = {"id": of.id, "models": [model(each) for each in of.models]}
    for key in ("provider_match", "model_match"):
        if getattr(of, key):
            result[key] = match(getattr(of, key))
    if of.fallback_model_providers:
        result["fallback_model_providers"] = of.fallback_model_providers
    return result


class Encoder(json.JSONEncoder):
    def iterencode(self, o, _one_shot=False):
        return json.encoder._make_iterencode(
            {}, self.default, json.encoder.encode_basestring_ascii, self.indent, repr,
            self.key_separator, self.item_separator, self.sort_keys, self.skipkeys, False)(o, 0)


def main():
    text = json.dumps([provider(each) for each in providers], cls=Encoder, indent=1)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
