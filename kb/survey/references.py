"""Documents as references: citation keys, short names in the text, and entries in three styles.

What is missing is printed as missing; what was guessed is marked.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from kb.answer.works import form_of as form_of  # what is drawn has these by this door
from kb.answer.works import kind_of_work as kind_of_work
from kb.answer.works import place_of as place_of
from kb.bibliography.styles import gbt7714, gbt_people
from kb.survey.entries import entry_of
from kb.survey.entries import family_name as family_name  # how names are parted is known by this door
from kb.survey.entries import is_person as is_person
from kb.survey.entries import link_of as link_of
from kb.survey.records import Reference, Style, Survey
from kb.text import CJK, one_line
from kb.types import Document, Language, Words
from kb.words import Phrases

_STOP = frozenset("a an the on of in for to and with from by is are at as towards toward via not what you".split())
_CJK = re.compile(f"[{CJK}]")
_GAP = {
    "author": Words("[no author given]", "［未注明作者］"),
    "year": Words("n.d.", "［未注明年份］"),
    "link": Words("[no DOI, arXiv number or address given]", "［未注明 DOI 或网址］"),
    "file": Words("[no DOI, arXiv number or address given; read from the file {file}]",
                  "［未注明 DOI 或网址；所读文件：{file}］"),
    "guessed": Words("(guessed: {what})", "（推测：{what}）"),
}
_BEGINNING = 2500  # characters in which a text says what it is
_LEAST_TITLE = 4  # characters
_NOTE = Phrases(r"^[ \t>#*_-]*(?:«notes: note of»)[*_ \t]*[:：]|(?:«notes: note says»)", re.IGNORECASE | re.MULTILINE)
_OWN = Phrases(r"«notes: own zh»")
_ABSTRACT = re.compile(r"^[ \t>#*_【\[]*摘\s*要", re.MULTILINE)
# "**会议**: …", "- Code: …": a paper has no such lines.
_LABELS = Phrases(r"^[ \t>#*_-]*(?:«notes: labels»|«notes: about»)[*_ \t]*[:：]", re.IGNORECASE | re.MULTILINE)
_TITLED = Phrases(r"^#[ \t]+(.+)$|^[ \t>*_-]*(?:«notes: title of»)[*_ \t]*[:：][ \t]*(.+)$",
                  re.IGNORECASE | re.MULTILINE)
_FIELDS = {"title": "题名", "authors": "作者", "year": "年份", "venue": "出处"}


def make_reference(document: Document, relevance: float) -> Reference:
    """The reference of a document; its key is made from the first author's name, the year and the title's first
    word."""
    m = document.metadata
    name = _ascii(family_name(m.authors[0])).replace(" ", "") if m.authors else ""
    title_word = next((w for w in re.findall(r"[a-z][a-z0-9]+", _ascii(m.title)) if w not in _STOP), "")
    key = f"{name}{m.year or ''}{title_word}" if name or title_word else f"doc{document.id[:8]}"
    return Reference(key, document.id, document.sha256, one_line(m.title), tuple(one_line(a, 120) for a in m.authors),
                     m.year, m.venue, m.doi, m.arxiv, m.url, m.guessed, document.language, relevance,
                     one_line(PurePath(document.path).name, 120), is_note(document), other_title(document))


def is_note(document: Document) -> bool:
    """Whether a text is somebody's note on a work: it names the work it is about, or speaks of "the authors" as of
    others; a Chinese text under an English title is one as well, but for an abstract, which is the work's own."""
    begins = document.text[:_BEGINNING]
    is_foreign = document.language == "zh" and not _CJK.search(document.metadata.title)
    is_own = _OWN.search(begins) or _ABSTRACT.search(begins)
    return bool(_NOTE.search(begins)) or is_foreign and (not is_own or len(_LABELS.pattern.findall(begins)) > 1)


def other_title(document: Document) -> str:
    """The title in the other language that a text gives of itself, as a heading or behind a label; "" where none
    stands there."""
    is_han = bool(_CJK.search(document.metadata.title))
    for found in _TITLED.finditer(document.text[:_BEGINNING]):
        text = one_line((found[1] or found[2] or "").strip(" *_《》“”\"#"), 160)
        if len(text) >= _LEAST_TITLE and bool(_CJK.search(text)) != is_han and (
                is_han or len(_CJK.findall(text)) >= _LEAST_TITLE):
            return text
    return ""


