import type { GateResult, Verdict } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { untilState, waitFor } from '../harness/wait-for.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

const candidate = digestOf('model');

/** The second look at the candidate lasts until it is told what it sees. */
describe('a decision that comes while the candidate is looked at again', () => {
  let kit: Kit;
  let looks: number;
  let seen: (verdict: Verdict) => void;
  beforeEach(async () => {
    looks = 0;
    const second = new Promise<Verdict>((resolve) => {
      seen = resolve;
    });
    kit = await workflowKit((project, client) =>
      stubActivities(project, client, {
        checkCandidate: async (): Promise<GateResult> => {
          const verdict = ++looks === 1 ? 'pass' : await second;
          return { name: 'candidate health', verdict, evidence: [] };
        },
      }),
    );
  });
  afterEach(async () => {
    // A worker waits for what it has begun.
    seen('pass');
    await kit.close();
  });

  const secondLook = async () => {
    const run = await kit.start('gated', { within: '30 seconds', recheck: '150ms' });
    await untilState(run, 'awaiting-approval');
    await waitFor('a second look', async () => looks === 2);
    return run;
  };

  it('is taken back when it approves and the look finds something bad: the gate is open again, and blocked', async () => {
    const run = await secondLook();
    await run.executeUpdate('decide', { args: [{ decision: 'approve', by: 'ana', candidate }] });
    seen('fail');
    const status = await untilState(run, 'blocked');
    expect(status.decisions).toEqual([]);
    expect(status.refused).toMatchObject([
      { decision: 'approve', by: 'ana', why: 'the gates said fail before it took effect' },
    ]);
    await run.executeUpdate('decide', {
      args: [{ decision: 'override', by: 'ben', reason: 'known', candidate, round: '2' }],
    });
    expect(await run.result()).toMatchObject({ state: 'deployed', decision: { decision: 'override', by: 'ben' } });
  });

  it('counts when the look finds nothing, by the evidence that was on the table', async () => {
    const run = await secondLook();
    await run.executeUpdate('decide', { args: [{ decision: 'approve', by: 'ana', candidate }] });
    seen('pass');
    expect(await run.result()).toMatchObject({ state: 'deployed', decision: { by: 'ana' } });
  });

  it('counts when it rejects, whatever the look finds', async () => {
    const run = await secondLook();
    await run.executeUpdate('decide', { args: [{ decision: 'reject', by: 'ana', candidate }] });
    seen('fail');
    expect(await run.result()).toMatchObject({ state: 'rejected', verdict: 'pass' });
  });

  it('counts at once when it rejects or overrides: a look that hangs holds nothing up', async () => {
    for (const [decision, state] of [
      ['reject', 'rejected'],
      ['override', 'deployed'],
    ] as const) {
      looks = 0;
      const run = await secondLook();
      await run.executeUpdate('decide', { args: [{ decision, by: 'ana', reason: 'known', candidate }] });
      // Nobody ever tells the look what it sees.
      expect(await run.result()).toMatchObject({ state, decision: { decision, by: 'ana' } });
    }
  });

  it('does not have to come: the deadline ends the question while the look hangs', async () => {
    const run = await kit.start('gated', { within: '2 seconds', recheck: '150ms' });
    await untilState(run, 'awaiting-approval');
    await waitFor('a second look', async () => looks === 2);
    expect(await run.result()).toMatchObject({ state: 'expired', decision: null });
    const { startTime, closeTime } = await run.describe();
    expect((closeTime?.getTime() ?? 0) - startTime.getTime()).toBeLessThan(10_000);
  });
});

it('a check of the candidate that fails for good blocks, and says why; it neither fails the run nor passes', async () => {
  const kit = await workflowKit((project, client) =>
    stubActivities(project, client, {
      checkCandidate: async () => {
        throw ApplicationFailure.nonRetryable('the store is not to be reached');
      },
    }),
  );
  try {
    const run = await kit.start('gated', {});
    const { gates } = await untilState(run, 'blocked');
    expect(gates[0]).toMatchObject({ verdict: 'error' });
    expect(JSON.stringify(gates[0]?.gates)).toContain('the store is not to be reached');
    await run.signal('reject', { by: 'ana' });
    expect(await run.result()).toMatchObject({ state: 'rejected', verdict: 'error' });
  } finally {
    await kit.close();
  }
});
