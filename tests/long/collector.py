#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Spans of OpenTelemetry's SDK, through its real collector into a real Kafka and straight to /v1/traces,
are counted to the picodollar, and once however many ways they took.

    tests/long/collector.py build/release [--folder build/formats]

Go of 1.24 or newer builds the collector, once. Ends with "N passed, N failed"."""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "integration"))

from engine import SECRET, free_port, poll_until, webhook
from formats import enter
from kafka_broker import KafkaBroker
from live import Context
from receivers import ScriptedReceiver
from rules import Rule

VERSION = "v0.155.0"
BUILDER = f"""\
dist: {{name: otelcol, output_path: .}}
receivers:
  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver {VERSION}
exporters:
  - gomod: github.com/open-telemetry/opentelemetry-collector-contrib/exporter/kafkaexporter {VERSION}
"""
RULES = [Rule("user-day", group_by=("user",), budget="$1000", alert={"100%": "info"})]
FORMATS = ("otlp_proto", "otlp_json")
# 400,000 × $2.50/M = $1.00 a span; see rules.py for the price.
SPAN = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "aurora",
        "gen_ai.request.model": "large", "gen_ai.usage.input_tokens": 400_000,
        "gen_ai.usage.output_tokens": 0, "gen_ai.input.messages": "secret"}
PICO = 10**12


def collector(folder):
    """The collector's program, built unless it is there."""
    program = folder / "otelcol"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "builder.yaml").write_text(BUILDER)
        subprocess.run(["go", "run", f"go.opentelemetry.io/collector/cmd/builder@{VERSION}",
                        "--config", "builder.yaml"], cwd=folder, check=True)
    return program


class Collector:
    """It, running: takes OTLP over HTTP on `port`, and writes each span to a topic of either encoding."""

    def __init__(self, program, folder, brokers, topics):
        self.port = free_port()
        self.log = folder / "collector.log"
        exporters = {f"kafka/{encoding}": {"brokers": [brokers],
                                           "traces": {"topic": topic, "encoding": encoding}}
                     for encoding, topic in topics.items()}
        config = {"receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{self.port}"}}}},
                  "exporters": exporters,
                  "service": {"pipelines": {"traces": {"receivers": ["otlp"],
                                                       "exporters": list(exporters)}},
                              "telemetry": {"metrics": {"level": "none"}}}}
        (folder / "collector.yaml").write_text(json.dumps(config))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program, "--config", folder / "collector.yaml"],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def __enter__(self):
        poll_until(self._answers, 30, f"the collector's start ({self.log})")
        return self

    def _answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            body = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/traces", b'{"resourceSpans":[]}',
                                          {"Content-Type": "application/json"})
            return urllib.request.urlopen(body, timeout=5).status == 200
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(30) == 0, self.log.read_text()


class Sdk:
    """OpenTelemetry's, sending what it is told to each address."""

    def __init__(self, *ports, compression=None):
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        self.provider = TracerProvider(resource=Resource.create({"service.name": "checkout"}))
        for port in ports:
            self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(
                endpoint=f"http://127.0.0.1:{port}/v1/traces",
                compression=Compression(compression) if compression else None)))

    def send(self, count, **attributes):
        tracer = self.provider.get_tracer("test", "1.0")
        with tracer.start_as_current_span("agent", attributes={"gen_ai.operation.name": "invoke_agent",
                                                               "gen_ai.usage.input_tokens": 1 << 30}):
            for _ in range(count):
                with tracer.start_as_current_span("chat large", attributes={**SPAN, **attributes}):
                    pass
        assert self.provider.force_flush(60_000)


def with_spans(engine, brokers, topics):
    """Its sources become the collector's topics, and what is sent by way of another."""
    text = engine.config.read_text()
    sources = "".join(f'  - kafka: {{brokers: ["{brokers}"], topics: [{topic}], group: {topic}}}\n'
                      f"    format: {encoding}\n    start: earliest\n" for encoding, topic in topics.items())
    into = "{}" if "auto" not in topics else f"{{into: {topics['auto']}}}"
    engine.config.write_text(f"sources:\n{sources}  - http: {into}\n{text[text.index('state:'):]}")


def dollars(engine):
    return {row["group"]["user"]: int(row["total"]) for row in engine.list("budgets")}


def spans_count_once_whatever_way_they_took(context, program):
    topics = {encoding: context.topic(partitions=2) for encoding in FORMATS}
    sent = {"auto": context.topic(partitions=2)}
    with ScriptedReceiver(secret=SECRET) as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, topics["otlp_proto"], webhook(hook), ops) as engine, \
            Collector(program, context.folder, context.broker.bootstrap, topics) as otelcol:
        with_spans(engine, context.broker.bootstrap, topics | sent)
        engine.start_ready()
        Sdk(otelcol.port).send(1500, **{"user.id": "ada"})
        Sdk(engine.port).send(700, **{"user.id": "bob"})
        Sdk(engine.port, compression="gzip").send(300, **{"user.id": "bob"})
        Sdk(otelcol.port, engine.port).send(200, **{"user.id": "eve"})
        wanted = {"ada": 1500, "bob": 1000, "eve": 200}
        poll_until(lambda: dollars(engine) == wanted, 60, f"{wanted} counted")
        copies = 1500 + 2 * 200  # ada's came by two topics, eve's by HTTP too
        poll_until(lambda: engine.metric("tocsin_duplicates_total") == copies, 30, f"{copies} copies")
        engine.kill9()
        engine.start_ready()
        poll_until(lambda: dollars(engine) == wanted, 30, f"{wanted} after kill -9")
        assert engine.metric("tocsin_quarantined_total") in (0, None)
        context.note.append(f"{sum(wanted.values()):,} spans, {copies:,} copies")


def each_encoding_is_read_by_itself(context, program):
    for encoding in FORMATS:
        topics = {encoding: context.topic(partitions=1)}
        with ScriptedReceiver(secret=SECRET) as hook, ScriptedReceiver() as ops, \
                context.engine(RULES, topics[encoding], webhook(hook), ops) as engine, \
                Collector(program, context.folder, context.broker.bootstrap, topics) as otelcol:
            with_spans(engine, context.broker.bootstrap, topics)
            engine.start_ready()
            Sdk(otelcol.port).send(1000, **{"user.id": "ada"})
            poll_until(lambda: dollars(engine) == {"ada": 1000}, 60, f"{encoding} counted")
            assert engine.metric("tocsin_duplicates_total") in (0, None)


TESTS = (spans_count_once_whatever_way_they_took, each_encoding_is_read_by_itself)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "formats")
    options = parser.parse_args()
    enter(options.folder.resolve())
    program = collector(ROOT / "build" / "collector")
    build = options.build.resolve()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tocsin-collector-") as folder, \
            KafkaBroker(tool=str(build / "kafka_tool")) as broker:
        context = Context(build / "tocsin", build / "kafka_tool", broker, Path(folder), seed=1, cycles=1,
                          numbers=itertools.count(1))
        for test in TESTS:
            begun = time.monotonic()
            context.note.clear()
            try:
                test(context, program)
            except Exception:
                failed += 1
                traceback.print_exc()
            print(f"{test.__name__.replace('_', ' ')} ({time.monotonic() - begun:.1f} s) "
                  f"{' '.join(context.note)}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
