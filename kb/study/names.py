"""Which data sets, measures, models and languages a paper is about: counted over the whole of it.

Reads: a Paper.  Gives: Mentioned, the one that most speaks for first.  Next: cells.py takes the first if it is clear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from kb.study.built_on import built_on
from kb.study.mentions import WEIGHTS, Mentioned, Tally, any_of, enumerations, folded, weight_of
from kb.study.papers import Line, Paper
from kb.text import CJK
from kb.words import Phrases, phrases

# A name: words with a capital or a digit in them, joined ("Universal Dependencies", "NLP&CC-2013", "mT5"); a title in
# 《》; "Don't Patronize Me!".
_TOKEN = r"(?:[A-Z][\w’'+]*|[a-z]+[A-Z][\w+]*|[a-z]+\d\w*(?:\+[\w+]+)?)(?:[-&/@][\w+]+|\.(?=\d)[\w+]+)*"
_JOINED = rf"(?:[ ](?:{_TOKEN}|\d\w*(?:\.\d+)*(?![\w%])|of(?=[ ][A-Z])|for(?=[ ][A-Z])))*"
NAME = re.compile(rf"《[^》]{{1,40}}》|(?<![A-Za-z0-9_-]){_TOKEN}{_JOINED}[!]?", re.ASCII)
DATA_NOUN = Phrases(r"(?<![A-Za-z])(?:«cells: data nouns en»)(?![A-Za-z])|(?:«cells: data nouns zh»)", re.IGNORECASE)
_WEAK_NOUN = re.compile(r"data|collection|challenge|数据库|评测|基准", re.IGNORECASE)
# In a list what one stands beside all stand beside; a name is clear for a data set from this support on.
_IN_LIST, _CLEARLY, _CLEAR, _AS_HEAD = 0.9, 0.7, 0.6, 1.5
_AS_LABEL = 8.0  # against what stands before a row of such a table: a method
_AMONG_HEADS = 3.5  # what stands above a column counts where half of the columns are of clear data sets
_OF_LIST = 1.25  # times what a name counts in a list beside the word: it is hardly anything else
_NO_NAME = re.compile(r"(?:Figs?|Figures?|Tables?|Tabs?|Secs?|Sections?|Sub-?sections?|Eqs?|Equations?|Algorithms?|"
                      r"Theorems?|Chapters?|Appendix|Appendices|Steps?|Lines?|Phases?|Stages?|Versions?|Exps?|"
                      r"Params?|Parameters?|FLOPs?|Depth|Size|Time|Avg|Average|Overall|Mean|Total|Train|Test|Dev)"
                      r"(?![a-z])", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:Figure|Fig|Table|Tab|Section)\.?\s*\d", re.IGNORECASE)
# What word vectors were trained on is not what the work is tried on.
_OF_WORDS, _WORD_VECTORS = 0.3, re.compile(r"word\s?(?:vectors?|embeddings?)|GloVe|word2vec|词向量", re.IGNORECASE)
_WEAKLY = 0.8  # times what stands beside such a word: of many things that are no data set
_DATA_VERB = Phrases(r"\b(?:«cells: data verbs en»)\b|(?:«cells: data verbs zh»)", re.IGNORECASE)
_NEXT_TO = re.compile(rf"[\s\"“”’'‘\w-]{{0,28}}|[\s{CJK}“”\"的\w]{{0,14}}")
_OPENS_LIST = re.compile(
    r"(?:such as|including|include|includes|namely|called|named|are|is|of|were|was|from|:|：|,|，|、|包括|包含|如|"
    r"有|为|是|分别|来自|\(|（|\s)"
    r"|the|three|two|four|five|six|public|benchmark|datasets?|and|popular|widely|used|\w+ly")
_IS_NAMED = re.compile(r"(?:\b(?:is|was|are|were|named|called)\s+(?:the\s+)?|[为是]|名为)\s*$")
_IS_ONE = re.compile(r"\s*[,，]?\s*(?:which\s+(?:is|was)|is|was|an?)\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,3}$")
_IS_METHOD = re.compile(r"\s*(?:method|algorithm|model|framework|classifier|approach|tool(?:kit)?|library|"
                        r"software)s?\b|"
                        rf"\s*(?:(?!数据|语料)[{CJK}]){{0,4}}(?:方法|算法|模型|网络|框架|工具|软件|分类器|技术)",
                        re.IGNORECASE)
_TAKEN_FROM = re.compile(r"\s+(?:(?:is|are|was|were)\s+)?(?:collected\s+|crawled\s+|obtained\s+|built\s+|"
                         r"constructed\s+|mined\s+|derived\s+|drawn\s+|taken\s+|"
                         r"sampled\s+)?from\s+[^.;:()]*",
                         re.IGNORECASE)
_NOT_BETWEEN = Phrases(r"\b(?:«cells: no data between en»)\b|(?:«cells: no data between zh»)", re.IGNORECASE)
_PRETRAINED = re.compile(r"(?:pre-?trained|fine-?tun\w+|initiali[sz]e\w*(?:\s+with)?|backbone|encoder|预训练的?|"
                         r"微调了?|主干网络|骨干网络)\s*"
                         r"(?:an?\s+|the\s+|model\s+)?$", re.IGNORECASE)
_ON = re.compile(r"\b(?:on|over|from|using)\s+(?:the\s+)?$|(?:在|使用|采用|选用|基于|来自|来源于)\s*$")
_MEASURE_NOUN = Phrases(r"\b(?:«cells: measure nouns en»)\b|(?:«cells: measure nouns zh»)", re.IGNORECASE)
_SHORT = re.compile(r"[A-Za-z0-9@]{1,5}")
_PLAIN = re.compile(r"[A-Z][a-z]+")
_PERSON = re.compile(r"\s*等人?|\s+et\s+al")
_OWN_AS_DATA = 0.25  # times what the work's own name counts that does not stand beside "data set" itself
_NO_LOSS = r"(?!\s*(?:loss\b|系数损失|[联混复]合损失|损失))"  # what is trained with is not what is measured with
_DECIMAL = re.compile(r"\d\.\d|\d\s?[%％]")
# What a method costs is seldom what it is judged by.
_OF_COST, _COST = 0.3, re.compile(r"(?:throughput|latency|speedup|吞吐量|加速比)$", re.IGNORECASE)
_COMMON = re.compile(r"^(?:accuracy|precision|recall|correlation\s+\w+|sensitivity|specificity|fluency|relevance|"
                     r"coherence|informativeness|diversity|"
                     r"originality|consistency|adequacy|throughput|latency|"
                     r"精度|精确度|准确度|相似度|检测率|识别率|误检率|漏检率)$", re.IGNORECASE)
_MODEL_NOUN = Phrases(r"\b(?:«cells: model nouns en»)\b|(?:«cells: model nouns zh»)", re.IGNORECASE)
_MODEL_CUE = Phrases(r"\b(?:«cells: model cues en»)\b|(?:«cells: model cues zh»)", re.IGNORECASE)
_AGAINST = Phrases(r"\b(?:«cells: against en»)\b|(?:«cells: against zh»)", re.IGNORECASE)
_LANGUAGE = Phrases(r"(?<![A-Za-z])(?:«cells: language en»)(?![a-z])|(?:«cells: language zh»)")
_LANGUAGE_NOUN = Phrases(r"^[\s-]*(?:\w+(?:-\w+)*[\s-]+){0,2}?(?:«cells: language nouns en»)\b|"
                         r"^的?(?:«cells: language nouns zh»)",
                         re.IGNORECASE)
_NO_LANGUAGE = Phrases(r"^[\s-]*(?:\w+(?:-\w+)*-*\s+)?(?:«cells: no language en»)\b|"
                       r"^(?:«cells: no language zh»)", re.IGNORECASE)
_IN_LANGUAGE = re.compile(r"\b(?:in|for|from|into|to|of)\s+$|[-–→]\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"^\s*(?:[-–→]|to\b|and\b|,|/)\s*[A-Z]")
_COMPETING = 0.3  # times what a model counts that another one is compared to
_COMPARED_TO = re.compile(r"(?:\bthan\b|\bover\b|\bagainst\b|\bcompared\s+(?:to|with)\b|\boutperform\w*|\bversus\b|"
                          r"\bvs\.?|优于|高于|"
                          r"相比于?|相较于?|超过|比)[^,.;，。；]{0,24}$", re.IGNORECASE)
_BUILT_ON = 2.0  # times what a model counts that is called pre-trained, fine-tuned or a backbone
# What a sentence of the work says outright: that it extends, combines or generalises it.
_SAID_ON, _SAYS_WHAT_ON = 1.5, ("title", "abstract", "introduction", "method", "conclusion", "text")
_METHOD_WEIGHTS = {**WEIGHTS, "method": 2.0, "experiment": 1.0}


def data_sets(paper: Paper) -> list[Mentioned]:
    """Names that stand beside "data set" or are worked on."""
    tally = Tally()
    for line, weight in _weighed(paper):
        nouns = [found.span() for found in DATA_NOUN.finditer(line.masked)]
        strong = [(a, b) for a, b in nouns if not _WEAK_NOUN.fullmatch(line.masked[a:b])]
        verb = 1.4 if _DATA_VERB.search(line.masked) else 1.0
        verb *= _OF_WORDS if _WORD_VECTORS.search(line.masked) else 1.0
        nears: dict[tuple[int, int], float] = {}
        for start, end in names_in(line):
            text = line.text[start:end]
            if _is_no_data(text, paper) or _PERSON.match(line.masked, end):
                continue
            if _IS_METHOD.match(line.masked, end):
                tally.against(text, weight)
                continue
            near = max(nearness(line.masked, start, end, strong), _WEAKLY * nearness(line.masked, start, end, nouns))
            is_own = any(folded(text).startswith(folded(name)) for name in paper.own_names)
            if near < 1 and (is_own or _is_initials(text, paper)):
                near *= _OWN_AS_DATA
            nears[start, end] = near
        for group in enumerations(line.masked, nears):
            best = max(nears[span] for span in group)
            for start, end in group:
                near = nears[start, end]
                if best >= _CLEARLY and len(group) > 1:
                    near = _OF_LIST * max(near, _IN_LIST * best)
                tally.add(line.text[start:end], weight * near * verb, line, line.start + start, line.start + end)
    _add_listed(paper, tally)
    _add_labelled(paper, tally)
    return tally.ranked()


def _add_listed(paper: Paper, tally: Tally) -> None:
    """Names that stand in one list with a data set that is clear: "on Cora, Citeseer and Pubmed"."""
    clear = _clear(tally)
    own = {folded(name) for name in paper.own_names}
    for line, weight in _weighed(paper):
        if line.is_other or line.part == "back":
            continue
        spans = [(a, b) for a, b in names_in(line)
                 if not _is_no_data(line.text[a:b], paper) and folded(line.text[a:b]) not in own]
        for group in enumerations(line.masked, spans):
            inside = [span for span in group if folded(line.text[slice(*span)]) in clear]
            is_on = bool(_ON.search(line.masked[:group[0][0]]))
            are_few = 2 * len(inside) < len(group) and not is_on
            if not inside or are_few or _IS_METHOD.match(line.masked, group[-1][1]):
                continue
            for a, b in group:
                tally.add(line.text[a:b], _IN_LIST * weight, line, line.start + a, line.start + b)
    clear = _clear(tally)
    for grid in paper.grids:
        cells = [cell for cell in grid.header[1:] if NAME.fullmatch(cell.text) and not _is_no_data(cell.text, paper)
                 and not _IS_METHOD.match(cell.text)]
        n_clear = sum(folded(cell.text) in clear for cell in cells)
        if n_clear and WEIGHTS[paper.part_at(grid.start)] > 0 and not paper.is_survey:
            weight = _AMONG_HEADS if 2 * n_clear >= len(cells) else _AS_HEAD
            for cell in cells:
                tally.add(cell.text, weight, None, cell.start, cell.end)
            heads = {folded(cell.text) for cell in cells}
            for label in {row[0].text for row in grid.rows if row}:
                for name in {found[0] for found in NAME.finditer(label)}:
                    if folded(name) not in heads:
                        tally.against(name, _AS_LABEL)


def _clear(tally: Tally) -> frozenset[str]:
    return frozenset(folded(found.text) for found in tally.found() if found.support >= _CLEAR)


def _add_labelled(paper: Paper, tally: Tally) -> None:
    """Names in a column of a table that is called "data set"."""
    for grid in paper.grids:
        if WEIGHTS[paper.part_at(grid.start)] > 0 and not paper.is_survey:
            for i, head in enumerate(grid.header):
                if DATA_NOUN.fullmatch(head.text.strip()):
                    for row in grid.rows:
                        cell = row[i] if i < len(row) else None
                        if cell and NAME.fullmatch(cell.text) and not _is_no_data(cell.text, paper):
                            tally.add(cell.text, _AS_HEAD, None, cell.start, cell.end)


def measures(paper: Paper) -> list[Mentioned]:
    """Measures, and names that are called one."""
    tally = Tally()
    for line, weight in _weighed(paper):
        nouns = [found.span() for found in _MEASURE_NOUN.finditer(line.masked)]
        has_number = bool(_DECIMAL.search(line.masked))
        known = []
        for found in measure_pattern().finditer(line.masked):
            known.append(found.span())
            factor = (1.5 if nouns else 1.0) * (1.3 if has_number else 1.0) * (1.5 if line.is_caption else 1.0)
            if _COMMON.match(found[0]) and not nouns and not has_number:
                factor = 0.3
            factor *= _OF_COST if _COST.match(found[0]) else 1.0
            tally.add(found[0], weight * factor, line, line.start + found.start(), line.start + found.end())
        for start, end in names_in(line):
            text = line.text[start:end]
            near = nearness(line.masked, start, end, nouns)
            is_new = " " not in text and not _is_known(text) and not _is_common(text, paper)
            if near >= 0.8 and is_new and not any(a < end and start < b for a, b in known):
                tally.add(text, 0.5 * weight * near, line, line.start + start, line.start + end)
    for grid in paper.grids:
        if WEIGHTS[paper.part_at(grid.start)] > 0 and not paper.is_survey:
            for cell in grid.header:
                if head := measure_pattern().search(cell.text):
                    at = cell.start + head.start()
                    tally.add(head[0], 1.2, None, at, at + len(head[0]))
    return tally.ranked()


def models(paper: Paper) -> list[Mentioned]:
    """Models that the work builds on: known ones, and names beside "model" with what says that they are built on; not
    the work's own."""
    tally = Tally()
    own = {folded(name) for name in paper.own_names}
    for line in paper.lines:
        weight = weight_of(line, is_survey=paper.is_survey) and _METHOD_WEIGHTS[line.part]
        weight *= 0.15 if line.is_other else 0.3 if paper.is_survey else 1.0
        if weight <= 0:
            continue
        cue = 1.8 if _MODEL_CUE.search(line.masked) else 1.0
        against = 0.3 if _AGAINST.search(line.masked) and line.part != "abstract" else 1.0
        nouns = [found.span() for found in _MODEL_NOUN.finditer(line.masked)]
        spots = [found.span() for found in model_pattern().finditer(line.masked)]
        for start, end in spots:
            text = line.text[start:end]
            if folded(text) not in own:
                kind = 0.35 if text in _architectures() else 0.7
                kind *= _COMPETING if _COMPARED_TO.search(line.masked[:start]) else 1.0
                kind *= _BUILT_ON if _PRETRAINED.search(line.masked[:start]) else 1.0
                tally.add(text, kind * weight * cue * against, line, line.start + start, line.start + end)
        if line.part in _SAYS_WHAT_ON and (line.is_own or line.part in ("title", "abstract")):
            for start, end in built_on(line):
                text = line.text[start:end]
                is_own = folded(text) in own or _is_initials(text, paper)
                if not is_own and not measure_pattern().fullmatch(text) and not DATA_NOUN.match(line.masked, end + 1):
                    tally.add(text, _SAID_ON * weight * against, line, line.start + start, line.start + end)
        for start, end in names_in(line):
            text = line.text[start:end]
            if any(a < end and start < b for a, b in spots) or " " in text:
                continue
            if _is_known(text) or _is_common(text, paper):
                continue
            near = nearness(line.masked, start, end, nouns)
            if near >= 0.8 and cue > 1 and text.casefold() not in paper.own_names:
                tally.add(text, 0.25 * weight * near * against, line, line.start + start, line.start + end)
    return tally.ranked()


