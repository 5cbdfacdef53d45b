"""How many characters of scans come out right, and how fast: python -m tests.bench ocr

Scans are made here from PDFs with text, so that what is right is known: a page is rendered at 200 dpi, turned by half a
degree, blurred, its contrast lowered, noise added, and saved as JPEG. The PDFs are those of TeX Live's documentation
(Debian's texlive-latex-base-doc, texlive-lang-chinese and others), the pages drawn by a hash of their names: nobody
chose them. A line of the page is compared with what was recognised in its place, so that the order of lines does not
count.
"""

from __future__ import annotations

import hashlib
import io
import re
import resource
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pypdfium2

from kb.errors import FileProblem
from kb.readers import Limits
from kb.readers.pdf import read as read_pdf
from kb.readers.scanned import recognised_lines, warm_up
from kb.types import DOUBTFUL
from tests.scans import degraded

FOLDERS = (Path("/usr/share/doc/texlive-doc"),)
N_PAGES = 24  # of each language
_LOOKED_AT = {"en": 8, "zh": 60}  # pages of a file, until those are found that are mostly words
_OF_A_FILE = {"en": 1, "zh": 4}  # pages that are taken: there are fewer Chinese files
_LEAST = {"en": 900, "zh": 350}  # letters of a page
_DPI = 200
_SAME_HEIGHT = 0.007  # of the page: two lines of 10 points are .014 apart
# A text layer with more than a few other characters says "¼" for "=" or worse: then it is not what is right.
_USUAL = re.compile("[\\s!-~\u00a0-\u00b7\u00c0-\u00ff\u0370-\u03ff\u2010-\u2026\u2190-\u22ff\u25a0-\u25ff"
                    "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\x02•]")


@dataclass
class Result:
    """What was counted on the pages of one language. errors: insertions, deletions and replacements."""

    pages: int = 0
    files: set[str] = field(default_factory=set)
    characters: int = 0
    errors: int = 0
    strict_errors: int = 0
    spaced: int = 0
    spaced_errors: int = 0
    cpu: float = 0.0
    of_pages: list[float] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=lambda: [0, 0, 0])  # lines, characters, errors
    sure: list[int] = field(default_factory=lambda: [0, 0, 0])


def ocr_rows(folders: Sequence[Path] = FOLDERS) -> Iterator[str]:
    """The lines of the table."""
    warm_up()
    yield ("| language | files | pages | characters | right | full and half width told apart | with spaces "
           "| worst page | CPU s a page | pages a minute |")
    yield "|---|---|---|---|---|---|---|---|---|---|"
    lines = [[0, 0, 0], [0, 0, 0]]
    for language in ("en", "zh"):
        result = _measured(language, folders)
        if not result.pages:
            yield f"| {language} | 0 | 0 | - | - | - | - | - | - | - |"
            continue
        each = result.cpu / result.pages
        yield (f"| {language} | {len(result.files)} | {result.pages} | {result.characters:,} "
               f"| {1 - result.errors / result.characters:.4f} | {1 - result.strict_errors / result.characters:.4f} "
               f"| {1 - result.spaced_errors / result.spaced:.4f} | {min(result.of_pages):.3f} | {each:.1f} "
               f"| {60 / each:.1f} |")
        for mine, its in zip(lines, (result.doubtful, result.sure), strict=True):
            mine[:] = [a + b for a, b in zip(mine, its, strict=True)]
    yield ""
    for name, (n, characters, errors) in zip(("under", "of at least"), lines, strict=True):
        share = f"{errors / characters:.4f}" if characters else "-"
        yield f"{n:,} lines {name} a confidence of {DOUBTFUL}: {share} of their characters are wrong.  "
    yield f"Peak of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB."


def _measured(language: str, folders: Sequence[Path]) -> Result:
    result = Result()
    for path, data, lines in _pages(language, folders):
        page = pypdfium2.PdfDocument(data)[0]
        clean = page.render(scale=_DPI / 72).to_pil()
        scan = degraded(clean, seed=result.pages)
        picture = np.ascontiguousarray(np.asarray(scan.convert("RGB"))[:, :, ::-1])
        began = time.process_time()
        frame = recognised_lines(picture)
        result.cpu += time.process_time() - began
        _compare(lines, frame, result)
        result.pages += 1
        result.files.add(path.name)
        print(f"{language} {path.name} {result.of_pages[-1]:.4f}", flush=True)
        if result.pages == N_PAGES:
            break
    return result


