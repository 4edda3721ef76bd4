import { type DecisionRequest, decisionKinds, type OpenGate } from '@sluice/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bench, judge } from './judge.ts';
import { type Question, Questions } from './judge-questions.ts';

const digest = (hex: string) => `sha256:${hex.padEnd(64, '0')}`;
const a = digest('aaaaaaaa1');
const b = digest('bbbbbbbb1');

function gate(candidate: string, more: Partial<OpenGate> = {}): OpenGate {
  return {
    step: `deploy-${candidate.slice(7, 9)}`,
    endpoint: 'shop',
    candidate,
    version: null,
    state: 'awaiting-approval',
    verdict: 'pass',
    gates: [],
    expiresAt: 1_000,
    round: 1,
    commands: [],
    ...more,
  };
}

function questionOf({ step, endpoint, candidate, round }: OpenGate, state: Question['state'] = 'open'): Question {
  return { run: 'life/a', step, endpoint, candidate, round, state };
}

/** Unless it says otherwise, what is open is all that was asked. */
function bench(more: Partial<Bench> = {}): Bench {
  const gates = more.gates ?? [gate(a)];
  return {
    run: 'life/a',
    gates,
    asked: gates.map((one) => questionOf(one)),
    approvers: { names: null, selfApproval: true },
    requester: null,
    arrived: 0,
    identity: 'typed',
    ...more,
  };
}

const blocked = bench({ gates: [gate(a, { state: 'blocked', verdict: 'fail' })] });
const twoCandidates = bench({ gates: [gate(a), gate(b)] });
const twoEndpoints = bench({ gates: [gate(a, { endpoint: 'eu' }), gate(a, { endpoint: 'us', step: 'us' })] });
const strict = bench({ approvers: { names: ['ana', 'ben'], selfApproval: false }, requester: 'ben' });
const byToken = bench({ identity: 'token-pending' });
const staging = gate(a, { step: 'staging', endpoint: 'staging' });
const production = gate(a, { step: 'production', endpoint: 'production' });
/** The same bytes were decided on for staging, and now wait for production. */
const afterStaging = bench({
  gates: [production],
  asked: [questionOf(staging, 'decided'), questionOf(production)],
});
/** Its first answer was taken back, and it asks again. */
const again = bench({
  gates: [gate(a, { round: 2 })],
  asked: [questionOf(gate(a), 'decided'), questionOf(gate(a, { round: 2 }))],
});
const over = bench({ gates: [], asked: [questionOf(gate(a), 'decided')] });

describe('a decision that counts', () => {
  it.each<[string, string, object, Bench]>([
    ['approves', 'approve', { by: 'ana' }, bench()],
    ['rejects without a reason', 'reject', { by: 'ana' }, bench()],
    ['names its candidate in full', 'approve', { by: 'ana', candidate: a }, twoCandidates],
    ['names it by eight digits', 'approve', { by: 'ana', candidate: 'aaaaaaaa' }, twoCandidates],
    ['names it in capitals', 'approve', { by: 'ana', candidate: 'sha256:AAAAAAAA1' }, twoCandidates],
    ['names an endpoint', 'approve', { by: 'ana', candidate: a, endpoint: 'us' }, twoEndpoints],
    ['has a null where it has nothing to say', 'approve', { by: 'ana', candidate: null, reason: null }, bench()],
    ['overrides a failed gate with a reason', 'override', { by: 'ana', reason: 'known gap' }, blocked],
    ['rejects a failed gate', 'reject', { by: 'ana' }, blocked],
    ['overrides a passed gate with a reason', 'override', { by: 'ana', reason: 'hurry' }, bench()],
    ['comes from an approver', 'approve', { by: 'ana' }, strict],
    ['rejects what one started oneself', 'reject', { by: 'ben' }, strict],
    [
      'is about another candidate than the one decided',
      'approve',
      { by: 'ana', candidate: b },
      bench({ gates: [gate(b)], asked: [questionOf(gate(a), 'decided'), questionOf(gate(b))] }),
    ],
    ['names the step', 'approve', { by: 'ana', candidate: a, step: 'production' }, afterStaging],
    ['names the run', 'approve', { by: 'ana', run: 'life/a' }, bench()],
    ['names the round', 'approve', { by: 'ana', candidate: a, round: '2' }, again],
    ['names the round by a number', 'approve', { by: 'ana', round: 2 }, again],
    ['comes from an approver in other letters', 'approve', { by: ' ANA ' }, strict],
    ['has a token still to be looked at', 'approve', { token: 'sealed.v1.x' }, byToken],
    ['has spaces around its words', 'override', { by: ' ana ', reason: ' gap ' }, blocked],
  ])('%s', (_, kind, input, on) => {
    expect(judge(kind, input, on)).toMatchObject({ counts: true, request: { decision: kind } });
  });

  it('is handed on without the spaces around its words, and with nothing that it was not asked for', () => {
    const judged = judge('override', { by: ' ana ', reason: ' gap ', admin: true, decision: 'approve' }, blocked);
    expect(judged).toMatchObject({ request: { decision: 'override', by: 'ana', reason: 'gap' } });
    expect(Object.keys((judged as { request: object }).request)).toEqual(['decision', 'by', 'reason']);
  });

  it('goes to the gate it means', () => {
    expect(judge('approve', { by: 'ana', candidate: b }, twoCandidates)).toMatchObject({ gate: { candidate: b } });
    expect(judge('approve', { by: 'ana', candidate: a, endpoint: 'us' }, twoEndpoints)).toMatchObject({
      gate: { endpoint: 'us' },
    });
  });
});

