# SPDX-License-Identifier: Apache-2.0
"""`tocsin demo` as people start it: in a pipe and on a terminal, ended at any moment, on a full disk."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from engine import poll_until

PATIENCE = 60  # seconds
ENDS = 5       # seconds after Ctrl-C, on a busy machine
RUNGS = (50, 80, 95, 100)  # percent
FIGURES = r"\$(\d+\.\d{12})   ([\d,]+) requests   offset ([\d,]+)"
COLOUR = re.compile(r"\x1b\[\d*m")


class Demo:
    """A running demo with a folder for its temporary files. `terminal`: on one of its own."""

    def __init__(self, context, *arguments, terminal=False, variables=None, wrapper=()):
        self.place = Path(tempfile.mkdtemp(prefix="demo-", dir=context.folder))
        self.output = b""
        command = [*wrapper, str(context.binary), "demo", *arguments]
        environment = {**os.environ, "TMPDIR": str(self.place), "TERM": "xterm", **(variables or {})}
        if terminal:
            self.reading, end = pty.openpty()
        else:
            self.reading, end = os.pipe()
        self.process = subprocess.Popen(command, stdin=end if terminal else subprocess.DEVNULL, stdout=end,
                                        stderr=end, env=environment, start_new_session=True)
        os.close(end)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.reading is not None:
            os.close(self.reading)

    @property
    def text(self):
        return self.output.decode(errors="replace").replace("\r\n", "\n")

    def read(self, seconds):
        """Takes what it prints for as long; False once it prints no more."""
        ready, _, _ = select.select([self.reading], [], [], seconds)
        if not ready:
            return True
        try:
            part = os.read(self.reading, 65536)
        except OSError:  # a terminal whose other end is closed
            part = b""
        self.output += part
        return bool(part)

    def read_until(self, text, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < end, f"{text!r} was not printed within {seconds} s:\n{self.text[-3000:]}"
            if not self.read(0.05):
                break
        assert text in self.text, f"it ended without {text!r}:\n{self.text[-3000:]}"

    def end(self, code, seconds=PATIENCE):
        """Its end by itself, with nothing left behind."""
        deadline = time.monotonic() + seconds
        while self.read(0.05):
            assert time.monotonic() < deadline, f"it did not end within {seconds} s:\n{self.text[-3000:]}"
        got = self.process.wait(ENDS)
        assert got == code, f"it ended with {got}, not {code}:\n{self.text[-3000:]}"
        assert not self.engines(), f"an engine is left: {self.engines()}"
        assert not list(self.place.iterdir()), f"left behind: {list(self.place.iterdir())}"

    def engines(self):
        """Processes that run in our folder, by id."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd").startswith(str(self.place)):
                    found.append(int(process.name))
            except OSError:  # it ended meanwhile, or is a zombie, which somebody waits for
                continue
        return found


def last_drawing(text):
    """What a terminal shows in the end, without colours."""
    return re.split(r"\x1b\[\d+A", COLOUR.sub("", text).replace("\x1b[2K", ""))[-1]


def told_percents(text, pattern):
    """Of the messages that match, with their milliseconds before them, in their order."""
    return [int(percent) for percent in re.findall(rf"^ +\d+\.\d ms  {pattern}", text, re.M)]


def claims_hold(text):
    """Each thing the demo says it does, in what it printed."""
    # A busy machine's batch can pass a rung by some percent before it is told, and says so.
    slack = told_percents(text, r"#alerts +\S+ (\d+)% Production spend: \$")
    assert len(slack) == 4 and all(at >= rung for at, rung in zip(slack, RUNGS)), f"{slack} rang:\n{text}"
    mails = told_percents(text, r"finance@ +\[\w+\] Production spend (\d+)%: \$")
    assert len(mails) == 2 and mails[0] >= 80 and mails[1] >= 100, f"{mails} were mailed:\n{text}"
    sent, after = (re.search(rf"^    {label} +{FIGURES}", text, re.M) for label in ("sent", "after"))
    assert sent and after, f"no figures before and after the kill:\n{text}"
    assert sent.groups() == after.groups(), f"{sent.groups()} became {after.groups()}"
    assert re.search(r"up again in \d+\.\d\d s, nothing told twice$", text, re.M), text
    assert " 0 unpriced · 0 in quarantine · " in text, text
    assert "It rang at 50, 80, 95 and 100%, and a kill -9 cost nothing." in text, text
    assert "Your turn:\n" in text, text
    return after


