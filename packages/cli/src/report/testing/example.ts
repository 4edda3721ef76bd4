import type { Decision, GateResult } from '@sluice/sdk';
import type { RunReport } from '../data.ts';
import { dataPart } from '../read/data-checks.ts';
import { evaluationPart } from '../read/evaluation.ts';
import { evidenceOf } from '../read/json.ts';
import { replayPart } from '../read/replay.ts';
import { baseline, candidate, evaluation, formerProfile, profile } from './stored.ts';
import { replay } from './stored-replay.ts';
import { suite } from './stored-suite.ts';

/** 2026-11-25 21:40 UTC. */
const at = Date.UTC(2026, 10, 25, 21, 40);

const decision: Decision = {
  decision: 'reject',
  by: 'ana@example.com',
  reason: 'Clinical notes name the wrong drug.',
  at: new Date(at - 60_000).toISOString(),
  via: 'update',
  evidence: `sha256:${'e'.repeat(64)}`,
  run: 'writer/nightly-41',
  step: 'writer',
  endpoint: 'writer',
  candidate,
  round: 1,
};

/** A run whose candidate got worse in one category, fails three requests, and was rejected. */
export function exampleReport(more: Partial<RunReport> = {}): RunReport {
  const summaries = evaluationPart('summaries', evaluation);
  const tasks = evaluationPart('suite', suite);
  const traffic = replayPart('recent-traffic', replay, 100);
  const rows = dataPart(
    { step: 'documents', name: 'documents', verdict: 'fail', digest: `sha256:${'d'.repeat(64)}` },
    profile,
    { from: 'writer/nightly-40', profile: formerProfile },
  );
  const gates: GateResult[] = [
    { name: 'documents', verdict: rows.verdict, evidence: rows.checks },
    { name: 'summaries', verdict: summaries.verdict, evidence: summaries.evidence },
    { name: 'suite', verdict: tasks.verdict, evidence: tasks.evidence },
    { name: 'recent-traffic', verdict: traffic.verdict, evidence: traffic.evidence },
    {
      name: 'candidate health',
      verdict: 'pass',
      evidence: [{ metric: 'answers a request', verdict: 'pass', value: 1 }],
    },
  ];
  return {
    at,
    project: 'writer',
    version: '0.1.0',
    run: {
      id: 'writer/nightly-41',
      pipeline: 'writer',
      state: 'rejected',
      startedAt: at - 5_400_000,
      endedAt: at - 50_000,
      by: 'nightly',
      commit: '9f2c81d0aa3b4c5d6e7f',
      dirty: false,
      endpoint: 'writer',
    },
    mlflowRunId: null,
    params: { languages: ['en', 'de', 'fr', 'sv'], until: '2026-11-24' },
    deploys: [
      {
        step: 'writer',
        endpoint: 'writer',
        candidate,
        version: '41',
        baseline,
        verdict: 'fail',
        state: 'rejected',
        gates,
        open: null,
        decisions: [decision],
        refused: [],
        reason: null,
      },
    ],
    evaluations: [summaries, tasks],
    replays: [traffic],
    data: [rows],
    rollouts: [],
    lineage: {
      commit: '9f2c81d0aa3b4c5d6e7f',
      dirty: false,
      datasets: [{ name: 'documents', digest: `sha256:${'d'.repeat(64)}`, rows: 244_737 }],
      models: [
        {
          step: 'finetune',
          digest: candidate,
          code: `sha256:${'0c'.repeat(32)}`,
          hyper: `sha256:${'1f'.repeat(32)}`,
          data: [['train', `sha256:${'d'.repeat(64)}`]],
          parents: [baseline],
          moreParents: 0,
          metrics: [
            ['loss', '1.1714'],
            ['rouge_l', '0.4012'],
          ],
        },
      ],
    },
    cost: { amount: 3.41, lost: 0.12, currency: 'USD', why: null, seconds: 13_640, secondsLost: 480 },
    links: { Temporal: 'http://localhost:8233/namespaces/default/workflows/writer%2Fnightly-41' },
    missing: [],
    ...more,
  };
}

/** The same candidate let out all the same, and rolled back from a quarter of the traffic. */
export function rolledBackReport(): RunReport {
  const report = exampleReport();
  const began = at - 3_000_000;
  const reason = 'more requests fail on the candidate than the margin allows';
  const counted = (requests: number, errors: number) => ({ requests, errors });
  return {
    ...report,
    run: { ...report.run, state: 'rolled-back' },
    deploys: report.deploys.map((deploy) => ({
      ...deploy,
      state: 'rolled-back',
      decisions: [{ ...decision, decision: 'override', reason: 'Wanted for the trial on Thursday.' }],
      reason,
    })),
    rollouts: [
      {
        endpoint: 'writer',
        candidate,
        state: 'rolled-back',
        reason,
        startedAt: began,
        endedAt: began + 1_320_000,
        firstBadAt: began + 1_205_000,
        offTrafficAt: began + 1_300_000,
        evidence: evidenceOf([
          {
            metric: 'errors',
            verdict: 'fail',
            value: 0.021,
            baseline: 0.0009,
            effect: -0.0201,
            interval: [-0.031, -0.011],
            threshold: '> -0.005',
            n: 5120,
          },
        ]),
        shadow: null,
        shares: [
          { at: began + 20_000, percent: 5 },
          { at: began + 620_000, percent: 25 },
          { at: began + 1_300_000, percent: 0 },
        ],
        looks: [
          {
            phase: 'canary 5 %',
            at: began + 610_000,
            seconds: 590,
            verdict: 'pass',
            reason: null,
            candidate: counted(1010, 1),
            stable: counted(19_400, 17),
          },
          {
            phase: 'canary 25 %',
            at: began + 1_290_000,
            seconds: 670,
            verdict: 'fail',
            reason,
            candidate: counted(5120, 108),
            stable: counted(15_210, 14),
          },
        ],
      },
    ],
  };
}
