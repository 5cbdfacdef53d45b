"""Title, authors, year and the rest of what is known about a source.

From, in order of precedence: the metadata file beside it (NAME.SUFFIX.toml, NAME.toml, NAME.SUFFIX.bib, NAME.bib), the front matter
of a Markdown file, what the file says of itself, a guess. What was guessed is named in Metadata.guessed.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from kb.errors import FileProblem
from kb.readers import Source, display_path, sidecar_names
from kb.text import CJK, mend, one_line
from kb.types import Language, Metadata, Section

_LARGEST_SIDECAR = 2**20


class Sidecar(NamedTuple):
    """A metadata file: its name and its bytes."""

    name: str
    data: bytes


def load_sidecar(source: Source, beside: Collection[str] | None = None) -> Sidecar | None:
    """The metadata file beside a document, or None. Errors: FileProblem E_SIDECAR if it is there but cannot be read.

    beside: the names in its folder, if they are known: then the system is not asked about those that are not there.
    """
    folder, name = os.path.split(os.fsdecode(source.raw))
    for candidate in sidecar_names(name):
        if beside is not None and candidate not in beside:
            continue
        path = os.path.join(folder, candidate)
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                continue  # a link or a folder of that name is something else
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                data = file.read(_LARGEST_SIDECAR + 1)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                continue
            raise _invalid(candidate, error.strerror or "cannot be opened") from error
        if len(data) > _LARGEST_SIDECAR:
            raise _invalid(candidate, "larger than 1 MB")
        return Sidecar(candidate, data)
    return None


def sidecar_sha256(source: Source, beside: Collection[str] | None = None) -> str:
    """The SHA-256 of the metadata file beside a document, in hex; "" if there is none. It changes when the metadata do. beside: see `load_sidecar`."""
    sidecar = load_sidecar(source, beside)
    return hashlib.sha256(sidecar.data).hexdigest() if sidecar else ""


def read_sidecar(sidecar: Sidecar) -> tuple[Metadata, Language | None]:
    """What a metadata file says. Errors: FileProblem E_SIDECAR naming what is wrong in it.

    A BibTeX file must hold one entry, or one whose key is the file's name; any other is a list of references and says nothing.
    """
    try:
        text = sidecar.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(sidecar.name, "not UTF-8") from error
    if sidecar.name.lower().endswith(".bib"):
        entries = parse_bibtex(text)
        if not entries:
            raise _invalid(sidecar.name, "no BibTeX entry in it")
        key = sidecar.name.split(".")[0]
        values = entries[key] if key in entries else next(iter(entries.values())) if len(entries) == 1 else {}
        return metadata_from(values)
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _invalid(sidecar.name, str(error)) from error
    for name, value in values.items():
        wanted = _ACCEPTED.get(name)
        if wanted and not isinstance(value, wanted):
            raise _invalid(sidecar.name, f"{name} = {value!r}")
    if "year" in values and year_of(values["year"]) is None:
        raise _invalid(sidecar.name, f"year = {values['year']!r}")
    if "language" in values and values["language"] not in ("zh", "en"):
        raise _invalid(sidecar.name, f"language = {values['language']!r}, not zh or en")
    return metadata_from(values)


_ACCEPTED: dict[str, tuple[type, ...]] = {
    "title": (str,), "author": (str, list), "authors": (str, list), "year": (int, str), "venue": (str,), "journal": (str,),
    "booktitle": (str,), "doi": (str,), "arxiv": (str,), "url": (str,), "language": (str,),
}


def _invalid(name: str, detail: str) -> FileProblem:
    return FileProblem("E_SIDECAR", sidecar=os.path.basename(display_path(name)), detail=one_line(detail, 160))


# --- front matter ----------------------------------------------------------------------------------------------------------------------

_FRONT = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\n(.*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)


def split_front_matter(text: str) -> tuple[Metadata, Language | None, str]:
    """(metadata, declared language, the text without its front matter). What is no mapping in YAML or TOML stays in the text."""
    found = _FRONT.match(text[:_LARGEST_SIDECAR])
    values = _front_values(found.group(1), found.group(2)) if found else None
    if found is None or values is None:
        return Metadata(), None, text
    metadata, language = metadata_from(values)
    return metadata, language, text[found.end():]


def _front_values(fence: str, body: str) -> dict[str, Any] | None:
    import yaml

    try:
        values = tomllib.loads(body) if fence == "+++" else yaml.safe_load(body)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError):
        return None
    return {str(name).lower(): value for name, value in values.items()} if isinstance(values, dict) else None


# --- values ----------------------------------------------------------------------------------------------------------------------------


def metadata_from(values: Mapping[str, Any]) -> tuple[Metadata, Language | None]:
    """Metadata from the names in use (author or authors, year or date, venue, journal or booktitle …); odd values count as missing."""
    language = values.get("language", values.get("lang"))
    declared: Language | None = "zh" if str(language).lower().startswith("zh") else "en" if str(language).lower().startswith("en") else None
    venue = _first(values, "venue", "journal", "journaltitle", "booktitle")
    arxiv = _first(values, "arxiv")
    if not arxiv and str(values.get("archiveprefix", "")).lower() == "arxiv":
        arxiv = _first(values, "eprint")
    doi, url = _first(values, "doi"), _first(values, "url", "link")
    return Metadata(
        title=_first(values, "title"),
        authors=split_authors(values.get("authors") or values.get("author")),
        year=year_of(values.get("year") or values.get("date")),
        venue=venue or None,
        doi=clean_doi(doi) if doi else None,
        arxiv=clean_arxiv(arxiv) if arxiv else None,
        url=url if re.match(r"https?://[^\s<>\"]+$", url) else None,
    ), declared


def _first(values: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = values.get(name)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and (line := one_line(str(value), 500)):
            return line
    return ""


def year_of(value: Any) -> int | None:
    """The year in a number, a date or a phrase ("March 2021"), from 1000 to 2199."""
    if isinstance(value, bool):
        return None
    found = re.search(r"(?<!\d)(1\d{3}|2[01]\d{2})(?!\d)", str(value)[:200]) or re.match(r"(1\d{3}|2[01]\d{2})\d{4}$", str(value)[:8])
    return int(found.group(1)) if found else None


def clean_doi(text: str) -> str | None:
    """The bare DOI in a string that may be a link to it."""
    found = re.search(r"10\.\d{4,9}/[^\s\"<>{}]+", text)
    return found.group().rstrip(".,;:)]'") if found else None


def clean_arxiv(text: str) -> str | None:
    """The bare arXiv number, with its version if there is one."""
    found = re.search(r"\d{4}\.\d{4,5}(?:v\d{1,2})?|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7}(?:v\d{1,2})?", text)
    return found.group() if found else None


def split_authors(value: Any) -> tuple[str, ...]:
    """Names from a list, or from one string that parts them by "and", ";" or "、", or by commas between full names.

    "Vaswani, Ashish" becomes "Ashish Vaswani".
    """
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, str):
        value = mend(value[:20_000])
        parts = [part for part in re.split(r"\s+and\s+|\s*[;；、]\s*|\n+", value) if part.strip()]
        # "A B, C D and E F" is a list with commas; in "B, A and D, C" they turn names round, as in BibTeX, and the last part has one too.
        if len(parts) == 1 or len(parts) > 1 and "," not in parts[-1] and not _OTHERS.fullmatch(parts[-1].strip()):
            parts = [piece for part in parts for piece in _full_names(part)]
        value = [part.removeprefix("and ") for part in parts]
    if not isinstance(value, Sequence):
        return ()
    names = [_name(item) for item in value[:3000]]
    return tuple(dict.fromkeys(name for name in names if name and not _OTHERS.fullmatch(name)))


_OTHERS = re.compile(r"others|et al\.?|等", re.IGNORECASE)


def _full_names(part: str) -> list[str]:
    """The names in a list with commas; the part itself if a comma in it parts the family's name from the given one."""
    pieces = [piece.strip() for piece in re.split("[,，]", part) if piece.strip()]
    if part.lstrip()[:1].islower():  # "van Gogh, Vincent Willem"
        return [part]
    return pieces if all(" " in piece or re.fullmatch(f"[{CJK}·]{{2,8}}", piece) for piece in pieces) else [part]


