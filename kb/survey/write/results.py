"""What a document states of its own results, for the table and for sentences that set works side by side; and the check
of each.

Reads: Document.  Gives: Own, read once for a document.  The audit reads the document again and asks whether what is
printed is among it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from kb.study.mentions import Mentioned
from kb.study.names import data_sets, measure_pattern, measures
from kb.study.papers import Line, Paper
from kb.study.stated import Span, Stated, is_of_this_work, own_names, own_subject, stated
from kb.survey.outline.standing import stands
from kb.survey.records import Evidence, Fact, Survey
from kb.survey.write.remembered import remembered
from kb.survey.write.whole import whole_name, wording_of
from kb.text import CJK
from kb.types import Document, Language
from kb.words import Phrases, phrases

GetDocument = Callable[[str], Document | None]
LEAST_DATA, LEAST_MEASURE = 0.6, 0.57  # support of a name of a data set, of a measure (study/cells.py)
_SIZE = re.compile(
    r"(?<![\w.])\d[\d,.]*\s?(?:[BM]\b(?!\s?(?:tokens|sentence|words|pairs|examples|images))|billion|million|亿|"
    r"万)(?:[\s-]*(?:trainable|model|total)?[\s-]*(?:parameters?|params?|weights)|\s?个?(?:可训练)?(?:的)?参数)",
    re.IGNORECASE)
# What a model has more or less than another is not its size.
_DIFFERENCE = Phrases(r"\b(?:«results: size difference en»)\b|«results: size difference zh»", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:|www\.|github", re.IGNORECASE)
# What only the weights were made from that a work begins with.
_ONLY_FIRST = re.compile(r"pre-?train|initiali[sz]|预训练|初始化", re.IGNORECASE)
_MEASURES = re.compile(r"metric|measure|in terms of|evaluat|report|achiev|指标|评价|评估|衡量|\d\s?[%％]|\d\.\d",
                       re.IGNORECASE)
_THEIRS = re.compile(r"\W*(?:They|Their|He|She)\b|\W*(?:他们|他的|她)")
# What is known of others: "the parser was shown to reach ...", "previous methods", "现有方法".
_TOLD = Phrases(
    r"\b(?:was|were|has|have|had)\s+(?:been\s+)?(?:\w+ly\s+)?(?:«aspects: told verb en»)\b|(?:«aspects: told zh»)|"
    r"^\W*(?:«aspects: told what en»)\s+(?:\w+\s+)?(?:«aspects: told who en»)\b|^\W*(?:«aspects: told first zh»)",
    re.IGNORECASE)
_TRIED = Phrases(r"\b(?:«aspects: tried en»)\b|(?:«aspects: tried zh»)", re.IGNORECASE)
_PROPERTY = Phrases(r"(?:«aspects: property en»)|(?:«aspects: property zh»)", re.IGNORECASE)
_LONGER = re.compile(r"(?:average|mean|平均)\s*$", re.IGNORECASE)  # "average precision" is no precision
_SAMPLE = Phrases(
    rf"(?<![\w.,/–=-])\d[\d,]*\s+(?:(?!and\b|or\b|of\b)[a-z-]+\s+){{0,2}}(?:«aspects: studied en»)\b|"
    rf"(?<![\w.,/–-])\d[\d,]*\s*(?:名|例|位|个)(?:(?![的和与为])[{CJK}]){{0,6}}?(?:«aspects: studied zh»)",
    re.IGNORECASE)
_FRONT = 3000  # characters in which a work says whom it studied
_LONGEST = 500  # characters of a quote
_HAS_ALONE = (r"\s*(?i:has|have|with|contains|comprises|of|\(|有|共有|含有?|包含|的参数量为|参数量为)\s*"
              r"(?i:about|only|around|共|约)?\s*")
_HAS = re.compile(rf"(?i:our (?:\w+ ){{0,2}}(?:model|network)|本文模型|本模型){_HAS_ALONE}")
_BEFORE = 40  # characters in front of a size that may say so
_PARTS = ("abstract", "introduction", "method", "experiment", "conclusion", "text")


@dataclass(frozen=True)
class Own:
    """Of one document. results: the clearest first.  size: where it says how many parameters its own model has."""

    paper: Paper
    data: tuple[Mentioned, ...]
    measures: tuple[Mentioned, ...]
    results: tuple[Stated, ...]
    size: Span | None


@remembered
def own(document: Document) -> Own:
    """What the document states of itself."""
    paper = Paper(document)
    data = tuple(found for found in data_sets(paper) if found.support >= LEAST_DATA)
    used = tuple(found for found in measures(paper) if found.support >= LEAST_MEASURE)
    return Own(paper, data, used, tuple(stated(paper, [found.text for found in data])), _size(paper))


def _size(paper: Paper) -> Span | None:
    """The first place where a sentence of this work says the parameters of its model."""
    for line in paper.lines if not paper.is_survey else ():
        if line.part in _PARTS and not line.is_other:
            for found in _SIZE.finditer(line.masked):
                if _is_own_size(line, paper, found.span()):
                    return line.start + found.start(), line.start + found.end()
    return None


def _is_own_size(line: Line, paper: Paper, span: Span) -> bool:
    before = line.masked[max(0, span[0] - _BEFORE):span[0]]
    return (not _DIFFERENCE.search(before) and not _DIFFERENCE.search(line.masked[span[1]:span[1] + 12])
            and len(_SIZE.findall(line.masked)) == 1 and is_of_this_work(line.masked, span)
            and _has_size(line, paper, span[0]))


def _has_size(line: Line, paper: Paper, at: int) -> bool:
    """Whether the sentence says that the work's own model has so many: its name, or "our model", and "has"."""
    subject = own_subject(line, paper, at)
    if subject is None:
        return False
    before = line.masked[subject[0] - line.start:at]
    names = "|".join(re.escape(name) for name in own_names(paper)) or r"(?!)"
    return bool(_HAS.fullmatch(before) or re.fullmatch(rf"(?i:{names}){_HAS_ALONE}", before))


