"""What a sentence of an abstract tells besides what was done: a limit of its work, something open, or the problem that
the work sets out from. An abstract has no headings that say it: its words do, and whether it has spoken of itself.

Reads: a sentence and where it stands.  Gives: what it names, where that is sure.  Next: sentences.py.

The weights are data/abstract_weights.toml, fitted by tools/fit_abstracts.py, which prints how often they are right on
abstracts that they were not fitted on; kb/survey/README.md has the figures.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from kb.answer.support import logistic
from kb.survey.roles import Place
from kb.text import guess_language
from kb.types import Language
from kb.words import phrases, sections

Named = Literal["limitation", "open", "gap"]
NAMED: tuple[Named, ...] = ("limitation", "open", "gap")
# From which chance on a sentence is told to be one. Chosen on the abstracts of tools/abstracts.tsv of part "fit" by
# tools/fit_abstracts.py, each told by weights that were fitted on the others.
SURE: dict[Named, float] = {"limitation": 0.85, "open": 0.8, "gap": 0.85}
EITHER = 0.85  # that it is a limit or open, whichever

WEIGHTS = Path(__file__).resolve().parent.parent / "data" / "abstract_weights.toml"
_PARTS = ("says problem", "says aim", "says own", "says method", "says contrast", "says result", "says limit",
          "says future", "announces", "no limit", "cites")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_CONTRACTED = re.compile("n['’]t\\b")
_TOGETHER = (
    ("what may come", "should"), ("what may come", "of the text"), ("what may come", "what a country should do"),
    ("research to come", "should"), ("open outright", "of the text"),
    ("others now", "lacks"), ("others now", "hard"), ("others now", "problem word"),
    ("part says contrast", "lacks"), ("part says contrast", "hard"), ("part says contrast", "problem word"),
    ("takes up", "hard"), ("takes up", "problem word"), ("takes up", "lacks"),
    ("own", "hard"), ("own", "lacks"), ("own", "problem word"),
    ("praises", "hard"), ("praises", "lacks"), ("praises", "problem word"), ("praises", "part says contrast"),
    ("praises", "others now"),
    ("of this work alone", "open outright"), ("of this work alone", "part says result"),
    ("of this work alone", "part says limit"))  # lists that say more together than each
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_MEASURE = re.compile(r"[PpＰ] ?[<>＜＞=]|\$|%|％")
_BOUNDED = re.compile("仅|只|未|没有|样本|系统|局限|目前的|方法|实验")
_FUTURE = re.compile("future|further|in (?:the )?future|next|未来|今后|后续|下一步|将来", re.I)
_HOWEVER = re.compile("however|but|yet|unfortunately|conversely|despite|while|although|然而|但|可是", re.I)
_LONG, _SHORT = {"en": 260, "zh": 110}, {"en": 90, "zh": 35}
_LABEL = re.compile(r"^[\[【［]?[^\]】］]{1,8}[\]】］]\s*")


def told(text: str, place: Place, language: Language) -> tuple[Named | None, bool]:
    """(what a sentence of an abstract names, whether it is sure); None where it names none of the three surely enough.

    One that names a limit or leaves something open, but not surely which, is the likelier of the two, unsure.
    """
    likely = chances(features(text, place, language), weights_of())
    best = max(NAMED, key=lambda name: likely[name] - SURE[name])
    if likely[best] >= SURE[best]:
        return best, True
    best = max(NAMED[:2], key=lambda name: likely[name])
    return (best, False) if either(likely) >= EITHER else (None, True)


def chances(counted: Mapping[str, float], weights: Mapping[Named, Mapping[str, float]]) -> dict[Named, float]:
    """How likely a sentence with these features names each."""
    return {name: logistic(sum(own.get(feature, 0.0) * value for feature, value in counted.items()))
            if may_be(name, counted) else 0.0 for name, own in weights.items()}


def either(likely: Mapping[Named, float]) -> float:
    """How likely it is that a sentence names a limit or leaves something open, whichever."""
    return 1 - (1 - likely["limitation"]) * (1 - likely["open"])


def begins_own(text: str) -> bool:
    """Whether a sentence speaks of the work itself: by its words, in Chinese also by how it begins."""
    language = guess_language(text)
    own, begins = _lists(language)["own"], _lists(language)["begins own"]
    if language == "en":
        words = _words(text)
        return any(phrase in words for phrase in own)
    bare = _LABEL.sub("", text)
    return any(phrase in text for phrase in own) or bare.startswith(tuple(begins))


def may_be(name: Named, counted: Mapping[str, float]) -> bool:
    """Whether a sentence can name this whatever its words weigh: a problem that is set out from is said without the
    work itself, its limits and what it leaves open behind what it did."""
    if name == "gap":
        return "own" not in counted and any(word in counted for word in ("lacks", "hard", "problem word", "need"))
    return "before" not in counted or "begins future" in counted or "open outright" in counted


def features(text: str, place: Place, language: Language) -> dict[str, float]:
    """What the weights are of, by name, each about 0 to 1."""
    says = _says(text, language)
    where = "behind" if place.is_behind else "before"
    bare = _LABEL.sub("", text)
    facts = {language: True, where: True, "pair": place.is_pair,
             "last": place.through == 1, "first": place.through == 0,
             "counts": len(_DIGITS.findall(text)) > 1, "measures": bool(_MEASURE.search(text)),
             "begins own": bare.startswith(tuple(_lists(language)["begins own"])) if language == "zh" else False,
             "begins bounded": bool(_BOUNDED.match(bare)), "begins however": bool(_HOWEVER.match(bare)),
             "begins future": bool(_FUTURE.match(bare)),
             "long": len(text) > _LONG[language], "short": len(text) < _SHORT[language]}
    found = {name: 1.0 for name, is_so in facts.items() if is_so}
    found |= dict.fromkeys(says, 1.0)
    found |= {f"{name}, {where}": 1.0 for name in says}
    found |= {f"{name}, {language}": 1.0 for name in says}
    found |= {f"{one} + {other}": 1.0 for one, other in _TOGETHER if {one, other} <= says}
    return found | {"intercept": 1.0, "through": place.through}


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(_CONTRACTED.sub(' not', text.lower())))} "


def _says(text: str, language: Language) -> frozenset[str]:
    """The names of the lists of which the sentence holds a phrase: whole words in English."""
    words = text if language == "zh" else _words(text)
    return frozenset(name for name, listed in _lists(language).items()
                     if name != "begins own" and any(phrase in words for phrase in listed))


@cache
def _lists(language: Language) -> dict[str, list[str]]:
    """name -> phrases of this language; English ones with a space before and behind."""
    names = [name.removeprefix("says ") for name in sections("abstracts") if name.startswith("says ")]
    named = {name: phrases("abstracts", f"says {name}") for name in names}
    named["begins own"] = phrases("abstracts", "begins own")
    named |= {f"part {name}".replace("part says own", "own"): phrases("parts", name) for name in _PARTS}
    return {name: [phrase if language == "zh" else f" {phrase.lower()} " for phrase in listed
                   if guess_language(phrase) == language] for name, listed in named.items()}


@cache
def weights_of() -> Mapping[Named, Mapping[str, float]]:
    """The weights of each, by the names of `features`."""
    saved = tomllib.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {name: saved[name] for name in NAMED}