def languages(paper: Paper) -> list[Mentioned]:
    """Languages that the work's data are in."""
    tally = Tally()
    for line, weight in _weighed(paper):
        for found in _LANGUAGE.finditer(line.masked):
            after, before = line.masked[found.end():], line.masked[:found.start()]
            if _NO_LANGUAGE.match(after):
                continue
            near = 1.0 if _LANGUAGE_NOUN.match(after) else 0.5 if _IN_LANGUAGE.search(before) or _BETWEEN.match(
                after) else 0.15
            tally.add(found[0], weight * near, line, line.start + found.start(), line.start + found.end())
    return tally.ranked()


def _weighed(paper: Paper) -> Iterator[tuple[Line, float]]:
    """The lines in which a mention counts, and how much."""
    for line in paper.lines:
        weight = weight_of(line, is_survey=paper.is_survey)
        if weight > 0:
            yield line, weight


def names_in(line: Line) -> Iterator[tuple[int, int]]:
    """Where names stand in a line, without the words before them that begin a sentence."""
    for found in NAME.finditer(line.masked):
        start, end = found.span()
        words = line.masked[start:end].split(" ")
        if not re.search(r"\w", line.masked[:start]) and _PLAIN.fullmatch(words[0]):  # it may only begin the sentence
            start += len(words[0]) + 1
            words = words[1:]
        while words and words[0].casefold() in _no_names():
            start += len(words[0]) + 1
            words = words[1:]
        while words and words[-1].casefold() in _no_names():
            end -= len(words[-1]) + 1
            words = words[:-1]
        if words and end - start > 1:
            yield start, end


