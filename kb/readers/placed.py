"""The lines of a PDF page, from characters that pdfium has placed on it.

Reads: a pypdfium2 text page.  Gives: lines for layout.py, to pdf.py.

A call into pdfium costs more than what it asks for, and a page has thousands of characters. So the text comes in one
call, places are asked for at the two ends of each word only, and the rest is computed on the whole page at once. Only
lines that may have to be cut at a gap are looked at word by word.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.readers.headings import may_be_heading
from kb.readers.layout import Line
from kb.readers.weight import is_heavy

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
# characters [begin, end), then left, middle, right and size in points
Part = tuple[int, int, float, float, float, float]

_WIDE_GAP = 2.5  # in line heights: wider than any space between words, narrower than the gutter between columns
_FAR_BACK = 8  # in line heights: who goes back so far begins a new line
_FIRST_WIDE = 0x2E80  # characters from here on are as wide as high; those before are half as wide, more or less
_NO_CHARACTER = 0xFFFE
_IN_WORD, _SPACE, _HYPHEN, _LINE_END = range(4)
_AT_ONCE = 4096


def page_lines(textpage: Any, height: float, width: float) -> list[Line]:
    """Lines as (text, left, middle, right, size, is_bold); left and right in shares of the page width, middle in shares
    of its height from the bottom, size in points. A line is also ended by a gap wider than any space: the gutter
    between columns or table cells.

    is_bold is told only of lines that `may_be_heading`: layout.py asks for no other. A hyphen at the end of a line is
    "\\x02".
    """
    codes = _codes(textpage)
    kinds = _kinds()[np.minimum(codes, 0xFFFF)]
    # pdfium finds hyphens at line ends that are U+002D or U+00AD; browsers print U+2010.
    kinds[:-1][(codes[:-1] == 0x2010) & (kinds[1:] == _LINE_END)] = _HYPHEN
    codes[kinds == _HYPHEN] = 0x02
    starts, stops = _runs(kinds == _IN_WORD)
    if not len(starts):
        return []
    cuts = np.flatnonzero(kinds >= _HYPHEN)  # pdfium gives no line break after a hyphen at the end of a line
    line_of = np.searchsorted(cuts, starts)
    firsts, n_words = _groups(line_of)
    own_lines = line_of[firsts]
    begins = np.concatenate(([0], cuts + 1))[own_lines].tolist()
    ends = np.concatenate((cuts + (kinds[cuts] == _HYPHEN), [len(kinds)]))[own_lines].tolist()
    sizes = _sizes(textpage, starts[firsts].tolist())
    words = _words(textpage, codes, starts, stops, np.repeat(sizes, n_words))
    if len(words.starts) > len(starts):
        firsts, n_words = _groups(np.searchsorted(cuts, words.starts))
    rights = np.maximum.reduceat(words.rights, firsts)
    is_plain = _are_plain(words, firsts, np.repeat(sizes, n_words), rights - words.lefts[firsts] < width)
    parts: Iterable[Part] = zip(begins, ends, words.lefts[firsts].tolist(), words.middles[firsts].tolist(),
                                rights.tolist(), sizes.tolist(), strict=True)
    if not is_plain.all():
        parts = _cut(textpage, list(parts), is_plain.tolist(), firsts.tolist(), words, width)
    text_of = _text_of(codes)
    lines: list[Line] = []
    for begin, end, left, middle, right, size in parts:
        text = text_of(begin, end)
        is_bold = may_be_heading(text) and _is_bold(textpage, begin + np.flatnonzero(kinds[begin:end] == _IN_WORD))
        place = round(left / width, 4), round(middle / height, 4), round(right / width, 4)
        lines.append((text, *place, round(size, 2), is_bold))
    return lines


def _runs(is_in: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Where each run of true values begins, and the index behind its end."""
    padded = np.zeros(len(is_in) + 2, np.bool_)
    padded[1:-1] = is_in
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return edges[::2], edges[1::2]


def _groups(values: Integers) -> tuple[Integers, Integers]:
    """Where each run of equal values begins, and how long it is."""
    firsts = np.concatenate(([0], np.flatnonzero(values[1:] != values[:-1]) + 1))
    return firsts, np.concatenate((firsts[1:], [len(values)])) - firsts


# --- words


class _Words(NamedTuple):
    """Runs of characters without a space, in the page's order: index of the first character; left, right, middle in
    points. All [n]."""

    starts: Integers
    lefts: Floats
    rights: Floats
    middles: Floats


