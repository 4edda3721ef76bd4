import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AttemptProgress, DeployResult, EndpointState, Report } from '@sluice/sdk';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, type ExpectStatic, it } from 'vitest';
import { type ProjectStack, projectStack, type RunHandle } from '../harness/project.ts';
import { untilState, waitFor } from '../harness/wait-for.ts';
import { openTemporalUi, type TemporalUi } from '../ui/temporal-ui.ts';
import { mlflowRecords } from './mlflow-records.ts';
import { answers, eventsOf, resetTo, scheduling, taskBefore } from './reset.ts';

const exec = promisify(execFile);
const sluice = join(import.meta.dirname, '../../packages/cli/src/main.ts');
/** All runs here make the same model, so only the first to be approved moves traffic. */
const quick = { gates: 'none', trainer: { steps: 10 } };

describe('a run on a real stack', () => {
  let project: ProjectStack;
  let ui: TemporalUi;

  beforeAll(async () => {
    project = await projectStack();
    ui = await openTemporalUi(project.stack.temporal.uiUrl ?? '');
  });
  afterAll(async () => {
    await ui?.close();
    await project?.close();
  });

  /** A run that failed in evaluate, for want of a file that is there afterwards. */
  async function failedInEvaluate(key: string, cases: string): Promise<RunHandle> {
    const run = await project.start('life', { ...quick, cases }, key);
    await run.result().catch(() => {});
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${2 * i},${i % 2 === 0 ? 'even' : 'odd'}`);
    await writeFile(join(project.root, cases), ['i,label,parity', ...rows].join('\n'));
    return run;
  }

  const records = (run: RunHandle) => mlflowRecords(project.stack.mlflow?.url ?? '', 'tiny', run.workflowId);
  const trees = async () => (await readdir(join(project.root, '.sluice/store/trees'))).sort();
  const rolloutsOf = async (run: RunHandle) => {
    const state = await project.client.workflow.getHandle('endpoint/shop').query<EndpointState>('endpoint');
    return state.history.filter(({ id }) => id.startsWith(`${run.workflowId}/`)).map(({ id }) => id);
  };

  /** What holds of a run that trained once, was repaired and then approved. */
  async function goesOutWithoutTrainingAgain(run: RunHandle, expect: ExpectStatic): Promise<void> {
    const again = project.client.workflow.getHandle(run.workflowId);
    const asked = await untilState(again, 'awaiting-approval');
    await again.signal('approve', { by: 'ana', candidate: asked.gates[0]?.candidate });
    expect(await again.result()).toMatchObject({ state: 'deployed' });
    const { steps } = await run.status();
    expect(steps.map(({ step, state }) => `${step} ${state}`)).toEqual([
      'rows done',
      'model done',
      'quality done',
      'traffic done',
      'shop done',
    ]);
    expect(steps[1]?.attempts).toMatchObject([{ attempt: 1, ended: 'done' }]);
    expect(await run.logs('model')).toHaveLength(1);
    const { runs, versions } = await records(run);
    expect(runs.toSorted()).toEqual([run.workflowId, 'model']);
    expect(versions).toHaveLength(1);
    expect(versions[0]?.aliases).not.toContain('candidate');
    expect(await rolloutsOf(run)).toHaveLength(1);
  }

  describe.concurrent('that trained', () => {
    it("goes on from evaluate after a reset in Temporal's UI, without training again", async ({ expect }) => {
      const run = await failedInEvaluate('by-ui', 'by-ui.csv');
      const before = await trees();
      const page = await ui.open(run.workflowId);
      await page.untilStatus('Failed');
      const failed = await page.details('life is failed');
      await page.picture('failed');
      expect(failed).toMatch(/quality\tevaluate\tfailed\t/);
      expect(failed).toContain('quality failed: The file of cases by-ui.csv does not exist');
      expect(failed).toContain("sluice retry 'life/by-ui' --from 'quality'");
      await page.reset(taskBefore(await eventsOf(project.client, run.workflowId), 'quality'), 'the file is there now');
      await goesOutWithoutTrainingAgain(run, expect);
      expect(await trees()).toEqual(before);
      await page.close();
    });

    it('goes on from evaluate after `sluice retry`, without training again', async ({ expect }) => {
      const run = await failedInEvaluate('by-command', 'by-command.csv');
      const retry = (...args: string[]) =>
        exec(process.execPath, [sluice, 'retry', 'by-command', ...args], { cwd: project.root });
      const unknown = await retry('--from', 'qualty').catch((error: { code: number; stderr: string }) => error);
      expect(unknown).toMatchObject({ code: 2 });
      expect(unknown.stderr).toContain('has begun no step "qualty"');
      expect(unknown.stderr).toContain('rows, model, quality');
      const { stdout } = await retry('--from', 'quality');
      expect(stdout).toMatch(/life\/by-command runs again from quality/);
      expect(stdout).toMatch(/rows\s+reused\s+it was done before/);
      expect(stdout).toMatch(/model\s+reused\s+it was done before/);
      expect(stdout).toMatch(/quality\s+rerun\s+it was asked for/);
      await goesOutWithoutTrainingAgain(run, expect);
    });

    it('opens the gate again after a reset to before evaluate, and repeats no rollout', async ({ expect }) => {
      const run = await project.start('life', quick, 'deployed');
      const { gates } = await untilState(run, 'awaiting-approval');
      const candidate = gates[0]?.candidate ?? '';
      await run.signal('approve', { by: 'ana', candidate });
      const result = (await run.result()) as DeployResult;
      expect(result).toMatchObject({ state: 'deployed', candidate });
      const [rollout] = await rolloutsOf(run);

      // Inside of deploy, after the decision: the endpoint knows this rollout.
      const events = await eventsOf(project.client, run.workflowId);
      await resetTo(project.client, run.workflowId, scheduling(events, 'requestRollout')[0] ?? 0);
      expect(await project.client.workflow.getHandle(run.workflowId).result()).toEqual(result);
      expect(await rolloutsOf(run)).toEqual([rollout]);

      const again = project.client.workflow.getHandle(run.workflowId);
      const reports: (Report | undefined)[] = [];
      for (const _ of ['once', 'twice']) {
        await resetTo(project.client, run.workflowId, taskBefore(events, 'quality'));
        const asked = await untilState(again, 'awaiting-approval');
        expect(asked.decisions).toEqual([]);
        expect(asked.refused).toMatchObject([{ decision: 'approve', by: 'ana', why: 'no gate is open yet' }]);
        reports.push(answers<Report>(await eventsOf(project.client, run.workflowId), 'evaluate')[0]);
      }
      // Evaluated on the same rows against the same version: the same bytes, so one report in the store.
      expect(reports[0]?.report).toEqual(reports[1]?.report);
      expect(reports[0]?.evidence).toEqual(reports[1]?.evidence);
      await again.signal('approve', { by: 'ben', candidate });
      expect(await again.result()).toMatchObject({
        state: 'deployed',
        reason: 'it was the stable version already',
        decision: { by: 'ben' },
      });
      expect(await run.logs('model')).toHaveLength(1);
      const { runs, versions } = await records(run);
      expect(runs.toSorted()).toEqual([run.workflowId, 'model']);
      expect(versions).toHaveLength(1);
      expect(versions[0]?.aliases).not.toContain('candidate');
    });
  });

  it('takes a training back that is under way: its trainer ends, and the next one goes on from its checkpoint', async ({
    expect,
  }) => {
    // Long enough that even a slow machine's `sluice retry` finds it under way.
    const steps = 150;
    const run = await project.start('training', { trainer: { steps, pace: 100, every: 5 } }, 'under-way');
    const committed = await waitFor('a committed checkpoint', async () => {
      const { raw } = await project.client.workflow.getHandle(run.workflowId).describe();
      const beat = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0];
      // A first beat may say nothing yet.
      return beat && defaultPayloadConverter.fromPayload<AttemptProgress | null>(beat)?.checkpoint;
    });
    await exec(process.execPath, [sluice, 'retry', 'under-way', '--from', 'model'], { cwd: project.root });
    await project.client.workflow.getHandle(run.workflowId).result();
    const [model] = (await run.status()).steps;
    expect(model?.attempts).toMatchObject([{ ended: 'done', lastStep: steps }]);
    const resumedFrom = model?.attempts[0]?.resumedFrom ?? 0;
    expect(resumedFrom).toBeGreaterThanOrEqual(committed);
    // One log for both, as both are attempt 1: the first goes up to some step, the second on from the checkpoint.
    const did: string[] = (await run.logs('model')).join('').match(/did step \d+/g) ?? [];
    const again = did.indexOf(`did step ${resumedFrom + 1}`, did.indexOf(`did step ${resumedFrom + 1}`) + 1);
    const rest = Array.from({ length: steps - resumedFrom }, (_, i) => `did step ${resumedFrom + 1 + i}`);
    expect(did.slice(again)).toEqual(rest);
    expect((await records(run)).runs.toSorted()).toEqual(['model', run.workflowId]);
  });
});
