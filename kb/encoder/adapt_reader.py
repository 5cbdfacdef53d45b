"""Go on training the reader on a user's own questions to a library, without forgetting the questions of everybody else.

Reads: the library's passages, the questions, the shipped reader.  Gives: a folder that cross_encoder.py opens, and what
`judge` makes of both readers on every fifth question, which was not trained on.  train_reader.py has the loss. Against
forgetting:

    rehearsal   as many questions again are the library's headings, with the answers that the shipped reader gives to
                them (Robins 1995)
    teacher     of every loss more than half is what the shipped reader says of the same passages (Li & Hoiem 2016)
    not all     what is kept stands three quarters of the way from the shipped weights to the trained ones (Wortsman et
    the way     al. 2022)
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kb.encoder.cross_encoder import TrainedReader, heading
from kb.encoder.encode import bundled
from kb.encoder.reading_data import Passage, Question
from kb.encoder.reading_lessons import Lessons
from kb.encoder.teach import machine
from kb.encoder.train_reader import Network, OnProgress, Recipe, fit, load_weights, save
from kb.errors import DataError, note
from kb.text import guess_language, statements
from kb.types import Candidate, CrossEncoder, Language, Note, Record, Vectors, Words
from kb.types import Passage as Stored

# A few small steps of small batches: there are few questions.
RECIPE = Recipe(epochs=3, batch_tokens=6_000, rate=1e-4, warm_steps=10, smoothing=0.02, renamed=0.12)
MIN_TRAIN, MIN_HELD = 20, 5  # questions with an answer
KEPT = 0.75  # of the way from the shipped weights to the trained ones
_HELD_SHARE = 5
_MOST_PASSAGES = 4_000  # wrong answers are looked for among so many
_LONGEST_HEADING: Mapping[Language, int] = {"en": 60, "zh": 20}  # characters
_ASKED: Mapping[Language, str] = {"en": "What is {}?", "zh": "什么是{}？"}

Place = tuple[str, int, int]  # (document, start, end)


class Asked(NamedTuple):
    """A question of the user. quote: words of the passage that answers, "" where none does; names: what it names."""

    text: str
    quote: str
    names: tuple[str, ...] = ()


class Held(NamedTuple):
    """A question to judge by, and every place of its quote; none for a question that has no answer."""

    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class ReaderScores(Record):
    """How a library's answers come out: right of the answered questions begin with the quote; let_through of those
    without an answer, and of the others without the document that answers them, are "found" all the same."""

    answered: int
    right: int
    unanswered: int
    let_through: int

    def is_worse_than(self, other: ReaderScores) -> bool:
        return self.right < other.right or self.let_through > other.let_through


@dataclass(frozen=True, slots=True)
class ReaderAdaptation(Record):
    """What an adaptation of the reader came to. kept: whether the library uses it now.

    trained, rehearsed, held: questions of the user's that were trained on, of headings, and to judge by. unplaced:
    questions whose quote stands in no passage; they were not used.
    """

    kept: bool
    reason: Note
    layers: int
    trained: int
    rehearsed: int
    held: int
    unplaced: int
    before: ReaderScores
    after: ReaderScores
    losses: tuple[float, ...]
    seconds: float


Judge = Callable[[CrossEncoder, Sequence[Held]], ReaderScores]
Documents = Sequence[tuple[str, str, Sequence[Stored]]]  # (id, title, passages in reading order)


class _Placed(NamedTuple):
    """Passages of the training data, questions on them, and what to judge by."""

    passages: list[Passage]
    questions: list[Question]
    held: list[Held]
    n_unplaced: int


def adapt_reader(shipped: TrainedReader, documents: Documents, asked: Sequence[Asked], home: Path, judge: Judge,
                 recipe: Recipe = RECIPE, on_progress: OnProgress = lambda progress: None) -> tuple[ReaderAdaptation,
                                                                                                    Path | None]:
    """What it came to, and the folder of the new reader if it is not worse than the shipped one.

    home: where the folder is made; a run that was killed goes on there when it is started again with the same
    questions, library and recipe. Errors: DataError E_TOO_LITTLE.
    """
    started = time.monotonic()
    recipe = replace(recipe, layers=shipped.n_layers)
    placed = _place(documents, asked, shipped, recipe.seed)
    folder = home / f"new-{_digest(placed, shipped, recipe)}"
    folder.mkdir(parents=True, exist_ok=True)
    losses = _trained(shipped, placed, folder, recipe, on_progress)
    new = TrainedReader(folder, shipped.encoder, shipped.kind)
    before, after = judge(shipped, placed.held), judge(new, placed.held)
    (folder / "state.safetensors").unlink()
    is_kept = not after.is_worse_than(before)
    counts = Counter(question.source for question in placed.questions if not question.is_dev)
    result = ReaderAdaptation(is_kept, note("N_READER_KEPT" if is_kept else "N_READER_WORSE"), recipe.layers,
                              counts["own"], counts["heading"], len(placed.held), placed.n_unplaced, before, after,
                              losses, round(time.monotonic() - started, 1))
    return result, folder if is_kept else None


def _trained(shipped: TrainedReader, placed: _Placed, folder: Path, recipe: Recipe,
             on_progress: OnProgress) -> tuple[float, ...]:
    """The mean loss of each epoch; the new reader is in the folder."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(recipe.seed)
    encoder = bundled()
    weights = load_weights(shipped.folder, recipe.layers)
    network, teacher = (Network(encoder, weights, device, is_fast=True) for _ in range(2))
    lessons = Lessons(encoder, placed.passages, placed.questions, recipe.renamed)
    chosen = [i for i, question in enumerate(placed.questions) if not question.is_dev]
    losses, seconds = fit(network, lessons, chosen, recipe, teacher, folder / "state.safetensors", on_progress)
    save(folder, _between(weights, network.arrays()),
         {"layers": recipe.layers, "vocabulary": shipped.card["vocabulary"], "recipe": asdict(recipe),
          "begun_from": shipped.card["sha256"], "losses": losses, "hours": round(seconds / 3600, 2),
          "machine": machine()})
    return tuple(losses)


