// The editor of a survey's outline: sections with their documents, moved by pointer, by keys or from a list.

import { button, make, say } from './dom.js';
import { followPointer } from './outline_drag.js';
import { canMerge, holds, homeOf, moveDocument, shiftDocument, shiftSection, treeOf } from './outline_tree.js';

// After an edit the focus goes to the element with its key: u: undo, n: a name, s: a section, d: a document.
const UNDO = 'u:';
const LONGEST_HEADING = 120;
const CLICK_OF_A_DRAG = 100; // milliseconds after a drag within which a click is its end

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.kb');
  const kept = keptOf(root);
  const drawn = JSON.stringify(data);
  if (drawn === kept.drawn) {
    return; // nothing changed: an open input and the focus stay
  }
  kept.drawn = drawn;
  const edit = (what, focus) => {
    kept.focus = focus;
    setTriggerValue('edit', what);
  };
  const scrolled = root.querySelector('.list')?.scrollTop ?? 0;
  const list = make('div', 'list');
  const editor = { data, edit, kept, list, root, tree: treeOf(data.nodes), words: data.words };
  list.append(...data.nodes.map(node => sectionBox(node, editor)), unusedBox(editor));
  root.replaceChildren(bar(editor), list, make('div', 'keys', data.words.keys));
  list.scrollTop = scrolled;
  root.onkeydown = event => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && data.can_undo) {
      event.preventDefault();
      edit({ do: 'undo' }, UNDO);
    }
  };
  focusAgain(editor);
  followPointer(editor);
}

/** What stays between two drawings: what is folded, where the focus goes, the data drawn, when a drag ended. */
function keptOf(root) {
  if (!root.kept) {
    root.kept = { folded: new Set(), focus: null, drawn: '', dragged: -1e9 };
    const swallow = event => {
      if (performance.now() - root.kept.dragged < CLICK_OF_A_DRAG) {
        event.stopPropagation();
        event.preventDefault();
      }
    };
    root.addEventListener('click', swallow, true);
  }
  return root.kept;
}

function focusAgain({ kept, root }) {
  if (!kept.focus) {
    return;
  }
  let found = root.querySelector(`[data-key="${CSS.escape(kept.focus)}"]`);
  if (kept.focus === UNDO && found.disabled) {
    found = root.querySelector('.add');
  }
  found?.focus({ preventScroll: kept.focus === UNDO });
  kept.focus = null;
}

function bar({ data, edit, words }) {
  const box = make('div', 'bar');
  const undo = button('undo', words.undo, words.undo, () => edit({ do: 'undo' }, UNDO));
  undo.disabled = !data.can_undo;
  undo.dataset.key = UNDO;
  const add = button('add', words.add, words.add, () => edit({ do: 'add', heading: words.new_section }, null));
  const said = make('span', 'said', data.said);
  said.setAttribute('role', 'status');
  said.setAttribute('aria-live', 'polite');
  box.append(undo, add, said);
  return box;
}

function unusedBox(editor) {
  const { data, words } = editor;
  const box = make('div', 'unused');
  const rows = make('ul');
  rows.append(...data.unused.map(document => documentRow(document, false, editor)));
  if (!data.unused.length) {
    rows.append(make('li', 'empty', words.unused_empty));
  }
  if (data.hidden) {
    rows.append(make('li', 'empty', say(words.hidden, { n: data.hidden })));
  }
  box.append(make('h2', '', words.unused));
  if (data.unused_note) {
    box.append(make('p', 'note', data.unused_note));
  }
  box.append(rows);
  return box;
}

// --- a document

function documentRow(document, isUsed, editor) {
  const { edit, words } = editor;
  const row = make('li', 'doc');
  row.dataset.doc = document.id;
  if (document.usable) {
    row.append(documentGrip(document, isUsed, editor));
  }
  row.append(make('span', 'title', document.title));
  if (document.year) {
    row.append(make('span', 'year', document.year));
  }
  if (isUsed) {
    const label = say(words.drop_document, { title: document.title });
    row.append(button('drop', '✕', label, () => edit({ do: 'drop', document: document.id }, UNDO)));
  } else {
    row.append(make('span', 'why', document.why));
  }
  return row;
}

function documentGrip(document, isUsed, { edit, tree, words }) {
  const key = `d:${document.id}`;
  const grip = button('grip', '⠿', say(words.move_document, { title: document.title }), () => {
    const home = homeOf(tree, document.id);
    const others = tree.homes.filter(node => node !== home);
    choose(grip, others, words.move_to, section => edit(moveDocument(document.id, { id: section }, null), key));
  });
  grip.dataset.key = key;
  grip.onkeydown = event => {
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      const shifted = shiftDocument(tree, document.id, event.key === 'ArrowUp' ? -1 : 1);
      if (shifted) {
        edit(shifted, key);
      }
    }
    if (isUsed && removes(event)) {
      event.preventDefault();
      edit({ do: 'drop', document: document.id }, UNDO);
    }
  };
  return grip;
}

