"""What the cross-encoder is taught from: questions, each with a passage that answers it and passages that do not.

Reads: JSON lines of passages and of questions.  Gives: Lessons, whose groups of four rows of tokens train_reader.py
packs into batches.

    passages.jsonl    {"text", "title", "src"}; a passage that no question is asked of is a wrong answer
    questions.jsonl   {"q", "src", "p": row in passages, "gold": [sentences that answer], "split": "train" or "dev"};
                      and, where known, "span": [start, end] in characters, "ign": [sentences that may answer too],
                      "names": [what the question is about, as it stands in the passage]

A sentence is one of text.statements. Every group is drawn anew each time: the passage; in one of two, what is left of
it without its answer, so that its subject alone says nothing; in one of three, the passage with another name put for
the one asked about; and passages that share words with the question. Lines that no sentence is (a table's row, a
caption, a heading with the very words of the question) are put between the sentences of every fifth row.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.encoder.cross_encoder import MAX_HEADING, MAX_QUESTION, tokens_of
from kb.encoder.encode import BundledEncoder
from kb.encoder.reading_data import Passage, Question
from kb.encoder.vocabulary import lines_of
from kb.sentence_vectors import Span
from kb.text import guess_language, question_tokens, search_terms
from kb.types import Language

FRAGMENTS = Path(__file__).resolve().parent.parent / "data" / "reader" / "fragments.txt"
MAX_TOKENS = 240  # of a passage; a longer one is cut to a window that has the answer
MAX_SENTENCES = 56  # of a row
GROUP = 4  # rows
_N_WRONG = 8  # passages that share words with a question and do not answer it; the nearest are drawn most often
_MASKED, _FRAGMENTS, _THINNED, _TITLED = 0.45, 0.22, 0.25, 0.65  # shares of what is done to rows
_WORDS: dict[Language, Sequence[str]] = {
    "en": "model method baseline training evaluation dataset results analysis system language vision retrieval".split(),
    "zh": "模型 方法 基线 训练 评测 数据集 结果 分析 系统 学习 语言 检索".split(),
}
_NAMES = "Smith Wang Li Zhang Chen Brown Garcia Kim Tanaka Liu Jones Kumar Johnson Zhao".split()

Tokens = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A question with a passage, as tokens. n_asked: of the question, with [CLS] and [SEP]; sentence: int [T], -1 for a
    token of none; gold, ignored: sentences; span: (first, last) token of the answer, (-1, -1) where it is not known."""

    tokens: Tokens
    n_asked: int
    sentence: Tokens
    gold: tuple[int, ...] = ()
    ignored: tuple[int, ...] = ()
    span: Span = (-1, -1)


