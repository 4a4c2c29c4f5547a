#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every fuzzer for a while, two at a time: the long form of what fuzz_replay does with the kept
inputs.

    tests/fuzz/run.py build/fuzz                 two minutes each
    tests/fuzz/run.py build/fuzz --seconds 10 --targets event,yaml
    tests/fuzz/run.py build/fuzz --minimize      puts what is new of the corpora into tests/fuzz/corpus

A target starts from its kept inputs and what earlier runs found (build/fuzz/corpus/TARGET). An input
that it fails is kept in build/fuzz/findings and, made as small as it gets, copied into
tests/fuzz/corpus/TARGET: so it is a test from then on, which fails until it is mended. Ends with
"N passed, N failed", of targets."""

import argparse
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGETS = sorted(path.name.removesuffix("_fuzz.cc") for path in HERE.glob("*_fuzz.cc"))
# An input may take 5 s of a machine full of other work, and 512 MB.
LIMITS = ["-timeout=5", "-rss_limit_mb=1024", "-malloc_limit_mb=512"]
MINIMIZE_SECONDS = 60
SHOWN_LINES = 40


def fuzzer(build, target):
    return build / f"fuzz_{target}"


def folders(build, target):
    """(what runs found, what is kept)."""
    found, kept = build / "corpus" / target, HERE / "corpus" / target
    found.mkdir(parents=True, exist_ok=True)
    kept.mkdir(parents=True, exist_ok=True)
    return found, kept


def dictionary(target):
    path = HERE / "dictionaries" / f"{target}.dict"
    return [f"-dict={path}"] if path.exists() else []


def keep(build, target, finding):
    """The finding as small as a minute makes it, in the corpus: its path there."""
    small = finding.with_name(f"small-{finding.name}")
    if finding.name.startswith("crash-"):
        subprocess.run([fuzzer(build, target), *LIMITS, "-minimize_crash=1",
                        f"-max_total_time={MINIMIZE_SECONDS}", f"-exact_artifact_path={small}", finding],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    kept = folders(build, target)[1] / finding.name
    shutil.copyfile(small if small.exists() else finding, kept)
    return kept


def run(build, target, seconds):
    """Whether it found nothing; tells what it did."""
    found, kept = folders(build, target)
    findings = build / "findings" / target
    findings.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    log = findings.parent / f"{target}.log"
    with log.open("w", encoding="utf-8", errors="replace") as output:
        status = subprocess.run(
            [fuzzer(build, target), *LIMITS, *dictionary(target), f"-max_total_time={seconds}",
             "-print_final_stats=1", f"-artifact_prefix={findings}/", found, kept],
            stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    new = sorted(set(findings.iterdir()) - before)
    runs = [line.split()[-1] for line in lines if line.startswith("stat::number_of_executed_units")]
    if status == 0 and not new:
        print(f"{target}: {runs[0] if runs else '?'} inputs, nothing found", flush=True)
        return True
    told = [line for line in lines if not line.lstrip().startswith(("#", "NEW", "INFO"))]
    print("\n".join([f"{target}: FAILED, status {status}; all it said is in {log}", *told[:SHOWN_LINES]]))
    for finding in new:
        path = keep(build, target, finding).relative_to(ROOT)
        print(f"repeat it: {fuzzer(build, target)} {path}", flush=True)
    return False


def minimize(build, target):
    """What of the found inputs reaches new code, into the kept ones; findings stay as they are."""
    found, kept = folders(build, target)
    subprocess.run([fuzzer(build, target), *LIMITS, "-merge=1", kept, found], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    size = sum(path.stat().st_size for path in kept.iterdir())
    print(f"{target}: {len(list(kept.iterdir()))} inputs kept, {size / 1024:.0f} KiB", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--targets", default=",".join(TARGETS))
    parser.add_argument("--minimize", action="store_true")
    options = parser.parse_args()
    build = options.build.resolve()
    targets = options.targets.split(",")
    unknown = set(targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    work = minimize if options.minimize else lambda build, target: run(build, target, options.seconds)
    with ThreadPoolExecutor(2) as pool:
        good = list(pool.map(lambda target: work(build, target), targets))
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
