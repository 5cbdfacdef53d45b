"""Which sentences of a work say what of a thing it used: by the words of the thing, and by what such a thing may be.

Reads: a document, the thing that is asked for.  Gives: Placed, the clearest first.  Next: lists.py shows them.
"""

from __future__ import annotations

import re
from functools import cache

from kb.answer.claims import is_statement
from kb.answer.terms import bundled_concepts
from kb.study.parts import Placed, placed
from kb.survey.kinds import Kind
from kb.text import CJK, guess_language
from kb.types import Document
from kb.words import phrases, table

# Where works say what they used. Weights chosen by hand: a value, that the work speaks of itself, a good place, the
# thing's own words, and signs that it was done.
_WHERE: frozenset[Kind] = frozenset({"abstract", "method", "results", "contribution", "conclusion", "discussion"})
_VALUE, _OWN, _PLACE, _THING, _DONE, _MORE = 1.0, 1.0, 0.6, 0.6, 0.5, 0.3
_CITED = 0.6  # more, for a value that is cited, in a sentence that would else be of another's work
_LEAST = 1.9
_OF_OTHERS: frozenset[Kind] = frozenset({"related", "introduction"})
_OTHERS_FIRST = re.compile(r"\W*(?:[A-Z][\w’'-]+\s+(?:et al|and\s+[A-Z][\w’'-]+\s*[(\[])|[\[［]\d|文献\s*[\[［]|"
                           r"[^，。]{2,8}等人?[\[［])")
_CITATION = re.compile(r"[^.;。；,，(（\[［]{0,24}(?:[(（][A-Z]|[\[［]\d|[(（]SGD[)）])")
_SHORTEST = 5  # letters, up to which a name is looked for as it is written: Adam is a name as well
_DOES = {"use", "method", "result"}
_IS_NAME = re.compile(f"[A-Z\\d{CJK} -]")
_NUMBER = re.compile(r"\d")


def values_of(document: Document, thing: str) -> list[Placed]:
    """The sentences that say which of a known kind of thing the work used; empty for a thing of no known kind."""
    kind = table("comparisons", "kinds").get(thing.strip().casefold())
    if kind is None:
        return []
    found = []
    for item in _told(document):
        values = {match.casefold() for match in _any_of(kind).findall(item.text)}
        is_cited = item.is_of_others and bool(values) and _is_cited_itself(item, kind)
        if item.is_of_others and not is_cited:
            continue
        if values and _is_said(kind, item.text, values, thing):
            clear = (_VALUE + _MORE * min(3, len(values) - 1) + _OWN * item.is_own + _PLACE * (item.kind in _WHERE)
                     + _DONE * bool(item.cues & _DOES) + _THING * (thing.casefold() in item.text.casefold())
                     + _CITED * is_cited)
            found.append((clear, item))
    return [item for clear, item in sorted(found, key=lambda row: (-row[0], row[1].start)) if clear >= _LEAST]


def _is_said(kind: str, text: str, values: set[str], thing: str) -> bool:
    """Whether a sentence with words of a kind of thing says which: a data set by name or number, a rate by its value, a
    measure that is a common word too with another one, a number, or the word for it."""
    if kind == "data":
        return bool(_NAMED.search(text))
    if kind == "rate":
        return bool(_NUMBER.search(text))
    if kind == "metric" and values <= set(phrases("comparisons", "common words")):
        return len(values) > 1 or thing.casefold() in text.casefold() or bool(_NUMBER.search(text))
    return True


def uses_of(document: Document, thing: str) -> list[Placed]:
    """The sentences that say that the work itself used a thing, by any of its names."""
    others = (name for concept in bundled_concepts(thing) for name in concept.others)
    names = [thing, *(name for name in others if _IS_NAME.search(name))]  # "attention" alone is any attention
    found = []
    for item in _own(document):
        if any(_name(name).search(item.text) for name in names):
            clear = (_VALUE + _OWN * item.is_own + _PLACE * (item.kind in _WHERE) + _DONE * bool(item.cues & _DOES)
                     + _MORE * bool(_NUMBER.search(item.text)))
            found.append((clear, item))
    return [item for clear, item in sorted(found, key=lambda row: (-row[0], row[1].start)) if clear >= _LEAST]


def _own(document: Document) -> list[Placed]:
    return [item for item in _told(document) if not item.is_of_others]


def _told(document: Document) -> list[Placed]:
    return [item for item in placed(document) if not item.points and "future" not in item.cues
            and is_statement(item.text, is_set=bool(document.pages))]


def _is_cited_itself(item: Placed, kind: str) -> bool:
    """Whether a sentence cites no more than where a value comes from: "is done with Adadelta (Zeiler, 2012)"."""
    return item.kind not in _OF_OTHERS and not _OTHERS_FIRST.match(item.text) and any(
        _CITATION.match(item.text, found.end()) for found in _any_of(kind).finditer(item.text))


# A data set has a name, or a number of what it holds.
_NAMED = re.compile(r"[A-Z][A-Za-z]*[A-Z0-9][\w-]*|[A-Z]{2,}|\d|[“《]|\b[A-Z][a-z]+(?= (?:data|corpus|benchmark))")


@cache
def _any_of(kind: str) -> re.Pattern[str]:
    """The values of a kind; names of more than four letters in any case: AdaGrad, ADADELTA."""
    listed = phrases("comparisons", f"value {kind}")
    return re.compile("|".join(_one(line) for line in sorted(listed, key=len, reverse=True)))


@cache
def _name(name: str) -> re.Pattern[str]:
    return re.compile(_one(name) if re.search("[A-Z]", name[1:]) else f"(?i:{_one(name)})")


def _one(name: str) -> str:
    """A phrase as a pattern: whole words in Latin letters, the first letter in either case, a plural."""
    if guess_language(name) == "zh" or re.search(f"[{CJK}]", name):
        return re.escape(name)
    words = re.escape(name).replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]?")
    if len(name) > _SHORTEST and re.fullmatch(r"[A-Z][a-z]+", name):
        return rf"(?<![A-Za-z])(?i:{words})(?:e?s)?(?![A-Za-z])"
    first = words[:1]
    either = f"[{first.lower()}{first.upper()}]{words[1:]}" if first.isalpha() and not name.isupper() else words
    return rf"(?<![A-Za-z]){either}(?:e?s)?(?![A-Za-z])"
