// The documents as a table one can work in: filtered as one types, sorted, several chosen, edited in place.
// A row is known by its id; only the rows in view are drawn.

import { arrange, button, make, say } from './dom.js';
import { cellOf, editor } from './grid_cells.js';

const TALL = 34; // pixels of a row, and where there is room for no columns
const TALL_NARROW = 62;
const NARROW = 660;
const IN_NARROW = ['title', 'authors', 'year', 'state']; // what a row has there: grid.css
const SPARE = 8; // rows drawn above and below those in view

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  root.grid = root.grid ?? new Grid(root);
  root.grid.send = setTriggerValue;
  root.grid.tell = setStateValue;
  root.grid.take(data);
}

class Grid {
  constructor(root) {
    this.root = root;
    this.sort = null; // [column, 1 or -1]
    this.at = [0, 1]; // the row in `shown` and the column that has the focus
    this.picked = new Set();
    this.pending = new Map(); // "id column" -> what was typed, until the library says what is so
    this.last = null; // the row that was chosen last, for a range
    this.editing = null; // the editor that is open
    this.lines = new Map(); // id -> the element of a row that is drawn
    this.build();
  }

  build() {
    this.filter = make('input', 'filter');
    this.filter.type = 'search';
    this.filter.oninput = () => this.refilter();
    this.count = make('span', 'count');
    this.count.setAttribute('role', 'status');
    const bar = make('div', 'bar');
    bar.append(this.filter, this.count);
    this.head = make('div', 'head');
    this.head.setAttribute('role', 'row');
    this.head.setAttribute('aria-rowindex', '1');
    this.body = make('div', 'rows');
    this.space = make('div', 'space');
    this.space.append(this.body);
    this.box = make('div', 'box');
    this.box.setAttribute('role', 'grid');
    this.box.setAttribute('aria-multiselectable', 'true');
    this.box.append(this.head, this.space);
    this.box.onscroll = () => this.draw();
    this.box.onkeydown = event => this.key(event);
    this.root.replaceChildren(bar, this.box);
    new ResizeObserver(() => this.fit()).observe(this.root);
  }

  take(data) {
    const every = data.columns.map((column, i) => ({ ...column, at: i + 1 })); // at: where a row has it
    Object.assign(this, { every, rows: data.rows, words: data.words });
    this.pending.clear();
    this.root.classList.toggle('short', Boolean(data.short));
    this.filter.placeholder = data.words.filter;
    this.filter.setAttribute('aria-label', data.words.filter);
    this.box.setAttribute('aria-label', data.words.documents);
    this.sought = this.rows.map(row => row.slice(1).flat().join(' ').toLowerCase());
    const there = new Set(this.rows.map(row => row[0]));
    const kept = [...this.picked].filter(id => there.has(id));
    if (data.cleared !== this.cleared) {
      this.cleared = data.cleared;
      kept.length = 0;
    }
    const changed = kept.length !== this.picked.size;
    this.picked = new Set(kept);
    this.refilter(false);
    if (changed) {
      this.tellPicked();
    }
  }

  /** The rows that hold every word, in their order. */
  refilter(toTop = true) {
    const parts = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = [...this.rows.keys()];
    if (parts.length) {
      found = found.filter(i => parts.every(part => this.sought[i].includes(part)));
    }
    if (this.sort) {
      const [column, way] = this.sort;
      const order = new Intl.Collator(document.documentElement.lang || undefined, { numeric: true });
      const value = i => [this.rows[i][column]].flat().join('; ');
      found = found.map(i => [value(i), i]);
      // What has no value stands last, whichever way round.
      found.sort(([a, i], [b, j]) => (a === '') - (b === '') || way * order.compare(a, b) || i - j);
      found = found.map(pair => pair[1]);
    }
    this.shown = found;
    this.at[0] = Math.max(0, Math.min(this.at[0], found.length - 1));
    if (toTop) {
      this.box.scrollTop = 0;
    }
    this.fit();
  }

  fit() {
    const wide = this.root.clientWidth;
    const narrow = wide > 0 && wide < NARROW;
    const fits = column => (narrow ? IN_NARROW.includes(column.name) : wide === 0 || column.from <= wide);
    const columns = (this.every ?? []).filter(fits);
    const named = some => some?.map(column => column.name).join();
    const isOther = narrow !== this.narrow || named(columns) !== named(this.columns);
    const typed = isOther ? this.editing?.leave() : null;
    const name = this.columns?.[this.at[1] - 1]?.name;
    const k = columns.findIndex(column => column.name === name) + 1; // the same column, at another place
    Object.assign(this, { narrow, columns, tall: narrow ? TALL_NARROW : TALL });
    this.root.classList.toggle('narrow', narrow);
    this.root.style.setProperty('--columns', `2.2rem ${columns.map(column => column.width).join(' ')}`);
    this.at[1] = k || Math.min(this.at[1], Math.max(1, columns.length));
    this.space.style.height = `${(this.shown?.length ?? 0) * this.tall}px`;
    this.drawHead();
    // No taller than its rows: what stands below, the card, would be out of view.
    const rows = Math.max(1, this.shown?.length ?? 0) * this.tall;
    this.box.style.setProperty('--tall', `${rows + this.head.offsetHeight + 4}px`);
    this.draw();
    if (typed) {
      this.goOn(typed);
    }
  }

