"""What a PDF says of itself: title, authors, year, venue, DOI and arXiv number.

Reads: rows of the first pages, and what the file declares.  Gives: Metadata; what was read off the page is a guess
and marked so. What the file declares counts as far as its pages agree, for it is often a template's, a program's or an
older title.

A cover names its fields (cover.py); else the best run of lines is the title (title_lines.py), and the names below it,
up to the abstract, are the authors (names.py). An entry to be cited by (cited_as.py) says all at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from kb.readers.author_blocks import names_of_blocks
from kb.readers.cited_as import CitedAs, entry_of, parts_of
from kb.readers.cover import cover_fields
from kb.readers.identifiers import arxiv_of, doi_of
from kb.readers.metadata import plain, split_authors
from kb.readers.mojibake import decoded_back
from kb.readers.names import Found, Names, is_institution, recounted
from kb.readers.order import Row
from kb.readers.refused import is_no_title, persons
from kb.readers.said_year import with_digits, year_of_doi, year_said
from kb.readers.title_features import Page, alike, downwards, is_kind_of_thesis
from kb.readers.title_lines import Candidate, candidates, tidy_title
from kb.readers.venue import venue_of
from kb.text import CJK, one_line
from kb.types import Metadata
from kb.words import Phrases

_END = Phrases(r"^\W*(?:\d\W+)?(?:«metadata: abstract~»)(?:\W|$)|"
               r"^\W*(?:摘\s*要|关\s*键\s*词|key\s?words)|^1\.?\s+\S", re.IGNORECASE)
_OTHERS = re.compile(r"\b(?:supervis|advis[oe]r|examiner|promotor|co-?relator[ei]|relator[ei]|betreuer|gutachter|"
                     r"encadr|orientador|director(?:a|es)? de tesis|committee (?:chair|member)|edited by|editor)|"
                     "指导教师|导师", re.IGNORECASE)
_KIND_FIRST = Phrases(r"^\W*(?:«metadata: kinds of thesis»)\s*[-—–:：]+\s*(?=\S{3})", re.IGNORECASE)
_DEDICATION = re.compile(r"谨\s*以\s*此|献\s*给|\bdedicated to\b", re.IGNORECASE)
_AND = re.compile(r"\W*(?:and|&|和)\W*", re.IGNORECASE)
# log odds below which no run of lines is taken for the title: a third of the pages of the fit had none, of real ones
# about one in twenty
_LEAST_TITLE = -2.2
_LEAST_BESIDE = -1.0  # the same, where the file declares another one
_MOST_ABOVE = 4  # lines above a title that one author stands among
_LEAST_SIZE = 0.78  # of the body's: what is set smaller names no authors
_LINES_OF_DEDICATION = 6
_PAGES = 3  # among which a cover may stand before the title
_PAGES_WITH_HEADS = 8  # whose running heads may name the journal


class _Block(NamedTuple):
    title: Candidate | None
    authors: tuple[str, ...]


def metadata_of(head: dict[str, Any], rows: Sequence[Row], body: float) -> Metadata:
    """The metadata of a PDF. head: its title, author and "aside" (the words beside the text of its first page); rows:
    of all pages as they stand in the file; body: the size of its text."""
    pages = _pages(rows, 1, _PAGES)
    seen = pages_seen(head, rows, body)
    text = "\n".join(row.text for row in rows)
    names = seen[0].names if seen else Names(text)
    declared = _declared(head)
    first = pages[0] if pages else []
    fields = _fields(pages)
    entry = _entry(pages)
    later = _pages(rows, _PAGES + 1, _PAGES_WITH_HEADS)
    title, is_declared, block = _title(seen, pages, fields, declared, body, names)
    cited = parts_of(entry, title)
    title = title or cited.title
    said = persons(split_authors(one_line(decoded_back(head["author"]), 2000))) if head["author"] else ()
    authors, are_declared = _authors(fields, block, cited, said, first, text, names)
    words = [*(row.text for row in first), *head.get("aside", "").split("\n")]
    arxiv, doi = arxiv_of("\n".join(words)), doi_of(words)
    year = _year(fields, cited, arxiv, pages, doi, body)
    venue = cited.venue or venue_of(pages, title, authors, later)
    values: dict[str, Any] = {"title": title, "authors": authors, "year": year, "venue": venue or None,
                              "doi": doi or None, "arxiv": arxiv or None}
    known = {name for name, is_known in (("title", is_declared), ("authors", are_declared)) if is_known}
    return Metadata(**values, guessed=tuple(name for name, value in values.items() if value and name not in known))


def _fields(pages: Sequence[Sequence[Row]]) -> dict[str, str]:
    """The fields of the cover; where it is a thesis' and says no title, with those of the page behind it."""
    fields = cover_fields(pages[0]) if pages else {}
    if fields.get("title") or len(pages) < 2 or not (fields or any(is_kind_of_thesis(row.text) for row in pages[0])):
        return fields
    behind = cover_fields(pages[1], is_form=True)
    return {**behind, **fields} if behind.get("title") else fields


