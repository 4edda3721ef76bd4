import type { AttemptProgress, StepStatus } from '@sluice/sdk';
import { clip, elide, fold, padTo, widthOf } from '../text/width.ts';
import type { Paint } from './colours.ts';
import { formatMs, formatRate, formatTime } from './format.ts';
import { linesOf, weightsText } from './lines.ts';
import type { Renderer } from './renderer.ts';
import type { PendingJob, Snapshot } from './snapshot.ts';

export interface Screen {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

/** Before every line that scrolls by, `14:03:59  `. */
const TIME = 10;

/** Lines scroll by above; below them a live region shows what runs now, with bars. */
export function ttyRenderer(screen: Screen, paint: Paint, now: () => number = Date.now): Renderer {
  let last: Snapshot | null = null;
  /** Widths of the lines of the live region. */
  let drawn: number[] = [];
  let frame = 0;
  // A look that was under way when somebody pressed Ctrl-C comes in after that.
  let closed = false;
  const columns = () => Math.max(20, screen.columns ?? 80);
  const erase = () => {
    if (drawn.length === 0) return;
    // A terminal made narrower since has broken them; and a Ctrl-C has printed itself where the cursor was.
    const rows = drawn.reduce((total, width) => total + Math.max(1, Math.ceil(width / columns())), 0);
    screen.write(`\r\u001b[${rows}A\u001b[0J`);
    drawn = [];
  };
  const draw = () => {
    if (closed || last === null || last.closed !== null) return;
    const width = columns() - 1;
    const lines = withinRows(liveLines(last, paint, frame, now(), width), Math.max(2, (screen.rows ?? 24) - 2), paint);
    const clipped = lines.map((line) => clip(line, width));
    for (const line of clipped) screen.write(`${line}\n`);
    drawn = clipped.map(widthOf);
  };
  const timer = setInterval(() => {
    frame++;
    erase();
    draw();
  }, 250);
  timer.unref();
  screen.write('\u001b[?25l');
  return {
    event: (event) => {
      // Both are in the live region, where they take one line however often they come.
      if (closed || event.type === 'progress' || event.type === 'checkpoint-committed') return;
      erase();
      const room = columns() - TIME;
      const lines = linesOf(event, paint, room).flatMap((line) => fold(line, room));
      lines.forEach((line, index) => {
        screen.write(`${index === 0 ? paint('quiet', formatTime(event.at)) : ' '.repeat(TIME - 2)}  ${line}\n`);
      });
      draw();
    },
    snapshot: (snapshot) => {
      last = snapshot;
      erase();
      draw();
    },
    close: () => {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      erase();
      screen.write('\u001b[?25h');
    },
  };
}

/** As many lines as there is room for; the last one, which says which run it is, stays. */
function withinRows(lines: readonly string[], rows: number, paint: Paint): string[] {
  if (lines.length <= rows) return [...lines];
  const shown = lines.slice(0, rows - 2);
  return [...shown, paint('quiet', `  and ${lines.length - 1 - shown.length} more`), ...lines.slice(-1)];
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** What runs now, one line each, in `columns`. */
export function liveLines(
  snapshot: Snapshot,
  paint: Paint,
  frame: number,
  now: number,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const jobs = new Map(snapshot.jobs.map((job) => [job.step, job]));
  const rolling = snapshot.endpoint !== null && snapshot.status.state === 'rolling-out';
  const running = snapshot.status.steps.filter(
    ({ state, kind }) => (state === 'running' && !(rolling && kind === 'deploy')) || state === 'waiting',
  );
  const most = Math.max(16, Math.min(32, Math.floor(columns / 3)));
  const width = Math.min(most, Math.max(0, ...running.map(({ step }) => widthOf(step))));
  const mark = paint('step', spinner[frame % spinner.length] ?? '*');
  const room = columns - width - 3;
  const lines = running.map((step) => {
    const name = paint('step', padTo(elide(step.step, width), width));
    if (step.state === 'waiting') return `${paint('warn', '?')} ${name} ${waitText(snapshot, step.step)}`;
    const elapsed = formatMs(Math.max(0, now - step.start));
    return `${mark} ${name} ${mapText(step, paint, room) ?? jobText(jobs.get(step.step), paint, room) ?? elapsed}`;
  });
  if (snapshot.endpoint !== null && rolling) {
    const { endpoint, phase, weights } = snapshot.endpoint;
    lines.push(`${mark} ${paint('step', endpoint)} ${phase}: ${weightsText(weights)}`);
  }
  const hidden = Object.entries(snapshot.status.hidden).map(([state, count]) => `${count} ${state}`);
  if (hidden.length > 0) lines.push(paint('quiet', `  and ${hidden.join(', ')}`));
  const elapsed = formatMs(Math.max(0, now - snapshot.startedAt));
  const about = `  ${snapshot.status.state}  ${elapsed}`;
  const run = elide(snapshot.status.workflowId, Math.max(16, columns - widthOf(about) - 2));
  const leave = '  (Ctrl-C leaves it running)';
  const footer = `  ${run}${about}`;
  lines.push(paint('quiet', widthOf(footer + leave) > columns ? footer : footer + leave));
  return lines;
}

/** How many keys of a map have ended, as its note counts them; null while none has. */
function mapText(step: StepStatus, paint: Paint, room: number): string | null {
  const [, done, failed, all] = /^(\d+) done, (\d+) failed of (\d+)$/.exec(step.note ?? '') ?? [];
  if (step.kind !== 'map' || done === undefined || failed === undefined || all === undefined) return null;
  const ended = Number(done) + Number(failed);
  const failures = failed === '0' ? [] : [paint('bad', `${failed} failed`)];
  return fitting([`${bar(ended / Number(all), paint, room)}  ${ended}/${all}`, ...failures], room);
}

function jobText(job: PendingJob | undefined, paint: Paint, room: number): string | null {
  if (job === undefined) return null;
  if (!job.started && job.progress === null) return paint('quiet', 'waits for a worker');
  const { progress } = job;
  if (progress === null || progress.step === null) return null;
  const parts = [progressBar(progress, paint, room)];
  if (progress.rate !== null) parts.push(formatRate(progress.rate));
  if (progress.total !== null && progress.rate) {
    parts.push(`${formatMs((1000 * Math.max(0, progress.total - progress.step)) / progress.rate)} left`);
  }
  if (progress.checkpoint !== null) parts.push(paint('quiet', `checkpoint ${progress.checkpoint}`));
  parts.push(paint('quiet', progress.machine));
  return fitting(parts, room);
}

/** The first parts that there is room for: a part that would be cut is left out, for it may hold a number. */
function fitting(parts: readonly string[], room: number): string {
  const [first = '', ...more] = parts;
  let text = first;
  for (const part of more) {
    if (widthOf(text) + 2 + widthOf(part) > room) break;
    text += `  ${part}`;
  }
  return text;
}

function progressBar({ step, total }: AttemptProgress, paint: Paint, room: number): string {
  if (step === null) return '';
  if (total === null || total <= 0) return `step ${step}`;
  const share = Math.min(1, step / total);
  return `${bar(share, paint, room)} ${String(Math.floor(share * 100)).padStart(3)} %  ${step}/${total}`;
}

function bar(share: number, paint: Paint, room: number): string {
  const length = room >= 80 ? 24 : 12;
  const full = Math.round(share * length);
  return paint('good', '━'.repeat(full)) + paint('quiet', '─'.repeat(length - full));
}

function waitText(snapshot: Snapshot, step: string): string {
  const gate = snapshot.status.gates.find((one) => one.step === step);
  if (gate === undefined) return 'waits';
  return gate.state === 'blocked' ? 'blocked: override or reject' : 'awaits approval';
}
