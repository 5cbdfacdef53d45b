"""An entry as readers see it in a list of references: APA (7th edition) and GB/T 7714-2015.

Reads: Entry.  Gives: one line of plain text. What is not known is left out; without a year APA says "n.d.".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.bibliography.ris import link_of
from kb.types import Entry, Person

# The marks of GB/T 7714-2015, appendix B.
MARKS = {"article-journal": "J", "article-magazine": "J", "article-newspaper": "N", "article": "EB/OL",
         "paper-conference": "C", "book": "M", "chapter": "M", "thesis": "D", "report": "R", "webpage": "EB/OL",
         "dataset": "DS", "software": "CP", "patent": "P", "standard": "S", "manuscript": "Z", "document": "Z"}
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af]")
_MONTHS = ("January February March April May June July August September October November December").split()


def gbt7714(entry: Entry, *, authors: str | None = None, year: str | None = None, link: str | None = None) -> str:
    """GB/T 7714-2015: three authors and "et al" or "等"; the mark of the kind, /OL where it is to be had online.

    authors, year, link: words instead of the entry's own, as where something is missing."""
    who = gbt_people(entry.authors) if authors is None else authors
    when = entry.issued[:4] if year is None else year
    link = _gbt_link(entry) if link is None else link
    mark = MARKS[entry.type]
    mark = f"{mark}/OL" if link and "/" not in mark else mark
    said = _gbt_source(entry, when)
    if entry.type in ("paper-conference", "chapter") and entry.container:
        text = f"{_stopped(who)}{entry.title}[{mark}]//{said}"
    else:
        number = f": {entry.number}" if entry.number and entry.type in ("patent", "standard", "report") else ""
        text = f"{_stopped(who)}{entry.title}{number}[{mark}]. {said}".rstrip()
    seen = f"[{entry.accessed}]" if entry.accessed and link else ""
    text = f"{text.rstrip('.')}{seen}."
    return f"{text} {link}." if link else text


def _gbt_source(entry: Entry, year: str) -> str:
    """Where it stands: "Nature, 2015, 521(7553): 436-444", "北京: 科学出版社, 2010: 12"."""
    if entry.type in ("article-journal", "article-magazine", "article-newspaper"):
        volume = entry.volume + (f"({entry.issue})" if entry.issue else "")
        date = entry.issued if entry.type == "article-newspaper" and entry.issued else year
        return _with_pages(", ".join(part for part in (entry.container, date, volume) if part), entry.pages)
    if entry.type in ("webpage",) and not entry.publisher and not entry.container:
        return f"({entry.issued})" if len(entry.issued) > 4 else year
    publisher = ": ".join(part for part in (entry.place, entry.publisher) if part)
    edition = f"{_gbt_edition(entry.edition)}. " if entry.edition and entry.type in ("book", "chapter") else ""
    if entry.container:
        within = f"{gbt_people(entry.editors)}. " if entry.editors else ""
        head = f"{within}{entry.container}" + (f". {edition}{publisher}" if publisher else "")
    else:
        head = f"{edition}{publisher}"
    return _with_pages(", ".join(part for part in (head, year) if part), entry.pages)


def _with_pages(text: str, pages: str) -> str:
    return f"{text}: {pages}" if pages and text else text or pages


def _gbt_edition(edition: str) -> str:
    if not edition.isdigit():
        return edition
    n = int(edition)
    return f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')} ed"


def gbt_people(people: Sequence[Person]) -> str:
    """The first three, and that there are more."""
    shown = ", ".join(gbt_name(person) for person in people[:3])
    if len(people) > 3:
        shown += ", 等" if _HAN.search(people[0].family) else ", et al"
    return shown


def gbt_name(person: Person) -> str:
    """ "VASWANI A"; a Chinese name and a body as they are."""
    if not person.given or _HAN.search(person.family):
        return person.full
    letters = [part[0].upper() for part in re.split(r"[\s.\-‐]+", person.given) if part[:1].isalpha()]
    return " ".join([person.family.upper(), *letters, *([person.suffix] if person.suffix else [])])


