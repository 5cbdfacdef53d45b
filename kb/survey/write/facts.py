"""What our own words say, counted again: a heading, a frame, a sentence that joins works.

Reads: a Fact, the survey it stands in, the library's documents.  Gives: None where it is true, else why not. A new kind
is a function in KINDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kb.answer.intent import defines
from kb.survey.citing import citation_graph
from kb.survey.glossary import concepts
from kb.survey.outline.field import below_in
from kb.survey.outline.headings import heading_of
from kb.survey.outline.names import Names, spelled_out
from kb.survey.outline.standing import names, pairs, plain, stands
from kb.survey.records import Evidence, Fact, Node, Sentence, Survey
from kb.survey.sentences import limit_told, sentence_at, units
from kb.survey.words import word
from kb.survey.write.contexts import said_of
from kb.survey.write.forms import fill, years_of
from kb.survey.write.proposed import said_at
from kb.survey.write.quoted import CLEAR, Claim, call_names, frames
from kb.survey.write.results import result_fault, uses_fault
from kb.survey.write.verify import GetDocument
from kb.types import Document


def holds(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """None where the fact is true of the survey and the library; else what is wrong, for the audit."""
    if fact.kind not in KINDS:
        return f"no kind of fact is called {fact.kind}"
    unknown = [d for d in (*fact.documents, *fact.among) if d not in {r.document for r in survey.references}]
    if unknown:
        return f"{unknown[0]} is not a work of this survey"
    if len(set(fact.documents)) < len(fact.documents):
        return "counts a work twice"
    if not set(fact.documents) <= set(fact.among or fact.documents):
        return "speaks of works that are not among those it counts"
    lost = next((d for d in fact.documents if documents(d) is None), None)
    return f"{lost} is not in the library" if lost else KINDS[fact.kind](fact, survey, documents)


def facts_of(survey: Survey) -> Iterator[tuple[str, Fact]]:
    """(the node or sentence, what it says) of all our own words."""
    for node in survey.nodes():
        yield from ((node.id, fact) for fact in node.facts)
    for sentence in survey.sentences:
        yield from ((sentence.id, fact) for fact in sentence.facts)


def heading_fault(node: Node, survey: Survey) -> str | None:
    """Why the heading of a section is not what its facts say, None where it is or where it is the reader's or a
    model's."""
    if node.named or not survey.is_counted:
        return None
    if node.kind != "theme":
        usual = word(node.kind, survey.request.language)
        return None if node.heading == usual else f"the heading “{node.heading}” stands for “{usual}”"
    held = {d for part in node.walk() for d in part.documents}
    if any(set(fact.among) != held for fact in node.facts):
        return f"the heading “{node.heading}” was counted in other works"
    if node.heading != heading_of(node.facts, survey.request.language):
        return f"the heading “{node.heading}” is not what was counted"
    return None


def frame_fault(sentence: Sentence, survey: Survey) -> str | None:
    """Why a sentence of ours is not what its facts say, None where it is."""
    if not survey.is_counted or sentence.kind not in ("frame", "joined"):
        return None
    references = {r.document: r for r in survey.references}
    counted = {d for fact in sentence.facts if fact.kind == "count" for d in fact.documents}
    if sentence.form in ("scope", "lead", "lead_rest") and counted != _spoken_of(sentence, survey):
        return "it counts other works than those it speaks of"
    try:
        text = fill(sentence.form, sentence.facts, survey.request, references)
    except (KeyError, IndexError, StopIteration, ValueError):
        return f"its facts do not make the words of “{sentence.form}”"
    return None if text == sentence.text else f"it says something else than its facts: “{text}”"


def _spoken_of(sentence: Sentence, survey: Survey) -> set[str]:
    """The works that the first sentence of a section, or of the survey, speaks of."""
    if sentence.form == "scope":
        return {r.document for r in survey.references}
    here = [node for node in survey.nodes() if any(sentence.id in ids for ids in node.paragraphs)]
    parts = here if sentence.form == "lead_rest" else [part for node in here for part in node.walk()]
    return {d for part in parts for d in part.documents}


