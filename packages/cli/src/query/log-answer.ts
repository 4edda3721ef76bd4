import { open } from 'node:fs/promises';
import { jobLogs, logFolder } from '@sluice/activities';
import { ErrorCode, SluiceError } from '@sluice/sdk';

/** Bytes that are read from the end of a log; a notebook has no use for more. */
const MOST = 4 * 2 ** 20;

/** The end of what one attempt of a job printed, on this machine. @throws SluiceError `NotFound` */
export async function logAnswer(
  stateDir: string,
  asked: { readonly run: string; readonly step: string; readonly attempt: number | null; readonly lines: number },
): Promise<{ attempt: number; attempts: number[]; path: string; text: string; cut: boolean }> {
  const logs = (await jobLogs(stateDir, asked.run)).filter(({ step }) => step === asked.step);
  const attempts = logs.map(({ attempt }) => attempt);
  const log = asked.attempt === null ? logs.at(-1) : logs.find(({ attempt }) => attempt === asked.attempt);
  if (log === undefined) {
    throw new SluiceError(
      ErrorCode.NotFound,
      attempts.length === 0
        ? `There is no log of ${asked.step} on this machine.`
        : `There is no log of attempt ${asked.attempt} of ${asked.step}.`,
      {
        where: logFolder(stateDir, asked.run),
        fix: attempts.length === 0 ? 'Jobs log where they run: look there.' : `There is: ${attempts.join(', ')}`,
      },
    );
  }
  return { attempt: log.attempt, attempts, path: log.path, ...(await tailOf(log.path, asked.lines)) };
}

async function tailOf(path: string, lines: number): Promise<{ text: string; cut: boolean }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - MOST);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const all = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    // The last line ends, as a rule, by a line break.
    const wanted = all.at(-1) === '' ? lines + 1 : lines;
    return { text: all.slice(-wanted).join('\n'), cut: from > 0 || all.length > wanted };
  } finally {
    await file.close();
  }
}
