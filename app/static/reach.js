// What scrolls can be reached by Tab and then be scrolled by the arrow keys: Streamlit's code, formulas and popovers
// have no place in that order by themselves.

const SCROLLS = '[data-testid="stCode"] pre, .katex-display, [data-testid="stPopoverBody"]';
const SETTLED = 150; // ms after the last change of the page

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
  const later = () => {
    clearTimeout(waits);
    waits = setTimeout(look, SETTLED);
  };
  const changes = new MutationObserver(later);
  changes.observe(document.body, { childList: true, subtree: true });
  window.addEventListener('resize', later);
  look();
  return () => {
    clearTimeout(waits);
    changes.disconnect();
    window.removeEventListener('resize', later);
  };
}