def _got(document: str, documents: GetDocument) -> Document:
    found = documents(document)
    assert found is not None  # holds() has looked
    return found


def _term(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The term's own words stand in the title, abstract or beginning of each of the documents. values: other
    names of the term, which count as well."""
    missing = [d for d in fact.documents if not stands(fact.term, _got(d, documents), *fact.values)]
    if missing or not fact.documents:
        return f"“{fact.term}” does not stand at the front of {', '.join(missing) or 'any work'}"
    names = _names(survey, documents)
    other = next((name for name in fact.values if not pairs(fact.term, name)
                  and plain(name) not in names.of(plain(fact.term))), None)
    return f"“{fact.term}” and “{other}” are not one" if other else None


def _names(survey: Survey, documents: GetDocument) -> Names:
    """Which names are one in some work of the survey."""
    return spelled_out([found for r in survey.references if (found := documents(r.document))], is_sure=False)


def _all(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """As "term", of each of `among`."""
    if set(fact.documents) != set(fact.among):
        return f"“{fact.term}” is counted in {len(fact.documents)} of {len(fact.among)}, which is not all"
    return _term(fact, survey, documents)


def _below(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The term is a wide name of the field, and it or something that belongs under it stands at the front of each of
    `among`; values: what of it stands in some work."""
    if set(fact.documents) != set(fact.among) or not fact.documents:
        return f"“{fact.term}” is counted in {len(fact.documents)} of {len(fact.among)}, which is not all"
    said = {d: below_in(fact.term, _got(d, documents)) for d in fact.documents}
    missing = [d for d, names_ in said.items() if not names_]
    if missing:
        return f"nothing that belongs under “{fact.term}” stands at the front of {', '.join(missing)}"
    other = {*fact.values} ^ {name for names_ in said.values() for name in names_}
    return f"“{min(other)}” is not what was counted under “{fact.term}”" if other else None


def _most(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """As "term", of more than half of `among`, and of no others of them."""
    if 2 * len(fact.documents) <= len(fact.among):
        return f"“{fact.term}” is counted in {len(fact.documents)} of {len(fact.among)}, which is not most"
    others = [d for d in fact.among if d not in fact.documents and (found := documents(d))
              and stands(fact.term, found, *fact.values)]
    return f"“{fact.term}” stands in {others[0]} as well" if others else _term(fact, survey, documents)


def _named(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """As "term", and of no others of `among`."""
    others = [d for d in fact.among if d not in fact.documents and (found := documents(d))
              and stands(fact.term, found, *fact.values)]
    return f"“{fact.term}” stands in {others[0]} as well" if others else _term(fact, survey, documents)


def _count(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """So many works. values: the number, in digits."""
    return None if fact.values == (str(len(fact.documents)),) else f"{fact.values} is not {len(fact.documents)}"


def _years(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """From the first year of the documents to the last. values: these two, none where all are undated."""
    found = years_of(fact.documents, survey.references)
    return None if fact.values == found else f"the years are {found}, not {fact.values}"


def _period(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The documents are those of `among` from one year to another. values: these two."""
    within = {r.document for r in survey.references
              if r.document in fact.among and r.year and int(fact.values[0]) <= r.year <= int(fact.values[1])}
    return None if within == set(fact.documents) else f"other works are from {fact.values[0]} to {fact.values[1]}"


def _cell(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """Each document's evidence shows its value in the column `term`. values: the value of each, in their order."""
    rows = _rows(fact, survey)
    if len(rows) != len(fact.evidence) or {row.document for row in rows} != set(fact.documents):
        return f"“{fact.term}” has no evidence of every work"
    if len(fact.values) != len(rows):
        return f"“{fact.term}” has {len(fact.values)} values in {len(rows)} places"
    lost = next((value for value, row in zip(fact.values, rows, strict=True)
                 if plain(value).strip() not in plain(row.quote)), None)
    return f"“{lost}” does not stand in its evidence" if lost is not None else None


def _same(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """As "cell", of two works or more, all the same."""
    if why := _cell(fact, survey, documents):
        return why
    written = {plain(value).replace(" ", "") for value in fact.values}  # "VOC 2007" and "VOC2007" are one
    return None if len(fact.documents) > 1 and len(written) == 1 else "the values differ"


def _differs(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """As "cell", of two works or more, no two the same."""
    if why := _cell(fact, survey, documents):
        return why
    distinct = len({plain(v) for v in fact.values}) == len(fact.values) > 1
    return None if distinct else "two values are the same"


def _rows(fact: Fact, survey: Survey) -> list[Evidence]:
    known = {row.id: row for row in survey.evidence}
    return [known[name] for name in fact.evidence if name in known]


def _cites(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The reference list of the first document names the others."""
    first, *others = fact.documents
    cited = citation_graph([_got(d, documents) for d in fact.documents]).cites(first)
    lost = next((d for d in others if d not in cited), None)
    return f"{first} does not cite {lost}" if lost or not others else None


def _sections(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The headings, in their order, of the sections of the survey; with a term, of the parts of that node."""
    nodes = (survey.outline if not fact.term
             else next((node.children for node in survey.nodes() if node.id == fact.term), ()))
    found = tuple(node.heading for node in nodes if node.kind == "theme")
    return None if fact.values == found else f"the sections are {found}"


def _beside(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """Each document's evidence is what is quoted of it, and names the term. values: the quotes, in their order."""
    rows = _rows(fact, survey)
    if [row.document for row in rows] != list(fact.documents) or [row.quote for row in rows] != list(fact.values):
        return f"the works do not say this of “{fact.term}”"
    one = plain(fact.term)
    called = {one, *_names(survey, documents).of(one), *(plain(other) for pair in concepts() for other in pair
                                                         if one in map(plain, pair))}
    lost = next((row.document for row in rows if not any(names(name, row.quote) for name in called)), None)
    return f"what is quoted of {lost} does not name “{fact.term}”" if lost or len(rows) < 2 else None


def _capital(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """These headings are made of terms that begin with a capital. values: the headings."""
    own = {node.heading for node in survey.nodes() for one in node.facts[:1] if one.term[:1].isupper()}
    lost = next((name for name in fact.values if name not in own), None)
    return f"“{lost}” has no capital of its own" if lost else None


def _said(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The first document cites the second where its evidence stands. values: the words of that place."""
    row = next(iter(_rows(fact, survey)), None)
    if row is None or row.document != fact.documents[0] or fact.values != (row.quote,):
        return f"{fact.documents[0]} does not say so"
    found = said_of(_got(fact.documents[0], documents), _got(fact.documents[1], documents))
    return None if found and found.text == row.quote else f"the words are not said of {fact.documents[1]}"


def _proposed(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """Each document's evidence is the sentence in which it says that it gives this. term: the kind of all of them;
    values: the verb and the words of each, in their order."""
    rows = _rows(fact, survey)
    if not 1 < len(rows) == len(fact.documents) == len(fact.values) / 2 or [
            row.document for row in rows] != list(fact.documents):
        return "what works give has no evidence of every work"
    for row, verb, what in zip(rows, fact.values[::2], fact.values[1::2], strict=True):
        found = said_at(_got(row.document, documents), (row.start, row.end), verb, what)
        if found is None or fact.term not in ("", found.kind):
            return f"{row.document} does not say that it gives “{what}”"
    return None


def _alone(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The works stand in the only section."""
    n = sum(node.kind == "theme" for node in survey.outline)
    return None if n == 1 and not fact.term else f"there are {n} sections, and nothing is said of one"


def _language(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """All these documents are in this language."""
    other = next((d for d in fact.documents if (_got(d, documents).language,) != fact.values), None)
    return f"{other} is in another language" if other else None


def _problems(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The last section gathers limits."""
    last = survey.outline[-1:] if survey.outline[-1:] and survey.outline[-1].kind == "problems" else ()
    before = survey.outline[-2:-1] if survey.outline[-1:] and survey.outline[-1].kind == "conclusion" else ()
    return None if last or (before and before[0].kind == "problems") else "no section gathers limits"


def _told(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """The section on limits quotes each of these works, and no other, with a sentence that tells this surely.
    values: how many."""
    node = next((node for node in survey.outline if node.kind == "problems"), None)
    here = {name for ids in node.paragraphs for name in ids} if node else set()
    rows = [row for row in survey.evidence if row.sentence in here]
    found = [row.document for row in rows
             if (unit := sentence_at(_got(row.document, documents), row.start, row.end)) and
             limit_told(unit) == fact.term]
    if set(found) != set(fact.documents):
        return f"“{fact.term}” is told by {len(set(found))} works, not by {len(fact.documents)}"
    return _count(fact, survey, documents)


def _missing(fact: Fact, survey: Survey, documents: GetDocument) -> str | None:
    """A part that the model did not write. values: the reason."""
    return None if fact.values[0] in (survey.missing or {}).values() else "no part is missing for that reason"


KINDS: dict[str, Callable[[Fact, Survey, GetDocument], str | None]] = {
    "term": _term, "all": _all, "below": _below,
    "most": _most, "count": _count, "years": _years, "period": _period, "cell": _cell, "same": _same,
    "differs": _differs, "cites": _cites, "sections": _sections, "capital": _capital, "beside": _beside,
    "said": _said, "proposed": _proposed, "result": result_fault,
    "uses": uses_fault, "named": _named, "language": _language, "alone": _alone, "problems": _problems, "told": _told,
    "missing": _missing,
}


def quote_faults(survey: Survey, documents: GetDocument) -> list[str]:
    """The quotes whose frame is none of ours, or claims of the quote what is not so."""
    if not survey.is_counted:
        return []
    names, references = call_names(survey.references), {r.document: r for r in survey.references}
    rows = {row.id: row for row in survey.evidence}
    found = []
    known: dict[str, list[tuple[str, Claim]]] = {}
    roles: dict[str, dict[tuple[int, int], tuple[str, bool]]] = {}
    for sentence in survey.sentences:
        row = next((rows[name] for name in sentence.evidence if name in rows), None)
        if sentence.kind != "quote" or row is None or row.document not in references:
            continue
        if row.document not in known:
            known[row.document] = frames(references[row.document], names, survey.request)
        claims = [claim for frame, claim in known[row.document] if frame == sentence.frame]
        if not claims:
            found.append(f"{sentence.id}: “{sentence.frame}” is no frame of a quote of this work")
        elif not any(_is_so(claim, row, documents, roles) for claim in claims):
            found.append(f"{sentence.id}: “{sentence.frame}” does not fit its quote")
    return found


def _is_so(claim: Claim, row: Evidence, get: GetDocument, roles: dict[str, dict[tuple[int, int], tuple[str, bool]]]
           ) -> bool:
    kind, what = claim
    document = get(row.document) if kind else None
    if document is None:  # nothing is claimed; or the document is gone, which its broken quote tells
        return True
    if kind == "defines":
        return defines(row.quote, what) >= CLEAR
    if document.id not in roles:
        roles[document.id] = _roles(document)
    role, is_headed = roles[document.id].get((row.start, row.end), ("", False))
    return role == what and (kind == "role" or is_headed)


def _roles(document: Document) -> dict[tuple[int, int], tuple[str, bool]]:
    """Place of each quotable sentence -> its role where that is sure, and whether its section's heading says it."""
    return {(unit.start, unit.end): (limit_told(unit) or (unit.role if unit.is_sure else ""), unit.headed)
            for unit in units(document, None)}
