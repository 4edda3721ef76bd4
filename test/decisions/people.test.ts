import { keyringOf, payloadCodec, sealToken } from '@sluice/activities/encryption';
import type { Settings } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withStableFailures } from '../../packages/activities/src/activity-failure.ts';
import { identifyActivity } from '../../packages/activities/src/decide/identify.ts';
import { decide, sealer } from '../../packages/cli/src/commands/decide.ts';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { untilState, untilStatus } from '../harness/wait-for.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';
import { type Issuer, startIssuer } from './issuer.ts';

const candidate = digestOf('model');
const keyEnv = 'SLUICE_TEST_KEY';
process.env[keyEnv] = Buffer.alloc(32, 9).toString('base64');
const encryption = { keyEnv };
const ring = keyringOf({ encryption });
if (ring === null) throw new Error('no key');

describe('who decides, by tokens', () => {
  let issuer: Issuer;
  let kit: Kit;
  beforeAll(async () => {
    issuer = await startIssuer();
    const oidc = { issuer: issuer.url, audience: 'sluice' };
    const identify = withStableFailures(identifyActivity({ config: { approvers: { oidc }, encryption } }));
    kit = await workflowKit((project, client) =>
      stubActivities(
        project,
        client,
        { identify },
        { approvers: { names: ['Zoe@Corp', 'ana@corp'], selfApproval: false, oidc: true } },
      ),
    );
  });
  afterAll(async () => {
    await kit?.close();
    await issuer?.close();
  });

  /** What everybody can read who may read the history: all of its payloads, and the memo. */
  async function histories(workflowId: string): Promise<string> {
    const handle = kit.client.workflow.getHandle(workflowId);
    return textOf([(await handle.fetchHistory()).events, (await handle.describe()).memo]);
  }

  const start = async (id: string, by: string) => {
    const token = await issuer.token(by);
    const workflowId = `gated/${kit.project}-${id}`;
    const memo = { by: 'zoe', token: sealToken(ring, token, { for: 'start', run: workflowId }) };
    const run = await kit.start('gated', {}, { id: workflowId, memo });
    await untilState(run, 'awaiting-approval');
    return { run, token };
  };
  const approve = (workflowId: string, token: string) =>
    decide(kit.client, workflowId, { decision: 'approve', token }, sealer({ encryption }));

  it('nobody approves their own, and no token stands in clear in a history', async () => {
    const { run, token } = await start('own', 'zoe@corp');
    const hers = await issuer.token('ZOE@corp');
    await expect(approve(run.workflowId, hers)).rejects.toThrow('ZOE@corp started this run and may not approve');
    const his = await issuer.token('ana@corp');
    expect(await approve(run.workflowId, his)).toMatchObject({ by: 'ana@corp', step: 'shop', run: run.workflowId });
    expect(await run.result()).toMatchObject({ state: 'deployed', decision: { by: 'ana@corp' } });
    const kept = await histories(run.workflowId);
    expect(kept).toContain('sealed.v1.');
    expect(kept).toContain('ana@corp');
    for (const secret of [token, hers, his]) {
      for (const part of secret.split('.').slice(1)) expect(kept).not.toContain(part);
    }
  });

  it('a token that is sent in clear does not count, nor one sealed for another question', async () => {
    const { run } = await start('clear', 'zoe@corp');
    const his = await issuer.token('ana@corp');
    const names = { run: run.workflowId, step: 'shop', endpoint: 'shop', candidate };
    await run.signal('approve', { ...names, token: his });
    const inClear = { decision: 'approve', ...names, token: `${his}x` };
    await expect(run.executeUpdate('decide', { args: [inClear] })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('its token came in clear') },
    });
    expect(await histories(run.workflowId)).not.toContain(inClear.token);
    const other = { for: 'approve', ...names, step: 'staging', round: 1 } as const;
    await run.signal('approve', { ...names, token: sealToken(ring, his, other) });
    const { refused, decisions } = await untilStatus(run, 'refusals', (seen) => seen.refused.length === 2);
    expect(decisions).toEqual([]);
    expect(refused[0]?.why).toContain('its token came in clear');
    expect(refused[1]?.why).toContain('sealed for another decision');
    await run.terminate();
  });

  it('nobody approves a run that no token says who started', async () => {
    const run = await kit.start('gated', {}, { memo: { by: 'somebody' } });
    await untilState(run, 'awaiting-approval');
    const his = await issuer.token('ana@corp');
    await expect(approve(run.workflowId, his)).rejects.toThrow('no token says who started this run');
    await decide(kit.client, run.workflowId, { decision: 'reject', token: his }, sealer({ encryption }));
    expect(await run.result()).toMatchObject({ state: 'rejected', decision: { by: 'ana@corp' } });
  });

  it('the command sends no token where the project has no key', () => {
    expect(() => sealer({})).toThrow('a token is never sent in clear');
  });
});

it('who is taken from the approvers decides nothing any more, in runs that wait already; who is added does', async () => {
  const settings: { approvers: Settings['approvers'] } = {
    approvers: { names: ['ana', 'ben'], selfApproval: true, oidc: false },
  };
  const kit = await workflowKit((project, client) => stubActivities(project, client, {}, settings));
  try {
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    settings.approvers = { ...settings.approvers, names: ['ben', 'Cleo'] };
    const as = (by: string) => decide(kit.client, run.workflowId, { decision: 'approve', by });
    await expect(as('ana')).rejects.toThrow('ana is not among the approvers (ben, Cleo)');
    expect(await as(' CLEO ')).toMatchObject({ decision: 'approve', by: 'CLEO' });
    await run.result();
  } finally {
    await kit.close();
  }
});

it('with the payload codec, parameters, decisions and results stand in no history in clear', async () => {
  const dataConverter = { payloadCodecs: [payloadCodec(ring)] };
  const kit = await workflowKit((project, client) => stubActivities(project, client), { dataConverter });
  try {
    const run = await kit.start('gated', { recheck: '59 minutes' }, { memo: { by: 'secret-starter' } });
    await untilState(run, 'awaiting-approval');
    await decide(kit.client, run.workflowId, { decision: 'approve', by: 'secret-approver' });
    expect(await run.result()).toMatchObject({ state: 'deployed', decision: { by: 'secret-approver' } });
    const kept = textOf((await run.fetchHistory()).events);
    expect(kept).toContain('binary/encrypted');
    for (const word of ['secret-starter', 'secret-approver', '59 minutes']) expect(kept).not.toContain(word);
  } finally {
    await kit.close();
  }
});

/** Everything that stands in it, bytes as the text they hold. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (value === null || typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name}: ${textOf(inner)}`)
    .join('\n');
}
