"""What several works name at their front, in their own words: tasks and methods, as phrases that end in a word for one.

Reads: documents.  Gives: Held, a term with the works in whose title, abstract or beginning it stands, each with its
place. Two names of one concept in two languages count as one where the glossary pairs them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from kb.study.names import DATA_NOUN, measure_pattern, model_pattern
from kb.survey.glossary import concepts
from kb.survey.outline.names import Names, names_of, spelled_out
from kb.survey.outline.standing import STOP, plain, spoken, stands
from kb.survey.outline.standing import names as named
from kb.survey.outline.subjects import says_again
from kb.survey.write.places import Tick, places_of, sentence_at, words_pattern
from kb.text import CJK
from kb.types import Document, Language
from kb.words import Phrases, phrases

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-’'][A-Za-z0-9]+)*")
_STOP = r".,;:!?()\[\]{}—–/|<>=。，；：！？（）、“”\"\n*#"
_CLAUSE = re.compile(rf"[^{_STOP}]+(?:\n(?!\s*\n)[^{_STOP}]+)*")  # goes on over the end of a line
_HAN = re.compile(f"[{CJK}]{{3,}}")
_BEFORE_HEAD = (2, 3, 4)  # Han characters of a term before its last word
_MOST_WORDS = 3
_FIXED = 0.7  # share of a term's places behind one word from which on that word belongs to it
# What a sentence tells of others' works, and where it speaks of its own.
_OTHERS = Phrases(r"\b(?:«aspects: told what en»)\s+(?:[\w-]+\s+){0,3}?(?:«aspects: told who en»)\b|"
                  r"\b(?:«aspects: known en»)\b|(?:«aspects: known zh»)", re.IGNORECASE)
_OWN = Phrases(r"\b(?:we|our|us|«aspects: own subject en»)\b|(?:«aspects: own subject zh»|提出)", re.IGNORECASE)
# What goes on behind initials as a part of the name, "BP neural network", and what adds nothing to them: "GNN models".
_GOES_ON = re.compile(r"(?:[ -]?\s?(?:神经网络|神经网路|网络|网路)|[ -](?:neural\s)?networks?\b)")
_INITIALS = re.compile(r"[A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*")
_SAME = 0.75  # share of a longer term's works among a shorter one's, for the longer to stand for both


@dataclass(slots=True)
class Held:
    """aspect: "task", "method", "data" …; shown: as it is printed; others: its other names, in the other language or
    in initials, works with which count as well; ticks: work -> its place."""

    aspect: str
    shown: str
    others: tuple[str, ...] = ()
    ticks: dict[str, Tick] = field(default_factory=dict)

    @property
    def documents(self) -> tuple[str, ...]:
        return tuple(self.ticks)


def held_terms(documents: Sequence[Document], language: Language, apart: Sequence[str] = ()) -> list[Held]:
    """Terms that two works or more share, those of most works first; each with all works at whose front it stands.
    apart: names that say nothing here: the topic, the heading."""
    own = [_candidates(document) for document in documents]
    spread = Counter(words for candidates in own for words in candidates)
    loose = Counter(words for document in documents for words, signs in _before(document).items() if "" in signs)
    skipped = {plain(name).strip() for name in apart}
    fronts = [plain(spoken(document)) for document in documents]
    names, groups = spelled_out(documents), dict[str, list[str]]()
    for words in sorted(spread):
        if not (loose[words] > 1 or words[:1].isascii() or words in _known_words()):
            continue
        if _is_torn(words, fronts) or any(_ends_inside(words, plain(name)) or _says_again(words, plain(name), names)
                                          for name in apart):
            continue
        groups.setdefault(min(names.of(f" {words} ")), []).append(words)
    found: dict[str, Held] = {}
    for one in groups.values():
        held = _one_thing(one, own, spread, names, language)
        if held is None or {plain(name).strip() for name in (held.shown, *held.others)} & skipped:
            continue
        if held.aspect == "method" and any(_is_illness(words, documents) for words in one):
            held.aspect = "subject"
        found.setdefault(plain(held.shown).strip(), held)
    several = [held for held in found.values() if placed(held, documents)]
    return _without_parts(several)


def _one_thing(words_of: Sequence[str], own: Sequence[Mapping[str, tuple[str, str]]], spread: Mapping[str, int],
               names: Names, language: Language) -> Held | None:
    """The term that these names are one of, under the name of most works that the language has; None where fewer than
    two works have it."""
    for words in sorted(words_of, key=lambda words: (-spread[words], -len(words), words)):
        surfaces = Counter(candidates[words][0] for candidates in own if words in candidates)
        surface = min(surfaces, key=lambda surface: (-surfaces[surface], surface))
        shown, pair = _named(words, surface, language)
        others = {_readable(name): name for name in (plain(pair), *names.of(f" {words} "), *map(plain, words_of))}
        others = {read: name for read, name in others.items() if name.strip() and plain(read) == name
                  and name not in plain(shown)}  # nor a part of it: that is wider
        if shown and sum(any(name.strip() in candidates for name in (f" {words} ", *others.values()))
                         for candidates in own) > 1:
            aspect = next(candidates[words][1] for candidates in own if words in candidates)
            return Held(aspect, shown, tuple(sorted(others)))
    return None


def _readable(name: str) -> str:
    """A name as it is compared, without the blanks between Han characters."""
    return re.sub(rf"(?<=[{CJK}]) (?=[{CJK}])", "", name.strip())


def _is_illness(words: str, documents: Sequence[Document]) -> bool:
    """Whether a work here gives an acronym, which may be a model's, as that of a disorder."""
    if " " in words.strip() or not words.isascii():
        return False
    ills = phrases("stop", "also general en")
    return any(name.split()[-1] in ills for name in names_of(documents, ()).of(f" {words.strip()} "))


