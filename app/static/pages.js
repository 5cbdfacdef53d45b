// The pages of a file, one below the other: each is a picture with its marks and its words on it, made when it comes
// into view.

import { make } from './dom.js';
import { asked } from './server.js';

const GAP = 10; // pixels between two pages
const [COARSEST, FINEST] = [0.3, 5]; // pixels for a point
const [TOO_SMALL, LARGE] = [12, 17]; // pixels of a line's height: below it a column fills the width; up to it
const FONT = 'sans-serif';

export class Pages {
  /** box: what scrolls; data: of the source; turned: told when another page is in view; drawn: told of a page when its
   * words are there, and whether what was there before had the focus. */
  constructor(box, data, turned, drawn) {
    Object.assign(this, { box, data, turned, drawn, zoom: 1, mode: 'text', word: '', current: null });
    this.told = new Map(); // what the server says of a page
    this.shown = new Set();
    this.pages = Array.from({ length: data.n }, (_, i) => {
      const page = make('div', 'page');
      page.dataset.page = i + 1;
      return page;
    });
    box.replaceChildren(...this.pages);
    this.watch = new IntersectionObserver(seen => this.enter(seen), { root: box, rootMargin: '60% 0px' });
    box.onscroll = () => this.turned(this.page());
  }

  size(n) {
    return this.data.others[n] || this.data.size;
  }

  /** Shows the page that was asked for; what was cited on it is in the middle. */
  async open(n) {
    await this.tell(n);
    this.fit(this.mode, n);
    for (const page of this.pages) {
      this.watch.observe(page);
    }
    this.go(n);
  }

  enter(seen) {
    for (const { target, isIntersecting } of seen) {
      const n = Number(target.dataset.page);
      if (isIntersecting && !this.shown.has(n)) {
        this.shown.add(n);
        this.draw(n);
      } else if (!isIntersecting && this.shown.has(n)) {
        this.shown.delete(n);
        if (target.contains(document.activeElement)) {
          this.box.focus({ preventScroll: true });
        }
        target.replaceChildren();
        target.classList.remove('drawn');
      }
    }
  }

  /** The page in the middle of what is seen. */
  page() {
    const middle = this.box.scrollTop + this.box.clientHeight * 0.4;
    let [low, high] = [0, this.pages.length - 1];
    while (low < high) {
      const half = (low + high + 1) >> 1;
      [low, high] = this.pages[half].offsetTop <= middle ? [half, high] : [low, half - 1];
    }
    return low + 1;
  }

  async tell(n) {
    if (!this.told.has(n)) {
      const here = this.data.marks.filter(mark => mark.page <= n && n <= mark.last);
      const marks = [...new Set(here.map(mark => `${mark.start}-${mark.end}`))].join(',');
      const query = new URLSearchParams({ marks, find: this.word });
      this.told.set(n, asked(`${this.data.base}/${n}.json?${query}`));
    }
    return (await this.told.get(n)) || { runs: [], marks: [], found: [], isLost: true };
  }

  /** Asks again for what is shown: other marks, or another word that is looked for. */
  again() {
    this.told.clear();
    return Promise.all([...this.shown].map(n => this.draw(n)));
  }

  async draw(n) {
    const page = this.pages[n - 1];
    const [width] = this.size(n);
    const wide = Math.ceil(width * this.zoom * Math.min(2, window.devicePixelRatio || 1));
    this.picture(page, `${this.data.base}/${n}.png?w=${wide}`);
    const said = await this.tell(n);
    if (this.shown.has(n)) {
      const had = page.contains(document.activeElement);
      page.querySelector('.over')?.remove();
      page.append(this.over(n, said));
      this.drawn(n, had);
    }
  }

  /** Puts a picture in place of the page's last one when it has come: a page that grows is never empty. */
  picture(page, path) {
    const was = page.querySelector('img');
    if (page.dataset.wanted === path && was) {
      return;
    }
    page.dataset.wanted = path;
    const picture = make('img');
    picture.alt = '';
    picture.draggable = false;
    picture.onerror = () => was || page.replaceChildren(make('p', 'lost', this.data.words.lost));
    picture.onload = () => {
      page.classList.add('drawn');
      if (page.dataset.wanted === path && was?.isConnected) {
        was.replaceWith(picture);
      }
    };
    picture.src = path;
    if (!was) {
      page.prepend(picture);
    }
  }

  /** The marks and the words of a page, in its points: the whole is scaled. */
  over(n, said) {
    const over = make('div', 'over');
    const [width, height] = this.size(n);
    over.style.width = `${width}px`;
    over.style.height = `${height}px`;
    for (const [start, end, boxes] of said.marks) {
      for (const mark of this.data.marks.filter(one => one.start === start && one.end === end)) {
        over.append(...boxes.map(box => boxed(`mark ${mark.kind}`, box)));
        if (mark.said && boxes.length) {
          over.append(pin(mark.said, boxes[0], width));
        }
      }
    }
    for (const [i, boxes] of said.found.entries()) {
      const isCurrent = this.current && this.current[0] === n && this.current[1] === i;
      over.append(...boxes.map(box => boxed(isCurrent ? 'mark found now' : 'mark found', box)));
    }
    const layer = make('div', 'layer');
    layer.lang = this.data.language;
    layer.append(...said.runs.map(word));
    over.append(layer);
    return over;
  }

  // --- how large

