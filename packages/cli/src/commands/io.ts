import { type Paint, paintFor, plainPaint } from '../follow/colours.ts';
import { jsonRenderer, plainRenderer, type Renderer } from '../follow/renderer.ts';
import { ttyRenderer } from '../follow/tty-renderer.ts';
import { fold } from '../text/width.ts';

/** Where a command writes and how: nothing else prints. */
export interface Io {
  readonly json: boolean;
  readonly paint: Paint;
  /** Width of the terminal; infinite where the output goes elsewhere. */
  readonly columns: number;
  /** One line for a person; silent with `--json`. */
  line(text?: string): void;
  /** One object for a program; silent without `--json`. */
  object(value: unknown): void;
  /** A remark that is no result: to stderr. */
  note(text: string): void;
  /** How a run is shown here. */
  renderer(): Renderer;
}

export function terminalIo(options: { readonly json: boolean }): Io {
  const { json } = options;
  const paint = json ? plainPaint : paintFor(process.stdout);
  const toTerminal = !json && process.stdout.isTTY === true;
  const columns = toTerminal ? Math.max(40, process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  const write = (text: string) => void process.stdout.write(text);
  return {
    json,
    paint,
    columns,
    line: (text = '') => {
      if (!json) for (const line of fold(text, columns)) write(`${line}\n`);
    },
    object: (value) => {
      if (json) write(`${JSON.stringify(value)}\n`);
    },
    note: (text) => void process.stderr.write(`${text}\n`),
    renderer: () => {
      if (json) return jsonRenderer(write);
      const live = process.stdout.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;
      return live ? ttyRenderer(process.stdout, paint) : plainRenderer(write, paint);
    },
  };
}
