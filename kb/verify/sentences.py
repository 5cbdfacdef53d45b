"""Does a quote support a sentence? Code alone decides: numbers, names, words, meaning, negation.

No model is asked about itself.

Reads: a sentence and the quotes it cites.  Gives: Verdict, with the reasons against it and the place that supports it
best. The limits are fitted and their errors counted by `python -m tests.bench verify`; opposites and exchanged
numbers are looked for by polarity.py, which sees those of its lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kb.text import guess_language, question_tokens, search_tokens, sentence_spans
from kb.types import Encoder, Language, Record, Vectors
from kb.verify.figures import missing_names, missing_numbers
from kb.verify.polarity import denies_the_same, exchanged, turned
from kb.words import Phrases

# (language of the sentence, of the evidence) -> least share of its words that the quotes hold, least cosine to their
# best sentence.
LIMITS: dict[tuple[Language, Language], tuple[float, float]] = {
    ("en", "en"): (0.5, 0.5), ("zh", "zh"): (0.4, 0.5), ("zh", "en"): (0.0, 0.5), ("en", "zh"): (0.0, 0.45)}
_SHARED, _SHARED_BACK = 0.5, 0.7  # of a clause's words, for it to be about the same as a clause that says "not"
_NOT = {"en": Phrases(r"\b(?:«negation: en»)\b|n['’]t\b", re.IGNORECASE), "zh": Phrases("«negation: zh»")}
# Between languages only what denies a whole statement counts: "不重要的权重" is "weights that matter little".
_DENIES = {"en": Phrases(r"\b(?:«negation: denies en»)\b|n['’]t\b|^no\b", re.IGNORECASE),
           "zh": Phrases("«negation: denies zh»")}
# Text that speaks to a model instead of about something: what it says is not evidence of anything.
_ORDER = Phrases(
    "|".join((
        r"\b(?:«order: set aside en»)\b.{0,40}\b(?:«order: set aside what en»)\b",
        r"\byou\s+(?:«order: must en»)\b",
        r"\b(?:«order: speaker en»)\s*(?:«order: speech en»)?\s*[:>]",
        r"(?:^|[.!;:,]\s*)(?:(?:«order: please en»)\s+)*(?:«order: reply en»)\b",
        r"\b(?:«order: secret en»)\s+(?:«order: instruction en»)\b",
        r"<\|?(?:im_start|system|assistant)|\[/?INST\]",
        r"\b(?:«order: ask en»)\s+you\s+to\b",
        r"<script|javascript:|\]\(https?:",
        r"(?:^|[.!;]\s*)(?:«order: do en»)\b.{0,60}\b(?:«order: and en»)\b",
        r"^\s*(?:please\s+)?(?:«order: visit en»)\b",
        r"(?:«order: set aside zh»).{0,20}(?:«order: set aside what zh»)",
        r"你(?:现在)?(?:«order: must zh»)",
        r"(?:«order: speaker zh»)(?:«order: speech zh»)?\s*[：:]",
        r"(?:«order: please zh»)(?:«order: reply zh»)",
        r"(?:«order: secret zh»)(?:«order: instruction zh»)",
        r"(?:«order: ask zh»)你",
        r"[，,](?:«order: then zh»)(?:«order: say zh»)",
        r"«order: whole zh»",
        r"^\s*请?(?:«order: visit zh»)",
    )), re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:，；：](?!\d)\s*")


@dataclass(frozen=True, slots=True)
class Quote(Record):
    """A piece of evidence. context: its title and headings, whose names count as said."""

    text: str
    context: str = ""
    language: Language = "en"


@dataclass(frozen=True, slots=True)
class Verdict(Record):
    """reasons: of "number", "name", "words", "meaning", "negation", "polarity" (an opposite stands for a word of the
    evidence), "exchanged" (two numbers have changed places), "order"; none if the sentence is supported.
    missing: the numbers and names not found, and the words that are turned round.

    place: (index of the quote, start, end) of the evidence's sentence that is closest, None without evidence.
    coverage: share of the sentence's words in the quotes.  cosine: to the closest sentence, None where the encoder does
    not read both.
    """

    reasons: tuple[str, ...]
    missing: tuple[str, ...] = ()
    place: tuple[int, int, int] | None = None
    coverage: float = 0.0
    cosine: float | None = None

    @property
    def is_supported(self) -> bool:
        return not self.reasons


class Verifier:
    """Checks sentences against quotes. encoder: loaded only when the first sentence comes."""

    def __init__(self, encoder: Callable[[], Encoder]) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}

    def check(self, sentence: str, quotes: Sequence[Quote]) -> Verdict:
        """Whether these quotes, together, support the sentence. No quotes: it is not supported, for want of words."""
        if not quotes:
            return Verdict(("words",))
        language = guess_language(sentence)
        evidence = "\n".join(part for quote in quotes for part in (quote.context, quote.text))
        is_same = any(quote.language == language for quote in quotes)
        numbers = missing_numbers(sentence, evidence)
        absent = missing_names(sentence, evidence, other_language=not is_same)
        place, cosine = self._closest(sentence, language, quotes)
        coverage = _coverage(sentence, evidence)
        needed, similar = LIMITS[language, language if is_same else quotes[place[0]].language]
        against = {"number": numbers, "name": absent, "words": is_same and coverage < needed,
                   "meaning": cosine is not None and cosine < similar}
        reasons = [reason for reason, holds in against.items() if holds]
        closest = quotes[place[0]]
        nearest = closest.text[place[1]:place[2]]
        if not reasons and _contradicts(sentence, nearest, language, closest.language):
            reasons.append("negation")
        found = () if reasons else _turned(sentence, nearest, language, quotes)
        reasons += [reason for reason, words in found if words]
        missing = [word for _, words in found for word in words]
        if _ORDER.search(_paragraph(closest.text, place[1], place[2])):
            reasons.append("order")
        return Verdict(tuple(reasons), (*numbers, *absent, *missing), place, round(coverage, 4), cosine)

    def _closest(self, sentence: str, language: Language,
                 quotes: Sequence[Quote]) -> tuple[tuple[int, int, int], float | None]:
        """The evidence's sentence that is closest: by meaning where the encoder reads both languages, and by words."""
        spans = [
            (i, *_stripped(quote.text, a, b)) for i, quote in enumerate(quotes) for a, b in sentence_spans(quote.text)
        ]
        spans = [span for span in spans if span[1] < span[2]] or [(0, 0, len(quotes[0].text))]
        shared = np.array([_coverage(sentence, quotes[i].text[a:b]) for i, a, b in spans])
        encoder = self._encoder()
        if language not in encoder.reads or not any(quote.language in encoder.reads for quote in quotes):
            return spans[int(shared.argmax())], None
        # Two sentences joined in one are close to neither: the quote as a whole counts as well.
        texts = [*(quotes[i].text[a:b] for i, a, b in spans), *(quote.text for quote in quotes)]
        new = [text for text in dict.fromkeys((sentence, *texts)) if text not in self._known]
        self._known |= dict(zip(new, encoder.encode(new), strict=True))
        all_cosines = np.stack([self._known[text] for text in texts]) @ self._known[sentence]
        cosines, whole = all_cosines[:len(spans)], float(all_cosines[len(spans):].max())
        return spans[int((shared + cosines).argmax())], round(max(float(cosines.max()), whole), 4)


