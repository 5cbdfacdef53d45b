"""Bytes to text: which encoding is it?

Order: byte order mark, the pattern of NUL bytes (UTF-16/32), strict UTF-8, then the likeliest of the old encodings by
the letters it would give. charset-normalizer alone got 8 of 83 short cp1252 texts and 20 of 26 short GBK texts right,
so it only names the best guess when nothing fits.
"""

from __future__ import annotations

import codecs
import re

from kb.errors import FileProblem, note
from kb.readers import Limits
from kb.readers.extract import too_long
from kb.text import mend
from kb.types import Note

_SAMPLE = 64 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = re.compile(b"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WORDS = re.compile(rb"[A-Za-z0-9\s,.]")
_LEAST_PER_SLIP = 8  # bytes of a text for each NUL that is none of its own
# Below this a candidate gives letters that no language puts together.
_PLAUSIBLE = 0.45


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """(text, name of the encoding).

    encoding: what the user says it is; then up to one byte in a hundred may be wrong and becomes U+FFFD.
    Errors: FileProblem E_ENCODING with the best guess, "binary" when it looks like no text at all.
    """
    if encoding:
        return _decode_as_told(data, encoding)
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _strictly(data, name)
    sample = data[:_SAMPLE]
    # a stray NUL or two is a slip of some program
    is_binary = len(_BINARY.findall(sample)) > max(2, len(sample) // 100)
    if b"\0" in sample and not _is_slip(sample):
        wide = _wide_encoding(sample)
        if wide:
            return _strictly(data, wide)
        if is_binary:
            raise FileProblem("E_ENCODING", guess="binary")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start > 0 and _share_of_bad_bytes(sample, "utf-8") < 0.01:
            raise FileProblem("E_ENCODING", guess="utf-8") from error
    if is_binary:
        raise FileProblem("E_ENCODING", guess="binary")
    score, name = max((_score(sample, name), name) for name in _SCORES)
    if score < _PLAUSIBLE:
        raise FileProblem("E_ENCODING", guess=_best_guess(sample, name))
    return _strictly(data, name)


def read_text(data: bytes, limits: Limits, encoding: str | None) -> tuple[str, tuple[Note, ...]]:
    """(mended text, notes on characters that could not be decoded), within the limits. Errors: FileProblem E_ENCODING,
    E_TOO_BIG."""
    text, _ = decode(data, encoding)
    text = mend(text)
    if len(text) > limits.max_characters:
        raise FileProblem("E_TOO_BIG", **too_long(len(text), limits.max_characters))
    n_replaced = text.count("\ufffd") if encoding else 0
    return text, (note("N_UNDECODED", n=n_replaced), ) if n_replaced else ()


def _strictly(data: bytes, name: str) -> tuple[str, str]:
    try:
        return data.decode(name), name
    except UnicodeDecodeError as error:
        raise FileProblem("E_ENCODING", guess=name) from error


def _decode_as_told(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        name = codecs.lookup(encoding).name
        text = data.decode(name, "replace")
    except (LookupError, UnicodeError, ValueError) as error:
        raise FileProblem("E_ENCODING", guess=_best_guess(data[:_SAMPLE], "utf-8")) from error
    if text.count("\ufffd") > max(1, len(text) // 100):
        raise FileProblem("E_ENCODING", guess=_best_guess(data[:_SAMPLE], "utf-8"))
    return text.removeprefix("\ufeff"), name


def _is_slip(sample: bytes) -> bool:
    """Whether the NULs are few among what is words without them: a slip of some program in a text of single bytes.
    Chinese in UTF-16 has few NULs too, but its bytes by themselves are no words."""
    n_nuls = sample.count(b"\0")
    if len(sample) < _LEAST_PER_SLIP * n_nuls:
        return False
    rest = sample.replace(b"\0", b"")
    if rest.isascii():
        return len(_WORDS.findall(rest)) >= 0.9 * len(rest)
    try:
        return sum(c.isalpha() and c > "\x7f" for c in rest.decode("utf-8")) > 1
    except UnicodeDecodeError:
        return False


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 by what reads as text, or None; Chinese text has NUL bytes in its line ends, digits, spaces and
    in 一."""
    sample = sample[: len(sample) // 4 * 4]
    # Nothing else reads as UTF-32: each four bytes would have to be below 0x110000.
    for name in ("utf-32-le", "utf-32-be"):
        if _readable(sample, name) >= 0.95:
            return name
    # Chinese has NULs on both sides (U+4E00 is 00 4E): what reads as text decides, not where more NULs stand.
    # Only between equals does that decide: each letter of "hello" is Chinese the wrong way round.
    readable, _, name = max((_readable(sample, name), sample[first::2].count(0), name)
                            for name, first in (("utf-16-le", 1), ("utf-16-be", 0)))
    return name if readable >= 0.95 else None


def _readable(sample: bytes, name: str) -> float:
    """Share of ASCII, Latin and East Asian characters when read as `name`; line ends and spaces read the wrong way
    round are none."""
    text = sample.decode(name, "replace")
    good = sum(c in "\r\n\t\f" or "\x20" <= c <= "\u024f" or "\u2010" <= c <= "\u206f" or "\u3000" <= c <= "\u30ff" or
               "\u4e00" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" or "\uff00" <= c <= "\uffee" for c in text)
    return good / max(1, len(text))


def _share_of_bad_bytes(sample: bytes, name: str) -> float:
    text = sample.decode(name, "replace")
    n_multibyte = sum(ord(character) > 127 and character != "\ufffd" for character in text)
    # One wrong byte in English says nothing; only real multi-byte letters make a file UTF-8.
    return text.count("\ufffd") / n_multibyte if n_multibyte else 1.0


def _best_guess(sample: bytes, otherwise: str) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample[:8192]).best()
    return best.encoding if best is not None else otherwise


# --- how much like a language

# The most frequent characters of running text; common words of the other languages would be found under many wrong
# encodings.
_FREQUENT_HANS = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处"
    "走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告"
    "类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运模型训练据网络习络词句语言深算任务输入输出层参数")
_FREQUENT_HANT = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實"
    "日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處"
    "走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告"
    "類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運模型訓練據網路習詞句語言深算任務輸入輸出層參數")
_FREQUENT_HANGUL = frozenset(
    "이다는을의에가고하지은를사한기로도어자나리시인대있아일해서정들그보수스제전으게라만부"
    "주면여구모없장과것조원상생당성요유위선국공학우연안문화동경관용비세마")
_PUNCTUATION = frozenset("，。、；：？！“”‘’（）《》〈〉【】「」『』—…·　％～－")
_LATIN_LETTERS = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœßÀÁÂÄÅÆÇÈÉÊËÍÎÏÑÓÔÖØÙÚÛÜŒšžŠŽ")
_LATIN_SIGNS = frozenset("\u2018\u2019\u201c\u201d–—…•€£©®°§«»\xa0·±²³µ½¼×™¡¿ºª´")


def _score(sample: bytes, name: str) -> float:
    """Mean worth of the bytes above 127 when read as `name`, about 1 for running text of its language; -1 if it cannot
    be read so."""
    try:
        text = codecs.getincrementaldecoder(name)("strict").decode(sample, final=len(sample) < _SAMPLE)
    except UnicodeDecodeError:
        return -1.0
    worth = total = 0.0
    for i, character in enumerate(text):
        if character > "\x7f":
            n_bytes = 1 if name == "cp1252" or "\uff61" <= character <= "\uff9f" else 2
            worth += n_bytes * _SCORES[name](character, text[i - 1:i], text[i + 1:i + 2])
            total += n_bytes
    return worth / total if total else -1.0


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _east_asian(character: str, frequent: frozenset[str], charset: str) -> float:
    if character in frequent:
        return 1.4
    if character in _PUNCTUATION:
        return 1.0
    if _is_han(character):
        return 0.6 if _is_common(character, charset) else -0.4
    return 0.5 if "\uff00" <= character <= "\uff5e" or "\u2010" <= character <= "\u2642" else -0.6


def _is_common(character: str, charset: str) -> bool:
    """In the first level of the character set: the half that was ordered by use when it was made."""
    try:
        lead = character.encode(charset)[0]
    except UnicodeEncodeError:
        return False
    return (
        (0xB0 <= lead <= 0xD7)
        if charset == "gb2312"
        else (0xA4 <= lead <= 0xC6)
        if charset == "big5"
        else (0x88 <= lead <= 0x98)
    )


def _simplified(character: str, before: str, after: str) -> float:
    return _east_asian(character, _FREQUENT_HANS, "gb2312")


def _traditional(character: str, before: str, after: str) -> float:
    return _east_asian(character, _FREQUENT_HANT, "big5")


def _japanese(character: str, before: str, after: str) -> float:
    if "\u3041" <= character <= "\u30fe":
        return 1.2
    if "\uff61" <= character <= "\uff9f":
        return -0.5
    return min(0.9, _east_asian(character, frozenset(), "shift_jis"))


def _korean(character: str, before: str, after: str) -> float:
    if "\uac00" <= character <= "\ud7a3":
        return 1.4 if character in _FREQUENT_HANGUL else 0.5
    return 0.8 if character in _PUNCTUATION else -0.4


def _western(character: str, before: str, after: str) -> float:
    """An accented letter stands alone among plain ones; a run of them is another script read wrongly."""
    if character in _LATIN_LETTERS:
        neighbours = (before.isascii() and before.isalpha()) + (after.isascii() and after.isalpha())
        lonely = before <= "\x7f" and after <= "\x7f"
        return 1.0 if neighbours and lonely else 0.6 if neighbours else 0.5 if lonely else -0.8
    if character in _LATIN_SIGNS:
        return 0.9 if before <= "\x7f" or after <= "\x7f" else -0.3
    return -0.5 if before <= "\x7f" and after <= "\x7f" else -1.0


_SCORES = {
    "gb18030": _simplified, "big5hkscs": _traditional, "shift_jis": _japanese, "euc_kr": _korean, "cp1252": _western
}
