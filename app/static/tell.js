// What a screen reader is told beside what it reads, and where the focus goes where it was lost. The region stands on
// every page and outlives what is drawn anew; whoever has something to tell sends an event, and each is told once.

const HEARD = 5000; // ms after which what was told is taken away: who reads on does not hear it twice
const TRIES = 20; // a page is drawn anew meanwhile, which takes the focus away
const EVERY = 100; // ms

/** Tells a {once, said, language, to, anyway} that no event told before. to: what gets the focus where
 * nothing has it; anyway: even then, after a key. */
export function tell(detail) {
  document.dispatchEvent(new CustomEvent('kb-tell', { detail }));
}

/** Where a screen reader begins in a text: what takes the focus, and the caret with it, at letters behind its start, to
 * go on line by line. A focus on words without a name says nothing, so that it is told whose text it is, and the
 * quote. */
export function begins(part, quote, data, at = 0) {
  part.tabIndex = -1;
  part.dataset.start = '';
  part.onfocus = () => {
    document.getSelection().collapse(part.firstChild, at);
    tell({ once: `source ${Date.now()}`, said: `${data.name}. ${quote}`, language: data.language });
  };
}

/** The region, which is told of only where it stood before its text. It is no part of what a page draws. */
function regionOf() {
  let region = document.querySelector('body > .kb-told');
  if (!region) {
    region = document.createElement('div');
    region.className = 'kb-told'; // what hides it: main.css
    region.setAttribute('aria-live', 'polite');
    document.body.append(region);
  }
  return region;
}

/** Listens for what is to be told; gives what ends that. */
export function teller() {
  const region = regionOf();
  let byKey = false;
  let free = new AbortController(); // whoever does something meanwhile is led no further
  document.kbTold ??= new Set();
  const listen = ({ detail: { once, said, language, to, anyway } }) => {
    if (document.kbTold.has(once)) {
      return;
    }
    document.kbTold.add(once);
    if (said) {
      const line = document.createElement('div');
      line.textContent = said;
      if (language) {
        line.lang = language;
      }
      region.append(line);
      setTimeout(() => line.remove(), HEARD);
    }
    if (to) {
      lead(to, TRIES, anyway && byKey, free.signal);
    }
  };
  const used = event => {
    byKey = event.type === 'keydown';
    free.abort();
    free = new AbortController();
  };
  document.addEventListener('kb-tell', listen);
  document.addEventListener('keydown', used, true);
  document.addEventListener('pointerdown', used, true);
  return () => {
    document.removeEventListener('kb-tell', listen);
    document.removeEventListener('keydown', used, true);
    document.removeEventListener('pointerdown', used, true);
  };
}

function lead(selector, left, anyway, signal) {
  if (signal.aborted) {
    return;
  }
  const part = document.querySelector(selector);
  const isLost = document.activeElement === document.body;
  if (part && (anyway || isLost)) {
    if (!part.matches('button, summary')) {
      part.tabIndex = -1;
    }
    part.focus();
  }
  if (left) {
    setTimeout(() => lead(selector, left - 1, anyway && !part, signal), EVERY);
  }
}
