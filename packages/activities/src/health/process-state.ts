import type { Evidence, Measurement, VersionHealth } from '@sluice/sdk';

const PROCESS = 'server process';

/** How the candidate's server process is: a process that ended is a failure at once, whatever traffic says. */
export interface ProcessState {
  readonly row: Evidence;
  /** Slow to answer `/ping`, or not up yet: something to look at, not a verdict. */
  readonly unsettled: boolean;
}

/**
 * @param restarts of the version when the rollout began: a process that came back since then had crashed
 */
export function processState(id: string, version: VersionHealth | undefined, restarts: number): ProcessState {
  const base = { metric: PROCESS, value: null } as const;
  const failed = (note: string, more: Partial<Evidence> = {}): ProcessState => ({
    row: { ...base, verdict: 'fail', note, ...more },
    unsettled: false,
  });
  if (version === undefined) return failed(`${id} is not running`);
  if (version.restarts > restarts) {
    const value = version.restarts - restarts;
    return failed(version.lastError ?? 'it crashed', { value, threshold: '= 0 restarts' });
  }
  const reason = version.lastError ?? 'no reason given';
  switch (version.state) {
    case 'crashed':
    case 'stopped':
      return failed(`${version.state}: ${reason}`);
    case 'ready':
      return { row: { ...base, verdict: 'pass', note: 'ready' }, unsettled: false };
    case 'starting':
      return { row: { ...base, verdict: 'inconclusive', note: 'starting' }, unsettled: true };
    case 'unhealthy':
      return { row: { ...base, verdict: 'inconclusive', note: `unhealthy: ${reason}` }, unsettled: true };
  }
}

/** Looks in a row after which a process without a sign of life counts as hung; its callers' deadlines may be far off. */
export const SILENT_LOOKS = 3;

/**
 * No sign of life: neither an answer to `/ping` nor to any request of the look. It is the candidate's doing only while
 * the stable version gives one.
 */
export function isSilent({ states, versions }: Measurement, candidate: string, stable: string | null): boolean {
  const alive = stable === null || states[stable]?.state === 'ready';
  return alive && states[candidate]?.state === 'unhealthy' && (versions[candidate]?.requests ?? 0) === 0;
}

/** What is known of a process that has been silent for too long. */
export function hung(evidence: readonly Evidence[], looks: number): Evidence[] {
  const note = `it has answered neither requests nor /ping at ${looks} looks in a row`;
  return evidence.map((row) => (row.metric === PROCESS ? { ...row, verdict: 'fail', note } : row));
}

/** A process that does not answer `/ping` while its traffic is well is busy: that is noted, and no more. */
export function besideTraffic({ row, unsettled }: ProcessState, trafficPasses: boolean): Evidence {
  if (!unsettled || !trafficPasses) return row;
  return { ...row, verdict: 'pass', note: `${row.note}, while its traffic is well` };
}
