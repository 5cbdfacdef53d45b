"""Formulas of MathML as one line of TeX-like text: `1/2`, `x^2`, `∑_{i=1}^n x_i`.

Reads: a <math> element.  Gives: its TeX source where the page has it, else what the presentation elements show.
"""

from __future__ import annotations

import re
from typing import Any

_SPACED = frozenset("=≠≈≡≤≥<>≪≫∼≃≅∝+−-±∓×÷⋅·∘∗⊕⊗∈∉∋⊂⊆⊃⊇∪∩∧∨→←↔⇒⇐⇔↦:|∣∥≔≜⊥∖")
_PREFIX = frozenset("+−-±∓¬∇∂#")
_OPEN, _CLOSE = frozenset("([{⟨⌊⌈"), frozenset(")]}⟩⌋⌉,;.!′″%")
_LIMITS = frozenset("∑∏∐∫∬∭∮⋃⋂⋀⋁⨁⨂") | {"lim", "max", "min", "sup", "inf", "argmax", "argmin", "arg max", "arg min"}
_OVER = {"^": "hat", "ˆ": "hat", "¯": "bar", "‾": "bar", "―": "bar", "_": "bar", "→": "vec", "\u20d7": "vec",
         "~": "tilde", "˜": "tilde", "∼": "tilde", ".": "dot", "˙": "dot", "..": "ddot", "¨": "ddot", "ˇ": "check",
         "˘": "breve", "⏞": "overbrace"}
_INVISIBLE = str.maketrans({"\u2063": ",", "\u2061": "", "\u2062": "", "\u2064": " ", "−": "-"})
_UNDER = {"_": "underline", "¯": "underline", "⏟": "underbrace"}
_DEEPEST = 60


def formula(math: Any) -> str:
    """The TeX source that the page gives for a <math> element, or the element in one line."""
    for annotation in math.iter("{*}annotation"):
        if annotation.get("encoding") in ("application/x-tex", "TeX", "LaTeX", "text/x-tex"):
            return (annotation.text or "").strip()
    return (math.get("alttext") or "").strip() or linear(math)


def linear(element: Any, depth: int = 0) -> str:
    """What a presentation element shows, in one line. Below 60 levels only its words."""
    name = _name(element)
    children = [child for child in element if isinstance(child.tag, str) and not _name(child).startswith("annotation")]
    if depth > _DEEPEST:
        return " ".join("".join(element.itertext()).split())
    if name in ("mi", "mn", "mo", "ms", "mtext") or not children:
        return _token(element)
    parts = [linear(child, depth + 1) for child in children]
    if name in _LAID_OUT and len(parts) == _LAID_OUT[name][0]:
        return str(_LAID_OUT[name][1](element, *parts))
    if name == "msqrt":
        return f"\\sqrt{{{_row(children, parts)}}}"
    if name == "mtable":
        return "; ".join(parts)
    if name in ("mtr", "mlabeledtr"):
        return ", ".join(parts)
    if name == "mfenced":
        signs = (element.get("separators") or ",").strip() or ","
        return f"{element.get('open', '(')}{(signs[0] + ' ').join(parts)}{element.get('close', ')')}"
    if name == "mmultiscripts":
        return _multiscripts(children, parts)
    if name == "mphantom":
        return ""
    return parts[0] if name in ("semantics", "maction") else _row(children, parts)


def _name(element: Any) -> str:
    return re.split("[:}]", element.tag)[-1].lower()


def _token(element: Any) -> str:
    if _name(element) == "mspace":
        return " "
    text = " ".join("".join(element.itertext()).split())
    return text.translate(_INVISIBLE)


def _row(children: list[Any], parts: list[str]) -> str:
    """Neighbours side by side: spaces around relations and operators, between numbers and between words."""
    row = ""
    for child, part in zip(children, parts, strict=True):
        last = row.rstrip()[-1:]
        is_operator = _name(child) == "mo" and part in _SPACED
        if not part:
            continue
        if is_operator and part in _PREFIX and (not last or last in _SPACED or last in _OPEN or last in ",;"):
            row += part  # a sign
        elif is_operator and len(parts) > 2 and part not in "|∣∥":
            row = f"{row.rstrip()} {part} "
        elif _touch(row, part, _name(child)):
            row = f"{row} {part}"
        elif re.fullmatch(r"\d{3}", part) and re.search(r"\d, $", row):
            row = row[:-1] + part  # 1,000
        else:
            row += part
        if part in (",", ";") or _name(child) in ("munder", "munderover") and part[0] in _LIMITS:
            row += " "
    return re.sub(r" {2,}", " ", row).strip()


def _touch(row: str, part: str, name: str) -> bool:
    """Whether what follows would run together with what stands there: two numbers, a word and a letter, a fraction."""
    if not row or row[-1].isspace() or not part[0].isalnum() or not (row[-1].isalnum() or row[-1] == "}"):
        return False
    word = re.search(r"[^\W\d_]{2,}$", row)
    return row[-1].isdigit() and part[0].isdigit() or name == "mfrac" or "/" in row[-8:] or bool(word) or (
        bool(re.match(r"[^\W\d_]{2,}", part)))


def _is_one(part: str) -> bool:
    return bool(re.fullmatch(r"[\w.]+|\\?[a-z]*\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]|.", part))


def _in_brackets(part: str) -> str:
    return part if _is_one(part) else f"({part})"


def _script(mark: str, part: str) -> str:
    return "" if not part else f"{mark}{part}" if len(part) == 1 else f"{mark}{{{part}}}"


def _fraction(element: Any, above: str, below: str) -> str:
    if re.fullmatch(r"0(\.0*)?\s*[a-z%]*", (element.get("linethickness") or "1").strip()):
        return f"\\binom{{{above}}}{{{below}}}"
    return f"{_in_brackets(above)}/{_in_brackets(below)}"


def _subsup(element: Any, base: str, below: str, above: str) -> str:
    return _in_brackets(base) + _script("_", below) + ("′" * len(above) if set(above) == {"′"} else _script("^", above))


def _under(element: Any, base: str, below: str) -> str:
    if below in _UNDER:
        return f"\\{_UNDER[below]}{{{base}}}"
    return base + _script("_", below) if base in _LIMITS or len(base) > 1 else f"\\underset{{{below}}}{{{base}}}"


def _over(element: Any, base: str, above: str) -> str:
    if above in _OVER:
        return f"\\{_OVER[above]}{{{base}}}"
    return base + _script("^", above) if base in _LIMITS else f"\\overset{{{above}}}{{{base}}}"


def _multiscripts(children: list[Any], parts: list[str]) -> str:
    names = [_name(child) for child in children]
    at = names.index("mprescripts") if "mprescripts" in names else len(parts)

    def scripts(found: list[str]) -> str:
        return "".join(_script("_", below) + _script("^", above)
                       for below, above in zip(found[::2], found[1::2], strict=False))

    return scripts(parts[at + 1:]) + parts[0] + scripts(parts[1:at])


_LAID_OUT: dict[str, tuple[int, Any]] = {
    "mfrac": (2, _fraction), "mroot": (2, lambda _, base, root: f"\\sqrt[{root}]{{{base}}}"),
    "msub": (2, lambda element, base, below: _subsup(element, base, below, "")),
    "msup": (2, lambda element, base, above: _subsup(element, base, "", above)), "msubsup": (3, _subsup),
    "munder": (2, _under), "mover": (2, _over),
    "munderover": (3, lambda _, base, below, above: base + _script("_", below) + _script("^", above)),
}
