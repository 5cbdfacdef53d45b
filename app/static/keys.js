// Esc anywhere on the page closes the source; Alt+N begins a new chat. When the source is closed, the focus returns to
// what opened it. A question that was asked just now is brought into view with the beginning of its answer.

const TRIES = 20; // the page is drawn anew meanwhile, which takes the focus away
const EVERY = 100; // ms
const HELD = [0, 300, 800, 1500, 2500]; // ms after an answer came, at which more may have come below it
const TOP = 60; // pixels of the header, under which a question cannot be seen

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
    const opener = placeOf(event.composedPath());
    if (opener) {
      parentElement.opener = opener;
    }
  };
  document.addEventListener('keydown', listen);
  document.addEventListener('click', remember, true);
  if (parentElement.wasOpen && !data.open && parentElement.opener) {
    giveBack(parentElement.opener, TRIES);
  }
  parentElement.wasOpen = data.open;
  if (data.turns === parentElement.turns + 1) {
    showLast(TRIES);
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
    hold(messages[messages.length - 2]);
  } else if (left) {
    setTimeout(() => showLast(left - 1), EVERY);
  }
}

/** Keeps an element in view while more comes below it, which the page would follow; whoever scrolls is let go. */
function hold(element) {
  const free = new AbortController();
  for (const event of ['wheel', 'keydown', 'pointerdown']) {
    document.addEventListener(event, () => free.abort(), { signal: free.signal, capture: true, passive: true });
  }
  for (const after of HELD) {
    setTimeout(() => {
      const { top } = element.getBoundingClientRect();
      if (!free.signal.aborted && (top < TOP || top > innerHeight / 2)) {
        element.scrollIntoView({ block: 'start' });
      }
    }, after);
  }
  setTimeout(() => free.abort(), HELD.at(-1) + EVERY);
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
