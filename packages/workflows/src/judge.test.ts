import { type DecisionRequest, decisionKinds, type OpenGate } from '@sluice/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bench, judge } from './judge.ts';

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
    commands: [],
    ...more,
  };
}

function bench(more: Partial<Bench> = {}): Bench {
  return {
    gates: [gate(a)],
    decided: [],
    approvers: { names: null, selfApproval: true },
    requester: null,
    now: 0,
    identity: 'typed',
    ...more,
  };
}

const blocked = bench({ gates: [gate(a, { state: 'blocked', verdict: 'fail' })] });
const twoCandidates = bench({ gates: [gate(a), gate(b)] });
const twoEndpoints = bench({ gates: [gate(a, { endpoint: 'eu' }), gate(a, { endpoint: 'us', step: 'us' })] });
const strict = bench({ approvers: { names: ['ana', 'ben'], selfApproval: false }, requester: 'ben' });
const byToken = bench({ identity: 'token-pending' });

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
      { ...twoCandidates, decided: [a] },
    ],
    ['has a token still to be looked at', 'approve', { token: 'x' }, byToken],
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
    ['it has been decided already, and no gate is open', 'approve', { by: 'ana' }, bench({ gates: [], decided: [a] })],
    ['has been decided already', 'approve', { by: 'ana', candidate: a }, bench({ gates: [gate(b)], decided: [a] })],
    ['it names no candidate, and 2 are waiting', 'approve', { by: 'ana' }, twoCandidates],
    ['it names no candidate, and 2 are waiting', 'approve', { by: 'ana', endpoint: 'eu' }, twoEndpoints],
    [
      'waits for several endpoints: name one by "endpoint" (eu, us)',
      'approve',
      { by: 'ana', candidate: a },
      twoEndpoints,
    ],
    ['does not wait for asia, but for eu, us', 'approve', { by: 'ana', candidate: a, endpoint: 'asia' }, twoEndpoints],
    ['no candidate waits for asia', 'approve', { by: 'ana', endpoint: 'asia' }, bench()],
    ['is not the one that waits', 'approve', { by: 'ana', candidate: b }, bench()],
    ['is not the one that waits', 'approve', { by: 'ana', candidate: '' }, bench()],
    ['is not the one that waits', 'approve', { by: 'ana', candidate: 'aaaaaaa' }, bench()],
    ['is not the one that waits', 'approve', { by: 'ana', candidate: 'sha256:' }, bench()],
    ['is not the one that waits', 'approve', { by: 'ana', candidate: `${a}0` }, bench()],
    ['the time for a decision is over', 'approve', { by: 'ana' }, bench({ now: 1_000 })],
    ['the time for a decision is over', 'reject', { by: 'ana' }, bench({ now: 5_000 })],
    ['it carries no token', 'approve', { by: 'ana' }, byToken],
    ['it carries no token', 'approve', { by: 'ana', token: '  ' }, byToken],
    ['it does not say who decides', 'approve', {}, bench()],
    ['it does not say who decides', 'approve', { by: '  ' }, bench()],
    ['it does not say who decides', 'approve', { token: 'x' }, bench({ identity: 'token-verified' })],
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

  it('for a person of the wrong case or script, who is not the same person', () => {
    for (const by of ['Ana', 'аna', 'ana.']) expect(judge('approve', { by }, strict)).toMatchObject({ counts: false });
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
              gate(one, { state: more.blocked ? 'blocked' : 'awaiting-approval', endpoint: more.endpoint }),
            ),
        ),
      ),
    );
  const tables = fc.record({
    gates,
    decided: fc.array(digests, { maxLength: 2 }),
    approvers: fc.record({ names: fc.constantFrom(null, ['ana'], []), selfApproval: fc.boolean() }),
    requester: fc.constantFrom(null, 'ana', 'ben'),
    now: fc.constantFrom(0, 999, 1_000),
    identity: fc.constantFrom('typed', 'token-verified' as const),
  }) as fc.Arbitrary<Bench>;
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

  it('none ever counts for a candidate it does not name, or that is not the only one', () => {
    fc.assert(
      fc.property(cases, ({ on, kind, input }) => {
        const judged = judge(kind, input, on);
        if (!judged.counts) return;
        const { candidate, endpoint } = input as DecisionRequest;
        expect(on.gates).toContain(judged.gate);
        if (candidate === undefined) expect(on.gates).toHaveLength(1);
        else {
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
        expect(on.now).toBeLessThan(judged.gate.expiresAt);
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
