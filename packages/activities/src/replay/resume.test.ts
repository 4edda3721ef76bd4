import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '@sluice/sdk';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startAttempt } from './testing/attempt.ts';
import { calls, candidateOf, inputOf, type ReplayStand, replayStand } from './testing/replay-stand.ts';

const REQUESTS = 120;
let stand: ReplayStand;

beforeEach(async () => {
  stand = await replayStand();
});
afterEach(() => stand.close());

/** Two versions of which the new one has a regression of every sort, and a log of what it was asked. */
async function twoVersions() {
  const log = join(stand.fix.context.root, 'asked.log');
  stand.captured(calls(REQUESTS));
  const old = await stand.deployed({ rules: { k3: 'status' } });
  const rules = { k7: 'status', k50: 'short', k90: 'flaky', k100: 'html' };
  const model = await stand.fix.model({ add: 1, delay: 5, log, rules });
  const asked = async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((key) => key !== '');
  const attempt = (begun: number) =>
    startAttempt({
      root: stand.fix.context.root,
      adminUrl: stand.adminUrl,
      stable: candidateOf(old),
      begun,
      input: inputOf(model, { deadline: 60_000, differences: { as: 'warn', ignore: [], tolerate: [] } }),
    });
  return { log, asked, attempt };
}

describe('a replay whose worker is killed', () => {
  test.each([60, REQUESTS + 2])(
    'after %d requests goes on, counts none twice, and says what an undisturbed one says',
    async (killedAt) => {
      const { log, asked, attempt } = await twoVersions();
      const begun = Date.now();
      const undisturbed = await attempt(begun - 1).said;
      const most = (await asked()).length;
      await rm(log);

      const killed = attempt(begun);
      await vi.waitUntil(async () => (await asked()).length >= killedAt, { timeout: 60_000, interval: 5 });
      killed.process.kill('SIGKILL');
      expect(await killed.said).toBeNull();
      const before = (await asked()).length;
      // What was captured may have been deleted meanwhile.
      stand.text = '';
      const resumed = await attempt(begun).said;

      expect(undisturbed?.report.verdict).toBe('fail');
      expect(resumed?.report).toEqual(undisturbed?.report);
      // Only what was under way when it was killed is asked again: eight at a time, or one that is being confirmed.
      expect((await asked()).length).toBeLessThanOrEqual(most + 8 + 3);
      expect(before).toBeGreaterThanOrEqual(killedAt);
    },
    120_000,
  );

  test('says at once what it had said when nobody heard it', async () => {
    const { asked, attempt } = await twoVersions();
    const begun = Date.now();
    const first = await attempt(begun).said;
    const sent = (await asked()).length;
    // The captures are gone by then.
    stand.text = '';
    expect((await attempt(begun).said)?.report).toEqual(first?.report);
    expect(await asked()).toHaveLength(sent);
  }, 120_000);
});

test('a replay of which only the report could not be stored starts no model again to say it', async () => {
  stand.captured(calls(20));
  await stand.deployed({});
  const model = await stand.fix.model({ add: 1, rules: { k7: 'status' } });
  const info = { activityId: 'recent', scheduledTimestampMs: Date.now() };
  const context = { cancellationSignal: new AbortController().signal, heartbeat: () => {}, info } as unknown as Context;
  const attempt = () => asyncLocalStorage.run(context, () => stand.run(model, { last: 3_600_000 }));
  const { store } = stand.fix.context;
  const put = vi.spyOn(store, 'putText').mockRejectedValueOnce(new Error('the store is away'));
  await expect(attempt()).rejects.toThrow('the store is away');
  put.mockRestore();
  const demo = stand.fix.context.config.endpoints?.demo ?? expect.fail('no endpoint');
  Object.assign(demo, { serve: command([process.execPath, '-e', 'process.exit(3)']) });
  expect(await attempt()).toMatchObject({ verdict: 'fail', evidence: [{ value: 1, n: 20 }, {}, {}, {}, {}] });
});