def _words(textpage: Any, codes: NDArray[Any], starts: Integers, stops: Integers, sizes: Floats) -> _Words:
    """The words codes[start:stop]. One whose ends have no width (accents, marks), or in which there may be a gap, is
    given letter by letter."""
    boxes = _boxes(textpage, [*starts.tolist(), *(stops - 1).tolist()])  # [2 n, left top right bottom]
    heads, tails = boxes[:len(starts)], boxes[len(starts):]
    usual = np.concatenate(([0.0], np.cumsum(np.where(codes >= _FIRST_WIDE, 1.0, 0.5))))
    widths = tails[:, 2] - heads[:, 0]
    is_odd = (
        (heads[:, 2] <= heads[:, 0])
        | (tails[:, 2] <= tails[:, 0])
        | (widths < 0)
        | (widths > (usual[stops] - usual[starts] + _WIDE_GAP - 1) * sizes)
    )
    is_odd &= stops - starts > 1
    if is_odd.any():
        odd = np.concatenate(
            [np.arange(start, stop) for start, stop in zip(starts[is_odd], stops[is_odd], strict=True)])
        letters = _boxes(textpage, odd.tolist())
        starts = np.concatenate((starts[~is_odd], odd))
        order = np.argsort(starts)
        starts = starts[order]
        heads, tails = (np.concatenate((boxes[~is_odd], letters))[order] for boxes in (heads, tails))
    return _Words(starts, heads[:, 0], tails[:, 2], (heads[:, 1] + heads[:, 3]) / 2)


