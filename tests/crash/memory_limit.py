# SPDX-License-Identifier: Apache-2.0
"""A limit of memory that kills who goes over it: a control group of version 1."""

import os
import re
from pathlib import Path

from engine_on_file import wait_for

MEMORY = Path("/sys/fs/cgroup/memory")
SWAP = "memory.memsw.limit_in_bytes"


def allowed():
    """Whether such a group can be made here."""
    try:
        with MemoryLimit(1 << 30):
            return True
    except OSError:
        return False


class MemoryLimit:
    """Processes join it by themselves, before they become what they are to be: preexec_fn=limit.join.

    What they wrote to files counts too, but is given up rather than that somebody is killed."""

    def __init__(self, size):
        self.size = size
        self.folder = MEMORY / f"tocsin-{os.getpid()}-{size}"

    def __enter__(self):
        self.folder.mkdir()
        self.set()
        return self

    def __exit__(self, *exception):
        wait_for(self._removed, 10, f"{self.folder} removed")

    def _removed(self):
        try:
            self.folder.rmdir()
        except OSError:  # who was killed just now is still leaving
            return False
        return True

    def join(self):
        self._write("cgroup.procs", os.getpid())

    def set(self):
        self._write("memory.limit_in_bytes", self.size)
        if (self.folder / SWAP).exists():  # else the machine's swap would be memory beyond it
            self._write(SWAP, self.size)

    def lift(self):
        """The processes in it live on without."""
        if (self.folder / SWAP).exists():
            self._write(SWAP, -1)
        self._write("memory.limit_in_bytes", -1)

    def kills(self):
        found = re.search(r"^oom_kill (\d+)", (self.folder / "memory.oom_control").read_text(), re.M)
        return int(found[1])

    def _write(self, name, value):
        (self.folder / name).write_text(str(value))
