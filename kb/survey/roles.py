"""Which sentences name a limit of their work, leave something open, or say what a thing is: three logistic models over
the words of a sentence, whom it speaks of, the kind of its section and its place in it.

Reads: a sentence and where it stands.  Gives: how likely each of the three is, in [0, 1].  Next: sentences.py.

The weights are data/role_weights.toml, fitted by tools/fit_roles.py, which prints how often they are right on documents
that they were not fitted on; kb/survey/README.md has the figures.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from kb.answer.intent import defines
from kb.answer.support import logistic
from kb.survey.kinds import Kind
from kb.text import CJK, guess_language
from kb.types import Language
from kb.words import Phrases, phrases, sections

Told = Literal["limitation", "open", "definition"]
TOLD: tuple[Told, ...] = ("limitation", "open", "definition")
# From which chance on a sentence is told to be one. Chosen on the documents of tools/roles.tsv by tools/fit_roles.py,
# each told by weights that were fitted on the others.
SURE: dict[Told, float] = {"limitation": 0.9, "open": 0.88, "definition": 0.9}
EITHER, IN_LIMITS = 0.8, 0.2  # that it is a limit or open, whichever; the same in a section on limits

WEIGHTS = Path(__file__).resolve().parent.parent / "data" / "role_weights.toml"
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_ENDS: tuple[Kind, ...] = ("limits", "future", "conclusion", "discussion")
_BEHIND = ("method", "results", "other", "related")
_CONTRACTED = re.compile("n['’]t\\b")
_IS_A = re.compile(
    r"(?:(?:the|an?) |in [a-z ]{3,30}, )?(?P<x>\S+(?: \S+){0,6}?),?(?: (?:also|sometimes) [\w\- ]{3,40},)? (?:is|are) "
    r"(?:an?|the|one of|any) \w", re.I)
_IS_A_ZH = re.compile(
    rf"^(?P<x>[^，。；：]{{2,30}}?)(?:是|为)(?:一[{CJK}]|由|指|通过|[^，。；]{{2,40}}的[{CJK}]{{1,8}}[，。])")
_NAME = re.compile(r"^\W*(?:The |An? )?(?:[A-Z][\w-]*[A-Z0-9][\w-]*|[A-Z][a-z]+(?: [a-z-]+){0,3} ?[(（])|"
                   rf"^[{CJK}]{{2,12}}[(（][A-Za-z]")
_NO_NAME = Phrases(r"^\W*(?:(?:«said: no name en»)\b|(?:«said: no name zh»))", re.I)
_SYMBOL = re.compile(r"^\S{0,12}[(（_^{]\S*[)）}]|^\S{1,2} (?:is|are) |^[A-Za-z]\w? ?(?:是|为)")
FROM = 0.4  # of the text: limits of the work itself stand behind it
_FORMULA = re.compile(r"[=∑∫≤≥]|\\\w+|\$")
_CALLED = Phrases(r"^[^的]{2,40}?(?:«said: says is called»)", re.I)
_COLON = re.compile(r"^[^。.:：]{2,40}[:：]\s*\S")
_CITES = re.compile(r"\[\d+(?:[\s,，;–-]+\d+)*\]|\(?(?:19|20)\d\d[a-z]?\)|et al|等人|\[[a-z]+[-\w]*\d{4}[^\]]*\]", re.I)
_QUOTED = re.compile("[“\"]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence stands. kind: of its section.  through: 0 for its section's first sentence, 1 for the last.
    position: in the document.  subject: what the document is about, "" where its title does not say.  is_pair: two.
    is_behind: a sentence before it in its section says what the work itself does."""

    kind: Kind
    through: float
    position: float
    subject: str = ""
    is_pair: bool = False
    is_behind: bool = False


def told(text: str, place: Place, language: Language) -> tuple[Told | None, bool]:
    """(what the sentence tells, whether it is sure); None where it tells none of the three surely enough.

    A sentence that names a limit or leaves something open, but not surely which, is the likelier of the two, unsure.
    """
    counted = features(text, place, language)
    likely = {role: logistic(sum(weights.get(name, 0.0) * value for name, value in counted.items()))
              if may_be(role, counted) else 0.0 for role, weights in weights_of().items()}
    role = max(TOLD, key=lambda name: likely[name] - SURE[name])
    if likely[role] >= SURE[role]:
        return role, True
    role = max(TOLD[:2], key=lambda name: likely[name])
    is_one = either(likely) >= least(place) and likely["definition"] < likely[role]
    return (role, False) if is_one else (None, True)


def either(likely: Mapping[Told, float]) -> float:
    """How likely it is that a sentence names a limit or leaves something open, whichever."""
    return 1 - (1 - likely["limitation"]) * (1 - likely["open"])


def least(place: Place) -> float:
    """From which chance on it is told to be one of these: under a heading on limits, at the end, few are neither."""
    return IN_LIMITS if place.kind == "limits" and place.position >= FROM else EITHER


