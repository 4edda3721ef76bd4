import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { storedLines } from '../partial/testing/in-attempt.ts';
import { fileStore } from '../store/file-store.ts';
import { startAttempt } from './testing/attempt.ts';
import { calls, candidateOf, inputOf, type ReplayStand, replayStand } from './testing/replay-stand.ts';

const REQUESTS = 120;
let shared: string;
let stand: ReplayStand;
beforeEach(async () => {
  shared = await mkdtemp(join(tmpdir(), 'sluice-shared-'));
  stand = await replayStand({ store: fileStore(shared) });
});
afterEach(async () => {
  await stand.close();
  await rm(shared, { recursive: true, force: true });
});

test('a replay whose machine is gone goes on on another one, without the captures, and says what an undisturbed one says', async () => {
  const { store, root } = stand.fix.context;
  const log = join(root, 'asked.log');
  const asked = async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean).length;
  stand.captured(calls(REQUESTS));
  const old = await stand.deployed({ rules: { k3: 'status' } });
  const model = await stand.fix.model({ add: 1, delay: 300, log, rules: { k7: 'status', k50: 'short', k90: 'flaky' } });
  const input = inputOf(model, { deadline: 60_000, differences: { as: 'warn', ignore: [], tolerate: [] } });
  const machine = (name: string) => join(root, name, '.sluice');
  const attempt = (begun: number, number: number, name: string) =>
    startAttempt({
      ...{ root, adminUrl: stand.adminUrl, stable: candidateOf(old), begun, input },
      moved: { stateDir: machine(name), store: shared, attempt: number },
    });
  const begun = Date.now();
  const undisturbed = await attempt(begun - 1, 1, 'twin').said;
  const most = await asked();
  await rm(log);

  const killed = attempt(begun, 1, 'first');
  const stored = () => storedLines(store, input.ref, /^outcomes/);
  await vi.waitFor(async () => expect((await stored()).length).toBeGreaterThan(8), { timeout: 100_000, interval: 10 });
  killed.process.kill('SIGKILL');
  expect(await killed.said).toBeNull();
  const kept = (await stored()).length;
  const before = await asked();
  await rm(machine('first'), { recursive: true });
  stand.text = '';
  const resumed = await attempt(begun, 2, 'second').said;

  expect(undisturbed?.report.verdict).toBe('fail');
  expect(resumed?.report).toEqual(undisturbed?.report);
  // Of those that were stored none is sent again, but to confirm that it failed.
  expect((await asked()) - before).toBeLessThanOrEqual(most - kept);
  expect(await stored()).toEqual([]);
}, 200_000);