def result_of(document: Document, spans: dict[str, Span]) -> Stated | None:
    """The result that the document states at these places ("value", "measure", "data"), None where it does not."""
    for one in own(document).results:
        there = {"value": one.value, "measure": one.measure, "data": one.data}
        if all(there[name] == span for name, span in spans.items()):
            return one
    return None


def names_of(document: Document, aspect: str) -> dict[str, tuple[str, Span, Span]]:
    """Of a document's data sets ("data") or measures ("measure"): the name without what makes no difference -> as it is
    written, its place and the sentence round it, where a sentence of its own says it."""
    found: dict[str, tuple[str, Span, Span]] = {}
    read = own(document)
    lines = sorted(read.paper.lines, key=lambda line: line.start)
    for mention in read.data if aspect == "data" else read.measures:
        for start, end in (mention.best[2:], *mention.spots):
            at = bisect_right(lines, start, key=lambda line: line.start) - 1
            line = lines[at] if at >= 0 else None
            if line is not None and end <= line.end and len(line.text) <= _LONGEST and (
                    aspect == "data" or _is_whole_measure(document.text, start, end)) and (
                    _is_of_own(line, aspect, read.paper)):
                found.setdefault(bare(mention.text), (document.text[start:end], (start, end), (line.start, line.end)))
                break
    return found


def _is_whole_measure(text: str, start: int, end: int) -> bool:
    """Whether a measure's name is not a piece of a longer one, nor a property that the text speaks of."""
    return bool(measure_pattern().fullmatch(text[start:end]) and not _PROPERTY.fullmatch(text[start:end])
                and not _LONGER.search(text[max(0, start - 12):start]) and text[end:end + 1] not in ("-", "–"))


def _is_of_own(line: Line, aspect: str, paper: Paper) -> bool:
    """Whether a sentence says what this work used: it speaks of itself, or stands among its experiments, and tells of
    no other's."""
    if line.is_other or line.is_caption or line.part not in _PARTS or _ADDRESS.search(line.text):
        return False
    if _TOLD.search(line.masked):
        return False
    if aspect == "data" and _ONLY_FIRST.search(line.masked):
        return False
    if aspect == "measure" and (_THEIRS.match(line.masked) or not _MEASURES.search(line.masked)):
        return False
    is_tried = line.part in ("abstract", "text") and bool(_TRIED.search(line.masked))
    return line.is_own or line.part == "experiment" or is_tried or bool(own_subject(line, paper, len(line.masked)))


@remembered
def sample_of(document: Document) -> tuple[Span, Span] | None:
    """(how many of whom a work studied, the sentence), where its front says so once."""
    spots = []
    for line in own(document).paper.lines:
        if line.part in ("abstract", "text", "introduction") and line.start < _FRONT and not line.is_other and (
                line.masked == line.text) and len(line.text) <= _LONGEST:
            spots += [((line.start + found.start(), line.start + found.end()), (line.start, line.end))
                      for found in _SAMPLE.finditer(line.text)]
    numbers = {re.sub(r"\D", "", document.text[slice(*words)]) for words, _ in spots}
    return spots[0] if len(numbers) == 1 else None