def pages_seen(head: dict[str, Any], rows: Sequence[Row], body: float) -> list[Page]:
    """The first pages as title_lines.py wants them: on one of them the title stands."""
    pages, names = _pages(rows, 1, _PAGES_WITH_HEADS), Names("\n".join(row.text for row in rows))
    if len(pages) > 1 and len(pages[0]) < _LINES_OF_DEDICATION and any(_DEDICATION.search(r.text) for r in pages[0]):
        pages = pages[1:]
    declared = _declared(head) or (cover_fields(pages[0]).get("title", "") if pages else "")
    outline = head.get("outline") or [[""]]
    return [Page(page, body, names, declared=declared, cited=_entry(pages), outline=outline[0][0],
                 later=[row for other in pages[i + 1:] for row in other]) for i, page in enumerate(pages[:2])]


def _pages(rows: Sequence[Row], first: int, last: int) -> list[list[Row]]:
    by_number = ([row for row in rows if row.page == number] for number in range(first, last + 1))
    return [page for page in by_number if page]


def _declared(head: dict[str, Any]) -> str:
    """The title that the file declares, without markup ("<Emphasis Type="Italic">"); "" for one that is none."""
    declared = re.sub(r"</?[A-Za-z][^<>]{0,60}>", "", one_line(decoded_back(head["title"])))
    declared = _KIND_FIRST.pattern.sub("", declared)
    return "" if is_no_title(declared) or _is_part(declared) else declared


def _entry(pages: Sequence[Sequence[Row]]) -> str:
    return next((found for page in pages[:2] if (found := entry_of(page))), "")


def _title(seen: Sequence[Page], pages: Sequence[Sequence[Row]], fields: dict[str, str], declared: str, body: float,
           names: Names) -> tuple[str, bool, _Block]:
    """(title, whether it is the declared one, the block that it heads)."""
    best: Candidate | None = None
    for page in seen:
        if best is None or best.score < _LEAST_TITLE:
            best = next((one for one in candidates(page) if not _is_part(one.text)), best)
    block = _block(best, pages, names, body)
    if fields.get("title"):
        title = tidy_title(fields["title"])
        return (declared, True, block) if alike(declared, title) > 0.97 else (title, False, block)
    if best is None or best.score < (_LEAST_BESIDE if declared else _LEAST_TITLE):
        return declared, bool(declared), block
    is_translation = re.search(f"[{CJK}]", best.text) and not re.search(f"[{CJK}]", declared)
    if declared and not is_translation and _is_of_page(declared, best.text, pages):
        return declared, True, block
    return best.text, False, block


def _is_part(text: str) -> bool:
    """Whether a line names a part of any document ("摘 要", "目录（示例）"), so no document."""
    bare = re.sub(r"\s*[（(][^（）()]*[）)]\s*$", "", text)
    return is_no_title(re.sub(rf"(?<=[{CJK}])\s+(?=[{CJK}])", "", bare))


def _is_of_page(declared: str, seen: str, pages: Sequence[Sequence[Row]]) -> bool:
    """Whether the declared title is the one on the page, which may be misread there. A word of the page's title that
    stands elsewhere too is read rightly: then the declared one is older."""
    text = " ".join(row.text for page in pages for row in page)
    if len(plain(declared)) > 12 and plain(declared) in plain("".join(row.text for row in pages[0])):
        return True
    if alike(declared, seen) < 0.8 or plain(seen) in plain(declared):
        return plain(seen) == plain(declared)
    own = set(re.findall(r"\w+", seen.lower())) - set(re.findall(r"\w+", declared.lower()))
    return alike(declared, seen) > 0.98 or not any(len(re.findall(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)) > 1
                                                   for word in own)


