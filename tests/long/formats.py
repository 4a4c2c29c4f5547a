#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What real producers write is read as what they meant: OpenTelemetry's SDK and its encoder, and the
types of OpenAI's, Anthropic's and Google's SDKs, each of the newest version that can be had.

    tests/long/formats.py TOCSIN [--folder build/formats] [--only NAME]

Their packages go into an environment of Python in the folder, once. Ends with "N passed, N failed"."""

import argparse
import json
import subprocess
import sys
import unittest
import venv
from pathlib import Path

PACKAGES = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http", "openai", "anthropic",
            "google-genai")
TOCSIN = None


def enter(folder):
    """Goes on in an environment that has the packages."""
    python = folder / "bin" / "python"
    if Path(sys.executable) == python:
        return
    complete = folder / "complete"
    if not complete.exists() or complete.read_text().split() != list(PACKAGES):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        complete.write_text("\n".join(PACKAGES))
    sys.exit(subprocess.run([python, *sys.argv], check=False).returncode)


def decode(record):
    """The events of a record's bytes."""
    data = record if isinstance(record, bytes) else json.dumps(record).encode()
    done = subprocess.run([TOCSIN, "decode", "--json", "-"], input=data, capture_output=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Spans(unittest.TestCase):
    """Bytes as the collector's exporter of Kafka and OTLP over HTTP have them."""

    def record(self, *spans, resource=None):
        from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        from opentelemetry.trace import Status, StatusCode

        exporter = InMemorySpanExporter()
        provider = TracerProvider(resource=Resource.create(resource or {}))
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("test", "1.0")
        for attributes, failed in spans:
            with tracer.start_as_current_span("chat", attributes=attributes) as span:
                span.add_event("gen_ai.choice", {"content": "secret"})
                if failed:
                    span.set_status(Status(StatusCode.ERROR, "rate limited"))
        finished = exporter.get_finished_spans()
        return finished, encode_spans(finished).SerializeToString()

    def test_a_span_of_the_sdk_is_the_event_that_its_attributes_say(self):
        chat = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic",
                "gen_ai.request.model": "claude-sonnet-4-5", "gen_ai.usage.input_tokens": 3200,
                "gen_ai.usage.cache_read.input_tokens": 1024,
                "gen_ai.usage.cache_creation.input_tokens": 2000, "gen_ai.usage.output_tokens": 310,
                "gen_ai.request.temperature": 0.5, "gen_ai.response.finish_reasons": ["stop"],
                "gen_ai.usage.cost": 0.0123, "user.id": "übung"}
        agent = dict(chat, **{"gen_ai.operation.name": "invoke_agent"})
        finished, record = self.record((chat, False), (agent, False), (chat, True),
                                       resource={"service.name": "checkout",
                                                 "deployment.environment.name": "prod"})
        events = decode(record)
        self.assertEqual(len(events), 2)
        first, failed = events
        context = finished[0].get_span_context()
        self.assertEqual(first["format"], "otlp_proto")
        self.assertEqual(first["id"], f"{context.trace_id:032x}{context.span_id:016x}")
        self.assertEqual(first["usage"],
                         {"input": 176, "cache_read": 1024, "cache_write": 2000, "output": 310})
        self.assertEqual((first["service"], first["environment"], first["user"]),
                         ("checkout", "prod", "übung"))
        self.assertEqual(first["reported_usd"], "0.0123")
        self.assertNotIn("status", first)
        self.assertEqual(failed["status"], 500)

    def test_a_thousand_spans_are_a_thousand_events(self):
        spans = [({"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o", "llm.request.type": "chat",
                   "gen_ai.usage.prompt_tokens": i, "gen_ai.usage.completion_tokens": 1}, False)
                 for i in range(1000)]
        events = decode(self.record(*spans)[1])
        self.assertEqual([event["usage"].get("input", 0) for event in events], list(range(1000)))
        self.assertEqual(len({event["id"] for event in events}), 1000)

    def test_a_request_without_spans_is_read_as_nothing(self):
        self.assertEqual(decode(self.record()[1] or b'{"resourceSpans":[]}'), [])


