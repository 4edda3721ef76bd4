import { styleText } from 'node:util';
import { expect, it } from 'vitest';
import { spansOf, terminalSvg } from './terminal-svg.ts';

const paint = (style: Parameters<typeof styleText>[0], text: string) =>
  styleText(style, text, { validateStream: false });

it('colours of the command are classes of the picture, and end where they end', () => {
  const line = `${paint('bold', 'run')} ${paint(['underline', 'blue'], 'http://x')} ${paint('dim', 'quiet')} plain`;
  expect(spansOf(line).spans).toEqual([
    { text: 'run', classes: ['bold'] },
    { text: ' ', classes: [] },
    { text: 'http://x', classes: ['underline', 'blue'] },
    { text: ' ', classes: [] },
    { text: 'quiet', classes: ['dim'] },
    { text: ' plain', classes: [] },
  ]);
});

it('a style goes on over the end of a line', () => {
  const { after } = spansOf('\u001b[32mgreen');
  expect(spansOf('still\u001b[39m not', after).spans.map(({ classes }) => classes)).toEqual([['green'], []]);
});

it('what was printed stands on a grid, and cannot break out of the picture', () => {
  const svg = terminalSvg(`a < b & "c"\n${paint('red', 'größe')}  ✈\n\n`, 80);
  expect(svg).toContain('a &lt; b &amp; "c"</text>');
  expect(svg).toContain('class="red" textLength="42.0"');
  expect(svg.match(/<text /g)).toHaveLength(3);
  expect(svg).toContain('width="704" height="68"');
});
