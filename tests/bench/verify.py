"""How well kb/verify.py tells sentences that their evidence supports from those it does not.

sentences.jsonl: sentences in our own words on passages of corpus/, each with changes that make it false; the limits and
patterns of the checks were set with these in view. sentences.held_out.jsonl: more of them, written when the checks were
finished, which nothing was fitted to. "other paper" is the true sentence beside the passage of another document that
shares the most words with it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb import KnowledgeBase
from kb.encoder.engine import open_bundled
from kb.text import guess_language, search_tokens
from kb.verify.sentences import LIMITS, Quote, Verdict, Verifier
from tests.bench.measure import CORPUS, add_corpus

KINDS = ("true", "number", "name", "negated", "other paper", "exchanged", "antonym")


@dataclass(frozen=True)
class Pair:
    """A sentence beside evidence."""

    is_held_out: bool
    kind: str
    sentence: str
    quote: Quote

    @property
    def languages(self) -> tuple[str, str]:
        return guess_language(self.sentence), self.quote.language


@cache
def passages() -> dict[str, list[Quote]]:
    """The passages of every document of the corpus, as the library cuts them."""
    with tempfile.TemporaryDirectory() as folder, KnowledgeBase.open(folder, encoder="hashing") as base:
        add_corpus(base)
        return {
            str(Path(info.path).relative_to(CORPUS)): [
                Quote(p.text, " ".join((info.title, *p.section)), p.language) for p in base.passages(info.id)
            ] for info in sorted(base.documents(), key=lambda info: info.path)
        }


def pairs() -> list[Pair]:
    """All pairs, in the order of the files."""
    found = []
    here = Path(__file__).parent
    known, held_out = ((here / name).read_text(encoding="utf-8").splitlines()
                       for name in ("sentences.jsonl", "sentences.held_out.jsonl"))
    for n, line in enumerate((*known, *held_out)):
        fact, is_held_out = json.loads(line), n >= len(known)
        evidence = next(quote for quote in passages()[fact["d"]] if fact["at"] in quote.text)
        for kind in KINDS:
            if kind == "other paper":
                found.append(
                    Pair(is_held_out, kind, fact["true"], _nearest_other(fact["d"], fact["true"], evidence.language)))
            elif isinstance(fact.get(kind), list):
                found.append(Pair(is_held_out, kind, fact["true"].replace(*fact[kind], 1), evidence))
            elif kind in fact:
                found.append(Pair(is_held_out, kind, fact[kind], evidence))
    return found


def _nearest_other(document: str, sentence: str, language: str) -> Quote:
    terms = {token.term for token in search_tokens(sentence)}
    others = [
        quote for name, quotes in passages().items() if name != document and not name.startswith(("article", "errata"))
        for quote in quotes if quote.language == language
    ]
    return max(others, key=lambda quote: len(terms & {token.term for token in search_tokens(quote.text)}))


def judged(verifier: Verifier, chosen: Iterable[Pair]) -> list[tuple[Pair, Verdict]]:
    return [(pair, verifier.check(pair.sentence, [pair.quote])) for pair in chosen]


def rows(results: list[tuple[Pair, Verdict]]) -> list[dict[str, object]]:
    """Per language pair and kind: how many were caught, and by which check. Of "true" the share that was wrongly
    caught."""
    table = []
    for languages in dict.fromkeys(pair.languages for pair, _ in results):
        here = [(pair, verdict) for pair, verdict in results if pair.languages == languages]
        kept = sum(verdict.is_supported for pair, verdict in here if pair.kind == "true")
        n_true = sum(pair.kind == "true" for pair, _ in here)
        for kind in KINDS:
            verdicts = [verdict for pair, verdict in here if pair.kind == kind]
            if not verdicts:
                continue
            caught = [verdict for verdict in verdicts if not verdict.is_supported]
            reasons = [reason for verdict in caught for reason in verdict.reasons]
            by = ", ".join(f"{reason} {reasons.count(reason)}" for reason in ("number", "name", "words", "meaning",
                                                                              "negation") if reason in reasons)
            wrongly = n_true - kept
            # Precision as if as many true sentences as changed ones were written.
            share = wrongly / n_true
            recall = len(caught) / len(verdicts)
            precision = recall / (recall + share) if recall + share else float("nan")
            table.append({
                "sentence -> evidence": " -> ".join(languages), "kind": kind, "n": len(verdicts), "caught": len(caught),
                "recall": "" if kind == "true" else recall, "precision": "" if kind == "true" else precision,
                "caught by": by
            })
    return table


def bench_verify(folder: Path) -> str:
    """The table of RESULTS.md."""
    from tests.bench.__main__ import table

    results = judged(Verifier(open_bundled), pairs())
    held_out = [(pair, verdict) for pair, verdict in results if pair.is_held_out]
    known = [(pair, verdict) for pair, verdict in results if not pair.is_held_out]
    overall = []
    for name, chosen in (("in view", known), ("held out", held_out)):
        wrongly = [not verdict.is_supported for pair, verdict in chosen if pair.kind == "true"]
        row: dict[str, object] = {
            "facts": name, "pairs": len(chosen), "true sentences": len(wrongly),
            "caught wrongly": sum(wrongly) / len(wrongly)
        }
        for kind in KINDS[1:]:
            caught = [not verdict.is_supported for pair, verdict in chosen if pair.kind == kind]
            row[kind] = sum(caught) / len(caught)
        changed = [not verdict.is_supported for pair, verdict in chosen if pair.kind in KINDS[1:5]]
        row["precision"] = sum(changed) / (sum(changed) + sum(wrongly) * len(changed) / len(wrongly))
        row["recall"] = sum(changed) / len(changed)
        overall.append(row)
    limits = "; ".join(f"{a} -> {b}: words {words}, cosine {cosine}" for (a, b), (words, cosine) in LIMITS.items())
    missed = sorted({
        f"- {pair.kind}: {pair.sentence}" for pair, verdict in results
        if pair.kind in KINDS[1:5] and verdict.is_supported
    })
    return (
        f'## Verification\n\nLimits in use: {limits}. Facts "in view" stood before the writer of the checks; those '
        f'held out were written afterwards, by the same hand. Real models write more '
        f'freely.\n\n{table(overall)}\n\nRecall: share of false sentences that are caught. Precision: share of '
        'false ones among the caught, with as many true sentences as false ones; both over number, name, negated and '
        'other paper. "exchanged" (two numbers or names of the evidence in each other\'s place) and "antonym" (denied '
        'without a word of negation) are seen in part only and are not counted in.\n\n'
        f"{table(rows(results))}\n\nMissed among the four kinds:\n\n" + "\n".join(missed) + "\n"
    )