def _block(title: Candidate | None, pages: Sequence[Sequence[Row]], names: Names, body: float) -> _Block:
    """The authors below a title, or beside and above it, or where it stands again on the next page."""
    if title is None:
        return _Block(None, ())
    own = next((page for page in pages if page[0].page == title.rows[0].page), None)
    if own is None:  # behind pages without text
        return _Block(title, ())
    authors = _below(title.rows, own, names, body) or _above(title.rows, own, names)
    if not authors:
        for page in pages[own[0].page:]:
            again = [row for row in page if row.size > 1.1 * body and len(plain(row.text)) > 7
                     and plain(row.text) in plain(title.text)]
            authors = authors or (_below(again[-1:], page, names, body) if again else ())
    return _Block(title, authors)


def _below(title: Sequence[Row], page: Sequence[Row], names: Names, body: float) -> tuple[str, ...]:
    """Names between the title and the abstract. Authors stand in one list, or each above an address of its own: the
    first line of a block is a name, or the block is none's."""
    low, size = title[-1].middle, title[-1].size
    edge = max(row.right for row in title) + 0.04
    zone = downwards([row for row in page if row not in title and (
        row.middle < low - 0.002 or row.left > edge and row.middle < title[0].middle + 0.01
        and row.right - row.left < 0.25 and names.of(row.text).is_line)])
    zone = zone[_n_translated(title, zone):]
    end = next((i for i, row in enumerate(zone) if _END.match(row.text) or _OTHERS.search(row.text)), len(zone))
    zone = _before_text(zone[:end], names)
    if in_blocks := names_of_blocks(zone, names):
        return in_blocks
    found: list[tuple[Row, Found]] = []
    is_and = False
    for row in zone:
        if is_and := is_and or bool(_AND.fullmatch(row.text)):
            found = [*found[:-1], (found[-1][0], found[-1][1]._replace(is_open=True))] if found else found
        one, is_cut = names.of(row.text), False
        if found and _is_cut(found[-1], row):
            words = f"{found[-1][0].text.strip()} {row.text}"
            one, is_cut = names.of(words), True
            row = row._replace(text=words)
        if not one.is_line or not _LEAST_SIZE * body < row.size < 1.12 * size + 0.4:
            continue
        if is_cut:
            found[-1] = (row, one)
        elif len(one.names) == 1 and not re.search(f"[ {CJK}]", one.names[0]) and not any(
                abs(other.middle - row.middle) < 0.003 for other, _ in found):
            continue  # one word alone is somebody's only beside other names
        elif _may_follow(row, zone, found):
            found.append((row, one))
            is_and = False
    found = _recounted(found, zone, names)
    return tuple(dict.fromkeys(name for one in _without_romanised([one for _, one in found]) for name in one.names))


def _n_translated(title: Sequence[Row], zone: Sequence[Row]) -> int:
    """How many lines right below a Chinese title are its translation: Latin letters about as large as its own."""
    last, n = title[-1], 0
    if re.search(f"[{CJK}]", last.text):
        for row in zone:
            is_like = row.size > 0.75 * title[-1].size if n == 0 else abs(row.size - last.size) < 0.6
            if not is_like or re.search(f"[{CJK}]", row.text) or (last.middle - row.middle) * 800 > 3.2 * last.size:
                break
            last, n = row, n + 1
    return n


def _recounted(found: list[tuple[Row, Found]], zone: Sequence[Row], names: Names) -> list[tuple[Row, Found]]:
    """Names in Chinese letters without spaces, as many as the same names in Latin letters below them: 刘峤李杨段宏."""
    if len(found) != 1 or re.search(f"[^{CJK}\\s]", found[0][0].text):
        return found
    row, one = found[0]
    latin = next((again.names for other in zone if other.middle < row.middle and (again := names.of(other.text)).is_line
                  and not re.search(f"[{CJK}]", other.text) and len(again.names) > 1), ())
    parted = recounted(row.text, len(latin)) if latin and len(latin) != len(one.names) else ()
    return [(row, one._replace(names=parted))] if parted else found


