// What scrolls can be reached by Tab and then be scrolled by the arrow keys: Streamlit's code, formulas and popovers
// have no place in that order by themselves. A table that is drawn keeps the focus when a cell of it is chosen by the
// arrow keys: the page is drawn anew, and the focus was lost.

const SCROLLS = '[data-testid="stCode"] pre, .katex-display, [data-testid="stPopoverBody"]';
const SETTLED = 150; // ms after the last change of the page
const GRID = '[data-testid="stDataFrame"]';

export default function () {
  let waits = 0;
  const look = () => {
    for (const box of document.querySelectorAll(SCROLLS)) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      if (scrolls) {
        box.tabIndex = 0;
      } else if (box.tabIndex === 0) {
        box.removeAttribute('tabindex');
      }
    }
  };
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
  const changes = new MutationObserver(later);
  changes.observe(document.body, { childList: true, subtree: true });
  window.addEventListener('resize', later);
  look();
  return () => {
    clearTimeout(waits);
    changes.disconnect();
    window.removeEventListener('resize', later);
    document.removeEventListener('focusin', remember);
    document.removeEventListener('pointerdown', remember, true);
  };
}
