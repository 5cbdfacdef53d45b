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
_GRADE = re.compile(r",?\s*\(?(?:(?:graduate\s+)?student\s+|senior\s+|life\s+|associate\s+)?(?:member|fellow),?\s+"
                    r"(?:IEEE|ACM|AAAI|IET)\)?", re.IGNORECASE)
_TITLE = re.compile(r"(?:(?<=^)|(?<=\s))(?:Prof|Dr|Mr|Mrs|Ms)\.\s*|\([^()]{1,20}\)(?=\s+[A-Z])")
_LEAD = Phrases(r"^\s*(?:by|authors?|written by|作\s*者|文|著|«metadata: label speaker~»|team members?)\s*[:：/]\s*|"
                r"^\s*(?:by|and|&)\s+|^\s*(?:和|与)\s*", re.IGNORECASE)
_BREAK = re.compile(r"\s*[,，、;；|│]\s*(?:and\s+|&\s*|和)?|\s+(?:and|AND|&|und|et|·)\s+|\s*\n\s*|"
                    rf"(?<=[{CJK}])[和/／](?=[{CJK}])")
_INITIAL = re.compile(r"(?:[^\W\d_a-z]\.?[-‐]?){1,3}(?:[a-z]\.)?|[A-Z][a-z]\.")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’‐–][^\W\d_]+)*")
_LETTER_MARK = re.compile(r"[a-z](?:\s*[,*∗]\s*[a-z*∗])*|[a-z\d]{1,2}")
_BESIDE = re.compile(rf"(?<=[{CJK}\d*⁰¹²³⁴-⁹])\s*[(（][^()（）]*[{CJK}][^()（）]*[)）]")  # 王磊（某某大学）
_ALSO = re.compile(r"(?:\s+[A-Z][\w’'-]*){1,3}$")  # 王磊 WANG Lei
_PLACE = Phrases(r"(?:.*(?:«metadata: place zh»))$")
_HAN = re.compile(f"[{CJK}]+")
_HAN_NAME = re.compile(f"[{CJK}]{{2,4}}(?:·[{CJK}]{{1,8}})?")
_STUDENT = re.compile(rf"[{CJK}\d\s（）()]*(?:学院|系|级|班)[{CJK}\d\s]*\s\d{{7,12}}\s+(?P<name>[{CJK}]{{2,4}})\s*$")
_POSTAL = re.compile(r"(?<![\d-])\d{5,6}(?![\d])|\b[A-Z]{2}\s+\d{5}\b")
_GLUED = re.compile(r"([A-Z][a-z]{2,})((?:[A-Z]\.)*)((?:Mc|Mac|De|Le|La)?[A-Z][a-z]{2,}(?:-[A-Z][a-z]+)?)")  # JanMcCoy
_INITIALS = re.compile(r"(?<![a-z][A-Z]\.)(?<=[A-Z]\.)(?=[A-Z][a-z]{2,})")  # A.M.Turing
_HAN_FIRST = re.compile(rf"[^{CJK}()（）A-Za-z]{{0,4}}(?P<name>[{CJK}]{{2,4}}|[{CJK}](?:\s+[{CJK}]){{1,2}}|"
                        rf"[{CJK}]\s+[{CJK}]{{2}}|"
                        rf"[{CJK}]{{2}}\s+[{CJK}](?![{CJK}]))\s*(?P<mark>.*)")
_MISREAD = re.compile(rf"[^{CJK}()（）]{{0,8}}|[^{CJK}()（）]{{0,4}}[{CJK}][^{CJK}()（）]{{0,5}}")
_INSTITUTION = Phrases("(?:«metadata: place zh»)")
_LONGEST = 5  # words of one name
_MOST_HAN = 25  # characters of a line in which names stand without spaces
_MONTHS = ("april", "may", "june", "august")  # given names as well
_SURE = 2  # names that make others in their list likely
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
        self._is_lenient, self._may_be_close = False, True
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
        self._may_be_close = len(_HAN.findall(line)) > 0 and sum(map(len, _HAN.findall(line))) <= _MOST_HAN
        self._is_lenient = is_list and self._is_of_names(parts, is_list)
        read = [pieces for part in parts if (pieces := list(self._names_before_others(part, is_list)))]
        begun = [pieces[0][1] for pieces in read]  # after ";" follow others, at another place
        names = tuple(dict.fromkeys(name for pieces in read for name, is_name in pieces if is_name))
        n_others = sum(not is_name for pieces in read for _, is_name in pieces)
        is_line = any(begun) and len(names) > n_others - sum(begun) - (not begun[0])
        return Found(names if is_line else (), is_line, is_open)

    def _is_of_names(self, parts: list[str], is_list: bool) -> bool:
        """Whether most pieces of a list are names, and sure ones: then a word of the document may be one too."""
        self._is_lenient = False
        pieces = [piece for part in parts for piece in _pieces(part) if not _is_degree(piece) and " " in piece]
        n = sum(bool(self._split(piece, is_list)) for piece in pieces)
        return n > _SURE and n > 0.6 * len(pieces)

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
            return not (self._is_lenient and len(words) == 2 and low[0] in _MONTHS)
        if self._is_lenient:
            return False
        known = [word for word in low if len(word) > 2 and word not in _set(phrases("metadata", "particles"))]
        n_common = sum(all(half in self._small for half in re.split("[-‐–]", word)) for word in known)
        return n_common > len(known) / 2 or bool(known) and n_common == len(known)

    def _han(self, piece: str) -> tuple[str, ...]:
        first, *others = _ALSO.sub("", piece).split()
        if others and _PLACE.match(others[-1]) and self._is_han_name(first):
            return (first,)  # 王磊 湖滨大学计算机学院
        joined = _joined([first, *others])
        several = (_unspaced(word) if self._may_be_close and "·" not in word and (
            len(word) > 4 or len(word) == 4 and word[:2] not in _doubles()) else (word,) for word in joined)
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
    line = re.sub(r"[\xa0\u2000-\u200a\u202f]", " ", line)
    if graded := re.sub(r",\s*$", "", _GRADE.sub(",", line)) if _GRADE.search(line) else "":
        line = graded
    line = _INITIALS.sub(" ", re.sub(rf"^\s*\d{{7,12}}\s*(?=[{CJK}])", "", line))
    line = re.sub(r"^[\W_\u25a0-\u25ff]*[\u25a0-\u25ff\u2605\u2606][\s\u25a0-\u25ff]*(?=[^\W\d_])", "", line.strip())
    if student := _STUDENT.match(line):
        return student["name"]
    line = re.sub(rf"(?<=[{CJK}])(?:\s*[\ue000-\uf8ff])+\s*(?=[{CJK}](?![{CJK}]))", " ", line)
    line = re.sub(rf"(?<=[{CJK}⁰¹²³⁴-⁹}}])\s*\d{{7,12}}(?!\d)", "、", line)
    line = re.sub(rf"(?<=[^{CJK}\s])\s*·(?:\s+(?=[A-Z])|\s*$)", ", ", line)  # Ada Lovelace1 · Alan Turing2
    return _without_misread(_BESIDE.sub("、", line))


