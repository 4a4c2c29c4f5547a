# SPDX-License-Identifier: Apache-2.0
import json

from measures import Measure, column
from traffic import output

NAME = "micro"
SUBJECT = "micro-benchmarks of single steps (bench_micro)"
ONCE = True
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def contestants(bench):
    return {"micro": lambda: micro(bench)}


def micro(bench):
    """CPU nanoseconds of an iteration, by benchmark, a number a repetition."""
    found = json.loads(output([bench.program("bench_micro"), "--benchmark_format=json",
                               f"--benchmark_repetitions={bench.options.runs}", "--benchmark_min_time=0.2"]))
    times = {}
    for run in found["benchmarks"]:
        if run.get("run_type") == "iteration":
            name = run["run_name"].split("/iterations:")[0]
            times.setdefault(name, []).append(run["cpu_time"] * NANOSECONDS[run["time_unit"]])
    return times


def measures(bench, results):
    for name, times in results["micro"][0].items():
        yield Measure(NAME, f"micro-benchmark {name}", "ns", tuple(times))
