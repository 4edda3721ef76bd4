import type { Json, SluiceActivities, Suite } from '@sluice/sdk';
import type { Cases } from './cases.ts';
import { MARGINS } from './compare-means.ts';
import { cut } from './cut-value.ts';
import { CONFIDENCE, type Judged, MIN_PAIRS } from './judge.ts';
import type { Pair, Scored } from './score.ts';

/** Cases listed one by one: those that lost most. */
const LISTED = 200;

export interface ReportParts {
  readonly ref: Parameters<SluiceActivities['evaluate']>[0]['ref'];
  readonly spec: Parameters<SluiceActivities['evaluate']>[0]['spec'];
  readonly suite: Suite;
  readonly loaded: Cases;
  readonly pairs: readonly Pair[];
  readonly baseline: { readonly digest: string } | null;
  readonly judged: Judged;
}

/** The whole evaluation as JSON. It holds nothing that changes from run to run, so measuring twice stores it once. */
export function evaluationReport({ ref, spec, suite, loaded, pairs, baseline, judged }: ReportParts): string {
  const listed = pairs
    .map((pair, i) => ({ pair, one: loaded.cases[i] }))
    .filter(({ pair }) => !pair.candidate.ok || lossOf(pair) > 0)
    .sort((a, b) => lossOf(b.pair) - lossOf(a.pair))
    .slice(0, LISTED)
    .map(({ pair, one }) => ({
      row: one?.row,
      category: pair.category,
      label: cut((one?.label ?? null) as Json),
      inputs: cut((one?.inputs ?? null) as Json),
      candidate: show(pair.candidate),
      baseline: pair.baseline === null ? null : show(pair.baseline),
    }));
  return `${JSON.stringify(
    {
      kind: 'evaluation',
      format: 1,
      name: spec.name,
      step: ref.step,
      endpoint: spec.endpoint,
      candidate: spec.model.digest,
      baseline: baseline?.digest ?? null,
      suite: {
        ...suite,
        cases: typeof suite.cases === 'string' ? suite.cases : suite.cases.uri,
        digest: loaded.digest,
        rows: loaded.total,
        withoutLabel: loaded.withoutLabel,
        used: loaded.cases.length,
      },
      method: {
        gain: 'candidate − baseline where higher is better; errors are taken negative',
        interval:
          "Gaffke's bounds of the mean gain, for gains that end where `ends` says" +
          (suite.metric === 'correct' ? "; p is McNemar's exact test" : ''),
        ends: endsOf(suite),
        confidence: CONFIDENCE,
        categories: 'their intervals hold together (Bonferroni); only one that fails counts',
        minPairs: MIN_PAIRS,
        seed: spec.seed,
      },
      verdict: judged.verdict,
      evidence: judged.evidence,
      errors: {
        candidate: pairs.filter(({ candidate }) => !candidate.ok).length,
        baseline: baseline === null ? null : pairs.filter((pair) => pair.baseline?.ok === false).length,
      },
      worstCases: listed,
    },
    null,
    1,
  )}\n`;
}

/** How far a case is reckoned to lose or gain although none did. */
function endsOf({ metric, margin, worst }: Suite): string {
  if (metric === 'correct') return '±1, which is certain';
  if (worst !== undefined) return `±${worst}, as the suite says, or what is without it where a case goes beyond`;
  return `±${MARGINS * margin} (${MARGINS} margins), or 2 + 100/n times as far from the mean as the farthest case`;
}

/** An unanswered case that the baseline answers is the greatest loss there is. */
function lossOf({ candidate, baseline }: Pair): number {
  if (!candidate.ok) return baseline?.ok === false ? 0 : Number.MAX_VALUE;
  if (baseline === null) return -candidate.score;
  return baseline.ok ? baseline.score - candidate.score : 0;
}

function show(scored: Scored): unknown {
  return scored.ok ? { prediction: cut(scored.prediction as Json), score: scored.score } : { error: scored.error };
}
