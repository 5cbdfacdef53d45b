"""Who cites whom in the library, as a list with arcs: every title stays readable, however many there are, and on a narrow screen.

Reads: CitationGraph.  Draws: a row for each document that is part of it, an arc for each citation; a row that is pointed at, focused or pressed
shows its own arcs, with the rows that it cites and that cite it. A v2 component; titles are set by textContent.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.i18n import t
from app.state import library, open_source
from kb.survey.citing import CitationGraph
from kb.text import one_line

_ROWS = 300  # what a page can hold; more are counted

_CSS = """
.kb { font-family: var(--st-font); color: var(--st-text-color); position: relative; font-size: .92rem; line-height: 1.3; }
.kb svg { position: absolute; left: 0; top: 0; overflow: visible; pointer-events: none; }
.kb path { fill: none; stroke: var(--st-text-color); stroke-opacity: .22; stroke-width: 1.2; }
.kb path.cites { stroke: var(--st-primary-color); stroke-opacity: 1; stroke-width: 2; }
.kb path.by { stroke: var(--st-orange-color, #c77700); stroke-opacity: 1; stroke-width: 2; }
.kb.pointing path:not(.cites):not(.by) { stroke-opacity: .07; }
.kb ol { list-style: none; margin: 0; padding: 0 0 0 var(--arcs); --arcs: 9rem; }
.kb li { display: flex; align-items: center; border-radius: .3rem; min-height: 1.95rem; }
.kb button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; text-align: left; padding: .15rem .3rem; border-radius: .3rem; }
.kb button:focus-visible { outline: 2px solid var(--st-primary-color); }
.kb .row { flex: 1 1 auto; min-width: 0; display: flex; gap: .6rem; align-items: baseline; }
.kb .year { opacity: .65; font-variant-numeric: tabular-nums; flex: 0 0 2.4rem; }
.kb .title { flex: 1 1 auto; min-width: 0; overflow-wrap: anywhere; }
.kb .count { opacity: .7; font-size: .85em; white-space: nowrap; }
.kb .open { visibility: hidden; }
.kb li:hover .open, .kb li:focus-within .open, .kb li.on .open { visibility: visible; }
.kb li.on { background: var(--st-secondary-background-color); font-weight: 600; }
.kb li.cites { box-shadow: inset 3px 0 var(--st-primary-color); } .kb li.by { box-shadow: inset 3px 0 var(--st-orange-color, #c77700); }
.kb .key { display: flex; flex-wrap: wrap; gap: 1.2rem; font-size: .85em; opacity: .85; margin: .1rem 0 .5rem; }
.kb .key span::before { content: ''; display: inline-block; width: 1.4em; height: 0; border-top: 3px solid var(--st-primary-color); margin-right: .4em; vertical-align: middle; }
.kb .key .by::before { border-color: var(--st-orange-color, #c77700); }
@media (max-width: 640px) { .kb ol { --arcs: 2.6rem; } .kb .row { flex-wrap: wrap; gap: 0 .5rem; } .kb .title { flex: 1 1 100%; order: -1; } .kb li { padding: .2rem 0; } }
"""

_JS = """
export default function({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb'), w = data.words;
  if (root.observer) root.observer.disconnect();
  root.replaceChildren();
  root.classList.remove('pointing');
  const make = (tag, name, text) => { const e = document.createElement(tag); if (name) e.className = name; if (text !== undefined) e.textContent = text; return e; };
  const place = Object.fromEntries(data.items.map((item, i) => [item.id, i]));
  const edges = data.items.flatMap((item, i) => item.cites.filter(id => id in place).map(id => [i, place[id]]));
  const key = make('div', 'key'), list = make('ol'), svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  key.append(make('span', 'cites', w.cites), make('span', 'by', w.cited_by)); key.setAttribute('aria-hidden', 'true');
  svg.setAttribute('aria-hidden', 'true');
  let pinned = -1;
  const rows = data.items.map((item, i) => {
    const li = make('li'), row = make('button', 'row'), open = make('button', 'open', '↗');
    row.type = open.type = 'button';
    row.append(make('span', 'year', item.year), make('span', 'title', item.title), make('span', 'count', item.said));
    const cited = item.cites.filter(id => id in place).map(id => data.items[place[id]].title), by = edges.filter(e => e[1] === i).map(e => data.items[e[0]].title);
    row.setAttribute('aria-label', [item.title, item.year, item.said, cited.length ? w.cites + ': ' + cited.join('; ') : '', by.length ? w.cited_by + ': ' + by.join('; ') : ''].filter(Boolean).join('. '));
    open.title = w.open; open.setAttribute('aria-label', w.open + ': ' + item.title);
    open.onclick = () => setTriggerValue('opened', item.id);
    row.onclick = () => { pinned = pinned === i ? -1 : i; row.setAttribute('aria-pressed', String(pinned === i)); point(pinned); };
    li.onpointerenter = row.onfocus = () => point(i);
    li.onpointerleave = row.onblur = () => point(pinned);
    li.append(row, open); list.append(li);
    return li;
  });
  const paths = edges.map(() => { const p = document.createElementNS('http://www.w3.org/2000/svg', 'path'); svg.append(p); return p; });
  const point = i => {
    root.classList.toggle('pointing', i >= 0);
    rows.forEach((row, j) => {
      row.classList.toggle('on', j === i);
      row.classList.toggle('cites', edges.some(e => e[0] === i && e[1] === j));
      row.classList.toggle('by', edges.some(e => e[1] === i && e[0] === j));
    });
    edges.forEach((e, k) => { paths[k].classList.toggle('cites', e[0] === i); paths[k].classList.toggle('by', e[1] === i); });
  };
  root.append(key, list, svg);
  const draw = () => {
    const width = parseFloat(getComputedStyle(list).paddingLeft) - 6, middle = rows.map(row => row.offsetTop + row.offsetHeight / 2);
    svg.setAttribute('width', width); svg.setAttribute('height', root.offsetHeight);
    edges.forEach(([from, to], k) => {
      // An arc is as wide as it is long, up to what there is room for: near neighbours stay near.
      const far = Math.abs(from - to) / Math.max(1, rows.length - 1), x = width - Math.max(8, width * 1.3 * Math.sqrt(far));
      paths[k].setAttribute('d', `M ${width} ${middle[from]} C ${Math.max(-width * .3, x)} ${middle[from]}, ${Math.max(-width * .3, x)} ${middle[to]}, ${width} ${middle[to]}`);
    });
  };
  draw();
  root.observer = new ResizeObserver(draw);  // also when a closed expander opens
  root.observer.observe(list);
  return () => root.observer.disconnect();
}
"""


def citations() -> None:
    """Draws the part of the page, closed; what it shows is read when it is opened."""
    opened = st.expander(t("citations"), on_change="rerun", key="citations")
    if not opened.open:
        return
    graph = library().citation_graph()
    with opened:
        st.caption(t("citations_lead", documents=graph.n_documents, entries=graph.n_entries, edges=len(graph.edges)))
        if not graph.reading:
            return
        order = st.segmented_control(t("citations_order"), ["reading", "year"], key="citations_order", default="reading", required=True,
                                     format_func=lambda name: t(f"order_{name}"))
        mount = st.components.v2.component("kb_citations", html="<div class='kb'></div>", css=_CSS, js=_JS)
        result = mount(data=drawn(graph, by_year=order == "year"), key="citation_arcs", on_opened_change=lambda: None)
        if len(graph.reading) > _ROWS:
            st.caption(t("citations_more", n=len(graph.reading) - _ROWS))
    if result.get("opened"):
        open_source(str(result["opened"]), 0, 0)
        st.rerun()


def drawn(graph: CitationGraph, *, by_year: bool) -> dict[str, Any]:
    """What the component is given: the documents in reading order, or by year and, within one, in reading order."""
    reading = sorted(graph.reading, key=lambda item: item.year or 9999) if by_year else list(graph.reading)
    items = [{"id": item.document, "title": one_line(item.title, 160), "year": str(item.year or "–"), "cites": list(item.builds_on),
              "said": t("cited_by_n", n=item.n_cited) if item.n_cited else ""} for item in reading[:_ROWS]]
    return {"items": items, "words": {"cites": t("cites"), "cited_by": t("cited_by"), "open": t("open_source")}}
