"""What no document is called, nobody is named and no DOI is: what programs and templates leave in a file.

By kind, with the words of data/words/metadata.txt: names of programs and files, "untitled", templates by whose name,
accounts of computers, placeholders.
"""

from __future__ import annotations

import re

from kb.readers.names import is_person
from kb.text import one_line
from kb.words import Phrases

_NO_TITLE = Phrases(
    r"^\W*(?:(?:«metadata: no title~»)\W*$|(?:«metadata: no title begins~»)|"
    r"(?:文档|document|slide|sheet|book|工作簿)\s*\d*\W*$|\W*$|"
    r".*\.(?:docx?|tex|dvi|pdf|indd|rtf|pptx?|odt|wps|md|qxd|pages|cdr|ps|eps|fm|html?)\W*$|"
    r"(?:doi|pii|isbn|issn|arxiv)\b.*$|[表图]\S{1,2}[：:]\W*$)", re.IGNORECASE)
_TEMPLATE = Phrases(r"(?:\b|_|(?<=[一-鿿]))(?:«metadata: template»)", re.IGNORECASE)
_OF_WHOM = Phrases(r"\b(?:«metadata: template word»)\b|论文|毕业|学报|期刊|投稿|稿件", re.IGNORECASE)
_BASED_ON = re.compile(r"基于.{0,30}模[板版]\W*$")
_CODE = re.compile(r"^<[\dA-F]{6,}>?$|[!\\{}]|^\d+$|^[\w-]{25,}$|�|^[!-~]*[A-Za-z\d]_[A-Za-z\d][!-~]*$")
_PLACEHOLDER = Phrases(
    r"(?:«metadata: placeholder doi»)|x{3,}|n{5,}|(\d)\1{6,}|[./-]0{3,}(?:[./-]0+)*$|20\d?x{1,2}\b", re.IGNORECASE)
_LONGEST_TEMPLATE = 8  # words of a title that names a template and nothing else


def is_no_title(title: str) -> bool:
    """Whether a declared title is that of a program, a file or a template."""
    title = one_line(title)
    if _NO_TITLE.match(title) or _CODE.search(title):
        return True
    if _BASED_ON.search(title):
        return True
    is_short = len(title.split()) <= _LONGEST_TEMPLATE and len(title) <= 60
    return is_short and bool(_TEMPLATE.search(title) and _OF_WHOM.search(title))


def is_no_doi(doi: str) -> bool:
    """Whether a DOI is the one that a template has in its place."""
    return bool(_PLACEHOLDER.search(doi))


def persons(authors: tuple[str, ...]) -> tuple[str, ...]:
    """The declared authors that are persons or organisations; () if only an account of a computer is named."""
    authors = tuple(re.sub(r"\bet al\b\.?", "", author) for author in authors)
    return tuple(" ".join(author.strip(" *∗†‡§,;").split()) for author in authors
                 if is_person(author) and not re.search(r"[@\[\]{}\\]", author))
