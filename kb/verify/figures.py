"""The hard facts of a sentence: its numbers and its names, in forms that can be compared across Chinese and English.

Reads: text.  Gives: sets of values and names. Used by verify.py: a number or name that no quote holds is not supported.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache

from kb.text import CJK
from kb.words import Phrases, phrases, table

# --- numbers

_LETTER_SCALE = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_DIGITS = r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w.])\.\d+"
_VALUE = Phrases(
    rf"(?<![A-Za-z\d.])(?<![A-Z]-)(?P<n>{_DIGITS})\s*"
    r"(?:(?P<scale>«numbers: scale en»|«numbers: scale zh»)|(?P<letter>[kKMBT])(?![A-Za-z])|"
    r"(?P<percent>«numbers: percent»))?")
_POWER = re.compile(r"10\s*\^\s*\{?\s*(-?\d+)\s*\}?")
_DECADE = re.compile(r"(\d{1,2})\s*世纪\s*(\d0|[一二三四五六七八九]十)\s*年代")
# Without a sign before them, NFKC would make 953 of 95³, and 10-5 of 10⁻⁵.
_SCRIPTS = re.compile("(?P<up>[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+)|(?<=[0-9])(?P<down>[₀-₉]+)")
_ZH_NUMBER = Phrases(
    r"(?<!«numbers: not after zh»)([一二两三四五六七八九十百千][零〇一二两三四五六七八九十百千万亿]*)"
    r"(?=«numbers: counted zh»)")
_EN_NUMBER = Phrases(r"\b(«numbers: word en»)\b(?!-)(?:\s+(«numbers: scale en»))?", re.IGNORECASE)
_IN_WORDS_FROM = 3  # "a", "one" and "two" are more often words than counts

Forms = frozenset[Decimal]


@cache
def _values(section: str) -> dict[str, int]:
    return {word: int(value) for word, value in table("numbers", section).items()}


@cache
def _scale() -> dict[str, int]:
    return _values("scale en") | _values("scale zh")


def numbers(text: str) -> dict[str, Forms]:
    """Each number as it is written -> the values it may stand for: "1.1 亿" and "110 million" are one, "70%" is 70 and
    0.7.

    Numbers inside names (GPT-3) are part of the name; words for one and two are not counted.
    """
    text = _SCRIPTS.sub(lambda found: ("^" if found["up"] else "_") + found[0], text)
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
    found: dict[str, Forms] = {}
    for match in _DECADE.finditer(text):
        tens = int(match[2]) if match[2].isdigit() else _values("digit zh")[match[2][0]] * 10
        found[match[0]] = frozenset({Decimal((int(match[1]) - 1) * 100 + tens)})
    text = _DECADE.sub(" ", text)
    for match in _POWER.finditer(text):
        found[match[0]] = frozenset({Decimal(10) ** int(match[1])}) if abs(int(match[1])) < 400 else frozenset()
    for match in _VALUE.finditer(_POWER.sub(" ", text)):
        try:
            value = Decimal(match["n"].replace(",", "").replace("，", ""))
        except InvalidOperation:
            continue
        forms = {value}
        if match["scale"]:
            forms = {value * _scale()[match["scale"]]}
        elif match["letter"]:
            forms = {value, value * _LETTER_SCALE[match["letter"].lower()]}
        elif match["percent"]:
            forms = {value * 10, value / 10} if match["percent"] == "成" else {value, value / 100}
        found[match[0].strip()] = frozenset(form.normalize() for form in forms)
    for match in _EN_NUMBER.finditer(text):
        value = Decimal(_values("word en")[match[1].lower()]) * (_scale()[match[2].lower()] if match[2] else 1)
        found.setdefault(match[0], frozenset({value.normalize()} if value >= _IN_WORDS_FROM else ()))
    for match in _ZH_NUMBER.finditer(text):
        value = Decimal(_zh_value(match[1]))
        found.setdefault(match[0], frozenset({value.normalize()} if value >= _IN_WORDS_FROM else ()))
    return {written: forms for written, forms in found.items() if forms}


def _zh_value(written: str) -> int:
    digits = _values("digit zh")
    total = section = digit = 0
    for character in written:
        if character in digits:
            digit = digits[character]
        elif character in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
        else:
            total += (section + digit) * (10**4 if character == "万" else 10**8)
            section = digit = 0
    return total + section + digit


def missing_numbers(sentence: str, evidence: str) -> list[str]:
    """The numbers of the sentence that the evidence does not hold in any form."""
    held = set[Decimal]().union(*numbers(evidence).values())
    return [written for written, forms in numbers(sentence).items() if not forms & held]


# --- names

_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)*")
_TITLE = re.compile(r"[《〈]([^》〉]{1,60})[》〉]")
# A run of three or more characters that Chinese spells foreign names with is one, or the greater part of one.
_FOREIGN = Phrases(
    rf"[«names: spelling zh+»]{{3,8}}(?:·[«names: spelling zh+»]{{1,8}})*|[{CJK}]{{1,6}}·[{CJK}]{{1,6}}")
_REPORTED = Phrases(
    r"(?:\s+et\s+al\b|\s+and\s+(?:colleagues|[A-Z])|['’]s\b|"
    r"\s+(?:(?:«names: reported stem en»)(?:ed|es|s|ing)?\b|(?:«names: reported en»)\b))")


@cache
def _aliases() -> dict[str, tuple[str, ...]]:
    """A name that differs between the languages -> the forms of it: Chinese, then how English texts write it."""
    groups = [tuple(line.split("/")) for line in phrases("names", "alias")]
    return {name: group for group in groups for name in group}


@cache
def _common_starts() -> frozenset[str]:
    return frozenset(phrases("names", "common start en"))


def names(text: str) -> list[str]:
    """Latin names (BERT, GPT-3, LoRA, Hinton), titles in 《》, foreign names spelt in Chinese characters, and known
    organisations."""
    found: dict[str, None] = {}
    for match in _LATIN.finditer(text):
        word = match[0]
        is_marked = any(c.isupper() for c in word[1:]) or (any(c.isdigit() for c in word) and not word.islower())
        starts = not re.search(r"\w", text[: match.start()]) or bool(
            re.search(r"[.!?:。！？：]\s*[\"“'(（*]*$", text[: match.start()])
        )
        if is_marked or (word[0].isupper() and len(word) > 1 and (not starts or _is_opening_name(text, match))):
            found[word] = None
    for match in _TITLE.finditer(text):
        found[match[1]] = None
    for match in _FOREIGN.finditer(text):
        found[match[0]] = None
    for alias in _aliases():
        if not alias.isascii() and alias in text:
            found[alias] = None
    return list(found)


def _is_opening_name(text: str, match: re.Match[str]) -> bool:
    return match[0].lower() not in _common_starts() and bool(_REPORTED.match(text, match.end()))


def missing_names(sentence: str, evidence: str, *, other_language: bool = False) -> list[str]:
    """The names of the sentence that the evidence does not hold. other_language: names spelt in one script only are not
    looked for."""
    words, joined = _name_words(evidence), _folded(evidence)
    missing = []
    for name in names(sentence):
        if not name.isascii() and other_language and name not in _aliases():
            continue
        if not any(_holds(form, words, joined, evidence) for form in _aliases().get(name.lower(), (name,))):
            missing.append(name)
    return missing


def _holds(name: str, words: set[str], joined: str, evidence: str) -> bool:
    if not name.isascii():
        return _folded(name) in joined
    folded = _folded(name.removesuffix("'s").removesuffix("’s"))
    parts = [_folded(part) for part in re.split(r"[-.]", name) if part]
    if (
        folded in words
        or folded.removesuffix("s") in words
        or folded + "s" in words
        or (len(parts) > 1 and all(part in words for part in parts))
    ):
        return True
    name = name[:-1] if name.endswith("s") and name[:-1].isupper() else name
    # LLM for "large language model"; the letters of the name begin words that follow one another.
    return (
        2 <= len(name) <= 6
        and name.isupper()
        and bool(re.search(r"\b" + r"\w*[\s-]+(?:of\s+|and\s+|the\s+)?".join(name) + r"\w*", evidence, re.IGNORECASE))
    )


def _name_words(text: str) -> set[str]:
    words: set[str] = set()
    for match in re.finditer(r"[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*", text):
        words.add(_folded(match[0]))
        words |= {_folded(part) for part in re.split(r"[-.]", match[0])}
    tokens = re.findall(r"[A-Za-z0-9.]+", text)
    return words | {_folded(a + b) for a, b in zip(tokens, tokens[1:], strict=False)}


def _folded(text: str) -> str:
    return re.sub(r"[\s\-_.'’·]", "", unicodedata.normalize("NFKC", text)).casefold()
