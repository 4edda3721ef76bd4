import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAttempt } from './testing/attempt.ts';
import { call, candidateOf, inputOf, type ReplayStand, replayStand } from './testing/replay-stand.ts';

const MIB = 2 ** 20;
let stand: ReplayStand;
beforeEach(async () => {
  stand = await replayStand();
});
afterEach(() => stand.close());

test('320 MiB of requests are replayed without being held, and none is left out', async () => {
  const line = (i: number) => JSON.stringify(call(`r${i}`, {}, { path: '/raw', body: 'x'.repeat(8 * MIB) }));
  stand.text = async function* () {
    for (let i = 0; i < 40; i += 1) yield `${line(i)}\n`;
  };
  const old = await stand.deployed({});
  const model = await stand.fix.model({ add: 1 });
  const said = await startAttempt({
    root: stand.fix.context.root,
    adminUrl: stand.adminUrl,
    stable: candidateOf(old),
    begun: Date.now(),
    input: inputOf(model, { deadline: 60_000 }),
  }).said;
  const { report, peak } = said ?? expect.fail('it was killed');
  expect(report.verdict).toBe('pass');
  expect((await stand.full(report)).counts).toMatchObject({ sent: 40, passed: 40 });
  expect(peak / MIB).toBeLessThan(430);
}, 180_000);