describe('a decision does not count', () => {
  it.each<[string, string, unknown, Bench]>([
    ['"merge" is no decision; it is one of approve, override, reject', 'merge', { by: 'ana' }, bench()],
    ['"undefined" is no decision', undefined as unknown as string, { by: 'ana' }, bench()],
    ['the argument is not a JSON object', 'approve', 'yes', bench()],
    ['the argument is not a JSON object', 'approve', null, bench()],
    ['the argument is not a JSON object', 'approve', undefined, bench()],
    ['the argument is not a JSON object', 'approve', ['ana'], bench()],
    ['"by" is not text', 'approve', { by: 7 }, bench()],
    ['"reason" is not text', 'override', { by: 'ana', reason: ['x'] }, blocked],
    ['"candidate" is not text', 'approve', { by: 'ana', candidate: 7 }, bench()],
    ['"endpoint" is not text', 'approve', { by: 'ana', endpoint: {} }, bench()],
    ['"token" is not text', 'approve', { token: {} }, byToken],
    ['no gate is open yet', 'approve', { by: 'ana' }, bench({ gates: [] })],
    ['no gate is open yet', 'approve', { by: 'ana', candidate: a }, bench({ gates: [] })],
    ['has been decided already', 'approve', { by: 'ana' }, over],
    ['has been decided already', 'approve', { by: 'ana', candidate: a }, over],
    ['is closed already', 'approve', { by: 'ana' }, bench({ gates: [], asked: [questionOf(gate(a), 'closed')] })],
    ['it is about the run life/b, and this is life/a', 'approve', { by: 'ana', run: 'life/b' }, bench()],
    [
      'step staging, endpoint staging, candidate aaaaaaaa1000 has been decided already',
      'approve',
      { by: 'ana', candidate: a, step: 'staging', endpoint: 'staging' },
      afterStaging,
    ],
    ['has been decided already', 'approve', { by: 'ana', endpoint: 'staging' }, afterStaging],
    ['fits 2 questions of this run: name step, endpoint', 'approve', { by: 'ana', candidate: a }, afterStaging],
    ['it names no candidate, and this run has asked 2 times', 'approve', { by: 'ana' }, afterStaging],
    ['it names no candidate, and this run has asked 2 times: name round', 'approve', { by: 'ana' }, again],
    ['fits 2 questions of this run: name round', 'approve', { by: 'ana', step: 'deploy-aa' }, again],
    ['has been decided already', 'approve', { by: 'ana', round: '1' }, again],
    ['is not the one that waits', 'approve', { by: 'ana', round: '3' }, again],
    ['it names no candidate, and this run has asked 2 times', 'approve', { by: 'ana' }, twoCandidates],
    [
      'endpoint eu fits 2',
      'approve',
      { by: 'ana', endpoint: 'eu' },
      bench({ gates: [gate(a, { endpoint: 'eu' }), gate(b, { endpoint: 'eu' })] }),
    ],
    ['fits 2 questions of this run: name step, endpoint', 'approve', { by: 'ana', candidate: a }, twoEndpoints],
    [
      'is not the one that waits (step deploy-aa, endpoint eu',
      'approve',
      { by: 'ana', candidate: a, endpoint: 'asia' },
      twoEndpoints,
    ],
    ['endpoint asia is not the one that waits', 'approve', { by: 'ana', endpoint: 'asia' }, bench()],
    ['is not the one that waits', 'approve', { by: 'ana', candidate: b }, bench()],
    ['names no digits: give the first 8 hexadecimal digits', 'approve', { by: 'ana', candidate: '' }, bench()],
    [
      'aaaaaaa is too short: give the first 8 hexadecimal digits',
      'approve',
      { by: 'ana', candidate: 'aaaaaaa' },
      bench(),
    ],
    ['names no digits: give the first 8 hexadecimal digits', 'approve', { by: 'ana', candidate: 'sha256:' }, bench()],
    ['is not the one that waits', 'approve', { by: 'ana', candidate: `${a}0` }, bench()],
    ['the time for a decision is over', 'approve', { by: 'ana' }, bench({ arrived: 1_000 })],
    ['the time for a decision is over', 'reject', { by: 'ana' }, bench({ arrived: 5_000 })],
    ['it carries no token', 'approve', { by: 'ana' }, byToken],
    ['it carries no token', 'approve', { by: 'ana', token: '  ' }, byToken],
    ['its token came in clear', 'approve', { token: 'eyJhbGciOi' }, byToken],
    ['its token came in clear', 'approve', { by: 'ana', token: 'eyJhbGciOi' }, bench()],
    ['it does not say who decides', 'approve', {}, bench()],
    ['it does not say who decides', 'approve', { by: '  ' }, bench()],
    ['it does not say who decides', 'approve', { token: 'sealed.v1.x' }, bench({ identity: 'token-verified' })],
    ['eve is not among the approvers (ana, ben)', 'approve', { by: 'eve' }, strict],
    ['eve is not among the approvers (ana, ben)', 'reject', { by: 'eve' }, strict],
    ['ben started this run', 'approve', { by: 'ben' }, strict],
    ['ben started this run', 'override', { by: 'ben', reason: 'mine' }, strict],
    ['an override needs a reason', 'override', { by: 'ana' }, blocked],
    ['an override needs a reason', 'override', { by: 'ana', reason: ' \n' }, blocked],
    ['the gates say fail: only an override', 'approve', { by: 'ana', reason: 'please' }, blocked],
  ])('because %s', (why, kind, input, on) => {
    expect(judge(kind, input, on)).toEqual({ counts: false, why: expect.stringContaining(why) });
  });

  it('for a person whose name is written in another script, who is not the same person', () => {
    for (const by of ['аna', 'ana.', 'an a']) expect(judge('approve', { by }, strict)).toMatchObject({ counts: false });
  });

  it('for who started the run, however the name is written', () => {
    for (const by of ['BEN', ' ben ', 'Ｂｅｎ'])
      expect(judge('approve', { by }, strict)).toMatchObject({ counts: false });
  });

  it('for anybody, where no token says who started the run and nobody may approve their own', () => {
    const nobody = bench({ identity: 'token-verified', approvers: { names: null, selfApproval: false } });
    const judged = judge('approve', { by: 'zoe@corp' }, nobody);
    expect(judged).toEqual({ counts: false, why: expect.stringContaining('no token says who started this run') });
  });
});