def _are_plain(words: _Words, firsts: Integers, sizes: Floats, is_on_page: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which lines are certainly one: all words are to be seen and follow each other to the right without a wide gap."""
    gaps = words.lefts[1:] - words.rights[:-1]
    is_odd = np.concatenate(([False], (gaps > _WIDE_GAP * sizes[1:]) | (words.lefts[1:] < words.lefts[:-1])))
    is_odd[firsts] = False
    is_odd |= words.rights <= words.lefts
    return is_on_page & ~np.logical_or.reduceat(is_odd, firsts)


def _cut(textpage: Any, parts: list[Part], is_plain: list[bool], firsts: list[int], words: _Words,
         width: float) -> Iterator[Part]:
    """The parts of the lines, those that are not plain cut at their wide gaps."""
    rows = list(zip(*(column.tolist() for column in words), strict=True))
    for part, plain, first, behind in zip(parts, is_plain, firsts, [*firsts[1:], len(rows)], strict=True):
        if plain:
            yield part
            continue
        begin, end, left, middle, right, size = *part[:2], 0.0, 0.0, 0.0, 0.0
        has_text = False
        for start, word_left, word_right, word_middle in rows[first:behind]:
            if word_right <= word_left:
                continue
            is_beside = abs(word_middle - middle) < size / 2
            if (
                has_text
                and is_beside
                and (word_left - right > _WIDE_GAP * size or right - word_left > _FAR_BACK * size)
            ):
                yield begin, start, left, middle, right, size
                begin, has_text = start, False
            if not has_text:
                left, right, middle, size, has_text = word_left, word_right, word_middle, float(
                    _sizes(textpage, [start])[0]), True
            elif word_left - right < width:
                right = max(right, word_right)
        yield begin, end, left, middle, right, size


# --- what pdfium is asked


class _Calls(NamedTuple):
    """Functions of pdfium without the checks of argument types, which take longer than the functions: arguments are
    ctypes objects and plain integers, and are what the names say. `boxes` and `matrices` are room for the answers,
    `*_places` pointers into it."""

    code_at: Any
    box_at: Any
    size_at: Any
    matrix_at: Any
    weight_at: Any
    boxes: Any
    box_places: list[Any]
    matrices: Any
    matrix_places: list[Any]


@lru_cache(maxsize=1)
def _calls() -> _Calls:
    from pypdfium2 import raw

    def bare(function: Any, result: Any) -> Any:
        return ctypes.PYFUNCTYPE(result)(ctypes.cast(function, ctypes.c_void_p).value or 0)

    boxes, matrices = (raw.FS_RECTF * _AT_ONCE)(), (raw.FS_MATRIX * _AT_ONCE)()
    return _Calls(bare(raw.FPDFText_GetUnicode, ctypes.c_uint), bare(raw.FPDFText_GetLooseCharBox, ctypes.c_int),
                  bare(raw.FPDFText_GetFontSize, ctypes.c_double), bare(raw.FPDFText_GetMatrix, ctypes.c_int),
                  bare(raw.FPDFText_GetFontWeight, ctypes.c_int), boxes,
                  [ctypes.byref(boxes, i * ctypes.sizeof(raw.FS_RECTF)) for i in range(_AT_ONCE)], matrices,
                  [ctypes.byref(matrices, i * ctypes.sizeof(raw.FS_MATRIX)) for i in range(_AT_ONCE)])


def _codes(textpage: Any) -> NDArray[Any]:
    """The code of every character of the page, [n]; characters beyond U+FFFF are mostly two surrogates."""
    from pypdfium2 import raw

    n = max(0, textpage.count_chars())
    room = (ctypes.c_ushort * (n + 1))()
    if raw.FPDFText_GetText(textpage, 0, n, room) == n + 1:
        codes = np.frombuffer(room, np.uint16)[:n]
        # a hyphen at the end of a line, or a character that no table names
        for i in np.flatnonzero(codes == _NO_CHARACTER).tolist():
            codes[i] = _calls().code_at(textpage.raw, i)
        return codes
    # The text has no control characters, but the numbering of the characters counts them: then each is asked for.
    codes = np.fromiter(map(_calls().code_at, repeat(textpage.raw), range(n)), np.uint32, n)
    codes[codes > 0x10FFFF] = 0xFFFD
    return codes


def _boxes(textpage: Any, indices: Sequence[int]) -> Floats:
    """[n, 4]: left, top, right, bottom of these characters in points; 0 if there is none.

    From pdfium's "loose" boxes: as high as the font is.
    """
    calls = _calls()
    return _answers(calls.box_at, calls.boxes, calls.box_places, textpage, indices)


def _sizes(textpage: Any, indices: Sequence[int]) -> Floats:
    """The font sizes of these characters in points on the page, [n].

    Not the height of their boxes: that differs between the fonts that one line of Chinese and Latin is set in.
    """
    calls = _calls()
    sizes = np.fromiter(map(calls.size_at, repeat(textpage.raw), indices), np.float64, len(indices))
    # [n, a b c d e f]
    matrices = np.abs(_answers(calls.matrix_at, calls.matrices, calls.matrix_places, textpage, indices))
    scales = np.where(matrices[:, 3] > 0, matrices[:, 3], matrices[:, 1])
    return sizes * np.where(scales > 0, scales, 1.0)


def _answers(function: Any, room: Any, places: list[Any], textpage: Any, indices: Sequence[int]) -> Floats:
    found = []
    for at in range(0, len(indices), _AT_ONCE):
        some = indices[at:at + _AT_ONCE]
        ctypes.memset(room, 0, ctypes.sizeof(room) // _AT_ONCE * len(some))
        list(map(function, repeat(textpage.raw), some, places))
        found.append(np.frombuffer(room, np.float32).reshape(_AT_ONCE, -1)[:len(some)].astype(np.float64))
    return np.concatenate(found) if found else np.zeros((0, ctypes.sizeof(room) // _AT_ONCE // 4))


def _is_bold(textpage: Any, indices: Integers) -> bool:
    """Whether a line of these characters is, at its beginning and at its end."""
    heavy = [is_heavy(textpage, i) for i in {*indices[:4].tolist(), *indices[-4:].tolist()}]
    return sum(heavy) >= 0.75 * len(heavy) > 0


# --- text


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """What each character up to U+FFFF is, [65536]."""
    kinds = np.full(0x10000, _IN_WORD, np.uint8)
    kinds[[code for code in range(0x3001) if chr(code).isspace()]] = _SPACE
    kinds[[0x02, 0xAD, 0xFFFE]] = _HYPHEN
    kinds[[0x0A, 0x0D]] = _LINE_END
    return kinds


def _text_of(codes: NDArray[Any]) -> Callable[[int, int], str]:
    """What gives the text of a range of the page's characters."""
    data, width = codes.tobytes(), codes.itemsize
    encoding = "utf-16-le" if width == 2 else "utf-32-le"
    if not ((codes & 0xF800) == 0xD800).any():
        text = data.decode(encoding)
        return lambda begin, end: text[begin:end]

    def without_surrogates(begin: int, end: int) -> str:
        text = data[begin * width:end * width].decode(encoding, "surrogatepass")
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    return without_surrogates