def _gbt_link(entry: Entry) -> str:
    if entry.doi:
        return f"{entry.url}. DOI:{entry.doi}" if entry.url else f"DOI:{entry.doi}"
    return f"arXiv:{entry.arxiv}" if entry.arxiv else entry.url


def _stopped(text: str) -> str:
    return f"{text}{'' if text.endswith('.') else '.'} " if text else ""


def apa(entry: Entry) -> str:
    """APA, 7th edition: every author up to twenty, the date in brackets, a link."""
    who = _apa_people(entry.authors)
    title = entry.title
    if entry.edition and entry.type == "book":
        title += f" ({_apa_edition(entry.edition)})"
    if entry.type == "thesis":
        title += f" [{', '.join(part for part in (entry.genre or 'Thesis', entry.publisher) if part)}]"
    elif entry.type in ("software", "dataset"):
        title += " [Computer software]" if entry.type == "software" else " [Data set]"
    elif entry.type == "article" and entry.arxiv:
        title += f" (arXiv:{entry.arxiv})"
    elif entry.number and entry.type in ("report", "patent", "standard"):
        title += f" (No. {entry.number})"
    date = f"({_apa_date(entry)})."
    head = f"{who} {date} {_ended(title)}" if who else f"{_ended(title)} {date}"
    source = _apa_source(entry)
    return " ".join(part for part in (head, _ended(source) if source else "", _apa_link(entry)) if part)


def _apa_source(entry: Entry) -> str:
    if entry.type in ("article-journal", "article-magazine", "article-newspaper"):
        volume = entry.volume + (f"({entry.issue})" if entry.issue else "")
        return ", ".join(part for part in (entry.container, volume, entry.pages) if part)
    if entry.type in ("paper-conference", "chapter") and entry.container:
        editors = _apa_editors(entry.editors)
        where = f" (pp. {entry.pages})" if "-" in entry.pages else f" (p. {entry.pages})" if entry.pages else ""
        within = f"In {editors}{entry.container}{where}"
        return f"{within}. {entry.publisher}" if entry.publisher else within
    if entry.type == "thesis":
        return ""
    return ". ".join(part for part in (entry.container, entry.publisher) if part)


def _apa_date(entry: Entry) -> str:
    year, month, day = (*entry.issued.split("-"), "", "")[:3]
    if not year:
        return "n.d."
    if entry.type not in ("article-newspaper", "article-magazine", "webpage", "paper-conference") or not month:
        return year
    return f"{year}, {_MONTHS[int(month) - 1]}" + (f" {int(day)}" if day else "")


def _apa_edition(edition: str) -> str:
    return f"{_gbt_edition(edition)}." if edition.isdigit() else edition


def _apa_people(people: Sequence[Person]) -> str:
    shown = [_apa_name(person) for person in people]
    if len(shown) > 20:
        text = ", ".join(shown[:19]) + f", … {shown[-1]}"
    elif len(shown) > 1:
        text = ", ".join(shown[:-1]) + f", & {shown[-1]}"
    else:
        text = "".join(shown)
    return _ended(text) if text else ""


def _apa_editors(people: Sequence[Person]) -> str:
    if not people:
        return ""
    shown = [f"{_initials(p)} {p.family}".strip() if p.given and not _HAN.search(p.family) else p.full for p in people]
    joined = ", ".join(shown[:-1]) + (f", & {shown[-1]}" if len(shown) > 2 else f" & {shown[-1]}" if len(shown) > 1
                                      else shown[-1])
    return f"{joined} (Ed{'s' if len(shown) > 1 else ''}.), "


def _apa_name(person: Person) -> str:
    if not person.given or _HAN.search(person.family):
        return person.full
    return ", ".join(part for part in (person.family, _initials(person), person.suffix) if part)


def _initials(person: Person) -> str:
    """ "J.-P." of "Jean-Pierre", "R. C." of "Robert C."."""
    words = [word for word in re.split(r"[\s.]+", person.given) if word]
    return " ".join("-".join(f"{part[0].upper()}." for part in word.split("-") if part) for word in words)


def _apa_link(entry: Entry) -> str:
    return f"https://doi.org/{entry.doi}" if entry.doi else link_of(entry)


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!", "。", "？", "！")) else f"{text}."
