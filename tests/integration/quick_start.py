# SPDX-License-Identifier: Apache-2.0
"""docs/quick-start.md as a new user goes through it: its commands, from the document itself, in a shell.

Each block of the document is run in its order. What it shows as printed must come; what is of that day or
machine (times, milliseconds, ids, forecasts) may differ. Only the broker's address, the topic and the
ports are replaced, and the program for `./dev demo`, which builds it first."""

import difflib
import os
import queue
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from demo import COLOUR, Demo, claims_hold, last_drawing
from engine import free_port

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "quick-start.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
PATIENCE = 60  # seconds
BATCH = 3  # percent of a budget that a batch on a busy machine may hold
RETRIED = ("tocsin explain", "tail ")  # they look at an engine, which may not have come as far yet
MESSAGE = re.compile(r"^[🔵🟠🔴✅⚠⚫]")
OF_ITS_DAY = [  # what is of the day or the machine on which the document was written
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w{3}( \d{4})?", "DAY"),
    (r"\d\d:\d\d(:\d\d)?", "TIME"),
    (r"[\d.]+ m?s\b", "SOON"),
    (r", gone by TIME( \w+)? at this pace", ""),
    (r"\d+% of the day has passed", "N% of the day has passed"),
    (r" who .*?(?= window)", ""),  # of some seconds ago, or of none yet
    (r" pace .*?(?= next| counted)", " pace …"),
    (r" (next \d+% at \$[\d.]+ \(\w+\)), about TIME", r" \1"),
    (r" last TIME .*?(?= told)", " last …"),
    (r"TIME–TIME [\w+/-]+", "TIME–TIME ZONE"),
    (r"\d+ prices of \S+", "N prices of DATE"),
    (r"in \d+ messages? \(at most \d+ in an hour\)", "in N messages"),
]
NUMBER = re.compile(r"\d[\d,.]*")


@dataclass
class Block:
    kind: str  # sh: commands; console: commands with what they print; none: what the last printed
    text: str


def blocks():
    return [Block(*found) for found in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))]


def steps(text):
    """(command, what it prints) of a console block."""
    for step in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, printed = step.partition("\n")
        yield command, printed


def masked(text):
    words = " ".join(text.split())
    for pattern, instead in OF_ITS_DAY:
        words = re.sub(pattern, instead, words)
    return words


def message_told(shown, got):
    """Whether the same rung of the same rule rang. The batch that reached it may be larger here."""
    numbers = re.compile(r"(\d+)% (.*?): \$([\d.]+) of \$(\d+) (\w+)")
    wanted, found = numbers.search(shown), numbers.search(got)
    if not wanted or not found or shown[0] != got[0] or wanted.group(2, 4, 5) != found.group(2, 4, 5):
        return False
    budget = float(wanted[4])
    return (abs(int(wanted[1]) - int(found[1])) <= BATCH
            and abs(float(wanted[3]) - float(found[3])) <= BATCH / 100 * budget)


def line_came(shown, got):
    return message_told(shown, got) if MESSAGE.match(shown) else masked(shown) == masked(got)


