import { tmpdir } from 'node:os';
import { pipeline, pipelineDefinition } from '@sluice/sdk';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mayStartAgain, startRun } from './start-run.ts';
import { plainTarget } from './temporal-target.ts';

const fit = pipeline({ name: 'fit', params: z.object({ epochs: z.int().default(1) }), run: async () => null });

/** A server that knows one run of the key, or none. */
function server(former: { status: string; state: string } | null) {
  const policies: string[] = [];
  const over = former !== null && former.status !== 'RUNNING';
  const workflow = {
    start: async (_: unknown, { workflowIdReusePolicy: policy }: { workflowIdReusePolicy: string }) => {
      policies.push(policy);
      const allowed =
        former === null || (policy === 'ALLOW_DUPLICATE_FAILED_ONLY' && over && former.status !== 'COMPLETED');
      if (!allowed) throw new WorkflowExecutionAlreadyStartedError('there already', 'fit/k', 'fit');
      return { firstExecutionRunId: 'new' };
    },
    getHandle: () => ({
      describe: async () => ({
        workflowId: 'fit/k',
        runId: 'old',
        type: 'fit',
        startTime: new Date(0),
        status: { name: former?.status },
        searchAttributes: { SluiceState: [former?.state] },
        ...(over ? { closeTime: new Date(1) } : {}),
      }),
    }),
  };
  const definition = pipelineDefinition(fit);
  if (definition === null) throw new Error('no pipeline');
  const start = () =>
    startRun({
      client: { workflow } as unknown as Client,
      target: plainTarget('x', 'default', 'flags', null),
      project: 'p',
      root: tmpdir(),
      pipeline: { name: 'fit', definition, workflow: fit as never, file: '' },
      params: {},
      key: 'k',
      by: 'ana',
    });
  return { start, policies };
}

describe('a key', () => {
  it('that is new starts a run, and leaves it to the server to refuse another of it', async () => {
    const { start, policies } = server(null);
    expect(await start()).toEqual({ workflowId: 'fit/k', runId: 'new', again: null });
    expect(policies).toEqual(['REJECT_DUPLICATE']);
  });

  it.each([
    ['RUNNING', 'running', 'The run fit/k is under way already.'],
    ['RUNNING', 'blocked', 'The run fit/k is under way already.'],
    ['COMPLETED', 'deployed', 'There is a run fit/k already: it ended deployed.'],
    ['COMPLETED', 'done', 'There is a run fit/k already: it ended done.'],
    ['COMPLETED', 'rolled-back', 'There is a run fit/k already: it ended rolled-back.'],
    ['FAILED', 'rejected', 'There is a run fit/k already: it ended rejected.'],
    ['FAILED', 'expired', 'There is a run fit/k already: it ended expired.'],
  ])('of a run that is %s and %s is refused', async (status, state, message) => {
    const { start, policies } = server({ status, state });
    await expect(start()).rejects.toMatchObject({ code: 'RunExists', message, data: { run: 'fit/k', state } });
    expect(policies).toEqual(['REJECT_DUPLICATE']);
  });

  it.each([
    ['FAILED', 'failed', 'failed'],
    ['CANCELLED', 'cancelled', 'cancelled'],
    ['TERMINATED', 'running', 'cancelled'],
    ['TIMED_OUT', 'running', 'failed'],
  ])('of a run that is %s and %s starts it again', async (status, state, again) => {
    const { start, policies } = server({ status, state });
    expect(await start()).toEqual({ workflowId: 'fit/k', runId: 'new', again });
    expect(policies).toEqual(['REJECT_DUPLICATE', 'ALLOW_DUPLICATE_FAILED_ONLY']);
  });
});

it('a run that is open is never started again, whatever its state', () => {
  expect(mayStartAgain({ state: 'failed', close: null })).toBe(false);
});
