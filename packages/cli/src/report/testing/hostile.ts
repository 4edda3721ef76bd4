import type { RunReport } from '../data.ts';
import { dataPart } from '../read/data-checks.ts';
import { evaluationPart } from '../read/evaluation.ts';
import { replayPart } from '../read/replay.ts';
import { exampleReport } from './example.ts';
import { evaluation, profile } from './stored.ts';
import { replay } from './stored-replay.ts';

/** A name that would run if any part of a report forgot to escape it. */
export const hostile = `<img src=x onerror="document.title='owned'"><script>document.title="owned"</script></style></pre><style>*{display:none}</style>`;
/** A name without an end and without a place to break. */
const long = 'x'.repeat(3_000);

/** A run whose every name and answer is markup. */
export function hostileReport(): RunReport {
  const report = exampleReport();
  const row = { metric: hostile, slice: hostile, note: hostile, threshold: hostile, verdict: 'fail', value: 1 };
  const answers = { inputs: hostile, label: hostile, candidate: { prediction: hostile, score: 1 } };
  return {
    ...report,
    run: { ...report.run, id: hostile, by: hostile },
    params: { [hostile]: hostile },
    deploys: report.deploys.map((deploy) => ({
      ...deploy,
      endpoint: hostile,
      reason: hostile,
      decisions: deploy.decisions.map((one) => ({ ...one, by: hostile, reason: hostile })),
      refused: [{ decision: hostile, by: hostile, at: '', via: 'signal' as const, why: hostile }],
    })),
    evaluations: [
      evaluationPart(hostile, {
        ...evaluation,
        evidence: [row, { ...row, slice: long, note: long }],
        worstCases: [
          { row: hostile, category: hostile, ...answers, baseline: { prediction: hostile } },
          { row: 2, ...answers, inputs: long, baseline: { error: hostile } },
        ],
      }),
    ],
    replays: [
      replayPart(
        `${hostile} replay`,
        {
          ...replay,
          evidence: [row],
          counts: { [hostile]: 1 },
          coverage: [{ route: hostile, inputClass: long }],
          waivers: [{ kind: hostile, reason: hostile, until: hostile }],
          differences: [{ path: long, route: hostile, systematic: true, examples: [{ old: hostile, now: long }] }],
          regressions: [
            {
              id: hostile,
              route: long,
              why: hostile,
              body: hostile,
              new: { status: 500, text: hostile },
              old: { text: long },
            },
          ],
        },
        9,
      ),
    ],
    data: [
      dataPart(
        { step: `${hostile} data`, name: hostile, verdict: hostile, digest: null },
        {
          ...profile,
          columns: profile.columns.map((column) => ({ ...column, name: hostile, top: [{ value: hostile, count: 1 }] })),
        },
        { from: hostile, profile },
      ),
    ],
    links: { [hostile]: 'javascript:alert(1)' },
    missing: [hostile],
  };
}
