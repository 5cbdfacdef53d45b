"""The labs' formulas, from the TeX in which they are written to MathML, which a browser sets without a script.

Reads: the part of TeX that the labs use.  Gives: one <math> element; what is not known stands there as it is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_]|[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)
_TEXT = re.compile(r"\\(?:text|mathrm|mathit|operatorname)\s*\{([^{}]*)\}")
_SIGNS = {
    "alpha": "α", "beta": "β", "epsilon": "ϵ", "theta": "θ", "lambda": "λ", "sigma": "σ", "ell": "ℓ",
    "top": "⊤", "cdot": "·", "times": "×", "to": "→", "mapsto": "↦", "sim": "∼", "propto": "∝", "in": "∈", "mid": "|",
    "cap": "∩", "cup": "∪", "sum": "∑", "max": "max", "min": "min", "log": "log", "arg": "arg", "exp": "exp",
    "dots": "…", "ldots": "…", "backslash": "∖", "leq": "≤", "geq": "≥", "approx": "≈", "infty": "∞", "|": "‖",
    "{": "{", "}": "}", "%": "%", "quad": "\u2003", ",": "\u2009", ";": "\u2005", " ": " ", "langle": "⟨",
    "rangle": "⟩", "odot": "⊙", "pm": "±"
}
_SETS = {"mathcal": {"L": "ℒ", "M": "ℳ", "N": "𝒩"}, "mathbb": {"E": "𝔼", "R": "ℝ"}}
_SPACES = ("quad", ",", ";", " ")
_FUNCTIONS = ("max", "min", "log", "arg", "exp")
_OVER = {"hat": "^", "bar": "¯", "tilde": "~"}
_SIZES = ("left", "right", "big", "Big", "bigg", "Bigg", "displaystyle")


def mathml(tex: str) -> str:
    """A <math> element of the formula, which holds its TeX as well."""
    words: list[str] = []

    def kept(found: re.Match[str]) -> str:
        words.append(found[1])
        return f"\\words{{{len(words) - 1}}}"

    tokens = [token for token in _TOKEN.findall(_TEXT.sub(kept, tex)) if not token.isspace()]
    body = "".join(_Formula(tokens, words).row(""))
    return (f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><semantics><mrow>{body}</mrow>'
            f'<annotation encoding="application/x-tex">{html.escape(tex)}</annotation></semantics></math>')


class _Formula:
    """Tokens, read once from the left."""

    def __init__(self, tokens: list[str], words: list[str]) -> None:
        self._tokens, self._words, self._at = tokens, words, 0

    def row(self, end: str) -> Iterator[str]:
        """Each element with its scripts, up to the token `end`, which is taken too."""
        while self._at < len(self._tokens):
            if self._tokens[self._at] == end:
                self._at += 1
                return
            yield self._scripted()

    def _next(self) -> str:
        token = self._tokens[self._at] if self._at < len(self._tokens) else ""
        self._at += 1
        return token

    def _scripted(self) -> str:
        name = self._tokens[self._at]
        base = self._one() if name not in "^_" else "<mrow></mrow>"
        scripts: dict[str, str] = {}
        while self._at < len(self._tokens) and self._tokens[self._at] in ("^", "_"):
            sign = self._next()
            scripts[sign] = self._one()
        below, above = scripts.get("_"), scripts.get("^")
        under, over = ("under", "over") if name in (r"\sum", r"\max", r"\min") else ("sub", "sup")
        if below and above:
            return f"<m{under}{over}>{base}{below}{above}</m{under}{over}>"
        if below or above:
            kind = under if below else over
            return f"<m{kind}>{base}{below or above}</m{kind}>"
        return base

    def _one(self) -> str:
        """One element: a group, a command with its arguments, a letter, a number, a sign."""
        token = self._next()
        if token == "{":
            return f"<mrow>{''.join(self.row('}'))}</mrow>"
        if token.startswith("\\"):
            return self._command(token[1:])
        if token.isdecimal() or re.fullmatch(r"\d+\.\d+", token):
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        return f"<mo>{html.escape('−' if token == '-' else '′' if token == chr(39) else token)}</mo>"

    def _command(self, name: str) -> str:
        if name == "words":
            return f"<mtext>{html.escape(self._words[int(re.sub(r'[^0-9]', '', self._one()) or 0)])}</mtext>"
        if name in ("frac", "tfrac", "dfrac"):
            return f"<mfrac>{self._one()}{self._one()}</mfrac>"
        if name == "sqrt":
            return f"<msqrt>{self._one()}</msqrt>"
        if name in _OVER:
            return f'<mover accent="true">{self._one()}<mo stretchy="false">{_OVER[name]}</mo></mover>'
        if name in _SETS:
            letter = re.sub(r"<[^>]*>", "", self._one())
            return f"<mi>{''.join(_SETS[name].get(each, each) for each in letter)}</mi>"
        if name in _SIZES:
            return self._one() if name in ("left", "right") and self._tokens[self._at:self._at + 1] != ["."] else ""
        sign = html.escape(_SIGNS.get(name, f"\\{name}"))
        if name in _SPACES:
            return f"<mtext>{sign}</mtext>"
        return f"<mi>{sign}</mi>" if name in _FUNCTIONS or sign.isalpha() and len(sign) == 1 else f"<mo>{sign}</mo>"
