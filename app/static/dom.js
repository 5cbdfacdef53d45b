// What every component builds its page with: elements whose text is set as text.

/** An element with a class and a text; either may be empty. */
export function make(tag, name = '', text = '') {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

/** A button: its class, its face, its name for tooltip and screen reader, what a press does. */
export function button(name, face, label, act) {
  const element = make('button', name, face);
  element.type = 'button';
  element.title = label;
  element.setAttribute('aria-label', label);
  element.onclick = act;
  return element;
}

/** The words of a pattern, its {names} filled in. */
export function say(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** Gives an element these children; those that stay are not taken out meanwhile, so that they keep the focus. */
export function arrange(parent, children) {
  for (const child of [...parent.children].filter(each => !children.includes(each))) {
    child.remove();
  }
  let next = parent.firstChild;
  for (const child of children) {
    if (child === next) {
      next = next.nextSibling;
    } else {
      parent.insertBefore(child, next);
    }
  }
}
