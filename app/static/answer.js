// The claims of an answer, each with the chips that open its sources.

import { button, make } from './dom.js';
import { exact, typeset } from './typeset.js';

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  const tools = { open: number => setTriggerValue('opened', number), math: data.math };
  exact(root);
  root.replaceChildren();
  giveBack(root, data);
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
  if (claim.before.length) {
    written.append(around(claim.before, tools.math), ' ');
  }
  written.append(...typeset(claim.pieces, tools.math));
  for (const chip of claim.chips) {
    const face = String(chip.label || chip.number);
    const made = button(chip.open ? 'open' : '', face, chip.title, () => tools.open(chip.number));
    made.dataset.name = named(chip, claim.text);
    written.append(made);
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

/** When the source that a chip opened is closed, the chip has the focus again. The page is built anew in between, so
 * which one it was stands on the document. */
function giveBack(root, data) {
  const kept = document.documentElement.dataset;
  const claims = [...data.claims, ...data.sides.flatMap(side => side.claims)];
  const chips = claims.flatMap(claim => claim.chips.map(chip => ({ ...chip, name: named(chip, claim.text) })));
  const opened = chips.find(chip => chip.open);
  if (opened) {
    kept.kbOpened = opened.name;
    return;
  }
  const was = chips.find(chip => chip.name === kept.kbOpened);
  let tries = 15;
  const give = () => {
    tries -= 1;
    const chip = [...root.querySelectorAll('button')].find(one => one.dataset.name === was.name);
    if (chip?.isConnected && document.activeElement === document.body) {
      delete kept.kbOpened;
      chip.focus({ preventScroll: true });
    } else if (tries > 0 && kept.kbOpened) {
      setTimeout(give, 100);
    } else {
      delete kept.kbOpened;
    }
  };
  if (was) {
    setTimeout(give, 50);
  }
}

function named(chip, text) {
  return `${chip.number} ${chip.title} ${text.slice(0, 60)}`;
}
