import type { Decision, DeployResult, RunStatus } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { untilState, untilStatus } from '../harness/wait-for.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

const candidate = digestOf('model');

describe('decisions on a real Temporal server', () => {
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

  it('asks for approval when every gate passes, and goes out on an approve signal', async () => {
    const run = await kit.start('gated', {});
    const asked = await untilState(run, 'awaiting-approval');
    expect(asked.gates[0]).toMatchObject({ candidate, verdict: 'pass', state: 'awaiting-approval' });
    expect(asked.gates[0]?.commands.join('\n')).toContain('sluice approve');
    await run.signal('approve', { by: 'ana', candidate });
    const result = (await run.result()) as DeployResult;
    expect(result).toMatchObject({ state: 'deployed', candidate });
    expect(result.decision).toMatchObject({ decision: 'approve', by: 'ana', via: 'signal', candidate });
    expect((await run.describe()).searchAttributes).toMatchObject({
      SluiceState: ['deployed'],
      SluiceEndpoint: ['shop'],
      SluiceCandidate: [candidate],
      SluicePipeline: ['gated'],
    });
  });

  it('answers an approve by update with the recorded decision', async () => {
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    const decision = await run.executeUpdate<Decision, [object]>('decide', {
      args: [{ decision: 'approve', by: 'ben', candidate }],
    });
    expect(decision).toMatchObject({ by: 'ben', via: 'update', candidate });
    expect(decision.evidence).toMatch(/^fnv1a64:[0-9a-f]{16}$/);
    expect(await run.result()).toMatchObject({ state: 'deployed' });
  });

  it.each(['inconclusive', 'error', 'fail'])(
    'is blocked when the worst gate says %s: approve does not count, override with a reason does',
    async (verdict) => {
      const run = await kit.start('gated', { verdict });
      const blocked = await untilState(run, 'blocked');
      expect(blocked.gates[0]?.commands.join('\n')).not.toContain('approve');
      await expect(decide(run, { decision: 'approve', by: 'ana' })).rejects.toThrow(/only an override/);
      await expect(decide(run, { decision: 'override', by: 'ana' })).rejects.toThrow(/needs a reason/);
      await expect(decide(run, { decision: 'override', by: 'ana', reason: '   ' })).rejects.toThrow(/needs a reason/);
      await decide(run, { decision: 'override', by: 'ana', reason: 'known data gap, see ticket 7' });
      expect(await run.result()).toMatchObject({
        state: 'deployed',
        verdict,
        decision: { decision: 'override', reason: 'known data gap, see ticket 7' },
      });
    },
  );

  it('ends rejected on a reject, and never asks the endpoint for a rollout', async () => {
    const run = await kit.start('gated', { verdict: 'fail' });
    await untilState(run, 'blocked');
    await run.signal('reject', { by: 'ana', reason: 'regression' });
    expect(await run.result()).toMatchObject({ state: 'rejected', reason: 'rejected by ana: regression' });
    expect(
      log.calls.some(({ name, input }) => name === 'requestRollout' && JSON.stringify(input).includes(run.workflowId)),
    ).toBe(false);
  });

  it('expires closed when nobody decides in time', async () => {
    const run = await kit.start('gated', { within: '1 second' });
    expect(await run.result()).toMatchObject({ state: 'expired', decision: null });
  });

  it('counts a signal that comes before its gate is open as early: it approves nothing', async () => {
    const id = `gated/early-${process.pid}`;
    const run = await kit.client.workflow.signalWithStart('gated', {
      taskQueue: kit.queue,
      workflowId: id,
      args: [{}],
      signal: 'approve',
      signalArgs: [{ by: 'ana', candidate }],
    });
    const asked = await untilState(run, 'awaiting-approval');
    expect(asked.refused).toMatchObject([{ decision: 'approve', by: 'ana', why: 'no gate is open yet' }]);
    expect(asked.decisions).toEqual([]);
    await run.signal('reject', { by: 'ana' });
    await run.result();
  });

  it('does not count a decision that names another candidate', async () => {
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    await run.signal('approve', { by: 'ana', candidate: `sha256:${'f'.repeat(64)}` });
    const status = await untilStatus(run, 'a refused decision', (seen) => seen.refused.length === 1);
    expect(status.refused[0]?.why).toContain('is not the one that waits');
    expect(status.state).toBe('awaiting-approval');
    await run.signal('reject', { by: 'ana' });
    await run.result();
  });

  it('does not count a decision without a candidate while two are waiting', async () => {
    const run = await kit.start('two-gates', {});
    const status = await untilStatus(run, 'two open gates', (seen) => seen.gates.length === 2);
    await expect(decide(run, { decision: 'approve', by: 'ana' })).rejects.toThrow(
      /names no candidate, and this run has asked 2 times: name step, endpoint and candidate/,
    );
    for (const gate of status.gates) await decide(run, { decision: 'approve', by: 'ana', candidate: gate.candidate });
    expect(await run.result()).toMatchObject([{ state: 'deployed' }, { state: 'deployed' }]);
  });

  it('lets only the first of two decisions count', async () => {
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    await run.signal('reject', { by: 'ana', candidate });
    await run.signal('approve', { by: 'ben', candidate });
    expect(await run.result()).toMatchObject({ state: 'rejected', decision: { by: 'ana' } });
  });

  it.each([
    ['text', 'yes'],
    ['nothing', undefined],
    ['a list', ['ana']],
    ['a number as the name', { by: 7 }],
    ['no name', { candidate }],
  ])('does not count a signal that carries %s, and says why', async (_, payload) => {
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    await run.signal('approve', payload);
    const status = await untilStatus(run, 'a refused decision', (seen) => seen.refused.length === 1);
    expect(status.refused[0]?.why).toMatch(/not a JSON object|is not text|does not say who/);
    await run.signal('reject', { by: 'ana' });
    await run.result();
  });

  it('goes out on passing gates alone where the pipeline says so', async () => {
    const run = await kit.start('gated', { approval: 'none' });
    expect(await run.result()).toMatchObject({ state: 'deployed', decision: { via: 'policy' } });
  });

  it('is blocked on a failed gate even where approval is none', async () => {
    const run = await kit.start('gated', { approval: 'none', verdict: 'fail' });
    await untilState(run, 'blocked');
    await run.signal('reject', { by: 'ana' });
    expect(await run.result()).toMatchObject({ state: 'rejected' });
  });

  it('tells of the question once', async () => {
    const run = await kit.start('gated', { within: '20 seconds', recheck: '100ms' });
    await untilState(run, 'awaiting-approval');
    await untilStatus(
      run,
      'a second look at the candidate',
      () =>
        log.calls.filter(
          ({ name, input }) => name === 'checkCandidate' && JSON.stringify(input).includes(run.workflowId),
        ).length >= 3,
    );
    await run.signal('reject', { by: 'ana' });
    await run.result();
    const told = log.notifications.filter((one) => one.run === run.workflowId && one.event === 'awaiting-approval');
    expect(told).toHaveLength(1);
    expect(told[0]?.commands.length).toBeGreaterThan(0);
  });

  it('shows the evidence and the exact commands in the details of the UI, each run its own, also when it has ended', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => kit.start('gated', {})));
    const details = async (run: (typeof runs)[number]) =>
      (await run.query<{ currentDetails?: string }>('__temporal_workflow_metadata')).currentDetails;
    for (const run of runs) await untilState(run, 'awaiting-approval');
    for (const run of runs) {
      const shown = await details(run);
      expect(shown).toContain('waits for approval');
      expect(shown).toContain(
        `sluice approve ${run.workflowId} --step shop --endpoint shop --candidate ${candidate.slice(7, 19)}`,
      );
      await run.signal('reject', { by: `ana of ${run.workflowId}` });
    }
    for (const run of runs) {
      await run.result();
      expect(await details(run)).toContain(`by ana of ${run.workflowId}`);
    }
  });
});

