// What scrolls can be reached by Tab and then be scrolled by the arrow keys: Streamlit's code, formulas and popovers
// have no place in that order by themselves, nor a figure that is wider than the page; that one fades where there is
// more of it at the right. A table that is drawn keeps the focus when a cell of it is chosen by the
// arrow keys: the page is drawn anew, and the focus was lost. The page says which language it is in, and Streamlit's
// own parts are called in it.

import { teller } from './tell.js';

const FIGURES = '[class*="st-key-survey_figure"]';
const SCROLLS = `[data-testid="stCode"] pre, .katex-display, [data-testid="stPopoverBody"], ${FIGURES}`;
const SKIP = '[data-testid="stSkipToContent"]';
const SETTLED = 150; // ms after the last change of the page
const CHARTS = '[data-testid="stVegaLiteChart"]';
const GRID = '[data-testid="stDataFrame"]';

export default function ({ data }) {
  let waits = 0;
  const untold = teller();
  document.documentElement.lang = data.language;
  const look = () => {
    call(data.names);
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
  const changes = new MutationObserver(() => {
    quieten();
    later();
  });
  changes.observe(document.body, { childList: true, subtree: true });
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

/** Gives what Streamlit named in English the names that are given, and its own back where there is none. The sign of
 * the page says nothing that the word beside it does not. */
function call(names) {
  const skip = document.querySelector(SKIP);
  if (skip) {
    skip.called ??= skip.textContent;
    const name = names[skip.called] ?? skip.called;
    if (skip.textContent !== name) {
      skip.firstChild.data = name; // React keeps its own text node
    }
  }
  for (const part of document.querySelectorAll('[aria-label]')) {
    const now = part.getAttribute('aria-label');
    const own = part.called?.name === now ? part.called.own : now;
    const [, start, rest] = own.match(/^(Help for )?(.*)$/s);
    const name = start && names[start] ? names[start] + rest : (names[own] ?? own);
    if (name !== now) {
      part.setAttribute('aria-label', name);
    }
    part.called = { name, own };
  }
  for (const sign of document.querySelectorAll('.stLogo')) {
    sign.alt = '';
  }
}
