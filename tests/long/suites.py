# SPDX-License-Identifier: Apache-2.0
"""What `./dev test --long=NAME` runs. A suite is added by an entry of SUITES:

    "sim": Suite(targets=("sim_test",), commands=(("{build}/sim_test", "--seeds", "10000"),)),

targets   what ninja builds first; none: nothing is built
commands  run one after another in the repository's folder, without input, `{build}` being the build's
          folder. Each takes its size from its arguments, prints for each failure the one-line command
          that repeats it, ends with the line "N passed, N failed", and returns other than 0 if any
          failed. N counts what the suite is measured in: seeds, kills, flips.
packages  Debian's, besides those that every build of the tests needs; KAFKA for a real broker
preset    of CMakePresets.json; `folder` (in build/) and `options` (of cmake) for a build of its own,
          as with folder="checked", options=("-DCMAKE_CXX_FLAGS=-D_GLIBCXX_DEBUG",)

The long form takes less than 30 minutes on two cores. The short form is a test like any other: of
ctest, or a module of tests/integration.
"""

from dataclasses import dataclass

KAFKA = ("openjdk-17-jre-headless", "maven")


@dataclass(frozen=True)
class Suite:
    targets: tuple
    commands: tuple
    packages: tuple = ()
    preset: str = "release"
    folder: str = ""
    options: tuple = ()


# None: nobody has written it yet.
SUITES = {
    "sim": Suite(targets=("sim_test",),
                 commands=(("{build}/sim_test", "--seeds", "12000", "--jobs", "2"),
                           ("{build}/sim_test", "--from", "20001", "--seeds", "2000",
                            "--jobs", "2"))),
    "crash": Suite(targets=("crash_suite", "tocsin", "kafka_tool"),
                   commands=(("{build}/crash_suite", "points", "--count", "50"),
                             ("{build}/crash_suite", "flips", "--count", "12000"),
                             ("{build}/crash_suite", "log", "--count", "1000"),
                             ("/usr/bin/python3", "tests/crash/ingest.py", "{build}/tocsin",
                              "--kills", "200"),
                             ("/usr/bin/python3", "tests/crash/disk_full.py", "{build}/tocsin",
                              "--cycles", "20"),
                             ("/usr/bin/python3", "tests/crash/ends.py", "{build}/tocsin",
                              "--terms", "200", "--instances", "50"),
                             ("/usr/bin/python3", "tests/crash/syscalls.py", "{build}/tocsin",
                              "--every", "3", "--most", "30"),
                             ("/usr/bin/python3", "tests/integration/run.py", "--build", "{build}",
                              "--only", "kill9", "--cycles", "1000")),
                   packages=(*KAFKA, "strace")),
    "kafka": Suite(targets=("tocsin", "kafka_tool", "deadly_re2"),
                   commands=(("/usr/bin/python3", "tests/integration/kafka_long.py", "--build", "{build}"),),
                   packages=KAFKA),
    "rules": Suite(targets=("mutations_test",),
                   commands=(("{build}/mutations_test", "--files", "100000"),)),
    # Needs the package genai-prices, which it installs for itself in the build's folder.
    "prices": Suite(targets=("tocsin",),
                    commands=(("/usr/bin/python3", "tests/long/prices/run.py", "{build}"),),
                    packages=("python3-venv",)),
    "power": Suite(targets=("crash_suite",),
                   commands=(("{build}/crash_suite", "power", "--count", "2000"),)),
    # Builds for itself: copies of the source, to be broken.
    "mutants": Suite(targets=(), commands=(("/usr/bin/python3", "tests/mutants/run.py"),)),
    "fuzz": Suite(targets=("fuzzers",),
                  commands=(("/usr/bin/python3", "tests/fuzz/run.py", "{build}"),),
                  packages=("clang-19", "libclang-rt-19-dev"), preset="fuzz"),
    # And Go, newer than Debian's, for OpenTelemetry's collector.
    "formats": Suite(targets=("tocsin", "kafka_tool"),
                     commands=(("/usr/bin/python3", "tests/long/formats.py", "{build}/tocsin"),
                               ("/usr/bin/python3", "tests/long/collector.py", "{build}")),
                     packages=("python3-venv", *KAFKA)),
    "memory": Suite(targets=("tocsin",),
                    commands=(("/usr/bin/python3", "tests/crash/memory.py", "{build}/tocsin",
                               "--ids", "50000000", "--limit", "512", "--state", "256MB",
                               "--groups", "400000"),
                              ("/usr/bin/python3", "tests/crash/storm.py", "{build}/tocsin",
                               "--timed"),
                              ("/usr/bin/python3", "tests/crash/channels.py", "{build}/tocsin",
                               "--users", "250", "--timed")),
                    packages=("python3-aiosmtpd",)),
}
