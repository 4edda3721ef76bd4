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
const BUDGET = rollbackBudget(quick) / 1000;
/** Seconds that no rollback may take, whatever its rollout says. */
const LIMIT = 300;

/** Milliseconds; the machine may be busy with other tests. */
const timeout = 300_000;

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

describe('a bad version leaves within its budget, and the old one answers as before', { timeout }, () => {
  it.concurrent('when it begins to fail after its first canary step', async () => {
    const one = at(0);
    const traffic = one.traffic(50);
    const pid = await pidOf(one, old);
    const run = await project.start('life', { trainer: { version: 'fails', serving: 'fails-after' }, hold: 4 });
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

  it.concurrent('when it begins to fail in the bake, with most of the traffic', async () => {
    const one = at(1);
    const traffic = one.traffic(20);
    const pid = await pidOf(one, old);
    const run = await one.release({ version: 'bake', serving: 'fails-after' }, { bake: 600 });
    await one.untilPhase('bake');
    await waitFor('most of the traffic', async () => ((await one.weights())[old] ?? 0) < 50);
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
    expect(result.reason).toContain('latency');
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
    // It is let go when what it was asked has had its time.
    await waitFor('the candidate to be gone', async () => Object.keys(await one.running()).length === 1);
    expect(await one.running()).toEqual({ [old]: pid });
    await isBackOn(one, pid);
  });

  it.concurrent('when its server hangs and nobody looks', async () => {
    const one = at(5);
    const traffic = one.traffic(10);
    const pid = await pidOf(one, old);
    const run = await one.release({ version: 'hangs unseen' }, { hold: 600 });
    const { candidate } = await one.untilPhase('canary 20 %');
    await waitFor('its answers', async () => traffic.calls.some((call) => call.version === candidate?.id));
    const hungAt = Date.now();
    process.kill(await pidOf(one, candidate?.id ?? ''), 'SIGSTOP');
    const result = (await run.result()) as DeployResult;
    await untilAnswered(traffic, 20);
    await traffic.stop();

    const failed = failuresOf(traffic);
    // What was sent before traffic moved hangs on until its server is gone; what counts is when the last was sent.
    const last = badTime(failed, 'sentAt').last;
    const off = (last - badTime(failed).first) / 1000;
    report(
      'its server hangs',
      (last - hungAt) / 1000,
      `${told(failed)}; the first answer ${(-off).toFixed(1)} s later`,
    );
    expect(result).toMatchObject({ state: 'rolled-back', reason: expect.stringContaining('server process') });
    expect(off).toBeLessThanOrEqual(BUDGET);
    expect((last - hungAt) / 1000).toBeLessThanOrEqual(LIMIT);
    await isBackOn(one, pid);
  });
});

describe('an old version', { timeout }, () => {
  it.concurrent('keeps all traffic from one that does not get ready', async () => {
    const one = at(6);
    const traffic = one.traffic(10);
    const pid = await pidOf(one, old);
    const run = await one.release({ version: 'never ready', serving: 'never-ready' });
    const { gates } = await untilState(run, 'blocked');
    expect(gates[0]?.gates.at(-1)).toMatchObject({ name: 'candidate health', verdict: 'fail' });
    await run.signal('override', { by: 'ana', reason: 'to see whether it gets ready now' });
    const result = (await run.result()) as DeployResult;
    await untilAnswered(traffic, 20);
    await traffic.stop();

    expect(result).toMatchObject({ state: 'rolled-back', reason: expect.stringContaining('did not get ready') });
    expect(failuresOf(traffic)).toEqual([]);
    expect(new Set(traffic.calls.map((call) => call.version))).toEqual(new Set([old]));
    expect(await one.running()).toEqual({ [old]: pid });
    await isBackOn(one, pid);
  });

  it.concurrent('runs on until the bake is over, and comes back when somebody asks for it', async () => {
    const one = at(7);
    const traffic = one.traffic(20);
    const pid = await pidOf(one, old);
    const bake = 4;
    const run = await one.release({ version: 'new' }, { bake });
    await one.untilPhase('bake');
    let before = Date.now();
    let baking = 0;
    await waitFor('the old version to end', async () => {
      const [weights, running] = await Promise.all([one.weights(), one.running()]);
      if (baking === 0 && (weights[old] ?? 0) < 50) baking = before;
      if (old in running) expect(running[old]).toBe(pid);
      before = Date.now();
      return !(old in running);
    });
    expect((before - baking) / 1000).toBeGreaterThanOrEqual(bake);
    expect(((await run.result()) as DeployResult).state).toBe('deployed');

    const askedAt = Date.now();
    expect(await sluiceRollback(one)).toBe(0);
    await waitFor('the old version', async () => (await one.weights())[old] === 100);
    await untilAnswered(traffic, 40);
    await traffic.stop();
    const off = (badTime(traffic.calls.filter((call) => call.version !== old)).last - askedAt) / 1000;
    console.log(`rollback: asked for after its deployment: ${off.toFixed(1)} s (limit ${LIMIT} s)`);
    expect(off).toBeLessThanOrEqual(LIMIT);
    expect(failuresOf(traffic)).toEqual([]);
    await waitFor('its outcome', async () => (await one.state()).history.at(-1)?.state === 'rolled-back');
    expect(await one.state()).toMatchObject({ phase: 'stable', stable: { id: old } });
  });
});

describe('a rollback', { timeout }, () => {
  it('is taken up by the next control worker when this one is killed', async () => {
    const [one, other] = [at(1), at(2)];
    const traffics = [one.traffic(20), other.traffic(20)] as const;
    const pids = await Promise.all([pidOf(one, old), pidOf(other, old)]);
    const runs = await Promise.all(
      [one, other].map((shop) =>
        shop.release({ version: 'bad', serving: 'fails-after' }, { steps: [50], hold: 600, bake: 600 }),
      ),
    );
    await Promise.all([one, other].map((shop) => shop.untilPhase('canary 50 %')));
    traffics[0].live = true;
    await waitFor('the first failures', async () => failuresOf(traffics[0]).length > 0);
    traffics[1].live = true;
    await waitFor('the first rollback', async () => (await one.state()).phase !== 'canary 50 %');
    const killedAt = Date.now();
    await project.stack.restart('worker control');
    const backAt = Date.now();
    const results = await Promise.all(runs.map((run) => run.result() as Promise<DeployResult>));
    await Promise.all(traffics.map((traffic) => untilAnswered(traffic, 40)));
    await Promise.all(traffics.map((traffic) => traffic.stop()));

    for (const [i, what] of ['while it rolls back', 'when it has seen the first failures'].entries()) {
      const failed = failuresOf(traffics[i as 0 | 1]);
      const bad = badTime(failed);
      const worker = `worker back after ${(backAt - killedAt) / 1000} s`;
      report(`control worker killed ${what}`, bad.seconds, `${told(failed)}; ${worker}`);
      expect(results[i]?.state).toBe('rolled-back');
      expect(bad.count).toBeGreaterThan(0);
      expect(bad.seconds).toBeLessThanOrEqual(LIMIT);
    }
    await isBackOn(one, pids[0]);
    await isBackOn(other, pids[1]);
    expect((await one.state()).history.filter(({ id }) => id.startsWith(runs[0]?.workflowId ?? ''))).toHaveLength(1);
  });

  it('does not wait for an MLflow server that hangs', async () => {
    const [one, other] = [at(3), at(4)];
    const traffics = [one.traffic(20), other.traffic(20)] as const;
    const bad = await one.release({ version: 'bad', serving: 'fails-after' }, { steps: [50], hold: 600 });
    await one.untilPhase('canary 50 %');
    const good = await other.release({ version: 'good' }, { steps: [50], hold: 1, bake: 2 });
    await other.untilPhase('bake');
    const mlflow = project.stack.pidOf('mlflow') ?? expect.fail('MLflow does not run');
    process.kill(-mlflow, 'SIGSTOP');
    let askedAt: number;
    try {
      traffics[0].live = true;
      await waitFor('the old version', async () => (await one.weights())[old] === 100);
      await waitFor('the deployment to be marked', async () =>
        (await other.pendingActivities()).includes('markVersion'),
      );
      askedAt = Date.now();
      expect(await sluiceRollback(other)).toBe(0);
      await waitFor('the old version', async () => (await other.weights())[old] === 100);
      await Promise.all(traffics.map((traffic) => untilAnswered(traffic, 40)));
    } finally {
      process.kill(-mlflow, 'SIGCONT');
    }
    await Promise.all(traffics.map((traffic) => traffic.stop()));
    const times = badTime(failuresOf(traffics[0]));
    report('MLflow hangs', times.seconds, told(failuresOf(traffics[0])));
    expect(times.count).toBeGreaterThan(0);
    expect(times.seconds).toBeLessThanOrEqual(BUDGET);
    const off = (badTime(traffics[1].calls.filter((call) => call.version !== old)).last - askedAt) / 1000;
    report('asked for while a deployment waits for MLflow', off, told(failuresOf(traffics[1])));
    expect(off).toBeLessThanOrEqual(BUDGET);
    expect(failuresOf(traffics[1])).toEqual([]);

    expect(await bad.result()).toMatchObject({ state: 'rolled-back' });
    // It was deployed, and told so, before somebody took it off.
    expect(await good.result()).toMatchObject({ state: 'deployed' });
    const { history } = await other.state();
    expect(history.at(-1)).toMatchObject({ state: 'rolled-back', reason: expect.stringContaining('ana') });
    for (const shop of [one, other]) {
      const { stable } = await shop.state();
      await waitFor('the registry to follow', async () => (await shop.production()) === stable?.registered?.version);
    }
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