function removes(event) {
  return event.key === 'Delete' || event.key === 'Backspace';
}

// --- a section

function sectionBox(node, editor) {
  const { kept, words } = editor;
  const isTheme = node.kind === 'theme';
  const box = make('div', 'section');
  box.classList.toggle('fixed', !isTheme);
  box.classList.toggle('folded', kept.folded.has(node.id));
  box.dataset.id = node.id;
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', node.heading);
  if (!isTheme) {
    box.title = words.fixed;
  }
  box.append(sectionHead(node, box, editor));
  if (isTheme && holds(node)) {
    const rows = make('ul');
    rows.append(...node.documents.map(document => documentRow(document, true, editor)));
    if (!node.documents.length) {
      rows.append(make('li', 'empty', words.empty));
    }
    box.append(rows);
  }
  box.append(...node.children.map(child => sectionBox(child, editor)));
  return box;
}

function sectionHead(node, box, editor) {
  const { edit, words } = editor;
  const isTheme = node.kind === 'theme';
  const head = make('div', 'head');
  const name = button('name', node.heading, words.rename, () => rename(name, node, editor));
  name.dataset.key = `n:${node.id}`;
  name.setAttribute('aria-label', `${node.heading}, ${words.rename}`);
  if (isTheme) {
    head.append(sectionGrip(node, name, editor));
  }
  head.append(make('span', 'number', node.number), name);
  if (node.again) {
    head.append(make('span', 'again', words.again));
  }
  if (isTheme) {
    const n = node.documents.length + node.children.reduce((sum, child) => sum + child.documents.length, 0);
    const label = say(words.drop_section, { heading: node.heading });
    const drop = button('drop', '✕', label, () => edit({ do: 'drop', section: node.id }, UNDO));
    head.append(make('span', 'count', String(n)), mergeButton(node, editor), foldButton(node, box, editor), drop);
  }
  return head;
}

function sectionGrip(node, name, editor) {
  const { edit, tree, words } = editor;
  const key = `s:${node.id}`;
  const grip = button('grip', '⠿', say(words.move_section, { heading: node.heading }), null);
  grip.dataset.key = key;
  grip.onkeydown = event => {
    if (event.key.startsWith('Arrow')) {
      event.preventDefault();
      const shifted = shiftSection(tree, node, event.key);
      if (shifted) {
        edit(shifted, key);
      }
    }
    if (removes(event)) {
      event.preventDefault();
      edit({ do: 'drop', section: node.id }, UNDO);
    }
    if (event.key === 'F2') {
      rename(name, node, editor);
    }
  };
  return grip;
}

function mergeButton(node, { edit, tree, words }) {
  const targets = tree.parts.filter(other => canMerge(tree, node, other));
  const merge = into => edit({ do: 'merge', section: node.id, into }, `n:${into}`);
  const join = button('merge', words.join, say(words.merge, { heading: node.heading }), () =>
    choose(join, targets, words.merge_into, merge),
  );
  join.disabled = !targets.length;
  return join;
}

function foldButton(node, box, { kept, words }) {
  const fold = button('fold', '', words.fold, () => {
    if (box.classList.toggle('folded')) {
      kept.folded.add(node.id);
    } else {
      kept.folded.delete(node.id);
    }
    show();
  });
  const show = () => {
    const isFolded = kept.folded.has(node.id);
    fold.textContent = isFolded ? '▸' : '▾';
    fold.setAttribute('aria-expanded', String(!isFolded));
  };
  show();
  return fold;
}

// --- what stands in a button's place while a choice or a name is given

/** A list of sections; act gets the one that is chosen. */
function choose(anchor, targets, label, act) {
  const select = make('select');
  select.setAttribute('aria-label', label);
  select.append(new Option(label, ''), ...targets.map(node => new Option(`${node.number} ${node.heading}`, node.id)));
  select.onchange = () => select.value && act(select.value);
  select.onblur = () => select.replaceWith(anchor);
  select.onkeydown = event => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      select.onblur = null;
      select.replaceWith(anchor);
      anchor.focus();
    }
  };
  anchor.replaceWith(select);
  select.focus();
}

function rename(name, node, { edit, words }) {
  const input = make('input');
  input.value = node.heading;
  input.maxLength = LONGEST_HEADING;
  input.setAttribute('aria-label', words.rename);
  let isClosed = false;
  const close = saves => {
    if (isClosed) {
      return;
    }
    isClosed = true;
    const heading = input.value.trim();
    input.replaceWith(name);
    name.focus();
    if (saves && heading && heading !== node.heading) {
      edit({ do: 'rename', section: node.id, heading }, `n:${node.id}`);
    }
  };
  input.onkeydown = event => {
    event.stopPropagation();
    if (event.key === 'Enter' && !event.isComposing) {
      close(true);
    }
    if (event.key === 'Escape') {
      close(false);
    }
  };
  input.onblur = () => close(true);
  name.replaceWith(input);
  input.focus();
  input.select();
}
