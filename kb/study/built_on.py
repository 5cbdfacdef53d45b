"""What a paper says that it is built on: "extends X", "combines X and Y", "a generalisation of X".

Reads: a Line.  Gives: spans in it.  Next: names.py counts them among the models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from kb.study.mentions import any_of, enumerations
from kb.study.papers import Line
from kb.words import Phrases, phrases

_SAYS = Phrases(r"\b(?:«cells: built on en»)\s+(?:(?:the|an?|both|of|two|our|classic\w*|popular|standard|recent|"
                r"well-known|existing|original|strengths?|advantages?|power|benefits?|idea|framework|"
                r"architecture|basic|vanilla|traditional)\s+)*", re.IGNORECASE)
_PARTS = Phrases(r"(?:«cells: built on zh»)(?:了|传统的?|经典的?)*\s?", re.IGNORECASE)
_NO_KIND = (r"(?:and|or|of|the|for|with|both|an?|our|by|to|in|on|from|using|via|we|this|that|which|is|are|upon|top|"
            r"combin\w*|extend\w*|integrat\w*|generali[sz]\w*|buil\w+|based|variant|version|inspired|improves?)")
_KIND = re.compile(rf"\b(?:(?!{_NO_KIND}\b)[A-Za-z][\w-]*\s+){{1,3}}?"
                   r"(?:machines?|factori[sz]ation|networks?|regression|trees?|auto-?encoders?|transformers?|filtering|"
                   r"forests?|bandits?|perceptrons?|encoders?)\b"
                   r"(?!\s+(?:translation|learning|reading|comprehension|intelligence))")
_HAN_KIND = re.compile(r"(?:卷积|循环|递归|图|深度|深层|多层|双向|矩阵|张量|因子|逻辑|线性|随机|梯度|变分|协同|"
                       r"长短时记忆|注意力|神经)+(?:神经)?"
                       r"(?:网络|分解机?|回归|决策树|提升树|森林|自编码器|过滤|感知机|编码器)")
_NAME = re.compile(r"[A-Z][\w&+-]*[A-Z0-9][\w+-]*|[A-Z][\w-]*\s*&\s*[A-Z][\w-]*", re.ASCII)


def built_on(line: Line) -> Iterator[tuple[int, int]]:
    """Where a line names what the work is built on, and what is listed with it."""
    text = line.masked
    spans = sorted(_spans(text))
    starts = {said.end() for says in (_SAYS, _PARTS) for said in says.finditer(text)}
    for group in enumerations(text, spans):
        if group[0][0] in starts:
            yield from group


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Names and kinds of models that do not overlap, the longer of two first."""
    found = sorted((match.span() for kind in (_known(), _KIND, _HAN_KIND, _NAME) for match in kind.finditer(text)),
                   key=lambda span: (span[0] - span[1], span[0]))
    taken: list[tuple[int, int]] = []
    for a, b in found:
        if not any(a < y and x < b for x, y in taken):
            taken.append((a, b))
    yield from taken


@cache
def _known() -> re.Pattern[str]:
    return re.compile(any_of(phrases("models", "model")))
