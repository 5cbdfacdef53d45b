"""The sides of a comparison and what they are compared in: "how do DPR and ColBERT differ in index size".

Reads: a question.  Gives: Sides, two to four names and the aspect ("" for everything); None for a question that does
not compare what it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.answer.claims import names_in
from kb.study.grammar import asked_in, has_han
from kb.words import table

MOST_SIDES = 4
_AND_EN = r"(?:\s+(?:and|with|to|or|versus|vs\.?)\s+|\s*,\s*(?:and\s+|or\s+)?)"
_AND_ZH = "(?:和|与|跟|同|及|以及|、|，|还是|或)"
_S = r"(?P<sides>[^?？]{3,200}?)"
_ONE, _OTHER = r"(?P<one>[^?？,，]{1,80}?)", r"(?P<other>[^?？,，]{1,80}?)"
_IN = (r"(?:\s*,?\s*(?:in terms of|with respect to|with regard to|when it comes to|as to|in|on|by|for)\s+"
       r"(?:their\s+|the\s+)?(?P<aspect>[^?？]{2,60}?))?")
# The aspect said of both: "the backbone of A and that of B"
_TWICE = (rf"the\s+(?P<aspect>[^?,]{{2,40}}?)\s+(?:of|in|used\s+in|used\s+by)\s+{_ONE}\s+(?:and|with|to)\s+"
          rf"(?:the\s+(?P=aspect)|that|those|the\s+one)\s+(?:of|in|used\s+in|used\s+by)\s+{_OTHER}")
_EN = tuple(re.compile(rf"^{form}\s*[?？.]?$", re.IGNORECASE) for form in (
    rf"how\s+(?:do|does|did)\s+the\s+(?P<aspect>[^?]{{2,50}}?)\s+of\s+{_ONE}\s+"
    rf"(?:differ\s+from|compare\s+(?:with|to))\s+that\s+of\s+{_OTHER}",
    rf"(?:what(?:\s+is|'s|\s+are)\s+)?(?:the\s+(?:main\s+|key\s+)?)?differences?\s+between\s+{_TWICE}",
    rf"(?:compare|contrast)\s+{_TWICE}",
    rf"how\s+(?:do|does|did)\s+{_TWICE}\s+(?:differ|compare)",
    rf"{_ONE}\s+(?:vs\.?|versus|and)\s+{_OTHER}\s*[,:：]\s*how\s+do\s+they\s+(?:differ|compare){_IN}",
    rf"how\s+(?:do|does|did)\s+{_S}\s+(?:differ|compare)(?:\s+(?:to|with)\s+each\s+other)?{_IN}",
    rf"how\s+(?:do|does|did|is|are)\s+{_ONE}\s+(?:differ(?:ent)?\s+from|compared?\s+(?:with|to))\s+{_OTHER}{_IN}",
    rf"(?:what(?:\s+is|'s|\s+are)\s+)?the\s+(?:main\s+|key\s+)?(?:differences?|distinctions?)\s+between\s+{_S}{_IN}",
    rf"differences?\s+between\s+{_S}{_IN}",
    rf"(?:compare|contrast)\s+the\s+(?P<aspect>[^?]{{2,50}}?)\s+of\s+{_S}",
    rf"(?:compare|contrast|compare\s+and\s+contrast)\s+{_S}{_IN}",
    rf"what\s+(?:do|does)\s+{_S}\s+have\s+in\s+common",
    rf"what\s+distinguishes\s+{_ONE}\s+from\s+{_OTHER}",
    rf"(?:which|what|who)\s+(?:one\s+)?(?:is|are|has|have|needs?|uses?|takes?|gets?|runs?|trains?)\s+"
    rf"(?:the\s+)?(?P<aspect>[^?,:]{{2,60}}?)\s*[,:]\s*{_S}",
    rf"(?:is|are)\s+{_ONE}\s+(?P<aspect>better|worse|\w+er|(?:more|less)\s+\w+)\s+than\s+{_OTHER}",
    rf"(?:do|does)\s+{_S}\s+(?:use|have|share|need)\s+the\s+same\s+(?P<aspect>[^?]{{2,50}}?)",
    rf"{_ONE}\s+(?:vs\.?|versus)\s+{_OTHER}{_IN}",
))
# What each of them does: "how do A, B and C represent a sentence".
_SS = r"(?P<sides>[^?]{2,160}?\s+(?:and|or)\s+[^\s?,]+)"
_DO_EN = tuple(re.compile(rf"^{form}\s*[?？.]?$", re.IGNORECASE) for form in (
    rf"(?P<asks>how|why|where|when)\s+(?P<do>do|did)\s+{_SS}\s+(?P<does>[a-z]+\s[^?]{{3,80}})",
    rf"(?P<asks>(?:what|which)(?:\s+[^?,]{{2,40}}?)?)\s+(?P<do>do|did)\s+{_SS}\s+"
    r"(?P<does>[a-z]+(?:\s+[^?]{2,60})?)"))
_ZH_S, _ZH_ONE, _ZH_OTHER = r"(?P<sides>[^?？]{2,160}?)", r"(?P<one>[^?？，]{1,60}?)", r"(?P<other>[^?？，]{1,60}?)"
_DIFFER = (r"(?:有何|有什么|有哪些?|有|的)?(?:[一二两三四五六七八九十几]个)?(?:主要|本质|根本)?的?"
           r"(?:区别|不同|差异|差别|异同|不同点|不同之处|对比|比较)(?:在哪里?|是什么|有哪些|如何|吗)?")
_ZH = tuple(re.compile(rf"^{form}\s*[?？。]?$", re.IGNORECASE) for form in (
    rf"(?:比较|对比)?(?:一下)?{_ZH_ONE}(?:使用)?的(?P<aspect>[^?？，的]{{2,20}}?)(?:和|与|跟|同){_ZH_OTHER}(?:使用)?的(?P=aspect)"
    rf"(?:之间)?(?:{_DIFFER})?",
    rf"(?:从|就|在)(?P<aspect>[^?？，]{{2,20}}?)(?:上|方面|来看|来说|而言|看|角度看)[，,]\s*"
    rf"{_ZH_S}(?:之间|相比)?{_DIFFER}",
    rf"{_ZH_S}(?:之间)?在(?P<aspect>[^?？，]{{2,20}}?)(?:上|方面|中)"
    rf"(?:谁更\w{{1,4}}|谁\w{{1,3}}|哪个更?\w{{1,4}}|{_DIFFER})",
    rf"(?:比较|对比|比一比|对照)(?:一下|下)?{_ZH_S}的(?P<aspect>[^?？，的]{{2,20}}?)",
    rf"(?:比较|对比|比一比|对照)(?:一下|下)?{_ZH_S}",
    rf"{_ZH_S}的(?P<aspect>[^?？，的]{{2,20}}?)"
    rf"(?:对比|比较|{_DIFFER}|分别是多少|各是多少|分别是什么|一样吗|相同吗)",
    rf"{_ZH_S}(?:之间)?{_DIFFER}",
    rf"{_ZH_ONE}(?:比|相比|相较于?|较)(?:起)?{_ZH_OTHER}(?:有什么|有何|强|好|快|差|的)"
    r"(?P<aspect>优势|劣势|优点|缺点)?(?:在哪里?|是什么)?",
    rf"{_ZH_S}(?:哪个|哪一个|谁)(?:更|比较)?(?P<aspect>[^?？，]{{1,8}}?)",
    rf"{_ZH_S}(?:有什么|有何|的)(?:共同点|相同点|共同之处)",
))
_DO_ZH = re.compile(r"^(?P<sides>[^?？]{2,100}?)(?:分别|各自)(?P<does>[^?？]{2,40})[?？]?$")
_BE_GOOD = re.compile(r"^(?:better|worse|best|good|performance|好|强|优|更好|一些?|优势|劣势|优点|缺点|性能|效果)$",
                      re.IGNORECASE)
_MORE = re.compile(r"^(?:more|fewer|less|most|the\s+most|higher|lower|larger|smaller|greater|longer|shorter)\s+|"
                   r"更?(?:多|大|少|小|高|低|长|短)$", re.IGNORECASE)
_CUT = re.compile(r"^(?:the|both)\s+|\s+(?:models?|papers?|methods?)$|^(?:论文|模型|方法)|"
                  r"(?:这)?(?:两|三|几)?(?:者|个模型|种方法|篇论文)$|之间$|(?:各自|分别|所)?(?:使用|采用|用到|用|提出)了?$",
                  re.IGNORECASE)
_QUOTED = re.compile("[\ue000-\ue0ff]")


@dataclass(frozen=True, slots=True)
class Sides:
    """names: two to four, as the question calls them; aspect: what is compared of them, "" for everything, or a
    question for each of them with "{name}" in it."""

    names: tuple[str, ...]
    aspect: str = ""


def sides_of(question: str) -> Sides | None:
    """The sides and the aspect; None where nothing that is named is compared."""
    language = "zh" if has_han(question) else "en"
    asked = asked_in(question, "zh" if language == "zh" else "en")
    for form in _ZH if language == "zh" else _EN:
        found = form.match(asked.text)
        if found is None:
            continue
        groups = found.groupdict()
        parts = [groups["one"], groups["other"]] if groups.get("one") else list(_split(groups["sides"], language))
        names = tuple(asked.restored(_bare(part)).strip("《》“”\"") for part in parts)
        if 2 <= len(names) <= MOST_SIDES and all(names) and _are_named(question, names):
            return Sides(names, _aspect(asked.restored(groups.get("aspect") or "")))
    return None


def each_does(question: str) -> Sides | None:
    """The sides of a question for what each of several works does; None for another question."""
    language = "zh" if has_han(question) else "en"
    asked = asked_in(question, "zh" if language == "zh" else "en")
    for form in (_DO_ZH,) if language == "zh" else _DO_EN:
        found = form.match(asked.text)
        if found is None:
            continue
        parts = [_bare(part) for part in _split(found["sides"], language)]
        names = tuple(asked.restored(part).strip("《》“”\"") for part in parts)
        written = names_in(question)
        if 2 <= len(names) <= MOST_SIDES and all(name in written or _QUOTED.search(part) for name, part in
                                                 zip(names, parts, strict=True)):
            if language == "zh":
                return Sides(names, "{name}" + asked.restored(found["does"]) + "？")
            do = "does" if found["do"].lower() == "do" else "did"
            return Sides(names, f"{found['asks']} {do} {{name}} {asked.restored(found['does'])}?")
    return None


def _split(text: str, language: str) -> Iterator[str]:
    between = _AND_ZH if language == "zh" else _AND_EN
    yield from (part for part in re.split(between, text, flags=re.IGNORECASE) if part.strip())


def _bare(text: str) -> str:
    return _CUT.sub("", text.strip(" ,，的")).strip(" ,，的")


def _are_named(question: str, names: tuple[str, ...]) -> bool:
    """Whether one side at least is written as a name: else things are compared, which sentences do."""
    written = names_in(question)
    return any(name in written or any(part in written for part in name.split()) for name in names)


def _aspect(text: str) -> str:
    text = text.strip(" ,，的")
    bare = _MORE.sub("", text)
    degrees = table("comparisons", "degrees")
    return "" if _BE_GOOD.match(text) else degrees.get(text.lower(), degrees.get(bare.lower(), bare))