def _name(item: Any) -> str:
    if isinstance(item, Mapping):
        given, family = str(item.get("given") or ""), str(item.get("family") or "")
        item = item.get("name") or f"{given} {family}".strip()
    if not isinstance(item, str):
        return ""
    name = one_line(item, 200).strip(" ,")
    family, comma, given = name.partition(",")
    if not comma or "," in given or re.match(r"\s*(?:Jr|Sr|I{2,3}|Inc|Ltd|LLC)\b", given):
        return name
    family, given = family.strip(), given.strip()
    return family + given if re.fullmatch(f"[{CJK}]+", family) else f"{given} {family}"


# --- putting it together -----------------------------------------------------------------------------------------------------------------


def merge(declared: Metadata, own: Metadata, sections: Sequence[Section], name: str) -> Metadata:
    """The document's metadata: `declared` beside it first, then its own; a title is found in any case.

    name: the file's name. Without a title of its own the first heading is the title, else the name without suffix (a guess).
    """
    values: dict[str, Any] = {}
    guessed: list[str] = []
    for item in dataclasses.fields(Metadata):
        if item.name == "guessed":
            continue
        given = getattr(declared, item.name)
        values[item.name] = given or getattr(own, item.name)
        if not given and values[item.name] and item.name in own.guessed:
            guessed.append(item.name)
    if not values["title"]:
        values["title"] = next((one_line(section.heading) for section in sections if section.heading), "")
    if not values["title"]:
        values["title"] = title_from_name(name)
        guessed.append("title")
    return Metadata(**values, guessed=tuple(guessed))


