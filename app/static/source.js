// A section of a text as it is meant to look, its quotes marked, scrolled to the first.

import { make } from './dom.js';
import { edge, fillsWindow, iconButton, leavesFull, panelButtons } from './panel.js';
import { picker } from './pick.js';
import { begins } from './tell.js';
import { codePoints, exact, typeset } from './typeset.js';

const LISTED = { li: 'li', quote: 'quote', code: 'code' };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb-reader');
  root.leave?.();
  const box = make('div', 'text');
  box.tabIndex = 0;
  box.dataset.opened = data.opened;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', data.name);
  box.lang = data.language;
  box.append(...elements(data.blocks, data.math));
  exact(box);
  const turn = way => setTriggerValue('turned', way);
  const pick = picker(
    root,
    data.words,
    () => chosen(box, data),
    noted => setTriggerValue('noted', noted),
  );
  box.onkeydown = pick.keys;
  const first = box.querySelector('mark.amber');
  if (first) {
    const words = [...box.querySelectorAll('mark.amber')].map(part => part.textContent).join('');
    begins(first, words, data);
  }
  const held = root.contains(document.activeElement) ? document.activeElement : null;
  root.replaceChildren(edge(data), toolbar(data, turn), box, pick.bar);
  if (held) {
    const label = held.getAttribute('aria-label');
    const same = [...root.querySelectorAll('button, a')].find(one => one.getAttribute('aria-label') === label);
    (same && !same.disabled ? same : (first ?? box)).focus({ preventScroll: true });
  }
  const unfull = leavesFull();
  const unfilled = fillsWindow(box);
  root.leave = () => {
    pick.leave();
    unfull();
    unfilled();
  };
  if (first) {
    requestAnimationFrame(() => {
      box.scrollTop = Math.max(0, first.getBoundingClientRect().top - box.getBoundingClientRect().top - 80);
    });
  }
  return root.leave;
}

function toolbar(data, turn) {
  const bar = make('div', 'bar');
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', data.words.tools);
  const sections = make('div', 'group');
  for (const [icon, label, can, way] of [
    ['before', data.words.section_before, data.can_before, -1],
    ['after', data.words.section_after, data.can_after, 1],
  ]) {
    const made = iconButton(icon, label, () => turn(way));
    made.disabled = !can;
    sections.append(made);
  }
  bar.append(sections, make('span', 'name', data.section), panelButtons(data));
  return bar;
}

/** Elements for blocks; the rows of a table stand in one. */
function elements(blocks, math) {
  const made = [];
  let table = null;
  for (const block of blocks) {
    if (block.cells) {
      if (!table) {
        table = make('table');
        made.push(table);
      }
      table.append(row(block, math));
      continue;
    }
    if (block.kind === 'gap' && table) {
      const gap = make('tr', 'hidden');
      gap.append(...typeset(block.pieces, math, block.at));
      table.append(gap);
      table = block.pieces[0][0].trim() ? table : null;
      continue;
    }
    table = null;
    made.push(paragraph(block, math));
  }
  return made;
}

function row(block, math) {
  const line = make('tr');
  let at = block.at;
  for (const cell of block.cells) {
    const made = make(block.kind === 'th' ? 'th' : 'td');
    made.append(...typeset(cell, math, at));
    at += cell.reduce((sum, [text]) => sum + codePoints(text), 0);
    line.append(made);
  }
  return line;
}

function paragraph(block, math) {
  const name = LISTED[block.kind] || (block.kind.startsWith('h') ? `heading ${block.kind}` : block.kind);
  const made = make('div', name);
  if (block.depth) {
    made.style.marginLeft = `${block.depth * 1.2}rem`;
  }
  made.append(...typeset(block.pieces, math, block.at));
  return made;
}

/** What is selected, as a span of the document's text. */
function chosen(box, data) {
  const selection = document.getSelection();
  if (!selection.rangeCount || selection.isCollapsed) {
    return null;
  }
  const range = selection.getRangeAt(0);
  if (!box.contains(range.startContainer) || !box.contains(range.endContainer)) {
    return null;
  }
  const start = offset(range.startContainer, range.startOffset, false);
  const end = offset(range.endContainer, range.endOffset, true);
  return start !== null && end !== null && start < end ? { document: data.id, start, end } : null;
}

/** Where a point of the page stands in the text. A formula is taken whole. */
function offset(node, at, isEnd) {
  if (node.nodeType !== Node.TEXT_NODE) {
    return beside(node, at, isEnd);
  }
  const piece = node.parentElement.closest('[data-at]');
  if (!piece) {
    return null;
  }
  if (piece.dataset.raw) {
    return isEnd ? endOf(piece) : Number(piece.dataset.at);
  }
  return Number(piece.dataset.at) + codePoints(node.data.slice(0, at));
}

/** The same for a point between the children of an element: the begin of what follows, or the end of what is before. */
function beside(element, at, isEnd) {
  const inside = element.closest('[data-at]');
  if (inside) {
    return isEnd && at > 0 ? endOf(inside) : Number(inside.dataset.at);
  }
  const point = document.createRange();
  point.setStart(element, at);
  const pieces = [...element.querySelectorAll('[data-at]')];
  const isBefore = piece => point.comparePoint(piece, 0) < 0;
  const piece = isEnd ? pieces.filter(isBefore).at(-1) : pieces.find(one => !isBefore(one));
  if (piece) {
    return isEnd ? endOf(piece) : Number(piece.dataset.at);
  }
  return null;
}

function endOf(piece) {
  return Number(piece.dataset.at) + codePoints(piece.dataset.raw || piece.textContent);
}