def _pages(language: str, folders: Sequence[Path]) -> Iterator[tuple[Path, bytes, list[Any]]]:
    """(file, one page of it as a file, its lines): from each file at most so many pages that are mostly words."""
    files = {path.name: path for folder in folders for path in folder.rglob("*.pdf")}
    for name in sorted(files, key=_drawn):
        if (files[name].stat().st_size > 1 << 24):
            continue
        try:
            document = pypdfium2.PdfDocument(files[name])
            numbers = sorted(range(len(document)), key=lambda i, name=name: _drawn(f"{name} {i}"))
            n_taken = 0
            for number in numbers[:_LOOKED_AT[language]]:
                one, out = pypdfium2.PdfDocument.new(), io.BytesIO()
                one.import_pages(document, [number])
                one.save(out)
                lines = _lines(out.getvalue())
                if _is_in(language, "".join(line[0] for line in lines)):
                    yield files[name], out.getvalue(), lines
                    n_taken += 1
                    if n_taken == _OF_A_FILE[language]:
                        break
        except (pypdfium2.PdfiumError, FileProblem):
            continue


def _drawn(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _lines(data: bytes) -> list[Any]:
    frames: list[dict[str, Any]] = []
    read_pdf(data, Limits(), frames.append)
    return frames[1]["lines"] or [] if not frames[1].get("illegible") else []


def _is_in(language: str, text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    if len(_USUAL.findall(text)) < 0.997 * len(text):
        return False
    own = sum("\u4e00" <= c <= "\u9fff" if language == "zh" else c.isascii() for c in letters)
    return own >= _LEAST[language] and own > (0.6 if language == "zh" else 0.98) * len(letters)


def _compare(lines: Sequence[Any], frame: dict[str, Any], result: Result) -> None:
    """Adds the errors of a page, for each group of lines that stand in one place."""
    right = [_Line(text, left, middle, end) for text, left, middle, end, *_ in lines if text.strip()]
    seen = [_Line(text, left, middle, end, confidence) for (text, left, middle, end, *_), (confidence, _) in zip(
        frame["lines"], frame["recognised"], strict=True)]
    total = wrong = 0
    for own, its in _groups(right, seen):
        text, said = (" ".join(line.text for line in sorted(group, key=lambda line: line.left)) for group in (own, its))
        n, errors = len(_visible(text)), _errors(_visible(text), _visible(said))
        result.strict_errors += _errors(_visible(text, folds=False), _visible(said, folds=False))
        result.spaced += len(_spaced(text))
        result.spaced_errors += _errors(_spaced(text), _spaced(said))
        if its:
            kind = result.doubtful if min(line.confidence for line in its) < DOUBTFUL else result.sure
            kind[:] = [kind[0] + len(its), kind[1] + n, kind[2] + errors]
        total, wrong = total + n, wrong + errors
    result.characters += total
    result.errors += wrong
    result.of_pages.append(1 - wrong / total)


class _Line(NamedTuple):
    text: str
    left: float
    middle: float
    right: float
    confidence: float = 1.0


def _groups(right: Sequence[_Line], seen: Sequence[_Line]) -> Iterator[tuple[list[_Line], list[_Line]]]:
    """Lines of the page with those that were recognised in their place: where one of these covers several of those, or
    the other way round, all of them."""
    beside = [[j for j, b in enumerate(seen)
               if abs(a.middle - b.middle) < _SAME_HEIGHT and min(a.right, b.right) > max(a.left, b.left)]
              for a in right]
    left, found = set(range(len(right))), set[int]()
    while left:
        own, its = {left.pop()}, set[int]()
        while True:
            its_now = {j for i in own for j in beside[i]}
            own_now = own | {i for i in left if its_now & set(beside[i])}
            if own_now == own and its_now == its:
                break
            own, its = own_now, its_now
        left -= own
        found |= its
        yield [right[i] for i in own], [seen[j] for j in its]
    for j in set(range(len(seen))) - found:
        yield [], [seen[j]]


def _visible(text: str, *, folds: bool = True) -> str:
    """Characters alone: no spaces, no leaders, no marks of raised and lowered ones, no hyphen where a line is
    divided."""
    text = _LEADERS.sub(" ", text)
    text = unicodedata.normalize("NFKC", text) if folds else text
    text = text.translate(_SAME) if folds else text
    return "".join(c for c in text if not c.isspace() and c not in "^_{}\x02\xad").rstrip("-‐")


def _spaced(text: str) -> str:
    text = _LEADERS.sub(" ", text)
    return " ".join(unicodedata.normalize("NFKC", text).translate(_SAME).replace("\x02", "").split()).rstrip("-‐")


_LEADERS = re.compile(r"(?:[.·…]\s*){4,}")
_SAME = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-", "‐": "-", "。": ".",
                       "●": "•", "·": "•", "、": ","})


def _errors(right: str, said: str) -> int:
    """Levenshtein's distance."""
    if not right or not said:
        return max(len(right), len(said))
    codes = np.array([ord(c) for c in said])
    row = np.arange(len(said) + 1)
    for i, letter in enumerate(right, 1):
        step = np.minimum(row[:-1] + (codes != ord(letter)), row[1:] + 1)
        # insertions: the least of what stands before, plus the distance from there
        best = np.concatenate(([i], step))
        row = np.minimum.accumulate(best - np.arange(len(best))) + np.arange(len(best))
    return int(row[-1])
