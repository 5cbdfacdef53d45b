"""Text as TeX prints it: every character a typeface of TeX has, formulas and emphasis as the sources mean them, nothing
that could be a command of anybody's.

A formula between dollar signs is set as one where texmath.py can read all of it; else its signs stand as they are.
"""

from __future__ import annotations

import re
import unicodedata

from kb.survey.render.texmath import is_maths
from kb.text import CJK

_NOTHING = "\x00"  # stands between two signs that TeX would make one of
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "`": r"\textasciigrave{}", '"': r"\textquotedbl{}", "[": "{[}", "]": "{]}", "“": "``",
    "”": "''", "‘": "`", "’": "'", "–": "--", "—": "---", "…": r"\ldots{}", "\u00a0": "~", "\u00ad": r"\-",
    "•": r"\textbullet{}", "†": r"\dag{}", "‡": r"\ddag{}", "€": r"\texteuro{}", "™": r"\texttrademark{}",
    "‰": r"\textperthousand{}", "ı": r"\i{}", "‐": "-", "‑": "-", "‒": "--", "―": "---", "\u2044": "/", "″": "''",
    "‹": r"\guilsinglleft{}", "›": r"\guilsinglright{}", "„": r"\quotedblbase{}", "‚": r"\quotesinglbase{}",
    _NOTHING: "{}", "\t": " ", "\n": " ", "\r": " ", "\u2028": " ", "\u2029": " "
}
# What typefaces of text lack: written as mathematics.
_MATHS = {
    "′": "'", "−": "-", **{sign: f"\\{name}" for sign, name in (pair.split(":") for pair in (
        "×:times ≤:leq ≥:geq ≈:approx ±:pm ∓:mp →:rightarrow ∈:in ∉:notin ∋:ni ∞:infty √:surd ·:cdot ⋅:cdot ∑:sum "
        "≠:neq ∼:sim ℓ:ell ←:leftarrow ↔:leftrightarrow ⇒:Rightarrow ⇐:Leftarrow ⇔:Leftrightarrow ⟶:longrightarrow "
        "↦:mapsto ↑:uparrow ↓:downarrow ∀:forall ∃:exists ∂:partial ∇:nabla ∪:cup ∩:cap ⊂:subset ⊆:subseteq ⊃:supset "
        "⊇:supseteq ∥:parallel ‖:Vert ⊙:odot ⊕:oplus ⊗:otimes ≡:equiv ≪:ll ≫:gg ∝:propto ∏:prod ∫:int ⟨:langle "
        "⟩:rangle ∘:circ ÷:div ¬:neg ∧:wedge ∨:vee ∅:emptyset ∠:angle ⌊:lfloor ⌋:rfloor ⌈:lceil ⌉:rceil ⊤:top ⊥:bot "
        "∗:ast ⋆:star ⋯:cdots ⋮:vdots ≃:simeq ≅:cong ≺:prec ≻:succ ∖:setminus ∆:Delta ϵ:epsilon ϕ:phi ϑ:vartheta "
        "ϱ:varrho ℏ:hbar ħ:hbar ✓:checkmark ✔:checkmark ✗:times ✘:times ★:bigstar ☆:star □:square ■:blacksquare "
        "◦:circ ○:circ ●:bullet ▲:blacktriangle △:triangle ◆:blacklozenge ◇:lozenge ♯:sharp ♭:flat ≲:lesssim ≳:gtrsim "
        "≜:triangleq ∴:therefore ∵:because ⊢:vdash ⊨:models ∎:blacksquare ∣:mid").split())},
    **dict(zip("αβγδεζηθικλμνξπρςστυφχψω", (
        rf"\{name}" for name in "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
                                "varsigma sigma tau upsilon phi chi psi omega".split()), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΦΨΩ", (rf"\{name}" for name in "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split()),
               strict=True)),
    "µ": r"\mu", "ο": "o", **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))
}
_ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
            "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c", "\u0328": "k",
            "\u0331": "b"}
_RAISED = {"<super>": r"\textsuperscript", "<sub>": r"\textsubscript", "<circle>": r"\textcircled"}
_HAN = re.compile(f"[{CJK}\u3000-\u303f\u30a0-\u30ff\u3040-\u309f\uff00-\uffef]")
_FAR_HAN = 0x20000  # no typeface that comes with TeX has the characters behind this
_LATIN = re.compile("[\u0020-\u007e\u00a1-\u017f]")
_DOLLARS = re.compile(r"(?<![\\$])\$(?=[^\s$])([^$\n]{1,300}?)(?<=[^\s\\])\$(?![\d$])")
_STYLED = re.compile(r"\\(emph|textit|textbf|texttt|textsc|underline|textsuperscript|textsubscript|mbox)"
                     r"\{([^{}\\$]{0,500})\}")
