import type { Model } from '../artifact.ts';
import { type Duration, milliseconds } from '../duration.ts';
import { checkName } from '../name.ts';
import { canary, type RolloutSpec } from '../rollout.ts';
import { currentRuntime } from '../runtime.ts';
import type { DeployResult, DeploySpec, TemporalOptions } from '../spec.ts';

export interface DeployOptions {
  readonly model: Model;
  /** What must pass; anything with a verdict: datasets, evaluations, replays. */
  readonly gates: DeploySpec['gates'];
  /** @default the step's name */
  readonly endpoint?: string;
  /** Who says yes. `'none'` lets passing gates decide alone. @default { within: '2 days', recheck: '15 minutes' } */
  readonly approval?: 'none' | { readonly within?: Duration; readonly recheck?: Duration };
  /** @default canary([5, 25, 50]) */
  readonly rollout?: RolloutSpec;
  /** What happens while another rollout is under way. @default 'queue' */
  readonly onBusy?: DeploySpec['onBusy'];
  readonly temporal?: TemporalOptions;
}

/** Puts a model on an endpoint once its gates pass and a human says so. */
export async function deploy(name: string, options: DeployOptions): Promise<DeployResult> {
  checkName('deploy', name);
  const where = `deploy ${name}`;
  const asked = options.approval ?? {};
  const within = asked === 'none' ? 0 : milliseconds(asked.within ?? '2 days', where);
  return currentRuntime().step({
    kind: 'deploy',
    name,
    endpoint: options.endpoint ?? name,
    model: options.model,
    gates: options.gates.map((gate) => ({
      name: gate.name,
      verdict: gate.verdict,
      evidence: gate.evidence,
      ...(gate.candidate === undefined ? {} : { candidate: gate.candidate }),
      ...(gate.baseline === undefined ? {} : { baseline: gate.baseline }),
    })),
    approval:
      asked === 'none'
        ? 'none'
        : { within, recheck: Math.max(milliseconds(asked.recheck ?? '15 minutes', where), within / 200) },
    rollout: options.rollout ?? canary([5, 25, 50]),
    onBusy: options.onBusy ?? 'queue',
    on: null,
    temporal: options.temporal ?? null,
  });
}
