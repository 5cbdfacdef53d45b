"""What questions about many documents are answered, document by document, against what was written down before.

`python -m tests.bench.values LIBRARY QUESTIONS [KIND]`: a library that holds the documents, and lines of kind, question
and, each behind a tab, a part of a document's path with a pattern that a right claim has ("squid.pdf=8 pots"); with no
pattern a claim is neither right nor wrong. A question is right if three quarters of its documents are, and no more than
a quarter as many others are told; one of kind "trap" if sentences answer it.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from pathlib import Path

from kb import KnowledgeBase

_MOST_MISSED, _MOST_FALSE = 0.25, 0.25


def told_by(base: KnowledgeBase, question: str, paths: dict[str, str]) -> tuple[str, dict[str, list[str]]]:
    """The way a question was answered, and the claims of each document's path."""
    answer = base.ask(question)
    told: dict[str, list[str]] = {}
    for claim in answer.claims:
        for document in dict.fromkeys(place.document for place in claim.citations):
            told.setdefault(paths[document], []).append(" ".join(claim.text.split()))
    return answer.route, told


def judged(route: str, told: dict[str, list[str]], kind: str, wanted: dict[str, str]) -> Counter[str]:
    """The counts of one question."""
    want = {part: pattern for part, pattern in wanted.items() if pattern}
    right = [part for part, pattern in want.items()
             if any(part in path and re.search(pattern, text) for path, texts in told.items() for text in texts)]
    false = [path for path in told if not any(part in path for part in wanted)]
    wrong = [part for part in want if part not in right and any(part in path for path in told)]
    claims = [(path, text) for path, texts in told.items() for text in texts]
    no_value = sum(any(part in path and not re.search(pattern, text) for part, pattern in want.items())
                   for path, text in claims)
    is_right = route == "sentences" if kind == "trap" else (
        len(right) >= (1 - _MOST_MISSED) * len(want) and len(false) + len(wrong) <= _MOST_FALSE * max(1, len(want)))
    return Counter({"questions": 1, "right": is_right, "values": len(want), "values right": len(right),
                    "other documents": 0 if kind == "trap" else len(false), "claims": len(claims),
                    "claims without the value": no_value})


def main() -> None:
    library, questions, *kinds = sys.argv[1:]
    total: dict[str, Counter[str]] = {}
    with KnowledgeBase.open(Path(library)) as base:
        paths = {info.id: info.path for info in base.documents()}
        for line in Path(questions).read_text(encoding="utf-8").splitlines():
            kind, question, *rest = line.split("\t")
            if kinds and kind not in kinds:
                continue
            began = time.process_time()
            route, told = told_by(base, question, paths)
            counts = judged(route, told, kind, dict(part.split("=", 1) if "=" in part else (part, "") for part in rest))
            counts["seconds of CPU"] = round(time.process_time() - began)
            total.setdefault(kind, Counter()).update(counts)
            print("right" if counts["right"] else "wrong", kind, question)
    for kind, counts in total.items():
        print(kind, dict(counts))


if __name__ == "__main__":
    main()
