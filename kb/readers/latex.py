"""LaTeX: the prose without its commands, formulas and program listings verbatim.

Reads: bytes.  Gives: Extract whose text carries headings as "# …" lines.  Comments and listings are set apart first
(latex_source.py), then macros are replaced and conditions decided (latex_macros.py), then one pass writes the text
(latex_writer.py). `plain` turns a piece of LaTeX (a title, a BibTeX value) into plain text. A source of several files
is put together by latex_project.py.
"""

from __future__ import annotations

import re

from kb.errors import note
from kb.readers import Limits
from kb.readers.decode import read_text
from kb.readers.extract import Extract, Heading, tidy_blocks, tile
from kb.readers.latex_macros import Macros
from kb.readers.latex_page import State
from kb.readers.latex_source import Kept, braced, prepare
from kb.readers.latex_special import entries_of
from kb.readers.latex_titles import Declared, declared
from kb.readers.latex_writer import Writer
from kb.readers.left_out import left_out
from kb.readers.metadata import clean_arxiv, clean_doi, split_authors, year_of
from kb.readers.said_year import with_digits
from kb.text import CJK, one_line
from kb.types import Block, Metadata, Note

_SPECIAL = re.compile(r"[\\{}$~`&%\u3000-\uffef]|--|''|\n\s*\n")  # what is more than words
_MOST_NAMED = 12  # commands that a note names


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of one LaTeX file. A note counts \\input files, which are not followed. Errors: FileProblem
    E_ENCODING, E_TOO_BIG."""
    source, notes = read_text(data, limits, encoding)
    n_inputs = len(re.findall(r"\\(?:input|include|subfile|import|subimport)\s*\{", prepare(source, [])))
    return extract(source, notes + ((note("N_INCLUDED", n=n_inputs),) if n_inputs else ()))


def extract(source: str, notes: tuple[Note, ...] = (), definitions: str = "") -> Extract:
    """The Extract of a source that is whole. definitions: source before it that only defines (packages of its own)."""
    kept: list[Kept] = []
    preamble, body = _split(prepare(source, kept))
    said = declared(preamble + body)
    macros = Macros()
    macros.expand(prepare(definitions, []))
    macros.forget_pages()
    preamble = macros.expand(preamble)
    body = macros.expand(body)
    state = State(kept, macros.theorems, entries_of(preamble + body))
    writer = Writer(state)
    writer.write(body)
    state.left_out["condition"] += macros.n_undecided
    text = writer.text()
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    headings = [Heading(heading.start - lead, heading.level, heading.text) for heading in writer.headings]
    sections = tile(len(text), headings)
    blocks = tidy_blocks(
        [Block(block.kind, block.start - lead, min(block.end - lead, len(text))) for block in writer.blocks], sections)
    return Extract("latex", text, sections, (), blocks, _metadata(preamble + body, said, macros),
                   notes=notes + left_out(state.left_out) + _unknown(state))


def plain(tex: str) -> str:
    """A short piece of LaTeX as plain text: accents composed, emphasis and braces gone, formulas as written."""
    if not _SPECIAL.search(tex):
        return " ".join(tex.split())
    kept: list[Kept] = []
    writer = Writer(State(kept))
    writer.write(prepare(re.sub(r"(?<!\\)%", r"\\%", tex), kept))
    return writer.text().strip()


def _unknown(state: State) -> tuple[Note, ...]:
    named = [f"\\{name}" for name, n in state.unknown.most_common() if n]
    more = ["…"] if len(named) > _MOST_NAMED else []
    return (note("N_COMMANDS", names=" ".join(named[:_MOST_NAMED] + more)),) if named else ()


def _metadata(source: str, said: Declared, macros: Macros) -> Metadata:
    """What a source says of itself. source: with its macros replaced; said: what it declared before."""
    title, author, date = (macros.expand(words) for words in said)
    author = re.sub(r"\\(?:And|AND|and)\b", r"\\and ", author)
    author = _without(author, "thanks")
    author = re.sub(
        r"\\(?:thanks|footnotemark|inst|email|affiliation|orcid)\s*(?:\[[^\]]*\])?\s*(?:\{[^{}]*\})?|\$\^.*?\$", "",
        author)
    # Under each name stand its affiliations, one a line.
    names = [plain(re.split(r"\\\\", part)[0]) for part in re.split(r"\\and\b", author)]
    authors = split_authors(names[0]) if len(names) == 1 else split_authors([name for name in names if name])
    doi = re.search(r"\\(?:doi|acmDOI)\s*\{([^{}]*)\}", source)
    arxiv = re.search(r"arXiv:\s*(\d{4}\.\d{4,5})", source[:5000])
    return Metadata(
        title=_joined(one_line(plain(re.sub(r"\\thanks\s*\{[^{}]*\}|\\\\(?:\s*\[[^\]]*\])?|\\protect\b", " ", title)))),
        authors=authors,
        year=year_of(with_digits(plain(date))),
        doi=clean_doi(doi.group(1)) if doi else None,
        arxiv=clean_arxiv(arxiv.group(1)) if arxiv else None,
    )


def _joined(title: str) -> str:
    """A title over several lines without blanks between Chinese letters."""
    return re.sub(rf"(?<=[{CJK}])\s+(?=[{CJK}])", "", title)


def _without(tex: str, command: str) -> str:
    """The source without a command and its argument."""
    while (start := tex.find(f"\\{command}{{")) >= 0:
        tex = tex[:start] + tex[braced(tex, start + len(command) + 1)[1]:]
    return tex


def _split(source: str) -> tuple[str, str]:
    begin = source.find("\\begin{document}")
    if begin < 0:
        return "", source
    end = source.rfind("\\end{document}")
    return source[:begin], source[begin + len("\\begin{document}"):end if end > begin else len(source)]