_GREEK_WORD = re.compile("([\u0370-\u03ff\u1f00-\u1fff]{3,})")
_LIGATURES = re.compile(r"-(?=-)|,(?=,)|'(?=')|[?!](?=`)")


def escape(text: str) -> str:
    """Text that TeX prints as it is; formulas and emphasised words as such."""
    text = unicodedata.normalize("NFC", text)
    made, at = "", 0
    for found in sorted([*_DOLLARS.finditer(text), *_STYLED.finditer(text)], key=lambda m: m.start()):
        if found.start() < at:
            continue
        if found.re is _STYLED:
            inner = f"\\{found[1]}{{{_plain(found[2])}}}"
        elif is_maths(found[1]):
            inner = f"${found[1]}$"
        else:
            continue
        made += _plain(text[at:found.start()]) + inner
        at = found.end()
    return made + _plain(text[at:])


def has_han(text: str) -> bool:
    """Whether Chinese or Japanese typefaces are needed."""
    return bool(_HAN.search(text))


def has_rare_han(text: str) -> bool:
    """Whether a text has characters that are not in GB 2312: traditional ones, rare ones in names."""
    han = "".join(_HAN.findall(text))
    return len(han.encode("gb2312", "ignore")) < 2 * len(han)


def has_other_script(made: str) -> bool:
    """Whether text that went through `escape` has letters of a script that needs a typeface of the system."""
    return r"\otherscript{" in made


def named(text: str) -> list[str]:
    """The characters of a text that no typeface of TeX has, which are written as their names."""
    return sorted({c for c in unicodedata.normalize("NFC", text) if _character(c).startswith("{[}") and c != "["})


def for_bookmark(text: str) -> str:
    """Text of a heading for a PDF's bookmarks: letters and figures alone."""
    text = _STYLED.sub(r"\2", unicodedata.normalize("NFC", text))
    kept = "".join(c if _LATIN.match(c) and c not in _SPECIAL or _HAN.match(c) else " " for c in text)
    return " ".join(kept.split())


def _plain(text: str) -> str:
    """Text without formulas. A word in Greek is no row of symbols."""
    parts = _GREEK_WORD.split(text)
    return "".join(_run(part) if i % 2 else _signs(part) for i, part in enumerate(parts))


def _signs(text: str) -> str:
    text = _LIGATURES.sub(rf"\g<0>{_NOTHING}", text.replace(_NOTHING, ""))
    made, others = "", ""
    i = 0
    while i < len(text):
        c, i = text[i], i + 1
        if _is_other(c):
            others += c
            continue
        if others and c == " " and i < len(text) and _is_other(text[i]):
            others += c
            continue
        made, others = made + _run(others), ""
        one = _character(c)
        while i < len(text) and text[i] in _ACCENTS:
            one, i = f"\\{_ACCENTS[text[i]]}{{{one}}}", i + 1
        made += one
    return made + _run(others)


def _is_latin(c: str) -> bool:
    return unicodedata.name(c, "").startswith("LATIN")


def _run(others: str) -> str:
    return f"\\otherscript{{{others}}}" if others else ""


def _is_other(c: str) -> bool:
    """A letter of a script that TeX has no typeface for: Cyrillic, Hangul, Arabic."""
    return ord(c) > 0x17f and unicodedata.category(c)[0] in "LM" and _character(c) == c and not _HAN.match(c)


def _character(c: str) -> str:
    """One character in TeX; a letter of another script, and a mark on one, as it is."""
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c in _MATHS:
        return f"\\ensuremath{{{_MATHS[c]}}}"
    if ord(c) < 0x20 or unicodedata.category(c) in ("Cc", "Cf"):
        return ""
    if unicodedata.category(c) == "Zs":
        return " "
    if ord(c) < 0x100 or _HAN.match(c) and ord(c) < _FAR_HAN:
        return c
    tag, _, parts = unicodedata.decomposition(c).rpartition("> ")
    folded = "".join(chr(int(code, 16)) for code in parts.split())
    if folded and not tag and len(folded) == 2 and folded[1] in _ACCENTS and _is_latin(folded[0]):
        return f"\\{_ACCENTS[folded[1]]}{{{_character(folded[0])}}}"
    if folded and tag:
        inner = "".join(map(_character, folded))
        return f"{_RAISED[tag + '>']}{{{inner}}}" if tag + ">" in _RAISED else inner
    if unicodedata.category(c)[0] in "LM" and ord(c) < _FAR_HAN:
        return c
    name = unicodedata.name(c, f"U+{ord(c):04X}")
    return "{[}" + (name if name.startswith("U+") else name.lower()) + "{]}"