def _paragraph(text: str, start: int, end: int) -> str:
    """The lines round a span up to the next empty ones: who gives orders in a paragraph gives them with all of it."""
    before, after = text.rfind("\n\n", 0, start), text.find("\n\n", end)
    return text[before + 2 if before >= 0 else 0:after if after >= 0 else len(text)]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    lead = re.match(r"[\s\-*+•·>#]*(?:\d{1,2}[.)、]\s+)?", text[start:end])
    start += lead.end() if lead else 0
    return start, start + len(text[start:end].rstrip())


def _coverage(sentence: str, evidence: str) -> float:
    """Share of the sentence's content terms that the evidence holds; of Chinese only bigrams count. 1 for a sentence
    without any."""
    terms = {token.term for token in question_tokens(sentence)}
    terms = {term for term in terms if len(term) > 1 or (term.isascii() and term.isdigit())}
    held = {token.term for token in search_tokens(evidence)}
    return sum(term in held for term in terms) / len(terms) if terms else 1.0


def _turned(sentence: str, nearest: str, language: Language,
            quotes: Sequence[Quote]) -> list[tuple[str, tuple[str, ...]]]:
    """What of the sentence says the opposite of its evidence, or has changed places with another."""
    same = [quote.text[a:b] for quote in quotes if quote.language == language for a, b in sentence_spans(quote.text)]
    return [("polarity", turned(sentence, same, language)), ("exchanged", exchanged(sentence, nearest))]


def _contradicts(sentence: str, closest: str, language: Language, other: Language) -> bool:
    """Whether a clause of one denies what the other says in the same words. Between languages: whether only the
    sentence denies."""
    said, held = _CLAUSE.split(sentence), _CLAUSE.split(closest)
    if language != other:
        return any(_DENIES[language].search(clause) for clause in said) and not any(
            _NOT[other].search(clause) for clause in held
        )
    for clause in said:
        if _NOT[language].search(clause):
            match = max(held, key=lambda other_clause: _coverage(clause, other_clause))
            if (not _NOT[language].search(match) and _coverage(clause, match) >= _SHARED
                    and not denies_the_same(clause, closest, language)):
                return True
    return any(_NOT[language].search(clause) and _coverage(clause, sentence) >= _SHARED_BACK
               and not _NOT[language].search(max(said, key=lambda own: _coverage(clause, own)))
               and not denies_the_same(clause, sentence, language) for clause in held)
