import type { JobInput } from '@sluice/sdk';
import { expect, it } from 'vitest';
import type { MlflowClient } from './client.ts';
import { describeTrainingRun } from './training-run.ts';
import type { MlflowBatch } from './types.ts';

it('a merge of five thousand models is described in tags that MLflow takes whole', async () => {
  const batches: MlflowBatch[] = [];
  const client = {
    getRun: async () => null,
    logBatch: async (_run: string, batch: MlflowBatch) => void batches.push(batch),
  } as unknown as MlflowClient;
  const digest = (index: number) => `sha256:${String(index).padStart(64, '0')}`;
  const models = Array.from({ length: 5_000 }, (_, index) => ({ digest: digest(index) }));
  const input = {
    ref: { workflowId: 'life/a', pipeline: 'life', step: 'all', name: 'all', keys: {} },
    spec: { kind: 'merge', models, seed: 0, hyper: {}, data: {} },
    class: 'cpu',
    attempt: 1,
  } as unknown as JobInput;
  await describeTrainingRun(client, 'run', { experiment: 'life', input, parentRunId: null });
  const tags = new Map(batches.flatMap((batch) => (batch.tags ?? []).map(({ key, value }) => [key, value])));
  expect(JSON.parse(tags.get('sluice.parents') ?? '')).toEqual(models.slice(0, 64).map((model) => model.digest));
  expect(tags.get('sluice.parents.count')).toBe('5000');
  for (const value of tags.values()) expect(value.length).toBeLessThanOrEqual(8_000);
});