def uses_fault(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """Each work's evidence is a sentence of its own on the data set or measure. term: its name; values: "data" or
    "measure"."""
    rows = {row.id: row for row in survey.evidence}
    if len(fact.documents) != len(fact.evidence) or not fact.values:
        return f"“{fact.term}” has no evidence of every work"
    for d, name in zip(fact.documents, fact.evidence, strict=True):
        document, row = documents(d), rows.get(name)
        there = names_of(document, fact.values[0]).get(bare(fact.term)) if document is not None else None
        if there is None or row is None or (row.start, row.end) != there[2] or row.document != d:
            return f"{d} does not say that it uses “{fact.term}”"
    return None


def table_faults(survey: Survey, documents: GetDocument) -> Iterator[str]:
    """What of the comparison table is not what its documents state: a number that does not stand beside its measure, or
    is not the work's own; a size of another's."""
    rows = {row.id: row for row in survey.evidence}
    known = {r.document: found for r in survey.references if (found := documents(r.document))}
    wording = wording_of(list(known.values())) if survey.table.rows else None
    for line in survey.table.rows:
        document = documents(line.document)
        spans: dict[str, Span] = {}
        for cell in line.cells:
            evidence = rows.get(cell.evidence) if cell else None
            if evidence is not None:
                spans[evidence.sentence.rpartition(".")[2]] = evidence.start, evidence.end
        if document is None:
            continue
        told = {name: span for name, span in spans.items() if name in ("value", "measure", "data")}
        if set(told) == {"data"}:
            if told["data"] not in [words for _, words, _ in names_of(document, "data").values()]:
                yield f"table {line.document}: does not say that it uses this data set"
        elif told and ("value" not in told or result_of(document, told) is None):
            yield f"table {line.document}: does not state this result of its own"
        for name in ("task", "method"):
            if name in spans and not stands(document.text[slice(*spans[name])], document):
                yield f"table {line.document}: does not name this {name} at its front"
            elif name in spans and wording and whole_name(document.text, spans[name], name, wording) != spans[name]:
                yield f"table {line.document}: this is a piece of the name of its {name}"
        if "size" in spans and spans["size"] != own(document).size:
            yield f"table {line.document}: does not state this size of its own"


def result_fault(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """Each work's evidence, a sentence or a row, states its value of its own results. term: the measure; values: of
    each, in their order."""
    rows = {row.id: row for row in survey.evidence}
    if not len(fact.documents) == len(fact.evidence) == len(fact.values):
        return f"“{fact.term}” has no evidence of every work"
    for d, name, value in zip(fact.documents, fact.evidence, fact.values, strict=True):
        document, row = documents(d), rows.get(name)
        if document is None or row is None or row.document != d or not _states(document, row, value, fact.term):
            return f"{d} does not state {value} of its own"
    return None


def _states(document: Document, row: Evidence, value: str, measure: str) -> bool:
    return any((row.start, row.end) == one.quote and document.text[slice(*one.value)] == value
               and same_name(document.text[slice(*one.measure)], measure) for one in own(document).results)


def same_name(one: str, other: str) -> bool:
    """Whether two names are one, whatever their case, hyphens and spaces: "F1 score" is "F1"."""
    return bare(one) == bare(other)


@lru_cache(maxsize=10_000)
def bare(name: str) -> str:
    """A name of a measure or data set without what makes no difference to which it is."""
    found = re.sub(r"[\s_–’'.-]+", "", name.casefold()).replace("₁", "1")
    for end in ("score", "dataset", "corpus", "值", "数据集"):
        found = found.removesuffix(end)
    return _one_name().get(found, found)


@cache
def _one_name() -> dict[str, str]:
    """Other names of a measure -> the first of its line, without what makes no difference."""
    lines = ([re.sub(r"[\s-]", "", name.strip().casefold()) for name in line.split("|")]
             for line in phrases("aspects", "one measure"))
    return {name: line[0] for line in lines for name in line}


@cache
def _shown_names() -> dict[str, tuple[str, str]]:
    """A measure -> its names in English and in Chinese."""
    lines = ([name.strip() for name in line.split("|")] for line in phrases("aspects", "one measure"))
    return {bare(line[0]): (line[0], line[1]) for line in lines}


def measure_in(name: str, language: Language) -> str:
    """A measure's name in a language, where both are known; else as it is."""
    english, chinese = _shown_names().get(bare(name), (name, name))
    return chinese if language == "zh" else english
