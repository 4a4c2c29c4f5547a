#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One real Apache Kafka broker (KRaft, a single node) for tests.

    with KafkaBroker() as broker:
        broker.create_topic("llm.requests", 4)
        ... broker.bootstrap ...

The jars are fetched once with Maven into build/kafka/<version>/libs; after that no network is
needed. Needs Java 17 and, for the first run, Maven: apt-get install openjdk-17-jre-headless maven.
As a program: `kafka_broker.py run` starts a broker, prints its address and ends it on Ctrl-C or
SIGTERM; `kafka_broker.py fetch` only fetches the jars. Only processes started here are ended.
"""

import argparse
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
POM = ROOT / "tests" / "integration" / "kafka" / "pom.xml"
VERSIONS = ("4.1.1", "3.9.1")
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30

PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map":
        "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT",
    # So that compaction is seen within seconds.
    "log.cleaner.backoff.ms": "500",
    "num.partitions": "1",
    # On, so that a consumer that creates topics by asking for them is found out.
    "auto.create.topics.enable": "true",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After kill9 a start waits until the dead session has ended.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    "log.retention.hours": "-1",
    "log.retention.bytes": "-1",
    "log.segment.bytes": "268435456",
    "message.max.bytes": "6291456",
    "file.delete.delay.ms": "100",
}

LOG4J = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders>
    <File name="file" fileName="{log}"><PatternLayout pattern="%d %p %c: %m%n"/></File>
  </Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="file"/></Root></Loggers>
</Configuration>
"""


class KafkaError(RuntimeError):
    """The broker, or what it needs, is not there; the text says what to do."""


def _program(name, package):
    found = shutil.which(name)
    if not found:
        raise KafkaError(f"`{name}` is missing; install it: apt-get install {package}")
    return found


def libraries(version):
    """The folder of the broker's jars, fetched with Maven if it isn't complete yet."""
    folder = ROOT / "build" / "kafka" / version / "libs"
    complete = folder.parent / "complete"
    if complete.exists():
        return folder
    maven = _program("mvn", "openjdk-17-jre-headless maven")
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies",
               f"-Dkafka.version={version}", f"-DoutputDirectory={folder}",
               "-DincludeScope=runtime"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise KafkaError(f"Maven could not fetch Kafka {version}:\n{done.stdout}")
    complete.touch()
    return folder


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


def answers_metadata(port):
    """Whether the broker on `port` answers a Metadata request (version 4) with itself in it."""
    body = struct.pack(">hhih5s", 3, 4, 1, 5, b"tests") + struct.pack(">ib", 0, 0)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.settimeout(2)
            connection.sendall(struct.pack(">i", len(body)) + body)
            size = struct.unpack(">i", _receive(connection, 4))[0]
            answer = _receive(connection, size)
        return struct.unpack(">i", answer[8:12])[0] >= 1
    except (OSError, struct.error):
        return False


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})


