import { canary, ErrorCode, type RolloutOutcome, type RolloutRequest } from '@sluice/sdk';
import {
  type Client,
  type WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, describe, expect, test } from 'vitest';
import { type Fixture, fixture } from '../serving/testing/fixture-context.ts';
import { replyToRunActivity, requestRolloutActivity, rolloutOutcomeActivity } from './endpoint-calls.ts';

let fix: Fixture | undefined;
afterEach(() => fix?.remove());

const request: RolloutRequest = {
  id: 'flights/1/deploy@v2',
  endpoint: 'demo',
  candidate: { id: 'v2', digest: 'sha256:2', uri: 'sluice:tree/2', bytes: 1, registered: null },
  spec: canary([5]),
  onBusy: 'queue',
  replyTo: 'flights/1',
  decidedAt: 1,
  by: 'ana',
};

const outcome: RolloutOutcome = {
  id: request.id,
  state: 'deployed',
  candidate: 'sha256:2',
  previous: null,
  reason: null,
  startedAt: 1,
  endedAt: 2,
  firstBadAt: null,
  offTrafficAt: null,
  evidence: [],
};

interface Sent {
  update: string;
  options: { args: unknown[]; updateId: string; startWorkflowOperation: WithStartWorkflowOperation<Workflow> };
}

async function asking(answer: () => unknown): Promise<Sent[]> {
  const sent: Sent[] = [];
  const executeUpdateWithStart = async (update: string, options: Sent['options']) => {
    sent.push({ update, options });
    return answer();
  };
  fix = await fixture({ temporal: { workflow: { executeUpdateWithStart } } as unknown as Client });
  return sent;
}

describe('asking for a rollout', () => {
  test('starts the endpoint’s workflow when there is none', async () => {
    const accepted = { accepted: true, why: null, outcome: null };
    const sent = await asking(() => accepted);
    expect(await requestRolloutActivity(fix?.context as never)({ request })).toEqual(accepted);
    const { update, options } = sent[0] as Sent;
    expect(update).toBe('rollout');
    expect(options).toMatchObject({ args: [request] });
    expect(options.startWorkflowOperation).toMatchObject({
      workflowTypeOrFunc: 'sluiceEndpoint',
      options: {
        workflowId: 'endpoint/demo',
        taskQueue: 'sluice-test',
        args: [{ endpoint: 'demo' }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      },
    });
  });

  test('that the endpoint refuses is an answer with its reason', async () => {
    const refused = new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('another rollout runs'));
    await asking(() => {
      throw refused;
    });
    expect(await requestRolloutActivity(fix?.context as never)({ request })).toEqual({
      accepted: false,
      why: 'another rollout runs',
      outcome: null,
    });
  });

  test('that nobody answers is tried again', async () => {
    await asking(() => {
      throw new Error('deadline exceeded');
    });
    await expect(requestRolloutActivity(fix?.context as never)({ request })).rejects.toMatchObject({
      code: ErrorCode.Unreachable,
      permanent: false,
    });
  });
});

describe('the outcome of a rollout', () => {
  test.each([
    [null, null],
    [{ history: [], queued: [], rollout: null }, null],
    [{ history: [], queued: [request.id], rollout: null }, 'under-way'],
    [{ history: [], queued: [], rollout: request.id }, 'under-way'],
    [{ history: [outcome], queued: [], rollout: null }, outcome],
  ])('with the endpoint at %j is %j', async (state, expected) => {
    fix = await fixture();
    fix.endpoint = state;
    expect(await rolloutOutcomeActivity(fix.context)({ endpoint: 'demo', id: request.id })).toEqual(expected);
  });
});

describe('answering a run', () => {
  const reply = async (signal: (name: string, value: unknown) => Promise<void>) => {
    const getHandle = (workflowId: string) => ({
      signal: (name: string, value: unknown) => signal(`${workflowId} ${name}`, value),
    });
    fix = await fixture({ temporal: { workflow: { getHandle } } as unknown as Client });
    await replyToRunActivity(fix.context)({ workflowId: 'flights/1', outcome });
  };

  test('signals it the outcome', async () => {
    const sent: unknown[] = [];
    await reply(async (...args) => {
      sent.push(args);
    });
    expect(sent).toEqual([['flights/1 rolloutFinished', outcome]]);
  });

  test('that is gone is fine', async () => {
    await reply(async () => {
      throw new WorkflowNotFoundError('gone', 'flights/1', undefined);
    });
  });

  test('that cannot be reached is an error', async () => {
    await expect(
      reply(async () => {
        throw new Error('unavailable');
      }),
    ).rejects.toThrow('unavailable');
  });
});
