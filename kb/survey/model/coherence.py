"""The coherence of a section: a model may put, change or remove connectives between its verified sentences, and nothing
else.

Reads: the sentences and what the model made of them.  Gives: for each the new wording or the old one, and which changes
were thrown out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.survey.model.checked import marks
from kb.types import Language
from kb.verify.cited import CitedSentence, read_cited
from kb.verify.figures import numbers
from kb.words import phrases

_CLAUSE = re.compile(r"[,;:，；：](?!\d)")
_LINE = re.compile(r"(\d{1,3})\s*[.):、．）]\s*(.+)")


def connectives(language: Language) -> str:
    """All of them, as a prompt lists them. None gives a reason (because, therefore): that would be a claim."""
    return ("、" if language == "zh" else ", ").join((*free(language), *attached(language)))


def free(language: Language) -> tuple[str, ...]:
    """Words that order or set side by side, with a comma after them."""
    return phrases("connectives", language)


def attached(language: Language) -> tuple[str, ...]:
    """Those that need no comma after them."""
    return phrases("connectives", f"attached {language}")


def numbered(sentences: Sequence[CitedSentence]) -> str:
    """The sentences as lines of the prompt."""
    return "\n".join(f"{i}. {s.text} {marks(s.ids)}" for i, s in enumerate(sentences, 1))


def read_lines(text: str, before: Sequence[CitedSentence]) -> list[CitedSentence | None]:
    """What became of each sentence; None where its line is missing, stands twice, or is not one sentence with the same
    marks."""
    lines: dict[int, list[str]] = {}
    for line in text.split("\n"):
        if found_line := _LINE.fullmatch(line.strip()):
            lines.setdefault(int(found_line[1]), []).append(found_line[2])
    found: list[CitedSentence | None] = []
    for i, old in enumerate(before, 1):
        read = read_cited(lines[i][0]) if len(lines.get(i, ())) == 1 else []
        found.append(read[0] if len(read) == 1 and read[0].ids == old.ids else None)
    return found


def is_same_but_connectives(before: str, after: str, language: Language) -> bool:
    """Whether two sentences differ in connectives, punctuation and capitals only, and hold the same numbers."""
    return _bare(before, language) == _bare(after, language) and numbers(before) == numbers(after)


def _bare(sentence: str, language: Language) -> str:
    words = [
        _without_lead(re.findall(r"[^\W_]+(?:[-'’.%][^\W_]+)*%?", clause.casefold()), language)
        for clause in _CLAUSE.split(sentence)
    ]
    return " ".join(word for clause in words for word in clause)


def _without_lead(words: list[str], language: Language) -> list[str]:
    """A clause's words without the connective that it is, or that it begins with."""
    if " ".join(words) in free(language):
        return []
    if words and language == "en":
        return words[1:] if words[0] in attached("en") else words
    lead = next((one for one in attached("zh") if words and words[0].startswith(one)), "")
    return [words[0][len(lead):], *words[1:]] if lead else words