def nearness(text: str, start: int, end: int, nouns: Sequence[tuple[int, int]]) -> float:
    """How close a name stands to one of the nouns: 1 beside it, less in a list that it opens, .1 somewhere."""
    best = 0.25 if nouns and _ON.search(text[:start]) else 0.1 if nouns else 0.2 if _ON.search(text[:start]) else 0.0
    for a, b in nouns:
        if start <= a and b <= end:  # "Stanford Question Answering Dataset"
            return 1.0
        if a >= end and a - end < 30 and _NEXT_TO.fullmatch(text[end:a]) and not _NOT_BETWEEN.search(text[end:a]):
            best = max(best, 1.0 if a - end < 14 else 0.7)
        elif (a >= end and a - end < 60 and _IS_ONE.fullmatch(text[end:a])) or (
                b <= start and start - b < 80 and _IS_NAMED.search(text[b:start])):
            best = max(best, 0.9)
        elif b <= start and start - b < 90 and _TAKEN_FROM.fullmatch(text[b:start]):
            best = max(best, 0.7)
        elif b <= start and start - b < 160 and not re.search(r"[.;。；]\s", text[b:start]):
            gap = NAME.sub("", text[b:start])
            rest = _OPENS_LIST.sub("", gap)
            best = max(best, 0.8 if len(rest.strip()) < 12 and start - b < 130 else best)
    return best


