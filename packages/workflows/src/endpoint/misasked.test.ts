import fc from 'fast-check';
import { expect, it } from 'vitest';
import { problemOfRollback, problemOfRollout } from './misasked.ts';

const rollout = {
  id: 'r1',
  endpoint: 'shop',
  onBusy: 'queue',
  replyTo: 'run',
  by: 'ana',
  candidate: { id: 'v-a', digest: 'sha256:aa', uri: 'sluice:tree/aa' },
  spec: { steps: [], health: {} },
  decidedAt: 1,
};

it('what asks for a rollout or a rollback as it should has no problem', () => {
  expect(problemOfRollout(rollout, 'shop')).toBeNull();
  expect(problemOfRollback({ id: 'b1', by: 'ana', from: 'v-a', reason: null })).toBeNull();
});

it('anything else that somebody sends is answered by a sentence, and nothing of it throws', () => {
  const broken = fc.record(
    Object.fromEntries(
      Object.entries(rollout).map(([name, value]) => [name, fc.oneof(fc.jsonValue(), fc.constant(value))]),
    ),
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.anything(), broken), (sent) => {
      for (const problem of [problemOfRollout(sent, 'shop'), problemOfRollback(sent)]) {
        expect(problem === null || /\S.*[.}]$/s.test(problem)).toBe(true);
      }
    }),
  );
  expect(problemOfRollout({ ...rollout, endpoint: 'other' }, 'shop')).toContain('for "other"');
});
