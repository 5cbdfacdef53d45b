"""Names of persons in a line of a title block, without marks, degrees and institutions.

    Names(text of the document).of("Sehoon Kim∗, Zhen Dong¹,² and 李明³, IBM Research") -> Found

A word that the document also writes small is a word and no name: no list of given names is needed. What is never a
person's is in data/words/metadata.txt, Chinese family names in surnames.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from kb.text import CJK
from kb.words import Phrases, phrases

_SCRIPT = re.compile(r"[\^_](?:\{[^}]*\}|\S)|[⁰¹²³⁴-⁾₀-₎]+|[ᵃ-ᵿ]+|[①-⓿☆★◎]+")
_MARK = re.compile(r"[?*∗\u2190-\u21ff†‡§¶‖|#♠♣♦♥⋆✉◦•·∙⊥\x80-\x9f\ue000-\uf8ff＊※]+|"
                   r"(?<=[^\s(])\s*[\[(（]\s*\d[\d,，\s*]*[\])）]|"
                   r"(?<=[^\W\d_])\s?\d[\d,*∗†]*(?![\w])|(?<=[^\W_])\s?\d+[)）]")
_CONTACT = re.compile(r"\{[^}]*\}\s*@\S+|\S+@\S+|https?://\S+|www\.\S+|(?:E-?mail|邮箱|ORCID)\s*[:：].*|<[^>]*>",
                      re.IGNORECASE)
_TITLE = re.compile(r"(?:(?<=^)|(?<=\s))(?:Prof|Dr|Mr|Mrs|Ms)\.\s*|\([^()]{1,20}\)(?=\s+[A-Z])")
_LEAD = re.compile(r"^\s*(?:by|authors?|written by|作\s*者|文|著)\s*[:：/]\s*|^\s*(?:by|and|&)\s+|^\s*(?:和|与)\s*",
                   re.IGNORECASE)
_BREAK = re.compile(r"\s*[,，、;；|│]\s*(?:and\s+|&\s*|和)?|\s+(?:and|AND|&|und|et|·)\s+|\s*\n\s*|"
                    rf"(?<=[{CJK}])[和/／](?=[{CJK}])")
_INITIAL = re.compile(r"(?:[^\W\d_a-z]\.?[-‐]?){1,3}|[A-Z][a-z]\.")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’‐–][^\W\d_]+)*")
_LETTER_MARK = re.compile(r"[a-z](?:\s*[,*∗]\s*[a-z*∗])*|[a-z\d]{1,2}")
_BESIDE = re.compile(rf"(?<=[{CJK}\d*⁰¹²³⁴-⁹])\s*[(（][^()（）]*[{CJK}][^()（）]*[)）]")  # 王磊（某某大学）
_ALSO = re.compile(r"(?:\s+[A-Z][\w’'-]*){1,3}$")  # 王磊 WANG Lei
_PLACE = Phrases(r"(?:.*(?:«metadata: place zh»))$")
_HAN = re.compile(f"[{CJK}]+")
_HAN_NAME = re.compile(f"[{CJK}]{{2,4}}(?:·[{CJK}]{{1,8}})?")
_STUDENT = re.compile(rf"[{CJK}\d\s（）()]*(?:学院|系|级|班)[{CJK}\d\s]*\s\d{{7,12}}\s+(?P<name>[{CJK}]{{2,4}})\s*$")
_POSTAL = re.compile(r"(?<![\d-])\d{5,6}(?![\d])|\b[A-Z]{2}\s+\d{5}\b")
_LONGEST = 5  # words of one name
_MANY = 36  # times a Chinese "name" stands in a document that is a word of it


class Found(NamedTuple):
    """The names in a line. is_line: whether it begins with a name and more of it are names than not.  is_open: whether
    the list goes on in the next line."""

    names: tuple[str, ...]
    is_line: bool
    is_open: bool


class Names:
    """Finds names in the lines of one document. text: of its pages, to know which words are words there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._read: dict[str, Found] = {}  # a line is asked for by each title that may stand above it

    @cached_property
    def _small(self) -> frozenset[str]:
        text = re.sub(r"\{[^}]{1,300}\}\s*@\S+|\S*[@/]\S*", " ", self._text)  # addresses have names in small letters
        return frozenset(re.findall(r"(?<![^\W_])[a-zà-öø-ÿ]{3,}", text))

    def labelled(self, value: str) -> tuple[str, ...]:
        """The names in what a cover says of its author: no word of the document counts against them."""
        return Names("").of(value).names

    def of(self, line: str) -> Found:
        """The names in a line of a title block."""
        if line not in self._read:
            self._read[line] = self._names(line)
        return self._read[line]

    def _names(self, line: str) -> Found:
        line = _plain_line(_CONTACT.sub(" ", line))
        if _POSTAL.search(line):
            return Found((), False, False)
        is_open = bool(re.search(r"(?:[,，、;；&·]|\band|\bAND)\s*(?:[\^_]\S+|[*∗†‡])*\s*$", line))
        parts = [_turned(part) for part in re.split(r"\s*[;；]\s*", line)]
        is_list = bool(re.search(r"[,，、;；]", line))
        read = [pieces for part in parts if (pieces := list(self._names_before_others(part, is_list)))]
        begun = [pieces[0][1] for pieces in read]  # after ";" follow others, at another place
        names = tuple(dict.fromkeys(name for pieces in read for name, is_name in pieces if is_name))
        n_others = sum(not is_name for pieces in read for _, is_name in pieces)
        is_line = any(begun) and len(names) > n_others - sum(begun) - (not begun[0])
        return Found(names if is_line else (), is_line, is_open)

    def _names_before_others(self, part: str, is_list: bool) -> Iterator[tuple[str, bool]]:
        """(piece, is it a name), up to the first institution: what follows is its address."""
        found = [piece for piece in _pieces(part) if not _is_degree(piece)]
        for piece in found:
            several = self._split(piece, is_list)
            if len(several) == 1 and not _HAN.search(piece) and " " not in piece and len(found) > 1:
                several = ()  # a place behind a comma, or half a name
            yield from ((name, True) for name in several) if several else ((piece, False),)
            if not several and len(piece) > 3:
                return

    def _split(self, piece: str, is_list: bool) -> tuple[str, ...]:
        """The names in a piece without commas: one, or several that only spaces part. () if it is none."""
        if _HAN.search(piece):
            return self._han(piece)
        words = piece.split()
        if not words or not all(_is_word_of_name(word) for word in words) or self._is_prose(words):
            return ()
        if len(words) > 4 or len(words) == 4 and not is_list and not _is_one_of_four(words):
            return _apart(words)
        is_name = (len(words) > 1 or len(piece) > 3 and piece[1:].islower()) and len(words) <= _LONGEST
        return (" ".join(words),) if is_name and any(len(word.strip(".")) > 1 for word in words) else ()

    def _is_prose(self, words: list[str]) -> bool:
        """Whether most of these words are words of the document, or one is that of an institution."""
        low = [word.strip(".,'’").lower() for word in words]
        others = _set(phrases("metadata", "affiliation")) | _set(phrases("metadata", "no name"))
        if any(word in others for word in low if len(word) > 1):
            return True
        known = [word for word in low if len(word) > 2 and word not in _set(phrases("metadata", "particles"))]
        n_common = sum(all(half in self._small for half in re.split("[-‐–]", word)) for word in known)
        return n_common > len(known) / 2 or bool(known) and n_common == len(known)

    def _han(self, piece: str) -> tuple[str, ...]:
        first, *others = _ALSO.sub("", piece).split()
        if others and _PLACE.match(others[-1]) and self._is_han_name(first):
            return (first,)  # 王磊 湖滨大学计算机学院
        joined = _joined([first, *others])
        several = (_unspaced(word) if len(word) > 4 and "·" not in word else (word,) for word in joined)
        joined = [name for names in several for name in names]
        names = [word for word in joined if self._is_han_name(word)]
        return tuple(names) if names and len(names) == len(joined) else ()

    def _is_han_name(self, word: str) -> bool:
        if not _HAN_NAME.fullmatch(word) or word in phrases("metadata", "province"):
            return False
        length = len(word.split("·")[0])
        is_double = word[:2] in _doubles()
        if "·" not in word and not (is_double and length > 2 or word[0] in _singles() and length < 4):
            return False
        return self._text.count(word) < (_MANY if len(word) > 2 else _MANY // 3)


@lru_cache(maxsize=1024)
def _plain_line(line: str) -> str:
    """A line without what stands before and between names: bullets, schools and numbers of students."""
    line = re.sub(r"^[\W_\u25a0-\u25ff]*[\u25a0-\u25ff\u2605\u2606][\s\u25a0-\u25ff]*(?=[^\W\d_])", "", line.strip())
    if student := _STUDENT.match(line):
        return student["name"]
    line = re.sub(rf"(?<=[{CJK}])(?:\s*[\ue000-\uf8ff])+\s*(?=[{CJK}](?![{CJK}]))", " ", line)
    line = re.sub(rf"(?<=[{CJK}⁰¹²³⁴-⁹}}])\s*\d{{7,12}}(?!\d)", "、", line)
    line = re.sub(rf"(?<=[^{CJK}\s])\s*·(?:\s+(?=[A-Z])|\s*$)", ", ", line)  # Ada Lovelace1 · Alan Turing2
    return _BESIDE.sub("、", line)


def _joined(words: list[str]) -> list[str]:
    """The words with single characters put to names: 何 穗, 李晓 明, 王 小 明."""
    joined: list[str] = []
    i = 0
    while i < len(words):
        end = next((k for k in range(i, len(words)) if len(words[k]) != 1), len(words))
        n = end - i
        if n % 2 and joined and len(joined[-1]) == 2 and len(words[i - 1]) == 2:
            joined[-1] += words[i]
            i, n = i + 1, n - 1
        if n == 3:
            joined.append("".join(words[i:end]))
        else:
            joined += ["".join(words[k:min(k + 2, end)]) for k in range(i, end, 2)]
        joined += words[end:end + 1]
        i = end + 1
    return joined


def _turned(part: str) -> str:
    """ "Bonnichsen, Lars Frydendal" between semicolons, the other way round."""
    family, comma, given = part.partition(",")
    family, given = family.strip(), given.strip()
    is_turned = comma and "," not in given and family and " " not in family and given[:1].isupper()
    return f"{given} {family}" if is_turned and len(given.split()) < 3 else part


def _unspaced(word: str) -> tuple[str, ...]:
    """The names in Chinese letters without a space: cut before family names, the more frequent the better; (word,) if
    that does not come out even."""
    best: list[tuple[float, tuple[str, ...]] | None] = [(0.0, ())] + [None] * len(word)
    order = "".join(phrases("surnames", "single"))
    for end in range(2, len(word) + 1):
        for start in range(max(0, end - 4), end - 1):
            before, name = best[start], word[start:end]
            is_double = name[:2] in _doubles()
            if before is None or not (is_double and len(name) > 2 or len(name) < 4 and name[0] in _singles()):
                continue
            cost = before[0] + (0 if is_double else order.index(name[0]) / 100) + (len(name) == 2)
            now = best[end]
            if now is None or cost < now[0]:
                best[end] = (cost, (*before[1], name))
    found = best[-1]
    return found[1] if found else (word,)


@lru_cache(maxsize=1024)  # a line is read for the title's place on its page and again for the document's metadata
def _pieces(part: str) -> tuple[str, ...]:
    line = _SCRIPT.sub("|", _LEAD.sub("", _TITLE.sub("", re.sub(r"\s+(?:and|&)\s*$", "", part))))
    line = re.sub(r"(?<=[^\W\d_])\s+[a-z](?:\s*[,，]\s*[a-z*∗]\b)*\s*(?=[,，;；*∗]|$)", "|", line)  # "Peng a, *, Guo b"
    line = re.sub(r"(?:(?<=\s)|(?<=[,，]))\d{1,2}[)）]", "|", line)  # 张晓明1),2)
    line = _MARK.sub("|", line) if "·" not in line else re.sub("[*∗†‡§¶]+", "|", line)
    bare = (piece.strip(" .:：。·•_-–—'\"()（）[]") for piece in _BREAK.split(line))
    pieces = (re.sub(r"^(?:and|AND|&|和)\s+", "", piece) for piece in bare)
    return tuple(piece for piece in pieces if piece and not _LETTER_MARK.fullmatch(piece) and not piece.isdigit())


def _is_degree(piece: str) -> bool:
    return piece.lower().strip(".") in _degrees()


@cache
def _degrees() -> frozenset[str]:
    return frozenset(degree.strip(".") for degree in phrases("metadata", "degrees"))


def _is_word_of_name(word: str) -> bool:
    if word.lower() in _set(phrases("metadata", "particles")):
        return True
    if _INITIAL.fullmatch(word) and word[0].isupper():
        return True
    return bool(_WORD.fullmatch(word)) and (word[0].isupper() or word[:2].lower() in ("d'", "d’", "o’", "o'"))


def _is_one_of_four(words: list[str]) -> bool:
    """Whether four words are one name: an initial or a particle within, "Nina van der Berg"."""
    return any(len(word.strip(".")) == 1 or word.lower() in _set(phrases("metadata", "particles")) for word in words)


def _apart(words: list[str]) -> tuple[str, ...]:
    """Names that only spaces part: a given name, initials and particles, a family name. () if a word is left over."""
    names: list[list[str]] = [[]]
    for word in words:
        names[-1].append(word)
        is_particle = word.lower() in _set(phrases("metadata", "particles"))
        is_within = len(word.strip(".")) == 1 or word.endswith(".") or is_particle
        if len(names[-1]) > 1 and not is_within:
            names.append([])
    if names[-1]:
        return ()
    return tuple(" ".join(name) for name in names[:-1])


@cache
def _set(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words)


@cache
def _singles() -> frozenset[str]:
    return frozenset("".join(phrases("surnames", "single")))


@cache
def _doubles() -> frozenset[str]:
    return frozenset(phrases("surnames", "double"))


def is_person(name: str) -> bool:
    """Whether a declared author is written as a person's name or an organisation's, and not as an account of a
    computer."""
    is_account = bool(re.fullmatch(r"[a-z\d_.\- ]+|[A-Z\d_\-]{5,}\d*|\d+", name.strip()))
    return not is_account and name.strip().lower() not in _set(phrases("metadata", "producers"))


def is_institution(name: str) -> bool:
    """Whether the name is that of a university, a department or a firm."""
    return any(word.strip(".,").lower() in _set(phrases("metadata", "affiliation")) for word in name.split())
