import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployResult, RolloutOutcome } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sluice } from '../bad-input/sluice.ts';
import { adminOf } from '../harness/gateway-admin.ts';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { type Shop, shop } from './shop.ts';
import { failuresOf } from './traffic.ts';

/** Milliseconds; the machine may be busy with other tests. */
const timeout = 300_000;
/** The greatest answer of a model that is well: twice the row's 99. */
const MOST = 198;

let project: ProjectStack;
let one: Shop;
let old: string;

beforeAll(async () => {
  project = await projectStack();
  one = shop(project, 'shop');
  const first = (await (await one.release({ version: 'old' }, { hold: 0 })).result()) as DeployResult;
  expect(first.state).toBe('deployed');
  old = (await one.state()).stable?.id ?? '';
});
afterAll(() => project?.close());

async function lastOutcome(): Promise<RolloutOutcome> {
  return (await one.state()).history.at(-1) ?? expect.fail('no outcome');
}

describe('what a candidate answers to copies of requests', { timeout }, () => {
  it('rolls it back when it breaks a rule, with not one request served by it', async () => {
    const traffic = one.traffic(20);
    const run = await one.release({ version: 'wild', serving: 'wild' }, { shadowMost: MOST, hold: 3 });
    const result = (await run.result()) as DeployResult;
    await traffic.stop();

    expect(result.state).toBe('rolled-back');
    const said = /^shadow: prediction between 0 and 198: (\d+) of (\d+) unexpected: 1\d{3}/;
    expect(result.reason).toMatch(said);
    const [, bad, of] = said.exec(result.reason ?? '') ?? [];
    expect(Number(bad)).toBeGreaterThan(0);
    expect(Number(of)).toBeGreaterThan(Number(bad));
    expect(failuresOf(traffic)).toEqual([]);
    expect(new Set(traffic.calls.map(({ version }) => version))).toEqual(new Set([old]));
    const { shadow, evidence, firstBadAt } = await lastOutcome();
    expect(shadow).toMatchObject({ verdict: 'fail', rows: Number(of), report: { kind: 'report' } });
    expect(evidence[0]).toMatchObject({ metric: 'between 0 and 198', slice: 'prediction', verdict: 'fail' });
    expect(firstBadAt).toBeNull();

    const shown = await sluice(project.root, ['status', run.workflowId]);
    expect(shown.out).toContain('prediction between 0 and 198');
    const page = join(project.root, 'report.html');
    expect((await sluice(project.root, ['report', run.workflowId, '--out', page])).exit).toBe(0);
    expect(await readFile(page, 'utf8')).toContain('between 0 and 198');
  });

  it('lets it go on when all of it is within bounds, and stays in its outcome', async () => {
    const traffic = one.traffic(20);
    const run = await one.release({ version: 'good' }, { shadowMost: MOST, hold: 3 });
    expect(((await run.result()) as DeployResult).state).toBe('deployed');
    await traffic.stop();

    expect(failuresOf(traffic)).toEqual([]);
    const { shadow, state } = await lastOutcome();
    expect(state).toBe('deployed');
    expect(shadow).toMatchObject({ verdict: 'pass', reason: null, report: { kind: 'report' } });
    expect(shadow?.rows).toBeGreaterThan(5);
    // Nothing is kept once it answers callers itself.
    expect((await (await adminOf(project.stack)).endpoint('shop')).mirror).toBeNull();
  });
});
