"""How many true sentences that were turned round kb/verify still sees as supported, and how many true ones it blames.

    python -m tests.bench.flips FOLDER

flips.jsonl names sentences of papers in public repositories (git's id of the paper's blob and the sha-256 of the
sentence, 16 digits each; FOLDER has the papers, see tools/fit_roles.py), the words of each that are exchanged for
others, and a paraphrase in our own words that says the same. The lists of data/words/antonyms.txt were written beside
part "known"; part "held out" came later, and one rule was changed for it ("with no" is "without").
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from kb import KnowledgeBase
from kb.encoder.engine import open_bundled
from kb.survey.sentences import placed
from kb.text import guess_language
from kb.verify.sentences import Quote, Verifier

LIST = Path(__file__).parent / "flips.jsonl"


def main() -> None:
    """Print the table."""
    rows = [json.loads(line) for line in LIST.read_text(encoding="utf-8").splitlines()]
    texts = _texts(Path(sys.argv[1]), {row["blob"] for row in rows})
    verifier = Verifier(open_bundled)
    found: Counter[tuple[str, str, str, str]] = Counter()
    for row in rows:
        text = texts.get(row["sentence"])
        if text is None:
            found[row["part"], "-", row["kind"], "not in the folder"] += 1
            continue
        language = guess_language(text)
        key = row["part"], language, row["kind"]
        quotes = [Quote(text, "", language)]
        found[*key, "turned"] += 1
        found[*key, "turned, not seen"] += verifier.check(turned(text, row), quotes).is_supported
        found[*key, "the same, blamed"] += not verifier.check(text, quotes).is_supported
        if "paraphrase" in row:
            found[*key, "paraphrased"] += 1
            found[*key, "paraphrased, blamed"] += not verifier.check(row["paraphrase"], quotes).is_supported
    for key in sorted({key[:3] for key in found}):
        print(*key, *(f"{what}: {n}" for (*own, what), n in sorted(found.items()) if tuple(own) == key), sep="  ")


def turned(text: str, row: dict[str, Any]) -> str:
    """The sentence with its words exchanged; with "swap", the first two places of both."""
    old, new = row["old"], row["new"]
    if not row.get("swap"):
        return text.replace(old, new, 1)
    a = text.index(old)
    b = text.index(new, a + len(old))
    return text[:a] + new + text[a + len(old):b] + old + text[b + len(new):]


def _texts(folder: Path, wanted: set[str]) -> dict[str, str]:
    """sha-256 of a sentence -> the sentence, spaces made one."""
    own = [path for path in sorted(folder.rglob("*")) if path.is_file() and _blob(path) in wanted]
    with tempfile.TemporaryDirectory() as home, KnowledgeBase.open(Path(home) / "lib", encoder="hashing") as base:
        base.add(own)
        texts = [" ".join(unit.text.split()) for info in base.documents() for unit, _ in placed(base.document(info.id))]
    return {hashlib.sha256(text.encode()).hexdigest()[:16]: text for text in texts}


def _blob(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()[:16]


if __name__ == "__main__":
    main()