def may_be(role: Told, counted: Mapping[str, float]) -> bool:
    """Whether a sentence can tell this whatever its words weigh: a definition is one sentence that begins with its
    thing, without praise or reason; limits and open problems are the work's own, said by it or at its end, and no words
    about the text."""
    if role == "definition":
        is_plain = counted.keys().isdisjoint(("two sentences", "is a, praised", "is a, for a reason"))
        return is_plain and ("is a" in counted or "called at the beginning" in counted)
    is_there = "says own" in counted or "says leaves open" in counted and role == "open" or (
        any(f"in {kind}" in counted for kind in _ENDS) and counted["position"] >= FROM)
    return is_there and "says guides" not in counted and any(f"says {name}" in counted for name in _NEEDED[role])


def features(text: str, place: Place, language: Language) -> dict[str, float]:
    """What the weights are of, by name, each about 0 to 1."""
    says = _says(text, language)
    is_own, is_end = "own" in says, place.kind in _ENDS
    found = dict.fromkeys((f"in {place.kind}", *(f"says {name}" for name in says)), 1.0)
    for end, is_there in (("at an end", is_end), ("own", is_own), ("elsewhere, not own", not (is_end or is_own))):
        found |= {f"{name}, {end}": 1.0 for name in says & _PLACED if is_there}
    if is_end and place.position < FROM:
        found |= {f"{name}, early": 1.0 for name in ("end", *(says & _PLACED))}
    if place.kind == "limits":
        found |= {f"{name}, in limits": 1.0 for name in says & _IN_LIMITS}
    found |= _form(text, says, place, language)
    found |= {"intercept": 1.0, "position": place.position, "through": place.through}
    found["through an end"] = place.through * is_end
    return found


def _form(text: str, says: frozenset[str], place: Place, language: Language) -> dict[str, float]:
    """How the sentence is built: "X is a …", "X:", with a formula, with a citation."""
    match = (_IS_A if language == "en" else _IS_A_ZH).match(text)
    points_back = bool(_NO_NAME.match(text))
    is_of = language == "zh" and match is not None and "的" in match["x"]  # "VPN的一个应用" is no VPN
    is_a, has_name = bool(match) and not points_back and not is_of, bool(_NAME.match(text)) and not points_back
    size = len(text.split()) if language == "en" else len(text) / 2
    has_formula, cites = bool(_FORMULA.search(text)), bool(_CITES.search(text))
    facts = {
        "cites": cites, "formula": has_formula, "symbol": _SYMBOL.match(text), "two sentences": place.is_pair,
        "begins with a colon": _COLON.match(text), "points back": points_back, "named": has_name, "is a": is_a,
        "is a kind": is_a and "kind" in says, "is a, named": is_a and has_name,
        "is a kind, named": is_a and has_name and "kind" in says, "is a, praised": is_a and "praises" in says,
        "is a, for a reason": is_a and "gives a reason" in says,
        "is a, counted": is_a and "counts" in says, "is a, formula": is_a and has_formula,
        "is a, cites": is_a and cites, "is a, two sentences": is_a and place.is_pair,
        "called at the beginning": "is called" in says and not points_back and _CALLED.match(text),
        "call, formula": "is called" in says and has_formula, "short": size < 15, "long": size > 45,
        "nothing of a limit": not says & _LIMITING, "nothing open": not says & _OPENING,
    }
    found = {name: 1.0 for name, is_so in facts.items() if is_so}
    found["defines the subject"] = defines(text, place.subject) if place.subject else 0.0
    found["defines what it begins with"] = defines(text, match["x"].strip()) if match and is_a else 0.0
    return found


_LIMITING = frozenset(("names a limit", "our own could not", "cannot", "may harm", "wants more", "assumes"))
_NEEDED: dict[Told, frozenset[str]] = {
    "limitation": frozenset(("names a limit", "our own could not", "cannot", "may harm", "wants more", "assumes",
                             "only")),
    "open": frozenset(("leaves open", "is not known", "wants more"))}
_OPENING = frozenset(("leaves open", "is not known", "wants more"))
_PLACED = frozenset((*_LIMITING, *_OPENING))
_IN_LIMITS = frozenset(("leaves open", "only", "future", "guides", "own"))


def _says(text: str, language: Language) -> frozenset[str]:
    """The names of the lists of data/words/said.txt of which the sentence holds a phrase: whole words in English."""
    if language == "zh":
        return frozenset(name for name, listed in _lists("zh") if any(phrase in text for phrase in listed))
    words = f" {' '.join(_WORD.findall(_CONTRACTED.sub(' not', text.lower())))} "
    return frozenset(name for name, listed in _lists("en") if any(phrase in words for phrase in listed))


@cache
def _lists(language: Language) -> list[tuple[str, list[str]]]:
    """(name, phrases of this language). English ones with a space before and behind."""
    names = [name.removeprefix("says ") for name in sections("said") if name.startswith("says ")]
    named = [(name, phrases("said", f"says {name}")) for name in names]
    named += [("own", phrases("parts", "says own")), ("no limit", phrases("parts", "no limit")),
              ("announces", phrases("parts", "announces"))]
    return [(name, [phrase if language == "zh" else f" {phrase.lower()} " for phrase in listed
                    if guess_language(phrase) == language]) for name, listed in named]


@cache
def weights_of() -> Mapping[Told, Mapping[str, float]]:
    """The weights of each role, by the names of `features`."""
    saved = tomllib.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {role: saved[role] for role in TOLD}
