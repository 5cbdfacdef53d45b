// A file with pages that one can read in: continuous pages, zoom, search, the quotes of the answer, notes.

import { make, say } from './dom.js';
import { Pages } from './pages.js';
import { edge, fillsWindow, iconButton, leavesFull, panelButtons } from './panel.js';
import { picker } from './pick.js';
import { asked } from './server.js';
import { begins } from './tell.js';

const ZOOM = 1.2;
const LINE = 60; // pixels that an arrow key scrolls

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb-reader');
  const was = root.kept;
  if (was && was.data.id === data.id) {
    goOn(was, data);
    return () => {};
  }
  was?.leave();
  const kept = { data, root };
  root.kept = kept;
  const box = make('div', 'pages');
  box.tabIndex = 0;
  box.dataset.opened = data.opened;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', data.name);
  kept.pages = new Pages(
    box,
    data,
    n => kept.bar.turned(n),
    (n, had) => leadIn(n, had, kept),
  );
  kept.bar = toolbar(kept);
  const pick = picker(
    root,
    data.words,
    () => chosen(box, kept),
    noted => setTriggerValue('noted', noted),
  );
  root.replaceChildren(edge(data), kept.bar.element, box, pick.bar);
  box.onkeydown = event => {
    pick.keys(event);
    keys(event, kept);
  };
  const unfull = leavesFull();
  const unfilled = fillsWindow(box);
  const resized = new ResizeObserver(() => {
    if (kept.width !== box.clientWidth) {
      kept.width = box.clientWidth;
      if (typeof kept.pages.mode !== 'number') {
        kept.pages.fit(kept.pages.mode);
      }
    }
  });
  kept.width = box.clientWidth;
  kept.pages.open(data.page).then(() => resized.observe(box));
  kept.leave = () => {
    resized.disconnect();
    pick.leave();
    kept.pages.leave();
    unfull();
    unfilled();
  };
  return kept.leave;
}

/** The same file with other marks, or another place of it. */
function goOn(kept, data) {
  const moved = String(kept.data.target) !== String(data.target) || kept.data.opened !== data.opened;
  const marked = JSON.stringify(kept.data.marks) !== JSON.stringify(data.marks);
  kept.data = data;
  kept.pages.box.setAttribute('aria-label', data.name);
  kept.pages.data = data;
  if (marked) {
    kept.pages.again();
  }
  if (moved) {
    kept.isLed = false;
    kept.root.querySelector('[data-start]')?.removeAttribute('data-start'); // of the quote before
    kept.pages.box.dataset.opened = data.opened;
    kept.pages.go(data.page);
    if (!marked) {
      leadIn(data.page, false, kept);
    }
  }
  kept.bar.turned(kept.pages.page());
}

/** Lets a screen reader begin at the quote that was opened, where its page is drawn: once it goes there by itself. */
function leadIn(n, had, kept) {
  const { data, pages } = kept;
  const page = pages.pages[n - 1];
  const mark = page.querySelector('.mark.amber')?.getBoundingClientRect();
  const run = mark && [...page.querySelectorAll('.layer span')].find(one => meets(one.getBoundingClientRect(), mark));
  if (had) {
    pages.box.focus({ preventScroll: true });
  }
  if (n !== data.page || !run) {
    return;
  }
  begins(run, data.quote, data, within(run, mark));
  if (!kept.isLed && document.activeElement === pages.box) {
    run.focus({ preventScroll: true });
  }
  kept.isLed = true;
}

