# SPDX-License-Identifier: Apache-2.0
"""A copy of the repository to break, with a build of its own. It stays from run to run, and what
did not change in it is not built again."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD_MAX = 1500  # seconds, of all that the killers need

# -O1 without symbols: a file is compiled in two thirds of the time, and the suites are hardly slower.
# Each source by itself, for each mutant changes one.
OPTIONS = ("-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=", "-DTOCSIN_PRECOMPILED=ON",
           "-DCMAKE_CXX_FLAGS=-O1 -g0 -D_GLIBCXX_ASSERTIONS", "-DTOCSIN_TESTS=ON", "-DTOCSIN_WERROR=OFF",
           "-DCMAKE_UNITY_BUILD=OFF")


class BuildFailed(Exception):
    pass


def sources():
    """What git tracks or would, as it is now."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, check=True, capture_output=True).stdout
    names = sorted({os.fsdecode(name) for name in listed.split(b"\0") if name})
    return [name for name in names if (ROOT / name).is_file()]


class Tree:
    def __init__(self, folder):
        self.folder, self.build = folder, folder / "build"
        # What is compiled is the same wherever the copy lies, and ccache is to see it.
        self.environment = {**os.environ, "CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1",
                            "CCACHE_SLOPPINESS": "pch_defines,time_macros"}

    def fill(self):
        """Writes only what differs: ninja goes by the times of files."""
        names = sources()
        for name in names:
            self.write(name, (ROOT / name).read_bytes(), (ROOT / name).stat().st_mode)
        kept = {self.folder / name for name in names}
        for path in sorted(self.folder.rglob("*")):
            if self.build not in (path, *path.parents) and path.is_file() and path not in kept:
                path.unlink()

    def write(self, name, content, mode=None):
        path = self.folder / name
        if path.exists() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if mode is not None:
            path.chmod(mode)

    def configure(self):
        self._run(["cmake", "--preset", "release", "-B", self.build, "--log-level=WARNING", *OPTIONS])

    def make(self, *targets):
        self._run(["ninja", "-C", self.build, *targets])

    def _run(self, command):
        try:
            done = subprocess.run(command, cwd=self.folder, env=self.environment, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, errors="replace", timeout=BUILD_MAX)
        except subprocess.TimeoutExpired:
            raise BuildFailed(f"{command[0]} took over {BUILD_MAX} s") from None
        if done.returncode != 0:
            raise BuildFailed(done.stdout[-3000:])

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")