class Responses(unittest.TestCase):
    """The SDKs' own types, printed as the providers print them."""

    def usage(self, response):
        events = decode(response)
        self.assertEqual(len(events), 1, events)
        self.assertEqual(events[0]["format"], "response")
        return events[0]["usage"]

    def test_openai_chat(self):
        from openai.types import CompletionUsage
        from openai.types.completion_usage import CompletionTokensDetails, PromptTokensDetails
        usage = CompletionUsage(
            prompt_tokens=1200, completion_tokens=310, total_tokens=1510,
            prompt_tokens_details=PromptTokensDetails(cached_tokens=1024, audio_tokens=16),
            completion_tokens_details=CompletionTokensDetails(reasoning_tokens=120, audio_tokens=10))
        self.assertEqual(self.usage({"model": "gpt-4o", "usage": usage.model_dump(mode="json")}),
                         {"input": 160, "cache_read": 1024, "input_audio": 16, "output": 300,
                          "output_audio": 10, "reasoning": 120})

    def test_openai_responses(self):
        from openai.types.responses import Response, ResponseFunctionWebSearch, ResponseUsage
        usage = ResponseUsage.model_validate({
            "input_tokens": 1200, "output_tokens": 310, "total_tokens": 1510,
            "input_tokens_details": {"cached_tokens": 1024, "cache_write_tokens": 76},
            "output_tokens_details": {"reasoning_tokens": 120}})
        search = ResponseFunctionWebSearch.model_validate({
            "id": "ws_1", "status": "completed", "type": "web_search_call",
            "action": {"type": "search", "query": "secret"}})
        response = Response.model_construct(id="resp_1", object="response", created_at=1763700000,
                                            model="gpt-5", output=[search], usage=usage, error=None)
        self.assertEqual(self.usage(response.model_dump(mode="json", warnings=False)),
                         {"input": 100, "cache_read": 1024, "cache_write": 76, "output": 310,
                          "reasoning": 120, "web_search": 1})

    def test_anthropic_messages(self):
        from anthropic.types import Message
        message = Message.model_validate({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [{"type": "text", "text": "secret"}], "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 176, "output_tokens": 310, "cache_read_input_tokens": 1024,
                      "cache_creation_input_tokens": 2000,
                      "cache_creation": {"ephemeral_5m_input_tokens": 1500,
                                         "ephemeral_1h_input_tokens": 500},
                      "output_tokens_details": {"thinking_tokens": 100},
                      "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1},
                      "service_tier": "priority"}})
        record = message.model_dump(mode="json", warnings=False)
        self.assertEqual(self.usage(record),
                         {"input": 176, "cache_read": 1024, "cache_write": 1500, "cache_write_1h": 500,
                          "output": 310, "reasoning": 100, "web_search": 2})
        event = decode(record)[0]
        self.assertEqual((event["provider"], event["id"], event["service_tier"]),
                         ("anthropic", "msg_1", "priority"))

    def test_gemini(self):
        from google.genai import types
        usage = types.GenerateContentResponseUsageMetadata(
            prompt_token_count=1200, cached_content_token_count=1024, candidates_token_count=210,
            thoughts_token_count=100, tool_use_prompt_token_count=50, total_token_count=1560,
            prompt_tokens_details=[types.ModalityTokenCount(modality="AUDIO", token_count=16)],
            traffic_type="ON_DEMAND_FLEX")
        response = types.GenerateContentResponse(model_version="gemini-2.5-pro", response_id="r-1",
                                                 usage_metadata=usage)
        record = response.model_dump(mode="json", by_alias=True, exclude_none=True)
        self.assertEqual(self.usage(record),
                         {"input": 210, "cache_read": 1024, "input_audio": 16, "output": 310,
                          "reasoning": 100})
        event = decode(record)[0]
        self.assertEqual((event["provider"], event["model"], event["service_tier"]),
                         ("google", "gemini-2.5-pro", "flex"))


def main():
    global TOCSIN
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tocsin", type=Path)
    parser.add_argument("--folder", type=Path, default=Path("build/formats"))
    parser.add_argument("--only", help="tests whose name contains it")
    options = parser.parse_args()
    enter(options.folder.resolve())
    TOCSIN = options.tocsin.resolve()
    loader = unittest.TestLoader()
    if options.only:
        loader.testNamePatterns = [f"*{options.only}*"]
    ran = unittest.TextTestRunner(verbosity=2).run(loader.loadTestsFromModule(sys.modules[__name__]))
    failed = len(ran.failures) + len(ran.errors)
    for test, _ in ran.failures + ran.errors:
        print(f"repeat it: tests/long/formats.py {options.tocsin} --only {test.id().split('.')[-1]}")
    print(f"{ran.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not ran.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
