import type { DeployResult, RunState } from '@sluice/sdk';

/** How one deploy step stands: on its way, or how it ended. */
export type DeployState =
  | 'looking'
  | 'awaiting-approval'
  | 'blocked'
  | 'decided'
  | 'rolling-out'
  | DeployResult['state'];

/** What a run says of a deploy that stands so. */
const said = {
  looking: 'running',
  decided: 'running',
  blocked: 'blocked',
  'awaiting-approval': 'awaiting-approval',
  'rolling-out': 'rolling-out',
  deployed: 'deployed',
  superseded: 'superseded',
  expired: 'expired',
  rejected: 'rejected',
  // A withdrawn rollout is one that somebody called off.
  withdrawn: 'cancelled',
  'rolled-back': 'rolled-back',
} as const satisfies Record<DeployState, RunState>;

/** What matters most first: what needs a person, then what is under way, then how deploys ended, from bad to good. */
const order: readonly DeployState[] = [
  'blocked',
  'awaiting-approval',
  'rolling-out',
  'looking',
  'decided',
  'rolled-back',
  'withdrawn',
  'rejected',
  'expired',
  'superseded',
  'deployed',
];

/**
 * The state of a run by its deploys: while one waits for a person or moves, that; once all have ended, the worst of
 * their ends, in whichever order they came. So a run is `deployed` only if every one of its deploys was.
 *
 * @returns null for a run without deploys
 */
export function stateOfDeploys(deploys: Iterable<DeployState>): RunState | null {
  const all = new Set(deploys);
  const first = order.find((state) => all.has(state));
  return first === undefined ? null : said[first];
}
