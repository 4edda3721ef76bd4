import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type JobLog, jobLogs, logFolder } from '@sluice/activities';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { findRun } from '../run/find-run.ts';
import { connectClient, temporalTarget } from '../run/temporal-target.ts';
import type { Io } from './io.ts';
import { type CommonOptions, loadProject } from './project.ts';

export interface LogsOptions extends CommonOptions {
  readonly attempt?: number;
}

/** `sluice logs RUN [STEP]`: what the jobs of a run printed on this machine. */
export async function logsCommand(
  run: string | undefined,
  step: string | undefined,
  options: LogsOptions,
  io: Io,
): Promise<ExitCode> {
  const loaded = await loadProject(options);
  const stateDir = join(loaded.root, '.sluice');
  const workflowId = await workflowIdOf(run, stateDir, options, loaded);
  const all = await jobLogs(stateDir, workflowId);
  if (all.length === 0) {
    throw new SluiceError(ErrorCode.NotFound, `There are no logs of ${workflowId} on this machine.`, {
      where: logFolder(stateDir, workflowId),
      fix: 'Jobs log where they run: look there. A run whose jobs have not started has none yet.',
    });
  }
  const wanted = wantedLogs(all, step, options.attempt, workflowId);
  for (const file of wanted) await print(file, wanted.length > 1, io);
  return ExitCode.done;
}

/** @throws SluiceError `Usage` naming what there is: steps where the step is wrong, attempts where that is */
export function wantedLogs(
  all: readonly JobLog[],
  step: string | undefined,
  attempt: number | undefined,
  workflowId: string,
): readonly JobLog[] {
  const ofStep = all.filter((one) => step === undefined || matches(one.step, step));
  if (ofStep.length === 0) {
    const steps = [...new Set(all.map((one) => one.step))];
    throw new UsageError(
      `No step "${step ?? ''}" of ${workflowId} has a log.${step ? didYouMean(step, steps) : ''}`,
      `There is: ${steps.join(', ')}`,
    );
  }
  const wanted = ofStep.filter((one) => attempt === undefined || attempt === one.attempt);
  if (wanted.length > 0) return wanted;
  const attempts = [...new Set(ofStep.map((one) => one.attempt))].sort((a, b) => a - b);
  const of = step === undefined ? `No step of ${workflowId}` : `${step} of ${workflowId}`;
  throw new UsageError(
    step === undefined ? `${of} has a log of an attempt ${attempt}.` : `${of} has no log of an attempt ${attempt}.`,
    `There ${attempts.length === 1 ? 'is attempt' : 'are attempts'} ${attempts.join(', ')}.`,
  );
}

/** Logs are read without a server where the run's whole id is given. */
async function workflowIdOf(
  run: string | undefined,
  stateDir: string,
  options: LogsOptions,
  loaded: Awaited<ReturnType<typeof loadProject>>,
): Promise<string> {
  if (run !== undefined && existsSync(logFolder(stateDir, run))) return run;
  const target = await temporalTarget({ address: options.address, namespace: options.namespace, loaded });
  const { client, close } = await connectClient(target);
  try {
    return (await findRun(client, target, run)).workflowId;
  } finally {
    await close();
  }
}

/** The step's path, or its name alone, which stands for it in every branch. */
function matches(path: string, step: string): boolean {
  return path === step || path.endsWith(`/${step}`);
}

async function print(file: JobLog, titled: boolean, io: Io): Promise<void> {
  if (titled) io.line(io.paint('name', `${file.step}, attempt ${file.attempt}`));
  if (!io.json) {
    for await (const chunk of createReadStream(file.path)) await write(chunk as Buffer);
    return;
  }
  let rest = '';
  for await (const chunk of createReadStream(file.path, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) io.object({ type: 'log', step: file.step, attempt: file.attempt, text });
  }
  if (rest !== '') io.object({ type: 'log', step: file.step, attempt: file.attempt, text: rest });
}

/** Waits for a slow reader, so that a large log does not pile up in memory. */
async function write(chunk: Buffer): Promise<void> {
  if (!process.stdout.write(chunk)) await new Promise<void>((done) => process.stdout.once('drain', () => done()));
}
