/** A run of characters in one style. */
interface Span {
  readonly text: string;
  readonly classes: readonly string[];
}

const CELL = { width: 8.4, height: 18, size: 14 };
const EDGE = 16;

/** Codes of `styleText` that the command's output uses, on and off. */
const on: Readonly<Record<number, string>> = {
  1: 'bold',
  2: 'dim',
  4: 'underline',
  31: 'red',
  32: 'green',
  33: 'yellow',
  34: 'blue',
  35: 'magenta',
  36: 'cyan',
  90: 'dim',
};
const off: Readonly<Record<number, readonly string[]>> = {
  22: ['bold', 'dim'],
  24: ['underline'],
  39: ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan'],
};

/**
 * What a command printed, colours and all, as an SVG that is dark where its reader likes it dark. Text stays text, on a
 * grid of cells, so that columns stand whatever monospaced font there is.
 *
 * @param columns width in characters; longer lines are not cut, and run out of the picture
 * @param title what it shows, for whom does not see it; no markup
 */
export function terminalSvg(output: string, columns: number, title = 'What a command printed'): string {
  const lines = output.replace(/\r/g, '').replace(/\n+$/, '').split('\n');
  const width = Math.ceil(columns * CELL.width + 2 * EDGE);
  const height = lines.length * CELL.height + 2 * EDGE;
  let style: readonly string[] = [];
  const texts = lines.flatMap((line, row) => {
    const { spans, after } = spansOf(line, style);
    style = after;
    return svgLine(spans, EDGE + row * CELL.height + CELL.size);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${title}</title>
<style>
  .back { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328; font: ${CELL.size}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }
  .bold { font-weight: 700 } .underline { text-decoration: underline } .dim { fill: #59636e }
  .red { fill: #c0262d } .green { fill: #1a7f37 } .yellow { fill: #8a6100 } .blue { fill: #0b5cc4 } .magenta { fill: #8250df } .cyan { fill: #0a6f85 }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117; stroke: #30363d } text { fill: #e6edf3 } .dim { fill: #9198a1 }
    .red { fill: #ff7b72 } .green { fill: #56d364 } .yellow { fill: #e3b341 } .blue { fill: #79c0ff } .magenta { fill: #d2a8ff } .cyan { fill: #56d4dd }
  }
</style>
<rect class="back" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${texts.join('\n')}
</svg>
`;
}

/** The line cut where its style changes, and the style that the next one begins with. */
export function spansOf(
  line: string,
  before: readonly string[] = [],
): { readonly spans: readonly Span[]; readonly after: readonly string[] } {
  const spans: Span[] = [];
  let classes = before;
  // Every second part is what stood between `ESC [` and `m`.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  line.split(/\u001b\[([\d;]*)m/).forEach((part, index) => {
    if (index % 2 === 1) classes = part.split(';').reduce(styled, classes);
    else if (part !== '') spans.push({ text: part, classes });
  });
  return { spans, after: classes };
}

function styled(classes: readonly string[], code: string): readonly string[] {
  const number = Number(code);
  if (number === 0) return [];
  const name = on[number];
  if (name !== undefined) return [...new Set([...classes, name])];
  return classes.filter((one) => !off[number]?.includes(one));
}

function svgLine(spans: readonly Span[], y: number): string[] {
  let column = 0;
  return spans.flatMap(({ text, classes }) => {
    const x = EDGE + column * CELL.width;
    const length = Array.from(text).length;
    column += length;
    if (text.trim() === '') return [];
    const style = classes.length === 0 ? '' : ` class="${classes.join(' ')}"`;
    const fit = `textLength="${(length * CELL.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
    return [`<text x="${x.toFixed(1)}" y="${y}"${style} ${fit} xml:space="preserve">${escaped(text)}</text>`];
  });
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
