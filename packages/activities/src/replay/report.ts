import type { SluiceActivities } from '@sluice/sdk';
import type { Redactor } from '@sluice/sdk/redact';
import { countsByStratum } from './covered.ts';
import { failureBound } from './failure-bound.ts';
import { routeOf } from './input-class.ts';
import type { Judged } from './judge-replay.ts';
import type { Outcome, Replayed } from './replay-requests.ts';
import type { Sample } from './sample.ts';
import type { Reply } from './send.ts';

type Input = Parameters<SluiceActivities['replay']>[0];

export interface ReplayParts {
  readonly ref: Input['ref'];
  readonly spec: Input['spec'];
  readonly baseline: string | null;
  readonly sample: Sample;
  readonly replayed: readonly Replayed[];
  readonly judged: Judged;
  readonly redactor: Redactor;
}

/** Characters of a request's body that are listed. */
const BODY = 1_000;

/** The whole replay as JSON: every regression with both answers, and what was covered. */
export function replayReport({ ref, spec, baseline, sample, replayed, judged, redactor }: ReplayParts): string {
  const show = (one: Replayed) => shown(one, redactor);
  const of = (...outcomes: Outcome[]) => replayed.filter(({ outcome }) => outcomes.includes(outcome));
  const bound = of('regression', 'unconfirmed').length > 0 ? null : failureBound(sample, replayed);
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
      },
      counts: {
        captured: sample.captured,
        failedWhenCaptured: sample.failedThen,
        withoutBody: sample.withoutBody,
        malformedLines: sample.malformed,
        sent: replayed.length,
        passed: of('pass').length,
        stale: of('stale').length,
        flaky: of('flaky').length,
        regressions: of('regression', 'unconfirmed').length,
        unconfirmed: of('unconfirmed').length,
      },
      /** Share of such requests that may fail although none did, 95 % sure; null where some did. */
      failureBound: bound?.share ?? null,
      /** Captured requests that may fail although none that was sent did, 95 % sure; null where some did. */
      capturedBound: bound === null ? null : { most: bound.most, of: bound.captured },
      coverage: coverageOf(sample, replayed),
      regressions: of('regression', 'unconfirmed').map(show),
      flaky: of('flaky').map(show),
      stale: of('stale').slice(0, 100).map(show),
    },
    null,
    1,
  )}\n`;
}

function coverageOf(sample: Sample, replayed: readonly Replayed[]): unknown[] {
  const counts = countsByStratum(sample, replayed);
  return sample.strata.map((stratum) => {
    const { route, inputClass, outcome, captured } = stratum;
    return { route, inputClass, recorded: outcome, captured, sent: 0, ...counts.get(stratum) };
  });
}

/** Redacted again: what was captured before a place was listed is not. */
function shown({ request, outcome, old, now, why }: Replayed, redactor: Redactor): unknown {
  return {
    id: request.id,
    at: new Date(request.at).toISOString(),
    outcome,
    route: routeOf(request.method, request.path),
    path: redactor.path(request.path),
    body: redactor.json(request.body.toString('utf8'))?.text.slice(0, BODY) ?? null,
    recorded: request.status,
    why,
    old: reply(old),
    new: now === null ? null : reply(now),
  };
}

function reply({ status, text }: Reply): unknown {
  return { status, text };
}
