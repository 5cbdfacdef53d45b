"""A comparison of two parts of one work: the work taken out of the question, the two things left in it.

Reads: a question.  Gives: the name of the work and the question without it, where it asks how two things in one work
differ: "in “W”, how do A and B differ", "《W》中A和B有何不同".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.words import Phrases

_QUOTED = r"“[^”]{2,250}”|\"[^\"]{2,250}\"|《[^》]{2,250}》"
_WORK = rf"(?P<work>{_QUOTED}|the\s+(?:paper|thesis|article|work)\s+(?:on|about|by|of)\s+[^,?]{{2,120}}?|" \
        r"(?:the\s+)?[^,?“”\"]{2,80}?\s+(?:paper|thesis|article))"
_COMPARES_EN = Phrases(r"\b(?:«within: compares en»)\b", re.IGNORECASE)
_COMPARES_ZH = Phrases(r"«within: compares zh»")
_FIRST_EN = re.compile(rf"^\s*(?:in|within|of|according\s+to)\s+{_WORK}\s*,?\s+(?P<rest>(?:how|what|which)\b.+)$",
                       re.IGNORECASE)
_LAST_EN = re.compile(rf"^(?P<rest>.+?)\s+(?:in|within|of|according\s+to)\s+{_WORK}\s*[?？.]?\s*$", re.IGNORECASE)
_FIRST_ZH = re.compile(r"^(?:请问|在)?(?P<work>《[^》]{2,250}》|“[^”]{2,250}”|(?:论文|文章)[^，,《“]{2,40}?)"
                       r"(?:这篇|一文|论文|文章|中|里面?|所?提出?的?|的|，|,)+(?P<rest>.+)$")
_LAST_ZH = re.compile(r"^(?P<rest>.+?)在(?P<work>《[^》]{2,250}》|“[^”]{2,250}”)(?:这篇|一文|论文|文章|中|里面?)+"
                      r"(?P<tail>.+)$")
_TWO_EN = re.compile(r"\band\b|\bfrom\b|\bthan\b|\bversus\b|\bvs\b", re.IGNORECASE)
_TWO_ZH = re.compile(r"[和与跟同比]")
_NO_WORK = re.compile(_QUOTED)


def work_within(question: str) -> Iterator[tuple[str, str]]:
    """(the work as it is called, the question about two of its parts), the surest reading first."""
    for pattern, compares, two in ((_FIRST_EN, _COMPARES_EN, _TWO_EN), (_LAST_EN, _COMPARES_EN, _TWO_EN),
                                   (_FIRST_ZH, _COMPARES_ZH, _TWO_ZH), (_LAST_ZH, _COMPARES_ZH, _TWO_ZH)):
        found = pattern.match(question)
        if found is None:
            continue
        rest = found["rest"] + (found["tail"] if "tail" in pattern.groupindex else "")
        if compares.search(rest) and two.search(rest) and not _NO_WORK.search(rest):
            yield found["work"], rest