  /** Opens the editor again in a layout that has changed meanwhile, with what was typed; where its cell is not shown
   * any more, that is saved. */
  goOn({ row, column, value, marked }) {
    const n = this.shown.findIndex(i => this.rows[i][0] === row[0]);
    const k = this.columns.findIndex(each => each.name === column.name);
    if (n < 0 || k < 0) {
      this.save(row, column, value);
      this.draw();
      return;
    }
    this.at = [n, k + 1];
    this.focus(true);
    this.edit(value, marked);
  }

  drawHead() {
    const says = JSON.stringify([this.columns, this.sort, this.words.all]);
    if (this.head.says !== says) {
      this.head.says = says;
      const active = this.root.getRootNode().activeElement;
      const held = [...this.head.children].findIndex(cell => cell.contains(active));
      const others = this.columns.map((column, k) => this.heading(column, column.at, k));
      this.head.replaceChildren(this.headOfAll(), ...others);
      this.head.children[held]?.firstChild.focus();
    }
    const all = this.head.querySelector('.check input');
    const n = this.shown.filter(i => this.picked.has(this.rows[i][0])).length;
    all.checked = n > 0 && n === this.shown.length;
    all.indeterminate = n > 0 && n < this.shown.length;
    this.box.setAttribute('aria-colcount', String(this.columns.length + 1));
    this.box.setAttribute('aria-rowcount', String(this.shown.length + 1));
    const said = { shown: this.shown.length, all: this.rows.length, picked: this.picked.size };
    this.count.textContent = say(this.picked.size ? this.words.count_picked : this.words.count, said);
  }

  headOfAll() {
    const all = make('input');
    all.type = 'checkbox';
    all.title = this.words.all;
    all.setAttribute('aria-label', this.words.all);
    all.onchange = () => this.pickAll(all.checked);
    const cell = make('div', 'cell check');
    cell.setAttribute('role', 'columnheader');
    cell.setAttribute('aria-colindex', '1');
    cell.append(all);
    return cell;
  }

  heading(column, i, k) {
    const cell = make('div', `cell ${column.name}`);
    cell.setAttribute('role', 'columnheader');
    cell.setAttribute('aria-colindex', String(k + 2));
    cell.setAttribute('aria-label', column.label); // what it is of, without what its button does
    const way = this.sort?.[0] === i ? this.sort[1] : 0;
    cell.setAttribute('aria-sort', ['descending', 'none', 'ascending'][way + 1]);
    const face = column.label + ['\u00a0↓', '', '\u00a0↑'][way + 1];
    cell.append(
      button('sorts', face, say(this.words.sort, { column: column.label }), () => {
        this.sort = { 0: [i, 1], 1: [i, -1] }[way] ?? null; // up, down, as they came
        this.refilter();
      }),
    );
    return cell;
  }

