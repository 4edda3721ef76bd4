import type { Model } from '../artifact.ts';
import type { Decision } from '../decision.ts';
import { type Duration, inWords } from '../duration.ts';
import { ErrorCode, SluiceError } from '../errors.ts';
import { checkName } from '../name.ts';
import { artifact, checkFields, invalidStep, nonEmptyText, oneOf, period, shown } from '../options.ts';
import { canary, checkedRollout, type RolloutSpec, rollbackBudget } from '../rollout.ts';
import { currentRuntime } from '../runtime.ts';
import type { SpecBase } from '../spec.ts';
import { type GateResult, type Verdict, verdicts } from '../verdict.ts';
import { checkCount, type StepKind } from './kind.ts';

export interface ApprovalSpec {
  /** Milliseconds after which the question expires, fail closed. */
  readonly within: number;
  /** Milliseconds between looks at the candidate's health while it waits. */
  readonly recheck: number;
}

/** A gate's result as `deploy` takes it; reports say which candidate and baseline they measured. */
export interface Gate extends GateResult {
  readonly candidate?: string;
  readonly baseline?: string | null;
}

export interface DeploySpec extends SpecBase<'deploy', DeployResult> {
  readonly endpoint: string;
  readonly model: Model;
  readonly gates: readonly Gate[];
  readonly approval: ApprovalSpec | 'none';
  readonly rollout: RolloutSpec;
  readonly onBusy: 'queue' | 'supersede' | 'reject';
}

interface DeployEnd {
  readonly endpoint: string;
  /** Digest of the candidate. */
  readonly candidate: string;
  /** MLflow's version of the registered model; null where MLflow is off. */
  readonly version: string | null;
  readonly verdict: Verdict;
}

/** The candidate is the endpoint's stable version. */
export interface Deployed extends DeployEnd {
  readonly state: 'deployed';
  readonly decision: Decision;
  /** A remark, such as that it was the stable version already. */
  readonly reason: string | null;
}

/** A person said no. */
export interface Rejected extends DeployEnd {
  readonly state: 'rejected';
  readonly decision: Decision;
  readonly reason: string;
}

/** Nobody decided in time. */
export interface Expired extends DeployEnd {
  readonly state: 'expired';
  readonly decision: null;
  readonly reason: string;
}

/**
 * It was decided on, and is not on the endpoint all the same. `rolled-back`: traffic went back; `superseded`: another
 * candidate took its place; `withdrawn`: the rollout was called off.
 */
export interface NotKept extends DeployEnd {
  readonly state: 'rolled-back' | 'superseded' | 'withdrawn';
  readonly decision: Decision;
  readonly reason: string;
}

/** How a deploy ended. Nothing but `deployed` has moved traffic for good. */
export type DeployResult = Deployed | NotDeployed;
/** How a deploy ended that did not bring its candidate to traffic. */
export type NotDeployed = Rejected | Expired | NotKept;

/** What a {@link deploy} takes. */
export interface DeployOptions {
  /** The candidate. */
  readonly model: Model;
  /**
   * What must pass; anything with a verdict: datasets, evaluations, replays. The candidate's own health is looked at
   * besides. A report about another model counts as `inconclusive`.
   */
  readonly gates: readonly Gate[];
  /** Endpoint of `sluice.config.ts` that it shall answer on. @default the step's name */
  readonly endpoint?: string;
  /** Who says yes. `'none'` lets passing gates decide alone. @default { within: '2 days', recheck: '15 minutes' } */
  readonly approval?: 'none' | ApprovalOptions;
  /** How traffic moves to it. @default canary([5, 25, 50]) */
  readonly rollout?: RolloutSpec;
  /** What happens while another rollout is under way. @default 'queue' */
  readonly onBusy?: DeploySpec['onBusy'];
  /**
   * Returns the outcome however it ends, instead of throwing for anything but `deployed`: for code that looks at `state`.
   *
   * @default false
   */
  readonly settle?: boolean;
}

/** How long a question is asked. */
export interface ApprovalOptions {
  /** Time after which the question expires, fail closed; from when it is asked. @default '2 days' */
  readonly within?: Duration;
  /** Time between looks at the candidate's health; never under a 200th of `within`. @default '15 minutes' */
  readonly recheck?: Duration;
}

const fields = {
  model: true,
  gates: true,
  endpoint: true,
  approval: true,
  rollout: true,
  onBusy: true,
  settle: true,
} as const;

/** Looks at a waiting candidate that a run's history has room for. */
const MOST_LOOKS = 200;

/**
 * Puts a model on an endpoint once its gates pass and a human says so. What stands after it runs only if the candidate is
 * the endpoint's stable version, unless `settle` is set: then it returns however that ends; look at `state`.
 *
 * @throws SluiceError `NotDeployed` with the outcome as `data`, `InvalidStep` for options that cannot work,
 * `EndpointBusy` where `onBusy` is `reject`
 */
