// What a source's toolbar has for every kind of source: how wide the panel is, the whole page, its link, its file.

import { button, make } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const ICONS = {
  before: 'M10 3 5 8l5 5',
  after: 'M6 3l5 5-5 5',
  up: 'M3 10l5-5 5 5',
  down: 'M3 6l5 5 5-5',
  smaller: 'M3 8h10',
  larger: 'M3 8h10M8 3v10',
  full: 'M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3',
  link: 'M7 9a3 3 0 0 0 4 0l2-2a3 3 0 0 0-4-4L8 4M9 7a3 3 0 0 0-4 0L3 9a3 3 0 0 0 4 4l1-1',
  file: 'M9 2H4v12h8V5zM9 2v3h3',
  done: 'M3 8l4 4 6-8',
};
const SPLIT = '--kb-split';
const [NARROWEST, WIDEST, STEP] = [28, 75, 4]; // percent of the page that the source takes

/** A button with a drawn face. */
export function iconButton(icon, label, act) {
  const made = button('icon', '', label, act);
  made.append(drawn(icon));
  return made;
}

export function drawn(icon) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[icon]);
  svg.append(path);
  return svg;
}

/** The buttons at the end of every source's toolbar. */
export function panelButtons(data) {
  const box = make('div', 'group');
  const full = iconButton('full', data.words.full, () => {
    const isFull = document.documentElement.classList.toggle('kb-full');
    full.setAttribute('aria-pressed', String(isFull));
  });
  const link = iconButton('link', data.words.link, async () => {
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      return;
    }
    link.replaceChildren(drawn('done'));
    setTimeout(() => link.replaceChildren(drawn('link')), 1500);
  });
  box.append(full, link);
  if (data.file) {
    const file = make('a', 'icon');
    file.href = data.file;
    file.target = '_blank';
    file.rel = 'noopener';
    file.title = data.words.file;
    file.setAttribute('aria-label', data.words.file);
    file.append(drawn('file'));
    box.append(file);
  }
  return box;
}

/** The edge of the panel: it is dragged, or moved by the arrow keys. */
export function edge(data) {
  const handle = make('div', 'edge');
  handle.tabIndex = 0;
  handle.title = data.words.edge;
  handle.setAttribute('role', 'separator');
  handle.setAttribute('aria-orientation', 'vertical');
  handle.setAttribute('aria-label', data.words.edge);
  const put = share => {
    const kept = Math.min(WIDEST, Math.max(NARROWEST, share));
    document.documentElement.style.setProperty(SPLIT, `${kept}%`);
    handle.setAttribute('aria-valuenow', String(Math.round(kept)));
    keep(kept);
  };
  const now = () => parseFloat(document.documentElement.style.getPropertyValue(SPLIT)) || 50;
  handle.setAttribute('aria-valuenow', String(Math.round(now())));
  handle.onkeydown = event => {
    const way = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (way) {
      event.preventDefault();
      put(now() + way);
    }
  };
  handle.onpointerdown = event => {
    handle.setPointerCapture(event.pointerId);
    const whole = handle.closest('[data-testid="stHorizontalBlock"]')?.getBoundingClientRect();
    handle.onpointermove = move => whole && put(((whole.right - move.clientX) / whole.width) * 100);
    handle.onpointerup = () => {
      handle.onpointermove = null;
    };
  };
  const kept = parseFloat(remembered());
  if (kept) {
    put(kept);
  }
  return handle;
}

function keep(share) {
  try {
    localStorage.setItem('kb-split', String(share));
  } catch {
    // a browser that keeps nothing
  }
}

function remembered() {
  try {
    return localStorage.getItem('kb-split') || '';
  } catch {
    return '';
  }
}

const LATER = 1000; // ms
const [HEADER, LEAST, BELOW] = [76, 240, 60]; // pixels: of the page above, of the room, of what may stand below it

/** The colour of the page, for a panel that covers it. */
function paper() {
  const page = document.querySelector('[data-testid="stApp"]');
  document.documentElement.style.setProperty('--kb-paper', page ? getComputedStyle(page).backgroundColor : 'Canvas');
}

/** Keeps an element as high as the window leaves room for: what is above and below it in the panel stays in view. Gives
 * what ends that. */
export function fillsWindow(box) {
  const fill = () => {
    const panel = box.closest('.st-key-srcpanel');
    if (!panel) {
      return;
    }
    paper();
    const covers = getComputedStyle(panel.closest('[data-testid="stColumn"]') || panel).position === 'fixed';
    const [outer, inner] = [panel.getBoundingClientRect(), box.getBoundingClientRect()];
    const bottom = covers ? 0 : document.querySelector('[data-testid="stBottom"]')?.offsetHeight || 12;
    const below = Math.min(BELOW, Math.max(0, outer.bottom - inner.bottom));
    const room = window.innerHeight - (covers ? 20 : HEADER) - (inner.top - outer.top) - below - bottom;
    box.style.setProperty('--room', `${Math.max(LEAST, Math.round(room))}px`);
  };
  fill();
  const seen = new ResizeObserver(fill);
  seen.observe(document.documentElement);
  // what stands at the bottom of the page may come after this
  const watch = () => {
    for (const part of [box.closest('.st-key-srcpanel'), document.querySelector('[data-testid="stBottom"]')]) {
      if (part) {
        seen.observe(part);
      }
    }
  };
  watch();
  const waits = setTimeout(watch, LATER);
  const page = document.querySelector('[data-testid="stApp"]');
  const dressed = new MutationObserver(paper); // in other colours: by the menu, or because the evening has come
  if (page) {
    dressed.observe(page, { attributes: true, attributeFilter: ['class'] });
  }
  window.addEventListener('resize', fill);
  return () => {
    clearTimeout(waits);
    seen.disconnect();
    dressed.disconnect();
    window.removeEventListener('resize', fill);
  };
}

/** Esc leaves the whole page first; gives what takes the listener away. */
export function leavesFull() {
  const listen = event => {
    if (event.key === 'Escape' && document.documentElement.classList.contains('kb-full')) {
      document.documentElement.classList.remove('kb-full');
      for (const pressed of document.querySelectorAll('.kb-reader [aria-pressed]')) {
        pressed.setAttribute('aria-pressed', 'false');
      }
      event.stopImmediatePropagation();
    }
  };
  document.addEventListener('keydown', listen, true);
  return () => {
    document.removeEventListener('keydown', listen, true);
    document.documentElement.classList.remove('kb-full');
  };
}
