import type { Json, StepStatus } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { Histories } from './histories.ts';
import { inputOf, type KeptStep, resultOf } from './kept-steps.ts';
import { meantStep, noStep } from './meant-step.ts';

/** A step in a list. */
export type StepRow = Pick<StepStatus, 'step' | 'kind' | 'state' | 'start' | 'end' | 'verdict' | 'note'> & {
  /** Attempts that ended; null where no worker told. */
  readonly attempts: number | null;
};

export interface StepAnswer {
  readonly run: string;
  readonly step: string;
  readonly kind: string;
  readonly state: StepStatus['state'];
  readonly keys: Readonly<Record<string, string>>;
  /** Null where no worker told. */
  readonly status: StepStatus | null;
  /** What it was asked for; null where it asks for no work of its own: a map, a deploy. */
  readonly spec: Json;
  /** What it returned; null until it is done. */
  readonly result: Json;
  /** Epoch ms when its last attempt was asked for, and when it ended. */
  readonly asked: number | null;
  readonly ended: number | null;
  readonly mlflowRun: string | null;
}

/** Every step of a run: as the run tells it or, where no worker is there to tell, as its history does. */
export async function stepsAnswer(client: Client, histories: Histories, run: string): Promise<StepRow[]> {
  const statuses = await histories.statuses(client, run);
  const rows = new Map<string, StepRow>();
  for (const { step, kind, state, start, end, verdict, note, attempts, earlier } of statuses ?? []) {
    const all = attempts.length + (earlier?.count ?? 0);
    rows.set(step, { step, kind, state, start, end, verdict, note, attempts: all });
  }
  if (statuses !== null && !hasSlices(statuses)) return [...rows.values()];
  for await (const kept of histories.all(client, run)) {
    if (!rows.has(kept.step)) rows.set(kept.step, rowOf(kept));
  }
  return [...rows.values()];
}

/** Is there a map whose branches the run does not tell of? They are in histories of their own. */
function hasSlices(statuses: readonly StepStatus[]): boolean {
  return statuses.some(
    ({ kind, step }) => kind === 'map' && !statuses.some((other) => other.step.startsWith(`${step}=`)),
  );
}

function rowOf({ step, kind, state, asked, ended }: KeptStep): StepRow {
  return { step, kind, state, start: asked, end: ended, verdict: null, note: null, attempts: null };
}

/** @throws SluiceError `NotFound` */
export async function stepAnswer(
  client: Client,
  histories: Histories,
  run: string,
  name: string,
  keys: Readonly<Record<string, string>>,
): Promise<StepAnswer> {
  const [ofRun, known] = await Promise.all([histories.statuses(client, run), histories.of(client, run)]);
  const paths = new Set([...(ofRun ?? []).map(({ step }) => step), ...known.steps.keys()]);
  if (known.slices.length > 0 && !paths.has(name)) {
    for await (const { step } of histories.all(client, run)) paths.add(step);
  }
  const path = meantStep(paths, name, keys);
  if (path === null) throw noStep(run, name, paths);
  const { kept = null, execution = run } = (await histories.find(client, run, path)) ?? {};
  const statuses = execution === run ? ofRun : await histories.statuses(client, execution);
  const status = statuses?.find(({ step }) => step === path) ?? null;
  const input = kept === null ? {} : await inputOf(client, kept.input);
  const result = kept === null ? null : await resultOf(client, kept);
  const ofModel = (result as { mlflowRunId?: unknown } | null)?.mlflowRunId;
  return {
    run,
    step: path,
    kind: status?.kind ?? kept?.kind ?? '',
    state: status?.state ?? kept?.state ?? 'running',
    keys: input.ref?.keys ?? keysOf(path),
    status,
    spec: (input.spec as Json | undefined) ?? null,
    result,
    asked: kept?.asked ?? null,
    ended: kept?.ended ?? null,
    mlflowRun: typeof ofModel === 'string' ? ofModel : null,
  };
}

function keysOf(path: string): Record<string, string> {
  return Object.fromEntries(
    path.split('/').flatMap((part) => {
      const [map, ...key] = part.split('=');
      return key.length === 0 || map === undefined ? [] : [[map, key.join('=')]];
    }),
  );
}
