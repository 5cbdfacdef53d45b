"""What joins the works of a section, counted: shared terms, data, measures, numbers side by side, periods, citations.

Reads: documents of a section.  Gives: Join, a form of joined.py with its facts and the places that show them; write.py
numbers them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from kb.study.names import measure_pattern, model_pattern
from kb.study.stated import Stated, own_names
from kb.survey.citing import citation_graph, known_as, matches, reference_spans
from kb.survey.glossary import concepts
from kb.survey.glossary import terms as glossary_terms
from kb.survey.outline.standing import names, plain
from kb.survey.records import Fact
from kb.survey.write.contexts import said_of
from kb.survey.write.places import Tick, sentence_at
from kb.survey.write.proposed import proposed
from kb.survey.write.results import bare, measure_in, names_of, own, sample_of
from kb.survey.write.terms import Held, held_terms
from kb.types import Document, Language
from kb.words import Phrases, phrases

MOST_WORKS = 12  # in one sentence: a longer list of numbers tells a reader nothing
_BESIDE = 20  # characters
_CALLED_DATA = re.compile(r"data\s?-?sets?|corpus|corpora|treebank|benchmark|数据集|语料", re.IGNORECASE)
_KEYWORDS = Phrases(r"\W*(?:«boilerplate: keywords»)", re.IGNORECASE)
_DONE = Phrases(r"\b(?:«aspects: own verb en»)\s(?:\w+\s){0,2}$|(?:«aspects: own verb zh»)了?$", re.IGNORECASE)
_NOT_FEW = 4  # works
_LEAST_NAME, _LEAST_PERIOD = 3, 6
_STEM = 6  # letters by which two English words are forms of one
_WIDEST, _FEW = 0.8, 3  # share of the works from which on a term that they name tells nothing; but of few works
_TAIL = {True: 1, False: 2}  # English words, or Han characters, that say of which kind a term is
_MOST_TERMS, _MOST_DATA, _MOST_RESULTS, _MOST_SAMPLES = 4, 2, 2, 6


@dataclass(frozen=True, slots=True)
class Join:
    """A sentence before it is numbered. said: its facts, each with the places that show it, none where they are shown
    elsewhere."""

    form: str
    said: tuple[tuple[Fact, tuple[Tick, ...]], ...]


@dataclass(frozen=True, slots=True)
class Joins:
    """What joins the works of a section. terms: who names what at its front; data: what they work with and reach;
    citing: who says what of whom; shared: the terms that two works or more name."""

    terms: tuple[Join, ...] = ()
    data: tuple[Join, ...] = ()
    citing: tuple[Join, ...] = ()
    shared: tuple[Held, ...] = ()


def joins_of(documents: Sequence[Document], language: Language, apart: Sequence[str]) -> Joins:
    """What joins these documents, none where they are fewer than two. apart: names that say nothing here: the topic,
    the heading."""
    if len(documents) < 2:
        return Joins()
    named = [held for held in held_terms(documents, language, apart) if plain(held.shown) not in of_every_field()]
    by_id = {document.id: document for document in documents}
    terms = [held for held in named if _tells(held, apart, len(documents)) and _is_subject(held, by_id)]
    among = tuple(document.id for document in documents)
    return Joins(tuple(_of_terms(terms, among, documents)),
                 (*_of_data(documents, language), *_of_samples(documents), *_of_results(documents)),
                 tuple(_of_citations(documents)), tuple(named))


# --- terms

def _tells(held: Held, apart: Sequence[str], n: int) -> bool:
    """Whether it says something that works name a term: it is no part of the topic or heading, no word of every field,
    and not what nearly all of the n works name."""
    words, said = plain(held.shown), [plain(name) for name in apart]
    known = {word[:_STEM] for name in said for word in name.split()}
    if words in of_every_field() or any(words in name for name in said):
        return False
    if words.isascii() and all(word[:_STEM] in known or word in _general_words() for word in words.split()):
        return False
    if _says_a_kind(words, said):
        return False
    return len(held.ticks) <= _WIDEST * n or n <= _FEW


def _is_subject(held: Held, documents: Mapping[str, Document]) -> bool:
    """Whether works are on a term, and few of them do not only say it in passing (安全性分析表明): the title or the
    keywords of one have it, what one says that it gives, or a verb for what works do right before it."""
    called = (held.shown, *held.others)
    if len(held.ticks) >= _NOT_FEW:
        return True
    for d, tick in held.ticks.items():
        document = documents[d]
        given = proposed(document)
        said = (document.metadata.title, document.text[slice(*given.what)] if given else "")
        if _KEYWORDS.match(document.text[slice(*tick.quote)]) or _DONE.search(
                document.text[tick.quote[0]:tick.words[0]]) or any(names(name, text) for name in called
                                                                   for text in said):
            return True
    return False


def _says_a_kind(words: str, said: Sequence[str]) -> bool:
    """Whether a Chinese term is a part of the topic or heading with a word for a kind of thing: 预测模型 under
    时间序列预测."""
    rest = next((words.removesuffix(kind) for kind in _kinds() if words.endswith(kind) and words != kind), "")
    return bool(rest.strip()) and (any(f"{rest.rstrip()} " in name for name in said)
                                   or f"{rest.rstrip()} " in of_every_field())


@cache
def _kinds() -> tuple[str, ...]:
    return tuple(f"{plain(kind).strip()} " for kind in phrases("aspects", "kind zh"))


@cache
def of_every_field() -> frozenset[str]:
    """Words of every field, of praise and of publishing, in both languages."""
    wide = phrases("terms", "general")
    alone = frozenset(plain(name) for language in ("en", "zh") for name in phrases("stop", f"no subject {language}"))
    names = [*concepts(), *((term.en, term.zh) for term in glossary_terms())]
    said = {plain(name) for name in wide}
    return alone | frozenset(plain(name) for pair in names if plain(pair[0]) in said for name in pair)


def _of_terms(terms: Sequence[Held], among: tuple[str, ...], documents: Sequence[Document]) -> Iterator[Join]:
    """The term of most works; then terms that some of them, or the others, name; then anew."""
    left = list(terms)
    most = min(_MOST_TERMS, 1 + len(among) // 3)
    n = 0
    while left and n < most:
        first = left.pop(0)
        yield Join("joined.of", _facts(first, among, first.documents))
        n += 1
        if (period := _period(first, documents)) is not None:
            yield period
        told: set[str] = set()
        for other in list(left):
            if n >= most:
                return
            if _shares_words(first, other):
                continue
            both = [d for d in other.documents if d in first.ticks]
            rest = [d for d in other.documents if d not in first.ticks]
            if len(both) > 1 and len(both) >= len(rest) and "also" not in told:
                told.add("also")
                yield Join("joined.also", (*_without_places(first, among), *_facts(other, first.documents, both)))
            elif len(rest) > 1 and not both and "instead" not in told and _are_alternatives(first, other):
                told.add("instead")
                without = tuple(d for d in among if d not in first.ticks)
                yield Join("joined.instead", (*_without_places(first, among), *_facts(other, without, rest)))
            else:
                continue
            left.remove(other)
            n += 1
        left = [other for other in left if not _shares_words(first, other)]


def _are_alternatives(one: Held, other: Held) -> bool:
    """Whether two terms are of one kind, so that one may stand for the other: both end in the same word."""
    a, b = plain(one.shown).split(), plain(other.shown).split()
    return one.aspect == other.aspect and a[-_TAIL[a[-1].isascii()]:] == b[-_TAIL[a[-1].isascii()]:]


def _shares_words(one: Held, other: Held) -> bool:
    a, b = set(plain(one.shown).split()), set(plain(other.shown).split())
    return a <= b or b <= a


def _facts(held: Held, among: Sequence[str], wanted: Sequence[str]) -> tuple[tuple[Fact, tuple[Tick, ...]], ...]:
    """The fact that these works name the term, with a place of each."""
    fact = Fact("named", held.shown, tuple(wanted), tuple(among), (), held.others)
    return ((fact, tuple(held.ticks[d] for d in wanted)),)


def _without_places(held: Held, among: Sequence[str]) -> tuple[tuple[Fact, tuple[Tick, ...]], ...]:
    return tuple((fact, ()) for fact, _ in _facts(held, among, held.documents))


def _period(held: Held, documents: Sequence[Document]) -> Join | None:
    """The works that name a term, the earlier and the later ones; None where they are few or of one time."""
    found = {document.id: document.metadata.year for document in documents
             if document.id in held.ticks and document.metadata.year}
    by_year = sorted((year, d) for d, year in found.items() if year)
    if len(by_year) < _LEAST_PERIOD:
        return None
    cuts = [i for i in range(2, len(by_year) - 1) if by_year[i - 1][0] < by_year[i][0]]
    if not cuts:
        return None
    cut = min(cuts, key=lambda i: (abs(2 * i - len(by_year)), i))
    parts = by_year[:cut], by_year[cut:]
    facts = [(Fact("period", "", tuple(sorted(d for _, d in part)), held.documents, (),
                   (str(part[0][0]), str(part[-1][0]))), tuple(held.ticks[d] for _, d in part)) for part in parts]
    return Join("joined.period", (*_without_places(held, held.documents), *facts))


@cache
def _general_words() -> frozenset[str]:
    return frozenset(word for phrase in (*phrases("stop", "general en"), *phrases("stop", "alone"))
                     for word in plain(phrase).split())



# --- data, measures, results

def _of_data(documents: Sequence[Document], language: Language) -> Iterator[Join]:
    """The data sets and measures that several works use, those of most works first."""
    data = used_names(documents, "data")[:_MOST_DATA]
    measures = [] if data else [held for held in used_names(documents, "measure") if _is_a_name(held.shown)][:1]
    for aspect, several in (("data", data), ("measure", measures)):
        for held in several:
            shown = measure_in(held.shown, language) if aspect == "measure" else held.shown
            fact = Fact("uses", shown, held.documents, tuple(d.id for d in documents), (), (aspect,))
            yield Join("joined.data" if aspect == "data" else "joined.measured",
                       ((fact, tuple(held.ticks.values())),))


def _is_a_name(measure: str) -> bool:
    """Whether a measure has a name of its own, "MAE", and is no word of every experiment, "accuracy"."""
    name = measure_in(measure, "en")
    return any(c.isdigit() for c in name) or sum(c.isupper() for c in name) > 1


def used_names(documents: Sequence[Document], aspect: str) -> list[Held]:
    """The data sets ("data") or measures ("measure") that two works or more say that they use; not what one of them
    proposes, nor a model."""
    proposed = {bare(name) for document in documents for name in own_names(own(document).paper)}
    found: dict[str, Held] = {}
    surfaces: dict[str, Counter[str]] = {}
    for document in documents:
        for name, (written, words, quote) in names_of(document, aspect).items():
            if aspect == "data" and not _is_data_name(written, name, proposed):
                continue
            held = found.setdefault(name, Held(aspect, written))
            held.ticks[document.id] = Tick(document.id, words, quote)
            surfaces.setdefault(name, Counter())[written] += 1
    for name, held in found.items():
        # "5.1 Throughput" is a heading's capital
        held.shown = min(surfaces[name], key=lambda written: (
            aspect == "measure" and written.istitle(), -surfaces[name][written], len(written), written))
    texts = {document.id: document.text for document in documents}
    measured = {name for document in documents for name in names_of(document, "measure")} if aspect == "data" else set()
    several = [held for name, held in found.items() if 1 < len(held.ticks) <= MOST_WORKS and (
        aspect != "data" or name not in measured and 2 * sum(
            _is_called_data(texts[tick.document], tick) for tick in held.ticks.values()) >= len(held.ticks))]
    return sorted(several, key=lambda held: (-len(held.ticks), held.shown))


def _is_called_data(text: str, tick: Tick) -> bool:
    """Whether "data set", "corpus" or the like stands beside a name."""
    start, end = tick.words
    return bool(_CALLED_DATA.search(text[start:end + _BESIDE]))


def _is_data_name(written: str, name: str, proposed: set[str]) -> bool:
    return (len(written) >= _LEAST_NAME and name not in proposed and any(c.isupper() or c.isdigit() for c in written)
            and not model_pattern().fullmatch(written) and not measure_pattern().search(written))


def _of_samples(documents: Sequence[Document]) -> Iterator[Join]:
    """Whom or what several works studied, and how many."""
    found = {document.id: place for document in documents if (place := sample_of(document))}
    if len(found) > 1:
        ids = tuple(found)[:_MOST_SAMPLES]
        texts = {document.id: document.text for document in documents}
        fact = Fact("cell", "sample", ids, (), (), tuple(" ".join(texts[d][slice(*found[d][0])].split()) for d in ids))
        yield Join("joined.samples", ((fact, tuple(Tick(d, *found[d]) for d in ids)),))


def _of_results(documents: Sequence[Document]) -> Iterator[Join]:
    """Numbers of several works in one measure on one data set, the highest first."""
    for rows in list(same_measures(documents).values())[:_MOST_RESULTS]:
        texts = {document.id: document.text for document in documents}
        ordered = sorted(rows, key=lambda row: (-row[1].number, row[0]))
        ids = tuple(d for d, _ in ordered)
        measure = Counter(texts[d][slice(*one.measure)] for d, one in ordered).most_common(1)[0][0]
        values = tuple(texts[d][slice(*one.value)] for d, one in ordered)
        data = tuple(texts[d][slice(*one.data)] for d, one in ordered if one.data)
        result = (Fact("result", measure, ids, (), (), values),
                  tuple(Tick(d, one.value, one.quote) for d, one in ordered))
        same = (Fact("same", "data", ids, (), (), data), tuple(
            Tick(d, one.data, _around(texts[d], one)) for d, one in ordered if one.data))
        yield Join("joined.results", (result, same))


def _around(text: str, one: Stated) -> tuple[int, int]:
    """What is quoted for the data set of a result: its sentence or row where it stands there, else itself."""
    assert one.data is not None
    return one.quote if one.quote[0] <= one.data[0] and one.data[1] <= one.quote[1] else one.data


def same_measures(documents: Sequence[Document]) -> dict[tuple[str, str], list[tuple[str, Stated]]]:
    """(measure, data set) -> the clearest result of each work that states one, where two or more do; of most works
    first."""
    found: dict[tuple[str, str], dict[str, Stated]] = {}
    for document in documents:
        for one in own(document).results:
            if one.data is not None:
                key = bare(document.text[slice(*one.measure)]), bare(document.text[slice(*one.data)])
                found.setdefault(key, {}).setdefault(document.id, one)
    several = {key: list(by.items()) for key, by in found.items() if len(by) > 1 and _of_one_unit(by)}
    return dict(sorted(several.items(), key=lambda item: (-len(item[1]), item[0])))


def _of_one_unit(by: Mapping[str, Stated]) -> bool:
    """Whether numbers can stand side by side: all in percent, or all without a sign and of one order."""
    signs = {one.unit for one in by.values()}
    return len(signs) == 1 and len({one.number <= 1 for one in by.values()}) == 1


# --- citations

def _of_citations(documents: Sequence[Document]) -> Iterator[Join]:
    """The work that most of the others cite; and what one of the others says of one, in its own words."""
    graph = citation_graph(documents)
    by_id = {document.id: document for document in documents}
    citing: dict[str, list[str]] = {}
    for edge in graph.edges:
        a, b = (by_id[d].metadata.year for d in (edge.citing, edge.cited))
        if not a or not b or b <= a:  # a note on a work may name later ones
            citing.setdefault(edge.cited, []).append(edge.citing)
    order = sorted(citing, key=lambda d: (-len(citing[d]), by_id[d].metadata.year or 9999, d))
    said = 0
    for cited in order:
        title = title_tick(by_id[cited])
        if title is None:
            continue
        if cited == order[0] and len(citing[cited]) > 1:
            rows = []
            for d in sorted(citing[cited], key=lambda d: (by_id[d].metadata.year or 9999, d))[:MOST_WORKS]:
                entry = _entry_tick(by_id[d], by_id[cited])
                if entry is not None:
                    rows.append((Fact("cites", "", (d, cited)), (entry, title)))
            if len(rows) > 1:
                yield Join("joined.cited", tuple(rows))
        for d in citing[cited]:
            unit = said_of(by_id[d], by_id[cited])
            if unit is not None and unit.language and said < 1 + len(documents) // 6:
                said += 1
                span = (unit.start, unit.end)
                yield Join("joined.said", ((Fact("said", "", (d, cited), (), (), (unit.text,)),
                                            (Tick(d, span, span), title)),))
                break


def title_tick(document: Document) -> Tick | None:
    """Where a document's title stands in its own text; its first sentence where it does not."""
    title = document.metadata.title
    at = document.text.find(title)
    if title and at >= 0:
        return Tick(document.id, (at, at + len(title)), (at, at + len(title)))
    first = next((s.start for s in document.sections if document.text[s.start:s.end].strip()), None)
    if first is None:
        return None
    quote = sentence_at(document, first)
    return Tick(document.id, quote, quote) if quote[0] < quote[1] else None


def _entry_tick(citing: Document, cited: Document) -> Tick | None:
    """The entry of a reference list for a work."""
    known = [known_as(cited)]
    for start, end in reference_spans(citing):
        if matches(citing.text[start:end], known):
            return Tick(citing.id, (start, end), (start, end))
    return None
