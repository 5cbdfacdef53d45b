// Documents as dots: by meaning (a place for each), or by year (a stack for each). A press opens one; the same stands
// below as a list, for the keyboard and for reading aloud.

import { make } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const EDGE = 16; // pixels round the dots
const LINE = 17; // pixels of a label's line
const [FAR, STEP] = [112, 8]; // pixels that a label is moved at most from the middle of its group, and at once
const ONE_TERM = 600; // pixels of a picture below which a name has one term
const [COVERED, TAKEN] = [40, 10_000]; // pixels that a label is moved for one dot less under it, and for another label
const MOVES = Array.from({ length: (2 * FAR) / STEP + 1 }, (_, i) => i * STEP - FAR)
  .flatMap((x, _, all) => all.map(y => [x, y, Math.hypot(x, y)]))
  .sort((a, b) => a[2] - b[2]);
const FOOT = 26; // pixels for the years

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  const open = id => setTriggerValue('opened', id);
  const said = make('div', 'said');
  said.setAttribute('aria-hidden', 'true');
  const box = make('div', 'box');
  const draw = () => box.replaceChildren(picture(data, box.clientWidth, said, open));
  root.replaceChildren(legend(data.legend), box, said, twin(data, open));
  root.observer?.disconnect();
  let width = 0;
  root.observer = new ResizeObserver(() => {
    if (box.clientWidth !== width) {
      width = box.clientWidth;
      draw();
    }
  });
  root.observer.observe(box);
  return () => root.observer.disconnect();
}

function legend(entries) {
  const key = make('div', 'legend');
  for (const { group, text } of entries) {
    const entry = make('span', '', text);
    entry.style.setProperty('--g', group);
    key.append(entry);
  }
  return key;
}

function shape(name, attributes, text = '') {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.textContent = text;
  return element;
}

function picture(data, width, said, open) {
  const height = Math.round(Math.max(260, Math.min(560, width * (data.by === 'year' ? 0.4 : 0.62))));
  const svg = shape('svg', { width, height, role: 'img', 'aria-label': data.words.picture });
  const { places, size, ticks } = data.by === 'year' ? stacked(data, width, height) : spread(data, width, height);
  for (const [x, text] of ticks) {
    svg.append(shape('text', { x, y: height - 7, class: 'tick', 'text-anchor': 'middle' }, text));
  }
  for (const [i, point] of data.points.entries()) {
    const dot = shape('circle', { cx: places[i][0], cy: places[i][1], r: size, class: 'dot' });
    dot.style.setProperty('--g', point.group);
    dot.onclick = () => open(point.id);
    dot.onpointerenter = () => {
      said.textContent = [point.title, point.said].filter(Boolean).join(' · ');
    };
    svg.append(dot);
  }
  for (const [x, y, text, group] of labels(data, places, size, width, height)) {
    const label = shape('text', { x, y, class: 'label', 'text-anchor': 'middle' }, text);
    label.style.setProperty('--g', group);
    svg.append(label);
  }
  return svg;
}

function spread(data, width, height) {
  const places = data.points.map(point => at(point, width, height));
  const size = Math.max(2.5, Math.min(6, Math.sqrt((width * height) / Math.max(1, data.points.length)) / 9));
  return { places, size, ticks: [] };
}

function at(point, width, height) {
  return [EDGE + point.x * (width - 2 * EDGE), EDGE + point.y * (height - 2 * EDGE)];
}

function stacked(data, width, height) {
  const years = data.points.map(point => point.year);
  const first = Math.min(...years);
  const n = Math.max(1, Math.max(...years) - first + 1);
  const step = (width - 2 * EDGE) / n;
  const heights = new Map();
  for (const year of years) {
    heights.set(year, (heights.get(year) ?? 0) + 1);
  }
  const cell = Math.min(step, 14, (height - FOOT - EDGE) / Math.max(1, ...heights.values()));
  const seen = new Map();
  const places = years.map(year => {
    const up = seen.get(year) ?? 0;
    seen.set(year, up + 1);
    return [EDGE + (year - first + 0.5) * step, height - FOOT - cell * (up + 0.5)];
  });
  const every = Math.ceil(46 / step);
  const ticks = [];
  for (let year = first; year < first + n; year += 1) {
    if ((year - first) % every === 0) {
      ticks.push([EDGE + (year - first + 0.5) * step, String(year)]);
    }
  }
  return { places, size: Math.max(1.5, cell * 0.42), ticks };
}

/** Names of groups, each near the middle of its group: where it lies on no other name and on the fewest dots. */
function labels(data, places, size, width, height) {
  const room = text => [...text].reduce((sum, sign) => sum + (sign > '\u2e80' ? 13 : 7), 0);
  const found = [];
  const farthest = Math.min(FAR, width / 8);
  for (const { terms, group, ...middle } of data.labels) {
    const text = terms.slice(0, width < ONE_TERM ? 1 : 2).join(data.between);
    const half = Math.min(room(text), width - 4) / 2;
    const [x, y] = at(middle, width, height);
    const near = places.filter(([c, d]) => Math.abs(c - x) < half + FAR + size && Math.abs(d - y) < LINE + FAR);
    let [least, best] = [Infinity, [x, y]];
    for (const [right, down, way] of MOVES) {
      if (way >= Math.min(least, farthest)) {
        break; // no place further off is better
      }
      const a = Math.max(half + 2, Math.min(width - half - 2, x + right));
      const b = Math.max(LINE, Math.min(height - 6, y + 5 + down)); // the line that the words stand on
      const cost = way + COVERED * under(near, a, b, half, size) + TAKEN * under(found, a, b, half, 0);
      [least, best] = cost < least ? [cost, [a, b]] : [least, best];
    }
    found.push([...best, text, group, half]);
  }
  return found;
}

/** How many dots, or other labels, which have half a width of their own, lie under a label. */
function under(places, a, b, half, size) {
  return places.filter(([c, d, , , wide]) =>
    wide === undefined
      ? Math.abs(c - a) < half + size && Math.abs(d + 5 - b) < LINE / 2 + size
      : Math.abs(c - a) < half + wide && Math.abs(d - b) < LINE,
  ).length;
}

function twin(data, open) {
  const whole = make('details');
  whole.append(make('summary', '', data.words.list));
  whole.addEventListener('toggle', () => {
    if (whole.open && whole.children.length === 1) {
      whole.append(...data.parts.map(part => section(part, data, open)));
    }
  });
  return whole;
}

function section(part, data, open) {
  const made = make('section');
  const list = make('ul');
  for (const point of data.points.filter(each => each[part.by] === part.is)) {
    const line = make('li');
    const press = make('button', 'open', point.title);
    press.type = 'button';
    press.dir = 'auto';
    press.onclick = () => open(point.id);
    line.append(press, make('span', 'more', point.said ? ` ${point.said}` : ''));
    list.append(line);
  }
  const head = make('h2', '', part.text);
  head.style.setProperty('--g', part.is);
  made.append(head, list);
  return made;
}
