import type { Evidence, HealthPolicy } from '@sluice/sdk';
import { type Finding, shareOf } from './finding.ts';
import type { JudgeMemory, Metric } from './memory.ts';

/** A finding for humans; null for what there is nothing of to say. Shares are those of the phase. */
export function evidenceRow(finding: Finding, memory: JudgeMemory, policy: HealthPolicy): Evidence | null {
  const { metric, verdict, excess, margin, p, absolute, note } = finding;
  const { record, phase } = memory.metrics[metric];
  if (metric !== 'errors' && phase.candidate.of === 0) return null;
  const reference = phase.stable.of > 0 ? phase.stable : record;
  const compared = !absolute && reference.of > 0;
  const notes = [
    note,
    !compared && metric !== 'errors' ? 'not judged: nothing to compare with' : null,
    compared && phase.stable.of === 0 ? 'against the stable version before the rollout' : null,
  ].filter((one) => one !== null);
  return {
    metric: nameOf(metric, memory),
    verdict,
    value: phase.candidate.of === 0 ? null : shareOf(phase.candidate),
    baseline: compared ? shareOf(reference) : null,
    threshold: absolute ? `≤ ${policy.maxErrorRate}` : `≤ stable + ${Number(margin.toPrecision(3))}`,
    effect: excess,
    p,
    n: phase.candidate.of,
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  };
}

function nameOf(metric: Metric, { slow }: JudgeMemory): string {
  switch (metric) {
    case 'errors':
      return 'error share';
    case 'refused':
      return 'refused share (4xx)';
    case 'aborted':
      return 'share of callers who gave up';
    case 'worse':
      return 'mirrored requests that only the stable version answers';
    default: {
      const over = slow === null ? '' : `, answers over ${Number(slow[metric].over.toPrecision(3))} ms`;
      return `${metric === 'p50' ? 'median' : metric} latency${over}`;
    }
  }
}

export function worstFirst(rows: readonly Evidence[]): Evidence[] {
  const rank = (row: Evidence) => ['fail', 'error', 'inconclusive', 'pass'].indexOf(row.verdict);
  return [...rows].sort((a, b) => rank(a) - rank(b));
}
