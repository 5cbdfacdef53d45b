"""Where a work says that its own code can be had: sentences with an address, and footnotes that are one.

Reads: a Paper.  Gives: spans in the document.  Next: lists.py. Addresses of tools that a work used are none.
"""

from __future__ import annotations

import re

from kb.study.papers import Paper
from kb.study.remarks import code
from kb.words import Phrases

_HOST = re.compile(r"(?:github|gitlab|gitee|bitbucket|sourceforge|huggingface|zenodo)\.\s?(?:com|org|io|net|co)/\s?"
                   r"[\w.-]+(?:/\s?(?P<name>[\w.-]+))?", re.I)
_ADDRESS = re.compile(r"https?:\s?//\s?\S+|www\.\S+|\b[\w-]+(?:\.[\w-]+)+/\s?\S+", re.I)
_CODE = Phrases(r"(?<![A-Za-z])(?:«cells: code en»)|(?:«cells: code zh»)", re.I)
_USED = re.compile(r"(?<![A-Za-z])(?:we|our\s+\w+)\s+(?:use|used|using|adopt\w*)\b|"
                   r"\bthank\b|\bprovided by\b|使用|采用|感谢", re.I)
_BEGINNING = 6000  # characters in which a footnote gives the work's own code


def code_addresses(paper: Paper) -> list[tuple[int, int]]:
    """The spans that give the address of the work's own code, in the text's order."""
    found = [(remark.start, remark.end) for remark in code(paper)
             if remark.yes is not False and _gives(remark.line.text, has_note=remark.beside is not None)]
    found += [remark.beside for remark in code(paper) if remark.beside and (remark.start, remark.end) in found]
    for line in paper.lines:
        address = _HOST.search(line.text)
        if address and line.part not in ("references", "related") and not _USED.search(line.text):
            name = (address["name"] or "").casefold().removesuffix(".git")
            is_own = name in paper.own_names or name in paper.document.metadata.title.casefold().split()
            if is_own or (line.start < _BEGINNING and not line.is_other):
                found.append((line.start, line.end))
    return sorted(dict.fromkeys(found))


def _gives(text: str, *, has_note: bool) -> bool:
    """Whether a sentence speaks of code besides its address, and has one or points to one."""
    has_address = bool(_ADDRESS.search(text))
    return bool(_CODE.search(_ADDRESS.sub(" ", text))) and (has_address or has_note) and not _USED.search(text)
