"""Questions about a library itself and tables out of its papers, on documents that nobody here wrote.

    python -m tests.bench.study FOLDER [-v]      -v: what was wrong

FOLDER holds the documents in docs/, and beside them what was written down before anybody saw an answer:
questions.jsonl {"id", "q", "kind", "right"}, table.jsonl {"doc", "column", "empty", "empty_ok", "multi", "cell"} and
intents.jsonl {"q", "intent", "intent_also", "split"}. They quote others' texts and are no part of the project; what
they say and what was found is in STUDY.md. Answers are compared with what was written by their letters alone: a lower
bound, for other sentences answer as well.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kb import KnowledgeBase
from kb.study.intents import read_intent
from kb.types import Answer, ExtractionTable
from tests.bench.measure import machine

_MOST_OF = 0.85  # of a sentence's letters that a quote must have, in runs of four or more
_ITEMS = 0.8  # of what a list must hold
_KINDS = {"added": "since", "cited": "cites", "about": "count"}  # finer than what was written down


def letters(text: str) -> str:
    return re.sub(r"[\s\-‐–*_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def holds(quote: str, sentence: str) -> bool:
    """Whether a quote is the sentence, or most of it."""
    said, asked = letters(quote), letters(sentence)
    if not said or asked in said or said in asked:
        return bool(said) and (asked in said or 2 * len(said) > len(asked))
    runs = difflib.SequenceMatcher(None, asked, said, autojunk=False).get_matching_blocks()
    return sum(run.size for run in runs if run.size > 3) >= _MOST_OF * len(asked)


class Judge:
    """Compares answers with what was written down. names: id of a document -> its file."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def is_right(self, kind: str, right: Mapping[str, Any], answer: Answer) -> bool:
        quotes = [(self._names[c.document], c.quote) for claim in answer.claims for c in claim.citations]
        cited = {name for name, _ in quotes} | {
            self._names[place.document] for claim in answer.claims for place in claim.records if place.value}
        also = {*right.get("docs", ()), *right.get("docs_also", ())}

        def has(sentences: Sequence[Mapping[str, str]]) -> int:
            return sum(any(holds(quote, s["text"]) and name == s["doc"] for name, quote in quotes) for s in sentences)

        if kind in ("record", "graph"):
            return self._is_record(kind, right, answer, cited, also)
        if kind == "summary":
            is_bad = has(right.get("must_not", ())) > 0 or not cited <= also
            return has(right["must"]) >= right.get("least", 1) and not is_bad
        if kind == "compare":
            return has(right.get("both", ())) > 0 or all(has(side) for side in right["sides"])
        if kind == "list":
            n = sum(all(letters(value) in letters(" ".join(q for name, q in quotes if name == item["doc"]))
                        for value in item["values"]) for item in right["items"])
            return n >= _ITEMS * len(right["items"]) and cited <= also if right["items"] else answer.status != "found"
        return answer.route == "sentences" and has(right["sentences"]) > 0

    @staticmethod
    def _is_record(kind: str, right: Mapping[str, Any], answer: Answer, cited: set[str], also: set[str]) -> bool:
        said = " ".join(claim.text for claim in answer.claims)
        if right.get("answer") == "none":
            return answer.status != "found" or not cited
        values = " ".join(place.value for claim in answer.claims for place in claim.records)
        is_told = (answer.status != "not_found" and not cited & set(right.get("must_not_docs", ())) and cited <= also
                   and all(letters(name) in letters(f"{said} {values}") for name in right.get("names", ()))
                   and all(re.search(rf"(?<!\d){n}(?!\d)", said) for n in right.get("numbers", ())))
        lists = kind == "graph" or not (right.get("names") or right.get("numbers"))
        return is_told and (not lists or set(right.get("docs", ())) <= cited)


def cell_state(gold: Mapping[str, Any], said: str) -> str:
    """What became of a cell. said: its values, "" where it is empty."""
    if not said:
        return "empty, right" if gold["empty"] or gold["empty_ok"] else "missed"
    if gold["empty"]:
        return "filled where nothing stands"
    must = [letters(value["value"]) for value in gold["cell"] if value["role"] == "must"]
    others = [letters(value["value"]) for value in gold["cell"] if value["role"] != "must"]
    found = letters(said)
    hits = [value in found or found in value for value in must]
    if not any(hits) and not any(value in found or found in value for value in others):
        return "filled, wrong"
    return "filled, in part" if gold["multi"] and hits and not all(hits) and any(hits) else "filled, right"


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def judge_questions(base: KnowledgeBase, names: Mapping[str, str], path: Path, *,
                    tells: bool) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    judge = Judge(names)
    for item in lines_of(path):
        answer = base.ask(item["q"])
        is_right = judge.is_right(item["kind"], item["right"], answer)
        found[item["kind"]].update({"n": 1, "right": is_right, "found": answer.status == "found",
                                    "wrong called found": answer.status == "found" and not is_right})
        if tells and not is_right:
            print(f"{item['id']} {item['q']} -> {answer.status}, {answer.route}")
    return found


def judge_table(table: ExtractionTable, names: Mapping[str, str], path: Path) -> dict[str, Counter[str]]:
    rows = {names[row.document]: row for row in table.rows}
    columns = [column.name for column in table.columns]
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for gold in lines_of(path):
        cell = rows[gold["doc"]].cells[columns.index(gold["column"])]
        found[gold["column"]][cell_state(gold, "; ".join(
            part for part in (cell.text, *(other.text for other in cell.also)) if part))] += 1
    return found


def judge_intents(path: Path, split: str) -> str:
    """Precision and recall of the kinds, "sentence" not counted among them."""
    right = taken = wanted = 0
    for item in lines_of(path):
        if item["split"] != split:
            continue
        intent = read_intent(item["q"])
        kind = "sentence" if intent is None else _KINDS.get(intent.kind, intent.kind)
        also = item.get("intent_also") or ()
        asked = {item["intent"], *([also] if isinstance(also, str) else also)}
        taken += kind != "sentence"
        wanted += item["intent"] != "sentence"
        right += kind != "sentence" and kind in asked
    return f"{split}: precision {right}/{taken}, recall {right}/{wanted}"


def main() -> None:
    folder, tells = Path(sys.argv[1]), "-v" in sys.argv[2:]
    print(machine())
    for split in ("dev", "test"):
        print("intents,", judge_intents(folder / "intents.jsonl", split))
    with tempfile.TemporaryDirectory() as home, KnowledgeBase.open(home) as base:
        base.add([folder / "docs"])
        names = {info.id: Path(info.path).name for info in base.documents()}
        questions = judge_questions(base, names, folder / "questions.jsonl", tells=tells)
        for kind, counts in questions.items():
            print(kind, dict(counts))
        print("all", dict(sum(questions.values(), Counter())))
        columns = list(dict.fromkeys(gold["column"] for gold in lines_of(folder / "table.jsonl")))
        table = judge_table(base.table(columns), names, folder / "table.jsonl")
        for column, states in table.items():
            print(column, dict(states))
        print("all", dict(sum(table.values(), Counter())))


if __name__ == "__main__":
    main()