  fit(mode, n = this.page()) {
    this.mode = mode;
    this.fitted(n).then(([zoom, left]) => this.scale(zoom, left));
  }

  async fitted(n) {
    const room = this.box.clientWidth - 20;
    const [width, height] = this.size(n);
    if (this.mode === 'page') {
      return [Math.min(room / width, (this.box.clientHeight - GAP) / height), 0];
    }
    const { runs, marks } = await this.tell(n);
    const lines = runs.filter(([, left, , right]) => right - left > width * 0.15);
    if (typeof this.mode === 'number' || !lines.length) {
      return [typeof this.mode === 'number' ? this.mode : room / width, 0];
    }
    const tall = median(lines.map(([, , top, , bottom]) => bottom - top)) || 12;
    const whole = extent(lines.map(([, left, , right]) => [left, right]));
    let [left, right] = whole;
    if ((room / (right - left)) * tall < TOO_SMALL) {
      const boxes = marks.flatMap(([, , found]) => found);
      [left, right] = column(lines, boxes.length ? boxes[0] : null) || whole;
    }
    return [Math.min(room / (right - left), (LARGE / tall) * 1.1), left];
  }

  scale(zoom, left = 0) {
    const [n, share] = this.where();
    this.zoom = Math.min(FINEST, Math.max(COARSEST, zoom));
    this.box.style.setProperty('--zoom', this.zoom);
    for (const [i, page] of this.pages.entries()) {
      const [width, height] = this.size(i + 1);
      page.style.width = `${width * this.zoom}px`;
      page.style.height = `${height * this.zoom}px`;
    }
    const page = this.pages[n - 1];
    this.box.scrollTop = page.offsetTop + share * page.offsetHeight;
    this.box.scrollLeft = Math.max(0, left * this.zoom - GAP);
    for (const each of this.shown) {
      this.draw(each);
    }
    this.turned(this.page());
  }

  /** The page at the top of what is seen, and how much of it is above. */
  where() {
    const n = this.page();
    const page = this.pages[n - 1];
    return [n, page.offsetHeight ? (this.box.scrollTop - page.offsetTop) / page.offsetHeight : 0];
  }

  // --- where

  /** Scrolls to a page, to what is cited on it, or to a place on it. */
  async go(n, box = null) {
    const page = this.pages[Math.min(Math.max(n, 1), this.pages.length) - 1];
    const said = await this.tell(n);
    const [left, wide] = await this.fitted(n).then(([zoom, at]) => [at, zoom]);
    const cited = box || this.target(said);
    await new Promise(requestAnimationFrame);
    const above = cited ? cited[1] * this.zoom - this.box.clientHeight * 0.3 : -GAP;
    this.box.scrollTop = page.offsetTop + above;
    this.box.scrollLeft = Math.max(0, left * Math.min(this.zoom, wide || this.zoom) - GAP);
    if (
      box &&
      (box[0] * this.zoom < this.box.scrollLeft || box[2] * this.zoom > this.box.scrollLeft + this.box.clientWidth)
    ) {
      this.box.scrollLeft = box[0] * this.zoom - GAP;
    }
    this.turned(this.page());
  }

  /** The first box of the quote that was opened, on a page where it stands. */
  target(said) {
    const [start, end] = this.data.target;
    const found = said.marks.find(([a, b, boxes]) => a === start && b === end && boxes.length);
    return found ? found[2][0] : null;
  }

  leave() {
    this.watch.disconnect();
  }
}

function boxed(name, [left, top, right, bottom]) {
  const box = make('div', name);
  Object.assign(box.style, {
    left: `${left - 1}px`,
    top: `${top - 1}px`,
    width: `${right - left + 2}px`,
    height: `${bottom - top + 2}px`,
  });
  return box;
}

/** A sign in the margin where a note stands. */
function pin(said, [, top, right], width) {
  const sign = make('div', 'pin', '✎');
  sign.title = said;
  sign.style.top = `${top - 2}px`;
  sign.style.left = `${Math.min(width - 14, right + 4)}px`;
  return sign;
}

let ruler = null; // measures how wide words are in the font of the layer

function word([text, left, top, right, bottom]) {
  const run = make('span', '', text);
  const tall = bottom - top;
  ruler = ruler || document.createElement('canvas').getContext('2d');
  ruler.font = `${tall * 0.8}px ${FONT}`;
  const wide = ruler.measureText(text).width || 1;
  Object.assign(run.style, {
    left: `${left}px`,
    top: `${top}px`,
    fontSize: `${tall * 0.8}px`,
    lineHeight: `${tall}px`,
    transform: `scaleX(${(right - left) / wide})`,
  });
  return run;
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}

/** From where to where most of the ranges reach. */
function extent(ranges) {
  return [Math.min(...ranges.map(range => range[0])), Math.max(...ranges.map(range => range[1]))];
}

/** The lines that stand above and below a box, or the widest column: from where to where. */
function column(lines, box) {
  const spans = lines.map(([, left, , right]) => [left, right]);
  const within = box ? spans.filter(([left, right]) => left < box[2] && box[0] < right) : spans;
  const wide = median(within.map(([left, right]) => right - left));
  const alike = within.filter(([left, right]) => right - left > 0.7 * wide && right - left < 1.2 * wide);
  const start = alike.length ? median(alike.map(([left]) => left)) : 0;
  return alike.length ? extent(alike.filter(([left]) => Math.abs(left - start) < 0.3 * wide)) : null;
}