def _without_misread(line: str) -> str:
    """A list of Chinese names without what a recogniser read for the raised figures behind them: 薛磊1’2，王正L2."""
    parts = re.split("([,，、;；])", line)
    found = [_HAN_FIRST.match(part) for part in parts]
    marked = [m for m in found if m and _MISREAD.fullmatch(m["mark"])]
    if len(marked) < _SURE or len(marked) < sum(len(part.strip()) > 3 for part in parts) or _INSTITUTION.search(line):
        return line
    kept = (m["name"] if m and _MISREAD.fullmatch(m["mark"]) and not _goes_on_name(m) else part
            for part, m in zip(parts, found, strict=True) if m or re.search("^[,，、;；]$|[A-Za-z]{3}", part))
    return re.sub("([,，、;；])(?:[,，、;；])+", r"\1", "".join(kept)).strip(",，、;；")


def _goes_on_name(m: re.Match[str]) -> bool:
    """Whether what follows a name's first two characters is its third one: 李晓 明, 张 三 丰."""
    return len(re.sub(r"\s", "", m["name"])) < 3 and bool(re.match(f"[{CJK}]", m["mark"]))


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
        elif n == 1 and end < len(words) and len(words[end]) == 2 and words[i] in _singles():
            joined.append(words[i] + words[end])  # 张 三丰
            i = end + 1
            continue
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


def _unspaced(word: str, n_names: int = 0) -> tuple[str, ...]:
    """The names in Chinese letters without a space: cut before family names, the more frequent the better; (word,) if
    that does not come out even. n_names: how many there are, if it is known."""
    best: list[dict[int, tuple[float, tuple[str, ...]]]] = [{0: (0.0, ())}, *({} for _ in word)]  # by number of names
    order = "".join(phrases("surnames", "single"))
    for end in range(2, len(word) + 1):
        for start in range(max(0, end - 4), end - 1):
            name = word[start:end]
            is_double = name[:2] in _doubles()
            if not (is_double and len(name) > 2 or len(name) < 4 and name[0] in _singles()):
                continue
            for n, (cost, names) in best[start].items():
                cost += (0 if is_double else order.index(name[0]) / 100) + (len(name) == 2)
                if n + 1 not in best[end] or cost < best[end][n + 1][0]:
                    best[end][n + 1] = (cost, (*names, name))
    found = [one for n, one in best[-1].items() if n_names in (0, n)]
    return min(found)[1] if found else (word,)


def recounted(line: str, n_names: int) -> tuple[str, ...]:
    """The names in a line of Chinese ones in which spaces were lost, if there are so many; else ()."""
    names = _unspaced("".join(_HAN.findall(line)), n_names)
    return names if len(names) == n_names else ()


@lru_cache(maxsize=1024)  # a line is read for the title's place on its page and again for the document's metadata
def _pieces(part: str) -> tuple[str, ...]:
    line = _SCRIPT.sub("|", _LEAD.pattern.sub("", _TITLE.sub("", re.sub(r"\s+(?:and|&)\s*$", "", part))))
    line = re.sub(r"(?<=[^\W\d_])\s+[a-z](?:\s*[,，]\s*[a-z*∗]\b)*\s*(?=[,，;；*∗]|$)", "|", line)  # "Peng a, *, Guo b"
    line = re.sub(r"(?:(?<=\s)|(?<=[,，]))\d{1,2}[)）]", "|", line)  # 张晓明1),2)
    line = _MARK.sub("|", line) if "·" not in line else re.sub("[*∗†‡§¶]+", "|", line)
    bare = (piece.strip(" .:：。·•_-–—'\"()（）[]") for piece in _BREAK.split(line))
    pieces = (_GLUED.sub(r"\1 \2 \3", piece).replace("  ", " ") if _GLUED.fullmatch(piece) else piece
              for piece in (re.sub(r"^(?:and|AND|&|和)\s+", "", piece) for piece in bare))
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
    return _parted(words, True) or _parted(words, False)


def _parted(words: list[str], any_case: bool) -> tuple[str, ...]:
    """The same. any_case: whether "Le" is a particle as "le" is, and no family name."""
    names: list[list[str]] = [[]]
    for word in words:
        names[-1].append(word)
        is_particle = (word.lower() if any_case else word) in _set(phrases("metadata", "particles"))
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
