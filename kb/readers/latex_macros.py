"""The macros of a LaTeX source, replaced by what they stand for; branches of conditions that are false, gone.

Reads: source without comments.  Gives: source without the macros that it defines itself. Arguments, defaults, starred
forms, own environments, theorem environments, \\newif switches and \\iffalse are understood; what would need TeX itself
is left as it stands, and a source that grows without end is given up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from kb.readers.latex_commands import (
    CITATIONS,
    ENVIRONMENTS,
    HEADINGS,
    LAYOUT,
    LISTS,
    REFERENCES,
    SECOND_IS_TEXT,
    SILENT,
    TABLES,
)
from kb.readers.latex_conditions import NO_CONDITIONS, branches, decide
from kb.readers.latex_source import argument, braced, bracketed

_DEEPEST = 30
_COMMANDS = frozenset("newcommand renewcommand providecommand DeclareRobustCommand newrobustcmd renewrobustcmd".split())
_DOCUMENT_COMMANDS = frozenset(
    "NewDocumentCommand RenewDocumentCommand ProvideDocumentCommand DeclareDocumentCommand".split())
_DEFINITIONS = frozenset("def gdef edef xdef".split())
_ENVIRONMENTS = frozenset("newenvironment renewenvironment".split())
# What keeps its meaning, however a class sets it.
_OWN = frozenset("item footnote caption title author date maketitle begin end bibitem label emph textbf textit".split()
                 ) | HEADINGS.keys() | CITATIONS | REFERENCES
_TOKEN = re.compile(r"\\(?:([A-Za-z@]+)|.)", re.DOTALL)
# What needs TeX itself: a macro with these in it stands for something that is not known here.
_NEEDS_TEX = re.compile(
    r"\\(?:@ifnextchar|@ifstar|futurelet|expandafter|csname|catcode|romannumeral|write|read|setbox|afterassignment|"
    r"afterpage|IfBooleanTF|IfNoValueTF|pgf\w*|tikz\w*|hbox|vbox|ooalign|halign)\b")


_KNOWN = LAYOUT | SILENT.keys() | HEADINGS.keys() | SECOND_IS_TEXT.keys()
_KNOWN_ENVIRONMENTS = ENVIRONMENTS.keys() | TABLES.keys() | LISTS | {"abstract", "cabstract", "eabstract", "document"}
_BUILDS_PAGES = re.compile(
    r"\\begin\s*\{titlepage\}|\\(?:(?:clear(?:double)?|new)page|vfill|thispagestyle|maketitle)(?![A-Za-z])")


class Macro(NamedTuple):
    """body: with #1 … for its arguments.  parameters: of each how it is given: "" plain, "*" a star, "[" in square
    brackets, any other the text that ends it.  defaults: of those in brackets."""

    body: str
    parameters: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()


class Theorem(NamedTuple):
    """An environment that \\newtheorem declared. counter: whose numbers it shares; within: what they begin anew
    with."""

    name: str
    counter: str = ""
    within: str = ""
    is_numbered: bool = True


@dataclass
class Macros:
    """What a source has defined so far."""

    commands: dict[str, Macro] = field(default_factory=dict)
    environments: dict[str, tuple[Macro, str]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    theorems: dict[str, Theorem] = field(default_factory=dict)
    n_undecided: int = 0
    room: int = 0

    def expand(self, tex: str, depth: int = 0) -> str:
        """The source with macros replaced, from left to right; definitions in it count from where they stand."""
        if depth == 0:
            self.room = 3 * len(tex) + 20_000
        out: list[str] = []
        ends: list[tuple[str, str]] = []
        position = 0
        while self.room > 0 and (found := _TOKEN.search(tex, position)):
            out.append(tex[position:found.start()])
            name, n_before = found[1], len(out)
            position = found.end()
            if name is None:
                out.append(found.group())
            elif name in ("begin", "end"):
                position = self._environment(tex, name, position, out, ends, depth)
            elif name in self.commands and depth < _DEEPEST:
                position = self._command(tex, name, position, out, depth)
            elif (after := self._defined(tex, name, position)) is not None:
                position = after
            elif name.startswith("if") and name not in NO_CONDITIONS:
                position = self._condition(tex, name, position, out, depth)
            elif (chosen := self._chosen(tex, name, position)) is not None:
                _append(out, self.expand(chosen[0], depth + 1) if depth < _DEEPEST else chosen[0])
                position = chosen[1]
            else:
                out.append(found.group())
            if not any(out[n_before:]):
                position = _end_of_empty_line(tex, position, out[n_before - 1], found.start())
        out.append(tex[position:])
        return "".join(out)

    def forget_pages(self) -> None:
        """Of what packages have defined, forgets what builds pages (covers, titles) or is known by its name anyway: a
        class says how a heading looks, the source what it says."""
        for name, macro in list(self.commands.items()):
            if name in _KNOWN:
                del self.commands[name]
            elif _BUILDS_PAGES.search(macro.body):
                if macro.parameters:
                    del self.commands[name]
                else:
                    self.commands[name] = Macro("")
        for name, (begin, end) in list(self.environments.items()):
            if name in _KNOWN_ENVIRONMENTS or _BUILDS_PAGES.search(begin.body + end):
                del self.environments[name]

    # --- use

    def _command(self, tex: str, name: str, position: int, out: list[str], depth: int) -> int:
        macro = self.commands[name]
        values, position = _arguments(tex, position, macro)
        _append(out, self._replaced(macro, values, depth))
        return position

    def _replaced(self, macro: Macro, values: list[str], depth: int) -> str:
        body = _filled(macro.body, values)
        self.room -= len(body) + 1
        if self.room < 0:
            return ""
        return self.expand(body, depth + 1)

    def _environment(self, tex: str, kind: str, position: int, out: list[str], ends: list[tuple[str, str]],
                     depth: int) -> int:
        name, after = braced(tex, position)
        if kind == "begin" and name in self.environments and depth < _DEEPEST:
            begin, end = self.environments[name]
            values, after = _arguments(tex, after, begin)
            ends.append((name, _filled(end, values)))
            _append(out, self._replaced(begin, values, depth))
            return after
        if kind == "end" and ends and ends[-1][0] == name:
            _append(out, self.expand(ends.pop()[1], depth + 1))
            return after
        out.append(f"\\{kind}")
        return position

    def _condition(self, tex: str, name: str, position: int, out: list[str], depth: int) -> int:
        is_true, start = decide(tex, name, position, self.switches,
                                {known: macro.body for known, macro in self.commands.items()})
        found = branches(tex, start)
        if found is None:
            return position
        self.n_undecided += is_true is None
        branch = found.first if is_true is not False else found.other
        _append(out, self.expand(branch, depth + 1) if depth < _DEEPEST else branch)
        return found.end

    def _chosen(self, tex: str, name: str, position: int) -> tuple[str, int] | None:
        """The argument that a command with two of them chooses (\\ifthenelse, \\ifbool, \\iftoggle)."""
        if name not in ("ifthenelse", "ifbool", "iftoggle"):
            return None
        condition, position = argument(tex, position)
        first, position = argument(tex, position)
        other, position = argument(tex, position)
        switch = re.fullmatch(r"\s*(\\(?:NOT|not)\b)?\s*(?:\\boolean\s*\{(\w+)\}|(\w+))\s*", condition)
        value = self.switches.get((switch[2] or switch[3]) if switch else "")
        if value is None or switch is None:
            self.n_undecided += 1
            return first, position
        return (first if value != bool(switch[1]) else other), position

    # --- definitions

    def _defined(self, tex: str, name: str, position: int) -> int | None:
        """Where to go on after a definition; None if this is no command that defines."""
        if name in _COMMANDS:
            return self._new_command(tex, name, position)
        if name in _DOCUMENT_COMMANDS:
            return self._document_command(tex, position)
        if name in _DEFINITIONS:
            return self._def(tex, position)
        if name == "let":
            return self._let(tex, position)
        if name in _ENVIRONMENTS:
            return self._new_environment(tex, position)
        if name in ("newtheorem", "spnewtheorem", "declaretheorem"):
            return self._theorem(tex, name, position)
        if name in ("DeclareMathOperator", "DeclarePairedDelimiter"):
            return self._maths(tex, name, position)
        return self._switch(tex, name, position)

    def _set(self, name: str, macro: Macro) -> None:
        if name in _OWN:
            return
        if name.endswith("onedot"):  # the point that is left out before another one
            macro = Macro(".")
        if _NEEDS_TEX.search(macro.body) or f"\\{name}" in re.findall(r"\\[A-Za-z@]+", macro.body):
            self.commands.pop(name, None)
        else:
            self.commands[name] = macro._replace(body=re.sub(r"\\xspace(?![A-Za-z])", "", macro.body))

    def _new_command(self, tex: str, kind: str, position: int) -> int:
        name, position = argument(tex, position + (tex[position:position + 1] == "*"))
        count, position = bracketed(tex, position)
        default, position = bracketed(tex, position)
        body, position = argument(tex, position)
        n = int(count) if count and count.strip().isdigit() else 0
        given = (["["] if default is not None else []) + [""] * (n - (default is not None))
        name = name.strip().lstrip("\\")
        if kind != "providecommand" or name not in self.commands:
            self._set(name, Macro(body, tuple(given[:9]), (default,) if default is not None else ()))
        return position

    def _document_command(self, tex: str, position: int) -> int:
        name, position = argument(tex, position)
        wanted, position = argument(tex, position)
        body, position = argument(tex, position)
        parameters, defaults = [], []
        for found in re.finditer(r"([msoO])(?:\s*(\{[^{}]*\}))?", wanted.replace("+", "")):
            parameters.append({"m": "", "s": "*"}.get(found[1], "["))
            if found[1] in "oO":
                defaults.append((found[2] or "{}")[1:-1])
        self._set(name.strip().lstrip("\\"), Macro(body, tuple(parameters[:9]), tuple(defaults)))
        return position

    def _def(self, tex: str, position: int) -> int | None:
        found = re.compile(r"\s*\\([A-Za-z@]+)([^{}\\\n]*)(?=\{)").match(tex, position)
        if found is None:
            return None
        body, position = braced(tex, found.end())
        ends = re.split(r"#[1-9]", found[2])[1:]
        self._set(found[1], Macro(body, tuple(ends)))
        return position

    def _let(self, tex: str, position: int) -> int | None:
        found = re.compile(r"\s*\\([A-Za-z@]+)\s*=?\s*\\([A-Za-z@]+)").match(tex, position)
        if found is None:
            return None
        if found[2] in self.commands:
            self.commands[found[1]] = self.commands[found[2]]
        elif found[1] != found[2]:
            self.commands[found[1]] = Macro(f"\\{found[2]}" if found[2] not in ("relax", "@empty", "empty") else "")
        return found.end()

    def _new_environment(self, tex: str, position: int) -> int:
        name, position = argument(tex, position + (tex[position:position + 1] == "*"))
        count, position = bracketed(tex, position)
        default, position = bracketed(tex, position)
        begin, position = argument(tex, position)
        end, position = argument(tex, position)
        n = int(count) if count and count.strip().isdigit() else 0
        given = (["["] if default is not None else []) + [""] * (n - (default is not None))
        is_simple = not _NEEDS_TEX.search(begin + end) and f"{{{name}}}" not in begin
        if is_simple:
            self.environments[name] = (
                Macro(begin, tuple(given[:9]), (default,) if default is not None else ()), end)
        return position

    def _theorem(self, tex: str, kind: str, position: int) -> int:
        is_numbered = tex[position:position + 1] != "*"
        options = None
        if kind == "declaretheorem":
            options, position = bracketed(tex, position)
        name, position = argument(tex, position + (not is_numbered))
        shared, position = bracketed(tex, position)
        options = options or (shared if kind == "declaretheorem" else None)
        if kind == "declaretheorem":
            said = dict(re.findall(r"(\w+)\s*=\s*\{?([^,{}]*)\}?", options or ""))
            title = said.get("name") or said.get("title") or name.capitalize()
            counter = said.get("sibling") or said.get("sharenumber") or said.get("numberlike") or name
            within = said.get("within") or said.get("parent") or said.get("numberwithin") or ""
            self.theorems[name] = Theorem(title, counter, within, said.get("numbered") != "no")
            return position
        words, position = argument(tex, position)
        parent, position = bracketed(tex, position)
        if kind == "spnewtheorem":  # two more arguments say how it looks
            position = argument(tex, argument(tex, position)[1])[1]
        self.theorems[name] = Theorem(words, shared or name, (parent or "").strip(), is_numbered)
        return position

    def _maths(self, tex: str, kind: str, position: int) -> int:
        star = "*" if tex[position:position + 1] == "*" else ""
        name, position = argument(tex, position + len(star))
        left, position = argument(tex, position)
        name = name.strip().lstrip("\\")
        if kind == "DeclareMathOperator":
            self._set(name, Macro(f"\\operatorname{star}{{{left}}}"))
            return position
        right, position = argument(tex, position)
        self._set(name, Macro(f"{left} #3 {right}", ("*", "[", ""), ("",)))
        return position

    def _switch(self, tex: str, name: str, position: int) -> int | None:
        if name == "newif":
            found = re.compile(r"\s*\\if([A-Za-z@]+)").match(tex, position)
            if found:
                self.switches[found[1]] = False
            return found.end() if found else None
        if name in ("newbool", "newtoggle", "newboolean", "provideboolean", "providebool"):
            switch, position = argument(tex, position)
            self.switches.setdefault(switch.strip(), False)
            return position
        if name in ("setboolean", "setbool", "settoggle"):
            switch, position = argument(tex, position)
            value, position = argument(tex, position)
            self.switches[switch.strip()] = value.strip() == "true"
            return position
        if name in ("booltrue", "boolfalse", "toggletrue", "togglefalse"):
            switch, position = argument(tex, position)
            self.switches[switch.strip()] = name.endswith("true")
            return position
        for ending in ("true", "false"):
            if name.endswith(ending) and name.removesuffix(ending) in self.switches:
                self.switches[name.removesuffix(ending)] = ending == "true"
                return position
        return None


def _arguments(tex: str, position: int, macro: Macro) -> tuple[list[str], int]:
    values: list[str] = []
    defaults = iter(macro.defaults)
    for parameter in macro.parameters:
        if parameter == "[":
            value, position = bracketed(tex, position)
            default = next(defaults, "")
            values.append(default if value is None else value)
        elif parameter == "*":
            is_starred = tex[position:position + 1] == "*"
            position += is_starred
            values.append("*" if is_starred else "")
        elif parameter and (end := tex.find(parameter, position)) >= 0:
            values.append(tex[position:end].strip())
            position = end + len(parameter)
        else:
            text, position = argument(tex, position)
            values.append(text)
    return values, position


def _filled(body: str, values: list[str]) -> str:
    """A body with its arguments in it; a command before one is kept apart from its letters."""
    def put(found: re.Match[str]) -> str:
        if found[2] is None:
            return (found[1] or "") + "#"
        value = values[int(found[2]) - 1] if int(found[2]) <= len(values) else ""
        return (found[1] or "") + (" " if found[1] and value[:1].isalpha() else "") + value

    return re.sub(r"(\\[A-Za-z@]+)?(?:##|#([1-9]))", put, body)


def _end_of_empty_line(tex: str, position: int, before: str, start: int) -> int:
    """Past the end of a line on which only what stands for nothing is: an empty line would part paragraphs."""
    is_first = before.rstrip(" \t").endswith("\n") or not before.strip(" \t") and start == len(before)
    found = _REST_OF_LINE.match(tex, position) if is_first else None
    return found.end() if found else position


_REST_OF_LINE = re.compile(r"[ \t]*\n")


def _append(out: list[str], text: str) -> None:
    """Add what a macro stands for; a command before it is kept apart from a letter that it begins with."""
    if text[:1].isalpha() and out and re.search(r"\\[A-Za-z]+$", out[-1][-40:]):
        out.append(" ")
    if text:
        out.append(text)
