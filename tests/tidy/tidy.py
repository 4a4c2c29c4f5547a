#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what a compiler does not: who includes whom, lengths, names, clocks, floating point.

usage: tidy.py REPOSITORY

Prints a line for each fault, as `file:line: what is wrong`; docs/decisions has the reasons.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import checks  # noqa: E402

SKIPPED = {".git", "build", "__pycache__"}


def files(root):
    """Path inside the repository and text, of every file we wrote."""
    found = {}
    for top in (root, *sorted(p for p in root.iterdir() if p.is_dir() and p.name not in SKIPPED)):
        for path in sorted(top.iterdir() if top == root else top.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not SKIPPED & set(path.relative_to(root).parts):
                try:
                    found[name] = path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    continue
    return found


def faults(texts):
    cmake = {path: text for path, text in texts.items() if path.endswith("CMakeLists.txt")}
    for path, text in texts.items():
        for check in checks.ALL:
            yield from (f"{path}:{fault}" for fault in check(path, text))
        yield from (f"{path}:{fault}" for fault in checks.unlisted(path, text, cmake))


def main():
    texts = files(Path(sys.argv[1]).resolve())
    found = list(faults(texts))
    print("\n".join(found))
    print(f"{len(texts)} files, {len(found)} faults")
    # A run that saw no source has looked in the wrong place.
    return 1 if found or not any(path.startswith("src/") for path in texts) else 0


if __name__ == "__main__":
    sys.exit(main())