def _without_romanised(lines: Sequence[Found]) -> Sequence[Found]:
    """Lines of names without those in Latin letters that repeat as many Chinese ones above them."""
    is_han = [all(re.search(f"[{CJK}]", name) for name in one.names) for one in lines]
    n = next((i for i, is_one in enumerate(is_han) if not is_one), len(lines))
    again = lines[n:]
    is_again = all(not re.search(f"[{CJK}]", name) for one in again for name in one.names)
    n_names = [sum(len(one.names) for one in some) for some in (lines[:n], again)]
    return lines[:n] if is_again and n_names[0] == n_names[1] else lines


def _is_cut(last: tuple[Row, Found], row: Row) -> bool:
    """Whether a name goes on in the next line: "…, Scott" above "Shenker, …"."""
    above = last[0]
    is_next = 0 < above.middle - row.middle < 0.03 and abs(above.size - row.size) <= 0.5
    if last[1].is_open or len(last[1].names) < 2 or "," not in above.text or not is_next:
        return False
    end, start = above.text.split(",")[-1].split(), row.text.split(",")[0].split()
    return "," in row.text and (len(end) == 1 or len(start) == 1) and end[-1:] != ["and"]


def _before_text(zone: list[Row], names: Names) -> list[Row]:
    """The rows before running text: three wide lines in one size, one below the other, and none of names."""
    for i in range(len(zone) - 2):
        a, b, c = zone[i:i + 3]
        if names.of(a.text).is_line and names.of(b.text).is_line:
            continue
        is_even = abs(a.size - b.size) < 0.3 and abs(b.size - c.size) < 0.3 and abs(b.left - c.left) < 0.01
        if is_even and abs(a.right - b.right) < 0.02 and min(r.right - r.left for r in (a, b)) > 0.36 and (
                len(a.text) + len(b.text) > 70) and not re.search("[,，]", a.text[:40]):
            return zone[:i]
    return zone


