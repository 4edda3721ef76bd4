import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { calls, type ReplayStand, replayStand } from './testing/replay-stand.ts';

let stand: ReplayStand;
beforeEach(async () => {
  stand = await replayStand();
});
afterEach(() => stand.close());

describe('an answer that will not do', () => {
  test.each([
    ['html', 'the answer is not JSON any more'],
    ['nan', 'the answer is not JSON any more'],
    ['empty', 'the answer is empty'],
    ['huge', 'too large: over 16 MiB'],
  ])('because it is %s is one failure, and all others count', async (rule, why) => {
    stand.captured(calls(20));
    await stand.deployed({});
    const report = await stand.run(await stand.fix.model({ add: 1, rules: { k7: rule } }), { deadline: 20_000 });
    expect(report.verdict).toBe('fail');
    const { counts, regressions } = await stand.full(report);
    expect(counts).toMatchObject({ sent: 20, passed: 19, regressions: 1 });
    expect(regressions).toMatchObject([{ id: 'r7', why }]);
  });

  test('of the old version makes the request stale where it is too large', async () => {
    stand.captured(calls(40));
    await stand.deployed({ rules: { k7: 'huge' } });
    const report = await stand.run(await stand.fix.model({ add: 1 }), { deadline: 20_000 });
    expect(report.verdict).toBe('pass');
    expect((await stand.full(report)).stale).toMatchObject([
      { id: 'r7', old: { status: null, text: 'too large: over 16 MiB' } },
    ]);
  });
});
