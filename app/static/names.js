// What a screen reader is told of Streamlit's own parts: in the language of the page, and as words are shown, without
// the signs that keep Markdown from reading them.

const CALLED = ['aria-label', 'title', 'alt', 'placeholder', 'aria-roledescription'];
const OURS = '.kb-reader'; // what we build ourselves is called as it should be
const CONTENT = '[data-tag], [role="option"]'; // words of the library, for all that they may be Streamlit's too
const SPOKEN = [
  '[data-testid="stSkipToContent"]',
  '[data-testid="stMainMenuPopover"]',
  '[data-testid="stTooltipContent"]',
  '[data-testid="stFileUploaderDropzone"] button',
  '[data-testid="stStatusWidget"]',
  '[data-key^="__select_"]',
].join();
const ESCAPED = /\\([\\`*_{}[\]()#+\-.!|~^$=])/g;
const ENTITIES = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** Which attributes to watch, for an observer. */
export const WATCHED = { childList: true, subtree: true, attributes: true, attributeFilter: CALLED };

/** Calls an element and all in it by `names`: what Streamlit says -> what is said here. A name that ends or begins with
 * a space stands before or behind words of the page. Streamlit's own comes back where there is none. */
export function callAll(root, names) {
  const parts = root.querySelectorAll(CALLED.map(name => `[${name}]`).join());
  for (const part of [root, ...parts]) {
    callOne(part, names);
  }
  const around = root.parentElement?.closest(SPOKEN) ? [root] : [];
  for (const part of [...around, ...(root.matches(SPOKEN) ? [root] : []), ...root.querySelectorAll(SPOKEN)]) {
    callText(part, names);
  }
}

/** Calls the parts that have changed. */
export function callChanged(records, names) {
  for (const { type, target, addedNodes } of records) {
    if (type === 'attributes') {
      callOne(target, names);
    }
    for (const node of addedNodes) {
      if (node instanceof Element) {
        callAll(node, names);
      }
    }
  }
}

function callOne(part, names) {
  for (const attribute of CALLED) {
    const now = part.getAttribute(attribute);
    if (now && !part.closest(OURS)) {
      put(part, attribute, now, names, name => part.setAttribute(attribute, name));
    }
  }
}

function callText(part, names) {
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode; // React keeps its own text node
    put(node, 'text', node.data, names, name => {
      node.data = name;
    });
  }
}

/** Sets a name where it is another; what it was by itself is kept beside it. */
function put(part, what, now, names, set) {
  part.called ??= {};
  const known = part.called[what];
  const own = known?.name === now ? known.own : now;
  const isContent = part instanceof Element && part.localName !== 'button' && part.closest(CONTENT);
  const name = called(what === 'aria-label' ? shown(own) : own, isContent ? {} : names);
  part.called[what] = { name, own };
  if (name !== now) {
    set(name);
  }
}

function called(own, names) {
  if (Object.hasOwn(names, own)) {
    return names[own];
  }
  for (const [start, name] of Object.entries(names)) {
    if (start.endsWith(' ') && own.startsWith(start)) {
      return name + own.slice(start.length);
    }
    if (start.startsWith(' ') && own.endsWith(start)) {
      return own.slice(0, -start.length) + name;
    }
  }
  return own;
}

/** A label as Markdown shows it. */
function shown(label) {
  return label
    .replace(ESCAPED, '$1')
    .replace(/&(lt|gt|amp);/g, sign => ENTITIES[sign])
    .replaceAll('\u2060', '');
}