def _between(shipped: Mapping[str, Vectors], trained: Mapping[str, Vectors]) -> dict[str, Vectors]:
    return {name: (1 - KEPT) * values + KEPT * trained[name] for name, values in shipped.items()}


def _digest(placed: _Placed, shipped: TrainedReader, recipe: Recipe) -> str:
    """Equal for the same training."""
    what: list[Any] = [shipped.card["sha256"], asdict(recipe), KEPT, [p.text for p in placed.passages],
                       [asdict(q) for q in placed.questions]]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:12]


# --- what is learnt


def _place(documents: Documents, asked: Sequence[Asked], shipped: TrainedReader, seed: int) -> _Placed:
    """Errors: DataError E_TOO_LITTLE."""
    found = [(document, title, passage) for document, title, passages in documents for passage in passages]
    homes = [[i for i, (_, _, passage) in enumerate(found) if item.quote and item.quote in passage.text]
             for item in asked]
    usable = [(item, where) for item, where in zip(asked, homes, strict=True) if where or not item.quote]
    held = _held([(bool(where), found[where[0]][2].text if where else item.text) for item, where in usable])
    is_judge = [n in held for n, (_, where) in enumerate(usable) if where]
    for what, n, needed in (
            (Words("questions with an answer to train on", "用于训练的有答案的问题"), is_judge.count(False), MIN_TRAIN),
            (Words("questions with an answer to judge by", "留出用于评判的有答案的问题"), sum(is_judge), MIN_HELD)):
        if n < needed:
            raise DataError("E_TOO_LITTLE", what=what, found=n, needed=needed, advice=Words(
                "give more questions, on more passages, with quotes that stand in the library word for word",
                "请给出更多、涉及更多段落的问题，并让 quote 与资料库原文逐字一致"))
    rng = random.Random(seed)
    rows = _pool(len(found), [where[0] for _, where in usable if where], rng)
    at = {i: row for row, i in enumerate(rows)}
    passages = [_passage(found[i][1], found[i][2]) for i in rows]
    questions, judged = [], []
    for n, (item, where) in enumerate(usable):
        own = at[where[0]] if where else rng.randrange(len(passages))
        questions.append(_question(item, own, passages[own], is_dev=n in held))
        if n in held:
            judged.append(Held(item.text, tuple(_position(item.quote, *found[i][::2]) for i in where)))
    n_trained = len(usable) - len(held)
    judged_on = {question.passage for question in questions if question.is_dev}
    rest = [(row, found[i][2]) for row, i in enumerate(rows) if row not in judged_on]
    questions += _rehearsal(rest, passages, shipped, n_trained, rng)
    return _Placed(passages, questions, judged, len(asked) - len(usable))


