# SPDX-License-Identifier: Apache-2.0
"""Batches of a hundred events by POST into the local log: an answer means that they are durable. First as fast as it
takes them, then at the rate that is asked for, while the API is asked too. Latencies are whole requests, each with a
connection of its own."""

import shutil
import socket
import sys
import threading
import time
from types import SimpleNamespace

import budgets
from engine import NEVER_SET, poll_until  # of tests/integration
from measured_engine import MeasuredEngine
from measures import Measure, at_least, at_most, column

from receivers import ScriptedReceiver  # of tests/integration

NAME = "ingest"
SUBJECT = "batches of 100 events over HTTP into the local log, until they are durable"
ONCE = True
BATCH, SENDERS = 100, 4
RATE, SECONDS = 20_000, 10  # events/s
FAST_BATCHES = 3_000
EVENT = ('{{"id":"b{n}","timestamp":{at},"provider":"openai","model":"gpt-4o","usage":{{"input":{n},"output":300}},'
         '"latency_ms":812,"status":200,"user":"user-{user}","session":{{"id":"s-{user}","path":"/analyze"}},'
         '"properties":{{"Feature":"chat-{feature}","Environment":"production","UserTier":"premium"}}}}')


def contestants(bench):
    return {"ingest": lambda: ingest(bench)}


def bodies(first, count):
    at = int(time.time() * 1000)
    made = []
    for batch in range(first, first + count):
        numbers = range(batch * BATCH, (batch + 1) * BATCH)
        events = (EVENT.format(n=n, at=at, user=n % 1000, feature=n % 7) for n in numbers)
        made.append(("[" + ",".join(events) + "]").encode())
    return made


def ask(port, request):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def post(port, body):
    """Seconds until the answer."""
    head = (f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    begun = time.monotonic()
    answer = ask(port, head + body)
    if not answer.startswith(b"HTTP/1.1 202 "):
        sys.exit(f"a batch was not taken: {answer[:300]!r}")
    return time.monotonic() - begun


def send_all(port, batches, gap=0.0):
    """By SENDERS at once, one every `gap` seconds if that is set. Seconds for all, and of each."""
    took, begun = [], time.monotonic()

    def send(sender):
        for i in range(sender, len(batches), SENDERS):
            if (wait := begun + gap * i - time.monotonic()) > 0:
                NEVER_SET.wait(wait)
            took.append(post(port, batches[i]))

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - begun, took


class Asking:
    """Asks the API all the while."""

    def __init__(self, port):
        self.port, self.took, self.over = port, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(0.02):
            begun = time.monotonic()
            if not ask(self.port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(b"HTTP/1.1 200 "):
                sys.exit("the API did not answer")
            self.took.append(time.monotonic() - begun)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def percentile_ms(took, percent):
    return sorted(took)[min(len(took) - 1, len(took) * percent // 100)] * 1000


def ingest(bench):
    with ScriptedReceiver() as hook, \
            MeasuredEngine(bench, budgets.never_reached(budgets.FIVE), SimpleNamespace(name="ingest"),
                           hook.url("")) as engine:
        text = engine.config.read_text()
        engine.config.write_text("sources: [{http: {}}]\n" + text[text.index("state:"):])
        engine.start_ready()
        fast = bodies(0, FAST_BATCHES)
        paced = bodies(FAST_BATCHES, RATE // BATCH * SECONDS)
        fast_seconds, _ = send_all(engine.port, fast)
        with Asking(engine.port) as asking:
            _, took = send_all(engine.port, paced, BATCH / RATE)
        count = (len(fast) + len(paced)) * BATCH
        poll_until(lambda: engine.metric("tocsin_events_total") == count, 60, f"{count} events counted")
        requests, waited = (engine.metric(f"tocsin_ingest_{name}") for name in
                            ("requests_total", "durable_microseconds_total"))
        result = {"rate": len(fast) * BATCH / fast_seconds, "p50_ms": percentile_ms(took, 50),
                  "p99_ms": percentile_ms(took, 99), "api_p99_ms": percentile_ms(asking.took, 99),
                  "durable_ms": float(waited / requests) / 1000}
        engine.stop()
    shutil.rmtree(engine.directory)
    return result


def measures(bench, results):
    runs = results["ingest"]
    yield Measure(NAME, "sent over HTTP in batches of 100, durable", "events/s", column(runs, "rate"),
                  goal=at_least(RATE), more_is_better=True)
    yield Measure(NAME, f"a batch until its answer at {RATE:,}/s, p50", "ms", column(runs, "p50_ms"))
    yield Measure(NAME, f"a batch until its answer at {RATE:,}/s, p99", "ms", column(runs, "p99_ms"),
                  goal=at_most(20))
    yield Measure(NAME, "of that waiting to be durable, mean of all", "ms", column(runs, "durable_ms"))
    yield Measure(NAME, "the API meanwhile, p99", "ms", column(runs, "api_p99_ms"))