def _is_torn(words: str, fronts: Sequence[str]) -> bool:
    """Whether English words mostly stand behind one word that belongs to them ("stress disorder"), so that they are a
    piece of a longer name; prefixes of that word make no difference."""
    if not words.isascii() or words.strip() in _known_words():
        return False
    before = Counter(found[1] for text in fronts for found in re.finditer(rf"(\S+) {re.escape(words.strip())} ", text))
    n = sum(text.count(f" {words.strip()} ") for text in fronts)
    most = max((sum(m for other, m in before.items() if other.endswith(word)) for word in before
                if word not in _plain_words() and word.isalnum()), default=0)
    return n > 1 and most > _FIXED * n


def _ends_inside(words: str, name: str) -> bool:
    """Whether words are the end of a phrase of a longer name: "stress disorder" of "posttraumatic stress disorder"."""
    before, said, _ = name.partition(f" {words.strip()} ")
    return bool(said) and bool(before.strip()) and before.split()[-1] not in _plain_words()


def _says_again(words: str, name: str, names: Names) -> bool:
    """Whether a term says what a name says, in another order, in a word's long form or with initials for some of it:
    "PPI prediction" under "protein-protein interaction prediction"."""
    if not words.isascii():
        return says_again(words, name)
    long = [max(names.of(f" {word} "), key=lambda one: (len(one), one)) for word in words.split()]
    return len(long) > 1 and any(len(one.split()) > 1 for one in long) and all(one in name for one in long)


@cache
def _plain_words() -> frozenset[str]:
    """Words that do not belong to the term behind them."""
    return frozenset((STOP, *(word for kind in ("function en", "general en") for phrase in phrases("stop", kind)
                              for word in plain(phrase).split())))


def placed(held: Held, documents: Sequence[Document]) -> bool:
    """Finds the places of a term in all works at whose front it stands; whether they are two works or more and each has
    a place: what cannot be shown is not counted."""
    for document in documents:
        if stands(held.shown, document, *held.others):
            names = [plain(name).strip() for name in (held.shown, *held.others)]
            spots = sorted((spot for words in names for spot in places_of(document, words)),
                           key=lambda spot: (spot.words, spot.quote))
            is_titled = any(named(words, document.metadata.title) for words in names)
            if any(_is_cut(words, spoken(document)) for words in names):
                return False
            if held.aspect == "method" and not is_titled:  # what others do is not what a work is on
                spots = [spot for spot in spots if not _is_of_others(document.text[slice(*spot.quote)])]
            tick = next(iter(spots), None)
            if tick is None and is_titled:
                tick = _beginning(document)  # the title that the references show says it, its text does not
            if tick is None:
                return False
            held.ticks[document.id] = tick
    return len(held.ticks) > 1


@lru_cache(maxsize=20_000)
def _is_of_others(sentence: str) -> bool:
    """Whether a sentence tells of others' works alone."""
    return bool(_OTHERS.search(sentence)) and not _OWN.search(sentence)


