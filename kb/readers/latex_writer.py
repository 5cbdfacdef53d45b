"""The commands of LaTeX as text: one pass over the tokens, which keeps where headings and blocks come to stand.

Reads: source whose macros are replaced (latex_macros.py).  Gives: `Writer`: text, headings, blocks; `State` tells what
was left out and which commands were not known.
"""

from __future__ import annotations

import re

from kb.readers.latex_commands import (
    CITATIONS,
    DRAWINGS,
    ENVIRONMENTS,
    FORMULAS,
    HEADINGS,
    LAYOUT,
    LISTS,
    MARGIN,
    MEASURED,
    NUMBERED,
    REFERENCES,
    SECOND_IS_TEXT,
    SILENT,
    STATEMENTS,
    STRUCK,
    TABLES,
    WORDS,
)
from kb.readers.latex_letters import ACCENTS, accented
from kb.readers.latex_macros import Theorem
from kb.readers.latex_page import Page, State
from kb.readers.latex_source import DIMENSION, TOKEN, argument, braced, bracketed, environment_end, skip, title_of
from kb.readers.latex_special import script_in_text, special
from kb.readers.latex_tables import rows_of
from kb.text import CJK, one_line

_QUOTES = {"``": "“", "''": "”", "---": "—", "--": "–", "~": " ", "`": "‘"}
_CLOSING = {"$$": "$$", "$": "$", "\\[": "\\]", "\\(": "\\)"}
_DEEPEST = 40
_OVERLAY = re.compile(r"<[\d,\-+.|a-z: ]{1,20}>")


