import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Bench, bench, failureOf, startAttempt } from '../testing/attempt.ts';

const SECRETS = [
  'TEMPORAL_API_KEY',
  'AZURE_CLIENT_SECRET',
  'MLFLOW_TRACKING_TOKEN',
  'SLUICE_GATEWAY_TOKEN',
  'HOOK_URL',
];

let on: Bench;
beforeEach(async () => {
  on = await bench();
  for (const name of SECRETS) vi.stubEnv(name, 's3cret');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await on.close();
});

/** Runs a trainer that tells its environment and fails. */
async function environmentOf(env: Record<string, string> = {}): Promise<string> {
  const run = command(['sh', '-c', 'env > env.txt; exit 3'], { env });
  expect(await failureOf(startAttempt(on, 1, { spec: { run } }).outcome)).toMatchObject({ type: 'TrainerFailed' });
  return readFile(join(on.root, 'env.txt'), 'utf8');
}

test('a trainer gets what it needs to run, and no secret of the worker', async () => {
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '1');
  const env = await environmentOf({ EPOCHS: '3' });
  expect(env).not.toContain('s3cret');
  expect(env).toContain(`PATH=${process.env.PATH}\n`);
  expect(env).toMatch(/^CUDA_VISIBLE_DEVICES=1$/m);
  expect(env).toMatch(/^EPOCHS=3$/m);
  expect(env).toMatch(/^SLUICE_STEP=\//m);
});

test('a trainer gets a variable of the worker that its command names, and only that', async () => {
  const env = await environmentOf({ TOKEN: 'env:MLFLOW_TRACKING_TOKEN' });
  expect(env.match(/^.*s3cret$/gm)).toEqual(['TOKEN=s3cret']);
});

test('a trainer whose command names a variable that is not set does not start, and says which', async () => {
  const run = command(['true'], { env: { TOKEN: 'env:NOBODY_SET_THIS' } });
  const failure = await failureOf(startAttempt(on, 1, { spec: { run } }).outcome);
  expect(failure).toMatchObject({ type: 'InvalidConfig', nonRetryable: true });
  expect(failure.message).toContain(
    'The environment variable NOBODY_SET_THIS is not set. (at step airport=EWR/delay, attempt 1, run.env.TOKEN)',
  );
});

test('a trainer that fails for a variable that the worker kept to itself is told how to ask for it', async () => {
  const run = command(['sh', '-c', `echo "KeyError: 'MLFLOW_TRACKING_TOKEN'" >&2; exit 1`]);
  const failure = await failureOf(startAttempt(on, 1, { spec: { run } }).outcome);
  expect(failure.type).toBe('TrainerFailed');
  expect(failure.message).toContain("env: { MLFLOW_TRACKING_TOKEN: 'env:MLFLOW_TRACKING_TOKEN' }");
});
