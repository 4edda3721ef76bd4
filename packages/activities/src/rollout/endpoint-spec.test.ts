import { command } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { endpointSpec } from './endpoint-spec.ts';

const serve = command(['./serve']);

test('the gateway is told what the config says of an endpoint', () => {
  const config = { serve, capture: 5, deadline: '2 minutes', idle: 1_500, maxInFlight: 8 } as const;
  expect(endpointSpec('demo', config)).toEqual({
    capture: { percent: 5 },
    deadlineMs: 120_000,
    idleMs: 1_500,
    maxInFlight: 8,
  });
});

test('what the config leaves out is set to its default, so that a limit taken out of it is gone', () => {
  expect(endpointSpec('demo', { serve })).toEqual({
    capture: { percent: 100 },
    deadlineMs: 30_000,
    idleMs: 60_000,
    maxInFlight: 256,
  });
});