def _may_follow(row: Row, zone: Sequence[Row], found: Sequence[tuple[Row, Found]]) -> bool:
    """Whether a line of names goes on with those found: the same list, or the head of a block of its own."""
    if not found:
        return True
    first, last = found[0][0], found[-1]
    if abs(row.size - first.size) > 0.8:
        return False
    if last[1].is_open:
        return True
    above = [other for other in zone if other.middle > row.middle + 0.002
             and min(other.right, row.right) > max(other.left, row.left)]
    if not above:
        return True  # beside the first ones
    before = min(above, key=lambda other: other.middle)
    steps = sorted(a.middle - b.middle for a, b in pairwise(above))
    usual = steps[len(steps) // 2] if steps else 0.0
    step = before.middle - row.middle
    is_row = sum(abs(other.middle - row.middle) < 0.003 for other in zone) > 1 and sum(
        abs(other.middle - first.middle) < 0.003 for other, _ in found) > 1  # names in columns, as the first ones
    is_apart = step * 800 > (1.5 if is_row else 1.7) * row.size and step > 1.25 * usual
    return any(before.middle == one.middle for one, _ in found) or is_apart or row.is_bold > before.is_bold or (
        before.size < row.size - 0.8)


def _above(title: Sequence[Row], page: Sequence[Row], names: Names) -> tuple[str, ...]:
    """Names right above a title."""
    near = [row for row in page if 0 < row.middle - title[0].middle < 0.08 and row not in title]
    found = [names.of(row.text) for row in sorted(near, key=lambda row: -row.middle)]
    several = tuple(name for one in found if one.is_line and len(one.names) > 1 for name in one.names)
    return several or _alone_above(title, page, names)


def _alone_above(title: Sequence[Row], page: Sequence[Row], names: Names) -> tuple[str, ...]:
    """The one name above a title, in a line of its own right over the title's middle, as lecture notes have it."""
    above = [row for row in page if row.middle > title[0].middle + 0.002 and row not in title]
    if len(above) > _MOST_ABOVE or any(row.middle - title[0].middle > 0.25 for row in above):
        return ()
    found = [names.of(row.text) for row in above if not re.search(r"\d", row.text) and abs(
        row.left + row.right - title[0].left - title[0].right) < 0.04 and all(
        other is row or abs(other.middle - row.middle) > 0.004 for other in above)]
    persons_there = [one.names for one in found if one.is_line and len(one.names) == 1 and (
        " " in one.names[0] or re.search(f"[{CJK}]", one.names[0]))]
    return persons_there[0] if len(persons_there) == 1 else ()


def _authors(fields: dict[str, str], block: _Block, cited: CitedAs, said: tuple[str, ...], first: Sequence[Row],
             text: str, names: Names) -> tuple[tuple[str, ...], bool]:
    """(authors, whether they are the declared ones)."""
    if fields.get("author"):
        found = names.labelled(fields["author"])
        if found:
            return found, False
    if fields.get("title"):
        return (said, True) if said and _all_on(said, text[:6000]) else ((), False)
    seen = block.authors
    said = tuple(name for name in said if not is_institution(name) and (" " in name or re.search(f"[{CJK}]", name)))
    if _are_short_for(said, seen):
        return seen, False
    if said and _all_on(said, text[:6000]) and (len(said) >= len(seen) or not _all_on(said, " ".join(seen))):
        return said, True
    is_full = all(len(name.split()[-1]) > 2 or re.search(f"[{CJK}]", name) for name in cited.authors)
    is_part = len(cited.authors) < len(seen) and _all_on(cited.authors, " ".join(seen))  # "…, et al."
    if len(cited.authors) > 1 and is_full and not is_part and _all_on(cited.authors, text[:6000]):
        return cited.authors, False
    if seen:
        return seen, False
    if cited.authors:
        return cited.authors, False
    return said, bool(said)


def _are_short_for(said: Sequence[str], seen: Sequence[str]) -> bool:
    """Whether the declared names are those on the page with initials for given names."""
    pairs = list(zip(said, seen, strict=False))
    return bool(said) and len(said) == len(seen) and any(re.match(r"[^\W\d_]\.", short) for short in said) and all(
        plain(short.split()[-1]) == plain(full.split()[-1]) and plain(short)[:1] == plain(full)[:1]
        and len(short) < len(full) for short, full in pairs)


def _all_on(authors: Sequence[str], text: str) -> bool:
    """Whether the last word of each name stands in a text."""
    whole = plain(text)
    return all(plain(name.split()[-1] if name.split() else name) in whole for name in authors)


def _year(fields: dict[str, str], cited: CitedAs, arxiv: str, pages: Sequence[Sequence[Row]], doi: str,
          body: float) -> int | None:
    latest = datetime.now(UTC).year + 1
    if "date" in fields:
        said = [int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?=\s*[年./-])", with_digits(fields["date"]))]
        if year := year_said([(fields["date"], False)], latest) or max((y for y in said if y <= latest), default=None):
            return year
    if cited.year and cited.year <= latest:
        return cited.year
    if arxiv:
        number = arxiv.split("/")[-1]
        return (1900 if number[:1] == "9" and "/" in arxiv else 2000) + int(number[:2])
    for page in pages[:2]:
        middle = [row.middle for row in page]
        low, high = min(middle), max(middle)
        prose = _prose(page, body)
        edges = ((row.text, (row.middle > max(0.9, high - 0.02) or row.middle < min(0.14, low + 0.06))
                  and row not in prose) for row in page if not _is_prose(row, body) or "©" in row.text)
        if year := year_said(edges, latest):
            return year
    return year_of_doi(doi)


def _prose(page: Sequence[Row], body: float) -> set[Row]:
    """The lines of running text, and those as large that go on with them one below the other."""
    prose: set[Row] = set()
    for row in sorted(page, key=lambda row: -row.middle):
        goes_on = re.search(r"(?<![^\W_])[a-z]{2,}", row.text) and abs(row.size - body) < 0.4 and any(
            0.002 < other.middle - row.middle < 1.6 * row.size / 800 and abs(other.left - row.left) < 0.03
            and abs(other.size - row.size) < 0.2 for other in prose)
        if goes_on or _is_prose(row, body):
            prose.add(row)
    return prose


def _is_prose(row: Row, body: float) -> bool:
    """Whether a row is a line of running text: as large as the body, wide, and with words in small letters."""
    return (abs(row.size - body) < 0.4 and row.right - row.left > 0.3 and row.middle < 0.8
            and len(re.findall(rf"(?<![^\W_])[a-z]{{2,}}|[{CJK}]{{8,}}", row.text)) > 4)

