"""The pieces of the page that set text as text: the answer with its citation chips, what a model wrote, a source with its quote marked.

All build their DOM with textContent, so nothing in a document can become markup. They are v2 components: no iframe, no build step.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

_CSS = """
.kb { font-family: var(--st-font); color: var(--st-text-color); line-height: 1.65; overflow-wrap: anywhere; }
.kb p { margin: 0 0 .55rem 0; }
.kb .lead { font-weight: 600; }
.kb .around { opacity: .62; font-size: .93em; font-weight: 400; }
.kb .subject { font-family: var(--st-heading-font); font-weight: 600; margin: .6rem 0 .2rem 0; }
.kb .sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem; }
.kb button { font: inherit; font-size: .78em; line-height: 1; cursor: pointer; margin-left: .25rem; padding: .15rem .4rem; vertical-align: 2px;
  color: var(--st-primary-color); background: transparent; border: 1px solid var(--st-primary-color); border-radius: 1rem; }
.kb button:hover, .kb button.open { color: var(--st-background-color); background: var(--st-primary-color); }
.kb button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.kb .written p { margin: 0 0 .6rem 0; }
.kb .written button { margin-right: .25rem; }
.kb .unsupported { opacity: .62; text-decoration: underline wavy color-mix(in srgb, var(--st-orange-color, orange) 70%, transparent) 1px; text-underline-offset: 3px; }
.kb .note { font-size: .8em; opacity: .75; margin-left: .25rem; white-space: nowrap; }
.kb .text { white-space: pre-wrap; font-size: .95rem; max-height: 60vh; overflow-y: auto; padding: .8rem 1rem; border-radius: .4rem;
  border: 1px solid var(--st-border-color); background: var(--st-secondary-background-color); }
