import {
  type Artifact,
  type Digest,
  describeError,
  ErrorCode,
  type Evidence,
  errorCode,
  type Report,
  type SluiceActivities,
  SluiceError,
  type Suite,
  worstOf,
} from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { endpointState } from '../rollout/endpoint-state.ts';
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { superviseServer } from '../serving/supervised-server.ts';
import { type Case, type Cases, loadCases } from './cases.ts';
import { type Judged, judge } from './judge.ts';
import { registeredVersion } from './registered-version.ts';
import { evaluationReport } from './report.ts';
import { runCases } from './run-cases.ts';
import type { Pair, Scored } from './score.ts';
import { loadSuite } from './suite.ts';
import { evaluateSuite } from './tasks/evaluate-suite.ts';
import { suiteFolderAt } from './tasks/load-suite-folder.ts';

type Input = Parameters<SluiceActivities['evaluate']>[0];
type AtEndpoint = Input['spec'] & { readonly endpoint: string };
type Servable = Pick<Artifact, 'uri' | 'digest'>;

/** Rows of evidence that travel with the verdict; the report has all. */
const ROWS = 20;

/** Runs a suite against the candidate and against what it is compared with, and judges them case by case. */
export function evaluateActivity(context: ActivityContext): SluiceActivities['evaluate'] {
  return async (input) => {
    const scope = activityScope();
    return alive(scope, () => evaluate(context, input, scope));
  };
}

async function evaluate(context: ActivityContext, { ref, spec: asked }: Input, scope: ActivityScope): Promise<Report> {
  const spec = { ...asked, endpoint: asked.endpoint ?? ref.pipeline };
  const where = `evaluate ${ref.step}`;
  const folder = await suiteFolderAt(context.root, spec.suite, where);
  if (folder !== null) return evaluateSuite(context, { ref, spec, folder, where }, scope);
  const suite = await loadSuite(context.root, spec.suite, where);
  const loaded = await loadCases(context, suite, spec.seed, where);
  checkLabels(suite, loaded.cases, where);
  const baseline = await baselineOf(context, spec, where);
  const measured = await measure(context, spec.endpoint, suite.metric, loaded.cases, spec.model, baseline, scope);
  const judged = await judgeAll(loaded, measured, suite, spec, baseline, scope);
  const text = evaluationReport({ ref, spec, suite, loaded, pairs: measured.pairs, baseline, judged });
  return {
    name: spec.name,
    verdict: judged.verdict,
    evidence: judged.evidence.slice(0, ROWS),
    report: await context.store.putText(text, 'report'),
    candidate: spec.model.digest,
    ...(spec.against === 'production' ? { baseline: baseline?.digest ?? null } : {}),
    step: ref.step,
  };
}

/** What the candidate is held against; null: it is judged alone. */
async function baselineOf(context: ActivityContext, spec: AtEndpoint, where: string): Promise<Servable | null> {
  const { against, endpoint } = spec;
  if (against === null) return null;
  if (against !== 'production') {
    if ('version' in against) return registeredVersion(context, endpoint, against.version, where);
    if (!('result' in against)) return against;
    throw new SluiceError(ErrorCode.InvalidStep, 'against is a stored result, and the suite is of the short form.', {
      where,
      fix: 'Make the suite a folder (docs/evaluate.md), or compare with a model or a version.',
    });
  }
  const stable = (await endpointState(context, endpoint))?.stable ?? null;
  return stable === null ? null : { uri: stable.uri, digest: stable.digest as Digest };
}

interface Measured {
  readonly pairs: Pair[];
  /** Why the baseline could not be run, if it could not. */
  readonly broken: string | null;
}

/** One after the other, each in a process of its own: two models need not fit into one machine's memory. */
async function measure(
  context: ActivityContext,
  endpoint: string,
  metric: Suite['metric'],
  cases: readonly Case[],
  model: Servable,
  baseline: Servable | null,
  scope: ActivityScope,
): Promise<Measured> {
  if (cases.length === 0) return { pairs: [], broken: null };
  const run = async (served: Servable): Promise<Scored[]> => {
    const server = await superviseServer({ context, endpoint, model: served, scope });
    try {
      return await runCases(server, cases, metric, scope);
    } finally {
      await server.stop();
    }
  };
  const candidate = await run(model);
  let base: Scored[] | null = null;
  let broken: string | null = null;
  try {
    if (baseline !== null) base = await run(baseline);
  } catch (error) {
    // A production version that cannot be served is no fault of the candidate's, and no pass either.
    if (![ErrorCode.ServerNotReady, ErrorCode.NotFound, ErrorCode.Corrupt].some((code) => code === errorCode(error))) {
      throw error;
    }
    broken = describeError(error);
  }
  const missing: Scored = { ok: false, error: 'no score' };
  const pairs = cases.map(({ category }, i) => ({
    category,
    candidate: candidate[i] ?? missing,
    baseline: base === null ? null : (base[i] ?? missing),
  }));
  return { pairs, broken };
}

async function judgeAll(
  loaded: Cases,
  { pairs, broken }: Measured,
  suite: Suite,
  spec: Input['spec'],
  baseline: Servable | null,
  scope: ActivityScope,
): Promise<Judged> {
  const judged = await judge(pairs, {
    metric: suite.metric,
    margin: suite.margin,
    worst: suite.worst ?? null,
    seed: spec.seed,
    sameModel: baseline?.digest === spec.model.digest,
    onSlice: () => {
      scope.signal.throwIfAborted();
      scope.heartbeat();
    },
  });
  const notes: Evidence[] = [];
  if (broken !== null) {
    notes.push({ metric: 'baseline could be served', verdict: 'error', value: null, note: broken.slice(0, 500) });
  } else if (baseline === null && spec.against === 'production') {
    const note = `nothing is deployed on ${spec.endpoint}, so there is nothing to compare with`;
    notes.push({ metric: 'production version', verdict: 'pass', value: null, note });
  }
  if (loaded.withoutLabel > 0) {
    const note = `rows without a value in ${suite.label} were left out`;
    notes.push({ metric: 'cases without a label', verdict: 'pass', value: loaded.withoutLabel, n: loaded.total, note });
  }
  const bad = notes.filter(({ verdict }) => verdict !== 'pass');
  return {
    verdict: worstOf([judged.verdict, ...notes.map(({ verdict }) => verdict)]),
    evidence: [...bad, ...judged.evidence, ...notes.filter(({ verdict }) => verdict === 'pass')],
  };
}

function checkLabels(suite: Suite, cases: readonly Case[], where: string): void {
  if (suite.metric === 'correct') return;
  const bad = cases.find(({ label }) => typeof label !== 'number' && typeof label !== 'boolean');
  if (bad === undefined) return;
  throw new SluiceError(
    ErrorCode.InvalidStep,
    `The label ${suite.label} is ${JSON.stringify(bad.label)} in row ${bad.row}, and ${suite.metric} needs numbers.`,
    { where, fix: "Name a numeric column, or use the metric 'correct'." },
  );
}