export async function deploy(name: string, options: DeployOptions & { readonly settle: true }): Promise<DeployResult>;
export async function deploy(name: string, options: DeployOptions & { readonly settle?: false }): Promise<Deployed>;
export async function deploy(name: string, options: DeployOptions): Promise<DeployResult>;
export async function deploy(name: string, options: DeployOptions): Promise<DeployResult> {
  checkName('deploy', name);
  const where = `deploy ${name}`;
  checkFields<DeployOptions>(where, options, fields);
  const endpoint = options.endpoint ?? name;
  checkName('endpoint', endpoint);
  const gates = gatesOf(where, options.gates);
  const approval = approvalOf(where, options.approval ?? {});
  if (approval === 'none' && gates.length === 0) {
    throw invalidStep(
      where,
      "there are no gates and approval is 'none', so nothing would hold a bad model back.",
      'Give gates, or leave approval out so that a person decides.',
    );
  }
  const { settle = false } = options;
  if (typeof settle !== 'boolean') throw invalidStep(where, `settle is ${shown(settle)}.`, 'Use true or false.');
  const result = await currentRuntime().step<DeploySpec>({
    kind: 'deploy',
    name,
    endpoint,
    model: artifact<Model>(where, 'model', options.model, 'model'),
    gates,
    approval,
    rollout: checkedRollout(options.rollout ?? canary([5, 25, 50]), where),
    onBusy: oneOf(where, 'onBusy', options.onBusy ?? 'queue', ['queue', 'supersede', 'reject']),
    on: null,
    temporal: null,
  });
  if (result.state === 'deployed' || settle) return result;
  throw notDeployed(name, result);
}

export const deployKind: StepKind<DeploySpec> = {
  planned: ({ endpoint, model }, { step }) => ({
    state: 'deployed',
    endpoint,
    candidate: model.digest,
    version: null,
    verdict: 'pass',
    decision: {
      decision: 'approve',
      by: 'a plan',
      reason: null,
      at: '1970-01-01T00:00:00.000Z',
      via: 'policy',
      run: '',
      step,
      endpoint,
      candidate: model.digest,
      round: 1,
      evidence: '',
    },
    reason: null,
  }),
  endpoint: ({ endpoint }) => endpoint,
  plan: ({ endpoint, gates, approval, rollout }) => [
    `to ${endpoint}: ${rollout.kind} ${[...rollout.steps, 100].join(', ')} %, a bad version is off within ${inWords(rollbackBudget(rollout))}`,
    ...shadowLine(rollout),
    `gates: ${gates.map(({ name }) => name).join(', ') || 'none'}`,
    approval === 'none'
      ? 'asks nobody: gates that pass decide alone'
      : `asks a person, who has ${inWords(approval.within)} to decide`,
  ],
  note: ({ reason, state }) => reason ?? state,
};

function shadowLine({ shadow, shadowChecks }: RolloutSpec): string[] {
  if (shadow === 0) return [];
  const judged =
    shadowChecks === undefined ? '' : `, and what it answers is judged by ${checkCount(shadowChecks.checks)}`;
  return [`a shadow first: ${shadow} % of the requests are copied to it${judged}`];
}

function notDeployed(name: string, outcome: NotDeployed): SluiceError {
  const { state, reason } = outcome;
  const why = reason.startsWith(state) ? reason : `${state}: ${reason}`;
  return new SluiceError(ErrorCode.NotDeployed, `${name}: ${why}`, {
    where: name,
    data: outcome,
  });
}

/** The verdicts with what they rest on, without what else a dataset or report carries. */
function gatesOf(where: string, gates: readonly Gate[]): Gate[] {
  if (!Array.isArray(gates)) {
    throw invalidStep(where, `gates is ${shown(gates)}.`, 'Give a list: gates: [flights, quality, replayed].');
  }
  return gates.map((gate: Gate, index) => {
    const label = `gates.${index}`;
    if (typeof gate !== 'object' || gate === null || !('verdict' in gate)) {
      const awaited = typeof (gate as { then?: unknown } | null)?.then === 'function';
      throw invalidStep(
        where,
        `${label} is ${awaited ? 'a promise' : shown(gate)}, which has no verdict.`,
        awaited ? 'Write `await` before the step that makes it.' : 'Pass datasets, evaluations and replays.',
      );
    }
    return {
      name: nonEmptyText(where, `${label}.name`, gate.name),
      verdict: oneOf(where, `${label}.verdict`, gate.verdict, verdicts),
      evidence: gate.evidence ?? [],
      ...(gate.candidate === undefined ? {} : { candidate: gate.candidate }),
      ...(gate.baseline === undefined ? {} : { baseline: gate.baseline }),
    };
  });
}

function approvalOf(where: string, asked: 'none' | ApprovalOptions): ApprovalSpec | 'none' {
  if (asked === 'none') return 'none';
  checkFields<ApprovalOptions>(where, asked, { within: true, recheck: true }, 'approval');
  const within = period(where, 'approval.within', asked.within ?? '2 days');
  const recheck = period(where, 'approval.recheck', asked.recheck ?? '15 minutes');
  return { within, recheck: Math.max(recheck, Math.ceil(within / MOST_LOOKS)) };
}
