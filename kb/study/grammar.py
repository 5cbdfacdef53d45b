"""Match a question with forms of questions: lines of data/words/intents.txt, in words, lists of phrases and slots.

Reads: a question.  Gives: what stands in the slots of the forms that fit, whole questions only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from kb.text import CJK
from kb.types import Language
from kb.words import Phrases, phrases

_FILE = "intents"
LONGEST = 400  # characters of a question about the library
_QUOTED = re.compile(r"《[^》]{1,200}》|“[^”]{2,200}”|「[^」]{2,200}」|\"[^\"]{2,200}\"|(?<![\w])'[^']{4,200}'(?![\w])")
_MARK = 0xE000  # a quoted name stands as one character while forms are matched
_IS_MARK = re.compile("[\ue000-\ue0ff]")
_BESIDE_HAN = re.compile(f"(?<=[{CJK}\ue000-\ue0ff，、：]) +| +(?=[{CJK}\ue000-\ue0ff，、：])")
_WORD_END = re.compile(r"(?<=[A-Za-z0-9]) ?(?='s\b)|(?<=\S)(?=,\s)")
_PIECE = re.compile(r"<[^>]+>\??|\{\w+\}\??|\S+")  # of a form
_POLITE_END: Mapping[Language, Phrases] = {
    "en": Phrases(r"(?<=.{3})\s(?:«intents: polite end en»)$", re.I),
    "zh": Phrases("(?<=.{3})(?:«intents: polite end zh»)$")}
_FILLER = Phrases(r"\b(?:«intents: filler en»)\b", re.I)
_BE_AT_END = re.compile(r"(?:\s(?:that|which))?\s(?:are|is|exist)$", re.I)  # "which papers by X are here"
_WHICH_ONES = Phrases(r"[\s,，?？;；]+(?:«intents: which ones en»)$|[,，?？;；。]+(?:«intents: which ones zh»)$", re.I)
_ASCII = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a form: phrases that may stand there, by their first character, or the name of a slot."""

    phrases: Mapping[str, tuple[str, ...]]
    slot: str = ""
    is_optional: bool = False


