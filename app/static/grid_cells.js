// A cell of the table of documents, and its editor.

import { make } from './dom.js';

/** A cell: its text, whether it is guessed; the title opens the document. */
export function cellOf(row, k, column, words, pending, open) {
  const cell = make('div', `cell ${column.name}`);
  cell.setAttribute('role', 'gridcell');
  const text = pending ?? shown(row[k], column);
  const said = make(column.name === 'title' ? 'a' : 'span', 'text', text || (column.name === 'title' ? '—' : ''));
  said.dir = 'auto';
  cell.title = text;
  if (column.name === 'title') {
    said.onclick = open;
  }
  cell.append(said);
  if (!said.textContent) {
    cell.setAttribute('aria-label', words.empty);
  }
  if (column.name === 'title' && row.at(-2)) {
    cell.append(make('span', 'note', row.at(-2)));
  }
  if (pending !== undefined) {
    cell.classList.add('pending');
  } else if (text && row.at(-1).includes(column.name)) {
    cell.classList.add('guessed');
    cell.title = `${text} ${words.guessed}`;
    cell.append(make('span', 'mark', ` ${words.guessed}`));
  }
  if (column.edit) {
    cell.classList.add('edits');
  } else {
    cell.setAttribute('aria-readonly', 'true');
  }
  return cell;
}

function shown(value, column) {
  if (Array.isArray(value)) {
    return value.join(column.join ?? ', ');
  }
  return column.choices?.[value] ?? String(value ?? '');
}

/** Puts an input into a cell; `done` gets what stands in it, or null where it was given up. Gives how to leave it
 * without that, which tells what stands in it, and how to put that into another. */
export function editor(cell, row, k, column, words, done) {
  const was = Array.isArray(row[k]) ? row[k].join(column.join ?? ', ') : String(row[k] ?? '');
  const input = make(column.choices ? 'select' : 'input', 'editor');
  if (column.choices) {
    for (const [value, label] of Object.entries(column.choices)) {
      const option = make('option', '', label);
      option.value = value;
      input.append(option);
    }
  } else {
    input.maxLength = 2000;
    input.dir = 'auto';
  }
  input.value = was;
  input.setAttribute('aria-label', `${words.edit}: ${column.label}`);
  let over = false;
  const end = value => {
    if (!over) {
      over = true;
      done(value);
    }
  };
  input.onkeydown = event => {
    event.stopPropagation();
    if (event.key === 'Enter' && !event.isComposing) {
      end(input.value);
    } else if (event.key === 'Escape') {
      end(null);
    }
  };
  input.ondblclick = event => event.stopPropagation();
  input.onblur = () => end(input.value);
  if (column.choices) {
    input.onchange = () => end(input.value);
  }
  cell.replaceChildren(input);
  input.focus();
  input.select?.();
  const leave = () => {
    over = true;
    return { value: input.value, marked: [input.selectionStart, input.selectionEnd] };
  };
  const put = (value, marked) => {
    input.value = value;
    input.setSelectionRange?.(...marked);
  };
  return { leave, put };
}
