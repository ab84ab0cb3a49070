"""Build the documentation into `site/`, offline; a warning is an error.

mkdocs and mkdocstrings[python] are needed, in this environment or another that is named by --python.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

CONFIG = Path(__file__).resolve().with_name("mkdocs.yml")


def main() -> int:
    """Build, and say where the first page is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="interpreter that has mkdocs")
    parser.add_argument("-o", "--out", type=Path, default=CONFIG.parent.parent / "site", metavar="DIR")
    args = parser.parse_args()
    command = [args.python, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", CONFIG, "-d", args.out.absolute()]
    done = subprocess.run(command, check=False)
    if done.returncode == 0:
        print(args.out / "index.html")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