@lru_cache(maxsize=20_000)
def _is_cut(words: str, text: str) -> bool:
    """Whether each place of the words begins inside the name of a model that ends before they do: "memory networks" of
    "long short-term memory networks"."""
    names = [found.span() for found in model_pattern().finditer(text)]
    spots = [found.span() for found in words_pattern(words).finditer(text)]
    return bool(spots) and all(any(a < start < b < end for a, b in names) for start, end in spots)


def _beginning(document: Document) -> Tick | None:
    """The first sentence of a document: where it has its title in its record alone."""
    first = next((s.start for s in document.sections if document.text[s.start:s.end].strip()), None)
    if first is None:
        return None
    quote = sentence_at(document, first)
    return Tick(document.id, quote, quote) if quote[0] < quote[1] else None


def _named(words: str, surface: str, language: Language) -> tuple[str, str]:
    """(a term in the survey's language, its name in the other one that counts as well); ("", "") for one that has no
    name in the survey's language. Names in Latin letters stay what they are."""
    own, other = _pairs(language).get(words, ("", ""))
    if own and surface.casefold() not in own.casefold():  # "YOLO" is no "YOLO目标检测"
        return own, other
    is_foreign = bool(re.search(f"[{CJK}]", surface)) != (language == "zh")
    if is_foreign and not any(c.isupper() for c in surface):
        return "", ""
    return surface, _other_name(language).get(words, "")


def _candidates(document: Document) -> Mapping[str, tuple[str, str]]:
    """words as they are compared -> (as written, aspect) of the terms at a document's front."""
    return _terms_in(spoken(document))


@lru_cache(maxsize=2000)
def _terms_in(text: str) -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for surface, aspect in (*_english(text), *_chinese(text)):
        words = plain(surface).strip()
        if words and not measure_pattern().fullmatch(surface):
            found.setdefault(words, (surface, aspect))
    for name in _models(text):
        found.setdefault(plain(name).strip(), (name, "method"))
    said = plain(text)
    for name, words in _singles().items():
        if words in said:
            found.setdefault(words.strip(), (name, _aspect(name) or "subject"))
    return found


def _models(text: str) -> Iterator[str]:
    """Names of models; initials with what belongs to them where they never stand without: "BP neural network"."""
    spots = [(found, _GOES_ON.match(text, found.end())) for found in model_pattern().finditer(text)]
    alone = {found[0] for found, more in spots if more is None}
    for found, more in spots:
        is_part = more is not None and found[0] not in alone and _INITIALS.fullmatch(found[0])
        yield " ".join(text[found.start():more.end()].split()) if more and is_part else found[0]


def _english(text: str) -> Iterator[tuple[str, str]]:
    heads = _heads("en")
    for clause in _CLAUSE.findall(text):
        words = _WORD.findall(clause)
        for i, word in enumerate(words):
            aspect = heads.get(word.casefold())
            after = words[i + 1].casefold() if i + 1 < len(words) else ""
            if aspect is None or after in heads or DATA_NOUN.match(after):
                continue
            for n in range(2, _MOST_WORDS + 1):
                run = words[max(0, i + 1 - n):i + 1]
                if len(run) < n or any(is_weak(each) for each in run[:-1]):
                    break
                if word.casefold() in _kinds() and _INITIALS.fullmatch(run[-2]):  # "GNN models" are GNN
                    break
                if n < _MOST_WORDS or run[0].casefold() not in heads:  # "network language model" is a piece
                    yield _cased(run), aspect


def is_weak(word: str) -> bool:
    """Whether an English word names nothing in a term: a function word, a degree, a verb."""
    low = word.casefold()
    # "it studies nest detection", "we study model compression"
    is_verb = low in phrases("aspects", "own verb en") or low.endswith("s") and plain(low).strip() in _verbs()
    return low in _weak() or len(low) < 2 or (low.endswith("ly") and low != "doubly") or is_verb


def _cased(run: Sequence[str]) -> str:
    """The words of a term in small letters, unless their capitals are their own ("Bayesian network", "TCN layers"): not
    those of a title that is set in them, nor of "Multi-Task"."""
    is_title, is_shouted = run[-1][:1].isupper(), all(word.isupper() for word in run)
    return " ".join(word if not is_shouted and (
        not is_title and word.istitle() and i or any(sum(c.isupper() for c in part) > 1 for part in word.split("-")))
        else word.casefold() for i, word in enumerate(run))


def _chinese(text: str) -> Iterator[tuple[str, str]]:
    for _, surface, aspect in _chinese_spots(text):
        yield surface, aspect


