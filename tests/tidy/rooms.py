# SPDX-License-Identifier: Apache-2.0
"""Who may include what: the table of docs/architecture.md, "Rooms"."""

# In the order of dependency: a room may include the rooms above it.
ORDER = ["hash", "match", "document", "window", "event", "price", "rule", "alert", "state",
         "notify", "pipeline"]

# Adapters see include/, their own library, and the value headers named here for each.
ADAPTERS = {
    "rocks": [],
    "kafka": [],
    "file": [],
    "net": [],
    "http": [],
}

# Joins rooms and adapters as the commands do, for one of them: besides ORDER, these adapters.
JOINERS = {"demo": ["kafka", "http"]}

# Joins all.
TOP = "cli"

# Rooms that compute and nothing else: no clock, log, thread or I/O.
PURE = ["hash", "match", "document", "window", "event", "alert", "state"]

# Third-party headers, by how they begin, and the only rooms that see them.
LIBRARIES = {
    "tl/": ["include"],
    "yaml-cpp/": ["document"],
    "re2/": ["match"],
    "openssl/": ["hash"],
    "xxh": ["hash", "kafka", "file"],  # adapters may not use the room hash
    "simdjson.h": ["event", "price", "file", "demo"],
    "date/": ["window", "sim"],
    "rocksdb/": ["rocks"],
    "librdkafka/": ["kafka"],
    "zlib.h": ["file"],
    "zstd.h": ["file"],
    "curl/": ["net"],
    "httplib.h": ["http"],
    "CLI/": ["cli"],
    "spdlog/": ["cli"],
    "fmt/": ["document", "event", "price", "rule", "alert", "state", "notify", "pipeline", "rocks",
             "kafka", "file", "net", "http", "demo", "cli"],
}
# simdjson: tests read the JSON that we write with another reader than our own.
TEST_LIBRARIES = ["catch2/", "rapidcheck.h", "rapidcheck/", "simdjson.h"]

# Headers of the standard library and of POSIX that a pure room has no use for.
IMPURE = ["thread", "iostream", "fstream", "filesystem", "unistd.h", "fcntl.h", "poll.h",
          "signal.h", "sys/", "netinet/", "arpa/"]

# Rooms of tests/ that have no room in src/, and what they may include; None: everything.
TEST_ROOMS = {"support": ORDER, "words": ["window"], "contract": None, "sim": None,
              "integration": None, "bench": None, "fuzz": None, "crash": None,
              "mutations": None}


def visible(room):
    """The rooms whose headers `room` may include; None: all."""
    if room == TOP:
        return None
    if room in ADAPTERS:
        return [room, "tocsin"]
    if room in JOINERS:
        return [*ORDER, *JOINERS[room], room, "tocsin"]
    if room in ORDER:
        return ORDER[:ORDER.index(room) + 1] + ["tocsin"]
    return ["tocsin"]
