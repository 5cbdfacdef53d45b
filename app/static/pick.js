// What can be done with selected words of a source: highlight them, or write a note on them.

import { button, make } from './dom.js';

/** A small bar beside a selection. chosen: gives what is selected, or null; done: told {kind, text, …chosen}.  Gives
 * {bar, show, keys, leave}. */
export function picker(root, words, chosen, done) {
  const bar = make('div', 'pick');
  bar.hidden = true;
  let kept = null;
  const hide = () => {
    bar.hidden = true;
    kept = null;
  };
  const tell = (kind, text) => {
    done({ ...kept, kind, text });
    document.getSelection().removeAllRanges();
    hide();
  };
  const write = () => {
    const text = make('textarea');
    text.setAttribute('aria-label', words.note_text);
    text.placeholder = words.note_text;
    const save = button('solid', words.note_save, words.note_save, () => text.value.trim() && tell('note', text.value));
    bar.replaceChildren(text, save, button('', words.cancel, words.cancel, hide));
    text.onkeydown = event => {
      event.stopPropagation();
      if (event.key === 'Escape') {
        hide();
        root.querySelector('[data-opened]')?.focus();
      } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        save.click();
      }
    };
    text.focus();
  };
  const show = () => {
    if (bar.querySelector('textarea') && !bar.hidden) {
      return; // a note is being written
    }
    kept = chosen();
    if (!kept) {
      hide();
      return;
    }
    bar.replaceChildren(
      button('', words.highlight, `${words.highlight} (H)`, () => tell('highlight', '')),
      button('', words.note, `${words.note} (N)`, write),
    );
    bar.hidden = false;
    place(bar, root);
  };
  const keys = event => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const act = { h: () => tell('highlight', ''), n: write, Escape: hide }[event.key];
    if (act && !bar.hidden) {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  };
  let waits = 0;
  const listen = () => {
    clearTimeout(waits);
    waits = setTimeout(show, 150);
  };
  document.addEventListener('selectionchange', listen);
  // a press on the bar would take the selection away
  bar.onpointerdown = event => event.target.localName !== 'textarea' && event.preventDefault();
  return { bar, keys, leave: () => document.removeEventListener('selectionchange', listen) };
}

function place(bar, root) {
  const around = root.getBoundingClientRect();
  const box = document.getSelection().getRangeAt(0).getBoundingClientRect();
  const top = Math.min(box.bottom - around.top + 6, around.height - 48);
  bar.style.top = `${Math.max(44, top)}px`;
  bar.style.left = `${Math.max(4, Math.min(box.left - around.left, around.width - 260))}px`;
}
