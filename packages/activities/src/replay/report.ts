import type { SluiceActivities } from '@sluice/sdk';
import type { Redactor } from '@sluice/sdk/redact';
import { countsByStratum } from './covered.ts';
import { failureBound } from './failure-bound.ts';
import type { Judged } from './judge-replay.ts';
import type { Outcome, Replayed } from './replayed.ts';
import type { Sample } from './sample.ts';
import { shapeNoiseOf, withinNoise } from './shape-noise.ts';
import { differingOf } from './systematic.ts';
import { isRegression, type Waived } from './waived.ts';

type Input = Parameters<SluiceActivities['replay']>[0];

export interface ReplayParts {
  readonly ref: Input['ref'];
  readonly spec: Input['spec'];
  readonly baseline: string | null;
  readonly sample: Sample;
  readonly replayed: readonly Replayed[];
  readonly judged: Judged;
  readonly waived: Waived;
  readonly redactor: Redactor;
}

/** Places listed at which answers differ. */
const PLACES = 200;

/** The whole replay as JSON: every regression with both answers, and what was covered. */
export function replayReport(parts: ReplayParts): string {
  const { ref, spec, baseline, sample, replayed, judged, waived, redactor } = parts;
  const show = (one: Replayed) => shown(one, redactor);
  const of = (...outcomes: Outcome[]) => replayed.filter(({ outcome }) => outcomes.includes(outcome));
  const regressions = replayed.filter((one) => isRegression(one) && !waived.regressions.has(one));
  const bound = regressions.length > 0 ? null : failureBound(sample, replayed, waived);
  return `${JSON.stringify(
    {
      kind: 'replay',
      format: 1,
      name: spec.name,
      step: ref.step,
      endpoint: spec.endpoint,
      candidate: spec.model.digest,
      baseline,
      verdict: judged.verdict,
      evidence: judged.evidence,
      method: {
        last: spec.last,
        limit: spec.limit,
        confirm: spec.confirm,
        deadline: spec.deadline,
        maxStale: spec.maxStale,
        seed: spec.seed,
        differences: spec.differences ?? null,
        pace: spec.pace ?? null,
      },
      counts: {
        captured: sample.captured,
        failedWhenCaptured: sample.failedThen,
        withoutBody: sample.withoutBody,
        malformedLines: sample.malformed,
        withoutSpace: sample.withoutSpace,
        sent: replayed.length,
        passed: of('pass').length,
        stale: of('stale').length,
        flaky: of('flaky').length,
        regressions: regressions.length,
        withinNoise: spec.differences === undefined ? 0 : withinNoise(replayed).length,
        waived: waived.regressions.size,
        unconfirmed: of('unconfirmed').length,
      },
      /** Share of such requests that may fail although none did, 95 % sure; null where some did. */
      failureBound: bound?.share ?? null,
      /** Captured requests that may fail although none that was sent did, 95 % sure; null where some did. */
      capturedBound: bound === null ? null : { most: bound.most, of: bound.captured },
      coverage: coverageOf(sample, replayed, waived),
      /** Places at which answers differ; null where they were not compared. */
      differences: spec.differences === undefined ? null : differingOf(of('pass')).slice(0, PLACES),
      /** Where the shape of answers differs no more than the old version's own do; null as above. */
      shapeNoise: spec.differences === undefined ? null : shapeNoiseOf(replayed).places.slice(0, PLACES),
      regressions: regressions.map(show),
      waivers: waived.waivers.map(({ waiver, expired, matched }) => ({ ...waiver, expired, matched })),
      waived: [...waived.regressions].map(show),
      flaky: of('flaky').map(show),
      stale: of('stale').slice(0, 100).map(show),
    },
    null,
    1,
  )}\n`;
}

function coverageOf(sample: Sample, replayed: readonly Replayed[], waived: Waived): unknown[] {
  const counts = countsByStratum(sample, replayed, waived.regressions);
  return sample.strata.map((stratum) => {
    const { route, inputClass, outcome, captured } = stratum;
    return { route, inputClass, recorded: outcome, captured, sent: 0, ...counts.get(stratum) };
  });
}

/** Redacted again: what was captured before a place was listed is not. */
function shown({ request, outcome, old, now, why, body }: Replayed, redactor: Redactor): unknown {
  const { id, at, route, path, status } = request;
  const asked = { route, path: redactor.path(path), body, recorded: status };
  return { id, at: new Date(at).toISOString(), outcome, ...asked, why, old, new: now };
}