class KafkaBroker:
    """A broker with its data in a folder of its own; the ports stay the same over restarts."""

    def __init__(self, version=VERSIONS[0], folder=None, heap="512m", properties=None, tool=None):
        self.version = version
        self._temporary = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="tocsin-kafka-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.log = self.folder / "broker.log"
        self._heap = heap
        self._properties = properties or {}
        self._tool = tool or os.environ.get("TOCSIN_KAFKA_TOOL") or self._built_tool()
        self._process = None
        # What comes in by the second listener is sent on to `proxy_port`, where a proxy may stand.
        self.port, self._controller_port, self.behind_proxy, self.proxy_port = _free_ports(4)
        self.bootstrap = f"127.0.0.1:{self.port}"

    @staticmethod
    def _built_tool():
        for preset in ("release", "dev"):
            tool = ROOT / "build" / preset / "kafka_tool"
            if tool.exists():
                return str(tool)
        return "kafka_tool"

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        self.remove()

    # Life

    def start(self):
        """Formats the folder if it is new, starts the broker, and returns when it answers."""
        if self._process:
            raise KafkaError("the broker runs already")
        if not (self.data / "meta.properties").exists():
            self._format()
        self._process = subprocess.Popen(
            self._java("kafka.Kafka", str(self.folder / "server.properties")),
            stdout=open(self.folder / "stdout.log", "ab"), stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, cwd=self.folder, preexec_fn=_die_with_parent)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not answers_metadata(self.port):
            self._still_starting(deadline)
        return self

    def _still_starting(self, deadline):
        try:
            code = self._process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                return
            code = "no answer in time"
            self.kill9()
        self._process = None
        raise KafkaError(f"Kafka {self.version} did not start ({code}):\n{self._tail()}")

    def stop(self):
        """Ends the broker cleanly, by its pid; by force if it doesn't end in time."""
        if not self._process:
            return
        self.resume()
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill9(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self):
        self.stop()
        return self.start()

    def pause(self):
        """Stops the process where it stands: connections stay open, nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def remove(self):
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    # What is in it

    def tool(self, *arguments, text=""):
        """Runs kafka_tool against this broker and returns what it printed."""
        command = [self._tool, self.bootstrap, *map(str, arguments)]
        try:
            done = subprocess.run(command, input=text, capture_output=True, text=True)
        except FileNotFoundError:
            raise KafkaError("kafka_tool is missing: build its target, or set TOCSIN_KAFKA_TOOL "
                             "to it") from None
        if done.returncode != 0:
            raise KafkaError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def create_topic(self, name, partitions=1, config=None):
        self.tool("create-topic", name, partitions,
                  *(f"{key}={value}" for key, value in (config or {}).items()))

    def delete_topic(self, name):
        self.tool("delete-topic", name)

    def add_partitions(self, name, total):
        self.tool("add-partitions", name, total)

    # Inside

    def _format(self):
        self._write_files()
        cluster = self._run_java("kafka.tools.StorageTool", "random-uuid").strip().splitlines()[-1]
        self._run_java("kafka.tools.StorageTool", "format", "-t", cluster, "-c",
                       str(self.folder / "server.properties"))

    def _write_files(self):
        properties = dict(PROPERTIES)
        properties.update({
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},"
                         f"PROXIED://127.0.0.1:{self.behind_proxy},"
                         f"CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port},"
                                    f"PROXIED://127.0.0.1:{self.proxy_port}",
            "log.dirs": str(self.data),
        })
        properties.update(self._properties)
        (self.folder / "server.properties").write_text(
            "".join(f"{key}={value}\n" for key, value in properties.items()))
        (self.folder / "log4j2.xml").write_text(LOG4J.format(log=self.log))

    def _java(self, main, *arguments):
        java = _program("java", "openjdk-17-jre-headless")
        return [java, f"-Xmx{self._heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                f"-Dlog4j2.configurationFile=file:{self.folder / 'log4j2.xml'}",
                "-cp", f"{libraries(self.version)}/*", main, *arguments]

    def _run_java(self, main, *arguments):
        done = subprocess.run(self._java(main, *arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise KafkaError(f"{main} failed:\n{done.stdout}")
        return done.stdout

    def _tail(self):
        lines = []
        for path in (self.folder / "stdout.log", self.log):
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-20:]
        return "\n".join(lines)


def run(version, folder):
    with KafkaBroker(version, folder) as broker:
        print(broker.bootstrap, flush=True)
        try:
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        except KeyboardInterrupt:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["run", "fetch"])
    parser.add_argument("--version", choices=VERSIONS, default=VERSIONS[0])
    parser.add_argument("--folder", help="keep the broker's data here (default: a temporary one)")
    options = parser.parse_args()
    try:
        if options.command == "fetch":
            print(libraries(options.version))
            return 0
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        run(options.version, options.folder)
        return 0
    except KafkaError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
