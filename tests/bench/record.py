# SPDX-License-Identifier: Apache-2.0
"""Results as files: one a measured state of the tree in docs/performance, and the table made of the newest."""

import json
import re
import subprocess
import sys
from datetime import datetime, timezone

import report
from measures import Measure

FORMAT = 1
DOCUMENT = "performance.md"


def result(measures, machine, size):
    return {"format": FORMAT, "at": datetime.now(timezone.utc).isoformat(timespec="seconds"), "commit": "",
            "machine": machine, "size": size, "measures": [measure.as_json() for measure in measures]}


def measures(of):
    return [Measure.from_json(fields) for fields in of["measures"]]


def text(of):
    """JSON a person can read: a measure a line."""
    lines = ",\n  ".join(json.dumps(fields, ensure_ascii=False) for fields in of["measures"])
    head = json.dumps(of | {"measures": []}, indent=1, ensure_ascii=False)
    return re.sub(r'"measures": \[\]\n}$', lambda _: f'"measures": [\n  {lines}\n ]\n}}\n', head)


def read(file):
    found = json.loads(file.read_text())
    if found.get("format") != FORMAT:
        sys.exit(f"{file} is a result of format {found.get('format')}, not {FORMAT}")
    return found


def newest(folder):
    """The result last measured; None if there is none."""
    found = [read(file) for file in folder.glob("*.json")]
    return max(found, key=lambda one: one["at"], default=None)


def git(root, *arguments):
    return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True).stdout.strip()


def demand_clean(root):
    if changed := git(root, "status", "--porcelain"):
        sys.exit(f"a result is recorded by commit, and the tree differs from it:\n{changed}\ncommit first")


def keep_aside(root, of):
    """Every result, for --with."""
    folder = root / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{datetime.now():%Y%m%d-%H%M%S}.json"
    file.write_text(text(of))
    return file


def keep(root, of):
    demand_clean(root)
    of = of | {"commit": git(root, "rev-parse", "--short=10", "HEAD")}
    folder = root / "docs" / "performance"
    folder.mkdir(exist_ok=True)
    file = folder / f"{of['at'][:10]}-{of['commit']}.json"
    file.write_text(text(of))
    render_into(folder)
    return file


def render_into(folder):
    """Writes the table of the newest result into the document beside the folder."""
    document = folder.parent / DOCUMENT
    document.write_text(report.with_section(document.read_text(), report.markdown(newest(folder))))
    return 0