def described(survey: Survey, documents: Mapping[str, Document]) -> Survey:
    """The survey with its references as these documents describe themselves now; keys stay, for its words have them."""
    references = tuple(replace(make_reference(documents[r.document], r.relevance), key=r.key, file=r.file)
                       if r.document in documents else r for r in survey.references)
    known = {r.document: r for r in references}
    moments = [replace(m, year=known[m.document].year, title=known[m.document].title) if m.document in known else m
               for m in survey.timeline]
    return replace(survey, references=references,
                   timeline=tuple(sorted(moments, key=lambda m: (m.year or 9999, m.key))))


def with_distinct_keys(references: Sequence[Reference]) -> tuple[Reference, ...]:
    """The same references; where two keys are equal, each gets the beginning of its document's id, so that neither
    depends on the other's place."""
    n = Counter(reference.key for reference in references)
    return tuple(replace(r, key=f"{r.key}-{r.document[:6]}") if n[r.key] > 1 else r for r in references)


def short_name(reference: Reference, language: Language, *, with_year: bool = True) -> str:
    """ "Vaswani et al. (2017)", "Vaswani 等（2017）"; the title where no author is known."""
    names = [family_name(author) for author in reference.authors]
    if not names:
        title = reference.title if len(reference.title) <= 60 else reference.title[:59] + "…"
        who = f"《{title}》" if language == "zh" else f"“{title}”"
    elif language == "zh":
        who = names[0] + " 等" if len(names) > 2 else "和".join(names) if _CJK.search(names[0]) else " 和 ".join(names)
        who = who.replace(" 等", "等") if _CJK.search(names[0]) else who
    else:
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    if not with_year:
        return who
    if not reference.year:
        return who
    return f"{who}（{reference.year}）" if language == "zh" else f"{who} ({reference.year})"


def entry(reference: Reference, style: Style, language: Language) -> str:
    """The reference's entry, without its number: GB/T 7714 for "gbt7714", else author, year, title, venue, link."""
    chinese = language == "zh"
    authors = _authors(reference, style)
    if not authors:
        authors = _GAP["author"].in_(language)
    year = str(reference.year) if reference.year else _GAP["year"].in_(language)
    link = link_shown(reference)
    gap = _GAP["file" if reference.file else "link"]
    missing = "" if link else " " + gap.in_(language).format(file=reference.file)
    if style == "gbt7714":
        text = gbt7714(entry_of(reference), authors=authors, year=year, link=link) + ("" if link else missing)
    else:
        venue = f" {reference.venue}." if reference.venue else ""
        stop = "" if reference.title.endswith((".", "?", "!", "。", "？")) else "."
        text = (
            f"{authors.rstrip('.')}. {reference.title}{stop}{venue} {year.rstrip('.')}."
            if style == "numeric"
            else f"{authors.rstrip('.')} ({year}). {reference.title}{stop}{venue}"
        )
        text = f"{text} {link}." if link else text + missing
    if reference.guessed:
        what = (
            "、".join(_FIELDS.get(name, name) for name in reference.guessed)
            if chinese
            else ", ".join(reference.guessed)
        )
        text += ("" if chinese else " ") + _GAP["guessed"].in_(language).format(what=what)
    return text


def gaps(reference: Reference) -> list[str]:
    """What an entry lacks, in English words for other programs: author, year, link; empty for a complete one."""
    missing = {
        "author": not reference.authors, "year": not reference.year,
        "DOI, arXiv number or address": not link_shown(reference)
    }
    return [name for name, is_missing in missing.items() if is_missing]


def is_complete(reference: Reference) -> bool:
    """Whether author, year and a link are there."""
    return not gaps(reference)


def link_shown(reference: Reference) -> str:
    """What an entry ends with: "doi:…", "arXiv:…" or an address; "" where there is none."""
    if reference.doi:
        return f"doi:{reference.doi}"
    if reference.arxiv:
        return f"arXiv:{reference.arxiv}"
    return link_of(reference) or ""


def _authors(reference: Reference, style: Style) -> str:
    names = list(reference.authors)
    if style == "gbt7714":
        return gbt_people(entry_of(reference).authors)
    if len(names) > 8:
        return ", ".join(names[:7]) + ", et al."
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""


def _ascii(text: str) -> str:
    return (
        "".join(
            c for c in unicodedata.normalize("NFKD", text).casefold() if c.isascii() and (c.isalnum() or c == " ")
        ).replace("  ", " ")
        if " " in text
        else "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isascii() and c.isalnum())
    )
