import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';

const require = createRequire(import.meta.url);
/** Texts of these alone are as wide as they are long. */
const simple = /^[ -~\u00a1-\u00ac\u00ae-\u02ff–—…]*$/;

/** Columns that a text takes in a terminal: colours take none, wide characters two, what is composed of many one. */
export function widthOf(text: string): number {
  const plain = text.includes(ESC) ? stripVTControlCharacters(text) : text;
  if (simple.test(plain)) return plain.length;
  // Loading it takes a tenth of a short command's time, and few texts need it.
  const { default: stringWidth } = require('string-width') as typeof import('string-width');
  return stringWidth(plain);
}

/** The text, and spaces up to `width` columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Cuts a line to `width` columns; colours take no room, and end where the line is cut. */
export function clip(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  let room = width - 1;
  let cut = '';
  for (const [part] of line.matchAll(pieces)) {
    if (part.startsWith(ESC)) {
      cut += part;
      continue;
    }
    const kept = room > 0 ? start(part, room) : '';
    cut += kept;
    room = kept === part ? room - widthOf(part) : 0;
  }
  return `${cut}…`;
}

/**
 * Cuts the middle out of a name that is wider than `width`: a path's beginning and its end tell most. A number is left
 * whole or out, because half of one is another number. For text without colours.
 */
export function elide(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 3) return start(text, width);
  const head = start(text, Math.floor((width - 1) / 2));
  const tail = end(text, width - 1 - widthOf(head));
  const wholeHead = isDigit(text.charAt(head.length)) ? head.replace(/\d+$/, '') : head;
  const wholeTail = isDigit(text.charAt(text.length - tail.length - 1)) ? tail.replace(/^\d+/, '') : tail;
  return wholeHead === '' && wholeTail === '' ? `${head}…${tail}` : `${wholeHead}…${wholeTail}`;
}

/**
 * Breaks a line at its spaces so that no line is wider than `width`; what follows is indented. A word that is wider
 * stays whole: it is a digest, a path or an address, and wants to be copied.
 */
export function wrap(line: string, width: number, indent = 0): string[] {
  if (widthOf(line) <= width) return [line];
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S)(?= )/)) {
    if (widthOf(current) + widthOf(word) > width && current.trim() !== '') {
      lines.push(current);
      current = ' '.repeat(indent) + word.trimStart();
    } else current += word;
  }
  return [...lines, current];
}

/**
 * A line as a terminal of `width` columns shows it best, indented as it is. A command or an address is left to the
 * terminal to break: broken by us it could not be copied.
 */
export function fold(line: string, width: number): string[] {
  if (!Number.isFinite(width) || /\b(sluice [a-z]+ |https?:\/\/)/.test(line)) return [line];
  return wrap(line, width, /^ */.exec(line)?.[0].length ?? 0);
}

const ESC = '\u001b';
const pieces = new RegExp(`${ESC}\\[[0-9;]*[A-Za-z]|${ESC}|[^${ESC}]+`, 'g');
let segmenter: Intl.Segmenter | undefined;

/** What is read as one character, one after the other. */
function graphemes(text: string): Iterable<Intl.SegmentData> {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/** As much of a text's beginning as `width` columns hold. */
function start(text: string, width: number): string {
  let [kept, taken] = ['', 0];
  for (const { segment } of graphemes(text)) {
    taken += widthOf(segment);
    if (taken > width) break;
    kept += segment;
  }
  return kept;
}

function end(text: string, width: number): string {
  let [kept, taken] = ['', 0];
  for (const { segment } of [...graphemes(text)].reverse()) {
    taken += widthOf(segment);
    if (taken > width) break;
    kept = segment + kept;
  }
  return kept;
}

function isDigit(character: string): boolean {
  return /\d/.test(character);
}
