# SPDX-License-Identifier: Apache-2.0
"""Compares our prices with genai-prices' own calculation, 200 requests a model, and our files with
what its list is converted to. Installs the release that rules/prices names into BUILD.

    run.py BUILD [arguments of compare.py]
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
# A variant of LiteLLM's, which a conversion of the other list leaves out.
COMPLETED = re.compile(r"    - (batch|region \S+) from 2025-08-13( until 2026-10-14)?: ")


def python_with_list(build):
    head = (ROOT / "rules/prices/openai.yaml").read_text()
    release = re.search(r"genai-prices ([0-9.]+) by", head).group(1)
    python = build / f"genai-prices-{release}" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"genai-prices=={release}"],
                       check=True)
    return python


def conversion(python, tocsin, build):
    """Whether our files are what the list is converted to, but for what LiteLLM's adds; 1: they are not."""
    dumped = build / "genai-prices.json"
    with open(dumped, "w") as out:
        subprocess.run([python, HERE / "dump.py"], check=True, stdout=out)
    # The folder alone: corrections are ours.
    folder = build / "prices-as-converted"
    subprocess.run(["cp", "-r", ROOT / "rules/prices", folder], check=True)
    told = subprocess.run([tocsin, "prices", "import", "--from", "genai-prices", dumped, "--write",
                           folder], text=True, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["rm", "-r", folder], check=True)
    changes = [line for line in told.splitlines() if line.startswith("    ")]
    if "0 models come, 0 go" in told and all(COMPLETED.match(line) for line in changes):
        return 0
    print(f"rules/prices is not what the list is converted to:\n{told}")
    return 1


def main():
    build = Path(sys.argv[1]).resolve()
    tocsin = build / "tocsin"
    python = python_with_list(build)
    wrong = conversion(python, tocsin, build)
    compared = subprocess.run([python, HERE / "compare.py", tocsin, *sys.argv[2:]], check=False)
    return 1 if wrong or compared.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