def _is_no_data(text: str, paper: Paper) -> bool:
    """Whether a name is that of a model, a measure, a language, or of what the work proposes."""
    if len(text) < 3 or _is_known(text) or text.casefold() in _no_names() or _NO_NAME.match(text) or (
            _NUMBERED.search(text)):
        return True
    if text.startswith("《"):
        return False
    if "@" in text or any(measure_pattern().fullmatch(part) for part in re.split(r"[/\s]", text)):
        return True
    words = [word for word in re.split(r"[\s-]+", text) if word not in ("of", "for")]
    if len(words) > 1 and any(model_pattern().fullmatch(word) for word in text.split("-")):
        return True
    return all(len(word) < 2 or _LANGUAGE.fullmatch(word) or _is_common(word, paper) for word in words)


def _is_initials(text: str, paper: Paper) -> bool:
    """Whether a name is made of the first letters of the title: "UDA" of "Unsupervised Data Augmentation for …"."""
    title = "".join(word[0] for word in re.findall(r"[A-Za-z]+", paper.document.metadata.title)).casefold()
    return len(text) > 2 and text.isupper() and text.casefold() in title


def name_is_common(text: str, paper: Paper) -> bool:
    """Whether every word of a name is one that the document also writes small."""
    return all(_is_common(word, paper) for word in re.split(r"[\s-]+", text) if word not in ("of", "for"))