describe('of all decisions on all tables', () => {
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
  const close = fc.tuple(fc.constantFrom('0123456789', '01234567ff', 'fffffffff0'), hex).map(([start, rest]) => {
    return `sha256:${(start + rest).slice(0, 64)}`;
  });
  const digests = fc.oneof(
    close,
    hex.map((one) => `sha256:${one}`),
  );
  const gates = fc
    .uniqueArray(digests, { maxLength: 4 })
    .chain((list) =>
      fc.tuple(
        ...list.map((one) =>
          fc
            .record({ blocked: fc.boolean(), endpoint: fc.constantFrom('eu', 'us') })
            .map((more) =>
              gate(one, { step: one, state: more.blocked ? 'blocked' : 'awaiting-approval', endpoint: more.endpoint }),
            ),
        ),
      ),
    );
  const tables: fc.Arbitrary<Bench> = fc
    .record({
      gates,
      approvers: fc.record({ names: fc.constantFrom(null, ['ana'], []), selfApproval: fc.boolean() }),
      requester: fc.constantFrom(null, 'ana', 'ben'),
      arrived: fc.constantFrom(0, 999, 1_000),
      identity: fc.constantFrom('typed' as const, 'token-verified' as const),
    })
    .map((table) => bench(table));
  const named = (on: Bench) =>
    fc.oneof(
      fc.constantFrom(undefined, '', 'sha256:', '0123456', '01234567', ...on.gates.map((one) => one.candidate)),
      fc.nat(64).map((length) => (on.gates[0]?.candidate ?? a).slice(7, 7 + length)),
      digests,
    );
  const cases = tables.chain((on) =>
    fc.record({
      on: fc.constant(on),
      kind: fc.constantFrom(...decisionKinds, 'yes'),
      input: fc.record(
        {
          by: fc.constantFrom('ana', 'ben', '', ' '),
          reason: fc.constantFrom('because', '', ' '),
          candidate: named(on),
          endpoint: fc.constantFrom('eu', 'us', 'asia'),
        },
        { requiredKeys: [] },
      ),
    }),
  );

  it('none ever counts for a candidate it does not name, unless that is all the run has asked', () => {
    fc.assert(
      fc.property(cases, ({ on, kind, input }) => {
        const judged = judge(kind, input, on);
        if (!judged.counts) return;
        const { candidate, endpoint } = input as DecisionRequest;
        expect(on.gates).toContain(judged.gate);
        if (candidate === undefined && endpoint === undefined) expect(on.asked).toHaveLength(1);
        if (candidate !== undefined) {
          const prefix = candidate.replace('sha256:', '');
          expect(prefix.length).toBeGreaterThanOrEqual(8);
          expect(judged.gate.candidate.slice(7).startsWith(prefix)).toBe(true);
        }
        if (endpoint !== undefined) expect(judged.gate.endpoint).toBe(endpoint);
      }),
      { numRuns: 2_000 },
    );
  });

  it('none counts late, without a name, by somebody else, or against the gates without a reason', () => {
    fc.assert(
      fc.property(cases, ({ on, kind, input }) => {
        const judged = judge(kind, input, on);
        if (!judged.counts) return;
        const { by, reason, decision } = judged.request;
        expect(on.arrived).toBeLessThan(judged.gate.expiresAt);
        expect(by).toBeTruthy();
        if (on.approvers.names !== null) expect(on.approvers.names).toContain(by);
        if (!on.approvers.selfApproval && decision !== 'reject') {
          expect(on.requester).not.toBeNull();
          expect(by).not.toBe(on.requester);
        }
        if (decision === 'override') expect(reason).toBeTruthy();
        if (judged.gate.state === 'blocked') expect(decision).not.toBe('approve');
      }),
      { numRuns: 2_000 },
    );
  });

  it('every one is answered, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), tables, (kind, input, on) => {
        const judged = judge(kind, input, on);
        expect(judged.counts ? judged.gate : judged.why).toBeTruthy();
      }),
    );
  });
});

