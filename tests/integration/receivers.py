# SPDX-License-Identifier: Apache-2.0
"""HTTP servers that stand in for Slack and for webhooks, and remember every delivery."""

import hashlib
import hmac
import json
import random
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str = "ok"
    retry_after: int | None = None
    hang: bool = False  # hold the connection until the receiver stops
    close: bool = False  # close it without a word

    @property
    def accepts(self):
        return 200 <= self.status < 300 and not self.hang and not self.close


OK = Answer()
HANG = Answer(hang=True)
CLOSE = Answer(close=True)


def rate_limited(seconds):
    return Answer(429, "rate_limited", retry_after=seconds)


@dataclass(frozen=True)
class Delivery:
    when: float  # time.monotonic()
    path: str
    headers: dict  # names in lower case
    body: bytes
    answer: Answer

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def key(self):
        return self.headers.get("idempotency-key")


def failing(share, seed):
    """Answers of which `share` are failures, each kind in turn, from a seed."""
    dice = random.Random(seed)
    failures = [Answer(500, "no"), Answer(503, "later"), CLOSE, Answer(502, "")]
    return lambda delivery: dice.choice(failures) if dice.random() < share else OK


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # the sender was killed
            super().handle_error(request, client_address)


class ScriptedReceiver:
    """Answers each post as the script says: a list (then OK for ever) or a function of the body.

    With a secret, each post's signature is verified and the false ones are kept in `forged`."""

    def __init__(self, script=(), secret=None):
        self.deliveries, self.forged = [], []
        self.secret = secret
        self.changed = threading.Condition()
        self.stopped = threading.Event()
        self.set_script(script)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.take(self)

            def log_message(self, *arguments):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    def set_script(self, script):
        self.script = script if callable(script) else list(script)

    def take(self, handler):
        arrived = time.monotonic()
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self.changed:
            if callable(self.script):
                answer = self.script(body)
            else:
                answer = self.script.pop(0) if self.script else OK
            delivery = Delivery(arrived, handler.path, headers, body, answer)
            if self.secret and not signed(delivery, self.secret):
                self.forged.append(delivery)
            self.deliveries.append(delivery)
            self.changed.notify_all()
        self.answer(handler, answer)

    def answer(self, handler, answer):
        if answer.hang:
            self.stopped.wait()
        if answer.hang or answer.close:
            handler.close_connection = True
            return
        try:
            handler.send_response(answer.status)
            if answer.retry_after is not None:
                handler.send_header("Retry-After", str(answer.retry_after))
            handler.send_header("Content-Length", str(len(answer.body)))
            handler.end_headers()
            handler.wfile.write(answer.body.encode())
        except OSError:
            pass  # the sender was killed meanwhile

    def wait_for(self, condition, seconds, what):
        """Blocks until condition(deliveries) is true and returns its value."""
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self.deliveries), timeout=seconds):
                raise AssertionError(f"{what}: not within {seconds} s; {self.describe()}")
            return condition(self.deliveries)

    def describe(self):
        lines = [f"{d.path} answered {d.answer.status}: {d.body[:200]!r}" for d in self.deliveries[-3:]]
        return f"{len(self.deliveries)} deliveries so far" + "".join("\n    " + line for line in lines)


def signed(delivery, secret):
    """Tocsin-Signature: t=SECONDS,v1=HEX, the HMAC-SHA256 of "SECONDS.BODY"."""
    parts = dict(part.split("=", 1) for part in delivery.headers.get("tocsin-signature", "").split(",")
                 if "=" in part)
    wanted = hmac.new(secret, parts.get("t", "").encode() + b"." + delivery.body, hashlib.sha256)
    return hmac.compare_digest(wanted.hexdigest(), parts.get("v1", ""))
