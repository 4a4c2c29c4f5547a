# SPDX-License-Identifier: Apache-2.0
"""What the numbers were measured on, and of what."""

import os
import platform
import subprocess
from pathlib import Path

PACKAGES = {"librdkafka": "librdkafka1", "RocksDB": "librocksdb7.8", "simdjson": "libsimdjson14", "g++": "g++"}


def describe(root):
    return {"cpu": cpu(), "cores": os.cpu_count(), "memory_gb": memory_gb(), "system": system(),
            "kernel": platform.release(), "virtual": virtual(), "versions": versions(root)}


def text(machine):
    kind = f", in a {machine['virtual']} guest" if machine["virtual"] not in ("", "none") else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
            f"Linux {machine['kernel']}{kind}; {versions}")


def same(one, other):
    """Whether absolute numbers of the two can be compared."""
    return all(one[key] == other[key] for key in ("cpu", "cores", "virtual"))


def cpu():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gb():
    kib = int(Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0])
    return round(kib / 2**20)


def system():
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return platform.system()


def virtual():
    for line in first_lines(["lscpu"]):
        if line.startswith("Hypervisor vendor:"):
            return line.split(":", 1)[1].strip()
    return "none"


def versions(root):
    found = {name: first_line(["dpkg-query", "-W", "-f", "${Version}", package])
             for name, package in PACKAGES.items()}
    found["Kafka"] = kafka_version(root)
    found["Java"] = java_version()
    return {name: version for name, version in found.items() if version}


def kafka_version(root):
    """Of the broker that the integration tests, and so the measurements, run on."""
    for line in (root / "tests" / "integration" / "kafka_broker.py").read_text().splitlines():
        if line.startswith("VERSIONS = "):
            return line.split('"')[1]
    return ""


def java_version():
    lines = first_lines(["java", "-version"])
    return lines[0].split('"')[1] if lines and '"' in lines[0] else ""


def first_line(command):
    lines = first_lines(command)
    return lines[0].strip() if lines else ""


def first_lines(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return []
    return (done.stdout or done.stderr).splitlines() if done.returncode == 0 else []