/** How many letters of a run stand before a mark, to the beginning of a word; Chinese has none to go back to. */
function within(run, mark) {
  const { left, width } = run.getBoundingClientRect();
  const before = run.textContent.slice(0, Math.round((Math.max(0, mark.left - left) / width) * run.textContent.length));
  return before.replace(/[\p{Script=Latin}\p{N}'’-]+$/u, '').length;
}

// --- the toolbar

function toolbar(kept) {
  const { words } = kept.data;
  const element = make('div', 'bar');
  element.setAttribute('role', 'toolbar');
  element.setAttribute('aria-label', words.tools);
  const number = make('input', 'number');
  number.type = 'text';
  number.inputMode = 'numeric';
  number.setAttribute('aria-label', words.page);
  number.onchange = () => kept.pages.go(Number.parseInt(number.value, 10) || kept.pages.page());
  const turn = make('div', 'group');
  turn.append(
    iconButton('up', words.previous, () => kept.pages.go(kept.pages.page() - 1)),
    number,
    make('span', 'of', `/ ${kept.data.n}`),
    iconButton('down', words.next, () => kept.pages.go(kept.pages.page() + 1)),
  );
  const size = make('div', 'group');
  const modes = make('select', 'fit');
  modes.setAttribute('aria-label', words.zoom);
  modes.onchange = () => modes.value !== 'free' && kept.pages.fit(modes.value);
  const by = factor => () => {
    kept.pages.fit(kept.pages.zoom * factor);
    modes.value = 'free';
  };
  for (const mode of ['text', 'page', 'free']) {
    const option = make('option', '', words[`fit_${mode}`]);
    option.value = mode;
    option.hidden = mode === 'free';
    modes.append(option);
  }
  size.append(iconButton('smaller', words.smaller, by(1 / ZOOM)), modes, iconButton('larger', words.larger, by(ZOOM)));
  kept.zoomBy = factor => by(factor)();
  element.append(turn, size, quotes(kept), finder(kept), panelButtons(kept.data));
  return {
    element,
    turned(n) {
      if (document.activeElement !== number) {
        number.value = n;
      }
      const free = modes.querySelector('[value=free]');
      free.textContent = `${Math.round((kept.pages.zoom / 1.333) * 100)}%`;
      free.hidden = typeof kept.pages.mode !== 'number';
      modes.value = typeof kept.pages.mode === 'number' ? 'free' : kept.pages.mode;
    },
  };
}

/** From one quote of the answer in this file to the next. */
function quotes(kept) {
  const box = make('div', 'group quotes');
  const cited = () => kept.data.marks.filter(mark => mark.kind !== 'note');
  if (cited().length < 2) {
    return box;
  }
  let at = Math.max(
    0,
    cited().findIndex(mark => mark.kind === 'amber'),
  );
  const said = make('span', 'of');
  const step = way => async () => {
    const all = cited();
    at = (at + way + all.length) % all.length;
    const { page, start, end } = all[at];
    const told = await kept.pages.tell(page);
    const found = told.marks.find(([a, b]) => a === start && b === end);
    kept.pages.go(page, found?.[2][0] || null);
    write();
  };
  const write = () => {
    said.textContent = say(kept.data.words.quote_of, { i: at + 1, n: cited().length });
  };
  write();
  box.append(
    iconButton('before', kept.data.words.quote_before, step(-1)),
    said,
    iconButton('after', kept.data.words.quote_after, step(1)),
  );
  return box;
}

/** A word in the whole file: where it stands, one place after the other. */
function finder(kept) {
  const { words } = kept.data;
  const box = make('div', 'group find');
  const field = make('input');
  field.type = 'search';
  field.placeholder = words.find;
  field.setAttribute('aria-label', words.find);
  const said = make('span', 'of');
  said.setAttribute('role', 'status');
  let [places, at, asks] = [[], -1, 0];
  const show = async way => {
    if (!places.length) {
      return;
    }
    at = (at + way + places.length) % places.length;
    said.textContent = `${at + 1} / ${places.length}`;
    const [page, i] = places[at];
    const told = await kept.pages.tell(page);
    kept.pages.current = [page, Math.min(i, told.found.length - 1)];
    await kept.pages.again();
    const again = await kept.pages.tell(page);
    kept.pages.go(page, again.found[kept.pages.current[1]]?.[0] || null);
  };
  const look = async () => {
    asks += 1;
    const mine = asks;
    const word = field.value.trim();
    kept.pages.word = word;
    kept.pages.current = null;
    const query = new URLSearchParams({ q: word });
    const found = word ? await asked(`${kept.data.base}/find?${query}`) : null;
    if (mine !== asks) {
      return;
    }
    places = (found?.pages || []).flatMap(([page, n]) => Array.from({ length: n }, (_, i) => [page, i]));
    const here = kept.pages.page();
    at = places.findIndex(([page]) => page >= here) - 1;
    said.textContent = word && !places.length ? words.find_none : '';
    await kept.pages.again();
    await show(1);
  };
  let waits = 0;
  field.oninput = () => {
    clearTimeout(waits);
    waits = setTimeout(look, 250);
  };
  field.onkeydown = event => {
    if (event.key === 'Enter') {
      event.preventDefault();
      show(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape' && field.value) {
      event.stopPropagation();
      field.value = '';
      look();
      kept.root.querySelector('.pages').focus();
    }
  };
  box.append(
    field,
    said,
    iconButton('up', words.find_before, () => show(-1)),
    iconButton('down', words.find_after, () => show(1)),
  );
  return box;
}

// --- keys

function keys(event, kept) {
  if (event.defaultPrevented) {
    return;
  }
  const { pages, root } = kept;
  const box = root.querySelector('.pages');
  if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
    event.preventDefault();
    root.querySelector('.find input').focus();
    return;
  }
  if (event.shiftKey && event.key.startsWith('Arrow')) {
    event.preventDefault();
    extend(event.key, box);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const acts = {
    ArrowDown: () => box.scrollBy(0, LINE),
    ArrowUp: () => box.scrollBy(0, -LINE),
    ArrowRight: () => box.scrollBy(LINE, 0),
    ArrowLeft: () => box.scrollBy(-LINE, 0),
    Home: () => pages.go(1),
    End: () => pages.go(kept.data.n),
    '+': () => kept.zoomBy(ZOOM),
    '=': () => kept.zoomBy(ZOOM),
    '-': () => kept.zoomBy(1 / ZOOM),
    '/': () => root.querySelector('.find input').focus(),
  };
  if (acts[event.key]) {
    event.preventDefault();
    acts[event.key]();
  }
}

// --- selecting

/** Selects by the keyboard, on by a word or a line: from what was found, the quote, or the first line in view. */
function extend(key, box) {
  const selection = document.getSelection();
  if (selection.isCollapsed || !box.contains(selection.anchorNode)) {
    const first = start(box);
    if (!first) {
      return;
    }
    selection.collapse(first.firstChild, 0);
  }
  const way = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1;
  if (key === 'ArrowRight' || key === 'ArrowLeft') {
    selection.modify('extend', way > 0 ? 'forward' : 'backward', 'word');
    return;
  }
  const runs = [...box.querySelectorAll('.layer span')];
  const at = runs.indexOf(selection.focusNode.parentElement);
  const isWithin = way > 0 && selection.focusOffset < selection.focusNode.length;
  const next = runs[isWithin ? at : at + way];
  if (next) {
    selection.extend(next.firstChild, way > 0 ? next.firstChild.length : 0);
  }
}

function start(box) {
  const view = box.getBoundingClientRect();
  const isSeen = element => {
    const at = element.getBoundingClientRect();
    return at.bottom > view.top && at.top < view.bottom;
  };
  const mark = [...box.querySelectorAll('.mark.now, .mark.amber')].find(isSeen);
  const runs = [...box.querySelectorAll('.layer span')].filter(isSeen);
  const at = mark?.getBoundingClientRect();
  return runs.find(run => !at || meets(run.getBoundingClientRect(), at)) || runs[0];
}

function meets(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2;
}

/** What is selected on the pages: the words, their page, and what stands before them on it. */
function chosen(box, kept) {
  const selection = document.getSelection();
  if (!selection.rangeCount || selection.isCollapsed) {
    return null;
  }
  const range = selection.getRangeAt(0);
  const layer = range.startContainer.parentElement?.closest('.layer');
  if (!layer || !box.contains(layer)) {
    return null;
  }
  const quote = selection.toString();
  if (!quote.trim()) {
    return null;
  }
  const before = document.createRange();
  before.selectNodeContents(layer);
  before.setEnd(range.startContainer, range.startOffset);
  const page = Number(layer.closest('.page').dataset.page);
  return { document: kept.data.id, page, quote, before: before.toString().slice(-200) };
}
