// Words of the page, those inside components too, that stand out from their ground by less than WCAG 2.1 asks: 4.5:1,
// of large ones 3:1. What is switched off or hidden is left out, and the words over a slider, whose ground is not that of
// what holds them.
() => {
  const parse = text => {
    const found = text.match(/[\d.]+/g).map(Number);
    return [found[0], found[1], found[2], found.length > 3 ? found[3] : 1];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const above = node => node.assignedSlot || node.parentElement || node.getRootNode().host || null;
  const line = node => (node ? [node, ...line(above(node))] : []);
  const luminance = colour => {
    const parts = colour.slice(0, 3).map(v => v / 255);
    const [r, g, b] = parts.map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  const look = node => {
    const text = [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.textContent).join('').trim();
    const box = node.getBoundingClientRect();
    const styles = line(node).map(one => getComputedStyle(one));
    const without = '[disabled], [aria-disabled=true], label:has(:disabled), .said, [data-testid=stSliderThumbValue], iframe';
    const off = line(node).some(one => one.matches(without));
    const isHidden = styles.some(one => one.display === 'none' || one.visibility === 'hidden' || Number(one.opacity) === 0) ||
      parse(styles[0].color)[3] === 0; // the words that lie over a page's picture
    if (!text || box.width < 3 || off || isHidden || !styles.every(one => one.color.startsWith('rgb'))) {
      return;
    }
    const layers = styles.map(one => one.backgroundColor).filter(one => one.startsWith('rgb')).map(parse);
    const ground = layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    const colour = parse(styles[0].color);
    colour[3] *= styles.reduce((share, one) => share * Number(one.opacity), 1);
    const [a, b] = [luminance(over(colour, ground)), luminance(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = Number.parseFloat(styles[0].fontSize);
    const isLarge = size >= 24 || (size >= 18.6 && Number(styles[0].fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      faint.push(`${text.slice(0, 30)}: ${ratio.toFixed(2)}, ${styles[0].color} on ${ground.map(Math.round)}`);
    }
  };
  const walk = root => {
    for (const node of root.querySelectorAll('*')) {
      look(node);
      if (node.shadowRoot) {
        walk(node.shadowRoot);
      }
    }
  };
  walk(document.body);
  return [...new Set(faint)];
}
