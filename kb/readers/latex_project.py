"""A LaTeX source of several files, read as one document.

Reads: a bundle (latex_parts.py).  Gives: Extract. Parts stand where they are put in; the list of references comes from
the .bbl beside the main file, else from the entries of its .bib files that are cited.
"""

from __future__ import annotations

import os
import re

from kb.errors import note
from kb.readers import Limits
from kb.readers.bibtex import parse_bibtex
from kb.readers.decode import read_text
from kb.readers.extract import Extract
from kb.readers.latex import extract
from kb.readers.latex_parts import Bundle, Named, candidates, named
from kb.readers.latex_source import LISTINGS

_DEEPEST = 20
_LISTING = "|".join(LISTINGS)
_PART = re.compile(
    rf"(?P<keep>\\begin\{{({_LISTING}|comment)\*?\}}.*?\\end\{{\2\*?\}}|\\%|%[^\n]*)"
    r"|\\(?:(?:sub)?(?:import|inputfrom|includefrom)\*?\s*\{[^{}\n]*\}\s*\{[^{}\n]*\}"
    r"|(?P<new>include|subfile|subfileinclude)\s*\{[^{}\n]*\}|(?:input|loadglsentries)\s*\{[^{}\n]*\}"
    r"|[a-z]+inputfile\s*(?:\[[^\]\n]*\]\s*)?\{[^{}\n]*\}|input\s+[\w./-]+)"
    r"|\\(?P<list>bibliography|printbibliography|addbibresource|addglobalbib)(?![A-Za-z])\s*(?:\[[^\]]*\])?"
    r"(?:\s*\{(?P<lists>[^{}]*)\})?", re.DOTALL)
_CITED = re.compile(r"\\[A-Za-z]*cite[A-Za-z]*\*?\s*(?:\[[^\]]*\]\s*)*\{([^{}]*)\}")
_REFERENCES = "\\kbreferences "
_SPECIAL = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
            **{sign: "\\" + sign for sign in "%&$#_{}"}}


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a bundle. A note counts the parts that were named and are not there. Errors: FileProblem
    E_ENCODING, E_TOO_BIG."""
    bundle = Bundle.from_bytes(data)
    main = next(iter(bundle.files))
    project = _Project(bundle, limits, encoding)
    source = project.text(main, ".")
    source = source.replace(_REFERENCES, "", source.count(_REFERENCES) - 1)
    if _REFERENCES in source:
        source = source.replace(_REFERENCES, project.references(main, source))
    definitions = "\n".join(project.plain(name) for name in bundle.files if name.endswith((".sty", ".cls")))
    notes = (note("N_INCLUDED", n=len(bundle.missing)),) if bundle.missing else ()
    return extract(source, notes, definitions)


class _Project:
    """The files of a bundle, decoded, put into each other."""

    def __init__(self, bundle: Bundle, limits: Limits, encoding: str | None) -> None:
        self._files, self._limits, self._encoding = bundle.files, limits, encoding
        self._lists: list[str] = []
        self._room = limits.max_characters

    def plain(self, name: str) -> str:
        """A file as it is."""
        return read_text(self._files[name], self._limits, self._encoding)[0] if self._files[name] else ""

    def text(self, name: str, base: str, above: tuple[str, ...] = ()) -> str:
        """A file with its parts in it. above: the files that it is put into, of which none is put in again: that would
        have no end."""
        source = self.plain(name)
        self._room -= len(source)
        if above and "\\begin{document}" in source:  # a part that can also stand alone
            source = source.partition("\\begin{document}")[2].partition("\\end{document}")[0]
        if above and (end := re.search(r"(?m)^[^%\n]*?\\endinput(?![A-Za-z])", source)):
            source = source[:end.end() - len("\\endinput")]

        def put(found: re.Match[str]) -> str:
            if found["keep"] is not None:
                return found.group()
            if found["list"]:
                return self._list(found["list"], found["lists"])
            wanted = named(found.group())
            part = self._part(wanted[0], base, os.path.dirname(name)) if wanted else None
            if part is None or part in (*above, name) or len(above) >= _DEEPEST or self._room < 0:
                return ""
            folder = os.path.normpath(os.path.join(base, wanted[0].folder)) if wanted[0].folder else base
            inside = self.text(part, folder, (*above, name)).rstrip()
            gap = "\n\n" if found["new"] else "\n" if "%" in inside.rpartition("\n")[2] else ""
            return ("\n\n" if found["new"] else "") + inside + gap

        return _PART.sub(put, source)

    def _part(self, wanted: Named, base: str, beside: str) -> str | None:
        return next((path for path in candidates(wanted, base, beside) if path in self._files), None)

    def _list(self, kind: str, lists: str | None) -> str:
        for name in (lists or "").split(","):
            path = self._part(Named(name.strip(), "", ".bib", False), ".", ".")
            if path is not None and path not in self._lists:
                self._lists.append(path)
        return "" if kind.startswith("add") else _REFERENCES

    def references(self, main: str, source: str) -> str:
        """The list of references as LaTeX."""
        bbl = os.path.splitext(main)[0] + ".bbl"
        if bbl in self._files and "\\begin{thebibliography}" in (text := self.plain(bbl)):
            return "\n" + text + "\n"
        cited = dict.fromkeys(key.strip() for found in _CITED.finditer(source) for key in found[1].split(","))
        items = []
        for path in self._lists:
            entries = parse_bibtex(self.plain(path))
            keys = entries if "*" in cited else [key for key in cited if key in entries]
            items += [f"\\bibitem{{{key}}} {_reference(entries[key])}" for key in keys]
        body = "\n\n".join(items)
        return f"\n\\begin{{thebibliography}}{{9}}\n{body}\n\\end{{thebibliography}}\n" if items else ""


def _reference(entry: dict[str, str]) -> str:
    """An entry as a line: authors, title, where and when."""
    authors = re.sub(r"\s+and\s+", "; ", entry.get("author") or entry.get("editor") or "")
    venue = next((entry[name] for name in ("journal", "journaltitle", "booktitle", "publisher", "school", "institution")
                  if entry.get(name)), "")
    year = entry.get("year") or entry.get("date", "")[:4]
    parts = [authors, entry.get("title", ""), ", ".join(part for part in (venue, year) if part)]
    words = " ".join(part.rstrip(".") + "." for part in parts if part)
    return "".join(_SPECIAL.get(character, character) for character in words)
