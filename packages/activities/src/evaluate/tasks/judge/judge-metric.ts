import { createHash } from 'node:crypto';
import type { CaseMetric } from '../../../metrics/metric.ts';
import type { JudgeSettings } from './judge-settings.ts';
import { PROMPT } from './question.ts';

/** What is known of a judge's scores: the share of votes for a model's answers, against the other model's. */
export function judgedMetric(name: string, { model, k, rubric, parameters }: JudgeSettings): CaseMetric {
  const words = createHash('sha256')
    .update(JSON.stringify([rubric, parameters]))
    .digest('hex')
    .slice(0, 12);
  return {
    name,
    of: 'case',
    exact: true,
    better: 'higher',
    range: [0, 1],
    unit: null,
    signature: `judge|model:${model}|k:${k}|rubric:${words}|prompt:${PROMPT}`,
    score: () => ({ problem: 'nobody has compared it', blame: 'answer' }),
  };
}
