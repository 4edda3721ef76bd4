import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesIn } from '../harness/processes.ts';
import { copyProject } from '../harness/project.ts';
import { shop, untilAnswered } from '../rollback/shop.ts';
import { failuresOf, told } from '../rollback/traffic.ts';
import { type DevStand, devStand } from './dev-stand.ts';
import { complete, endpoints, expectNothingTwice, openShops, type Runs, underWay } from './under-way.ts';

let root: string;
let stand: DevStand;

beforeAll(async () => {
  root = await copyProject();
  stand = await devStand(root);
  await openShops(stand);
});
afterAll(async () => {
  await stand?.disconnect();
  await stand?.dev.killAll();
  await rm(root, { recursive: true, force: true });
});

/** The same runs, as the stack that runs now knows them. */
function again(runs: Runs): Runs {
  const { leaving, waiting, training, evaluating } = runs;
  return {
    leaving: stand.handle(leaving.workflowId),
    waiting: stand.handle(waiting.workflowId),
    training: stand.handle(training.workflowId),
    evaluating: stand.handle(evaluating.workflowId),
  };
}

const callers = () => [shop(stand, endpoints.leaving).traffic(20), shop(stand, endpoints.waiting).traffic(20)];

/** Cuts the stack off while runs are under way, starts it anew, and lets the runs complete. */
async function cutOff(round: number, what: string, cut: () => Promise<unknown>): Promise<void> {
  const busy = () => shop(stand, endpoints.leaving);
  const before = callers();
  // Enough to be replayed.
  for (const traffic of before) await untilAnswered(traffic, 60);
  const runs = await underWay(stand, round);
  const { stable } = await busy().state();
  const cutAt = Date.now();
  await cut();
  const gone = (Date.now() - cutAt) / 1000;
  expect(processesIn(root)).toEqual([]);
  for (const traffic of before) await traffic.stop();

  const at = Date.now();
  await stand.disconnect();
  stand = await devStand(root);
  const ready = (Date.now() - at) / 1000;
  expect((await busy().state()).stable).toEqual(stable);
  const answered = (Date.now() - at) / 1000;
  const traffics = callers();
  await complete(again(runs));
  for (const traffic of traffics) await traffic.stop();
  await expectNothingTwice(stand, again(runs), {
    attempts: ['worker-lost', 'done'],
    repeatedMetrics: expect.any(Number),
  });
  const { steps } = await again(runs).training.status();
  const [, second] = steps.find(({ step }) => step === 'model')?.attempts ?? [];
  console.log(
    `power cut: ${what}: gone after ${gone} s, ready after ${ready} s, workflows answer after ${answered} s; ` +
      `training resumed at step ${second?.resumedFrom}; ` +
      `failed calls since: ${told(traffics.flatMap((traffic) => failuresOf(traffic)))}`,
  );
  expect(second?.resumedFrom).toBeGreaterThanOrEqual(20);
}

describe('a stack that was cut off in the middle of everything', { timeout: 400_000 }, () => {
  it('goes on where it was, and leaves nothing twice, when every process was killed at once', () =>
    cutOff(1, 'every process', () => stand.dev.killAll()));

  it('goes on where it was, and leaves nothing twice, when its command was killed, which takes the rest with it', () =>
    cutOff(2, 'the command', () => stand.dev.killCommand()));

  it('ends by Ctrl-C and leaves no process behind', async () => {
    expect(await stand.dev.interrupt()).toBe(0);
    expect(processesIn(root)).toEqual([]);
  });
});
