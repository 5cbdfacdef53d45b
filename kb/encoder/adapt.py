"""Fit the bundled encoder to one library, and keep the result only if it finds held-out passages better.

Reads: the library's documents, the user's questions.  Gives: Adaptation, and a Vocabulary folder if it was kept.
Next: ingest.reindex encodes the library with it.
"""

from __future__ import annotations

import hashlib
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kb.encoder import vocabulary
from kb.encoder.encode import BundledEncoder, minilm_folder
from kb.encoder.evaluate import Difference, Scores, dense_ranks, ndcg_at_10, paired_bootstrap, score
from kb.encoder.teach import Body, Example, OnProgress, Recipe, Student, machine, new_deltas, teach, to_vocabulary
from kb.encoder.vocabulary import Vocabulary, lines_of, not_like
from kb.errors import DataError, note
from kb.outside import read_json
from kb.text import guess_language, sentence_spans
from kb.types import Note, Passage, Record, Words

# Few steps, small ones, and a pull towards where each passage was: a library is little text.
RECIPE = Recipe(epochs=3, row_rate=2e-4, delta_rate=1e-4, rank=8, cosine_weight=2.0, max_tokens=256, batch_tokens=4096,
                max_batch=48, split_share=0.0)
MIN_TRAIN, MIN_HELD = 100, 30
_HELD_SHARE = 5  # every fifth passage is kept for judging


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, or what stands for one, and the passage it belongs to; kind: heading, sentence or question.

    source: number of the library's passage; pairs of one source have different forms of it.
    """

    kind: str
    question: str
    passage: str
    is_held: bool
    source: int


@dataclass(frozen=True, slots=True)
class Adaptation(Record):
    """What an adaptation came to. kept: whether the library uses it now. pairs: how many of each kind were trained on;
    held: judged on."""

    kept: bool
    reason: Note
    pairs: dict[str, int]
    held: int
    before: Scores
    after: Scores
    difference: Difference
    losses: tuple[float, ...]
    seconds: float
    fingerprint: str


def pairs_of(documents: Sequence[tuple[str, Sequence[Passage]]], questions: Sequence[tuple[str, str]]) -> list[Pair]:
    """Pairs from the library itself: heading -> passage under it, sentence -> the passage without it, question ->
    passage with its quote.

    documents: (title, passages in reading order). All pairs of one passage fall on the same side of the split.
    """
    pairs: list[Pair] = []
    source = 0
    for title, passages in documents:
        for passage in passages:
            source += 1
            is_held = int(hashlib.sha256(passage.text.encode()).hexdigest(), 16) % _HELD_SHARE == 0
            body = passage.text.strip()
            if passage.section and len(body) > 80:
                heading = re.sub(r"^[\d.\s]+", "", passage.section[-1])
                without = "\n".join(line for line in body.splitlines()
                                    if line.lstrip("# \t").strip() != passage.section[-1]).strip()
                if heading and without:
                    pairs.append(
                        Pair("heading", f"{title}: {heading}" if len(heading) < 12 else heading, without, is_held,
                             source))
            spans = [(a, b) for a, b in sentence_spans(body) if b - a > (12 if guess_language(body) == "zh" else 40)]
            if len(spans) > 2:
                # The middle of a passage says what it is about more often than its ends.
                start, end = spans[len(spans) // 2]
                pairs.append(
                    Pair("sentence", body[start:end].strip(), (body[:start] + body[end:]).strip(), is_held, source))
            pairs += [
                Pair("question", question, body, is_held, source)
                for question, quote in questions
                if quote and quote in passage.text
            ]
    return pairs


def read_user_questions(path: Path) -> list[tuple[str, str]]:
    """(question, quote) of each JSON line {"question": …, "quote": words of the passage that answers}; the quote is ""
    where there is no answer. Errors: DataError with the line."""
    found = []
    for number, line in lines_of(path):
        try:
            item = read_json(line, is_strict=False)
            question, quote = str(item["question"]), item.get("quote") or ""
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError("E_DATA", path=path, line=number,
                              detail=not_like('{"question": …, "quote": …}', repr(error))) from None
        found.append((question, str(quote)))
    return found


class _Lessons:
    """Batches of the training pairs; the target of a passage is where the encoder has it now."""

    def __init__(self, encoder: BundledEncoder, pairs: Sequence[Pair], recipe: Recipe) -> None:
        asked, answered = encoder.tokenize([pair.question
                                            for pair in pairs]), encoder.tokenize([pair.passage for pair in pairs])
        self.examples = [Example(q, i, p) for i, (q, p) in enumerate(zip(asked, answered, strict=True))]
        self.recipe = recipe

    def epoch(self, number: int) -> list[list[Example]]:
        rng = random.Random(f"{self.recipe.seed} {number}")
        examples = rng.sample(self.examples, len(self.examples))
        size = self.recipe.max_batch
        return [batch for start in range(0, len(examples), size) if len(batch := examples[start : start + size]) > 1]


def adapt(encoder: BundledEncoder, documents: Sequence[tuple[str, Sequence[Passage]]], questions: Sequence[tuple[str,
                                                                                                                 str]],
          folder: Path, recipe: Recipe = RECIPE, on_progress: OnProgress = lambda progress: None) -> Adaptation:
    """Train on four fifths of the library's passages, judge on the rest before and after, write the vocabulary to
    `folder` if it is better.

    Better: the mean nDCG@10 over held-out pairs rises, and does so in 95 % of paired bootstrap samples. The candidates
    are all passages of the pairs. Errors: DataError E_TOO_LITTLE if the library has too few pairs; nothing is written
    then.
    """
    import torch

    started = time.monotonic()
    pairs = pairs_of(documents, questions)
    train, held = [pair for pair in pairs if not pair.is_held], [pair for pair in pairs if pair.is_held]
    for what, found, needed in ((Words("pairs to train on", "用于训练的句对"), train, MIN_TRAIN),
                                (Words("held-out pairs to judge by", "留出用于评判的句对"), held, MIN_HELD)):
        if len(found) < needed:
            raise DataError("E_TOO_LITTLE", what=what, found=len(found), needed=needed,
                              advice=Words("add more documents, or questions with --questions",
                                           "添加更多文档，或用 --questions 给出问题"))
    chinese = encoder.chinese
    assert chinese is not None, "an encoder without a Chinese vocabulary cannot be adapted"
    source_of = {pair.passage: pair.source for pair in pairs}
    passages, sources = list(source_of), list(source_of.values())
    right = [passages.index(pair.passage) for pair in held]
    asked = [pair.question for pair in held]
    before = dense_ranks(encoder, asked, passages, right, sources)
    fixed = {name: (torch.from_numpy(b), torch.from_numpy(a)) for name, (b, a) in chinese.deltas.items()}
    earlier = {
        name: (torch.tensor(b, requires_grad=True), torch.tensor(a, requires_grad=True))
        for name, (b, a) in chinese.shared.items()
    }
    student = Student(torch.tensor(chinese.rows, requires_grad=True), fixed, earlier
                      or new_deltas(encoder, recipe.rank, recipe.seed))
    targets = torch.from_numpy(encoder.encode([pair.passage for pair in train]))
    taught = teach(Body(encoder), student, _Lessons(encoder, train, recipe), targets, recipe, on_progress=on_progress)
    adapted = to_vocabulary(
        chinese, student,
        {"base": encoder.fingerprint, "recipe": asdict(recipe), "losses": taught.losses, "machine": machine()})
    new = BundledEncoder(minilm_folder(), adapted)
    after = dense_ranks(new, asked, passages, right, sources)
    difference = paired_bootstrap(ndcg_at_10(before), ndcg_at_10(after))
    is_better = difference.low > 0
    fingerprint = encoder.fingerprint
    if is_better:
        fingerprint = _keep(
            folder, adapted,
            {"before": score(before).to_dict(), "after": score(after).to_dict(), "difference": difference.to_dict()})
    kinds = {kind: sum(pair.kind == kind for pair in train) for kind in ("heading", "sentence", "question")}
    return Adaptation(is_better, note("N_BETTER" if is_better else "N_NOT_BETTER"), kinds, len(held), score(before),
                      score(after), difference, taught.losses,
                      time.monotonic() - started, fingerprint)


def _keep(folder: Path, adapted: Vocabulary, scores: Mapping[str, Any]) -> str:
    vocabulary.save(folder, adapted, {**adapted.card, **scores})
    return BundledEncoder(minilm_folder(), vocabulary.load(folder)).fingerprint