def plain_lines_in_a_pipe(context):
    with Demo(context) as demo:
        begun = time.monotonic()
        demo.read_until("Demo: a broker on 127.0.0.1:")
        appeared = time.monotonic() - begun
        demo.read_until("ms  #alerts")
        first = time.monotonic() - begun
        demo.end(0)
        took = time.monotonic() - begun
    assert "\x1b" not in demo.text, "what is drawn on terminals is in a pipe"
    assert "━" not in demo.text, "a bar is in a pipe"
    claims_hold(demo.text)
    context.note.append(f"Demo: after {appeared:.2f} s, first message after {first:.1f} s, all after {took:.1f} s")


def drawn_in_place_on_a_terminal(context):
    with Demo(context, "--port", "0", terminal=True) as demo:
        demo.read_until("stay until Ctrl-C.")
        claims_hold(last_drawing(demo.text))
        assert "\x1b[32m" in demo.text, "no colour"
        assert re.search(r"\x1b\[\d+A", demo.text), "nothing was drawn over"
        assert "━━━━━━━━━━━━━━━━━━━━" in demo.text, "no bar became full"
        page = re.search(r"What Slack got: (http://127\.0\.0\.1:\d+)/demo", demo.text).group(1)
        page_shows_what_came(page)
        demo.process.send_signal(signal.SIGINT)
        demo.end(0, ENDS)


def page_shows_what_came(address):
    with urllib.request.urlopen(f"{address}/demo", timeout=10) as answer:
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert b"<script" in answer.read()
    with urllib.request.urlopen(f"{address}/demo/messages.json", timeout=10) as answer:
        messages = json.load(answer)["messages"]
    slack = [m for m in messages if m["kind"] == "slack" and "Production spend" in m["body"]["text"]]
    assert len(slack) == len(RUNGS), f"{len(slack)} messages of production on the page"
    assert all(float(m["took_ms"]) > 0 and m["body"]["blocks"] for m in slack), slack
    mails = [m for m in messages if m["kind"] == "mail"]
    assert len(mails) == 2 and all(m["subject"] and m["text"] and m["html"] for m in mails), mails
    assert mails[0]["to"] == ["finance@company.example"], mails


def no_color_is_honoured(context):
    with Demo(context, "--once", terminal=True, variables={"NO_COLOR": "1"}) as demo:
        demo.end(0)
        claims_hold(last_drawing(demo.text))
        assert not COLOUR.search(demo.text), "coloured in spite of NO_COLOR"
        assert re.search(r"\x1b\[\d+A", demo.text), "nothing was drawn over"


def ended_by(number, moment, code):
    def is_ended(context):
        with Demo(context) as demo:
            demo.read_until(moment)
            demo.process.send_signal(number)
            demo.end(code, ENDS)

    return is_ended


def asked_again_and_again(context):
    with Demo(context) as demo:
        demo.read_until("ms  #alerts")
        for _ in range(5):
            demo.process.send_signal(signal.SIGTERM)
        demo.end(143, ENDS)


def a_terminal_that_is_closed(context):
    with Demo(context, terminal=True) as demo:
        demo.read_until("request → message")
        os.close(demo.reading)
        demo.reading = None
        demo.process.wait(ENDS)
        assert not demo.engines(), "the engine outlived the terminal"
        assert not list(demo.place.iterdir()), "the folder outlived the terminal"


def killed_without_a_word(context):
    with Demo(context) as demo:
        demo.read_until("ms  #alerts")
        assert demo.engines(), "no engine runs"
        demo.process.kill()
        demo.process.wait()
        poll_until(lambda: not demo.engines(), ENDS, "the engine's end after its parent's")


def the_reader_of_a_pipe_goes(context):
    with Demo(context) as demo:
        demo.read_until("Demo: a broker")
        os.close(demo.reading)
        demo.reading = None
        demo.process.wait(PATIENCE)
        assert not demo.engines() and not list(demo.place.iterdir()), "something is left"


