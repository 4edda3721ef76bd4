import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DeployState, stateOfDeploys } from './deploy-states.ts';

const ends = ['deployed', 'superseded', 'expired', 'rejected', 'withdrawn', 'rolled-back'] as const;
const open = ['looking', 'decided', 'rolling-out', 'awaiting-approval', 'blocked'] as const;
const anyEnds = fc.array(fc.constantFrom<DeployState>(...ends), { minLength: 1, maxLength: 6 });
const anyDeploys = fc.array(fc.constantFrom<DeployState>(...ends, ...open), { maxLength: 6 });

it('does not hide a rollback behind a deploy that came after it', () => {
  expect(stateOfDeploys(['rolled-back', 'deployed'])).toBe('rolled-back');
  expect(stateOfDeploys(['deployed', 'rolled-back'])).toBe('rolled-back');
});

it('says of a run the same in whichever order its deploys came', () => {
  const shuffled = anyDeploys.chain((deploys) =>
    fc.tuple(fc.constant(deploys), fc.shuffledSubarray(deploys, { minLength: deploys.length })),
  );
  fc.assert(fc.property(shuffled, ([deploys, other]) => stateOfDeploys(deploys) === stateOfDeploys(other)));
});

it('calls a run deployed only if every one of its deploys was', () => {
  fc.assert(
    fc.property(
      anyEnds,
      (deploys) => (stateOfDeploys(deploys) === 'deployed') === deploys.every((one) => one === 'deployed'),
    ),
  );
});

it('never gets better by one more deploy that has ended', () => {
  const rank = ['deployed', 'superseded', 'expired', 'rejected', 'cancelled', 'rolled-back'];
  const worse = (deploys: DeployState[]) => rank.indexOf(stateOfDeploys(deploys) ?? '');
  fc.assert(
    fc.property(anyEnds, fc.constantFrom<DeployState>(...ends), (deploys, more) => {
      expect(worse([...deploys, more])).toBeGreaterThanOrEqual(worse(deploys));
    }),
  );
});

it('says what a run waits for as long as one of its deploys is open, however the others ended', () => {
  fc.assert(
    fc.property(anyEnds, (deploys) => {
      expect(stateOfDeploys([...deploys, 'rolling-out', 'awaiting-approval', 'blocked'])).toBe('blocked');
      expect(stateOfDeploys(['rolling-out', 'awaiting-approval', ...deploys])).toBe('awaiting-approval');
      expect(stateOfDeploys([...deploys, 'looking', 'rolling-out'])).toBe('rolling-out');
      expect(stateOfDeploys(['decided', ...deploys])).toBe('running');
    }),
  );
});

it('has nothing to say of a run without deploys', () => {
  expect(stateOfDeploys([])).toBeNull();
});