def _is_common(word: str, paper: Paper) -> bool:
    """Whether a word with a capital is one that the document also writes without: it begins a sentence or a title."""
    is_marked = any(c.isupper() for c in word[1:]) or any(c.isdigit() for c in word)
    return not is_marked and word.casefold() in paper.small_words


def _is_known(text: str) -> bool:
    return bool(model_pattern().fullmatch(text) or measure_pattern().fullmatch(text))


@cache
def measure_pattern() -> re.Pattern[str]:
    """Any known measure, as papers write it; a short one (MAP, EM) in capitals as it is known."""
    words = phrases("measures", "measure")
    long = [word for word in words if not _SHORT.fullmatch(word)]
    short = [word for word in words if _SHORT.fullmatch(word)]
    return re.compile(rf"(?:(?i:{any_of(long)})|{any_of(short)}){_NO_LOSS}")


@cache
def model_pattern() -> re.Pattern[str]:
    """Any known model, as papers write it, and any architecture; not inside the name of another ("GECToR-BERT")."""
    known = any_of((*phrases("models", "model"), *_architectures()))
    return re.compile(rf"(?<![A-Za-z]-)(?<!\\)(?:{known})")


@cache
def _architectures() -> frozenset[str]:
    return frozenset(phrases("models", "architecture"))


@cache
def _no_names() -> frozenset[str]:
    return frozenset(phrases("cells", "no data en"))
