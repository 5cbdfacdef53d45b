// What is being written, part by part; only what changed is touched, so that nothing flickers.

import { make } from './dom.js';
import { typeset } from './typeset.js';

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector('.kb');
  while (root.children.length < data.parts.length) {
    const box = make('div');
    box.append(make('span', 'heading'), make('span', 'state'), make('div', 'body'));
    box.lastChild.append(make('span'), make('span', 'draft'));
    root.append(box);
  }
  while (root.children.length > data.parts.length) {
    root.lastChild.remove();
  }
  for (const [i, part] of data.parts.entries()) {
    const box = root.children[i];
    const [heading, state, body] = box.children;
    box.className = `part ${part.state}`;
    box.style.marginLeft = `${part.depth * 1.2}rem`;
    put(heading, part.heading);
    put(state, part.said);
    const [checked, draft] = body.children;
    if (checked.written !== part.body) {
      checked.written = part.body;
      checked.replaceChildren(...typeset(part.pieces, data.math));
    }
    put(draft, part.draft ? ` ${part.draft}` : '');
    body.hidden = !part.body && !part.draft;
  }
}

function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
