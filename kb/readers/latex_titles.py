"""Title, authors and year as a LaTeX source declares them: \\title and \\author, or what the class of a thesis has for
them (\\ctitle, \\thusetup{title = …}, \\renewcommand{\\zjutitlec}{…}).

Reads: source whose macros are not yet replaced, for a class may use up its own commands.  Gives: what stands in the
braces of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kb.readers.latex_source import braced
from kb.text import CJK

# Names in classes of Chinese theses, the usual ones first; a Chinese title comes before its translation.
_NAMES = {
    "title": ("title", "ctitle", "cntitle", "zhtitle", "chinesetitle", "titlecn", "titlezh", "thesistitle",
              "thesistitlecn", "cnthesistitle", "bititle", "etitle", "entitle", "englishtitle", "titleen"),
    "author": ("author", "cauthor", "cnauthor", "zhauthor", "chineseauthor", "authorcn", "authorzh", "thesisauthor",
               "cnname", "eauthor", "enauthor", "englishauthor", "authoren"),
    "date": ("date", "cdate", "cndate", "zhdate", "thesisdate", "submitdate", "chinesedate"),
}
_SETUP = re.compile(r"\\[A-Za-z]*(?:setup|info|option)s?\s*(?:\[[^\]]*\])?\s*(?=\{)", re.IGNORECASE)
# Other names, told by what is in them: \zjutitlec, submissionDate. What a name must and may not have, letters alone.
_TOLD = {"title": "title|timu|biaoti", "author": "author|(?:student|stu|c|zh|cn|my|your)name|xingming", "date": "date"}
_NOT_TOLD = {
    "title": "mentor|short|running|sub|head|foot|format|spac|page|toc|pdf|book|make|section|chapter|part|list|content|"
             "table|figure|visor|tutor|teacher|director|prof|job|font|style|rule|spine|vertical|degree|name$|thetitle$",
    "author": "id$|no$|number|number|mark|sect|format|font|style|note|co(?:rres|author)|short|running|head|pdf|file|"
              "class|pack|sign|info|visor|mail",
    "date": "begin|start|birth|up|format|font|style|pdf|visor|get|thedate$|defen|file|access|url|declar|sign|post",
}
_ENGLISH = re.compile(r"^e(?:n|ng|nglish)?(?=title|author|name|date|submi|finish|thesis)|(?:en|eng|english|e)$")
_SLOT = re.compile(r"\\(?:(?:re|provide)?newcommand\*?|def|gdef)\s*\{?\s*\\(?P<made>[A-Za-z@]+)\s*\}?\s*(?=\{)"
                   r"|\\(?P<name>[A-Za-z@]+)\s*(?:\[[^\]]*\])?\s*(?=\{)"
                   r"|(?<=[,{\s])(?P<key>[A-Za-z][A-Za-z-]{2,30})\s*=\s*(?:(?=\{)|(?P<bare>[^,{}\n]+))")
_TEXT = re.compile(r"\\(?:chapter|section)\s*(?:\[[^\]]*\])?\s*\{|\\begin\s*\{thebibliography\}|\\kbreferences")
_YEAR = re.compile(r"(?:19|20)\d\d|[一二][〇○零一二三四五六七八九]{3}")
_HAN = f"[{CJK}]"


class Declared(NamedTuple):
    """The LaTeX of each, "" where there is none."""

    title: str
    author: str
    date: str


def declared(source: str) -> Declared:
    """What a source declares of itself, ahead of its first chapter if it can."""
    first = _TEXT.search(source)
    for head in (source[:first.start()], source) if first else (source,):
        setups = [braced(head, found.end())[0] for found in _SETUP.finditer(head)]
        title = _first(head, setups, "title")
        if title:
            break
    return Declared(title, *(_first(head, setups, kind) for kind in ("author", "date")))


def _first(source: str, setups: list[str], kind: str) -> str:
    left = ""
    for name in _NAMES[kind]:
        if kind == "title" and (lines := _lines(source, name)):
            return lines
        # \title first, the keys of a setup next: what they say is the title of the whole, too
        found = re.search(rf"\\{name}\s*(?:\[[^\]]*\])?\s*(?=\{{)", source)
        if found and (words := braced(source, found.end())[0]).strip():
            if kind != "date" or _says_year(words):
                return words
            left = left or words
        for setup in setups:
            key = re.search(rf"(?:^|[,{{\s]){name}\s*=\s*(?:(?=\{{)|([^,{{}}]+))", setup, re.IGNORECASE)
            if key and (words := key[1] if key[1] else braced(setup, key.end())[0]).strip() and (
                    kind != "date" or _says_year(words)):
                return words.strip()
    return min(_told(source, kind), key=lambda one: one[0], default=((), left))[1]


def _told(source: str, kind: str) -> Iterator[tuple[tuple[bool, bool, int], str]]:
    """What commands and keys say whose names tell what they are for: the likeliest sorts first."""
    for found in _SLOT.finditer(source):
        name = (found["made"] or found["name"] or found["key"]).lower()
        bare = name.replace("-", "")
        if not re.search(_TOLD[kind], bare) or re.search(_NOT_TOLD[kind], bare) or "@" in name:
            continue
        words = found["bare"] or braced(source, found.end())[0]
        plain = re.sub(r"\\[A-Za-z@]+\*?|[{}~\\]", " ", words).strip()
        if _may_be(plain, kind) and "#" not in words:
            is_english = bool(_ENGLISH.search(bare)) or not re.search(_HAN, plain)
            rest = _more(source, found["made"]) if kind == "title" and found["made"] else ""
            yield (is_english, "cover" not in bare and kind == "title", found.start()), words.strip() + rest


def _lines(source: str, name: str) -> str:
    """A title whose lines have a command each: \\titlea, \\titleb."""
    first = re.search(rf"\\{name}(?:a|one)\s*(?=\{{)", source)
    words = braced(source, first.end())[0].strip() if first else ""
    rest = (re.search(rf"\\{name}(?:{end})\s*(?=\{{)", source) for end in ("b|two", "c|three"))
    return " ".join([words, *(braced(source, found.end())[0].strip() for found in rest if found)]) if words else ""


def _more(source: str, name: str) -> str:
    """The further lines of a title that a class keeps in commands of its own: \\zjutitlecb behind \\zjutitlec."""
    found = (re.search(rf"\\(?:re)?newcommand\*?\s*\{{?\s*\\{name}{end}\s*\}}?\s*(?=\{{)", source) for end in "bc")
    return "".join(f" {braced(source, one.end())[0].strip()}" for one in found if one)


def _may_be(plain: str, kind: str) -> bool:
    """Whether words may be a title, a person, a date."""
    if kind == "date":
        return _says_year(plain)
    if kind == "title":
        return len(re.findall(_HAN, plain)) >= 4 or len(re.findall(r"[^\W\d_]{2,}", plain)) >= 3
    is_han = re.fullmatch(f"{_HAN}(?:[\\s·]*{_HAN}){{1,4}}", plain)
    return bool(is_han or re.fullmatch(r"[A-Z][\w.’'-]*(?:\s+[A-Z][\w.’'-]*){1,3}", plain))


def _says_year(words: str) -> bool:
    return bool(_YEAR.search(words))
