import { afterEach, describe, expect, it } from 'vitest';
import type { Model } from '../artifact.ts';
import type { Decision } from '../decision.ts';
import { type Runtime, useRuntime } from '../runtime.ts';
import type { DeployResult } from './deploy.ts';
import { deploy } from './deploy.ts';

const digest = `sha256:${'a'.repeat(64)}` as const;
const model = { kind: 'model', digest, uri: 'sluice:tree/aa', bytes: 1 } as Model;
const common = { endpoint: 'shop', candidate: digest, version: null, verdict: 'pass' } as const;
const decision: Decision = {
  decision: 'approve',
  via: 'update',
  ...{ by: 'ana', reason: null, at: '2026-01-01T00:00:00.000Z' },
  ...{ run: 'life/a', step: 'shop', endpoint: 'shop', candidate: digest, round: 1, evidence: '' },
};

const deployed: DeployResult = { ...common, state: 'deployed', decision, reason: null };
const others: DeployResult[] = [
  { ...common, state: 'rejected', decision: { ...decision, decision: 'reject' }, reason: 'rejected by ana' },
  { ...common, state: 'expired', decision: null, reason: 'nobody decided' },
  { ...common, state: 'rolled-back', decision, reason: 'errors 40 %' },
  { ...common, state: 'superseded', decision, reason: 'another took its place' },
  { ...common, state: 'withdrawn', decision, reason: 'called off' },
];

let restore = () => {};
afterEach(() => restore());
const endsAs = (result: DeployResult) => {
  restore = useRuntime({ step: async () => result } as unknown as Runtime);
};

describe('a deploy', () => {
  it('returns once the candidate is the stable version', async () => {
    endsAs(deployed);
    expect(await deploy('shop', { model, gates: [] })).toEqual(deployed);
  });

  it.each(others)('that ends $state stops what stands after it, and says why', async (outcome) => {
    endsAs(outcome);
    await expect(deploy('shop', { model, gates: [] })).rejects.toMatchObject({
      code: 'NotDeployed',
      // A person's no says so itself.
      message: outcome.state === 'rejected' ? 'shop: rejected by ana' : `shop: ${outcome.state}: ${outcome.reason}`,
      data: outcome,
    });
  });

  it.each([deployed, ...others])('that ends $state is returned where it is asked for', async (outcome) => {
    endsAs(outcome);
    expect(await deploy('shop', { model, gates: [], settle: true })).toEqual(outcome);
  });

  it('takes no word for settle', async () => {
    endsAs(deployed);
    const options = { model, gates: [], settle: 'yes' as never };
    await expect(deploy('shop', options)).rejects.toMatchObject({ code: 'InvalidStep' });
  });
});
