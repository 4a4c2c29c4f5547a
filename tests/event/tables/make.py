#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes decimals.tsv and times.tsv beside it: what Python's decimal and datetime say of texts of every
spelling, for tables_test.cc. The same each time.

usage: make.py"""

import random
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, localcontext
from pathlib import Path

HERE = Path(__file__).resolve().parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NO_DECIMALS = ["", "-", ".", "1.", "+-1", "--1", "1e", "1e+", "e5", "0x1", "1_000", " 1", "1 ", "nan", "NaN", "inf",
               "Infinity", "1,5", "１", "1e5.5", "..1", "1.2.3"]


def digits(chance, most):
    return "".join(chance.choice("0123456789") for _ in range(chance.randint(0, most)))


def decimal_text(chance):
    whole, fraction = digits(chance, chance.choice((1, 3, 12, 40))), digits(chance, chance.choice((0, 2, 13, 45)))
    if chance.random() < 0.3:  # near a tie
        fraction = (fraction or "0") + "5" + "0" * chance.randint(0, 20) + chance.choice(("", "", "1"))
    if not whole and not fraction:
        whole = "0"
    power = chance.choice(("", "", "", f"e{chance.randint(-45, 45)}", f"E+{chance.randint(0, 30)}", "e-0", "e400",
                           "e-400"))
    return chance.choice(("", "", "-", "+")) + whole + ("." + fraction if fraction else "") + power


def decimal_answer(text, scale, rounding):
    with localcontext(Context(prec=2000, Emax=10**6, Emin=-10**6)) as context:
        context.traps[Inexact] = rounding == "exact"
        try:
            count = Decimal(text).scaleb(scale).to_integral_exact(ROUND_HALF_EVEN)
        except Inexact:
            return "none"
        if abs(count) >= 10**37:
            return "none"
        return str(int(count))


def decimals(chance):
    for text in NO_DECIMALS:
        yield text, 12, "half_even", "none"
    for _ in range(2500):
        text, scale = decimal_text(chance), chance.choice((0, 9, 12))
        rounding = chance.choice(("exact", "half_even", "half_even"))
        yield text, scale, rounding, decimal_answer(text, scale, rounding)


def time_text(chance, at, minutes):
    """One spelling of a time, its milliseconds cut off, and whether it has an offset."""
    local = at.astimezone(timezone(timedelta(minutes=minutes)))
    fraction = f"{local.microsecond:06d}"[:chance.randint(1, 6)] if chance.random() < 0.7 else ""
    cut = at.replace(microsecond=int((fraction + "000000")[:3]) * 1000)
    mark = chance.choice("TTTt ")
    text = f"{local.year:04d}-{local:%m-%d}{mark}{local:%H:%M:%S}" + ("." + fraction if fraction else "")
    if minutes == 0 and chance.random() < 0.3:
        return text, cut, False
    if minutes == 0 and chance.random() < 0.7:
        return text + chance.choice("Zz"), cut, True
    sign = "-" if minutes < 0 else "+"
    return text + f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}", cut, True


def is_day(year, month, day):
    try:
        datetime(year, month, day)
    except ValueError:
        return False
    return True


def times(chance):
    for _ in range(1500):
        seconds = chance.choice((chance.randint(-10**8, 10**8), chance.randint(0, 4 * 10**9),
                                 chance.randint(0, 2 * 10**11)))
        at = EPOCH + timedelta(seconds=seconds, microseconds=chance.randint(0, 999_999))
        minutes = chance.choice((0, 0, 60, -300, 345, chance.randint(-1439, 1439)))
        text, cut, has_offset = time_text(chance, at, minutes)
        ms = (cut - EPOCH) // timedelta(milliseconds=1)
        for zone in ("required", "utc"):
            yield text, zone, str(ms) if ms >= 0 and (has_offset or zone == "utc") else "none"
    for _ in range(500):
        year, month, day = chance.randint(1970, 2100), chance.randint(0, 13), chance.randint(0, 32)
        midnight = f"{year:04d}-{month:02d}-{day:02d}T00:00:00Z"
        good = is_day(year, month, day)
        ms = (datetime(year, month, day, tzinfo=timezone.utc) - EPOCH) // timedelta(milliseconds=1) if good else "none"
        yield midnight, "required", str(ms)


def write(name, rows):
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write("decimals.tsv", decimals(random.Random(12)))
    write("times.tsv", times(random.Random(13)))
