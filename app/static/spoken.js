// A formula in words. A screen reader is told these and not the picture: few read the MathML that KaTeX draws beside.

const TEXT = /^\\(?:text[a-z]*|mbox|operatorname\*?|tag)\s*\{([^{}]*)\}$/;
const TOKEN =
  /\\(?:text[a-z]*|mbox|operatorname\*?|tag)\s*\{[^{}]*\}|\\[a-zA-Z]+|\\.|[{}^_&~]|\d+(?:[.,]\d+)*|[a-zA-Z]|\S/gsu;
const SILENT =
  /^(?:\\(?:left|right|middle|[bB]igg?[lrm]?|(?:display|text|script)style|(?:no)?limits|q?quad|nonumber|[,;:!> ])|~)$/;
const STYLES = /^\\(?:math[a-z]+|bm|boldsymbol)$/;
const BIG = new Set(['\\sum', '\\prod', '\\int']);

/** Calls an element a formula that says these words. */
export function speak(element, tex, words) {
  element.setAttribute('role', 'img'); // as `math` its name is passed over by readers that look for MathML in it
  element.setAttribute('aria-roledescription', words.formula);
  element.setAttribute('aria-label', inWords(tex, words));
}

/** TeX in words. words: "formula", patterns ("frac", "sqrt", …), and what a sign or a command is called. */
export function inWords(tex, words) {
  const reading = { tokens: tex.match(TOKEN) ?? [], at: 0, words };
  const said = [];
  while (reading.at < reading.tokens.length) {
    said.push(sequence(reading));
    reading.at += 1; // a bracket that closes nothing
  }
  return said.join(' ').replace(/\s+/g, ' ').trim();
}

/** What stands up to the bracket that closes it, or the end. */
function sequence(reading) {
  const said = [];
  let isBig = false; // what is summed has limits, no index
  while (reading.at < reading.tokens.length && reading.tokens[reading.at] !== '}') {
    const token = reading.tokens[reading.at];
    reading.at += 1;
    if (token === '^' || token === '_') {
      said.push(script(token, argument(reading), isBig, reading.words));
    } else {
      isBig = BIG.has(token);
      said.push(one(token, reading));
    }
  }
  return said.filter(Boolean).join(' ');
}

function script(sign, said, isBig, words) {
  if (isBig) {
    return fill(words[sign === '^' ? 'to' : 'from'], said);
  }
  if (sign === '_') {
    return fill(words.sub, said);
  }
  const stars = { [words['*']]: words['*'], prime: words.prime };
  const known = { 2: words.squared, T: words.transposed, [words['\\top']]: words.transposed, ...stars };
  return known[said] ?? fill(words.power, said);
}

/** The next token, or group. */
function argument(reading) {
  const token = reading.tokens[reading.at];
  reading.at += 1;
  return token === undefined ? '' : one(token, reading);
}

function one(token, reading) {
  const { words } = reading;
  if (token === '{') {
    const said = sequence(reading);
    reading.at += 1;
    return said;
  }
  if (/^\\[dt]?frac$/.test(token)) {
    return fraction(argument(reading), argument(reading), words);
  }
  if (token === '\\sqrt') {
    return root(reading);
  }
  if (SILENT.test(token)) {
    return '';
  }
  if (TEXT.test(token)) {
    return token.match(TEXT)[1];
  }
  if (token === '\\begin' || token === '\\end') {
    argument(reading);
    return '';
  }
  if (words.after[token]) {
    return `${argument(reading)} ${words.after[token]}`;
  }
  if (STYLES.test(token)) {
    return name(argument(reading));
  }
  return words[token] ?? token.replace(/^\\/, '');
}

function fraction(above, below, words) {
  const isPlain = !above.includes(' ') && !below.includes(' ');
  return words[isPlain ? 'frac' : 'frac_long'].replace('{a}', () => above).replace('{b}', () => below);
}

function root(reading) {
  const { words } = reading;
  let degree = '';
  if (reading.tokens[reading.at] === '[') {
    const end = reading.tokens.indexOf(']', reading.at);
    degree = reading.tokens.slice(reading.at + 1, end).join('');
    reading.at = end + 1;
  }
  const said = argument(reading);
  const root = fill(words[said.includes(' ') ? 'sqrt_long' : 'sqrt'], said);
  return degree ? `${degree} ${root}` : root;
}

/** A name in upright or bold letters is a word: s o f t m a x. */
function name(said) {
  return /^(?:[a-zA-Z] )+[a-zA-Z]$/.test(said) ? said.replaceAll(' ', '') : said;
}

function fill(pattern, said) {
  return pattern.replace('{a}', () => said);
}
