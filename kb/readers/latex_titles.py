"""Title, authors and year as a LaTeX source declares them: \\title and \\author, or what the class of a thesis has for
them (\\ctitle, \\thusetup{title = …}).

Reads: source whose macros are replaced.  Gives: what stands in the braces of each.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kb.readers.latex_source import braced

# Names in classes of Chinese theses, the usual ones first; a Chinese title comes before its translation.
_NAMES = {
    "title": ("title", "ctitle", "cntitle", "zhtitle", "chinesetitle", "titlecn", "titlezh", "thesistitle",
              "thesistitlecn", "cnthesistitle", "bititle", "etitle", "entitle", "englishtitle", "titleen"),
    "author": ("author", "cauthor", "cnauthor", "zhauthor", "chineseauthor", "authorcn", "authorzh", "thesisauthor",
               "cnname", "eauthor", "enauthor", "englishauthor", "authoren"),
    "date": ("date", "cdate", "cndate", "thesisdate", "submitdate", "chinesedate"),
}
_SETUP = re.compile(r"\\[A-Za-z]*(?:setup|info|option)s?\s*(?:\[[^\]]*\])?\s*(?=\{)", re.IGNORECASE)


class Declared(NamedTuple):
    """The LaTeX of each, "" where there is none."""

    title: str
    author: str
    date: str


def declared(source: str) -> Declared:
    """What a source declares of itself."""
    setups = [braced(source, found.end())[0] for found in _SETUP.finditer(source)]
    return Declared(*(_first(source, setups, kind) for kind in ("title", "author", "date")))


def _first(source: str, setups: list[str], kind: str) -> str:
    for name in _NAMES[kind]:
        # \title first, the keys of a setup next: what they say is the title of the whole, too
        found = re.search(rf"\\{name}\s*(?:\[[^\]]*\])?\s*(?=\{{)", source)
        if found and (words := braced(source, found.end())[0]).strip():
            return words
        for setup in setups:
            key = re.search(rf"(?:^|[,{{\s]){name}\s*=\s*(?:(?=\{{)|([^,{{}}]+))", setup, re.IGNORECASE)
            if key and (words := key[1] if key[1] else braced(setup, key.end())[0]).strip():
                return words.strip()
    return ""