class Lessons:
    """Groups of rows made of questions and passages; the same generator gives the same group."""

    def __init__(self, encoder: BundledEncoder, passages: Sequence[Passage], questions: Sequence[Question],
                 renamed: float = 0.35) -> None:
        self.passages, self.questions, self._renamed = passages, questions, renamed
        self._first, self._last = encoder.tokenize([""])[0]  # [CLS] and [SEP]
        self._asked = _cut(encoder, [question.text for question in questions], MAX_QUESTION)
        self._titles = _cut(encoder, [passage.title for passage in passages], MAX_HEADING)
        self._titled = {language: [i for i, passage in enumerate(passages) if passage.title
                                   and passage.language == language] for language in _WORDS}
        self._read_texts(encoder)
        self.wrong = wrong_passages(passages, questions)
        self._names = _named(encoder, questions)
        self._pools = _pools(questions)
        self._fragments = _fragments(encoder)

    def _read_texts(self, encoder: BundledEncoder) -> None:
        """Tokens of each passage, (first, end) of its sentences among them, and of the answers."""
        self._texts: list[Tokens] = []
        self._bounds: list[list[Span]] = []
        places: list[list[Span]] = []
        for tokens, where in encoder.tokenize_with_places([passage.text for passage in self.passages]):
            self._texts.append(np.array(tokens[1:-1], np.int64))
            places.append(where[1:-1])
        for passage, where in zip(self.passages, places, strict=True):
            self._bounds.append([tokens_of(where, sentence) for sentence in passage.sentences])
        self._spans = [tokens_of(places[question.passage], question.span) if question.span else (0, 0)
                       for question in self.questions]

    def length(self, number: int) -> int:
        """About how many tokens the group of a question has."""
        question = self.questions[number]
        passages = [question.passage, *self.wrong[number][: GROUP - 1]]
        return GROUP * (len(self._asked[number]) + 18) + sum(min(len(self._texts[i]), MAX_TOKENS) for i in passages)

    def group(self, number: int, rng: np.random.Generator, *, is_training: bool = True) -> list[Row]:
        """The passage of a question, and three rows that do not answer it. Not training: the three nearest wrong
        passages, nothing changed."""
        question, wrong = self.questions[number], self.wrong[number]
        is_titled = bool(self.passages[question.passage].title) and (not is_training or rng.random() < _TITLED)
        rows = [self._row(number, question.passage, rng, is_titled, is_gold=True, is_training=is_training)]
        drawn = [int(rng.random() ** 1.5 * len(wrong)) for _ in range(GROUP - 1)] if is_training else range(GROUP - 1)
        changed: list[Row | None] = [None] * (GROUP - 1)
        if is_training and question.gold and rng.random() < _MASKED and len(self._bounds[question.passage]) >= 3:
            changed[2] = self.masked(number, rng, is_titled)
        if is_training and rng.random() < self._renamed:
            changed[1] = self.renamed(number, rng, is_titled)
        for i, row in zip(drawn, changed, strict=True):
            rows.append(row or self._row(number, wrong[i % len(wrong)], rng, is_titled, is_training=is_training))
        return rows

    def masked(self, number: int, rng: np.random.Generator, is_titled: bool, *,
               is_training: bool = True) -> Row | None:
        """The passage without the sentences that answer; None if nothing is left."""
        question = self.questions[number]
        left = self._without(question.passage, {*question.gold, *question.ignored})
        text = self._texts[question.passage][left]
        if not len(text):
            return None
        return self._packed(number, question.passage, rng, is_titled, text, self._sentences(question.passage)[left],
                            is_training=is_training)

    def renamed(self, number: int, rng: np.random.Generator, is_titled: bool, *,
                is_training: bool = True) -> Row | None:
        """The passage about another thing: a name of the question replaced wherever it stands. None if it stands
        nowhere."""
        question = self.questions[number]
        if not question.names:
            return None
        name = question.names[rng.integers(len(question.names))]
        pool = self._pools[_kind(name)]
        at = int(rng.integers(max(1, len(pool) - 1)))  # of the others
        old, new = self._names[name], self._names[pool[at if at < pool.index(name) else (at + 1) % len(pool)]]
        title = self._titles[question.passage] if is_titled else np.empty(0, np.int64)
        text, kept = _replaced(self._texts[question.passage], old, new)
        above, _ = _replaced(title, old, new)
        if not len(old) or np.array_equal(old, new) or (len(kept) == len(text) and np.array_equal(above, title)
                                                        and np.array_equal(text, self._texts[question.passage])):
            return None
        return self._packed(number, question.passage, rng, is_titled, text, self._sentences(question.passage)[kept],
                            above=above, is_training=is_training)

    def _row(self, number: int, passage: int, rng: np.random.Generator, is_titled: bool, *, is_gold: bool = False,
             is_training: bool = True) -> Row:
        question = self.questions[number]
        gold, ignored = (question.gold, question.ignored) if is_gold else ((), ())
        text, sentence = self._texts[passage], self._sentences(passage)
        first, end = self._spans[number] if is_gold else (0, 0)
        answer = (np.arange(len(text)) >= first) & (np.arange(len(text)) < end)
        if is_training and rng.random() < _THINNED:  # so that a gap between sentences says nothing
            others = [i for i in range(len(self._bounds[passage])) if i not in gold and i not in ignored]
            if len(others) >= 3:
                left = self._without(passage, {others[rng.integers(len(others))]})
                if not answer[~left].any():
                    text, sentence, answer = text[left], sentence[left], answer[left]
        return self._packed(number, passage, rng, is_titled, text, sentence, answer, gold, ignored,
                            is_training=is_training)

    def _packed(self, number: int, passage: int, rng: np.random.Generator, is_titled: bool, text: Tokens,
                sentence: Tokens, answer: NDArray[np.bool_] | None = None, gold: tuple[int, ...] = (),
                ignored: tuple[int, ...] = (), *, above: Tokens | None = None, is_training: bool = True) -> Row:
        """The row with fragments put in and cut to the window."""
        marks = answer if answer is not None else np.zeros(len(text), bool)
        if is_training and rng.random() < _FRAGMENTS:
            for extra in range(int(rng.integers(1, 4))):
                at = _edge(sentence, marks, rng)
                line = self._fragment(number, passage, rng)
                text, marks = np.insert(text, at, line), np.insert(marks, at, np.zeros(len(line), bool))
                sentence = np.insert(sentence, at, np.full(len(line), MAX_SENTENCES - 6 + extra))
        start = _window(marks if marks.any() else np.isin(sentence, gold), rng if is_training else None)
        window = slice(start, start + MAX_TOKENS)
        text, sentence, marks = text[window], sentence[window], marks[window]
        if above is None:
            above = self._title(passage, rng) if is_titled else text[:0]
        head = [self._first, *self._asked[number], self._last]
        lead = [*head, *above[:MAX_HEADING], *([self._last] if len(above) else [])]
        around = np.full(len(lead), -1)
        found = np.flatnonzero(marks) + len(lead)
        span = (int(found[0]), int(found[-1])) if len(found) else (-1, -1)
        return Row(np.array([*lead, *text, self._last]), len(head), np.concatenate([around, sentence, [-1]]), gold,
                   ignored, span)

    def _title(self, passage: int, rng: np.random.Generator) -> Tokens:
        """Its title, or some title where it has none: having one must not tell the answer from the rest."""
        titled = self._titled[self.passages[passage].language]
        is_untitled = not self.passages[passage].title
        return self._titles[titled[rng.integers(len(titled))] if is_untitled and titled else passage]

    def _sentences(self, passage: int) -> Tokens:
        """int [t]: the sentence of each token, -1 for one of none and those of the last of very many."""
        found = np.full(len(self._texts[passage]), -1)
        for i, (first, end) in enumerate(self._bounds[passage][: MAX_SENTENCES - 6]):
            found[first:end] = i
        return found

    def _without(self, passage: int, gone: set[int]) -> NDArray[np.bool_]:
        """bool [t]: the tokens that are left without some sentences and what stands after them."""
        bounds, left = self._bounds[passage], np.ones(len(self._texts[passage]), bool)
        for i in gone:
            left[bounds[i][0]:(bounds[i + 1][0] if i + 1 < len(bounds) else len(left))] = False
        return left

    def _fragment(self, number: int, passage: int, rng: np.random.Generator) -> Tokens:
        """A line that answers nothing and has a name or words of the question in it, or the question itself."""
        share, asked, names = rng.random(), self._asked[number], self.questions[number].names
        if share < 0.04:
            return asked
        if share < 0.65 and names:
            about = self._names[names[rng.integers(len(names))]]
        else:
            n = int(rng.integers(1, 6))
            at = int(rng.integers(max(1, len(asked) - n)))
            about = asked[at:at + n]
        lines = self._fragments[self.passages[passage].language]
        before, after = lines[rng.integers(len(lines))]
        return np.concatenate([before, about, after])[:MAX_HEADING]