.kb mark { background: rgba(240, 176, 50, .45); color: inherit; border-radius: .15rem; padding: .05rem 0; }
.kb mark.pale { background: rgba(240, 176, 50, .18); }
.kb b { font-weight: 700; }
"""

_ANSWER_JS = """
export default function({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  root.replaceChildren();
  const make = (tag, name, text) => { const e = document.createElement(tag); if (name) e.className = name; if (text) e.textContent = text; return e; };
  const write = (claim, into) => {
    const p = make(data.inline ? 'span' : 'p', claim.lead ? 'lead' : '');
    if (claim.before) p.append(make('span', 'around', claim.before + ' '));
    p.append(document.createTextNode(claim.text));
    for (const chip of claim.chips) {
      const b = make('button', chip.open ? 'open' : '', String(chip.label || chip.number));
      b.type = 'button'; b.title = chip.title; b.setAttribute('aria-label', chip.title);
      b.onclick = () => setTriggerValue('opened', chip.number);
      p.append(b);
    }
    if (claim.after) p.append(make('span', 'around', ' ' + claim.after));
    into.append(p);
    if (data.inline) into.append(document.createTextNode(' '));
  };
  if (data.sides.length) {
    const grid = make('div', 'sides');
    for (const side of data.sides) {
      const column = make('div'); column.append(make('div', 'subject', side.subject));
      side.claims.forEach(claim => write(claim, column)); grid.append(column);
    }
    root.append(grid);
  } else data.claims.forEach(claim => write(claim, root));
}
"""

_WRITTEN_JS = """
export default function({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  root.replaceChildren();
  const box = document.createElement('div'); box.className = 'written';
  let p = null;
  for (const sentence of data.sentences) {
    if (!p || sentence.breaks) { p = document.createElement('p'); box.append(p); }
    const s = document.createElement('span'); s.textContent = sentence.text; if (sentence.note) { s.className = 'unsupported'; s.title = sentence.note; }
    p.append(s);
    if (sentence.note) { const n = document.createElement('span'); n.className = 'note'; n.textContent = '(' + sentence.note + ')'; p.append(n); }
    for (const chip of sentence.chips) {
      const b = document.createElement('button'); b.textContent = String(chip.number); if (chip.open) b.className = 'open';
      b.type = 'button'; b.title = chip.title; b.setAttribute('aria-label', chip.title);
      b.onclick = () => setTriggerValue('opened', chip.number);
      p.append(b);
    }
    p.append(document.createTextNode(data.spaces ? ' ' : ''));
  }
  root.append(box);
}
"""

_TEXT_JS = """
export default function({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  root.replaceChildren();
  const box = document.createElement('div'); box.className = 'text'; box.tabIndex = 0;
  let first = null;
  for (const part of data.parts) {
    if (!part.mark) { box.append(document.createTextNode(part.text)); continue; }
    const m = document.createElement('mark'); m.textContent = part.text; if (part.mark === 'pale') m.className = 'pale';
    else if (!first) first = m;
    box.append(m);
  }
  root.append(box);
  if (first) requestAnimationFrame(() => { box.scrollTop = Math.max(0, first.offsetTop - box.offsetTop - 80); });
}
"""

_DRAFT_CSS = """
.kb { font-family: var(--st-font); color: var(--st-text-color); line-height: 1.55; font-size: .95rem; overflow-wrap: anywhere; }
.kb .part { border-left: 2px solid var(--st-border-color); padding: .1rem 0 .35rem .9rem; position: relative; }
.kb .part.done { border-left-color: var(--st-primary-color); }
.kb .part::before { content: '○'; position: absolute; left: -.5em; top: .12em; background: var(--st-background-color); line-height: 1.4; opacity: .6; }
.kb .part.done::before { content: '✓'; color: var(--st-primary-color); opacity: 1; }
.kb .part.now::before { content: '◔'; color: var(--st-primary-color); opacity: 1; animation: turn 1.6s linear infinite; }
.kb .heading { font-weight: 600; } .kb .part.open .heading { opacity: .6; }
.kb .state { font-size: .82em; opacity: .65; margin-left: .5rem; white-space: nowrap; }
.kb .body { font-size: .9em; opacity: .8; max-height: 7.8em; overflow-y: auto; scrollbar-width: thin; }
@keyframes turn { to { transform: rotate(360deg); } }
@media (prefers-reduced-motion: reduce) { .kb .part.now::before { animation: none; } }
"""

_DRAFT_JS = """
export default function({ data, parentElement }) {
  const root = parentElement.querySelector('.kb');
  data.parts.forEach((part, i) => {
    let box = root.children[i];
    if (!box) {
      box = document.createElement('div');
      for (const [tag, name] of [['span', 'heading'], ['span', 'state'], ['div', 'body']]) { const e = document.createElement(tag); e.className = name; box.append(e); }
      root.append(box);
    }
    box.className = 'part ' + part.state;
    box.style.marginLeft = part.depth * 1.2 + 'rem';
    ['heading', 'state', 'body'].forEach((name, j) => { const text = name === 'state' ? part.said : part[name]; if (box.children[j].textContent !== text) box.children[j].textContent = text; });
    box.children[2].hidden = !part.body;
  });
  while (root.children.length > data.parts.length) root.lastChild.remove();
}
"""

# Esc anywhere on the page closes the source; Alt+N begins a new chat.
_KEYS_JS = """
export default function({ data, setTriggerValue }) {
  const listen = event => {
    if (event.key === 'Escape' && data.open) setTriggerValue('pressed', 'close');
    if (event.altKey && event.code === 'KeyN') { event.preventDefault(); setTriggerValue('pressed', 'new'); }
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}
"""


def answer_text(data: dict[str, Any], key: str) -> int | None:
    """Shows claims with chips, each a paragraph or (inline) all in one; a chip shows its label, else its number. Gives the number of the chip that was pressed in this run, or None."""
    mount = st.components.v2.component("kb_answer", html="<div class='kb'></div>", css=_CSS, js=_ANSWER_JS)
    result = mount(data=data, key=key, on_opened_change=lambda: None)
    pressed: int | None = result.get("opened")
    return pressed


def written_text(data: dict[str, Any], key: str) -> int | None:
    """Shows a model's sentences, chips on those that hold, a note on those that do not; gives the number of the chip pressed in this run, or None."""
    mount = st.components.v2.component("kb_written", html="<div class='kb'></div>", css=_CSS, js=_WRITTEN_JS)
    result = mount(data=data, key=key, on_opened_change=lambda: None)
    pressed: int | None = result.get("opened")
    return pressed


def source_text(parts: list[dict[str, str]], key: str) -> None:
    """Shows text with marked parts: [{"text", "mark": "" | "amber" | "pale"}]."""
    mount = st.components.v2.component("kb_source", html="<div class='kb'></div>", css=_CSS, js=_TEXT_JS)
    mount(data={"parts": parts}, key=key)


def draft_text(parts: list[dict[str, Any]], key: str) -> None:
    """Shows what is being written, part by part: [{"depth", "heading", "state": "done" | "now" | "open", "said", "body"}]."""
    mount = st.components.v2.component("kb_draft", html="<div class='kb'></div>", css=_DRAFT_CSS, js=_DRAFT_JS)
    mount(data={"parts": parts}, key=key)


def key_pressed(is_open: bool, key: str) -> str | None:
    """ "close" or "new" if Esc or Alt+N was pressed."""
    mount = st.components.v2.component("kb_keys", html="<span></span>", js=_KEYS_JS)
    result = mount(data={"open": is_open}, key=key, on_pressed_change=lambda: None)
    pressed: str | None = result.get("pressed")
    return pressed
