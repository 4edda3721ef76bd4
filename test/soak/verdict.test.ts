import type { EndpointState, RolloutOutcome, RolloutState } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import type { Ask } from '../../soak/endpoint/lane.ts';
import { type CandidateKind, planRound } from '../../soak/endpoint/plan.ts';
import { unowned } from '../../soak/endpoint/timeline.ts';
import { type Facts, failuresBeyond, problemsOf } from '../../soak/endpoint/verdict.ts';

const traffic = (at: number, weights: Record<string, number>, renewed: number | null = null) => ({
  ...{ at, weights, renewed, reverted: null },
});

function ask(kind: CandidateKind, state: RolloutState, answers = [state]): Ask {
  const outcome = (of: RolloutState) => ({ id: 'r', state: of, endedAt: 5000 }) as RolloutOutcome;
  const request = {
    id: 'r',
    candidate: { id: 'new' },
    spec: { steps: [30], control: 20 },
  } as unknown as Ask['request'];
  return { request, kind, outcome: outcome(state), refused: null, answers: answers.map(outcome) };
}

function stateOf(stable: string): EndpointState {
  return { stable: { id: stable }, history: [{ id: 'r' }] } as unknown as EndpointState;
}

/** A rollout that went well, but for what is said. */
function facts(more: Partial<Facts> = {}): Facts {
  return {
    ...{ fault: 'none', phase: '', shared: 'none', from: 0, to: 9000, stableBefore: 'old' },
    state: stateOf('new'),
    timeline: [
      traffic(0, { old: 100 }),
      traffic(1000, { old: 70, new: 30 }),
      traffic(2000, { old: 20, new: 80 }),
      traffic(3000, { new: 100 }),
    ],
    ...{ outages: [], hits: [], rollbacks: [], rejected: new Set<string>(), calls: [] },
    asks: [ask('healthy', 'deployed')],
    ...more,
  };
}

describe('what a soak finds wrong', () => {
  it('is nothing where a rollout went well', () => {
    expect(problemsOf(facts())).toEqual([]);
  });

  it.each<[string, Partial<Facts>]>([
    ['r left out 30 % and 80 %', { timeline: [traffic(0, { old: 100 }), traffic(1, { new: 100 })] }],
    ['new serves, which is bad: errs', { asks: [ask('errs', 'deployed')] }],
    ['new serves, which was rolled back or not let in', { rejected: new Set(['new']) }],
    ['traffic is on new, and the endpoint says old is stable', { state: stateOf('old') }],
    ['new serves, after a rollback to old', { rollbacks: [{ from: 'mid', to: 'old', outcomeId: null }] }],
    ['it was withdrawn, and deployed', { fault: 'withdrawn', phase: 'canary' }],
    ['traffic stays split', { timeline: [traffic(0, { old: 100 }), traffic(1000, { old: 70, new: 30 })] }],
    ['nothing serves', { timeline: [traffic(0, { old: 100 }), traffic(1000, {})] }],
    ['r was told deployed and rolled-back', { asks: [ask('healthy', 'deployed', ['rolled-back'])] }],
    ['the run of r was never told', { asks: [ask('healthy', 'deployed', [])] }],
    [
      'a split had no owner for 8.0 s',
      {
        outages: [{ part: 'worker', how: 'killed', from: 0, to: 9000 }],
        timeline: [traffic(0, { old: 70, new: 30 }), traffic(8000, { new: 100 })],
      },
    ],
  ])('is that %s', (problem, more) => {
    expect(problemsOf(facts(more)).join('\n')).toContain(problem);
  });

  it('does not count requests under way when their carrier was hit, nor those of a bad candidate', () => {
    const call = { endpoint: 'e', fresh: true, live: false, status: 502, error: null, sentAt: 100, endedAt: 200 };
    const calls = [
      { ...call, version: 'old' },
      { ...call, version: 'old', sentAt: 300, endedAt: 400 },
      { ...call, version: 'new', sentAt: 300, endedAt: 400 },
    ];
    const found = failuresBeyond(facts({ hits: [150], calls, asks: [ask('errs', 'rolled-back')] }));
    expect(found).toEqual([calls[1]]);
  });
});

it('counts only the part of an outage in which traffic was split and nobody renewed the lease', () => {
  const timeline = [
    traffic(0, { a: 100 }),
    traffic(1000, { a: 70, b: 30 }),
    traffic(2000, { a: 40, b: 60 }),
    traffic(4000, { a: 100 }),
  ];
  const outage = { part: 'worker', how: 'killed' as const, from: 1500, to: 9000 };
  expect(unowned(timeline, [outage], 10_000)).toBe(2500);
  const watched = [...timeline.slice(0, 2), traffic(2000, { a: 40, b: 60 }, 3600), traffic(4000, { a: 100 })];
  expect(unowned(watched, [outage], 10_000)).toBe(400);
});

it('plans the same for the same number, and every fault at some time', () => {
  expect(planRound(7)).toEqual(planRound(7));
  const plans = Array.from({ length: 300 }, (_, round) => planRound(round));
  expect(new Set(plans.map(({ fault }) => fault)).size).toBe(13);
  expect(new Set(plans.flatMap(({ lanes }) => lanes.map(({ fault }) => fault))).size).toBe(17);
});