def title_from_name(name: str) -> str:
    """A file's name made readable: without suffix, underscores as spaces."""
    stem = os.path.splitext(os.path.basename(display_path("/" + name)))[0]
    return one_line(re.sub(r"[_\s]+", " ", stem)).strip(" -.") or stem


# --- BibTeX ------------------------------------------------------------------------------------------------------------------------------

_ENTRY = re.compile(r"@\s*(\w+)\s*[{(]\s*([^\s,{}()]*)\s*,")
_FIELD = re.compile(r"\s*,?\s*([\w:-]+)\s*=\s*")


def parse_bibtex(text: str) -> dict[str, dict[str, str]]:
    """key -> {field: value in plain text} for every entry, fields in lower case. What cannot be parsed is passed over."""
    from kb.readers.latex import plain

    entries: dict[str, dict[str, str]] = {}
    for found in _ENTRY.finditer(text):
        if found.group(1).lower() in ("comment", "string", "preamble"):
            continue
        fields: dict[str, str] = {}
        position = found.end()
        while field := _FIELD.match(text, position):
            value, position = _bibtex_value(text, field.end())
            fields[field.group(1).lower()] = one_line(plain(value), 20_000)
        entries[found.group(2)] = fields
    return entries


def _bibtex_value(text: str, position: int) -> tuple[str, int]:
    """The value that begins here, in braces, in quotes or bare, and where it ends. Nested braces stay in the value."""
    opening = text[position:position + 1]
    if opening not in ("{", '"'):
        bare = re.compile(r"[^,}\n]*").match(text, position)
        return (bare.group().strip(), bare.end()) if bare else ("", position + 1)
    depth = 0
    for i in range(position, len(text)):
        character = text[i]
        depth += (character == "{") - (character == "}")
        if (opening == "{" and depth == 0) or (opening == '"' and depth == 0 and character == '"' and i > position):
            return text[position + 1:i], i + 1
    return text[position + 1:], len(text)
