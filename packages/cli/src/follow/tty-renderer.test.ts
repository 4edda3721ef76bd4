import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { plainPaint } from './colours.ts';
import { job, snapshot, start, step } from './testing.ts';
import { ttyRenderer } from './tty-renderer.ts';

const ESC = '\u001b';
/** A control sequence, or one character. */
const piece = new RegExp(`${ESC}\\[[?\\d;]*[A-Za-z]|[\\s\\S]`, 'gu');

/** The little of a terminal that the live region relies on. */
function terminal() {
  let lines = [''];
  let row = 0;
  let column = 0;
  let cursor = true;
  const put = (char: string) => {
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + char + line.slice(column + 1);
    column += 1;
  };
  const write = (text: string) => {
    for (const part of text.match(piece) ?? []) {
      if (part === '\r') column = 0;
      else if (part === '\n') {
        row += 1;
        column = 0;
        lines[row] ??= '';
      } else if (part.endsWith('A') && part.startsWith('\u001b'))
        row = Math.max(0, row - Number.parseInt(part.slice(2), 10));
      else if (part === '\u001b[0J') {
        lines[row] = (lines[row] ?? '').slice(0, column);
        lines = lines.slice(0, row + 1);
      } else if (part.startsWith('\u001b[?25')) cursor = part.endsWith('h');
      else put(part);
    }
  };
  return { write, columns: 80, rows: 24, text: () => lines.join('\n').trimEnd(), cursor: () => cursor };
}

const running = snapshot(
  { steps: [step('fit'), step('beside', { kind: 'extract' })] },
  { jobs: [job('fit', { step: 50, total: 100 })] },
);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('leaves the lines of events and nothing of the live region after Ctrl-C, whose ^C the terminal writes', () => {
  const screen = terminal();
  const renderer = ttyRenderer(screen, plainPaint, () => start);
  renderer.event({ at: start, type: 'run-started', run: 'delays/one', pipeline: 'delays' });
  renderer.snapshot(running);
  expect(screen.text()).toMatch(/⠋ fit/);
  screen.write('^C');
  renderer.close();
  expect(screen.text()).toMatch(/^\d\d:\d\d:\d\d {2}run delays\/one$/);
  expect(screen.cursor()).toBe(true);
});

it('draws nothing more once it is closed: no look that was under way, no event and no further frame', () => {
  const screen = terminal();
  const renderer = ttyRenderer(screen, plainPaint, () => start);
  renderer.snapshot(running);
  renderer.close();
  renderer.snapshot(running);
  renderer.event({ at: start, type: 'step-started', step: 'fit', kind: 'train' });
  vi.advanceTimersByTime(2000);
  expect(screen.text()).toBe('');
  expect(screen.cursor()).toBe(true);
});

it('redraws its region in place, frame by frame', () => {
  const screen = terminal();
  const renderer = ttyRenderer(screen, plainPaint, () => start);
  renderer.snapshot(running);
  vi.advanceTimersByTime(1000);
  expect(screen.text().match(/fit/g)).toHaveLength(1);
  expect(screen.text()).toMatch(/⠼ fit/);
  renderer.close();
});
