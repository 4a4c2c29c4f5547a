# SPDX-License-Identifier: Apache-2.0
"""The checks. Each takes a path inside the repository and the file's text and yields sentences."""

import posixpath
import re
from pathlib import PurePosixPath

import rooms
from cpp import bare, functions

COLUMNS_MAX = 100
PYTHON_COLUMNS_MAX = 120
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600

# Files in which floating point is allowed all the same, with the reason. Only ever gets shorter.
# Numbers that come as bits become decimal text there, before anybody sees them.
# Of sketches it is how many users there were about.
FLOATING_POINT_ALLOWED = {"src/event/double_text.cc", "src/alert/sketch.cc"}

DRAWERS = {"util", "utils", "common", "helper", "helpers", "misc"}
CLOCKS = re.compile(r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock)\s*::\s*now\b"
                    r"|\btime\s*\(\s*(nullptr|NULL|0)\s*\)|\bgettimeofday\b|\bclock_gettime\b")
# One asks the real clock; what runs against real servers, and measures, has no other.
CLOCKS_ALLOWED = ("src/cli/real_clock", "tests/bench/", "tests/integration/",
                  *(f"tests/{adapter}/" for adapter in rooms.ADAPTERS))
SLEEPS = re.compile(r"\bsleep_(for|until)\b|\b(u|nano)?sleep\s*\(")
PRECOMPILED = re.compile(
    r"\b(?:target_precompile_headers\s*\(\s*\S+|set\s*\(\s*TOCSIN_STANDARD_HEADERS)\s(?P<headers>[^)]*)\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def is_cpp(path):
    return path.endswith((".h", ".cc"))


def is_code(path):
    return is_cpp(path) or path.endswith((".py", ".cmake", "CMakeLists.txt")) or path in ("dev", ".ci/run")


def room_of(path):
    """("src" | "tests" | "include", room) of a C++ file."""
    parts = PurePosixPath(path).parts
    if parts[0] == "include":
        return "include", "include"
    return (parts[0], parts[1]) if len(parts) > 2 else (parts[0], "")


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def spdx(path, text):
    lines = text.split("\n", 2)
    first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
    if is_code(path) and not re.fullmatch(r"(//|#) SPDX-License-Identifier: Apache-2\.0", first):
        yield "1: the first line is not the SPDX comment"


def columns(path, text):
    most = PYTHON_COLUMNS_MAX if path.endswith(".py") else COLUMNS_MAX
    if is_cpp(path) and path.startswith("tests/"):
        text = bare(text)  # a line of JSON, as it comes, is data
    for number, line in enumerate(text.split("\n") if is_code(path) else (), 1):
        if len(line) > most:
            yield f"{number}: {len(line)} columns, at most {most}"


def length(path, text):
    lines = text.count("\n")
    if (is_cpp(path) or path.endswith(".py")) and lines > FILE_LINES_MAX:
        yield f"1: {lines} lines, at most {FILE_LINES_MAX}"


def function_length(path, text):
    for first, lines in functions(text) if is_cpp(path) else ():
        if lines > FUNCTION_LINES_MAX:
            yield f"{first}: a function of {lines} lines, at most {FUNCTION_LINES_MAX}"


def names(path, text):
    for part in PurePosixPath(path).parts:
        if DRAWERS & set(re.split(r"[^a-z]+", part.lower())):
            yield f'1: "{part}" names a drawer, not what is in it'


def clocks(path, text):
    if not is_cpp(path) or path.startswith(CLOCKS_ALLOWED):
        return
    code = bare(text)
    for match in CLOCKS.finditer(code):
        yield f"{line_of(code, match.start())}: {match.group()}: ask the Clock"


def floating_point(path, text):
    if not is_cpp(path) or not path.startswith(("include/", "src/")) or path in FLOATING_POINT_ALLOWED:
        return
    code = bare(text)
    for match in re.finditer(r"\b(double|float)\b", code):
        yield f"{line_of(code, match.start())}: {match.group()}: money and counts are integers"


def sleeps(path, text):
    if not is_cpp(path) or not path.startswith("tests/") or path.startswith(("tests/bench/", "tests/integration/")):
        return
    code = bare(text)
    for match in SLEEPS.finditer(code):
        yield f"{line_of(code, match.start())}: a test that sleeps is slow or fails by chance"


def _allowed_rooms(where, room):
    if where != "tests":
        return rooms.visible(room)
    if room in rooms.TEST_ROOMS:
        extra = rooms.TEST_ROOMS[room]
        return None if extra is None else [*extra, room, "tocsin", "support"]
    seen = rooms.visible(room)
    return None if seen is None else [*seen, "support"]


def includes(path, text):
    """Arrows between rooms."""
    if not is_cpp(path):
        return
    where, room = room_of(path)
    allowed = _allowed_rooms(where, room)
    for match in INCLUDE.finditer(text):
        kind, header = match.groups()
        if kind != '"':
            continue
        line, target = line_of(text, match.start(1)), header.split("/")[0]
        if where == "tests" and "/" not in header:
            continue  # of the same folder
        if "/" not in header or ".." in header:
            yield f'{line}: "{header}": name headers by their room, "room/header.h"'
        elif allowed is not None and target not in allowed and header not in rooms.ADAPTERS.get(room, ()):
            yield f'{line}: "{header}": {where}/{room} may not include {target}'


def libraries(path, text):
    """Third-party headers in their room alone; no I/O in pure rooms."""
    if not is_cpp(path):
        return
    where, room = room_of(path)
    free = where == "tests" and rooms.TEST_ROOMS.get(room, ()) is None
    for match in INCLUDE.finditer(text):
        kind, header = match.groups()
        line = line_of(text, match.start(1))
        if kind != "<" or free:
            continue
        if where == "tests" and header.startswith(tuple(rooms.TEST_LIBRARIES)):
            continue
        if where != "tests" and room in rooms.PURE + ["include"] and any(
                header == name or (name.endswith("/") and header.startswith(name)) for name in rooms.IMPURE):
            yield f"{line}: <{header}>: {room} has no thread and no I/O"
        owners = next((rooms.LIBRARIES[name] for name in rooms.LIBRARIES if header.startswith(name)), None)
        if owners is None:
            if re.search(r"\.hpp$|/", header) and not header.startswith(("sys/", "netinet/", "arpa/", "linux/")):
                yield f"{line}: <{header}>: no room is named for this library in tests/tidy/rooms.py"
        elif room not in owners:
            yield f"{line}: <{header}>: only for {', '.join(owners)}"


def precompiled(path, text):
    """A header given to every source is given to every room: of the standard library, without I/O."""
    if not path.endswith((".cmake", "CMakeLists.txt")):
        return
    for match in PRECOMPILED.finditer(text):
        for header in re.findall(r"<([^>]+)>", match.group("headers")):
            line = line_of(text, match.start())
            if header == "catch2/catch.hpp" and path.startswith("tests/"):
                continue
            if not re.fullmatch(r"[a-z_]+", header) or header in rooms.IMPURE:
                yield f"{line}: <{header}>: not every room may use it, so no room is given it unasked"


def unlisted(path, text, cmake):
    """A source that no CMakeLists.txt names, by its way from there, is never compiled, so never run."""
    if not path.endswith(".cc") or not path.startswith(("src/", "tests/")):
        return
    for listing, content in cmake.items():
        name = posixpath.relpath(path, posixpath.dirname(listing) or ".")
        if re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w.])", content):
            return
    yield "1: no CMakeLists.txt lists it"


ALL = [spdx, columns, length, function_length, names, clocks, floating_point, sleeps, includes,
       libraries, precompiled]