class Shell:
    """A bash that is told one block after the other, and whose lines are kept until they are looked for."""

    def __init__(self, folder, variables):
        self.process = subprocess.Popen(
            ["bash"], cwd=folder, env={**os.environ, **variables}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.lines, self.printed, self.count = queue.Queue(), [], 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def take(self, seconds, what):
        try:
            return self.lines.get(timeout=max(0, seconds))
        except queue.Empty:
            raise AssertionError(f"{what}: not within {PATIENCE} s; printed were\n"
                                 + "\n".join(self.printed[-40:])) from None

    def run(self, command):
        """What is printed until the command has ended."""
        self.count += 1
        mark = f"(end of step {self.count}: "
        self.process.stdin.write(f"{command.rstrip()}\necho; echo '{mark}'$?')'\n")
        self.process.stdin.flush()
        end, before = time.monotonic() + PATIENCE, len(self.printed)
        while True:
            line = self.take(end - time.monotonic(), f"the end of {command!r}")
            if line.startswith(mark):
                # A child that was killed says so by its code, which is the user's wish.
                code = int(line[len(mark):-1])
                assert code in (0, 128 + signal.SIGTERM), f"{command!r} ended with {code}:\n" + "\n".join(
                    self.printed[before:])
                return self.printed[before:]
            self.printed.append(line)

    def wait_for(self, shown, seen):
        """Each line of `shown` in what was printed from `seen` on, in any order."""
        end = time.monotonic() + PATIENCE
        missing = shown.splitlines()
        looked = seen
        while True:
            for line in self.printed[looked:]:
                found = next((each for each in missing if line_came(each, line)), None)
                if found is not None:
                    missing.remove(found)
                else:
                    assert not MESSAGE.match(line), f"the document does not show {line!r}, but {missing}"
            looked = len(self.printed)
            if not missing:
                return
            self.printed.append(self.take(end - time.monotonic(), f"{missing}"))


def place(context):
    """A folder that is to the shell what the repository is to the user."""
    folder = context.folder / "quick-start"
    (folder / "build").mkdir(parents=True)
    (folder / "docs").symlink_to(ROOT / "docs")
    (folder / "build" / "release").symlink_to(context.binary.resolve().parent)
    return folder


def replaced(text, replacements):
    for shown, ours in replacements.items():
        text = text.replace(shown, ours)
    return text


def check_console(shell, text, replacements):
    for command, printed in steps(text):
        wanted = masked(replaced(printed, replacements))
        end = time.monotonic() + PATIENCE
        while True:
            got = masked("\n".join(shell.run(replaced(command, replacements))))
            if got == wanted:
                break
            again = command.startswith(RETRIED) and time.monotonic() < end
            assert again, f"$ {command}\nthe document shows\n  {wanted}\nprinted was\n  {got}"


def use_port(folder, port):
    """init wrote the usual one, which may be taken on a machine of tests."""
    config = folder / "build" / "try" / "tocsin.yaml"
    text = config.read_text()
    assert text.count("127.0.0.1:8080") == 1, text
    config.write_text(text.replace("8080", port))


def noon():
    """A zone in which the day is neither young nor over, so that no midnight comes in between."""
    ahead = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


def story_is_as_the_document_tells_it(context):
    topic = context.topic(4)
    replacements = {"localhost:9092": context.broker.bootstrap, "llm.requests": topic,
                    "9099": str(free_port()), "8080": str(free_port())}
    folder = place(context)
    told = 0
    with Shell(folder, {"TZ": noon(), "COLUMNS": "80"}) as shell:
        for block in blocks():
            if "./dev demo" in block.text:
                continue
            if block.kind == "sh":
                told = len(shell.printed)
                shell.run(replaced(block.text, replacements))
            elif block.kind == "console":
                check_console(shell, block.text, replacements)
                if "tocsin init" in block.text:
                    use_port(folder, replacements["8080"])
            else:
                shell.wait_for(replaced(block.text, replacements), told)
            if block.kind != "sh":
                told = len(shell.printed)
        context.note.append(f"{shell.count} steps")


def shape(text):
    """Its lines without figures, bars and what does not come in each run (free users gather). Sorted: a
    mail takes longer than Slack, and may come after the next rung."""
    lines = []
    for line in re.sub(r"\n +(?=up again)", " ", COLOUR.sub("", text).replace("\x1b[J", "")).splitlines():
        line = re.sub(r"\S*tocsin (?=backtest|init)", "tocsin ", re.sub("[━─]+", "BAR", line))
        line = re.sub(r", gone by \S+ at this pace|  full in \d+ s| \(\d+ is taken\)", "", line)
        if line.strip() and "Free-tier user user-" not in line:
            lines.append(" ".join(NUMBER.sub("N", line).split()))
    return sorted(lines)


def demo_is_as_the_document_shows(context):
    shown = next(printed for block in blocks() for command, printed in steps(block.text)
                 if block.kind == "console" and command == "./dev demo")
    claims_hold(shown)
    with Demo(context, terminal=True) as demo:
        demo.read_until("stay until Ctrl-C.")
        first = demo.text.split("\n\n")[0]
        got = f"{first}\n{last_drawing(demo.text)}"
        demo.process.send_signal(signal.SIGINT)
        demo.end(0)
    differences = list(difflib.unified_diff(shape(shown), shape(got), "shown", "printed", n=0, lineterm=""))
    assert not differences, "\n    ".join(differences)


TESTS = [
    ("The demo is as the quick start shows it", demo_is_as_the_document_shows),
    ("The quick start's own file and own Kafka are as it tells them", story_is_as_the_document_tells_it),
]