/** What happens around a run's questions, in any order: gates open, close, ask again; answers come early and late. */
describe('over everything that a run asks', () => {
  const steps = ['staging', 'production', 'eu'] as const;
  type Change = { readonly do: 'open' | 'close' | 'withdraw'; readonly step: (typeof steps)[number] };
  /** Somebody answers what is open, or was: by the printed command, by some of its names, or by none. */
  type Answer = { readonly do: 'answer'; readonly question: number; readonly names: readonly string[] };
  const events: fc.Arbitrary<(Change | Answer)[]> = fc.array(
    fc.oneof(
      fc.record({
        do: fc.constantFrom('open' as const, 'open' as const, 'close' as const, 'withdraw' as const),
        step: fc.constantFrom(...steps),
      }),
      fc.record({
        do: fc.constant('answer' as const),
        question: fc.nat(8),
        names: fc.oneof(
          fc.constant(['run', 'step', 'endpoint', 'candidate', 'round']),
          fc.subarray(['run', 'step', 'endpoint', 'candidate', 'round']),
        ),
      }),
    ),
    { maxLength: 40 },
  );

  it('an answer that names what it was made for never counts for anything else, and one that fits more counts for none', () => {
    let counted = 0;
    fc.assert(
      fc.property(events, (list) => {
        const questions = new Questions('life/a');
        const gates = new Map<string, OpenGate>();
        for (const event of list) {
          if (!('step' in event)) answer(event);
          else if (event.do === 'open') {
            // The same bytes everywhere: the hardest case.
            const round = questions.round(event.step);
            gates.set(event.step, gate(a, { step: event.step, endpoint: event.step, round }));
            questions.open(gate(a, { step: event.step, endpoint: event.step }));
          } else if (event.do === 'close') {
            questions.settle(event.step, 'closed');
            gates.delete(event.step);
          } else questions.settle(event.step, 'decided');
        }

        function answer({ question, names }: Answer): void {
          const meant = questions.asked[question];
          const about = meant ?? { step: 'eu', endpoint: 'eu', candidate: a, round: 1 };
          const full: Record<string, string> = { ...about, run: 'life/a', round: String(about.round) };
          const named = Object.fromEntries(names.map((name) => [name, full[name]]));
          const on = bench({ gates: [...gates.values()], asked: questions.asked });
          const judged = judge('approve', { by: 'ana', ...named }, on);
          if (!judged.counts) return;
          counted += 1;
          const fitting = questions.asked.filter((one) =>
            names.every((name) => String(one[name as keyof Question]) === full[name]),
          );
          expect(fitting).toHaveLength(1);
          expect(fitting[0]).toMatchObject({ state: 'open', step: judged.gate.step, round: judged.gate.round });
          if (meant !== undefined && names.includes('step') && names.includes('round')) {
            expect(judged.gate).toMatchObject({ step: meant.step, round: meant.round });
          }
          questions.settle(judged.gate.step, 'decided');
        }
      }),
      { numRuns: 10_000 },
    );
    expect(counted).toBeGreaterThan(1_000);
  });
});
