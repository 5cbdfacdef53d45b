"""The report of a run: one HTML file without scripts and without anything from elsewhere, to be kept, printed or sent.

Reads: what `describe` gives of a lab, its sources, the run's parameters, metrics and events.  Gives: the page.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.labs.pages.figures import Figure, figures
from kb.labs.pages.guides import HEADS, guide_of
from kb.labs.pages.mathml import mathml
from kb.labs.pages.numbers import cell, label, numbers
from kb.messages import Language, Words, words_of

_LARGEST_PICTURE = 4 << 20  # bytes
_MOST_ROWS = 200
_STYLE = """
:root{color-scheme:light dark;--ink:#222;--soft:#666;--page:#fff;--line:#ddd;--tint:#f5f5f2;--good:#2c7a3f;
--bad:#b3401f}
@media(prefers-color-scheme:dark){:root{--ink:#ddd;--soft:#999;--page:#1b1b1b;--line:#444;--tint:#262626;--good:#7ecb8d;
--bad:#f0936a}}
body{font:16px/1.6 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:var(--ink);
background:var(--page);max-width:54rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
.soft,figcaption,caption{color:var(--soft);font-size:.9rem;text-align:left}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}td,th{padding:.2rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n,th.n{text-align:right}.good{color:var(--good)}.bad{color:var(--bad)}
pre{background:var(--tint);padding:.7rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem;line-height:1.45}
figure{margin:1rem 0}svg,img{max-width:100%;height:auto}.side{display:flex;flex-wrap:wrap;gap:.6rem}
.side figure{flex:1 1 15rem;margin:.3rem 0}math{margin:.6rem 0}details{margin:.4rem 0}summary{cursor:pointer}
"""
_TITLES = {
    "numbers": Words("What came out", "结果"), "figures": Words("Figures", "图"), "tables": Words("Tables", "表"),
    "formulas": Words("Formulas, and the lines that compute them", "公式与计算它的代码"),
    "code": Words("Code", "代码"), "settings": Words("Settings", "设置"), "notes": Words("Notes", "说明"),
    "measure": Words("measure", "指标"), "value": Words("value", "值"), "name": Words("name", "名称"),
    "expected": Words("expected with the defaults", "默认设置下的预期"),
    "steps": Words("What it did", "它做了什么"), "again": Words("To run it again", "再运行一次"),
    "facts": Words("Section {section} of the article · seed {seed} · {seconds} s on this machine · {status}",
                   "文章第 {section} 节 · 种子 {seed} · 本机用时 {seconds} 秒 · {status}"),
    "done": Words("done", "完成"), "cancelled": Words("stopped, the best so far", "中途停止，此时最好的结果"),
    "failed": Words("failed", "失败")
}


@dataclass(frozen=True, slots=True)
class Told:
    """A run as its report tells it. lab: as `describe` gives it; formulas: (TeX, code, note); sources: (file, text)."""

    lab: Mapping[str, Any]
    formulas: Sequence[tuple[str, str, Words]]
    sources: Sequence[tuple[str, str]]
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]
    status: str
    seconds: float
    as_set: bool
    error: tuple[str, str] = ("", "")

    def drawn(self, language: Language) -> list[Figure]:
        """The figures of the run."""
        return figures(self.events, language, lambda name: label(name, language))


def report(told: Told, folder: Path, language: Language) -> str:
    """The whole page in one language. folder: where the run's own pictures are."""
    name, title = str(told.lab["name"]), words_of(told.lab["title"]).in_(language)
    facts = _word("facts", language).format(section=told.lab["section"], seed=told.params.get("seed", "–"),
                                            seconds=f"{told.seconds:.0f}", status=_word(told.status, language))
    parts = [f"<h1>{_safe(title)}</h1><p class=soft>{_safe(facts)}</p>", _guide(name, told, language, before=True)]
    if any(told.error):
        parts.append(f"<p class=bad>{_safe(told.error[0])}<br>{_safe(told.error[1])}</p>")
    parts += [_numbers(name, told, language), _notes(told, language), _codes(told, language),
              _figures(told.drawn(language), language), _pictures(told, folder, language), _tables(told, language),
              _formulas(told, language), _guide(name, told, language, before=False), _settings(told, language),
              _sources(told, language)]
    return (f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
            '<meta name="viewport" content="width=device-width"><title>'
            f"{_safe(title)}</title><style>{_STYLE}</style><main>{''.join(parts)}</main></html>\n")


def _guide(name: str, told: Told, language: Language, *, before: bool) -> str:
    """What to know and predict before a run; what to look at, exercises and readings after it."""
    guide = guide_of(name)
    if guide is None:
        return f"<p>{_safe(words_of(told.lab['about']).in_(language))}</p>" if before else ""
    lesson = guide.in_(language)

    def listed(part: str, items: Sequence[str]) -> str:
        return _section(HEADS[part].in_(language), f"<ul>{''.join(f'<li>{_safe(item)}</li>' for item in items)}</ul>")

    if before:
        return f"<p>{_safe(lesson.idea)}</p>" + listed("predict", lesson.predict) + listed("look", lesson.look)
    exercises = "".join(f"<li>{_safe(one.ask)}<details><summary>{HEADS['answer'].in_(language)}</summary>"
                        f"{_safe(one.answer)}</details></li>" for one in lesson.exercises)
    after = [f"{HEADS['next'].in_(language)}: kb lab run {guide.after}"] if guide.after else []
    return (_section(HEADS["exercises"].in_(language), f"<ol>{exercises}</ol>")
            + listed("read", [*guide.titles(language), *after]))


def _numbers(name: str, told: Told, language: Language) -> str:
    rows = []
    for one in numbers(name, told.metrics, language, as_set=told.as_set):
        colour = "good" if one.fits else "bad"
        verdict = "" if one.fits is None else f" <span class={colour}>{one.verdict(language)}</span>"
        rows.append(f"<tr><td>{_safe(one.label)}</td><td class=n>{_safe(one.value)}</td>"
                    f"<td>{_safe(one.expected)}{verdict}</td></tr>")
    heads = "".join(f"<th{' class=n' if part == 'value' else ''}>{_word(part, language)}</th>"
                    for part in ("measure", "value", "expected"))
    body = f"<div class=wide><table><tr>{heads}</tr>{''.join(rows)}</table></div>"
    return _section(_word("numbers", language), body) if rows else ""


def _notes(told: Told, language: Language) -> str:
    notes = [words_of(event["text"]).in_(language) for event in told.events if event["kind"] == "note"]
    return _section(_word("notes", language), "".join(f"<p>{_safe(note)}</p>" for note in notes)) if notes else ""


def _codes(told: Told, language: Language) -> str:
    parts = [f"<p class=soft>{_safe(words_of(event['title']).in_(language))}</p><pre>{_safe(event['text'])}</pre>"
             f"<pre>{_safe(event.get('output') or '')}</pre>" for event in told.events if event["kind"] == "code"]
    return _section(_word("steps", language), "".join(parts)) if parts else ""


def _figures(drawn: Sequence[Figure], language: Language) -> str:
    parts, is_open = [], False
    for figure in drawn:
        if bool(figure.group) != is_open:
            parts.append("<div class=side>" if figure.group else "</div>")
            is_open = bool(figure.group)
        parts.append(f"<figure>{figure.svg}<figcaption>{_safe(figure.title)}</figcaption></figure>")
    return _section(_word("figures", language), "".join(parts) + ("</div>" if is_open else "")) if parts else ""


def _pictures(told: Told, folder: Path, language: Language) -> str:
    parts = []
    for event in told.events:
        path = folder / Path(str(event.get("file", ""))).name
        if event["kind"] == "image" and path.is_file() and path.stat().st_size < _LARGEST_PICTURE:
            title = _safe(words_of(event["title"]).in_(language))
            data = base64.b64encode(path.read_bytes()).decode()
            parts.append(f'<figure><img alt="{title}" src="data:image/png;base64,{data}">'
                         f"<figcaption>{title}</figcaption></figure>")
    return "".join(parts)


def _tables(told: Told, language: Language) -> str:
    parts = [_table(event, language) for event in told.events if event["kind"] == "table" and event["rows"]]
    return _section(_word("tables", language), "".join(parts)) if parts else ""


def _table(event: Mapping[str, Any], language: Language) -> str:
    rows = event["rows"][:_MOST_ROWS]
    right = {name for name in rows[0] if all(isinstance(row.get(name), (int, float)) or row.get(name) is None
                                             for row in rows)}

    def cells(tag: str, values: Mapping[str, str]) -> str:
        return "".join(f"<{tag}{' class=n' if name in right else ''}>{_safe(value)}</{tag}>"
                       for name, value in values.items())

    head = cells("th", {name: label(name, language) for name in rows[0]})
    body = "".join(f"<tr>{cells('td', {name: cell(name, value, language) for name, value in row.items()})}</tr>"
                   for row in rows)
    return (f"<div class=wide><table><caption>{_safe(words_of(event['title']).in_(language))}</caption>"
            f"<tr>{head}</tr>{body}</table></div>")


def _formulas(told: Told, language: Language) -> str:
    parts = [f"{mathml(tex)}<pre>{_safe(code)}</pre><p class=soft>{_safe(note.in_(language))}</p>"
             for tex, code, note in told.formulas]
    return _section(_word("formulas", language), "".join(parts)) if parts else ""


def _settings(told: Told, language: Language) -> str:
    known = {param["name"]: words_of(param["label"]).in_(language) for param in told.lab["params"]}
    rows = "".join(f"<tr><td>{_safe(known.get(name, name))}</td><td><code>{_safe(name)}</code></td>"
                   f"<td>{_safe(_plain(value))}</td></tr>" for name, value in told.params.items())
    return _section(_word("settings", language), f"<div class=wide><table>{rows}</table></div>") if rows else ""


def _sources(told: Told, language: Language) -> str:
    parts = [f"<details><summary>{_safe(file)}</summary><pre>{_safe(text)}</pre></details>"
             for file, text in told.sources]
    return _section(_word("code", language), "".join(parts))


def _section(title: str, body: str) -> str:
    return f"<h2>{_safe(title)}</h2>{body}"


def _word(name: str, language: Language) -> str:
    return _TITLES[name].in_(language)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _safe(text: object) -> str:
    """As text of HTML; without lone surrogates, which no file can hold."""
    return html.escape("".join(c for c in str(text) if not "\ud800" <= c <= "\udfff"))
