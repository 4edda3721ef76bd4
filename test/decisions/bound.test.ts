import type { DeployResult, RunStatus } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decide } from '../../packages/cli/src/commands/decide.ts';
import { exitCodeOfState } from '../../packages/cli/src/exit-code.ts';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { untilState, untilStatus } from '../harness/wait-for.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

const candidate = digestOf('model');

/** The same model goes to staging and then to production. */
describe('a pipeline with two deploys', () => {
  let kit: Kit;
  let log: ReturnType<typeof stubActivities>['log'];
  beforeAll(async () => {
    kit = await workflowKit((project, client) => {
      const activities = stubActivities(project, client);
      log = activities.log;
      return activities;
    });
  });
  afterAll(() => kit.close());

  const asks = (run: Parameters<typeof untilStatus>[0], endpoint: string) =>
    untilStatus(run, `a question for ${endpoint}`, ({ gates }) => gates[0]?.endpoint === endpoint);

  /** What a printed command sends. */
  function sent(status: RunStatus, verb: string) {
    const command = status.gates[0]?.commands.find((one) => one.startsWith(`sluice ${verb} `)) ?? '';
    const option = (name: string) => new RegExp(`--${name} (\\S+)`).exec(command)?.[1];
    const names = { run: command.split(' ')[2], step: option('step'), endpoint: option('endpoint') };
    return { by: 'ana', ...names, candidate: option('candidate') };
  }

  it('prints commands that name run, step, endpoint and candidate', async () => {
    const run = await kit.start('staged', {});
    const { gates } = await asks(run, 'staging');
    const bound = `'${run.workflowId}' --step staging --endpoint staging --candidate ${candidate.slice(7, 19)}`;
    expect(gates[0]?.commands.map((command) => command.replace(run.workflowId, `'${run.workflowId}'`))).toEqual([
      `sluice approve ${bound}`,
      `sluice override ${bound} --reason '…'`,
      `sluice reject ${bound} --reason '…'`,
    ]);
    await run.terminate();
  });

  it('does not take the approval for staging, sent once more and late, for one for production', async () => {
    const run = await kit.start('staged', {});
    const printed = sent(await asks(run, 'staging'), 'approve');
    expect(printed).toMatchObject({ run: run.workflowId, step: 'staging', endpoint: 'staging' });
    await run.signal('approve', printed);
    await asks(run, 'production');
    const late = [
      printed,
      { by: 'ana', candidate },
      { by: 'ana' },
      { by: 'ana', endpoint: 'staging' },
      { ...printed, step: 'production' },
      { ...printed, endpoint: 'production' },
      { ...printed, step: 'production', endpoint: 'production', run: 'staged/another' },
    ];
    for (const input of late) await run.signal('approve', input);
    const status = await untilStatus(run, 'refusals', ({ refused }) => refused.length === late.length);
    expect(status).toMatchObject({ state: 'awaiting-approval', gates: [{ endpoint: 'production' }] });
    expect(status.refused.map(({ why }) => why)).toMatchObject([
      expect.stringContaining('has been decided already'),
      expect.stringContaining('name step, endpoint and candidate'),
      expect.stringContaining('name step, endpoint and candidate'),
      expect.stringContaining('has been decided already'),
      expect.stringContaining('is not the one that waits'),
      expect.stringContaining('is not the one that waits'),
      expect.stringContaining('it is about the run staged/another'),
    ]);
    await expect(decide(kit.client, run.workflowId, { decision: 'approve', by: 'ana' })).rejects.toThrow(
      'This run has asked 2 times',
    );
    await run.signal('approve', sent(status, 'approve'));
    expect(await run.result()).toEqual({ staging: 'deployed', production: 'deployed' });
  });

  it('ends where the first is turned down: production is never asked for', async () => {
    const run = await kit.start('staged', {});
    await asks(run, 'staging');
    await decide(kit.client, run.workflowId, { decision: 'reject', by: 'ana', reason: 'no' });
    await expect(run.result()).rejects.toMatchObject({
      cause: {
        type: 'NotDeployed',
        message: expect.stringContaining('staging: rejected by ana: no'),
        details: [{ state: 'rejected', endpoint: 'staging', decision: { by: 'ana', step: 'staging' } }],
      },
    });
    const status = await run.query<RunStatus>('status');
    expect(status).toMatchObject({ state: 'rejected', asked: 1 });
    expect(exitCodeOfState(status.state)).toBe(4);
    expect((await run.describe()).searchAttributes).toMatchObject({ SluiceState: ['rejected'] });
    const mine = log.calls.filter(({ input }) => JSON.stringify(input ?? null).includes(run.workflowId));
    expect(mine.map(({ name }) => name)).not.toContain('requestRollout');
  });

  it('ends where nobody decides on the first in time', async () => {
    const run = await kit.start('staged', { within: '500 ms' });
    await expect(run.result()).rejects.toMatchObject({
      cause: { type: 'NotDeployed', details: [{ state: 'expired' }] },
    });
    expect((await run.query<RunStatus>('status')).state).toBe('expired');
  });

  it('goes on where the pipeline asks for the outcome and does not look at it', async () => {
    const run = await kit.start('staged', { settle: true });
    await asks(run, 'staging');
    await run.signal('reject', { by: 'ana' });
    await untilState(run, 'awaiting-approval');
    const { gates } = await asks(run, 'production');
    const { step, endpoint } = gates[0] ?? {};
    await decide(kit.client, run.workflowId, {
      decision: 'approve',
      by: 'ana',
      ...{ step, endpoint, candidate },
    } as never);
    expect(await run.result()).toEqual({ staging: 'rejected', production: 'deployed' });
  });
});

