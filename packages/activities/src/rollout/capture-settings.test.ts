import { expect, test } from 'vitest';
import { captureSettings } from './capture-settings.ts';

test('a percentage alone, or nothing, captures with the gateway’s own limits', () => {
  expect(captureSettings(undefined, 'demo')).toEqual({ percent: 100 });
  expect(captureSettings(20, 'demo')).toEqual({ percent: 20 });
  expect(captureSettings({}, 'demo')).toEqual({ percent: 100 });
});

test('what the config says of captures reaches the gateway, times in milliseconds', () => {
  const redact = { json: ['rows.*.name'], query: ['city'], headers: ['accept'] };
  expect(captureSettings({ percent: 5, redact, keep: '2 days', maxBytes: 1e6 }, 'demo')).toEqual({
    percent: 5,
    redact,
    keepMs: 172_800_000,
    maxBytes: 1e6,
  });
});

test('a time that is none is named with its place', () => {
  expect(() => captureSettings({ keep: 'long' as never }, 'demo')).toThrow(/"long" is not a duration/);
});
