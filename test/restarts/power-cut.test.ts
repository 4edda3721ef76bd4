import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesIn } from '../harness/processes.ts';
import { copyProject } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';
import { pidOf, shop, untilAnswered } from '../rollback/shop.ts';
import { failuresOf, told } from '../rollback/traffic.ts';
import { type DevStand, devStand } from './dev-stand.ts';
import { complete, endpoints, expectNothingTwice, openShops, type Runs, underWay } from './under-way.ts';

let root: string;
let stand: DevStand;

beforeAll(async () => {
  root = await copyProject();
  stand = await devStand(root);
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

/** Starts the stack anew where it was cut off. @returns seconds from the command to the first answer of a workflow */
async function startAgain(runs: Runs): Promise<{ readonly ready: number; readonly answered: number }> {
  const at = Date.now();
  await stand.disconnect();
  stand = await devStand(root);
  const ready = (Date.now() - at) / 1000;
  const handle = stand.handle(runs.waiting.workflowId);
  await waitFor('an answer of a workflow', () => handle.status());
  return { ready, answered: (Date.now() - at) / 1000 };
}

describe('a stack that was cut off in the middle of everything', { timeout: 400_000 }, () => {
  it.each([
    ['every process at once', () => stand.dev.killAll()],
    ['the command alone, which takes the rest with it', () => stand.dev.killCommand()],
  ] as const)('goes on where it was, and leaves nothing twice: %s', async (what, cut) => {
    const round = what.startsWith('every') ? 1 : 2;
    if (round === 1) await openShops(stand);
    const busy = () => shop(stand, endpoints.leaving);
    const callers = () => [busy().traffic(20), shop(stand, endpoints.waiting).traffic(20)] as const;
    const before = callers();
    // Enough to be replayed.
    for (const traffic of before) await untilAnswered(traffic, 60);
    const runs = await underWay(stand, round);
    const { stable } = await busy().state();
    const gone = await cut();
    expect(processesIn(root)).toEqual([]);
    for (const traffic of before) await traffic.stop();

    const { ready, answered } = await startAgain(runs);
    // The old version answers again, and the candidate keeps its share.
    await pidOf(busy(), stable?.id ?? '');
    const traffics = callers();
    await complete(again(runs));
    for (const traffic of traffics) await traffic.stop();
    await expectNothingTwice(stand, again(runs), {
      attempts: ['worker-lost', 'done'],
      repeatedMetrics: expect.any(Number),
    });
    const model = (await again(runs).training.status()).steps.find(({ step }) => step === 'model');
    console.log(
      `power cut: ${what}${gone === undefined ? '' : `, gone after ${gone / 1000} s`}: ready after ${ready} s, ` +
        `workflows answer after ${answered} s; training resumed at step ${model?.attempts[1]?.resumedFrom}; ` +
        `failed calls since: ${told(traffics.flatMap((traffic) => failuresOf(traffic)))}`,
    );
    expect(model?.attempts[1]?.resumedFrom).toBeGreaterThanOrEqual(20);
  });

  it('ends by Ctrl-C and leaves no process behind', async () => {
    expect(await stand.dev.interrupt()).toBe(0);
    expect(processesIn(root)).toEqual([]);
  });
});