  /** Draws the rows in view. */
  draw() {
    if (!this.shown || this.editing) {
      return;
    }
    const held =
      this.root.contains(this.root.getRootNode().activeElement) &&
      this.body.contains(this.root.getRootNode().activeElement);
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.tall) - SPARE);
    const last = Math.min(this.shown.length, first + Math.ceil(this.box.clientHeight / this.tall) + 2 * SPARE);
    this.body.style.transform = `translateY(${first * this.tall}px)`;
    const wanted = this.shown.slice(first, last).map((i, k) => this.drawn(this.rows[i], first + k));
    arrange(this.body, wanted.length ? wanted : [make('div', 'none', this.words.none)]);
    for (const [id] of [...this.lines].filter(([, line]) => !wanted.includes(line))) {
      this.lines.delete(id);
    }
    if (held) {
      this.focus(false);
    }
  }

  /** The element of a row, at its place: the one that is there, while it says the same. A row that were made anew under
   * the focus would be told as a whole. */
  drawn(row, n) {
    const id = row[0];
    const pending = this.columns.map(column => this.pending.get(`${id} ${column.name}`) ?? null);
    const says = JSON.stringify([row, pending, this.columns, this.tall]);
    let line = this.lines.get(id);
    if (line?.says !== says) {
      line = Object.assign(this.line(row), { says });
      this.lines.set(id, line);
    }
    const isPicked = this.picked.has(id);
    line.n = n;
    line.classList.toggle('on', isPicked);
    line.setAttribute('aria-rowindex', String(n + 2));
    line.setAttribute('aria-selected', String(isPicked));
    line.querySelector('.check input').checked = isPicked;
    for (const [k, cell] of [...line.children].entries()) {
      cell.tabIndex = k > 0 && n === this.at[0] && k === this.at[1] ? 0 : -1;
    }
    return line;
  }

  line(row) {
    const line = make('div', 'row');
    line.setAttribute('role', 'row');
    line.style.height = `${this.tall}px`;
    const box = make('input');
    box.type = 'checkbox';
    box.tabIndex = -1;
    box.setAttribute('aria-label', say(this.words.pick, { title: row[1] }));
    box.onclick = event => this.pick(line.n, event.shiftKey);
    box.onfocus = () => {
      this.at = [line.n, this.at[1]];
    };
    const check = make('div', 'cell check');
    check.setAttribute('role', 'gridcell');
    check.setAttribute('aria-colindex', '1');
    check.append(box);
    const cells = this.columns.map((column, k) => {
      const pending = this.pending.get(`${row[0]} ${column.name}`);
      const cell = cellOf(row, column.at, column, this.words, pending, () => this.open(row[0]));
      cell.setAttribute('aria-colindex', String(k + 2));
      cell.onfocus = () => {
        this.at = [line.n, k + 1];
      };
      cell.ondblclick = () => this.edit();
      return cell;
    });
    line.append(check, ...cells);
    return line;
  }

  open(id) {
    this.send('opened', id);
  }

  pick(n, isRange) {
    const id = this.rows[this.shown[n]][0];
    const on = !this.picked.has(id);
    const from = isRange && this.last !== null ? this.last : n;
    for (let i = Math.min(from, n); i <= Math.min(Math.max(from, n), this.shown.length - 1); i += 1) {
      this.picked[on ? 'add' : 'delete'](this.rows[this.shown[i]][0]);
    }
    this.last = n;
    this.changed();
  }

  pickAll(on) {
    for (const i of this.shown) {
      this.picked[on ? 'add' : 'delete'](this.rows[i][0]);
    }
    this.changed();
  }

  changed() {
    this.drawHead();
    this.draw();
    this.tellPicked();
  }

  /** Says what is chosen once the hand rests: a click does not wait for the one before it. */
  tellPicked() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.tell('picked', [...this.picked]), 250);
  }

  key(event) {
    const [n, k] = this.at;
    if (event.target.closest('.editor') || event.target.closest('.head')) {
      return;
    }
    const far = Math.max(1, Math.floor(this.box.clientHeight / this.tall) - 2);
    const moves = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
      PageDown: [far, 0],
      PageUp: [-far, 0],
      Home: [-n, 0],
      End: [this.shown.length, 0],
    };
    if (event.key in moves) {
      const [down, right] = moves[event.key];
      this.at = [
        Math.max(0, Math.min(this.shown.length - 1, n + down)),
        Math.max(1, Math.min(this.columns.length, k + right)),
      ];
      this.focus(true);
    } else if (event.key === ' ') {
      this.pick(n, event.shiftKey);
    } else if (event.key === 'F2') {
      this.edit();
    } else if (event.key === 'Enter') {
      this.open(this.rows[this.shown[n]][0]);
    } else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) {
      this.pickAll(true);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Puts the focus on the cell that has it, scrolled into view where that is asked for. */
  focus(scrolls) {
    const [n, k] = this.at;
    if (scrolls) {
      const top = n * this.tall;
      const room = this.box.clientHeight - this.head.offsetHeight - this.tall;
      this.box.scrollTop = Math.min(Math.max(this.box.scrollTop, top - room), top);
      this.draw();
    }
    const line = [...this.lines.values()].find(each => each.n === n);
    for (const cell of this.body.querySelectorAll('[tabindex="0"]')) {
      cell.tabIndex = -1;
    }
    if (line) {
      line.children[k].tabIndex = 0;
      line.children[k].focus({ preventScroll: true });
    }
  }

  /** Opens the cell that has the focus for editing; with what was typed and marked in it before, if anything. */
  edit(value, marked) {
    const [n, k] = this.at;
    const row = this.rows[this.shown[n]];
    const column = this.columns[k - 1];
    const line = [...this.lines.values()].find(each => each.n === n);
    if (!column?.edit || !line || this.editing) {
      return;
    }
    this.lines.delete(row[0]); // its cell is another from here on
    const opened = editor(line.children[k], row, column.at, column, this.words, typed => {
      this.editing = null;
      this.save(row, column, typed);
      this.draw();
      this.focus(false);
    });
    if (value !== undefined) {
      opened.put(value, marked);
    }
    const leave = () => {
      this.editing = null;
      return { row, column, ...opened.leave() };
    };
    this.editing = { leave };
  }

  /** Sends what was typed into a cell; null: nothing is to be changed. */
  save(row, column, value) {
    const was = [row[column.at]].flat().join(column.join ?? '; ');
    if (value === null || value === was) {
      return;
    }
    this.pending.set(`${row[0]} ${column.name}`, value);
    this.send('edited', { id: row[0], field: column.name, value, was });
  }
}
