import { SluiceError } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { activityFailure, withStableFailures } from './activity-failure.ts';

test('a Sluice error leaves under its code, and is tried again only where that can help', () => {
  const permanent = new SluiceError('InvalidSql', 'no', { data: ['line 1'] });
  const passing = new SluiceError('Unreachable', 'no', { permanent: false });
  expect(activityFailure(permanent, 1)).toMatchObject({
    type: 'InvalidSql',
    nonRetryable: true,
    details: [['line 1']],
  });
  expect(activityFailure(passing, 100)).toMatchObject({ type: 'Unreachable', nonRetryable: false });
});

test('an error without a name is tried five times', () => {
  const failures = [1, 4, 5].map((attempt) => activityFailure(new Error('?'), attempt));
  expect(failures).toMatchObject([
    { type: 'Internal', nonRetryable: false },
    { type: 'Internal', nonRetryable: false },
    { type: 'Internal', nonRetryable: true },
  ]);
});

test('a full disk and a server that is away are tried again for as long as it takes', () => {
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
  const away = new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });
  expect(activityFailure(full, 100)).toMatchObject({ type: 'StorageFull', nonRetryable: false });
  expect(activityFailure(away, 100)).toMatchObject({ type: 'Unreachable', nonRetryable: false });
});

test('outside of Temporal, too, an activity fails with its own error', async () => {
  const activity = withStableFailures(async () => {
    throw new SluiceError('NotFound', 'There is no file x.csv.');
  });
  const error: unknown = await activity().catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({ type: 'NotFound', message: 'There is no file x.csv.' });
});