def taken_ports(context):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Demo(context, "--port", str(port), terminal=True) as demo:
            demo.read_until("stay until Ctrl-C.")
            said = re.search(r"127\.0\.0\.1:(\d+)/demo \((\d+) is taken\)", demo.text)
            assert said and said.group(1) != said.group(2) == str(port), demo.text[-1500:]
            demo.process.send_signal(signal.SIGINT)
            demo.end(0, ENDS)


def a_full_disk(context):
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        context.note.append("SKIPPED: only root can make a small disk")
        return
    for size, what in (("4k", "No space left on device"), ("300k", "the disk is full")):
        small = ["unshare", "-m", "sh", "-c",
                 f'mount -t tmpfs -o size={size} none "$TMPDIR" && "$@"; code=$?; ls -A "$TMPDIR"; exit $code', "sh"]
        with Demo(context, wrapper=small) as demo:
            demo.end(1)
            assert what in demo.text, f"{size}: {demo.text}"
            assert "TMPDIR" in demo.text, f"{size}: it does not say what to do:\n{demo.text}"
            assert not re.search(r"^tocsin-demo-", demo.text, re.M), "the folder is left"


def a_place_that_is_not_there(context):
    with Demo(context, variables={"TMPDIR": "/nowhere/at/all"}) as demo:
        demo.end(1)
        assert "no folder can be made in /nowhere/at/all" in demo.text, demo.text


def traffic_goes_to_a_topic(context):
    topic = context.topic(3)

    def traffic(*arguments):
        return subprocess.run([context.binary, "traffic", *arguments], capture_output=True, text=True, timeout=PATIENCE)

    done = traffic("--brokers", context.broker.bootstrap, "--topic", topic, "--rate", "2000", "--count", "500")
    assert done.returncode == 0 and done.stderr == f"500 requests sent to {topic}\n", done
    done = traffic("--brokers", context.broker.bootstrap, "--topic", "not-there", "--count", "1")
    assert done.returncode == 1 and "topic not-there does not exist; create it first" in done.stderr, done
    file = context.folder / "traffic.jsonl"
    done = traffic("--out", str(file), "--count", "200", "--seed", "7")
    lines = file.read_text().splitlines()
    assert done.returncode == 0 and len({json.loads(line)["id"] for line in lines}) == 200, done
    done = traffic("--out", str(file), "--count", "1")
    assert done.returncode == 1 and "is there already" in done.stderr, done
    assert traffic("--out", str(file), "--count", "1", "--for", "1s").returncode == 64


TESTS = [
    ("In a pipe the demo prints plain lines, and what it claims is so", plain_lines_in_a_pipe),
    ("On a terminal it is drawn in place, and its page shows what came", drawn_in_place_on_a_terminal),
    ("NO_COLOR takes the colour and nothing else", no_color_is_honoured),
    ("Ctrl-C before the engine is ready leaves nothing", ended_by(signal.SIGINT, "Demo: a broker", 130)),
    ("Ctrl-C while spend rises leaves nothing", ended_by(signal.SIGINT, "ms  #alerts", 130)),
    ("Ctrl-C at the kill leaves nothing", ended_by(signal.SIGINT, "  kill -9 ", 130)),
    ("Ctrl-C after the kill leaves nothing", ended_by(signal.SIGINT, "nothing told twice", 130)),
    ("SIGTERM is as good", ended_by(signal.SIGTERM, "ms  #alerts", 143)),
    ("Asked five times at once it still leaves nothing", asked_again_and_again),
    ("A terminal that is closed ends it", a_terminal_that_is_closed),
    ("The engine does not outlive a demo that is killed", killed_without_a_word),
    ("A pipe that nobody reads any more ends it", the_reader_of_a_pipe_goes),
    ("Where the page's port is taken the next one is said", taken_ports),
    ("A full disk is told, with what to do, and nothing is left", a_full_disk),
    ("A place for temporary files that is not there is told", a_place_that_is_not_there),
    ("Traffic goes to a topic that is there, or a new file, and nowhere else", traffic_goes_to_a_topic),
]
