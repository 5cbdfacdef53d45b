// The claims of an answer, each with the chips that open its sources.

import { button, make } from './dom.js';
import { exact, typeset } from './typeset.js';

const HEARD = 3000; // ms after which an answer was told

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  const tools = { open: number => setTriggerValue('opened', number), math: data.math };
  exact(root);
  root.classList.toggle('unread', Boolean(data.unread));
  root.replaceChildren();
  announce(parentElement.querySelector('.said'), data.said);
  if (data.stacked) {
    writeGroups(data.claims, root, tools);
    return;
  }
  if (!data.sides.length) {
    writeAll(data.claims, data.inline, root, tools);
    return;
  }
  const grid = make('div', 'sides');
  for (const side of data.sides) {
    const column = make('div');
    column.append(make('div', 'subject', side.subject));
    writeAll(side.claims, data.inline, column, tools);
    grid.append(column);
  }
  root.append(grid);
}

/** Tells a screen reader of a new answer, once: into a region that stands there before its text does. */
function announce(region, said) {
  const whole = JSON.stringify(said);
  if (said?.length && region.said !== whole) {
    region.said = whole;
    region.removeAttribute('aria-hidden');
    setTimeout(() => region.replaceChildren(...said.flatMap(spoken)), 200);
    setTimeout(() => region.setAttribute('aria-hidden', 'true'), HEARD); // who reads on does not hear it twice
  }
}

/** A part of what is told, read in its own language. */
function spoken([text, language]) {
  const part = make('span', '', text);
  part.lang = language;
  return [part, ' '];
}

function writeGroups(claims, into, tools) {
  let subject = '';
  for (const claim of claims) {
    if (claim.subject !== subject) {
      subject = claim.subject;
      if (subject) {
        into.append(make('div', 'subject', subject));
      }
    }
    writeAll([claim], false, into, tools);
  }
}

function writeAll(claims, isInline, into, tools) {
  for (const claim of claims) {
    into.append(paragraph(claim, isInline ? 'span' : 'p', tools));
    if (isInline) {
      into.append(' ');
    }
  }
}

function paragraph(claim, tag, tools) {
  const written = make(tag, claim.lead ? 'lead' : '');
  if (claim.language) {
    written.lang = claim.language;
  }
  if (claim.before.length) {
    written.append(around(claim.before, tools.math), ' ');
  }
  written.append(...typeset(claim.pieces, tools.math));
  for (const chip of claim.chips) {
    const face = String(chip.label || chip.number);
    const label = `${face} · ${chip.title}`; // its name holds what is seen of it
    written.append(button(chip.open ? 'open' : '', face, label, () => tools.open(chip.number)));
  }
  if (claim.after.length) {
    written.append(' ', around(claim.after, tools.math));
  }
  return written;
}

function around(pieces, math) {
  const beside = make('span', 'around');
  beside.append(...typeset(pieces, math));
  return beside;
}
