import { join } from 'node:path';
import { type DeployResult, rollbackBudget } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../packages/cli/src/commands/cli.ts';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { untilState, waitFor } from '../harness/wait-for.ts';
import { quick } from '../projects/tiny/pipelines.ts';
import { badTime, pidOf, type Shop, shop, untilAnswered } from './shop.ts';
import { failuresOf, told } from './traffic.ts';

/** Seconds a bad version may go on answering, by the arithmetic of the rollouts used here. */
const BUDGET = rollbackBudget(quick.health) / 1000;
/** Seconds that no rollback may take, whatever its rollout says. */
const LIMIT = 300;

let project: ProjectStack;
let shops: Shop[];
let old: string;

beforeAll(async () => {
  project = await projectStack();
  shops = ['shop', ...Array.from({ length: 8 }, (_, i) => `shop-${i + 1}`)].map((name) => shop(project, name));
  await Promise.all(
    shops.map(async (one) => {
      const result = (await (await one.release({ version: 'old' }, { hold: 0 })).result()) as DeployResult;
      expect(result.state).toBe('deployed');
    }),
  );
  old = (await at(0).state()).stable?.id ?? '';
});
afterAll(() => project?.close());

function at(index: number): Shop {
  const found = shops[index];
  if (found === undefined) throw new TypeError(`There is no shop ${index}.`);
  return found;
}

function report(what: string, seconds: number, more: string): void {
  console.log(`rollback: ${what}: ${seconds.toFixed(1)} s (budget ${BUDGET} s); ${more}`);
}

/** Traffic is the old version's alone, answered by the process that answered before. */
async function isBackOn(one: Shop, pid: number): Promise<void> {
  expect(await one.weights()).toEqual({ [old]: 100 });
  expect((await one.running())[old]).toBe(pid);
  expect((await one.state()).stable?.id).toBe(old);
}

describe('a bad version leaves within its budget, and the old one answers as before', () => {
  it.concurrent('when it begins to fail after its first canary step', async () => {
    const one = at(0);
    const traffic = one.traffic(50);
    const pid = await pidOf(one, old);
    const run = await project.start('life', { trainer: { version: 'fails', serving: 'fails-after' } });
    await untilState(run, 'awaiting-approval');
    await run.signal('approve', { by: 'ana' });
    await one.untilPhase('canary 50 %');
    traffic.live = true;
    const result = (await run.result()) as DeployResult;
    await untilAnswered(traffic, 100);
    await traffic.stop();

    const failed = failuresOf(traffic);
    const bad = badTime(failed);
    report('fails from the second step on', bad.seconds, told(failed));
    expect(result.state).toBe('rolled-back');
    expect(bad.count).toBeGreaterThan(0);
    expect(bad.seconds).toBeLessThanOrEqual(BUDGET);
    expect(failed.every((call) => call.live && call.version !== old)).toBe(true);
    const { history } = await one.state();
    const said = history.at(-1);
    expect(Math.abs((said?.firstBadAt ?? 0) - bad.first)).toBeLessThan(1500);
    expect(Math.abs((said?.offTrafficAt ?? 0) - bad.last)).toBeLessThan(1500);
    await isBackOn(one, pid);
  });

  it.concurrent('when it begins to fail in the bake, with all of the traffic', async () => {
    const one = at(1);
    const traffic = one.traffic(20);
    const pid = await pidOf(one, old);
    const run = await one.release({ version: 'bake', serving: 'fails-after' }, { bake: 600 });
    await one.untilPhase('bake');
    await waitFor('all traffic', async () => (await one.weights())[old] === undefined);
    traffic.live = true;
    const result = (await run.result()) as DeployResult;
    await untilAnswered(traffic, 40);
    await traffic.stop();

    const failed = failuresOf(traffic);
    const bad = badTime(failed);
    report('fails in the bake', bad.seconds, told(failed));
    expect(result.state).toBe('rolled-back');
    expect(bad.count).toBeGreaterThan(0);
    expect(bad.seconds).toBeLessThanOrEqual(BUDGET);
    await isBackOn(one, pid);
  });

  it.concurrent('when its server is killed', async () => {
    const one = at(2);
    const traffic = one.traffic(20);
    const pid = await pidOf(one, old);
    const run = await one.release({ version: 'killed' }, { hold: 600 });
    const { candidate } = await one.untilPhase('canary 20 %');
    await waitFor('its answers', async () => traffic.calls.some((call) => call.version === candidate?.id));
    const killedAt = Date.now();
    process.kill(await pidOf(one, candidate?.id ?? ''), 'SIGKILL');
    const result = (await run.result()) as DeployResult;
    await untilAnswered(traffic, 40);
    await traffic.stop();

    const failed = failuresOf(traffic);
    const off = Math.max(...traffic.calls.filter((call) => call.version === candidate?.id).map((call) => call.sentAt));
    report('its server is killed', (off - killedAt) / 1000, told(failed));
    expect(result.state).toBe('rolled-back');
    expect(result.reason).toContain('SIGKILL');
    expect((off - killedAt) / 1000).toBeLessThanOrEqual(BUDGET);
    await isBackOn(one, pid);
  });

  it.concurrent('when it is slow', async () => {
    const one = at(3);
    const traffic = one.traffic(20);
    const pid = await pidOf(one, old);
    const run = await one.release({ version: 'slow', serving: 'slow' }, { hold: 600, latencyFactor: 3 });
    const result = (await run.result()) as DeployResult;
    await untilAnswered(traffic, 40);
    await traffic.stop();

    const slow = traffic.calls.filter((call) => call.version !== old);
    const bad = badTime(slow);
    report('slow', bad.seconds, `${slow.length} slow answers`);
    expect(failuresOf(traffic)).toEqual([]);
    expect(result.state).toBe('rolled-back');
    expect(result.reason).toContain('median latency');
    expect(bad.count).toBeGreaterThan(0);
    expect(bad.seconds).toBeLessThanOrEqual(BUDGET);
    await isBackOn(one, pid);
  });

  it.concurrent('when its server hangs and somebody asks for a rollback', async () => {
    const one = at(4);
    const traffic = one.traffic(20);
    const pid = await pidOf(one, old);
    const run = await one.release({ version: 'hangs' }, { hold: 600 });
    const { candidate } = await one.untilPhase('canary 20 %');
    const hung = await pidOf(one, candidate?.id ?? '');
    process.kill(hung, 'SIGSTOP');
    await waitFor('a request that hangs', async () =>
      traffic.calls.some((call) => call.endedAt === 0 && call.sentAt < Date.now() - 1000),
    );
    const askedAt = Date.now();
    expect(await sluiceRollback(one)).toBe(0);
    const result = (await run.result()) as DeployResult;
    const endedAt = Date.now();
    await untilAnswered(traffic, 40);
    await traffic.stop();

    const failed = failuresOf(traffic);
    const off = (Math.max(...failed.map((call) => call.sentAt)) - askedAt) / 1000;
    report('asked for while its server hangs', off, `${told(failed)}; over after ${(endedAt - askedAt) / 1000} s`);
    expect(result).toMatchObject({ state: 'rolled-back', reason: expect.stringContaining('ana') });
    expect(off).toBeLessThanOrEqual(BUDGET);
    expect(await one.running()).toEqual({ [old]: pid });
    await isBackOn(one, pid);
  });
});

/** `sluice rollback`, as a user types it. */
function sluiceRollback({ name }: Shop): Promise<number> {
  return runCli([
    'rollback',
    name,
    '--by',
    'ana',
    '--reason',
    'as a test',
    '--config',
    join(project.root, 'sluice.config.ts'),
  ]);
}