def wrong_passages(passages: Sequence[Passage], questions: Sequence[Question]) -> list[list[int]]:
    """For each question the passages nearest by words, in its passage's language, that do not hold its answer.

    A question in another language is looked up by the sentence that answers it. A passage that says nearly the same as
    that sentence is no wrong one.
    """
    rng = random.Random(0)
    indexes = {language: _Words([i for i, passage in enumerate(passages) if passage.language == language], passages)
               for language in _WORDS}
    found = []
    for question in questions:
        passage = passages[question.passage]
        sentences = [passage.text[slice(*passage.sentences[i])] for i in question.gold]
        is_same = guess_language(question.text) == passage.language or not sentences
        terms = [token.term for token in question_tokens(question.text)] if is_same else search_terms(sentences[0])
        answer = passage.text[slice(*question.span)].casefold() if question.span else ""
        said = [_content(sentence) for sentence in sentences] if not answer else []
        near = [i for i in indexes[passage.language].nearest(terms, 3 * _N_WRONG) if i != question.passage
                and (len(answer) < 2 or answer not in passages[i].text.casefold())
                and not _says(passages[i], said)][:_N_WRONG]
        while len(near) < GROUP - 1:
            rows = indexes[passage.language].rows
            near.append(rng.choice([i for i in rows if i != question.passage] or rows))
        found.append(near)
    return found


