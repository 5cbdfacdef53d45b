// What is being written, part by part; only what changed is touched, so that nothing flickers. The newest text is in
// view, until one scrolls back.

import { make } from './dom.js';
import { typeset } from './typeset.js';

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector('.kb');
  while (root.children.length < data.parts.length) {
    const box = make('div');
    box.append(make('span', 'heading'), make('span', 'state'), make('div', 'body'));
    box.lastChild.append(make('span'), make('span', 'draft'));
    box.lastChild.onscroll = () => mark(box.lastChild);
    new ResizeObserver(() => mark(box.lastChild)).observe(box.lastChild);
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
    const follows = part.state === 'now' && !body.classList.contains('below');
    if (checked.written !== part.body) {
      checked.written = part.body;
      checked.replaceChildren(...typeset(part.pieces, data.math));
    }
    put(draft, part.draft ? ` ${part.draft}` : '');
    body.hidden = !part.body && !part.draft;
    if (follows) {
      body.scrollTop = body.scrollHeight;
    }
    mark(body);
  }
}

/** Says whether there is more above and below what is seen. */
function mark(body) {
  const left = body.scrollHeight - body.clientHeight;
  body.classList.toggle('above', left > 1 && body.scrollTop > 1);
  body.classList.toggle('below', left > 1 && body.scrollTop < left - 1);
  if (left > 1) {
    body.tabIndex = 0;
  } else {
    body.removeAttribute('tabindex');
  }
}

function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
