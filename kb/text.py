"""Text as it is searched and cut: language, sentences, search tokens, normalisation.

Used by readers (mend), chunk.py (sentences), lexical.py and quotes.py (tokens). Every function keeps offsets into the
text it was given.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from operator import add
from typing import NamedTuple

from kb.types import Language
from kb.words import Phrases, phrases

# Han ideographs that stand for words: unified blocks A-H, compatibility ideographs, and the iteration mark.
CJK = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_CJK_CHAR = re.compile(f"[{CJK}]")
_CJK_RUN = re.compile(f"[{CJK}]+")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")


def guess_language(text: str) -> Language:
    """The language of most of a text: "zh" if Han characters outnumber Latin words, else "en".

    A Chinese question full of English terms is still Chinese.
    """
    return "zh" if len(_CJK_CHAR.findall(text)) > len(_LATIN_WORD.findall(text)) else "en"


# --- mending

# CJK Radicals Supplement (U+2E80-2EFF): NFKC mends only U+2E9F and U+2EF3 of them. The shapes PDF fonts emit for whole
# characters.
_RADICALS = {
    ord(pair[0]): pair[1] for pair in
    ("⺁厂 ⺂乛 ⺃乚 ⺄乙 ⺅亻 ⺆冂 ⺇几 ⺈刀 ⺉刂 ⺊卜 ⺋㔾 ⺌小 ⺍小 ⺎兀 ⺏尣 ⺐尢 ⺑尢 ⺒巳 ⺓幺 ⺔彑 ⺕彐 ⺖忄 "
     "⺗心 ⺘扌 ⺙攵 ⺛旡 ⺜日 ⺝月 ⺞歺 ⺟母 ⺠民 ⺡氵 ⺢氺 ⺣灬 ⺤爫 ⺥爫 ⺦丬 ⺧牛 "
     "⺨犭 ⺩王 ⺪疋 ⺫目 ⺬示 ⺭礻 ⺮竹 ⺯糹 ⺰纟 ⺱罓 ⺲罒 ⺳网 ⺴网 ⺵网 ⺶羊 ⺷羊 ⺸羋 ⺹耂 ⺺聿 ⺻聿 ⺼肉 ⺽臼 "
     "⺾艹 ⺿艹 ⻀艹 ⻁虎 ⻂衤 ⻃覀 ⻄西 ⻅见 ⻆角 ⻇角 ⻈讠 ⻉贝 ⻊足 ⻋车 ⻌辶 ⻍辶 "
     "⻎辶 ⻏邑 ⻐钅 ⻑長 ⻒镸 ⻓长 ⻔门 ⻕阜 ⻖阝 ⻗雨 ⻘青 ⻙韦 ⻚页 ⻛风 ⻜飞 ⻝食 ⻞飠 ⻟飠 ⻠饣 ⻡首 ⻢马 ⻣骨 "
     "⻤鬼 ⻥鱼 ⻦鸟 ⻧卤 ⻨麦 ⻩黄 ⻪黾 ⻫斉 ⻬齐 ⻭歯 ⻮齿 ⻯竜 ⻰龙 ⻱龜 ⻲亀 ⻳龟 "
     ).split()
}
# Full-width punctuation and CJK symbols stay as the author wrote them; letters in mathematics, ligatures, radicals and
# presentation forms are mended.
_COMPATIBILITY = re.compile(
    "[\u2f00-\u2fdf\u2e80-\u2eff\uf900-\ufaff\ufb00-\ufb4f\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff\U0002f800-\U0002fa1f]+"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f\ufffe\uffff]")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # what str.splitlines breaks at
# Soft hyphens, zero-width spaces and no-breaks, invisible operators, marks of direction. Joiners stay where a script
# (Arabic, those of India) or an emoji needs them.
_IN_WORDS = re.compile("[\u00ad\u200b\u200e\u200f\u061c\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]|"
                       "(?<![\u0590-\u10ff\u1200-\u1cff\u2190-\u2bff\ua800-\uabff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]+")
_VARIANT = re.compile(f"(?<=[{CJK}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_WIDE_POINT = re.compile(r"(?<=\d)\uff0e(?=\d)")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u061c\u00ad]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def mend(text: str) -> str:
    """Repair what decoders and PDF fonts leave behind; what it gave, it gives again.

    NFC, so that an accented letter is one character however it was typed; NFKC for compatibility characters
    (ligatures, Kangxi and CJK radicals, full-width letters and digits, with the point between two of them). Line ends
    of every kind become "\n"; characters without width inside words, NUL and other control characters are removed
    (SQLite's full-text search stops at NUL), lone surrogates replaced by U+FFFD. Full-width punctuation is kept: it is
    what the author wrote.
    """
    text = _CONTROL.sub("", _SURROGATE.sub("\ufffd", _LINE_BREAK.sub("\n", text)))
    if text.isascii():
        return text
    text = _IN_WORDS.sub("", unicodedata.normalize("NFC", text))
    text = _COMPATIBILITY.sub(lambda found: unicodedata.normalize("NFKC", found.group().translate(_RADICALS)), text)
    return unicodedata.normalize("NFC", _VARIANT.sub("", _WIDE_POINT.sub(".", text)))


def one_line(text: str, limit: int = 300) -> str:
    """A title or name for display: one line, without bidirectional, zero-width and control characters, at most `limit`
    characters."""
    text = " ".join(_INVISIBLE.sub("", mend(text)).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def in_markdown(text: str) -> str:
    """One line that Markdown shows as it is: it neither loads an image nor makes a link or a tag."""
    return re.sub(r"([\[\]!`*_<>|\\])", r"\\\1", one_line(text, 20_000))


# --- sentences

_CLOSERS = "”’」』）)】》〉\"'］]*_"
_LINE_STARTS_BLOCK = Phrases(
    r"[ \t]*(?:(?:«marks: bullet»)\s|\d{1,3}[.)、．]\s*|[（(]\d{1,3}[)）]|#{1,6}\s|\||>|```|~~~|\$\$|:::|\[\d+\])")
_LIST_MARK = Phrases(
    r"\s*(?:(?:«marks: bullet»)\s+|\d{1,3}(?:[.)]\s+|[、．]\s*|[.)](?=[\u4e00-\u9fff]))|"
    r"[（(]\d{1,3}[)）]\s*|>\s*|#{1,6}\s+)*")
_TERMINATOR = re.compile(r"[。｡！？!?…．]+|\.+|\n+")
_SHIELD = re.compile(r"\$\$|\$(?=\S)[^$\n]{1,300}?(?<=\S)\$|\\\[|\\\(|`[^`\n]+`")
_FENCE_OR_SHIELD = re.compile(f"```|~~~|{_SHIELD.pattern}")
_CLOSED_BY = {"$$": "$$", r"\[": r"\]", r"\(": r"\)", "```": "```", "~~~": "~~~"}


def shielded_spans(text: str, start: int = 0, end: int | None = None, *, fences: bool = False) -> list[tuple[int, int]]:
    """The spans of formulas, `code` and, if asked for, fenced code, in which nothing is cut. What does not close is no
    formula, and a fence to the end. One pass, however many there are that do not close."""
    stop = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    never: set[str] = set()  # what closes nothing from here on
    position, pattern = start, _FENCE_OR_SHIELD if fences else _SHIELD
    while found := pattern.search(text, position, stop):
        opening, position = found.group(), found.end()
        if closing := _CLOSED_BY.get(opening):
            at = -1 if closing in never else text.find(closing, position + (len(closing) == 2), stop)
            if at < 0 and opening not in ("```", "~~~"):
                never.add(closing)
                position = found.start() + 1
                continue
            position = stop if at < 0 else at + len(closing)
        spans.append((found.start(), position))
    return spans


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Spans of the sentences of text[start:end], in order and without gaps: together they are the whole text.

    Chinese ends at 。！？ and …, English at . ! ? before a space and a likely beginning (not after abbreviations,
    initials, numbers). Closing quotes and brackets and the white space after belong to the sentence before. A blank
    line, and a line break before a list item, heading or table row, end one too. Nothing is cut inside $…$, \\(…\\) or
    `…`.
    """
    stop = len(text) if end is None else end
    shielded = iter(shielded_spans(text, start, stop))
    shield = next(shielded, None)
    spans: list[tuple[int, int]] = []
    begin = seen = start
    for found in _TERMINATOR.finditer(text, start, stop):
        while shield is not None and shield[1] <= found.start():
            shield = next(shielded, None)
        if shield is not None and shield[0] <= found.start() or found.start() < max(begin, seen):
            continue
        cut = _end_of_sentence(text, found, begin, stop)
        if cut is None:
            continue
        seen = cut
        if text[begin:cut].strip():
            spans.append((begin, cut))
            begin = cut
        elif spans:
            spans[-1] = (spans[-1][0], cut)
            begin = cut
    if begin < stop:
        if spans and not text[begin:stop].strip():
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((begin, stop))
    return spans


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without surrounding white space and without a list mark, quote mark or heading mark at its beginning."""
    found = _LIST_MARK.match(text, start, end)
    start = found.end() if found else start
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end


def statements(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences of a text as they are quoted: `sentence_spans`, each trimmed; none is empty."""
    spans = [trim(text, start, end) for start, end in sentence_spans(text)]
    return [(start, end) for start, end in spans if start < end]


def _end_of_sentence(text: str, found: re.Match[str], begin: int, stop: int) -> int | None:
    """Where the sentence that may end at this mark ends (white space included), or None if it goes on."""
    mark, position = found.group(), found.end()
    if mark[0] == "\n":
        if (
            len(mark) > 1
            or _LINE_STARTS_BLOCK.match(text, position, stop)
            or text[position : position + 40].split("\n")[0].strip() == ""
        ):
            return _skip_space(text, position, stop)
        return None
    while position < stop and text[position] in _CLOSERS:
        position += 1
    following = text[position] if position < stop else ""
    if mark == "．" and _is_no_end(text[max(begin, found.start() - 24):found.start()], following):
        return None
    if mark[0] in "。｡！？．":
        return _skip_space(text, position, stop)
    if mark[0] in "!?":
        after_cjk = found.start() > 0 and _CJK_CHAR.match(text[found.start() - 1])
        return _skip_space(text, position, stop) if following.isspace() or not following or after_cjk else None
    if mark[0] == "…" or len(mark) > 2:
        return (
            _skip_space(text, position, stop)
            if not following or (following.isspace() and _begins_sentence(text, position, stop))
            else None
        )
    # a full stop
    before = text[max(begin, found.start() - 24):found.start()]
    if before and _CJK_CHAR.match(before[-1]):
        return None if following.isascii() and following.isalnum() else _skip_space(text, position, stop)
    if following and not following.isspace():
        return None
    word = re.split(r"[\s(（\[“\"]", before)[-1].lower() if before else ""
    if word in _abbreviations() or re.fullmatch(r"(?:[a-z]\.)*[a-z]", word) and (len(word) > 1 or before[-1].isupper()):
        return None
    if word.isdigit() and not before.rstrip("0123456789").strip():
        return None  # "1. First item"
    return _skip_space(text, position, stop) if not following or _begins_sentence(text, position, stop) else None


def _is_no_end(before: str, following: str) -> bool:
    """Whether a full-width point stands in a number or a name (70．6, e．g．, Node．js), or after the number of a line
    (１．引言) or of a figure (图2．)."""
    if before[-1:].isalnum() and following.isalnum() and not _CJK_CHAR.match(before[-1]):
        return not _CJK_CHAR.match(following) or bool(_NUMBER_OF.search(before))
    return False


_NUMBER_OF = re.compile(r"(?:^|\n|[图表式节章])\s*[\d．.]+$|[图表式]\s*[\d．.\-－]+$")


def _skip_space(text: str, position: int, stop: int) -> int:
    while position < stop and text[position].isspace():
        position += 1
    return position


def _begins_sentence(text: str, position: int, stop: int) -> bool:
    position = _skip_space(text, position, stop)
    return position >= stop or not text[position].islower()


# --- search tokens


class Token(NamedTuple):
    """A search term and where it stands in the text."""

    term: str
    start: int
    end: int


TERMS_VERSION = 3  # of what follows: a full-text index of another one is made anew

_COMMA = "[,，\u2009\u202f]"  # between thousands, narrow spaces as well
_TOKEN = re.compile(
    rf"[{CJK}]+|(?<![\w.])\d{{1,3}}(?:{_COMMA}\d{{3}})+(?:\.\d+)?(?!\w)|"
    rf"[^\W_{CJK}]+(?:[-\u2010-\u2013'’.][^\W_{CJK}]+)*")
_NUMBER = re.compile(
    rf"(?<![^\W_])(?<!\.)(?:\d+(?:{_COMMA}\d{{3}})*\.\d+|\d{{1,3}}(?:{_COMMA}\d{{3}})+)(?![\w]|\.\d)")
_SCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
_PART = re.compile(rf"{_NUMBER.pattern}|[^\W_{_SCRIPTS}]+|[{_SCRIPTS}]+")
_RAISED_NUMBER = re.compile(r"\d[⁰¹²³⁴⁵⁶⁷⁸⁹]")
# British endings and the American ones; what comes out need be no word, only the same for both.
_SPELLING = (
    (re.compile(r"(?<=\w{3})is(?=(?:e|ed|er|ers|ing|ation|ations|able)$)"), "iz"),
    (re.compile(r"(?<=\w{3})ys(?=(?:e|ed|er|ers|ing)$)"), "yz"),
    (re.compile(r"(?<=\w{2})our(?=(?:ed|ing|al|able|ite|hood)?$)"), "or"),
    (re.compile(r"(?<=\w{3})ll(?=(?:ed|ing|er)$)"), "l"),
    (re.compile(r"(?<=\w{3})tre$"), "ter"),
    (re.compile(r"(?<=\w{4})ogue$"), "og"),
    (re.compile(r"(?<=\w{3})ence$"), "ense"),
)


def search_tokens(text: str) -> list[Token]:
    """Terms for BM25 in reading order: Han characters and their bigrams, lower-case words without plural endings.

    "GPT-3" gives gpt, 3 and gpt3, so that "GPT3" finds it; a number is one term however its thousands are parted,
    1.5 is not 15 and 95³ not 953. Accents on Latin letters count for nothing. Traditional characters are found by
    simplified ones and the other way about, British spellings by American ones. NFKC and case folding are applied to
    each term, offsets are the original's. Character bigrams beat a segmenter for Chinese (recall@1 on CMRC2018 dev:
    bigrams .953, jieba .956 at 7 times the cost).
    """
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text):
        word, at = found.group(), found.start()
        if _CJK_RUN.match(word):
            tokens += [Token(term, at + i // 2, at + i // 2 + 1 + i % 2) for i, term in enumerate(_han_terms(word))]
            continue
        parts = list(_PART.finditer(word))
        places = [(at + part.start(), at + part.end()) for part in parts] + [(at, found.end())]
        tokens += [Token(term, *place) for term, place in zip(_word_terms(word), places, strict=False)]
    return tokens


def search_terms(text: str) -> list[str]:
    """The terms of `search_tokens` alone, three times as fast."""
    terms: list[str] = []
    for word in _TOKEN.findall(text):
        terms += _han_terms(word) if _CJK_RUN.match(word) else _word_terms(word)
    return terms


def _han_terms(run: str) -> list[str]:
    """Characters and bigrams of a run in turn: 大, 大模, 模, 模型, 型."""
    run = simplified(run)
    terms = [run[-1]] * (2 * len(run) - 1)
    terms[::2] = run
    terms[1::2] = map(add, run, run[1:])
    return terms


@lru_cache(maxsize=200_000)
def _word_terms(word: str) -> tuple[str, ...]:
    parts = _PART.findall(word)
    is_joined = len(parts) > 1 and len(word) <= 40 and not _RAISED_NUMBER.search(word)  # 10⁵ is not 105
    joined = (_stem("".join(_number(part) for part in parts)),) if is_joined else ()
    return (*map(_stem, parts), *joined)


def _stem(word: str) -> str:
    """Case-folded word without its plural ending, in American spelling; a number without what parts its thousands.
    Source: the S-stemmer of Harman 1991, "How effective is suffixing?", Table 1."""
    word = _fold(_number(word))
    if len(word) > 3 and word.isascii() and word[-1].isalpha():
        if word.endswith("ies") and not word.endswith(("eies", "aies")):
            word = word[:-3] + "y"
        elif word.endswith("es") and not word.endswith(("aes", "ees", "oes")) or (
            word.endswith("s") and not word.endswith(("us", "ss"))
        ):
            word = word[:-1]
        if len(word) > 4:
            word = _american(word)
    return word


def _american(word: str) -> str:
    for pattern, replacement in _SPELLING:
        word = pattern.sub(replacement, word)
    return word


def _number(part: str) -> str:
    """1,234.5 as 1234dot5: FTS5 would cut it at the point."""
    return re.sub(_COMMA, "", part).replace(".", "dot") if _NUMBER.fullmatch(part) else part


def _fold(word: str) -> str:
    """In small letters, Latin ones without their accents: "Schrodinger" finds "Schrödinger"."""
    if word.isascii():
        return word.lower()
    word = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", word))


_ACCENTED = re.compile("([a-z])[\u0300-\u036f]+")


def simplified(text: str) -> str:
    """The text with every traditional character as its simplified one; as long as it was."""
    return text.translate(_simplified()) if _CJK_CHAR.search(text) else text


@cache
def _simplified() -> dict[int, str]:
    """Source: the character table of OpenCC."""
    import opencc

    characters = [chr(code) for first, end in ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
                  for code in range(first, end)]
    found = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, found, strict=True) if old != new and len(new) == 1}


# Words that carry a question's form, not its subject: left out of questions (never of passages).
_STOP_ZH = Phrases("«stop: question zh»")


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(phrases("abbreviations", "en"))


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(phrases("stop", "question en"))


def question_tokens(question: str) -> list[Token]:
    """The terms of a question that say what it is about, in order; all its terms if nothing would be left.

    Interrogatives and function words are cut out before the Chinese bigrams are made, so none straddles a cut.
    """
    masked = _STOP_ZH.pattern.sub(lambda found: " " * len(found.group()), simplified(question))
    stop_words = _stop_words()
    tokens = [token for token in search_tokens(masked) if token.term not in stop_words]
    return tokens or search_tokens(question)
