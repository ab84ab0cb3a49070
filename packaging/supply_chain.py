"""What this program is made of: every package with version, licence and hash, from the environment it runs in.

`python packaging/supply_chain.py [--hashes] [--check]`, with the interpreter of the environment to describe.

Writes beside itself: `requirements.lock` (every package that the application, the trainer and their extras need, also
through others, at the version installed; with --hashes the SHA-256 of the archives that pip would install here),
`LICENCES.md`, and `sbom.cdx.json` (CycloneDX 1.5). --check writes nothing and ends with 1 when they are out of date.
Nothing is fetched at run time: the program makes no connection but to trackers and Lab Streaming Layer.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXTRAS = ("app", "lsl", "train", "onnx", "keyring", "export", "api")
"""What people use: all but the proprietary SDK, and the weights that `trainer backbone` reads once."""
TOOLS = (*EXTRAS, "docs", "dev")
"""And what tests and documentation are made with."""
OWN = "gazeapp"


def canonical(name: str) -> str:
    """One spelling of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(root: str, extras: tuple[str, ...]) -> dict[str, metadata.Distribution]:
    """Every installed distribution that the root needs, also through others, by canonical name."""
    from packaging.requirements import Requirement

    found: dict[str, metadata.Distribution] = {}
    waiting = [(root, extras)]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        key = canonical(name), tuple(sorted(wanted))
        if key in seen:
            continue
        seen.add(key)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another system or Python
        found[key[0]] = distribution
        for text in _requirements() if key[0] == canonical(root) else distribution.requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in (*wanted, "")):
                waiting.append((needed.name, tuple(needed.extras)))
    del found[canonical(root)]
    return dict(sorted(found.items()))


def _requirements() -> list[str]:
    """Our own, from the checkout: what is installed may be older."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = list(project["dependencies"])
    for extra, texts in project["optional-dependencies"].items():
        for text in texts:
            needed, semicolon, marker = text.partition(";")
            also = f"({marker.strip()}) and " if semicolon else ""
            found.append(f"{needed.strip()}; {also}extra == '{extra}'")
    return found


def licence(distribution: metadata.Distribution) -> str:
    """As the package states it: an SPDX expression, else its classifiers, else its free text's first line."""
    meta = distribution.metadata
    if expression := meta.get("License-Expression"):
        return str(expression)
    classified = [line.split(" :: ")[-1] for line in meta.get_all("Classifier") or () if line.startswith("License ::")]
    named = [name for name in classified if name != "OSI Approved"]
    if named:
        return ", ".join(named)
    first = str(meta.get("License") or "").strip().splitlines()[:1]
    return first[0][:80] if first else "not stated"


def hashes(pins: list[str]) -> dict[str, str]:
    """SHA-256 of the archives that pip would install here, by canonical name; nothing is installed."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
    answer = subprocess.run([*command, "--report", "-", *pins], capture_output=True, text=True, check=True)
    found = {}
    for item in json.loads(answer.stdout)["install"]:
        digest = item["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        if digest:
            found[canonical(item["metadata"]["name"])] = digest
    return found


def write_lock(packages: dict[str, metadata.Distribution], digests: dict[str, str]) -> str:
    """The lock file."""
    system = f"Python {sys.version_info.major}.{sys.version_info.minor} on {sys.platform}"
    lines = [f"# Every package and what it needs, as tested with {system}; made by packaging/supply_chain.py."]
    for name, distribution in packages.items():
        pin = f"{name}=={version(distribution)}"
        lines.append(f"{pin} \\\n    --hash=sha256:{digests[name]}" if name in digests else pin)
    return "\n".join(lines) + "\n"


def version(distribution: metadata.Distribution) -> str:
    """Of a distribution, as others install it."""
    return distribution.version.partition("+")[0]  # a local build of the same version


def write_licences(packages: dict[str, metadata.Distribution], used: set[str]) -> str:
    """The list of licences; `used` are those that people use, the others serve tests and documentation."""
    rows = [
        f"| {name} | {version(d)} | {licence(d)} | {'use' if name in used else 'development'} |"
        for name, d in packages.items()
    ]
    return "\n".join(
        [
            "# Licences of what gazeapp is installed with",
            "",
            "As each package states it; made by `packaging/supply_chain.py`. gazeapp itself is under the MIT licence.",
            "The Tobii SDK (optional, proprietary, for research) is never installed or passed on by it.",
            "",
            "| package | version | licence | for |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def write_sbom(packages: dict[str, metadata.Distribution], digests: dict[str, str], used: set[str]) -> str:
    """The bill of materials; tools of the development are in it with the scope "excluded"."""
    components = []
    for name, distribution in packages.items():
        component: dict[str, object] = {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{version(distribution)}",
            "name": name,
            "version": version(distribution),
            "purl": f"pkg:pypi/{name}@{version(distribution)}",
            "licenses": [{"license": {"name": licence(distribution)}}],
            "scope": "required" if name in used else "excluded",
        }
        if name in digests:
            component["hashes"] = [{"alg": "SHA-256", "content": digests[name]}]
        components.append(component)
    own = {
        "type": "application",
        "name": OWN,
        "version": metadata.version(OWN),
        "licenses": [{"license": {"id": "MIT"}}],
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
    }
    return json.dumps(document, indent=1) + "\n"


def read_hashes(lock: Path) -> dict[str, str]:
    """Hashes of an earlier lock, of packages whose version is the same."""
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    return {f"{n}=={v}": h for n, v, h in re.findall(r"^(\S+)==(\S+) \\\n\s+--hash=sha256:([0-9a-f]{64})", text, re.M)}


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hashes", action="store_true", help="ask pip for the hashes of all archives")
    parser.add_argument("--check", action="store_true", help="only say whether the files are up to date")
    args = parser.parse_args()
    packages, used = closure(OWN, TOOLS), set(closure(OWN, EXTRAS))
    known = read_hashes(HERE / "requirements.lock")
    digests = {name: known[pin] for name, d in packages.items() if (pin := f"{name}=={version(d)}") in known}
    if args.hashes:
        # a local build of torch has another hash than the one others install
        digests = hashes([f"{name}=={version(d)}" for name, d in packages.items() if "+" not in d.version])
    files = {
        "requirements.lock": write_lock(packages, digests),
        "LICENCES.md": write_licences(packages, used),
        "sbom.cdx.json": write_sbom(packages, digests, used),
    }
    stale = [name for name, text in files.items() if _read(HERE / name) != text]
    if args.check:
        print(f"out of date: {', '.join(stale)}" if stale else "up to date")
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(files[name], encoding="utf-8")
    print(f"{len(packages)} packages, {len(digests)} hashes; written: {', '.join(stale) or 'nothing new'}")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.path = [place for place in sys.path if Path(place).resolve() != HERE]  # it would hide the package `packaging`
    sys.exit(main())
