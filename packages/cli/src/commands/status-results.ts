import { openStore } from '@sluice/activities/store';
import type { Artifact } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { LoadedConfig } from '../config/load-config.ts';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { worksOf } from '../look/find-artifact.ts';
import { resultsLines, stepLines } from '../look/result-lines.ts';
import { lastOf, resultOf, stepsNamed } from '../look/results.ts';
import { type RunRecord, readRun } from '../records/run-record.ts';
import type { Io } from './io.ts';

interface Where {
  readonly client: Client;
  readonly workflowId: string;
  readonly runId: string;
  readonly loaded: LoadedConfig;
  readonly io: Io;
}

/** A longer history is not read for a summary: `--step` reads it. */
const MOST_EVENTS = 5000;

/** What the steps of a run gave, as far as it is quickly read; null where it is not, and then nothing is said of it. */
export async function readResults({ client, workflowId, runId }: Where): Promise<RunRecord | null> {
  try {
    const { historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
    return historyLength > MOST_EVENTS ? null : await readRun(client, { workflowId, runId });
  } catch {
    // A look at a run must not fail for want of its details: its payloads may be sealed by a key of others.
    return null;
  }
}

/** The same for programs; nothing where it was not read. */
export function resultsJson(record: RunRecord | null): object {
  if (record === null) return {};
  const results = [...lastOf(record.works).values()].map((work) => ({ step: work.step, ...resultOf(work) }));
  return { params: record.params, result: record.output ?? null, results };
}

export function showResults({ workflowId, loaded, io }: Where, record: RunRecord | null): void {
  if (record === null || io.json) return;
  for (const line of resultsLines(record, workflowId, locator(loaded), io)) io.line(line);
}

/** `sluice status RUN --step STEP` @throws SluiceError `Usage` */
export async function showStep({ client, workflowId, runId, loaded, io }: Where, name: string): Promise<ExitCode> {
  const works = lastOf(await worksOf(client, workflowId, runId, name));
  const steps = stepsNamed(name, works.keys());
  if (steps.length === 0) {
    const known = [...works.keys()];
    throw new UsageError(
      `No step "${name}" of ${workflowId} has ended.${didYouMean(name, known)}`,
      known.length === 0 ? 'None of its steps has.' : `These have: ${known.slice(0, 30).join(', ')}`,
    );
  }
  for (const [index, step] of steps.entries()) {
    const work = works.get(step);
    if (work === undefined) continue;
    io.object({ type: 'step', run: workflowId, ...work });
    if (index > 0) io.line();
    for (const line of stepLines(work, workflowId, locator(loaded), io)) io.line(line);
  }
  return ExitCode.done;
}

function locator({ config, root }: LoadedConfig): (artifact: Artifact) => string {
  const store = openStore(config.store, root);
  return (artifact) => store.locate(artifact);
}
