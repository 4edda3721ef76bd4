import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlflowClient } from '@sluice/activities';
import { type EndpointState, endpointWorkflowId, Query, type RunStatus, taskQueue } from '@sluice/sdk';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { environmentOf, processes, processesIn } from '../harness/processes.ts';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';
import { cases, ENDPOINT, short } from './run-cases.ts';
import { sluice } from './sluice.ts';

let project: ProjectStack;
/** Processes of the stack, and the server of the version that serves. */
let before: string[];
let serving: EndpointState;

beforeAll(async () => {
  vi.stubEnv('SLUICE_TEST_SPOT_SLOTS', '4');
  vi.stubEnv('AZURE_CLIENT_SECRET', 's3cret');
  project = await projectStack();
  const first = await project.start('release', { trainer: short, on: 'cpu', endpoint: ENDPOINT }, 'good');
  expect(await first.result()).toMatchObject({ state: 'deployed' });
  serving = await endpoint();
  before = processesIn(project.root);
});
afterAll(() => project?.close());

function endpoint(): Promise<EndpointState> {
  return project.client.workflow.getHandle(endpointWorkflowId(ENDPOINT)).query<EndpointState>(Query.endpoint);
}

describe.concurrent('a run ends with exit code 1 and says what, where and what now, for', () => {
  it.each(cases)('$what', async ({ what, pipeline, params, code, says, attempts, tail, planned }) => {
    const key = `bad-${cases.findIndex((one) => one.what === what)}`;
    const flags = Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${JSON.stringify(value)}`]);
    const handle = project.client.workflow.getHandle(`${pipeline}/${key}`);
    const run = ['run', pipeline, '--key', key, '--wait', '--json', ...flags];
    if (planned) {
      const refused = await sluice(project.root, run);
      expect(refused.exit, refused.out + refused.err).toBe(2);
      expect(refused.events.find(({ type }) => type === 'error')).toMatchObject({
        code,
        message: expect.stringMatching(says[0] ?? ''),
      });
      await expect(handle.describe()).rejects.toThrow(/not found/i);
      run.push('--no-check');
    }
    const called = await sluice(project.root, run);
    expect(called.exit, called.out + called.err).toBe(1);
    const failure = called.events.find(({ type }) => type === 'finished')?.failure;
    expect(failure?.code).toBe(code);
    for (const text of says) expect(failure?.message).toMatch(text);
    if (tail !== undefined) expect(failure?.tail).toEqual(tail);

    expect((await handle.describe()).status.name).toBe('FAILED');
    const status = await handle.query<RunStatus>(Query.status);
    expect(status.state).toBe('failed');
    const training = status.steps.find(({ kind }) => kind === 'train');
    expect(training?.attempts.map(({ ended }) => ended) ?? []).toEqual(attempts ?? []);
  });

  it('parameters that a client sends past the command', async () => {
    const handle = await project.client.workflow.start('training', {
      workflowId: 'training/unchecked',
      taskQueue: taskQueue(project.stack.loaded.config.project),
      args: [{ trainer: { steps: -1 }, errors: 'many' }],
    });
    const error: unknown = await handle.result().catch((failed: unknown) => failed);
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({ type: 'InvalidParams', nonRetryable: true });
    const [problems = []] = ((cause as ApplicationFailure).details ?? []) as string[][];
    expect(problems.map((line) => line.split(':')[0])).toEqual(['trainer.steps', 'errors']);
  });

  it('the last lines of a trainer, where a person reads them', async () => {
    const called = await sluice(project.root, ['run', 'training', '--wait', '--param', 'trainer.fault=exit-1']);
    expect(called.exit).toBe(1);
    expect(called.out).toMatch(/^ {12}TrainerFailed {2}model: The trainer exited with code 1: ValueError/m);
    expect(called.out).toMatch(/^ {12}\| Traceback \(most recent call last\):\n {12}\| ValueError: this trainer/m);
  });
});

describe.concurrent('a command against a running stack', () => {
  it('does not start a run anew under the key of one that has ended well', async () => {
    const run = await project.start('training', { trainer: { steps: 2 }, on: 'cpu' }, 'once');
    await run.result();
    const called = await sluice(project.root, ['run', 'training', '--key', 'once']);
    expect(called.exit).toBe(2);
    expect(called.err).toContain('error RunExists  There is a run training/once already: it ended done.');
    expect(called.err).toMatch(/fix {4}.*choose another --key/);
    const executions = [];
    for await (const one of project.client.workflow.list({ query: "WorkflowId = 'training/once'" }))
      executions.push(one);
    expect(executions.length).toBeLessThan(2);
  });

  it('does not start a run twice under one key', async () => {
    const run = await project.start('training', { trainer: { steps: 500, pace: 20 }, on: 'cpu' }, 'twice');
    const called = await sluice(project.root, ['run', 'training', '--key', 'twice']);
    expect(called.exit).toBe(2);
    expect(called.err).toContain('error RunExists  The run training/twice is under way already.');
    expect(called.err).toMatch(/fix {4}.*--key/);
    const handle = project.client.workflow.getHandle(run.workflowId);
    await handle.cancel();
    await expect(run.result()).rejects.toThrow();
  });

  it('does not start a second stack in one project', async () => {
    const called = await sluice(project.root, ['dev']);
    expect(called.exit).toBe(2);
    expect(called.err).toContain(`error AlreadyRunning  sluice dev runs in this project already`);
    expect(called.err).toMatch(/fix {4}\S/);
  });

  it('does not let a local process without the token command the gateway', async () => {
    const { adminUrl, tokenFile } = project.stack.gateway;
    const version = { digest: 'sha256:0', command: ['touch', 'evil'], cwd: project.root, modelPath: '/' };
    const url = `${adminUrl}/endpoints/${ENDPOINT}/versions/evil`;
    const response = await fetch(url, { method: 'PUT', body: JSON.stringify(version) });
    expect(response.status).toBe(401);

    const token = (await readFile(tokenFile, 'utf8')).trim();
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(join(project.root, '.sluice', 'dev.json'), 'utf8')).not.toContain(token);
    expect(processesIn(project.root).filter((line) => line.includes(token))).toEqual([]);
    const holding = processes().filter(({ pid }) => Object.values(environmentOf(pid)).includes(token));
    expect(holding).toEqual([]);

    const seen = await sluice(project.root, ['endpoints', '--json']);
    expect(seen.out).toContain(`"weights":{"${serving.stable?.id}":100}`);
    expect(seen.out).toContain('"traffic":{');
  });

  it('keeps a secret of the workers from the model server and from a trainer', async () => {
    const run = await project.start('training', { trainer: { steps: 150, pace: 20 }, on: 'cpu' });
    const running = (what: string) => processesIn(project.root).filter((line) => line.includes(what));
    const secretOf = (line: string) => environmentOf(Number.parseInt(line, 10)).AZURE_CLIENT_SECRET;
    const [trainer = ''] = await waitFor('the trainer', async () => {
      const found = running('train.py');
      if (found.length === 0) throw new Error(processesIn(project.root).join('\n'));
      return found;
    });
    const [server = ''] = running('serve.py');
    const [worker = ''] = running(' worker --class cpu');
    expect([trainer, server, worker].map(secretOf)).toEqual([undefined, undefined, 's3cret']);
    await run.result();
  });

  it('passes on parameters of three megabytes', async () => {
    await writeFile(join(project.root, 'big.json'), JSON.stringify({ note: 'x'.repeat(3_000_000) }));
    const called = await sluice(project.root, ['run', 'throws', '--params', 'big.json', '--key', 'big', '--wait']);
    expect(called.exit, called.out.slice(-2000) + called.err.slice(-2000)).toBe(0);
  });

  it('says of a namespace that is not there how to name or make one', async () => {
    const { address } = project.stack.temporal;
    for (const args of [
      ['status'],
      ['run', 'throws'],
      ['approve', 'throws/x'],
      ['endpoints'],
      ['setup'],
      ['worker', '--control'],
    ]) {
      const called = await sluice(project.root, [...args, '--address', address, '--namespace', 'nowhere']);
      expect(called.exit, called.out + called.err).toBe(2);
      expect(called.err).toContain('error NamespaceNotFound  The Temporal server has no namespace "nowhere".');
      expect(called.err).toMatch(/fix {4}.*--namespace.*temporal operator namespace create -n nowhere/);
    }
  });

  it('says of a run whose pipeline the workers do not know which it is', async () => {
    const run = await project.client.workflow.start('nowhere', {
      workflowId: 'nowhere/1',
      taskQueue: taskQueue(project.stack.loaded.config.project),
      args: [{}],
    });
    const told = await waitFor('a second failed task', async () => {
      const called = await sluice(project.root, ['status', 'nowhere/1']);
      if (!called.err.includes('error WorkersFail')) throw new Error(called.out + called.err);
      return called;
    });
    expect(told.exit).toBe(1);
    expect(told.err).toContain('The workers do not know the pipeline "nowhere"');
    expect(told.err).toMatch(/fix {4}Start the workers again from a checkout that has it/);
    await run.terminate();
  });

  it('says of a digest of four digits that it is too short', async () => {
    const run = await project.start('life', { trainer: short, on: 'cpu', endpoint: 'shop-8' }, 'short-digest');
    const digest = await waitFor('the question', async () => {
      const [gate] = (await run.status()).gates;
      if (gate === undefined) throw new Error('nothing is asked yet');
      return gate.candidate.replace('sha256:', '');
    });
    const decide = ['reject', run.workflowId, '--by', 'tester', '--candidate'];
    const called = await sluice(project.root, [...decide, digest.slice(0, 4)]);
    expect(called.exit, called.out + called.err).toBe(2);
    expect(called.err).toContain(`candidate ${digest.slice(0, 4)} is too short: give the first 8`);
    expect((await sluice(project.root, [...decide, digest.slice(0, 8)])).exit).toBe(0);
    await run.result();
  });

  it('says which runs there are when asked for one that does not exist', async () => {
    const called = await sluice(project.root, ['status', 'no-such-run']);
    expect(called.exit).toBe(2);
    expect(called.err).toContain('error RunNotFound');
    expect(called.err).toMatch(/fix {4}\S/);
  });
});

describe('a version whose server never answers /ping', () => {
  it('is blocked; let out all the same it gets no traffic, and the old one serves on', async () => {
    const params = ['--param', `endpoint=${ENDPOINT}`, '--param', 'trainer.version=b', '--param', 'trainer.steps=3'];
    const never = ['--param', 'trainer.serving=never-ready'];
    const { root } = project;
    const blocked = await sluice(root, ['run', 'release', '--key', 'never', '--wait', ...params, ...never]);
    expect(blocked.exit, blocked.out + blocked.err).toBe(3);
    expect(blocked.out).toMatch(/server gets ready +fail +.*GET \/ping did not answer 200 within 8 s/);
    expect(blocked.out).toContain('still loading 80 GiB of weights');
    expect(blocked.out).toContain('sluice reject release/never --step release');

    const override = ['override', 'release/never', '--reason', 'to see what happens', '--by', 'tester'];
    expect((await sluice(root, override)).exit).toBe(0);
    const followed = await sluice(root, ['status', 'release/never', '--follow']);
    expect(followed.exit, followed.out + followed.err).toBe(5);
    expect(followed.out).toContain('did not get ready: GET /ping did not answer 200');
    expect(followed.out).toContain('still loading 80 GiB of weights');
    const { stable, candidate, weights, history } = await endpoint();
    expect({ stable, candidate, weights }).toEqual({
      stable: serving.stable,
      candidate: null,
      weights: serving.weights,
    });
    expect(history.at(-1)).toMatchObject({ state: 'rolled-back' });
  });
});

describe('after all of these mistakes', () => {
  it('the version from before serves all traffic', async () => {
    const { stable, candidate, weights } = await endpoint();
    expect({ stable, candidate, weights }).toEqual({
      stable: serving.stable,
      candidate: null,
      weights: { [serving.stable?.id ?? '']: 100 },
    });
    const response = await fetch(`${project.stack.gateway.url}/${ENDPOINT}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dataframe_records: [{ i: 21 }] }),
    });
    expect(await response.json()).toEqual({ predictions: [42], version: 'a' });
  });

  it('no process is left', async () => {
    await waitFor('only the processes of before', async () => {
      const extra = processesIn(project.root).filter((one) => !before.includes(one));
      if (extra.length > 0) throw new Error(extra.join('\n'));
      return true;
    });
    expect(processesIn(project.root)).toEqual(before);
  });

  it('nothing half-written is left in the store or beside it', async () => {
    for (const folder of ['store/tmp', 'work', 'tmp/extract']) {
      expect(await readdir(join(project.root, '.sluice', folder)), folder).toEqual([]);
    }
  });

  it('every run is closed, in Temporal and in MLflow', async () => {
    const mlflow = mlflowClient({ url: project.stack.mlflow?.url ?? '' });
    await waitFor('no open run', async () => {
      const open: string[] = [];
      for await (const run of project.client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
        if (!run.workflowId.startsWith('endpoint/')) open.push(run.workflowId);
      }
      if (open.length > 0) throw new Error(open.join(', '));
      return true;
    });
    const experiment = await mlflow.getExperimentByName(project.stack.loaded.config.project);
    const runs = await mlflow.searchRuns({ experiment_ids: [experiment?.experiment_id ?? ''] });
    expect(runs.length).toBeGreaterThan(cases.length);
    expect(runs.filter(({ info }) => info.status === 'RUNNING').map(({ info }) => info.run_name)).toEqual([]);
  });

  it('MLflow has the two versions that were candidates, whole, and production is the good one', async () => {
    const mlflow = mlflowClient({ url: project.stack.mlflow?.url ?? '' });
    const versions = await mlflow.searchModelVersions({ filter: "name = 'impatient'" });
    expect(versions.map(({ version, status }) => [version, status]).sort()).toEqual([
      ['1', 'READY'],
      ['2', 'READY'],
    ]);
    expect((await mlflow.getVersionByAlias(ENDPOINT, 'production'))?.version).toBe('1');
    for (const name of ['shop', 'shopp']) expect(await mlflow.getRegisteredModel(name)).toBeNull();
  });
});
