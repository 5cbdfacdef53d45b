"""Raised and lowered characters in running text: one notation for every reader.

Reads: what stands before a run, and the run.  Gives: what is written for the run, so that it never joins a number or a
word before it. The rule:

    digits, signs and brackets        10⁻⁵  95³  m²  word³,⁴  H₂O  x₁₂   the Unicode characters, as the page shows it
    a citation in square brackets     95 [3]  方法[1]       apart, or close after a Chinese character
    st nd rd th after a digit         1st                  joined; "TM" is ™, "o" after a digit °
    marks (* † ‡ ° ′ ® ①)             word*                as they are
    other letters, 0.5                e^x  A^T  2^{0.5}  x_{max}    ^ or _; braces around more than one character
    a phrase                          95 (see below)       apart, for it is no script but small print

Runs that follow each other at the same height are to be joined before they are given here, and white space at their
ends stays outside. A formula that is known as one ($…$) keeps its own notation.
"""

from __future__ import annotations

import re

from kb.text import CJK

_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_DIGITS = re.compile(r"(?=.*[\d+\-−=])[\d+\-−–=(),;/ ⁰-₎¹²³]+")
_MARKS = re.compile(r"[^\w\[\]()]+|[①-⓿☆★◎]+")
_CITATION = re.compile(r"[\[［].*[\]］]?|.*[\]］]", re.DOTALL)
_LONGEST = 16  # a script is short; what is longer, or has words in it, is small print


def raised(before: str, text: str) -> str:
    """What is written for a superscript run `text` that follows `before` (its last characters are enough)."""
    lead, core, tail = _ends(text)
    if _CITATION.fullmatch(core) and "[" in core.replace("［", "["):
        return (lead or _gap(before, core)) + core + tail
    if re.search(r"\d$", before) and core.lower() in ("st", "nd", "rd", "th"):
        return lead + core + tail
    if core in ("TM", "SM"):
        return lead + {"TM": "™", "SM": "℠"}[core] + tail
    if core == "o" and re.search(r"\d\s?$", before):
        return lead + "°" + tail
    return lead + _script(before + lead, core, "^", _RAISED) + tail


def lowered(before: str, text: str) -> str:
    """What is written for a subscript run `text` that follows `before` (its last characters are enough)."""
    lead, core, tail = _ends(text)
    return lead + _script(before + lead, core, "_", _LOWERED) + tail


def scripted(before: str, text: str, sign: str) -> str:
    """What is written for a run that is raised ("^") or lowered ("_")."""
    return (raised if sign == "^" else lowered)(before, text)


def _script(before: str, core: str, sign: str, characters: dict[int, int]) -> str:
    if not core or _MARKS.fullmatch(core) and not _DIGITS.fullmatch(core):
        return core
    if _DIGITS.fullmatch(core):
        return re.sub(r"(?<=[,;]) +", "", re.sub(r"^–(?=\d)", "−", core)).translate(characters)
    if len(core) > _LONGEST or re.search(r"\s", core) and not re.fullmatch(r"[\w\s,;*†‡§¶]{1,8}", core):
        return _gap(before, core) + core
    if not re.search(r"[\w)\]}）］”’\"'.,;:!?。，；：]$", before):
        return core
    return sign + (core if len(core) == 1 else "{" + core + "}")


def _ends(text: str) -> tuple[str, str, str]:
    core = text.strip()
    lead = text[:len(text) - len(text.lstrip())]
    return lead, core, text[len(lead) + len(core):]


def _gap(before: str, core: str) -> str:
    """A space, where without it the two would be one word or one number."""
    return " " if re.search(rf"[^\s(\[（［{CJK}。，；：、]$", before) else ""
