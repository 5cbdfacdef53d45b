// The sentences of a model: chips on those that hold, a note on those that do not.

import { button, make } from './dom.js';
import { exact, typeset } from './typeset.js';

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  const box = make('div', 'written');
  let paragraph = null;
  for (const sentence of data.sentences) {
    if (!paragraph || sentence.breaks) {
      paragraph = make('p');
      box.append(paragraph);
    }
    paragraph.append(...written(sentence, data.math));
    for (const chip of sentence.chips) {
      const open = () => setTriggerValue('opened', chip.number);
      const label = `${chip.number} · ${chip.title}`;
      paragraph.append(button(chip.open ? 'open' : '', String(chip.number), label, open));
    }
    paragraph.append(data.spaces ? ' ' : '');
  }
  exact(box);
  root.replaceChildren(box);
}

function written(sentence, math) {
  const marked = make('span', sentence.note ? 'unsupported' : '');
  marked.append(...typeset(sentence.pieces, math));
  if (!sentence.note) {
    return [marked];
  }
  return [marked, make('span', 'note', sentence.note)];
}
