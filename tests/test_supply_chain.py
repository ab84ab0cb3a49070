"""What the program is made of is written down, pinned with hashes, and nothing is fetched when it runs."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FETCHES = ("urllib.request", "urllib3", "http.client", "requests", "httpx", "ftplib", "torch.hub", "huggingface_hub")


@pytest.fixture(scope="module")
def chain():
    spec = importlib.util.spec_from_file_location("supply_chain", ROOT / "packaging" / "supply_chain.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_everything_that_is_needed_also_through_others_is_pinned_with_its_hash(chain):
    lock = (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^(\S+?)==\S+( \\)?", lock, re.MULTILINE))
    needed = set(chain.closure("gazeapp", chain.EXTRAS))
    assert {"numpy", "torch", "cryptography", "safetensors"} <= needed
    by_version = sys.version_info[:2] == (3, 11)  # others need a few packages more or less
    assert not (needed - set(pinned) if by_version else {"numpy", "torch", "cryptography"} - set(pinned))
    assert [name for name, has_hash in pinned.items() if not has_hash] == ["torch"], "its build depends on the machine"


def test_the_bill_of_materials_and_the_licences_name_what_is_pinned():
    lock = (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8")
    pins = set(re.findall(r"^(\S+?)==([^\s;]+)", lock, re.MULTILINE))
    components = json.loads((ROOT / "packaging" / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    assert {(c["name"], c["version"]) for c in components} == pins
    assert all(c["licenses"][0]["license"]["name"] != "not stated" for c in components)
    table = (ROOT / "packaging" / "LICENCES.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| (\S+) \| (\S+) \|", table, re.MULTILINE)) - {("package", "version")} == pins


def test_no_module_knows_how_to_fetch_anything():
    found = []
    for path in (path for package in ("gazeapp", "trainer") for path in (ROOT / package).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(name.split(".")[-1] in text for name in FETCHES):
            continue
        for node in ast.walk(ast.parse(text)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
            found += [(path.name, name) for name in names if name.startswith(FETCHES)]
    assert not found


@pytest.mark.slow
def test_no_command_of_the_main_job_asks_the_network(tmp_path):
    image = next((ROOT / "assets" / "stimuli").glob("*.jpg"))
    (tmp_path / "pairs").mkdir()
    (tmp_path / "pairs" / image.name).write_bytes(image.read_bytes())
    rows = "".join(f"{k / 2},0.3,{100 + 20 * k},{90 + 9 * k}\n" for k in range(12))
    (tmp_path / "pairs" / f"{image.stem}.csv").write_text(f"onset_s,duration_s,x_px,y_px\n{rows}")
    code = f"""
import sys
from gazeapp.__main__ import main
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        raise SystemExit(f"network: {{event}} {{args}}")
sys.addaudithook(watch)
out = {str(tmp_path)!r}
assert main(["enrol", "--pairs", out + "/pairs", "-o", out + "/e.json"]) == 0
assert main(["predict", {str(image)!r}, "--embedding", out + "/e.json", "-o", out + "/maps"]) == 0
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-800:]