Form = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as forms are matched with it. text: spaces made even, quoted names as one character each; quoted:
    these names, with their marks; is_here: it says that this library is meant."""

    text: str
    quoted: tuple[str, ...]
    language: Language
    is_here: bool = False

    def restored(self, slot: str) -> str:
        """A slot with the quoted names back in their places."""
        return _IS_MARK.sub(lambda found: self.quoted[ord(found[0]) - _MARK], slot).strip()


def has_han(text: str) -> bool:
    """Whether a Chinese character stands outside the names that are quoted."""
    return bool(re.search(f"[{CJK}]", _QUOTED.sub("", text)))


def asked_in(question: str, language: Language) -> Asked:
    """The question without politeness, end mark and the words for "in this library"."""
    quoted: list[str] = []

    def hold(found: re.Match[str]) -> str:
        quoted.append(found[0])
        return chr(_MARK + len(quoted) - 1) if len(quoted) <= 0xFF else found[0]

    text = _QUOTED.sub(hold, _IS_MARK.sub(" ", question))  # a copied page may have signs of its own there
    text = " ".join(text.split()).strip(" ?？。.!！")
    text = _WHICH_ONES.pattern.sub("", text).strip(" ,，?？")
    if language == "zh":
        text = _BESIDE_HAN.sub("", text)
    else:
        text = " ".join(_FILLER.pattern.sub(" ", _WORD_END.sub(" ", text)).replace("’s ", " 's ").split())
    before = ""
    while before != text:
        before, text = text, _trimmed(text, language)
    bare = _without_here(text, language)
    return Asked(bare, tuple(quoted), language, bare != text)


def _trimmed(text: str, language: Language) -> str:
    """The text without one phrase of politeness before or behind it."""
    low, gap = _lower(text), " " if language == "en" else ""
    for phrase in phrases("intents", f"polite {language}"):
        if low.startswith(phrase + gap) and len(text) > len(phrase) + 2:
            return text[len(phrase):].strip(" ,，")
    return _POLITE_END[language].pattern.sub("", text).strip(" ,，?？")


def _without_here(text: str, language: Language) -> str:
    """The text without the words that only say which library is meant."""
    for phrase in sorted(phrases("intents", f"here {language}"), key=len, reverse=True):
        if language == "en":
            found = re.search(rf"(?:^|(?<=\s)){re.escape(phrase)}(?=\s|$)", text, re.I)
        else:
            found = re.search(rf"(?<!论(?=文)){re.escape(phrase)}的?(?:，|,)?", text)  # 论文|库里
        if found:
            bare = " ".join((text[:found.start()] + text[found.end():]).split()).strip(" ,，")
            return _BE_AT_END.sub("", bare) if language == "en" else bare
    return text


def matches(asked: Asked, kind: str) -> Iterator[dict[str, str]]:
    """Slot -> text for each way in which a form of this kind of question fits the whole of it."""
    if len(asked.text) > LONGEST:
        return
    for form in forms_of(kind, asked.language):
        yield from matched(asked.text, form, asked.language)


def matched(text: str, form: Form, language: Language) -> Iterator[dict[str, str]]:
    """Slot -> text for each way in which the form fits the whole text: short slots first, and what may be missing is
    looked for first."""
    text = f"{text} " if language == "en" else text
    for found in _match(text, _lower(text), form, 0, 0, language):
        yield {name: part.strip() for name, part in found.items()}


def _match(text: str, low: str, form: Form, n: int, at: int, language: Language) -> Iterator[dict[str, str]]:
    if n == len(form):
        if at == len(text):
            yield {}
        return
    token = form[n]
    if token.slot:
        for end in range(at + 1, len(text) + 1):
            if _may_end(text, at, end, language):
                for rest in _match(text, low, form, n + 1, end, language):
                    yield {token.slot: text[at:end], **rest}
        if token.is_optional:
            yield from _match(text, low, form, n + 1, at, language)
        return
    for phrase in token.phrases.get(low[at:at + 1], ()):
        if low.startswith(phrase, at):
            yield from _match(text, low, form, n + 1, at + len(phrase), language)
    if token.is_optional:
        yield from _match(text, low, form, n + 1, at, language)


def _may_end(text: str, at: int, end: int, language: Language) -> bool:
    """Whether a slot may end here: behind a word, in Chinese not inside one of Latin letters."""
    if language == "en":
        return text[end - 1] == " " and text[at] != " "
    return not (end < len(text) and _ASCII.match(text[end - 1]) and _ASCII.match(text[end]))


@cache
def forms_of(kind: str, language: Language) -> tuple[Form, ...]:
    """The forms of one kind of question."""
    return tuple(_form(line, language) for line in phrases("intents", f"ask {kind} {language}"))


@cache
def filter_forms(language: Language) -> tuple[Form, ...]:
    """The forms of what limits the papers that are asked for."""
    return tuple(_form(line, language) for line in phrases("intents", f"filter {language}"))


def _form(line: str, language: Language) -> Form:
    return tuple(_token(word, language) for word in _PIECE.findall(line))


def _token(word: str, language: Language) -> Token:
    is_optional = word.endswith("?")
    word = word.rstrip("?")
    if word.startswith("{"):
        return Token({}, word[1:-1], is_optional)
    if word.startswith("<"):
        return Token(_by_first(word[1:-1], language), is_optional=is_optional)
    word = f"{word} " if language == "en" else word
    return Token({word[0]: (word,)}, is_optional=is_optional)


@cache
def _by_first(name: str, language: Language) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for phrase in sorted(phrases(_FILE, f"{name} {language}"), key=len, reverse=True):
        phrase = f"{phrase.lower()} " if language == "en" else phrase.lower()
        found.setdefault(phrase[0], []).append(phrase)
    return {first: tuple(some) for first, some in found.items()}


def _lower(text: str) -> str:
    low = text.lower()
    return low if len(low) == len(text) else text
