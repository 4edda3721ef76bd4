import { inParallel } from '@sluice/activities/store';
import { type Verdict, worstFirst, worstOf } from '@sluice/sdk';
import type { RunView } from '@sluice/ui/api';
import { rowOf } from '../../records/row.ts';
import type { Sources, TemporalSource } from '../../records/sources.ts';
import { type StepWork, stepWork } from '../../records/step-work.ts';
import { temporalPage } from '../../ui/data/links.ts';
import { describe, Runs } from '../../ui/data/run.ts';
import { readableError, troubleOf } from '../../ui/trouble.ts';
import type { DataPart, EvaluationPart, RunReport } from '../data.ts';
import type { ReplayPart } from '../data-replay.ts';
import { dataPart } from '../read/data-checks.ts';
import { evaluationPart } from '../read/evaluation.ts';
import { fieldsOf, verdictOf } from '../read/json.ts';
import { replayPart } from '../read/replay.ts';
import { deployParts } from './deploys.ts';
import { lineagePart } from './lineage.ts';
import { noReferences, referencesFor } from './reference.ts';
import { rolloutParts } from './rollouts.ts';
import { type EvidenceStep, evidenceSteps } from './steps.ts';

/** Steps of a run that its status is asked for, and reports of steps that are read, those that pass last. */
const STEPS = 1_000;
const REPORTS = 200;
/** Bytes of reports in the store that are read: of one, and of all. */
export interface MostBytes {
  readonly one: number;
  readonly all: number;
}
const READ: MostBytes = { one: 256 * 2 ** 20, all: 2 ** 30 };
/** Regressions of one replay that are kept. */
const REGRESSIONS = 100;
const AT_ONCE = 4;
/** What a report is gathered from, besides Temporal. */
export type ReportSources = Pick<Sources, 'loaded' | 'store'>;

/** Time the run's worker has to say how the run stands, ms. */
const STATUS_WITHIN = 20_000;

/**
 * Reads all that the report of a run tells. What cannot be read is named in `missing`; only a run that is not there, or a
 * server that does not answer, is an error.
 *
 * @param most bytes of steps' reports that are read
 * @throws SluiceError `NotFound`, `Unreachable`
 */
export async function gatherReport(
  sources: ReportSources,
  temporal: TemporalSource,
  id: string,
  version: string,
  most = READ,
): Promise<RunReport> {
  const { client, target } = temporal;
  const missing: string[] = [];
  const execution = await describe(client, id).catch((error: unknown) => {
    throw readableError(error, target, `run "${id}"`);
  });
  const [works, view] = await Promise.all([
    stepWork(client, execution),
    statusOf(sources, temporal, id).catch((error: unknown): null => {
      missing.push(
        `How the run stands could not be asked: ${sentence(error, temporal, id)} What its history tells is shown.`,
      );
      return null;
    }),
  ]);
  const steps = readable(evidenceSteps(works), most, missing);
  const row = view?.row ?? rowOf(execution);
  const references = await referencesFor(temporal, sources.store, row).catch((error: unknown) => {
    missing.push(`No earlier run could be read to hold the data against: ${sentence(error, temporal, id)}`);
    return noReferences;
  });
  const referenceOf = async (step: string) => {
    const profile = references.from === null ? null : await references.profileOf(step);
    return profile === null || references.from === null ? null : { from: references.from, profile };
  };
  const evaluations: EvaluationPart[] = [];
  const replays: ReplayPart[] = [];
  const data: DataPart[] = [];
  await inParallel(steps, AT_ONCE, async (one) => {
    try {
      const stored: unknown = JSON.parse(await sources.store.getText(one.report));
      const { kind } = fieldsOf(stored);
      if (kind === 'evaluation') evaluations.push(evaluationPart(one.step, stored));
      else if (kind === 'replay') replays.push(replayPart(one.step, stored, REGRESSIONS));
      else data.push(dataPart(one, stored, await referenceOf(one.step)));
    } catch (error) {
      missing.push(`The report of ${one.step} could not be read: ${troubleOf(error).message}`);
    }
  });
  const rollouts = await rolloutParts(client, execution, works).catch((error: unknown) => {
    missing.push(`How its rollout went could not be read: ${sentence(error, temporal, id)}`);
    return [];
  });
  const order = new Map(steps.map(({ step }, i) => [step, i]));
  const inOrder = <Part extends { readonly step: string; readonly verdict: Verdict }>(parts: readonly Part[]) =>
    worstFirst([...parts].sort((a, b) => (order.get(a.step) ?? 0) - (order.get(b.step) ?? 0)));
  const temporalUrl = temporalPage(target, id);
  const mlflowUrl = view?.mlflowUrl ?? null;
  return {
    at: Date.now(),
    project: sources.loaded.config.project,
    version,
    run: row,
    params: view?.params ?? null,
    mlflowRunId: mlflowRunIn(works),
    deploys: deployParts(works, view?.status ?? null),
    evaluations: inOrder(evaluations),
    replays: inOrder(replays),
    data: inOrder(data),
    rollouts,
    lineage: lineagePart(works, row),
    cost: view?.cost ?? null,
    links: {
      ...(temporalUrl === null ? {} : { Temporal: temporalUrl }),
      ...(mlflowUrl === null ? {} : { MLflow: mlflowUrl }),
    },
    missing,
  };
}

function mlflowRunIn(works: readonly StepWork[]): string | null {
  const ids = works.map(({ input }) => (input as { readonly parentRunId?: unknown } | null | undefined)?.parentRunId);
  return ids.find((id) => typeof id === 'string') ?? null;
}

function statusOf(sources: ReportSources, temporal: TemporalSource, id: string): Promise<RunView> {
  const runs = new Runs(sources.loaded.root);
  return temporal.client.withDeadline(Date.now() + STATUS_WITHIN, () => runs.view(temporal, id, { limit: STEPS }));
}

/** Those that are read; what is left out is told. */
export function readable(steps: readonly EvidenceStep[], most: MostBytes, missing: string[]): EvidenceStep[] {
  const small = steps.filter(({ step, report }) => {
    if (report.bytes <= most.one) return true;
    missing.push(
      `The report of ${step} is larger than ${most.one / 2 ** 20} MiB and was not read: sluice artifacts get ${report.digest.slice(7, 19)}`,
    );
    return false;
  });
  const passing = (one: EvidenceStep) => worstOf([verdictOf(one.verdict)]) === 'pass';
  let bytes = 0;
  const chosen = [...small.filter((one) => !passing(one)), ...small.filter(passing)].slice(0, REPORTS).filter((one) => {
    bytes += one.report.bytes;
    return bytes <= most.all;
  });
  if (chosen.length < small.length) {
    missing.push(
      `${small.length - chosen.length} of ${small.length} steps with evidence are left out; those that do not pass come first.`,
    );
  }
  return small.filter((one) => chosen.includes(one));
}

function sentence(error: unknown, { target }: TemporalSource, id: string): string {
  return troubleOf(readableError(error, target, `run "${id}"`)).message;
}