class Writer(Page):
    """Turns LaTeX into text, keeping where headings and blocks come to stand."""

    def __init__(self, state: State | None = None, depth: int = 0) -> None:
        super().__init__(state, depth)
        self._lists: list[int | None] = []
        self._statements = 0  # environments of algorithms that are open

    def write(self, tex: str) -> None:
        """Write what this source says."""
        position = 0
        while found := TOKEN.search(tex, position):
            self._prose(tex[position:found.start()])
            position = self._token(tex, found)
        self._prose(tex[position:])
        if self._depth == 0:
            self._write_notes()

    def _token(self, tex: str, found: re.Match[str]) -> int:
        """Write what this token stands for; gives where to go on."""
        end = found.end()
        if found["begin"]:
            return self._begin(tex, found["begin"].strip(), found.start(), end)
        if found["end"]:
            self._end(found["end"].strip())
        elif found["maths"]:
            return self._maths(tex, found.start(), found["maths"])
        elif found["command"]:
            return self._command(tex, found["command"], end - len(found["gap"]), found["star"], found["gap"])
        elif found["sign"]:
            return self._sign(tex, found["sign"], end)
        elif found["blank"]:
            self._break()
        elif found["quote"] == "`" and (single := re.compile(r"([^`'\n]{1,120})'(?!\w)").match(tex, end)):
            self._put("‘" + self._inner(single[1]) + "’")
            return single.end()
        elif found["quote"]:
            self._put(_QUOTES[found["quote"]])
        elif found["cell"]:
            self._put(" ")
        return end

    # --- environments

    def _begin(self, tex: str, name: str, start: int, end: int) -> int:
        bare = name.rstrip("*")
        if bare in FORMULAS or name in TABLES or bare in DRAWINGS:
            inside, after = environment_end(tex, name, end)
            if after >= 0:
                return self._whole(tex, name, (start, end, inside, after))
        if name in self.state.theorems or bare in ("proof", "restatable"):
            return self._theorem(tex, name, end)
        theorem = self.state.numbers.template(name)
        if theorem is not None:
            return self._statement(tex, theorem, end)
        self._break()
        if name in LISTS:
            self._lists.append(0 if name in NUMBERED else None)
            return skip(tex, end, 0)
        if bare in ("abstract", "cabstract", "eabstract"):
            self._heading("摘要" if bare == "cabstract" else "Abstract", 1)
        elif bare == "thebibliography":
            self._heading("References", 1)
            begins = tex.find("\\bibitem", skip(tex, end, 1))  # behind what the style defines for its entries
            return begins if begins >= 0 else skip(tex, end, 1)
        elif bare.startswith("algorithm"):
            self._statements += bare != "algorithm"
            return skip(tex, end, 0)
        elif bare == "frame" and (title := re.compile(r"(?:<[^>]*>)?(?:\s*\[[^\]]*\])*[ \t]*(?=\{)").match(tex, end)):
            words, end = braced(tex, title.end())
            self._heading(one_line(self._inner(words)), 2)
        elif name in ENVIRONMENTS:
            self._paragraph(self._inner(title_of(bracketed(tex, end)[0])))
            return skip(tex, end, ENVIRONMENTS[name])
        else:
            return self._unknown_environment(tex, end)
        return end

    def _end(self, name: str) -> None:
        if name in LISTS and self._lists:
            self._lists.pop()
        if name.startswith("algorithm") and self._statements:
            self._statements -= 1
        self._break()

    def _unknown_environment(self, tex: str, position: int) -> int:
        """Past the arguments of an environment that is not known; a title among them (it has several words, or Chinese
        ones) is kept."""
        position = skip(tex, position, 0)
        while tex[position:position + 1] == "{":
            words, position = braced(tex, position)
            title = one_line(self._inner(words))
            if re.search(rf"[A-Za-z]{{2,}}\s+[A-Za-z]|[{CJK}]", title) and "=" not in title:
                self._paragraph(title)
        return position

    def _whole(self, tex: str, name: str, places: tuple[int, int, int, int]) -> int:
        """An environment that is read as one: a formula, a table, a drawing."""
        start, end, inside, after = places
        if name.rstrip("*") in DRAWINGS:
            self.state.left_out["drawing"] += 1
        elif name not in TABLES:
            self._break()
            self._block("formula", _in_maths(tex[start:after]))
            self._break()
        elif self._depth < _DEEPEST:
            self._table(tex[end:inside], TABLES[name])
        return after

    def _table(self, tex: str, n_arguments: int) -> None:
        position, specification = skip(tex, 0, 0), ""
        for _ in range(n_arguments):
            specification, position = argument(tex, position)
            position = skip(tex, position, 0)
        tex = tex[position:]
        for found in re.finditer(r"\\caption\*?\s*(?:\[[^\]]*\])?\s*(?=\{)", tex):
            caption, end = braced(tex, found.end())
            if self._depth == 0:
                self._paragraph(self._inner(caption))
            tex = tex[:found.start()] + " " * (end - found.start()) + tex[end:]
        rows = rows_of(tex, specification, lambda cell: one_line(self._inner(cell), 2000))
        if not rows:
            return
        if self._depth:  # a table inside a cell or an argument: one line of words
            self._put(" ".join(cell for row in rows for cell in row if cell))
            return
        width = max(len(row) for row in rows)
        lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * width)
        self._break()
        self._block("table", "\n".join(lines))
        self._break()

    def _theorem(self, tex: str, name: str, position: int) -> int:
        """A theorem with its name and number, or a proof."""
        said, position = bracketed(tex, position)
        if name.rstrip("*") == "proof" and name not in self.state.theorems:
            self._break()
            self._put((self._inner(said).rstrip(".") if said else "Proof") + ". ")
            return position
        if name.rstrip("*") == "restatable":
            name, position = braced(tex, position)
            position = braced(tex, position)[1]
        theorem = self.state.theorems.get(name, Theorem(name.capitalize(), is_numbered=False))
        number = self.state.numbers.next(theorem.counter, theorem.within) if theorem.is_numbered else ""
        self._open_statement(f"{self._inner(theorem.name)} {number}".strip(), said)
        return position

    def _statement(self, tex: str, name: str, position: int) -> int:
        """A theorem that the class declares: its number is not known here."""
        said, position = bracketed(tex, position)
        self._open_statement(name, said)
        return position

    def _open_statement(self, name: str, said: str | None) -> None:
        self._break()
        self._put(name + (f" ({self._inner(said)})" if said else "") + ". ")

    # --- commands

    def _command(self, tex: str, name: str, position: int, star: str, gap: str) -> int:
        if overlay := _OVERLAY.match(tex, position):
            position = overlay.end()
        if name in HEADINGS:
            title, position = braced(tex, skip(tex, position, 0))
            if not star:
                self.state.numbers.step(name)
            self._heading(one_line(self._inner(title)), HEADINGS[name])
        elif name == "kbkept":
            number, position = braced(tex, position)
            self._kept(number)
        elif name in CITATIONS:
            keys, position = self._keys(tex, position)
            self._put("".join(f"[{key.strip()}]" for key in keys.split(",") if key.strip()) if name != "nocite" else "")
        elif name in REFERENCES or name.endswith("ref") and name not in SILENT and name not in ("href", "hyperref"):
            key, position = argument(tex, skip(tex, position, 0))
            self._put(key)
        elif name in ("item", "bibitem"):
            position = self._item(tex, position) if name == "item" else self._bibitem(tex, position)
        elif name in ("footnote", "footnotetext", "endnote", "caption", "captionof", "tablefootnote", "ctexfootnote"):
            position = self._apart(tex, name, position)
        elif name in MARGIN or name in STRUCK:
            position = skip(tex, position, (MARGIN | STRUCK)[name])
            self.state.left_out["margin" if name in MARGIN else "struck"] += (MARGIN | STRUCK)[name]
        elif name in ACCENTS and (found := accented(tex, name, position)):
            self._put(found[0])
            position = found[1]
        elif written := special(name, tex, position, self._before(), self._inner, self.state.entries):
            self._put(written[0])
            position = written[1]
        elif self._statements and name.lower() in STATEMENTS:
            position = self._algorithm(tex, name.lower(), position)
        else:
            position = self._plain_command(tex, name, position, gap)
        return position

    def _plain_command(self, tex: str, name: str, position: int, gap: str) -> int:
        if name in ("setcounter", "addtocounter", "stepcounter", "refstepcounter"):
            return self.state.numbers.command(tex, name, position)
        if name in MEASURED:
            found = DIMENSION.match(tex, position)
            self._put(" " if "skip" in name else "")
            return found.end() if found else position
        if name == "ensuremath":
            formula, position = argument(tex, position)
            self._put(f"${formula}$")
        elif name in SECOND_IS_TEXT:
            position = skip(tex, position, SECOND_IS_TEXT[name])
            if name in ("replaced", "texorpdfstring", "subcaptionbox"):
                words, position = argument(tex, position)
                self._put(self._inner(words))
                position = argument(tex, position)[1] if name != "subcaptionbox" else position
        elif name in SILENT:
            self.state.left_out["picture"] += name in ("includegraphics", "includepdf")
            position = skip(tex, position, SILENT[name])
        elif name == "par":
            self._break()
        elif name in ("newline", "linebreak"):
            self._put("\n")
        elif name == "appendix":
            self.state.numbers.begin_appendix()
        elif name in LAYOUT:
            position = skip(tex, position, 0) if tex[position:position + 1] == "[" else position + len(gap)
        elif name in WORDS:
            self._put(WORDS[name])
            position += 2 if tex[position:position + 2] == "{}" else len(gap)
        else:
            position = self._unknown(tex, name, position)
        return position

    def _unknown(self, tex: str, name: str, position: int) -> int:
        """What a command stands for that is not known: what is in braces after it is read on as prose; without any its
        own name keeps its place."""
        if "@" in name or name.startswith(("text", "emph", "math")) and tex[position:position + 1] == "{":
            return position
        after = skip(tex, position, 0)
        if tex[after:after + 1] == "{" and tex[after:after + 2] != "{}":
            self.state.unknown[name] += name not in _STYLES
            words, after = braced(tex, after)
            words = self._inner(words)
            self._put((" " if self._before()[-1:].isdigit() and words[:1].isdigit() else "") + words)
            return after
        self.state.unknown[name] += 1
        self._put((" " if self._before()[-1:].isalnum() else "") + name)
        return position + 2 if tex[position:position + 2] == "{}" else position

    def _keys(self, tex: str, position: int) -> tuple[str, int]:
        return argument(tex, skip(tex, position, 0))

    def _kept(self, number: str) -> None:
        if not number.isdigit() or int(number) >= len(self.state.kept):
            return
        kept = self.state.kept[int(number)]
        if kept.kind == "code" and self._depth == 0:
            self._break()
            self._block("code", f"```\n{kept.text}\n```")
            self._break()
        else:
            self._put(kept.text if kept.kind == "address" else f"`{kept.text}`")

    def _apart(self, tex: str, name: str, position: int) -> int:
        """A note or a caption: apart from the sentence that it hangs on."""
        position = skip(tex, position, 1 if name == "captionof" else 0)
        words, position = argument(tex, position)
        if name in ("caption", "captionof"):
            self._paragraph(self._inner(words))
        else:
            self.state.notes.append("")
            n = len(self.state.notes)
            self.state.notes[n - 1] = one_line(self._inner(words), 5000)
            self._trim()
            self._put(f"[^{n}]")
        return position

    def _algorithm(self, tex: str, name: str, position: int) -> int:
        form = STATEMENTS[name]
        values = []
        for _ in range(form.count("{}")):
            value, position = argument(tex, position) if tex[position:position + 1] == "{" else ("", position)
            values.append(self._inner(value))
        if not form.startswith(" "):
            self._line()
        self._put(form.format(*values) + ("" if form.endswith(" ") or not form else " "))
        return position

    def _sign(self, tex: str, sign: str, position: int) -> int:
        if sign == "\\":
            options = re.compile(r"\*?(?:[ \t]*\[[^\]\n]*\])?").match(tex, position)
            self._put("\n")
            return options.end() if options else position
        if sign in ACCENTS and (found := accented(tex, sign, position)):
            self._put(found[0])
            return found[1]
        self._put({",": " ", ";": " ", ":": " ", "!": "", "/": "", "-": "", " ": " ", "\n": " ", "@": "", "]": "",
                   ")": "", ">": " ", "=": "", "'": "", '"': "", "`": "", ".": "", "^": "", "~": "~"}.get(sign, sign))
        return position

    def _item(self, tex: str, position: int) -> int:
        label, position = bracketed(tex, position)
        self._line()
        if self._lists and self._lists[-1] is not None and label is None:
            self._lists[-1] += 1
            self._put(f"{self._lists[-1]}. ")
        else:
            self._put("- ")
        if label is not None:
            self._put(self._inner(label) + " ")
        blank = re.compile(r"\s*").match(tex, position)
        return blank.end() if blank else position

    def _bibitem(self, tex: str, position: int) -> int:
        _, position = bracketed(tex, position)
        key, position = argument(tex, position)
        self._break()
        self._put(f"[{key}] ")
        return position

    def _maths(self, tex: str, start: int, opening: str) -> int:
        position = start + len(opening)
        closing = _CLOSING[opening]
        end = position
        while True:
            end = tex.find(closing, end)
            if end < 0 or tex[end - 1] != "\\" or closing.startswith("\\"):
                break
            end += 1
        if end < 0 or end - start > 20_000 or (opening == "$" and "\n\n" in tex[position:end]):
            self._put(opening.lstrip("\\"))
            return position
        after = end + len(closing)
        if opening in ("$$", "\\["):
            self._break()
            self._block("formula", _in_maths(tex[start:after]))
            self._break()
        else:
            script = script_in_text(tex[position:end], self._before(), self._inner)
            self._put(_in_maths(tex[start:after]) if script is None else script)
        return after

    def _inner(self, tex: str) -> str:
        """The text of an argument. Deeper than anyone writes, its source is given instead."""
        if self._depth >= _DEEPEST:
            return tex
        writer = Writer(self.state, self._depth + 1)
        writer.write(tex)
        return writer.text().strip()


_STYLES = frozenset("underline uline hl mbox hbox fbox emph textbf added ul llap rlap z makecell shortstack thead")


def _in_maths(tex: str) -> str:
    """A formula without what belongs to the text around it."""
    return re.sub(r"\\ensuremath\s*\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", re.sub(r"\\label\s*\{[^{}]*\}\s*", "", tex))
