// Pieces of a text as they are meant to look. Each is set as text; a formula is drawn by the KaTeX of Streamlit's own
// pages. What is copied is the text itself: see `exact`.

import { make } from './dom.js';
import { loaded } from './server.js';
import { speak } from './spoken.js';

const TAGS = { b: 'b', i: 'i', c: 'code', s: 's', k: 'u', u: 'sup', l: 'sub' };
let katex = null; // a promise of it, once a formula was met

/** Elements for pieces [text, look, mark, TeX]; at: where the first stands in its document; math: {js, css}. */
export function typeset(pieces, math, at = 0) {
  let offset = at;
  return pieces.map(([text, look, mark, tex]) => {
    const piece = tex === undefined ? styled(text, look) : formula(text, tex, look.includes('d'), math);
    piece.dataset.at = offset;
    offset += codePoints(text);
    if (!mark) {
      return piece;
    }
    const marked = make('mark', mark);
    marked.append(piece);
    return marked;
  });
}

function styled(text, look) {
  const piece = make('span', look.includes('x') ? 'hidden' : '', text);
  let inner = piece;
  for (const letter of look) {
    if (TAGS[letter]) {
      const around = make(TAGS[letter]);
      around.append(...inner.childNodes);
      inner.append(around);
      inner = around;
    }
  }
  return piece;
}

/** A formula: its TeX until it is drawn, and where it cannot be. */
function formula(text, tex, isDisplayed, math) {
  const piece = make('span', isDisplayed ? 'formula displayed' : 'formula', text);
  piece.dataset.raw = text;
  if (math?.words) {
    speak(piece, tex, math.words);
  }
  if (math?.js) {
    katex = katex || loaded(math.js);
    katex.then(module => draw(piece, tex, isDisplayed, math, module));
  }
  return piece;
}

// Nothing that links, loads or names; what KaTeX does not know stays as it is written.
const OPTIONS = { trust: false, strict: 'ignore', maxSize: 20, maxExpand: 300 };

function draw(piece, tex, isDisplayed, math, module) {
  const className = ['language-math', isDisplayed ? 'math-display' : 'math-inline'];
  const code = {
    type: 'element',
    tagName: 'code',
    properties: { className },
    children: [{ type: 'text', value: tex }],
  };
  const tree = { type: 'root', children: [code] };
  let isUnknown = false;
  const unknown = () => {
    isUnknown = true;
  };
  try {
    module.default(OPTIONS)(tree, { message: unknown });
  } catch {
    return;
  }
  if (isUnknown || tree.children[0] === code) {
    return;
  }
  const root = piece.getRootNode();
  if (root instanceof ShadowRoot && math.css && !root.querySelector('link')) {
    const style = make('link');
    style.rel = 'stylesheet';
    style.href = math.css;
    root.append(style);
  }
  piece.replaceChildren(...tree.children.flatMap(node => built(node, HTML)));
}

const HTML = 'http://www.w3.org/1999/xhtml';
const SPACES = { svg: 'http://www.w3.org/2000/svg', math: 'http://www.w3.org/1998/Math/MathML' };
const ELEMENTS = new Set(
  (
    'span svg path line math semantics annotation mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot ' +
    'mover munder munderover mtable mtr mtd mlabeledtr mpadded mphantom menclose mstyle merror mglyph'
  ).split(' '),
);
const ATTRIBUTES = {
  ...{ className: 'class', style: 'style', ariaHidden: 'aria-hidden', width: 'width', height: 'height', d: 'd' },
  ...{ viewBox: 'viewBox', preserveAspectRatio: 'preserveAspectRatio', x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2' },
  ...{ strokeWidth: 'stroke-width', encoding: 'encoding', mathVariant: 'mathvariant', mathvariant: 'mathvariant' },
  ...{ stretchy: 'stretchy', separator: 'separator', fence: 'fence', accent: 'accent', display: 'display' },
};

/** Elements for what KaTeX made: those that a formula consists of, and nothing else. */
function built(node, space) {
  if (node.type === 'text') {
    return [document.createTextNode(node.value)];
  }
  if (node.type !== 'element' || !ELEMENTS.has(node.tagName)) {
    return [];
  }
  const within = SPACES[node.tagName] || space;
  const element = document.createElementNS(within, node.tagName);
  for (const [name, value] of Object.entries(node.properties || {})) {
    if (ATTRIBUTES[name]) {
      element.setAttribute(ATTRIBUTES[name], Array.isArray(value) ? value.join(' ') : String(value));
    }
  }
  element.append(...node.children.flatMap(child => built(child, within)));
  return [element];
}

/** Makes what is copied out of an element the text's own: formulas as they are written. */
export function exact(element) {
  element.oncopy = event => {
    const root = element.getRootNode();
    const selection = root.getSelection ? root.getSelection() : document.getSelection();
    const text = selection?.rangeCount ? rawText(selection.getRangeAt(0)) : '';
    if (text) {
      event.clipboardData.setData('text/plain', text);
      event.preventDefault();
    }
  };
}

/** The text of a range, formulas as they are written; one that is touched is there as a whole. */
function rawText(range) {
  const whole = range.cloneRange();
  for (const [container, put] of [
    [range.startContainer, 'setStartBefore'],
    [range.endContainer, 'setEndAfter'],
  ]) {
    const inside = (container.parentElement || container).closest?.('.formula');
    if (inside) {
      whole[put](inside);
    }
  }
  const copy = whole.cloneContents();
  for (const piece of copy.querySelectorAll('[data-raw]')) {
    piece.replaceChildren(piece.dataset.raw);
  }
  for (const aside of copy.querySelectorAll('button, span.note')) {
    aside.remove();
  }
  return copy.textContent;
}

/** How many characters Python counts in a text. */
export function codePoints(text) {
  return Array.from(text).length;
}
