# SPDX-License-Identifier: Apache-2.0
import shutil
import time

import budgets
from engine import NEVER_SET  # of tests/integration
from measured_engine import MeasuredEngine
from measures import Measure, at_most, column

from receivers import ScriptedReceiver  # of tests/integration

NAME = "idle"
SUBJECT = "the state of the 5-rule work loaded, the broker connected, nothing to read"
ONCE = True
SETTLE_SECONDS, SECONDS = 5, 20


def contestants(bench):
    return {"idle": lambda: idle(bench)}


def idle(bench):
    topic = bench.two_days()
    with ScriptedReceiver() as hook, MeasuredEngine(bench, budgets.FIVE, topic, hook.url("")) as engine:
        engine.start()
        engine.run_to(topic.events)
        engine.check(budgets.FIVE)
        NEVER_SET.wait(SETTLE_SECONDS)
        start, before = time.monotonic(), engine.cpu_seconds()
        NEVER_SET.wait(SECONDS)
        share = (engine.cpu_seconds() - before) / (time.monotonic() - start)
        assert engine.is_ready(), "it is not ready"
        result = {"percent": 100 * share, "rss_mb": engine.status_mb("VmRSS")}
        engine.stop()
    shutil.rmtree(engine.directory)
    return result


def measures(bench, results):
    yield Measure(NAME, f"idle: CPU over {SECONDS} s", "% of a core", column(results["idle"], "percent"),
                  goal=at_most(1))
