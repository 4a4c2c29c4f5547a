#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the calendar with Python's zoneinfo: every boundary of every day, week, month, quarter
and year of 2015 to 2035, in every zone of this machine.

usage: zoneinfo_test.py ZONE_BOUNDARIES

A boundary is the instant at which the zone's clock first shows local midnight: where midnight comes
twice the earlier one, where it doesn't come the first instant after the gap.
"""

import multiprocessing
import subprocess
import sys
import time
from array import array
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

ZONEINFO = "/usr/share/zoneinfo"  # the files the calendar reads
KINDS = ("day", "week", "month", "quarter", "year")
FROM, UNTIL = datetime(2015, 1, 1), datetime(2036, 1, 1)
EPOCH = datetime(1970, 1, 1)
SECOND = timedelta(seconds=1)
# A day more on each side: local midnights of the first and last days lie across the UTC bounds.
DAYS = [FROM + timedelta(days=n) for n in range(-2, (UNTIL - FROM).days + 2)]
STARTS = {
    "day": lambda day: True,
    "week": lambda day: day.weekday() == 0,
    "month": lambda day: day.day == 1,
    "quarter": lambda day: day.day == 1 and day.month % 3 == 1,
    "year": lambda day: day.day == 1 and day.month == 1,
}
INDEXES = {kind: [i for i, day in enumerate(DAYS) if STARTS[kind](day)] for kind in KINDS}


def gap_end(zone, midnight, before, after):
    """The first UTC instant at which the offset is no longer `before`."""
    low, high = midnight - after, midnight - before
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        at = middle.replace(tzinfo=timezone.utc).astimezone(zone)
        low, high = (middle, high) if at.utcoffset() == before else (low, middle)
    return high


def local_midnight(zone, day):
    aware = day.replace(tzinfo=zone)
    before, after = aware.utcoffset(), aware.replace(fold=1).utcoffset()
    utc = gap_end(zone, day, before, after) if before < after else day - before
    return (utc - EPOCH) // SECOND * 1000


def expected(name):
    """The starts of each kind's windows, as packed int64; a day that never was has no window."""
    zone = ZoneInfo(name)
    midnights = [local_midnight(zone, day) for day in DAYS]
    low, high = ((bound - EPOCH) // SECOND * 1000 for bound in (FROM, UNTIL))
    packed = []
    for kind in KINDS:
        starts = dict.fromkeys(midnights[i] for i in INDEXES[kind])
        packed.append(array("q", (t for t in starts if low <= t < high)).tobytes())
    return name, packed


def read_ours(stream):
    size = int.from_bytes(stream.read(8), sys.byteorder, signed=True)
    return stream.read(size * 8)


def first_difference(name, kind, ours, theirs):
    ours, theirs = array("q", ours), array("q", theirs)
    at = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]),
              min(len(ours), len(theirs)))
    shown = [str(EPOCH + timedelta(milliseconds=side[at])) + "Z" if at < len(side) else "none"
             for side in (ours, theirs)]
    return f"{name} {kind}: calendar {shown[0]}, zoneinfo {shown[1]}"


def check_oracle():
    """The oracle itself on nights known by hand."""
    def at(name, *day):
        return str(EPOCH + timedelta(milliseconds=local_midnight(ZoneInfo(name), datetime(*day))))
    assert at("Europe/Berlin", 2026, 3, 30) == "2026-03-29 22:00:00"
    assert at("Africa/Cairo", 2024, 4, 26) == "2024-04-25 22:00:00"  # a gap at midnight
    assert at("America/Havana", 2024, 11, 3) == "2024-11-03 04:00:00"  # midnight comes twice
    assert at("America/Sao_Paulo", 2018, 11, 4) == "2018-11-04 03:00:00"


def main():
    reset_tzpath([ZONEINFO])
    check_oracle()
    began = time.monotonic()
    # No places: a machine nobody has set up, and what this one is set to.
    names = sorted(available_timezones() - {"Factory", "localtime"})
    boundaries, differences = 0, []
    with multiprocessing.Pool() as pool:
        oracle = pool.imap(expected, names, chunksize=8)
        with subprocess.Popen(sys.argv[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as ours:
            ours.stdin.write("".join(name + "\n" for name in names).encode())
            ours.stdin.close()
            for name, packed in oracle:
                for kind, theirs in zip(KINDS, packed):
                    mine = read_ours(ours.stdout)
                    boundaries += len(theirs) // 8
                    if mine != theirs:
                        differences.append(first_difference(name, kind, mine, theirs))
    for difference in differences[:20]:
        print(difference)
    print(f"{len(names)} zones, {boundaries:,} boundaries, {len(differences)} differences, "
          f"{time.monotonic() - began:.1f} s")
    return 1 if differences or ours.returncode != 0 or boundaries < 1_000_000 else 0


if __name__ == "__main__":
    sys.exit(main())
