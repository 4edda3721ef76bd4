import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { calls, type ReplayStand, replayStand } from './testing/replay-stand.ts';

const N = 40;
let stand: ReplayStand;
beforeEach(async () => {
  stand = await replayStand();
  stand.captured(calls(N));
});
afterEach(() => stand.close());

const keys = Array.from({ length: N }, (_, i) => `k${i}`);

describe('a request that brings the old version down', () => {
  test.each([1, 2])('hides no regression of those that were under way beside it, of %d failures', async (confirm) => {
    await stand.deployed({ delay: 50, rules: { k20: 'crash' } });
    const rules = Object.fromEntries(keys.map((key) => [key, 'status']));
    const report = await stand.run(await stand.fix.model({ rules }), { confirm });
    const { counts, stale } = await stand.full(report);
    expect(counts).toMatchObject({ stale: 1, regressions: N - 1, unconfirmed: 0 });
    expect(stale).toMatchObject([{ id: 'r20', old: { status: null } }]);
  });

  test('leaves those that the new version answers as passed, and asks for each of them once more', async () => {
    await stand.deployed({ delay: 50, rules: { k20: 'crash' } });
    const log = join(stand.fix.context.root, 'asked.log');
    const report = await stand.run(await stand.fix.model({ add: 1, log, rules: { k5: 'flaky' } }));
    expect((await stand.full(report)).counts).toMatchObject({ stale: 1, passed: N - 2, flaky: 1, regressions: 0 });
    const asked = (await readFile(log, 'utf8')).trim().split('\n').length;
    // Eight at a time; and one that was flaky.
    expect(asked).toBeLessThanOrEqual(N + 8 + 1);
  });

  test('blames those beside it for nothing when waived ones bring the new version down more often than it is started', async () => {
    await stand.deployed({ delay: 50, rules: { k20: 'crash' } });
    const crashing = ['k0', 'k5', 'k9', 'k13', 'k29', 'k38'];
    const waive = [{ requests: crashing.map((key) => key.replace('k', 'r')), reason: 'known', until: '2999-12-31' }];
    const rules = Object.fromEntries(crashing.map((key) => [key, 'crash']));
    const report = await stand.run(await stand.fix.model({ add: 1, rules }), { waive });
    expect((await stand.full(report)).counts).toMatchObject({ stale: 1, waived: 6, regressions: 0 });
  });
});
