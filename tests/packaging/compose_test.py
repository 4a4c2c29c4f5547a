#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compose.yaml and the image it builds, as far as they can be checked without Docker.

usage: compose_test.py TOCSIN"""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-yaml)")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "packaging" / "docker" / "Dockerfile"
TOCSIN = None


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
        cls.config = yaml.safe_load((ROOT / "packaging/compose/tocsin.yaml").read_text())

    def test_every_image_is_pinned_to_a_version(self):
        for name, service in self.services.items():
            with self.subTest(service=name):
                self.assertRegex(service["image"], r":(v?\d+\.\d+\.\d+|local)$")

    def test_services_wait_for_services_that_there_are_and_for_health_that_is_told(self):
        for name, service in self.services.items():
            for other, wait in service.get("depends_on", {}).items():
                with self.subTest(service=name, on=other):
                    self.assertIn(other, self.services)
                    if wait["condition"] == "service_healthy":
                        self.assertTrue("healthcheck" in self.services[other] or
                                        "HEALTHCHECK" in DOCKERFILE.read_text())

    def test_nothing_is_published_beyond_this_machine(self):
        for service in self.services.values():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), port)

    def test_what_is_mounted_and_built_from_is_there(self):
        tocsin = self.services["tocsin"]
        self.assertTrue((ROOT / tocsin["build"]["dockerfile"]).exists())
        self.assertTrue((ROOT / tocsin["volumes"][0].split(":")[0]).is_dir())

    def test_traffic_the_topic_and_the_engine_agree_on_where_events_go(self):
        [source] = self.config["sources"]
        broker, topic = source["kafka"]["brokers"][0], source["kafka"]["topics"][0]
        for name in ("traffic", "topic"):
            command = self.services[name]["command"]
            with self.subTest(service=name):
                self.assertIn(broker, command)
                self.assertIn(topic, command)
        advertised = self.services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
        self.assertIn(f"INSIDE://{broker}", advertised)

    def test_the_mail_catcher_is_this_machine_to_the_engine(self):
        self.assertEqual(self.services["mail"]["network_mode"], "service:tocsin")
        self.assertTrue(self.config["channels"]["mail"]["email"]["smtp"]
                        .startswith("smtp://127.0.0.1:"))

    def test_the_configuration_is_right(self):
        with tempfile.TemporaryDirectory() as folder:
            there = Path(folder) / "tocsin"
            shutil.copytree(ROOT / "packaging" / "compose", there)
            (there / "token").chmod(0o600)
            done = subprocess.run([TOCSIN, "check", "--strict", "--config", there / "tocsin.yaml"],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_command_of_the_traffic_is_one_that_there_is(self):
        done = subprocess.run([TOCSIN, "traffic", "--help"], capture_output=True, text=True,
                              timeout=60)
        for option in self.services["traffic"]["command"]:
            if option.startswith("--"):
                self.assertIn(option, done.stdout)


class Image(unittest.TestCase):
    text = DOCKERFILE.read_text()

    def test_it_does_not_run_as_root(self):
        self.assertEqual(re.findall(r"^USER (\S+)", self.text, re.M), ["tocsin"])

    @unittest.skipUnless(shutil.which("dpkg-query") and shutil.which("readelf"), "not Debian")
    def test_it_installs_the_packages_of_the_libraries_that_the_binary_needs(self):
        dynamic = subprocess.run(["readelf", "-d", TOCSIN], capture_output=True, text=True,
                                 check=True, timeout=60).stdout
        paths = dict(re.findall(r"(\S+) => (\S+)", subprocess.run(
            ["ldd", TOCSIN], capture_output=True, text=True, check=True, timeout=60).stdout))
        needed = set()
        for library in re.findall(r"NEEDED.*\[(.+)\]", dynamic):
            if library.startswith("ld-linux"):
                continue
            real = Path(paths[library]).resolve()
            # Packages name it below /usr/lib or /lib, which are one; those of other processors not.
            owner = subprocess.run(["dpkg-query", "-S", f"*{str(real).removeprefix('/usr')}"],
                                   capture_output=True, text=True, timeout=60).stdout
            needed.update(line.split(":")[0] for line in owner.splitlines()
                          if line.endswith(str(real).removeprefix("/usr")))
        self.assertGreater(len(needed), 5)
        base = {"libc6", "libgcc-s1", "libstdc++6"}  # in the image, or with every one of these
        installed = set(re.search(r"no-install-recommends(.*?)&&", self.text, re.S)[1]
                        .replace("\\", " ").split())
        self.assertEqual(set(), needed - base - installed)


if __name__ == "__main__":
    TOCSIN = str(Path(sys.argv.pop()).resolve()) if len(sys.argv) > 1 else sys.exit(__doc__)
    unittest.main()
