// What scrolls can be reached by Tab and then be scrolled by the arrow keys: Streamlit's code, formulas and popovers
// have no place in that order by themselves, nor a figure that is wider than the page; that one fades where there is
// more of it at the right. A table that is drawn keeps the focus when a cell of it is chosen by the
// arrow keys: the page is drawn anew, and the focus was lost. The page says which language it is in, and Streamlit's
// own parts are called in it: names.js.

import { callAll, callChanged, WATCHED } from './names.js';
import { speak } from './spoken.js';
import { teller } from './tell.js';

const FIGURES = '[class*="st-key-survey_figure"]';
const SCROLLS = `[data-testid="stCode"] pre, .katex-display, [data-testid="stPopoverBody"], ${FIGURES}`;
const TABLES = '[data-testid="stTable"] table';
const SETTLED = 150; // ms after the last change of the page
const CHARTS = '[data-testid="stVegaLiteChart"]';
const MARKS = `${CHARTS} svg > g`; // lines and points without a name: the chart's own says what they show
const GRID = '[data-testid="stDataFrame"]';

export default function ({ data }) {
  let waits = 0;
  const untold = teller();
  document.documentElement.lang = data.language;
  const look = () => {
    callAll(document.body, data.names);
    hush();
    sayFormulas(data.formulas);
    for (const marks of document.querySelectorAll(MARKS)) {
      marks.setAttribute('aria-hidden', 'true');
    }
    document.querySelectorAll(TABLES).forEach(callTable);
    for (const box of document.querySelectorAll(SCROLLS)) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      if (scrolls) {
        box.tabIndex = 0;
      } else if (box.tabIndex === 0) {
        box.removeAttribute('tabindex');
      }
    }
    document.querySelectorAll(FIGURES).forEach(fade);
  };
  const scrolled = event => event.target instanceof Element && event.target.matches(FIGURES) && fade(event.target);
  let grid = ''; // the keyed part of the page whose table has the focus
  const goBack = () => {
    if (grid && document.activeElement === document.body) {
      document.querySelector(`.${CSS.escape(grid)} ${GRID} canvas`)?.focus({ preventScroll: true });
    }
  };
  const later = () => {
    clearTimeout(waits);
    waits = setTimeout(() => {
      look();
      goBack();
    }, SETTLED);
  };
  const remember = event => {
    const part = event.target.closest?.(GRID)?.closest('[class*="st-key-"]');
    grid = part ? [...part.classList].find(name => name.startsWith('st-key-')) : '';
  };
  document.addEventListener('focusin', remember);
  document.addEventListener('pointerdown', remember, true);
  // The names before anything can be told of what is new, the rest once the page has settled.
  const changes = new MutationObserver(records => {
    callChanged(records, data.names);
    if (records.some(record => record.type === 'childList')) {
      quieten();
      later();
    }
  });
  changes.observe(document.body, WATCHED);
  document.addEventListener('scroll', scrolled, true);
  window.addEventListener('resize', later);
  look();
  return () => {
    untold();
    clearTimeout(waits);
    changes.disconnect();
    document.removeEventListener('scroll', scrolled, true);
    window.removeEventListener('resize', later);
    document.removeEventListener('focusin', remember);
    document.removeEventListener('pointerdown', remember, true);
  };
}

/** Takes charts that change each second from a screen reader, which could not keep up; gives them back at the end. */
function quieten() {
  for (const chart of document.querySelectorAll(CHARTS)) {
    if (chart.closest('.st-key-lablive')) {
      chart.setAttribute('aria-hidden', 'true');
    } else {
      chart.removeAttribute('aria-hidden');
    }
  }
}

/** Says whether there is more of a figure at the right. */
function fade(figure) {
  figure.dataset.more = String(figure.scrollLeft + figure.clientWidth < figure.scrollWidth - 1);
}

/** Formulas that Streamlit draws, in words. */
function sayFormulas(words) {
  for (const formula of document.querySelectorAll('.katex:not(.formula .katex)')) {
    const tex = formula.querySelector('annotation')?.textContent;
    if (tex) {
      speak(formula, tex, words);
    }
  }
}

/** Calls a table by the words above it, or by what it is folded into. */
function callTable(table) {
  const above = table.closest('.stElementContainer')?.previousElementSibling;
  const words = above?.querySelector('[data-testid="stMarkdownContainer"], h2, h3');
  const around = table.closest('details')?.querySelector('summary [data-testid="stMarkdownContainer"]');
  const name = (words ?? around ?? document.querySelector('.stMain h1'))?.textContent.slice(0, 200);
  if (name && name !== table.ariaLabel) {
    table.ariaLabel = name;
  }
}

/** The sign of the page says nothing that the word beside it does not. */
function hush() {
  for (const sign of document.querySelectorAll('.stLogo')) {
    sign.alt = '';
  }
}