describe('a stable version that moved between the decision and the rollout', () => {
  const outcomes = async (verdicts: ('pass' | 'fail')[], states: ('stale' | 'deployed')[]) => {
    let looks = 0;
    let asked = 0;
    let log: ReturnType<typeof stubActivities>['log'] | undefined;
    const kit = await workflowKit((project, client) => {
      const activities = stubActivities(project, client, {
        checkCandidate: async () => {
          const verdict = verdicts[looks] ?? 'pass';
          looks += 1;
          return { name: 'candidate health', verdict, evidence: [], production: `sha256:p${looks}` };
        },
        requestRollout: async ({ request }) => {
          const state = states[asked] ?? 'deployed';
          asked += 1;
          const rest = { reason: null, startedAt: 0, endedAt: 0, firstBadAt: null, offTrafficAt: null, evidence: [] };
          const outcome = { id: request.id, state, candidate: '', previous: null, ...rest };
          await client.workflow.getHandle(request.replyTo).signal('rolloutFinished', outcome);
          return { accepted: true, why: null, outcome: null };
        },
      });
      log = activities.log;
      return activities;
    });
    const requests = () =>
      (log?.calls ?? []).flatMap(({ name, input }) =>
        name === 'requestRollout' ? [(input as { request: { id: string; against?: string } }).request] : [],
      );
    return { kit, requests };
  };

  it('leaves an approval standing that passes against the new one, and asks for the rollout anew', async () => {
    const { kit, requests } = await outcomes(['pass', 'pass'], ['stale', 'deployed']);
    try {
      const run = await kit.start('gated', {});
      await untilState(run, 'awaiting-approval');
      await run.signal('approve', { by: 'ana', candidate });
      expect(await run.result()).toMatchObject({ state: 'deployed', decision: { by: 'ana', round: 1 } });
      const [first, second] = requests();
      expect(requests()).toHaveLength(2);
      expect(first?.against).toBe('sha256:p1');
      expect(second?.against).toBe('sha256:p2');
      expect(second?.id).not.toBe(first?.id);
    } finally {
      await kit.close();
    }
  });

  it.each([
    ['an approval that does not pass against the new one', 'approve', ['pass', 'fail', 'pass'], 'blocked', 'override'],
    ['an override, which was a judgement of one situation', 'override', ['fail', 'fail'], 'blocked', 'override'],
    ['an override, also where the candidate passes now', 'override', ['fail', 'pass'], 'awaiting-approval', 'approve'],
  ] as const)('asks people again after %s', async (_, first, verdicts, state, second) => {
    const { kit, requests } = await outcomes([...verdicts], ['stale', 'deployed']);
    try {
      const run = await kit.start('gated', {});
      const question = await untilStatus(run, 'a question', ({ gates }) => gates[0]?.round === 1);
      const { step, endpoint } = question.gates[0] ?? {};
      const names = { step, endpoint, candidate, reason: 'known' };
      await run.signal(first, { by: 'ana', ...names });
      const again = await untilStatus(run, 'a second question', ({ gates }) => gates[0]?.round === 2);
      expect(again).toMatchObject({ state, asked: 2 });
      expect(again.gates[0]?.commands.every((command) => command.includes('--round 2'))).toBe(true);
      // The command that was printed for the first question, sent twice.
      await run.signal(second, { by: 'ana', ...names, round: '1' });
      await run.signal(second, { by: 'ana', ...names });
      await untilStatus(run, 'refusals', ({ refused }) => refused.length === 2);
      await run.signal(second, { by: 'ben', ...names, round: '2' });
      const result = (await run.result()) as DeployResult;
      expect(result).toMatchObject({ state: 'deployed', decision: { decision: second, by: 'ben', round: 2 } });
      expect(requests().map(({ against }) => against)).toEqual(['sha256:p1', 'sha256:p2']);
    } finally {
      await kit.close();
    }
  });
});
