// The claims of an answer, each with the chips that open its sources.

import { button, make } from './dom.js';

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  const open = number => setTriggerValue('opened', number);
  root.replaceChildren();
  announce(parentElement.querySelector('.said'), data.said);
  if (data.stacked) {
    writeGroups(data.claims, root, open);
    return;
  }
  if (!data.sides.length) {
    writeAll(data.claims, data.inline, root, open);
    return;
  }
  const grid = make('div', 'sides');
  for (const side of data.sides) {
    const column = make('div');
    column.append(make('div', 'subject', side.subject));
    writeAll(side.claims, data.inline, column, open);
    grid.append(column);
  }
  root.append(grid);
}

/** Tells a screen reader of a new answer, once: into a region that stands there before its text does. */
function announce(region, said) {
  if (said && region.said !== said) {
    region.said = said;
    setTimeout(() => {
      region.textContent = said;
    }, 200);
  }
}

function writeGroups(claims, into, open) {
  let subject = '';
  for (const claim of claims) {
    if (claim.subject !== subject) {
      subject = claim.subject;
      if (subject) {
        into.append(make('div', 'subject', subject));
      }
    }
    writeAll([claim], false, into, open);
  }
}

function writeAll(claims, isInline, into, open) {
  for (const claim of claims) {
    into.append(paragraph(claim, isInline ? 'span' : 'p', open));
    if (isInline) {
      into.append(' ');
    }
  }
}

function paragraph(claim, tag, open) {
  const written = make(tag, claim.lead ? 'lead' : '');
  if (claim.before) {
    written.append(make('span', 'around', `${claim.before} `));
  }
  const [before, marked, after] = claim.parts || [claim.text, '', ''];
  written.append(before);
  if (marked) {
    written.append(make('mark', 'answer', marked));
  }
  written.append(after);
  for (const chip of claim.chips) {
    const face = String(chip.label || chip.number);
    const label = `${face} · ${chip.title}`; // its name holds what is seen of it
    written.append(button(chip.open ? 'open' : '', face, label, () => open(chip.number)));
  }
  if (claim.after) {
    written.append(make('span', 'around', ` ${claim.after}`));
  }
  return written;
}
