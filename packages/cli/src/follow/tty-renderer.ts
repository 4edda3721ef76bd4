import { stripVTControlCharacters } from 'node:util';
import type { AttemptProgress } from '@sluice/sdk';
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

/** Lines scroll by above; below them a live region shows what runs now, with bars. */
export function ttyRenderer(screen: Screen, paint: Paint, now: () => number = Date.now): Renderer {
  let last: Snapshot | null = null;
  let drawn = 0;
  let frame = 0;
  // A look that was under way when somebody pressed Ctrl-C comes in after that.
  let closed = false;
  const erase = () => {
    // To the first column too: a terminal writes its ^C where the cursor is, and what is left of that would stay.
    if (drawn > 0) screen.write(`\r\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  const draw = () => {
    if (closed || last === null || last.closed !== null) return;
    const width = Math.max(20, (screen.columns ?? 80) - 1);
    const lines = liveLines(last, paint, frame, now()).slice(0, Math.max(1, (screen.rows ?? 24) - 2));
    for (const line of lines) screen.write(`${clip(line, width)}\n`);
    drawn = lines.length;
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
      if (closed || event.type === 'progress') return;
      erase();
      const time = paint('quiet', formatTime(event.at));
      linesOf(event, paint).forEach((line, index) => {
        screen.write(`${index === 0 ? time : ' '.repeat(8)}  ${line}\n`);
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

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** What runs now, one line each. */
export function liveLines(snapshot: Snapshot, paint: Paint, frame: number, now: number): string[] {
  const jobs = new Map(snapshot.jobs.map((job) => [job.step, job]));
  const running = snapshot.status.steps.filter(({ state }) => state === 'running' || state === 'waiting');
  const names = Math.min(32, Math.max(0, ...running.map(({ step }) => step.length)));
  const mark = paint('step', spinner[frame % spinner.length] ?? '*');
  const lines = running.map((step) => {
    const job = jobs.get(step.step);
    const name = paint('step', step.step.padEnd(names));
    if (step.state === 'waiting') return `${paint('warn', '?')} ${name} ${waitText(snapshot, step.step)}`;
    return `${mark} ${name} ${jobText(job, paint) ?? formatMs(Math.max(0, now - step.start))}`;
  });
  if (snapshot.endpoint !== null && snapshot.status.state === 'rolling-out') {
    const { endpoint, phase, weights } = snapshot.endpoint;
    lines.push(`${mark} ${paint('step', endpoint)} ${phase}: ${weightsText(weights)}`);
  }
  const hidden = Object.entries(snapshot.status.hidden).map(([state, count]) => `${count} ${state}`);
  if (hidden.length > 0) lines.push(paint('quiet', `  and ${hidden.join(', ')}`));
  const elapsed = formatMs(Math.max(0, now - snapshot.startedAt));
  lines.push(
    paint('quiet', `  ${snapshot.status.workflowId}  ${snapshot.status.state}  ${elapsed}  (Ctrl-C leaves it running)`),
  );
  return lines;
}

function jobText(job: PendingJob | undefined, paint: Paint): string | null {
  if (job === undefined) return null;
  if (!job.started && job.progress === null) return paint('quiet', 'waits for a worker');
  const { progress } = job;
  if (progress === null || progress.step === null) return null;
  const parts = [bar(progress, paint)];
  if (progress.rate !== null) parts.push(formatRate(progress.rate));
  if (progress.total !== null && progress.rate) {
    parts.push(`${formatMs((1000 * Math.max(0, progress.total - progress.step)) / progress.rate)} left`);
  }
  if (progress.checkpoint !== null) parts.push(paint('quiet', `checkpoint ${progress.checkpoint}`));
  parts.push(paint('quiet', progress.machine));
  return parts.join('  ');
}

function bar({ step, total }: AttemptProgress, paint: Paint): string {
  if (step === null) return '';
  if (total === null || total <= 0) return `step ${step}`;
  const share = Math.min(1, step / total);
  const full = Math.round(share * 24);
  return `${paint('good', '━'.repeat(full))}${paint('quiet', '─'.repeat(24 - full))} ${String(Math.floor(share * 100)).padStart(3)} %  ${step}/${total}`;
}

function waitText(snapshot: Snapshot, step: string): string {
  const gate = snapshot.status.gates.find((one) => one.step === step);
  if (gate === undefined) return 'waits';
  return gate.state === 'blocked' ? 'blocked: override or reject' : 'awaits approval';
}

const ESC = '\u001b';

/** Cuts a line to the screen's width; colours take no room, and end where the line is cut. */
export function clip(line: string, width: number): string {
  if (stripVTControlCharacters(line).length <= width) return line;
  let room = width - 1;
  let cut = '';
  for (const [index, part] of line.split(ESC).entries()) {
    const end = index === 0 ? 0 : part.indexOf('m') + 1;
    if (index > 0) cut += ESC + part.slice(0, end);
    const text = part.slice(end, end + room);
    cut += text;
    room -= text.length;
  }
  return `${cut}…`;
}