@lru_cache(maxsize=2000)
def _chinese_spots(text: str) -> tuple[tuple[str, str, str], ...]:
    """(the character before, the term, its aspect) of every run that ends in a word for a task or a method."""
    found = []
    heads, weak, more = _heads("zh"), phrases("aspects", "weak zh"), phrases("aspects", "goes on zh")
    for run in _HAN.finditer(text):
        part = run[0]
        for head, aspect in heads.items():
            at = part.find(head)
            while at >= 0:
                follows = part[at + len(head):at + len(head) + 1]
                for n in _BEFORE_HEAD:
                    prefix = part[max(0, at - n):at]
                    if head == "机制" and not prefix.endswith(phrases("aspects", "mechanism zh")):
                        continue
                    if len(prefix) == n and follows not in more and not _LOOSE & set(prefix) and not any(
                            prefix.startswith(word) or prefix.endswith(word) for word in weak):
                        sign = part[at - n - 1:at - n] if at > n else text[run.start() - 1:run.start()]
                        found.append(("-" if sign in "-–—" and sign else sign if at > n else "", prefix + head,
                                      aspect))
                at = part.find(head, at + 1)
    return tuple(found)


def _before(document: Document) -> Mapping[str, set[str]]:
    """Chinese term -> the characters that stand before it, "" where a word begins there."""
    found: dict[str, set[str]] = {}
    for sign, surface, _ in _chinese_spots(spoken(document)):
        found.setdefault(plain(surface).strip(), set()).add(sign if sign not in _LOOSE else "")
    return found


_LOOSE = frozenset("的了和与及对将在是为用于以从等或中")


@cache
def _known_words() -> frozenset[str]:
    return frozenset(plain(name).strip() for names in concepts() for name in names)


@cache
def _pairs(language: Language) -> Mapping[str, tuple[str, str]]:
    """The words of a name in the other language -> (the name in this one, that name)."""
    both = ((zh, en) if language == "zh" else (en, zh) for en, zh in concepts())
    return {plain(other).strip(): (own, other) for own, other in both if plain(own) != plain(other)}


@cache
def _other_name(language: Language) -> Mapping[str, str]:
    """The words of a name in this language -> the name in the other one."""
    return {plain(own).strip(): other for own, other in _pairs(language).values()}


def _without_parts(found: Sequence[Held]) -> list[Held]:
    """Without terms that stand inside a longer one of nearly the same works, most works first, then the longer."""
    order = sorted(found, key=lambda held: (-len(held.ticks), -len(plain(held.shown)), held.shown))
    kept: list[Held] = []
    for held in sorted(found, key=lambda held: (-len(plain(held.shown)), held.shown)):
        inside = next((other for other in kept if plain(held.shown).strip() in plain(other.shown)
                       and len(other.ticks.keys() & held.ticks) >= _SAME * len(held.ticks)), None)
        if inside is None:
            kept.append(held)
    return [held for held in order if held in kept]


@cache
def _heads(language: Language) -> Mapping[str, str]:
    """word -> aspect."""
    kinds = ("subject", "task", "method")
    return {word: aspect for aspect in kinds for word in phrases("aspects", f"{aspect} {language}")}


@cache
def _kinds() -> frozenset[str]:
    """Words for a method that add nothing to its name."""
    return frozenset(phrases("aspects", "kind en"))


@cache
def _verbs() -> frozenset[str]:
    """What works do, as it is compared."""
    return frozenset(plain(word).strip() for kind in ("own verb en", "told what en") for word in
                     phrases("aspects", kind))


@cache
def _weak() -> frozenset[str]:
    return frozenset((*phrases("aspects", "weak en"), *phrases("stop", "function en")))


@cache
def _singles() -> Mapping[str, str]:
    """Names of the glossary that no last word makes a term -> their words."""
    general = frozenset(phrases("terms", "general"))
    names = (name for en, zh in concepts() if en not in general for name in (en, zh))
    return {name: plain(name) for name in names if _is_technical(name)}


def _is_technical(name: str) -> bool:
    """Whether a name is hardly an ordinary word: of several words, of three characters, or one for a method."""
    if DATA_NOUN.fullmatch(name) or measure_pattern().fullmatch(name) or set(name.split()) & _weak() or (
            name in phrases("aspects", "weak zh")):
        return False
    return len(name) > 2 if re.search(f"[{CJK}]", name) else " " in name or "-" in name or name in _heads("en")


def _aspect(words: str) -> str:
    return _heads("en").get(words.split()[-1].casefold(), "") or next(
        (aspect for word, aspect in _heads("zh").items() if words.endswith(word)), "")
