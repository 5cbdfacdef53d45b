// Esc anywhere on the page closes the source; Alt+N begins a new chat. When a source opens, the first or another, the
// focus goes to its text; when it is closed, to what opened it. So it does when a card or a form is closed. A question
// that was asked just now is brought into view with the beginning of its answer.

const TRIES = 20; // the page is drawn anew meanwhile, which takes the focus away
const ANSWERED = 1200; // tries until an answer is there, which a language model may write for minutes
const EVERY = 100; // ms
const HELD = [0, 300, 800, 1500, 2500]; // ms after an answer came, at which more may have come below it
const TOP = 60; // pixels of the header, under which a question cannot be seen
const BACK = {
  // what closes a part of the page: where one was before
  'st-key-card_close': '.st-key-grid, [class*="st-key-records"]',
  'st-key-edit_no': '.st-key-edit',
  'st-key-edit_save': '.st-key-edit',
  'st-key-remove_no': '.st-key-remove',
  'st-key-bulk_remove_no': '.st-key-bulk_remove',
};

export default function ({ data, parentElement, setTriggerValue }) {
  const listen = event => {
    if (event.key === 'Escape' && data.open) {
      setTriggerValue('pressed', 'close');
    }
    if (event.altKey && event.code === 'KeyN') {
      event.preventDefault();
      setTriggerValue('pressed', 'new');
    }
  };
  const remember = event => {
    const path = event.composedPath();
    const closer = path.find(node => node instanceof HTMLElement && keyOf(node) in BACK);
    if (closer) {
      setTimeout(() => goBack(BACK[keyOf(closer)], TRIES), EVERY);
    }
    const opener = placeOf(path);
    if (opener) {
      parentElement.opener = opener;
      if (opener.key.startsWith('st-key-record')) {
        bring('.st-key-detail', TRIES);
      } else if (opener.key.startsWith('st-key-go-')) {
        hold(() => document.querySelector('.stMain')?.scrollTo(0, 0)); // where a run shows itself
      }
    }
  };
  document.addEventListener('keydown', listen);
  document.addEventListener('click', remember, true);
  if (parentElement.wasOpen && !data.open && parentElement.opener) {
    giveBack(parentElement.opener, TRIES);
  }
  if (data.open && data.open !== parentElement.wasOpen && parentElement.opener) {
    goIn(`.st-key-srcpanel [data-opened="${data.open}"]`, parentElement.opener, TRIES);
  }
  parentElement.wasOpen = data.open;
  if (data.turns === parentElement.turns + 1) {
    showLast(ANSWERED);
  }
  parentElement.turns = data.turns;
  return () => {
    document.removeEventListener('keydown', listen);
    document.removeEventListener('click', remember, true);
  };
}

/** Brings the last question to the top once its answer stands below it: the page would show the end of the one before,
 * to which questions to go on with were added. */
function showLast(left) {
  const messages = document.querySelectorAll('[data-testid="stChatMessage"]');
  const isDone = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning';
  if (messages.length > 1 && isDone) {
    const question = messages[messages.length - 2];
    hold(() => {
      const { top } = question.getBoundingClientRect();
      if (top < TOP || top > innerHeight / 2) {
        question.scrollIntoView({ block: 'start' });
      }
    });
  } else if (left) {
    setTimeout(() => showLast(left - 1), EVERY);
  }
}

/** Brings into view, again while the page changes, which it would follow; whoever scrolls is let go. */
function hold(show) {
  const free = new AbortController();
  for (const event of ['wheel', 'keydown', 'pointerdown']) {
    document.addEventListener(event, () => free.abort(), { signal: free.signal, capture: true, passive: true });
  }
  for (const after of HELD) {
    setTimeout(() => {
      if (!free.signal.aborted) {
        show();
      }
    }, after);
  }
  setTimeout(() => free.abort(), HELD.at(-1) + EVERY);
}

/** Brings what was opened below into view. */
function bring(selector, left) {
  const part = document.querySelector(selector);
  part?.scrollIntoView({ block: 'start', behavior: 'instant' });
  if (left && !part) {
    setTimeout(() => bring(selector, left - 1), EVERY);
  }
}

/** Which button of which keyed part of the page was pressed; null for one of the source itself. */
function placeOf(path) {
  const pressed = path.find(node => node instanceof HTMLButtonElement);
  const part = path.find(node => node instanceof HTMLElement && keyOf(node));
  if (!pressed || !part || part.closest('.st-key-srcpanel')) {
    return null;
  }
  return { key: keyOf(part), i: buttonsIn(part).indexOf(pressed) };
}

function keyOf(node) {
  return [...node.classList].find(name => name.startsWith('st-key-'));
}

/** The buttons of a part of the page, those inside components too. */
function buttonsIn(part) {
  const found = [];
  for (const node of part.querySelectorAll('*')) {
    if (node instanceof HTMLButtonElement) {
      found.push(node);
    } else if (node.shadowRoot) {
      found.push(...node.shadowRoot.querySelectorAll('button'));
    }
  }
  return found;
}

function giveBack(opener, left) {
  const part = document.querySelector(`.${CSS.escape(opener.key)}`);
  if (part && document.activeElement === document.body) {
    buttonsIn(part)[opener.i]?.focus();
  }
  if (left) {
    setTimeout(() => giveBack(opener, left - 1), EVERY);
  }
}

/** Puts the focus into the source's text, on its quote: from what opened it, or where it was lost as the page was drawn
 * anew. */
function goIn(selector, opener, left) {
  const text = document.querySelector(selector);
  const from = opener && document.querySelector(`.${CSS.escape(opener.key)}`);
  if (text && (document.activeElement === document.body || from?.contains(document.activeElement))) {
    (text.querySelector('[data-start]') ?? text).focus({ preventScroll: true });
  }
  if (left) {
    setTimeout(() => goIn(selector, text ? null : opener, left - 1), EVERY);
  }
}

/** Puts the focus back into a part of the page: on the cell that had it, else on the first button. */
function goBack(selector, left) {
  const part = document.querySelector(selector);
  if (part && document.activeElement === document.body) {
    const roots = [...part.querySelectorAll('*')].map(node => node.shadowRoot).filter(Boolean);
    const cell = roots.map(root => root.querySelector('[role="gridcell"][tabindex="0"]')).find(Boolean);
    (cell ?? buttonsIn(part)[0])?.focus();
  }
  if (left) {
    setTimeout(() => goBack(selector, left - 1), EVERY);
  }
}
