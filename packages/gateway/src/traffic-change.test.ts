import { expect, test } from 'vitest';
import { type DesiredEndpoint, newEndpoint } from './state-file.ts';
import { changeTraffic, renewLease, revert } from './traffic-change.ts';

const lease = { ms: 5_000, fallback: { v1: 1 } };
const split = (more: Partial<DesiredEndpoint> = {}): DesiredEndpoint => ({
  ...newEndpoint('digits'),
  generation: 7,
  weights: { v1: 90, v2: 10 },
  mirror: { version: 'v2', percent: 100 },
  lease: { ...lease, expiresAt: 6_000 },
  ...more,
});
const all = () => true;

test('a lease that ran out sets the fallback, turns the mirror off, counts up and is told', () => {
  const after = revert(split(), all, 6_001);
  expect(after).toMatchObject({
    generation: 8,
    weights: { v1: 1 },
    mirror: null,
    lease: null,
    reverted: { at: 6_001, from: { v1: 90, v2: 10 }, to: { v1: 1 }, note: null },
  });
});

test('a fallback without a process does not take traffic from a version that has one, until it has one, too', () => {
  const stays = revert(split(), (id) => id === 'v2', 6_001);
  expect(stays).toMatchObject({ generation: 7, weights: { v1: 90, v2: 10 } });
  expect(stays.reverted?.note).toContain('v1 has no process');
  // It is said once.
  expect(revert(stays, (id) => id === 'v2', 6_100)).toBe(stays);
  expect(revert(stays, all, 6_200)).toMatchObject({ generation: 8, weights: { v1: 1 }, lease: null });
});

test('with no process anywhere the fallback is set: it answers first when it is back', () => {
  expect(revert(split(), () => false, 6_001)).toMatchObject({ generation: 8, weights: { v1: 1 } });
});

test('an empty fallback takes the endpoint off traffic', () => {
  const first = split({ lease: { ms: 5_000, fallback: {}, expiresAt: 6_000 } });
  expect(revert(first, all, 6_001)).toMatchObject({ weights: {}, mirror: null });
});

test('a renewal moves the end of the lease, and nothing else', () => {
  const before = split();
  expect(renewLease(before, 7, 4_000)).toEqual({ ...before, lease: { ...lease, expiresAt: 9_000 } });
  expect(() => renewLease(before, 6, 4_000)).toThrow(/generation 7, not 6/);
  expect(() => renewLease(split({ lease: null }), undefined, 4_000)).toThrow(/no lease to renew/);
  expect(() => renewLease(revert(before, all, 6_001), 7, 6_002)).toThrow(/went back by itself/);
});

test('the same traffic with another lease replaces the lease only', () => {
  const { weights, mirror } = split();
  const longer = changeTraffic(split(), { weights, mirror, lease: { ...lease, ms: 60_000 } }, 1_000);
  expect(longer).toEqual(split({ lease: { ms: 60_000, fallback: { v1: 1 }, expiresAt: 61_000 } }));
  expect(changeTraffic(split(), { weights, mirror }, 1_000)).toEqual(split({ lease: null }));
});

test('traffic that is set again forgets what was reverted, and a lease lives as long as it says', () => {
  const reverted = revert(split(), all, 6_001);
  const after = changeTraffic(reverted, { weights: { v1: 50, v2: 50 }, lease }, 7_000);
  expect(after).toMatchObject({ generation: 9, reverted: null, lease: { expiresAt: 12_000 } });
});