class _Words:
    """BM25 (Robertson & Zaragoza 2009; k1 1.2, b .75) over some passages, without the words that every tenth has."""

    def __init__(self, rows: list[int], passages: Sequence[Passage]) -> None:
        counts = [Counter(search_terms(f"{passages[i].title} {passages[i].text}")) for i in rows]
        lengths = np.array([count.total() for count in counts], np.float32)
        lists: dict[str, list[tuple[int, int]]] = {}
        for i, count in enumerate(counts):
            for term, n in count.items():
                lists.setdefault(term, []).append((i, n))
        self.rows, self._weights = rows, {}
        for term, places in lists.items():
            if len(places) <= max(50, len(rows) // 10):
                ids, n = np.array(places).T
                idf = np.log(1 + (len(rows) - len(ids) + 0.5) / (len(ids) + 0.5))
                self._weights[term] = (ids, idf * n * 2.2 / (n + 1.2 * (0.25 + 0.75 * lengths[ids] / lengths.mean())))

    def nearest(self, terms: Iterable[str], k: int) -> list[int]:
        """At most k rows that share a term, best first."""
        parts = [self._weights[term] for term in dict.fromkeys(terms) if term in self._weights]
        if not parts:
            return []
        ids, weights = np.concatenate([ids for ids, _ in parts]), np.concatenate([weights for _, weights in parts])
        scores = np.bincount(ids, weights, minlength=len(self.rows))
        return [self.rows[i] for i in np.argsort(-scores)[:k] if scores[i] > 0]


def _content(text: str) -> frozenset[str]:
    return frozenset(term for term in search_terms(text) if len(term) > 1)


def _says(passage: Passage, said: Sequence[frozenset[str]]) -> bool:
    """Whether one of its sentences has most of the words of one of these, or most of its own among theirs."""
    if not said:
        return False
    own = [_content(passage.text[slice(*span)]) for span in passage.sentences]
    return any(len(a & b) >= 0.6 * min(len(a), len(b)) for a in said for b in own if len(a) >= 4 and len(b) >= 4)


def _cut(encoder: BundledEncoder, texts: Sequence[str], limit: int) -> list[Tokens]:
    return [np.array(tokens[1:-1][:limit], np.int64) for tokens in encoder.tokenize(texts)]


def _named(encoder: BundledEncoder, questions: Sequence[Question]) -> dict[str, Tokens]:
    names = sorted({name for question in questions for name in question.names})
    return dict(zip(names, _cut(encoder, names, 12), strict=True))


def _kind(name: str) -> str:
    """Names of one kind stand for each other: years, Chinese ones, others."""
    return "year" if re.fullmatch(r"\d{4}", name) else guess_language(name)


def _pools(questions: Sequence[Question]) -> dict[str, list[str]]:
    pools: dict[str, list[str]] = {}
    for name in sorted({name for question in questions for name in question.names}):
        pools.setdefault(_kind(name), []).append(name)
    return pools


def _fragments(encoder: BundledEncoder, n_each: int = 20) -> dict[Language, list[tuple[Tokens, Tokens]]]:
    """Language -> lines as the tokens before and after the place of the name, each written n_each times with other
    numbers and words."""
    rng = random.Random(0)
    found: dict[Language, list[tuple[Tokens, Tokens]]] = {"en": [], "zh": []}
    for _, line in lines_of(FRAGMENTS):
        language: Language = "zh" if line.startswith("zh") else "en"
        for _ in range(n_each):
            text = _filled(line.split("\t")[1], language, rng)
            before, after = _cut(encoder, text.split("{x}"), MAX_HEADING)
            found[language].append((before, after))
    return found


def _filled(line: str, language: Language, rng: random.Random) -> str:
    return re.sub(r"\{(n|w|s)\}", lambda match: _filler(match[1], language, rng), line)


def _filler(kind: str, language: Language, rng: random.Random) -> str:
    if kind == "n":
        return rng.choice([f"{rng.uniform(1, 99):.1f}", str(rng.randint(2, 999)), f"{rng.randint(1, 99)}%"])
    return rng.choice(_NAMES if kind == "s" else _WORDS[language])


def _replaced(tokens: Tokens, old: Tokens, new: Tokens) -> tuple[Tokens, Tokens]:
    """(the tokens with every `old` put as `new`, for each of them the token whose place it has)."""
    text: list[int] = []
    kept: list[int] = []
    at = 0
    while at < len(tokens):
        if len(old) and np.array_equal(tokens[at:at + len(old)], old):
            text += new.tolist()
            kept += [at] * len(new)
            at += len(old)
        else:
            text.append(int(tokens[at]))
            kept.append(at)
            at += 1
    return np.array(text, np.int64), np.array(kept, np.int64)


def _edge(sentence: Tokens, answer: NDArray[np.bool_], rng: np.random.Generator) -> int:
    """A place between two sentences, or the end; never within the answer."""
    edges = np.flatnonzero((np.diff(sentence, prepend=-2) != 0) & (sentence >= 0) & ~(answer & np.roll(answer, 1)))
    return int(edges[rng.integers(len(edges))]) if len(edges) and rng.random() < 0.85 else len(sentence)


def _window(wanted: NDArray[np.bool_], rng: np.random.Generator | None) -> int:
    """Where the window of MAX_TOKENS begins that holds what is wanted, somewhere if there is a generator."""
    over = len(wanted) - MAX_TOKENS
    if over <= 0:
        return 0
    places = np.flatnonzero(wanted)
    low, high = 0, over
    if len(places):
        low = min(max(int(places[-1]) + 1 - MAX_TOKENS, 0), over)
        high = max(min(int(places[0]), over), low)
    if rng is None:
        return low if len(places) else 0
    return low if rng.random() < 0.3 else int(rng.integers(low, high + 1))