describe('evidence that goes bad while a human thinks', () => {
  it('closes the gate again, and an approve no longer counts', async () => {
    let healthy = true;
    const kit = await workflowKit((project, client) =>
      stubActivities(project, client, {
        checkCandidate: async () => ({ name: 'candidate health', verdict: healthy ? 'pass' : 'fail', evidence: [] }),
      }),
    );
    try {
      const run = await kit.start('gated', { within: '20 seconds', recheck: '100ms' });
      await untilState(run, 'awaiting-approval');
      healthy = false;
      await untilState(run, 'blocked');
      await expect(decide(run, { decision: 'approve', by: 'ana' })).rejects.toThrow(/only an override/);
      healthy = true;
      await untilState(run, 'awaiting-approval');
      await decide(run, { decision: 'approve', by: 'ana' });
      expect(await run.result()).toMatchObject({ state: 'deployed' });
    } finally {
      await kit.close();
    }
  });
});

describe('who may decide', () => {
  let kit: Kit;
  beforeAll(async () => {
    kit = await workflowKit((project, client) =>
      stubActivities(project, client, {}, { approvers: { names: ['ana', 'ben'], selfApproval: false, oidc: false } }),
    );
  });
  afterAll(() => kit.close());

  it('refuses people who are not approvers, and the one who started the run', async () => {
    const run = await kit.start('gated', {}, { memo: { by: 'ben' } });
    await untilState(run, 'awaiting-approval');
    await expect(decide(run, { decision: 'approve', by: 'eve' })).rejects.toThrow(/not among the approvers/);
    await expect(decide(run, { decision: 'approve', by: 'ben' })).rejects.toThrow(/may not approve/);
    await decide(run, { decision: 'approve', by: 'ana' });
    expect(await run.result()).toMatchObject({ state: 'deployed' });
  });
});

describe('identity from a token', () => {
  it('takes the name from the verified token, not from what the sender typed', async () => {
    const kit = await workflowKit((project, client) =>
      stubActivities(
        project,
        client,
        {
          identify: async ({ token }) => {
            if (token !== 'sealed.v1.good')
              throw Object.assign(new Error('bad signature'), { name: 'DecisionRefused' });
            return { by: 'ana@example.com' };
          },
        },
        { approvers: { names: ['ana@example.com'], selfApproval: true, oidc: true } },
      ),
    );
    try {
      const run = await kit.start('gated', {});
      await untilState(run, 'awaiting-approval');
      await expect(decide(run, { decision: 'approve', by: 'ana@example.com' })).rejects.toThrow(/carries no token/);
      await run.signal('approve', { by: 'ana@example.com', token: 'sealed.v1.good' });
      const result = (await run.result()) as DeployResult;
      expect(result.decision?.by).toBe('ana@example.com');
      expect(JSON.stringify(result)).not.toContain('sealed');
    } finally {
      await kit.close();
    }
  });
});

function decide(
  run: { executeUpdate: (name: string, options: { args: [object] }) => Promise<unknown> },
  request: object,
): Promise<unknown> {
  return run.executeUpdate('decide', { args: [request] }).catch((error: Error & { cause?: Error }) => {
    throw error.cause ?? error;
  });
}

export type { RunStatus };
