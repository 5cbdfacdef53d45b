"""An entry as BibTeX, in UTF-8.

Reads: Entry.  Gives: text. What TeX would take for a command is written so that it prints as it is; formulas between
dollar signs stay formulas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kb.types import Entry, Person

_SPECIAL = {"\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "$": r"\$", "&": r"\&",
            "#": r"\#", "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
            "`": r"\textasciigrave{}"}
_FORMULA = re.compile(r"(?<![\\$])\$(?=[^\s$])[A-Za-z0-9 ^_+*/=<>()\[\].,:;|!-]{1,300}(?<=[^\s\\])\$(?![\d$])")
_LIGATURES = re.compile(r"-(?=-)|,(?=,)|'(?=')|<(?=<)|>(?=>)|[?!](?=`)")
_TYPES = {"article-journal": "article", "article-magazine": "article", "article-newspaper": "article",
          "paper-conference": "inproceedings", "book": "book", "chapter": "incollection", "report": "techreport",
          "manuscript": "unpublished"}
_PUBLISHERS = {"thesis": "school", "report": "institution"}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af]+")


def render(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """An entry of BibTeX from values that are TeX already; fields without a value are left out. A value whose braces
    are not balanced loses them."""
    lines = [f"  {name} = {{{_balanced(value)}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"]) + "\n"


def _balanced(value: str) -> str:
    value = " ".join(value.split())
    depth = 0
    for mark in re.findall(r"[{}]", value):
        depth += 1 if mark == "{" else -1
        if depth < 0:
            break
    return value if depth == 0 else value.replace("{", "").replace("}", "")


def to_bibtex(entry: Entry) -> str:
    """The entry with all that it says; its type stands in `entrysubtype` where BibTeX has no word for it."""
    kind = _kind(entry)
    is_misc = kind == "misc"
    place = _PUBLISHERS.get(entry.type, "howpublished" if is_misc else "publisher")
    year, month, day = (*entry.issued.split("-"), "", "")[:3]
    said = {
        "author": names(entry.authors), "editor": names(entry.editors),
        "title": f"{{{escape(entry.title)}}}" if entry.title else "",
        "journal" if kind == "article" else "booktitle": escape(entry.container),
        "volume": escape(entry.volume), "number": escape(entry.number or entry.issue),
        "pages": escape(entry.pages).replace("-", "--"),
        place: escape(entry.publisher or (entry.container if is_misc else "")), "address": escape(entry.place),
        "edition": escape(entry.edition), "type": escape(_genre(entry, kind)), "year": year, "month": month,
        "day": day, "doi": entry.doi and _address(entry.doi),
        "eprint": entry.arxiv, "archiveprefix": "arXiv" if entry.arxiv else "",
        "isbn": escape(entry.isbn), "issn": escape(entry.issn), "url": _address(entry.url), "urldate": entry.accessed,
        "language": escape(entry.language), "keywords": escape(", ".join(entry.keywords)),
        "abstract": escape(entry.abstract), "note": escape(entry.note),
        "entrysubtype": entry.type if entry.type in ("article-magazine", "article-newspaper") or is_misc else "",
    }
    return render(kind, entry.key, said)


def _kind(entry: Entry) -> str:
    if entry.type == "thesis":
        return "mastersthesis" if re.search(r"master|硕士", entry.genre, re.IGNORECASE) else "phdthesis"
    return _TYPES.get(entry.type, "misc")


def _genre(entry: Entry, kind: str) -> str:
    usual = {"phdthesis": "PhD thesis", "mastersthesis": "Master's thesis"}
    return "" if entry.genre == usual.get(kind) else entry.genre


def names(people: Sequence[Person]) -> str:
    """The names as BibTeX parts them: bodies and names in one piece between braces."""
    return " and ".join(_name(person) for person in people)


def _name(person: Person) -> str:
    family = escape(person.family)
    if not person.given and not person.suffix:
        is_one = re.fullmatch(r"\w+", person.family) and (person.family[0].isupper() or _HAN.match(person.family))
        return family if is_one and person.family.lower() != "others" else f"{{{family}}}"
    family = f"{{{family}}}" if re.search(r",|\band\b|[;；、，\\]", person.family, re.I) or (
        _HAN.fullmatch(person.family) and len(person.family) > 1) else family
    given = f"{{{escape(person.given)}}}" if re.search(r",|\band\b|[;；、，\\]", person.given, re.I) else escape(
        person.given)
    return f"{family}, {escape(person.suffix)}, {given}" if person.suffix else f"{family}, {given}"


def escape(text: str) -> str:
    """Text that TeX prints as it is, formulas as such."""
    made, at = "", 0
    for found in _FORMULA.finditer(text):
        made += _plain(text[at:found.start()]) + found.group()
        at = found.end()
    return made + _plain(text[at:])


def _plain(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in _LIGATURES.sub("\\g<0>\0", text)).replace("\0", "{}")


def _address(value: str) -> str:
    """An address or DOI, which packages print as it is; only what would end the field is written otherwise."""
    return re.sub(r"[{}\\\s]", lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()), value)
