"""What the bundled encoder is taught Chinese from: parallel text, a dictionary, questions with their passages.

Reads: Sources.  Gives: ParallelLessons, batches of examples (teach.py), and the English texts that the teacher reads.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.encoder import vocabulary
from kb.encoder.encode import BundledEncoder
from kb.encoder.teach import Example, Recipe
from kb.encoder.vocabulary import lines_of, not_like
from kb.errors import DataError
from kb.outside import read_json
from kb.types import Words


@dataclass(frozen=True, slots=True)
class Sources:
    """Paths of the training data; every tuple may be empty.

    pairs: `english TAB chinese` lines; questions: JSON lines {"question", "passage"}, both Chinese; english: one text a
    line.
    """

    pairs: tuple[Path, ...] = ()
    questions: tuple[Path, ...] = ()
    english: tuple[Path, ...] = ()


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """(english, chinese) of each line `english TAB chinese`; a third column is not read. Errors: DataError with the
    line."""
    pairs = []
    for number, line in lines_of(path):
        parts = line.split("\t")
        if len(parts) < 2 or not parts[0].strip() or not parts[1].strip():
            raise DataError("E_DATA", path=path, line=number, detail=not_like("`english TAB chinese`", line))
        pairs.append((parts[0].strip(), parts[1].strip()))
    return pairs


def read_questions(path: Path) -> list[tuple[str, str]]:
    """(question, passage) of each JSON line {"question": …, "passage": …}. Errors: DataError with the line."""
    found = []
    for number, line in lines_of(path):
        try:
            item = read_json(line, is_strict=False)
            question, passage = item["question"], item["passage"]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError("E_DATA", path=path, line=number,
                              detail=not_like('{"question": …, "passage": …}', repr(error))) from None
        found.append((str(question), str(passage)))
    return found


class ParallelLessons:
    """Batches from parallel text, the dictionary, English text with Chinese words put in, and Chinese questions.
    `texts` is what the teacher reads."""

    def __init__(self, encoder: BundledEncoder, sources: Sources, recipe: Recipe,
                 meanings: Mapping[str, Sequence[tuple[str, float]]]) -> None:
        self.encoder, self.recipe = encoder, recipe
        self.pairs = [read_pairs(path) for path in sources.pairs]
        self.questions = [pair for path in sources.questions for pair in read_questions(path)]
        self.english = [line for path in sources.english for _, line in lines_of(path)]
        # A headword and what it means, told in at most three phrases.
        self.dictionary = [("; ".join(meaning
                                      for meaning, _ in items[:3]), head)
                           for head, items in meanings.items()
                           if items and head not in vocabulary.PUNCTUATION]
        self.texts = sorted(
            {english for pairs in [*self.pairs, self.dictionary] for english, _ in pairs} | set(self.english)
        )
        if not self.pairs and not self.questions:
            raise DataError("E_TOO_LITTLE", what=Words("training pairs", "训练句对"), found=0, needed=1,
                            advice=Words("give parallel text with --pairs or questions with --questions",
                                         "用 --pairs 给出平行文本，或用 --questions 给出问题"))
        self.index = {text: i for i, text in enumerate(self.texts)}
        self.characters = self._characters()
        self.chinese_of = _translations(meanings)

    def _characters(self) -> dict[int, list[int]]:
        """Row of a word -> rows of its characters."""
        chinese = self.encoder.chinese
        assert chinese is not None
        row = {
            token: self.encoder.n_english + int(at) for token, at in zip(chinese.tokens, chinese.row_of, strict=True)
        }
        return {
            row[token]: [row[character] for character in token]
            for token in chinese.tokens
            if len(token) > 1 and all(c in row for c in token)
        }

    def epoch(self, number: int) -> list[list[Example]]:
        rng = random.Random(f"{self.recipe.seed} {number}")
        groups: list[list[Example]] = []
        for pairs in [*self.pairs, self.dictionary]:
            groups.append(self._examples(rng.sample(pairs, min(self.recipe.most_per_file, len(pairs))), rng))
        texts = [
            *self.english, *(english for pairs in self.pairs
                             for english, _ in rng.sample(pairs, min(len(self.english) // 4, len(pairs))))
        ]
        groups.append(
            self._examples([(text, self._switch(text, rng))
                            for text in rng.sample(texts, min(self.recipe.most_per_file, len(texts)))], rng))
        asked = self.encoder.tokenize([question for question, _ in self.questions])
        answered = self.encoder.tokenize([passage for _, passage in self.questions])
        groups.append([
            Example(self._split(self._cut(q), rng), passage=self._cut(p)) for q, p in zip(asked, answered, strict=True)
        ])
        batches = [batch for group in groups for batch in self._batches(group, rng)]
        rng.shuffle(batches)
        return batches

    def _examples(self, pairs: Sequence[tuple[str, str]], rng: random.Random) -> list[Example]:
        rows = self.encoder.tokenize([chinese for _, chinese in pairs])
        return [
            Example(self._split(self._cut(item), rng), self.index[english])
            for item, (english, _) in zip(rows, pairs, strict=True)
        ]

    def _cut(self, rows: list[int]) -> list[int]:
        return rows if len(rows) <= self.recipe.max_tokens else [*rows[: self.recipe.max_tokens - 1], rows[-1]]

    def _split(self, rows: list[int], rng: random.Random) -> list[int]:
        split: list[int] = []
        for row in rows:
            split.extend(
                self.characters[row] if row in self.characters and rng.random() < self.recipe.split_share else [row]
            )
        return self._cut(split)

    def _switch(self, text: str, rng: random.Random) -> str:
        """The English text with many of its words replaced by Chinese ones: parallel text of a kind, where there is
        none."""
        share = rng.uniform(0.3, 2 * self.recipe.switch_share - 0.3)

        def chinese(match: re.Match[str]) -> str:
            word = match.group().lower()
            if rng.random() > share:
                return match.group()
            for form in (word, word.removesuffix("s"), word.removesuffix("ed"), word.removesuffix("ing"),
                         word.removesuffix("d"), word.removesuffix("es")):
                if form in self.chinese_of:
                    words, weights = self.chinese_of[form]
                    return rng.choices(words, weights)[0]
            return "" if word in ("a", "an", "the") else match.group()

        return re.sub(r"[A-Za-z]+", chinese, text)

    def _batches(self, examples: list[Example], rng: random.Random) -> Iterator[list[Example]]:
        """Examples of similar length together: padding costs time, and texts of one length are the harder negatives."""
        rng.shuffle(examples)
        examples.sort(key=lambda e: (len(e.passage) or len(e.rows)) // 8)
        batch: list[Example] = []
        for example in examples:
            longest = len(example.passage) or len(example.rows)
            # Passages are each other's wrong answers: fewer than about forty teach little.
            budget = self.recipe.batch_tokens * (3 if example.passage else 1)
            if batch and (len(batch) == self.recipe.max_batch or (len(batch) + 1) * (longest + 8) > budget):
                yield batch
                batch = []
            batch.append(example)
        if len(batch) > 1:
            yield batch


def _translations(meanings: Mapping[str, Sequence[tuple[str, float]]]) -> dict[str, tuple[list[str], list[float]]]:
    """English word -> its Chinese words and their weights. Headwords come most frequent first, and a rare one is a poor
    translation."""
    found: dict[str, list[tuple[str, float]]] = {}
    for rank, (head, items) in enumerate(meanings.items()):
        for meaning, weight in items:
            if meaning.isalpha():
                found.setdefault(meaning.lower(), []).append((head, weight / (1000 + rank)))
    best = {word: sorted(items, key=lambda item: -item[1])[:3] for word, items in found.items()}
    return {word: ([head for head, _ in items], [weight for _, weight in items]) for word, items in best.items()}