def _held(keys: Sequence[tuple[bool, str]]) -> set[int]:
    """Every fifth of those with an answer and of those without, in an order that their words decide. keys: whether
    there is an answer, and the passage that has it or else the question; equal ones are on one side."""
    order = sorted(set(keys), key=lambda key: hashlib.sha256(key[1].encode()).digest())
    chosen = {key for kind in (True, False) for key in [key for key in order if key[0] == kind][::_HELD_SHARE]}
    return {i for i, key in enumerate(keys) if key in chosen}


def _pool(n_passages: int, wanted: Sequence[int], rng: random.Random) -> list[int]:
    """The passages that are needed, and others among which wrong answers are looked for."""
    known = set(wanted)
    others = [i for i in range(n_passages) if i not in known]
    return sorted(known.union(rng.sample(others, max(0, min(len(others), _MOST_PASSAGES - len(known))))))


def _passage(title: str, passage: Stored) -> Passage:
    return Passage(passage.text, heading(title, passage.section), "library", statements(passage.text),
                   passage.language)


def _question(item: Asked, row: int, passage: Passage, *, is_dev: bool) -> Question:
    start = passage.text.find(item.quote) if item.quote else -1
    end = start + len(item.quote)
    gold = tuple(i for i, (a, b) in enumerate(passage.sentences) if start >= 0 and a < end and start < b)
    # words inside a sentence are the answer itself; a whole sentence only has it
    is_inside = len(gold) == 1 and end - start < 0.7 * (passage.sentences[gold[0]][1] - passage.sentences[gold[0]][0])
    names = tuple(name for name in item.names if name in passage.text)
    return Question(item.text, "own", row, gold, (), (start, end) if is_inside else None, names, is_dev)


def _position(quote: str, document: str, passage: Stored) -> Place:
    start = passage.start + passage.text.find(quote)
    return document, start, start + len(quote)


def _rehearsal(stored: Sequence[tuple[int, Stored]], passages: Sequence[Passage], shipped: TrainedReader, n: int,
               rng: random.Random) -> list[Question]:
    """At most n questions for what headings name, each with the answer that the shipped reader gives to it."""
    named = [(row, passage.section[-1].strip()) for row, passage in stored
             if passage.section and passages[row].sentences]
    headed = [(row, name) for row, name in named if 1 < len(name) <= _LONGEST_HEADING[guess_language(name)]]
    found = []
    for row, name in rng.sample(headed, min(n, len(headed))):
        passage = passages[row]
        text = _ASKED[guess_language(name)].format(name)
        (reading,) = shipped.score(text, [Candidate(passage.title, (), passage.text, passage.sentences)])
        best = int(np.argmax(reading.sentences))
        gold = (best,) if reading.sentences[best] > 0 else ()
        found.append(Question(text, "heading", row, gold, (), None, (name,) if name in passage.text else (), False))
    return found
