import { open } from 'node:fs/promises';
import { jobLogs, logPath } from '@sluice/activities';
import type { LogView } from '@sluice/ui/api';
import { notFound } from '../trouble.ts';

/** Lines that are shown, the last ones. */
export const LINES = 2_000;
/** Bytes that are read of a log's end. */
const READ = 4 * 2 ** 20;
/** Characters of one line. */
const LINE = 4_000;

/** What a job printed on this machine. @throws SluiceError `NotFound` */
export async function logView(
  stateDir: string,
  asked: { readonly run: string; readonly step: string; readonly attempt: number | null },
): Promise<LogView> {
  const { run, step } = asked;
  const logs = (await jobLogs(stateDir, run)).filter(
    ({ attempt, path }) => path === logPath(stateDir, run, step, attempt),
  );
  const attempts = logs.map(({ attempt }) => attempt);
  const found = asked.attempt === null ? logs.at(-1) : logs.find(({ attempt }) => attempt === asked.attempt);
  if (found === undefined) {
    const fix =
      attempts.length === 0
        ? 'Jobs log on the machine where they run; one that has not started has none yet.'
        : `There is a log of attempt ${attempts.join(', ')}.`;
    throw notFound(
      asked.attempt === null
        ? `log of ${step} on this machine`
        : `log of attempt ${asked.attempt} of ${step} on this machine`,
      fix,
    );
  }
  const { text, cut } = await endOf(found.path);
  return { step, attempt: found.attempt, attempts, ...lastLines(text, cut) };
}

/** The last lines of a text. @param cut whether something is missing before it */
export function lastLines(text: string, cut: boolean): Pick<LogView, 'lines' | 'cut'> {
  const all = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (all.at(-1) === '') all.pop();
  // Where the text begins in the middle of a log, its first line may be half a line.
  const whole = cut && all.length > 1 ? all.slice(1) : all;
  const lines = whole.slice(-LINES).map((line) => (line.length > LINE ? `${line.slice(0, LINE)}…` : line));
  return { lines, cut: cut || whole.length > LINES };
}

async function endOf(path: string): Promise<{ readonly text: string; readonly cut: boolean }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - READ);
    const bytes = Buffer.alloc(size - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    return { text: bytes.toString('utf8', 0, bytesRead), cut: from > 0 };
  } finally {
    await file.close();
  }
}
