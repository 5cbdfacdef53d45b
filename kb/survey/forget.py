"""What a survey's folder says of documents that are removed: the text goes, the plan stays without them.

Each step that has nothing of them stays, so that writing the survey again costs what is missing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kb.outside import OutsideError, read_json
from kb.survey.folder import Folder, digest, dumps
from kb.types import Marks

_PLANS = ("outline.json", "outline.before.json")


def forget(home: Path, marks: Marks) -> list[str]:
    """Takes what quotes these documents out of every survey in a library's own folder; the names of those surveys."""
    folder = home / "surveys"
    return [path.name for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
            if path.is_dir() and _forget_in(path, marks)]


def _forget_in(path: Path, marks: Marks) -> bool:
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and not file.is_symlink()]
    told = [file for file in files if marks.quotes(_read(file))]
    if not told:
        return False
    folder = Folder(path)
    for file in files:
        name = file.relative_to(path).as_posix()
        if name in _PLANS and (plan := folder.read_json(name)) is not None:
            text = dumps(_without(plan, marks))
            if marks.quotes(text):
                folder.remove(name)
            else:
                folder.write(name, text)
        elif file in told or not name.startswith("steps/"):  # what is made from all steps is of all documents
            folder.remove(name)
    return True


def _without(plan: dict[str, Any], marks: Marks) -> dict[str, Any]:
    """A plan without these documents; one that was not edited does not become so by this."""
    was_planned = plan.get("planned") == digest(plan.get("outline"))
    found = dict(marks.taken_out_of(plan))
    outline = _with_documents(found.get("outline"))
    found |= {"outline": outline, "focus": {}}  # the words that all of them had in common, its own too
    if was_planned:
        found["planned"] = digest(outline)
    return found


def _with_documents(nodes: Any) -> list[dict[str, Any]]:
    """The sections of an outline, but not those whose last document has gone."""
    kept = [{**node, "children": _with_documents(node.get("children"))}
            for node in nodes or () if isinstance(node, dict)] if isinstance(nodes, list) else []
    return [node for node in kept if node.get("kind") != "theme" or node.get("documents") or node["children"]]


def _read(file: Path) -> str:
    """The text of a file as it says it, whichever way its JSON is written."""
    text = file.read_bytes().decode("utf-8", "replace")
    if file.suffix == ".json" and "\\u" in text:
        try:
            return json.dumps(read_json(text), ensure_ascii=False)
        except OutsideError:
            return text
    return text
