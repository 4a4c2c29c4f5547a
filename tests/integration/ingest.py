# SPDX-License-Identifier: Apache-2.0
"""Events sent over HTTP: with real clients, into a real Kafka and into the local log."""

import gzip
import hashlib
import hmac
import http.client
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

from crash_loop import DEADLY, Supervisor, halted
from engine import SECRET, poll_until, webhook
from kafka_broker import KafkaBroker
from receivers import ScriptedReceiver
from rules import Rule

RULES = [Rule("user-day", group_by=("user",), budget="$1000", alert={"100%": "info"})]
DOLLAR = {"provider": "openai", "model": "gpt-4o", "usage": {"input": 400_000}}


def event(number, user="ada"):
    return {"id": f"e{number}", "user": user, **DOLLAR}


def with_senders(engine, senders="{}", kafka=False):
    """Its sources become what is sent, into the local log or beside its topic."""
    text = engine.config.read_text().replace("    format: native\n", "")
    topics = text[text.index("  - kafka"):text.index("state:")]
    engine.config.write_text(
        f"sources:\n{topics if kafka else ''}  - http: {senders}\n{text[text.index('state:'):]}")


def send(engine, body, path="/v1/events", **headers):
    """(status, body) of a POST by Python's own client."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    request = urllib.request.Request(f"http://127.0.0.1:{engine.port}{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def curl(engine, *arguments, path="/v1/events", stdin=None):
    done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *map(str, arguments),
                           f"http://127.0.0.1:{engine.port}{path}"], input=stdin, capture_output=True,
                          timeout=60, check=True)
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), body.decode()


def dollars(engine):
    return {row["group"]["user"]: int(row["total"]) for row in engine.list("budgets")}


def wait_for_dollars(engine, wanted):
    try:
        poll_until(lambda: dollars(engine) == wanted, 30, f"{wanted} counted")
    except AssertionError as error:
        raise AssertionError(f"{error}; but {dollars(engine)}; {engine.log_tail()}") from None


def every_form_counts_with_real_clients(context):
    with ScriptedReceiver(secret=SECRET) as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, "local", webhook(hook), ops) as engine:
        with_senders(engine)
        engine.start_ready()
        assert curl(engine, "--json", json.dumps(event(1))) == (202, '{"accepted": 1}')
        assert curl(engine, "--json", json.dumps([event(2), event(3)]))[0] == 202
        lines = "\n".join(json.dumps(event(i)) for i in range(4, 7)).encode()
        assert curl(engine, "--json", "@-", stdin=lines)[1] == '{"accepted": 3}'
        packed = gzip.compress(json.dumps([event(i) for i in range(7, 10)]).encode())
        assert send(engine, packed, Content_Encoding="gzip") == (202, b'{"accepted": 3}')
        # Large enough for `Expect: 100-continue`, and for several records.
        large = [event(i) | {"messages": "m" * 500} for i in range(10, 5010)]
        assert curl(engine, "--json", "@-", stdin=json.dumps(large).encode())[0] == 202
        assert curl(engine, "-H", "Transfer-Encoding: chunked", "--json", "@-",
                    stdin=json.dumps(event(5010)).encode())[0] == 202
        long_prompt = event(5011) | {"messages": "m" * 3_000_000}
        assert send(engine, [event(5012), long_prompt])[0] == 202
        wait_for_dollars(engine, {"ada": 5012})
        assert send(engine, event(1))[0] == 202  # a copy
        engine.stop()
        engine.start_ready()
        wait_for_dollars(engine, {"ada": 5012})
        assert engine.metric("tocsin_duplicates_total") == 1


def hostile_bodies_are_refused_and_harm_nothing(context):
    with ScriptedReceiver(secret=SECRET) as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, "hostile", webhook(hook), ops) as engine:
        with_senders(engine)
        engine.start_ready()
        bomb = gzip.compress(b"[" + b" " * 300_000_000, 9)
        million = b"[" + b"{}," * 999_999 + b"{}]"
        for wanted, body, headers in (
                (413, bomb, {"Content_Encoding": "gzip"}),
                (413, b"[" + b"1," * 9_000_000 + b"1]", {}),
                (400, million, {}),
                (400, b"[" * 800_000, {}),
                (413, b"[" * 2_000_000, {}),
                (400, b'{"id": "x"', {}),
                (400, b"\xff\xfe\x00", {}),
                (400, b"", {}),
                (400, gzip.compress(json.dumps(event(1)).encode())[:-4], {"Content_Encoding": "gzip"}),
                (400, b"no gzip", {"Content_Encoding": "gzip"}),
                (415, b"x", {"Content_Encoding": "zstd"}),
                (415, b"a=b", {"Content_Type": "application/x-www-form-urlencoded"})):
            status, text = send(engine, body, **headers)
            assert status == wanted, f"{status} for {body[:30]!r}: {text[:300]}"
            assert json.loads(text)["error"], text
        status, text = send(engine, [event(1), {**event(2), "usage": {"input": -1}}])
        assert (status, json.loads(text)["quarantined"]) == (202, 1), text
        broken_off(engine)
        wait_for_dollars(engine, {"ada": 1})
        assert engine.metric("tocsin_quarantined_total") == 1
        context.note.append(f"{engine.metric('tocsin_ingest_refused_total')} refused")


def broken_off(engine):
    """A sender that dies amid its body, and one that never says anything."""
    for bytes_sent in (b"", b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n"
                            b"Content-Type: application/json\r\n\r\n[{"):
        connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=10)
        connection.connect()
        connection.sock.sendall(bytes_sent)
        connection.close()


def what_helicone_signs_needs_no_token(context):
    with ScriptedReceiver(secret=SECRET) as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, "signed", webhook(hook), ops) as engine:
        for name, text in (("senders-token", b"s3nd"), ("helicone", b"h3lic0ne\n")):
            path = engine.directory / name
            path.write_bytes(text)
            path.chmod(0o600)
        with_senders(engine, "{token_file: senders-token, helicone_secret_file: helicone}")
        engine.start_ready()
        body = json.dumps({"request_id": "r-1", "model": "gpt-4o", "provider": "OPENAI",
                           "request_body": "r", "response_body": "r", "user_id": "ada",
                           "metadata": {"cost": 2, "promptTokens": 400_000, "completionTokens": 0}}).encode()
        good = hmac.new(b"h3lic0ne", body, hashlib.sha256).hexdigest()
        assert send(engine, body)[0] == 401
        assert send(engine, body, Helicone_Signature="0" * 64)[0] == 401
        assert send(engine, body + b" ", Helicone_Signature=good)[0] == 401
        assert send(engine, body, Helicone_Signature=good)[0] == 202
        assert send(engine, event(1, "bob"), Authorization="Bearer s3nd")[0] == 202
        wait_for_dollars(engine, {"ada": 1, "bob": 1})
        assert engine.get("/api/v1/alerts")[0] == 200, "the API asks for no token here"


def what_is_sent_goes_to_kafka(context):
    """And is durable there: killed with -9 right after each answer, it counts all, once."""
    topic = context.topic(partitions=3)
    with ScriptedReceiver(secret=SECRET) as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, topic, webhook(hook), ops) as engine:
        with_senders(engine, kafka=True)
        count = 0
        for _ in range(4):
            engine.start_ready()
            for _ in range(20):
                batch = [event(count + i) for i in range(25)]
                count += len(batch)
                status, text = send(engine, batch)
                assert status == 202, (status, text)
            engine.kill9()
        engine.start_ready()
        large = [event(count + i) | {"messages": "m" * 400} for i in range(5000)]
        count += len(large)
        assert send(engine, large)[0] == 202
        wait_for_dollars(engine, {"ada": count})
        assert not (engine.directory / "state" / "ingest").exists()
        engine.stop()
        recording = engine.command("dump").splitlines()
        assert len(recording) >= 80 and all(topic in line for line in recording if "value" in line)


def what_kills_is_skipped_and_what_is_gone_is_said(context):
    """A record sent over HTTP kills three times, a person skips it; then a segment is lost."""
    rules = RULES + [Rule("feature", where={"Feature": {"matches": f"x|{DEADLY[:4]}.*"}}, budget="$1",
                          alert={"100%": "info"}, modelled=False)]
    topic = context.topic(partitions=1)
    with ScriptedReceiver(secret=SECRET) as hook, ScriptedReceiver() as ops, \
            context.engine(rules, topic, webhook(hook), ops) as engine:
        with_senders(engine)
        engine.environment = {"LD_PRELOAD": str(context.binary.parent / "libdeadly_re2.so")}
        engine.start_ready()
        sent = [event(0), event(1) | {"properties": {"Feature": DEADLY}}, event(2)]
        for one in sent:
            try:
                send(engine, one)
            except OSError:
                pass  # it died before it could answer
        supervisor = Supervisor(engine)
        supervisor.until(halted(engine), 60, "what is sent halted")
        for one in sent[2:]:
            assert send(engine, one)[0] == 202  # once more, if it came to nothing
        listed = engine.command("skip", "--config", engine.config)
        assert "@http 0: halted at offset 1" in listed, listed
        done = engine.command("skip", "@http", 0, "--config", engine.config)
        assert "@http[0] goes on at offset 2; 1 offset from 1 on is not counted" in done, done
        poll_until(engine.is_ready, 30, "ready again")
        poll_until(lambda: dollars(engine).get("ada") == 2, 30, "the rest counted")
        engine.stop()
        (log,) = (engine.directory / "state" / "ingest").iterdir()
        log.unlink()
        engine.start_ready()
        assert send(engine, event(9))[0] == 202
        poll_until(lambda: dollars(engine).get("ada") == 3, 30, "counted on")
        engine.stop()
        done = subprocess.run([engine.binary, "dump", "--config", engine.config], capture_output=True,
                              timeout=60, text=True, check=True)
        assert len(done.stdout.splitlines()) >= 1 and "e9" in done.stdout, done.stdout
        assert "@http[0]: " in done.stderr and "from 0 on are not there any more" in done.stderr, \
            done.stderr


def without_brokers_senders_are_told_and_the_api_answers(context):
    with KafkaBroker(tool=str(context.tool)) as broker:
        broker.create_topic("away", 1)
        with ScriptedReceiver(secret=SECRET) as hook, ScriptedReceiver() as ops, \
                context.engine(RULES, "away", webhook(hook), ops, broker=broker) as engine:
            with_senders(engine, kafka=True)
            engine.start_ready()
            assert send(engine, event(0))[0] == 202
            broker.kill9()
            answers = []
            threads = [threading.Thread(target=lambda i=i: answers.append(send(engine, event(i))))
                       for i in range(1, 40)]
            begun = time.monotonic()
            for thread in threads:
                thread.start()
            slowest = 0
            while any(thread.is_alive() for thread in threads):
                asked = time.monotonic()
                assert engine.get("/healthz")[0] == 200
                slowest = max(slowest, time.monotonic() - asked)
            took = time.monotonic() - begun
            assert all(status in (429, 503) for status, _ in answers), answers
            begun = time.monotonic()
            assert send(engine, event(50))[0] == 503
            broker.start()
            poll_until(lambda: send(engine, event(51))[0] == 202, 60, "taken again")
            poll_until(lambda: dollars(engine).get("ada", 0) >= 2, 30, "counted")
            context.note.append(f"told after {took:.1f} s, the API within {slowest * 1000:.0f} ms")


TESTS = [("Events of every form, sent by curl and by Python, count once", every_form_counts_with_real_clients),
         ("Hostile bodies are refused with a reason, and harm nothing", hostile_bodies_are_refused_and_harm_nothing),
         ("What Helicone signs needs no token, and nobody else can sign", what_helicone_signs_needs_no_token),
         ("What is sent is durable in Kafka when it is answered, and counts once", what_is_sent_goes_to_kafka),
         ("What kills is halted and skipped, what is gone from the log is said by dump",
          what_kills_is_skipped_and_what_is_gone_is_said),
         ("Without brokers senders are told to come again, and the API answers",
          without_brokers_senders_are_told_and_the_api_answers)]
