"""What we say before a quote: whose words it is, or what it is about. Nothing else may stand there.

Reads: a quote and its work.  Gives: the frames that it may have, each with what has to be so (facts.py looks).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from kb.survey.glossary import concepts, concepts_in
from kb.survey.outline.standing import plain
from kb.survey.records import Reference, Request, Sentence, Survey
from kb.survey.references import short_name
from kb.survey.words import LABELS, LIMITS, WORDS, by_title, limit_frame, listed, word
from kb.text import CJK, one_line
from kb.types import Language

_TITLE = 160  # characters of a title that are shown
_HAN = re.compile(f"[{CJK}]")
_COLON = re.compile(r":\s|：")
_LEAST_NAME = 2
CLEAR = 0.9  # of defines(), from which on a sentence says what a thing is

Claim = tuple[str, str]  # what has to be so of the quote: kind, and of what


def call_names(references: Iterable[Reference]) -> dict[str, str]:
    """document -> what the work is called in the text: what stands before the colon of its title, if no other work is
    called so; else the title."""
    titles = {reference.document: shown_title(reference) for reference in references}
    names = {document: _COLON.split(title)[0].strip() for document, title in titles.items()}
    spread = Counter(name.casefold() for name in names.values())
    return {
        document: name if len(name) >= _LEAST_NAME and spread[name.casefold()] == 1 else titles[document]
        for document, name in names.items()
    }


def shown_title(reference: Reference) -> str:
    """The title on one line, cut where it is long."""
    return one_line(reference.title, _TITLE)


@cache
def subject_names(request: Request) -> tuple[tuple[str, str], ...]:
    """(what is printed, what a definition may name) of the topic and of each concept that it names in its own words, in
    either language."""
    asked = plain(request.topic)
    found = {request.topic: request.topic}
    for english, chinese in concepts():
        for name in (english, chinese):
            if plain(name) in asked:
                shown = chinese if request.language == "zh" else english
                found |= {english: shown, chinese: shown}
    return tuple((shown, name) for name, shown in found.items())


def definition_frame(term: str, reference: Reference, names: Mapping[str, str], language: Language) -> str:
    """The frame of the sentence that says what the topic, or a part of it, is."""
    return word("open_definition", language, term=term, who=speaker(reference, names, language, begins=False))


def speaker(reference: Reference, names: Mapping[str, str], language: Language, *, begins: bool = True) -> str:
    """Whose words a quote is: the authors', or those of a note on their work. A work without authors goes by what
    it is called. names: call_names()."""
    if not reference.authors:
        who = names[reference.document]
        if who == shown_title(reference):
            who = f"《{who}》" if language == "zh" else f"“{who}”"
    else:
        who = short_name(reference, language)
    return _note_on(who, language, begins=begins) if reference.is_note else who


def _note_on(who: str, language: Language, *, begins: bool) -> str:
    """ "A note on X", "关于 X 的笔记"."""
    if language == "zh":
        who = f"{' ' * who[0].isascii()}{who}{' ' * who[-1].isascii()}"
    return word("note_on", language, a="A" if begins else "a", who=who)


def gloss_of(reference: Reference, language: Language) -> str:
    """What a title in the other language says, for a reader of this one: the title that its own text gives, else the
    concepts that it names, else no more than its language; "" for a title in this language."""
    title = reference.title
    if bool(_HAN.search(title)) == (language == "zh"):
        return ""
    if reference.other_title:
        return word("gloss_own", language, title=reference.other_title)
    names = concepts_in(title, language)
    return word("gloss_terms", language, terms=listed(names, language)) if names else word("gloss_none", language)


def introduced(reference: Reference, names: Mapping[str, str], language: Language, *, begins: bool = True) -> str:
    """The frame with which a work, or a note on it, begins to speak."""
    name = names[reference.document]
    frame = by_title(name, language, is_name=name != shown_title(reference), gloss=gloss_of(reference, language))
    if not reference.is_note:
        return frame
    ends = frame[len(frame.rstrip(":：")):] or (":" if language == "en" else "：")
    return _note_on(frame.rstrip(":："), language, begins=begins) + ends


def frames(reference: Reference, names: Mapping[str, str], request: Request) -> list[tuple[str, Claim]]:
    """Every frame that a quote of this work may have, and what it claims of the quote."""
    language = request.language
    who = speaker(reference, names, language)
    found: list[tuple[str, Claim]] = [("", ("", "")), (introduced(reference, names, language), ("", "")),
                                      (who + ("：" if language == "zh" else ":"), ("", ""))]
    found += [(limit_frame(role, language, who), ("role", role) if role else ("", "")) for role in LIMITS]
    found += [(label.in_(language), ("headed", role)) for role, label in LABELS.items()]
    found += [(word(key, language, who=who), ("", "")) for key, words in WORDS.items()
              if re.findall(r"\{(\w+)\}", words.en) == ["who"]]
    found += [(definition_frame(shown, reference, names, language), ("defines", name_))
              for shown, name_ in subject_names(request)]
    return [*found, *((_in_other(frame, language), claim) for frame, claim in found)]


def _in_other(frame: str, language: Language) -> str:
    return with_language(frame, "en" if language == "zh" else "zh", language)


def with_language(frame: str, spoken: Language, language: Language) -> str:
    """The frame of a quote in another language says so."""
    other = word(f"in_{spoken}", language)
    return frame[:-1] + other + frame[-1] if frame.endswith((":", "：")) else frame + other


def reframed(survey: Survey, before: Survey) -> Survey:
    """The survey with the frames of its quotes as its references describe the works now. before: with the references
    that it was written with."""
    names = [call_names(one.references) for one in (before, survey)]
    old, new = ({r.document: r for r in one.references} for one in (before, survey))
    rows = {row.id: row.document for row in survey.evidence}

    def again(sentence: Sentence) -> Sentence:
        document = next((rows[name] for name in sentence.evidence if name in rows), "")
        if sentence.kind != "quote" or old.get(document) == new.get(document):
            return sentence
        pairs = zip(frames(old[document], names[0], survey.request), frames(new[document], names[1], survey.request),
                    strict=True)
        return replace(sentence, frame=next((now for (was, _), (now, _) in pairs if was == sentence.frame),
                                            sentence.frame))

    return replace(survey, sentences=tuple(again(sentence) for sentence in survey.sentences))
