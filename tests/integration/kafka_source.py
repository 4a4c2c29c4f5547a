#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs kafka_real_test, the suite of the Kafka adapter, against a broker started for it.

    tests/integration/kafka_source.py [--build build/release] [--version 4.1.1] [arguments …]

Further arguments go to the suite (names of tests, `-d yes` …). Needs its targets built:
kafka_real_test and kafka_tool.
"""

import argparse
import os
import pathlib
import socketserver
import subprocess
import sys
import tempfile
import threading

from kafka_broker import ROOT, VERSIONS, KafkaBroker, KafkaError


def damage(broker, directory, text):
    """Flips a byte of `text` in the log of a partition while the broker is down."""
    broker.stop()
    hits = 0
    for path in (broker.data / directory).glob("*.log"):
        data = bytearray(path.read_bytes())
        at = data.find(text.encode())
        if at >= 0:
            data[at] ^= 1
            path.write_bytes(data)
            hits += 1
    broker.start()
    if hits != 1:
        raise KafkaError(f"{text} was found {hits} times in {directory}")


class Control(socketserver.StreamRequestHandler):
    """A line, a command to the broker; answers when it is done."""

    def handle(self):
        broker = self.server.broker
        commands = {"kill9": broker.kill9, "start": broker.start, "stop": broker.stop,
                    "restart": broker.restart, "pause": broker.pause, "resume": broker.resume,
                    "damage": lambda *arguments: damage(broker, *arguments)}
        name, *arguments = self.rfile.readline().decode().split()
        try:
            commands[name](*arguments)
            self.wfile.write(b"ok\n")
        except (KafkaError, KeyError, OSError) as error:
            self.wfile.write(f"{name}: {error!r}\n".encode())


def run(build, version, arguments):
    os.environ["TOCSIN_KAFKA_TOOL"] = str(build / "kafka_tool")
    with KafkaBroker(version) as broker, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "control")
        with socketserver.UnixStreamServer(path, Control) as server:
            server.broker = broker
            threading.Thread(target=server.serve_forever, daemon=True).start()
            environment = dict(os.environ, TOCSIN_TEST_KAFKA=broker.bootstrap,
                               TOCSIN_TEST_KAFKA_CONTROL=path)
            done = subprocess.run([str(build / "kafka_real_test"), *arguments], env=environment)
            server.shutdown()
        return done.returncode


def keeps_its_promises(context):
    command = [sys.executable, os.path.abspath(__file__), "--build", str(context.binary.parent),
               "--version", context.broker.version]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    context.note.append(done.stdout.strip().splitlines()[-1])


TESTS = [("The Kafka source keeps its promises on a broker of its own", keeps_its_promises)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--version", choices=VERSIONS, default=VERSIONS[0])
    options, arguments = parser.parse_known_args()
    try:
        return run(options.build.resolve(), options.version, arguments)
    except (KafkaError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
