"""What may be said as an answer: a whole sentence, about what the question names, with the number that it asks for.

Reads: sentences of documents, and the names in a question.  Gives: whether a sentence may stand as a claim.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kb.answer.intent import Intent
from kb.answer.rank import Sentence, terms_of
from kb.answer.terms import Concept
from kb.text import CJK, guess_language, search_terms
from kb.words import Phrases, phrases

# Chosen by hand, on documents of the field: a shorter line without a full stop is a label, a cell or a heading.
_LEAST_WORDS, _LEAST_HAN = 6, 10
_LEAST_ENDED = 3, 5  # words, Han characters of a sentence with a full stop
_MOST_NUMBERS = 0.4  # share of the words that are numbers or signs: more is a row of a table

# Words, Han characters, numbers, stops inside a sentence, and every other sign, taken out of a text in this order.
_LATIN, _HAN = re.compile(r"[A-Za-z][A-Za-z0-9_'’-]*"), re.compile(rf"[{CJK}]")
_NUMBER, _STOP, _SIGN = re.compile(r"\d[\d.,%]*"), re.compile("[,.，。、;；]"), re.compile(r"0|[^\s\w]")
_ENDS = re.compile(r"[.。!！?？;；…．][\s\"'”’」』》)）\]】*_$]*(?:\[[\d,\s–-]+\])*\s*$")
_OPENS = re.compile(r"[:：][\s*_\"”]*$")
_GOES_ON = Phrases(r"(?:\b(?:«claims: opens en»)|(?:«claims: opens zh»)|[,，、])[\s*_\"”]*$", re.I)
_CAPTION = Phrases(r"^[\W_]*(?:«claims: caption en»|«claims: caption zh»)\s*[\dIVX]+(?:[.-]\d+)*\s*"
                   r"(?:[.:：|．]|\s(?=[A-Z一-鿿]))", re.IGNORECASE)
# A row of a sheet with the names of its columns, as readers/rows.py writes it: "- Model: A; Accuracy: 82.1".
_ROW = re.compile(r"\s*(?:- )?[^;\n]{1,400}(?:; [^:：;\n]{1,200}(?:: |：)[^;\n]+)+$")
# A line that is nothing but a link or a title in quotation marks: it names another text.
_TITLE = re.compile(r"^\W*(?:\[[^\]]*\]\([^)]*\)|“[^”]*”|\"[^\"]*\"|《[^》]*》)\W*$")
_NOT_READ = re.compile(r"(?:https?://|www\.|doi\.org|[^\s@]+@[^\s@]+\.\w{2,})\S*|\$[^$]+\$|`[^`]+`|[*_\"'“”‘’()（）《》]")
_NAME = re.compile(r"《[^》]{1,40}》|“[^”]{2,40}”|\"[^\"]{2,40}\"|[A-Za-z0-9][A-Za-z0-9_+.#/-]*[A-Za-z0-9_+#]")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d|\s*[%％])")
_IS_NAME = re.compile(r"[A-Z].*[A-Z0-9]|[a-z].*[A-Z]|[A-Za-z]+[-.]?\d|^[A-Z][a-z]+$")


def is_statement(text: str, *, is_set: bool = False) -> bool:
    """Whether a line of a document says something by itself: no cell, label, caption, address, title, heading,
    opener of a list, half of a sentence.

    is_set: of a page that was set in lines (PDF), where a line without a full stop is a part of a table or a figure.
    """
    if "\ufffd" in text:  # a letter that the file does not name
        return False
    if _ROW.match(text.rstrip()):
        return True
    rest, n_words = _LATIN.subn(" ", _NOT_READ.sub(" ", text))
    rest, n_han = _HAN.subn(" ", rest)
    rest, n_stops = _STOP.subn(" ", _NUMBER.sub("0 ", rest))
    n_signs = len(_SIGN.findall(rest))
    n_all = n_words + n_han + n_stops + n_signs
    if _OPENS.search(text) or _TITLE.match(text) or bool(_CAPTION.match(text)) or n_signs > _MOST_NUMBERS * n_all:
        return False
    is_ended = bool(_ENDS.search(text))
    if not is_ended and _GOES_ON.search(text):
        return False
    if is_set and (not is_ended or text[:1].islower()):
        return False
    least_words, least_han = _LEAST_ENDED if is_ended else (_LEAST_WORDS, _LEAST_HAN)
    return bool(n_words / least_words + n_han / least_han >= 1)


def names_in(question: str) -> list[str]:
    """What a question names, in order: titles and quoted words, words in capitals or with digits; in a Chinese question
    every Latin word."""
    is_latin = guess_language(question) == "en"
    found = []
    for match in _NAME.finditer(question):
        name = match[0].strip("《》“”\"")
        is_first = not question[:match.start()].strip()
        if match[0] != name:
            found.append(name)
        elif name.lower() in _no_names() or not re.search("[A-Za-z]", name):
            continue
        elif not is_latin or (_IS_NAME.search(name) and not (is_first and name[1:].islower())):
            found.append(name)
    return list(dict.fromkeys(found))


def about(question: str, ranked: Sequence[Sentence],
          concepts: Sequence[Concept]) -> tuple[list[Sentence], bool]:
    """The sentences that have all that the question names near them, and True; all of them and False if none has.

    A text in another language may call it otherwise: there the names in letters are not missed, only the years.
    """
    names, years, language = names_in(question), _YEAR.findall(question), guess_language(question)
    found = [s for s in ranked
             if all(speaks_of(name, s, concepts) for name in (*years, *(names if s.hit.language == language else ())))]
    return (found, True) if found else (list(ranked), False)


def with_numbers(ranked: Sequence[Sentence], intent: Intent) -> tuple[list[Sentence], bool]:
    """Where a number is asked for, the sentences that have one, and True; all of them and False if none has."""
    found = [s for s in ranked if intent.has_number(s.text)] if intent.wants_number else list(ranked)
    return (found, True) if found else (list(ranked), False)


def speaks_of(name: str, sentence: Sentence, concepts: Sequence[Concept]) -> bool:
    """Whether a name, or another name of the same, stands in the sentence, in its passage or above it."""
    near = near_terms(sentence.hit.title, sentence.hit.section, sentence.hit.text) | terms_of(sentence.text)
    own = set(search_terms(name))
    return own <= near or any(own & concept.terms and concept.is_named(near) for concept in concepts)


@lru_cache(maxsize=256)
def near_terms(title: str, section: tuple[str, ...], text: str) -> frozenset[str]:
    """The terms of a passage with what stands above it."""
    return frozenset(search_terms(" ".join((title, *section, text))))


@lru_cache(maxsize=1)
def _no_names() -> frozenset[str]:
    return frozenset(phrases("claims", "no name"))
