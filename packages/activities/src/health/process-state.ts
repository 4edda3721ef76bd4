import type { Evidence, VersionHealth } from '@sluice/sdk';

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
  const base = { metric: 'server process', value: null } as const;
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

/** A process that does not answer `/ping` while its traffic is well is busy: that is noted, and no more. */
export function besideTraffic({ row, unsettled }: ProcessState, trafficPasses: boolean): Evidence {
  if (!unsettled || !trafficPasses) return row;
  return { ...row, verdict: 'pass', note: `${row.note}, while its traffic is well` };
}
