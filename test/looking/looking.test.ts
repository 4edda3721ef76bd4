import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { program, sluice } from '../bad-input/sluice.ts';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { untilState, untilStatus, waitFor } from '../harness/wait-for.ts';

/** On the command line of a real project: lists, waits, ends, and what was made. */
let project: ProjectStack;
const short = { steps: 6, pace: 0, every: 2 };
const run = (...args: string[]) => sluice(project.root, args);

beforeAll(async () => {
  project = await projectStack();
  const first = await project.start('life', { trainer: short, on: 'cpu' }, 'first');
  await untilState(first, 'awaiting-approval');
});
afterAll(() => project?.close());

/** A way to a server that can be cut. */
async function relayTo(address: string): Promise<{ readonly address: string; close(): void }> {
  const [host = '', port = ''] = address.split(':');
  const sockets = new Set<Socket>();
  const relay = createServer((near) => {
    const far = connect(Number(port), host);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy()).pipe(other);
    }
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `127.0.0.1:${(relay.address() as AddressInfo).port}`,
    close() {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe('a run that asks', () => {
  it('is waited for by sluice wait, which says how to answer', async () => {
    const { exit, out } = await run('wait', 'life/first', '--for', 'approval');
    expect(exit).toBe(0);
    expect(out).toMatch(/^life\/first awaiting-approval after /);
    expect(out).toContain('sluice approve life/first');
  });

  it('is not waited for longer than was said', async () => {
    const { exit, out } = await run('wait', 'first', '--timeout', '1s');
    expect(exit).toBe(124);
    expect(out).toBe('life/first has not ended within 1.0 s; it goes on\n');
  });

  it('shows what its steps gave', async () => {
    const { exit, out } = await run('status', 'life/first');
    expect(exit).toBe(0);
    expect(out).toMatch(/rows +dataset +[0-9a-f]{12} +200 rows/);
    expect(out).toMatch(/model +[0-9a-f]{12}/);
    const step = await run('status', 'life/first', '--step', 'rows');
    expect(step.out).toContain('sluice artifacts show life/first rows');
    const none = await run('status', 'life/first', '--step', 'rosw');
    expect(none).toMatchObject({ exit: 2 });
    expect(none.err).toContain('Did you mean "rows"?');
  });
});

describe('an artifact', () => {
  it('is shown with its profile, who made it and who used it', async () => {
    const { exit, out } = await run('artifacts', 'show', 'life/first', 'rows');
    expect(exit).toBe(0);
    expect(out).toMatch(/^dataset [0-9a-f]{12} /);
    expect(out).toContain('made   life/first rows (extract)');
    expect(out).toMatch(/used {3}life\/first quality \(evaluate\)/);
    expect(out).toContain('200 rows, 3 columns');
    expect(out).toMatch(/parity +VARCHAR +0 +2 +even +odd +(even 50 %, odd 50 %|odd 50 %, even 50 %)/);
  });

  it('is the same by eight digits of its digest, and fetched by them', async () => {
    const shown = await run('artifacts', 'show', 'life/first', 'rows', '--json');
    const [{ artifact }] = shown.events as unknown as [{ artifact: { digest: string; bytes: number } }];
    const hex = artifact.digest.slice(7, 15);
    const by = await run('artifacts', 'show', hex);
    expect(by.out).toContain('200 rows, 3 columns');
    const to = join(project.root, 'rows.parquet');
    expect(await run('artifacts', 'get', hex, '--to', to)).toMatchObject({ exit: 0 });
    expect((await stat(to)).size).toBe(artifact.bytes);
    expect((await readFile(to)).subarray(0, 4).toString()).toBe('PAR1');
    const again = await run('artifacts', 'get', hex, '--to', to);
    expect(again).toMatchObject({ exit: 2 });
    expect(again.err).toContain('There is something at');
    const few = await run('artifacts', 'show', hex.slice(0, 4));
    expect(few.err).toContain('is too short: it has 4 digits');
  });

  it('is compared with another', async () => {
    const other = await project.start(
      'life',
      {
        trainer: { ...short, steps: 8 },
        on: 'cpu',
        sql: "select i, i * 2 as label, 'odd' as parity from range(300) t(i)",
      },
      'second',
    );
    await untilStatus(other, 'its rows', ({ steps }) =>
      steps.some(({ step, state }) => step === 'rows' && state === 'done'),
    );
    const { exit, out } = await run('artifacts', 'diff', 'life/first', 'rows', 'life/second', 'rows');
    expect(exit).toBe(0);
    expect(out).toContain('rows     200 → 300 (+50 %)');
    expect(out).toMatch(/parity +0\.50/);
  });
});

describe('sluice runs', () => {
  it('lists those that fit', async () => {
    await waitFor('its state in the list', async () =>
      (await run('runs', '--state', 'awaiting-approval')).out.includes('life/first'),
    );
    const { out } = await run('runs', '--pipeline', 'life', '--text', 'FIRST', '--since', '1h');
    expect(out.split('\n')[1]).toMatch(/^life\/first +awaiting-approval/);
    expect(out).not.toContain('life/second');
    expect((await run('runs', '--pipeline', 'none')).out).toBe('No run fits.\n');
    expect((await run('runs', '--limit', '1')).out).toContain('--after 1');
  });
});

describe('a file of parameter sets', () => {
  it('starts a run for each, once, and refuses all of it for one that is wrong', async () => {
    const file = join(project.root, 'sets.csv');
    await writeFile(file, 'trainer.steps,trainer.pace,on\n3,0,cpu\nmany,0,cpu\n');
    const bad = await run('run', 'training', '--each', file);
    expect(bad).toMatchObject({ exit: 2 });
    expect(bad.err).toMatch(/line 3: .*trainer.*steps/);
    await writeFile(file, 'trainer.steps,trainer.pace,on\n3,0,cpu\n4,0,cpu\n3,0,cpu\n');
    const first = await run('run', 'training', '--each', file, '--wait', '--concurrency', '2');
    expect(first.out).toContain('line 4 is the same as line 2');
    expect(first.out).toContain('2 started, 0 already there, 0 refused, 1 repeated');
    expect(first.out).toContain('stand now (2 done)');
    expect(first.exit).toBe(0);
    const again = await run('run', 'training', '--each', file, '--detach');
    expect(again.out).toContain('0 started, 2 already there (2 done), 0 refused');
    expect(again.exit).toBe(0);
  });

  it('says what it has started where the server goes away meanwhile', async () => {
    const file = join(project.root, 'many.csv');
    const sets = Array.from({ length: 60 }, (_, index) => `${index + 10},0,cpu\n`);
    await writeFile(file, `trainer.steps,trainer.pace,on\n${sets.join('')}`);
    const relay = await relayTo(project.stack.temporal.address);
    onTestFinished(relay.close);
    const words = ['run', 'training', '--each', file, '--concurrency', '1', '--json', '--no-check'];
    const child = spawn(process.execPath, [program, ...words, '--address', relay.address], { cwd: project.root });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (out.includes('"set"')) relay.close();
    });
    expect(await once(child, 'close')).toEqual([6, null]);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const started = events.filter(({ type }) => type === 'set').length;
    expect(started).toBeLessThan(60);
    expect(events.at(-2)).toMatchObject({ type: 'sets', started, left: 60 - started });
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'Unreachable' });
  });
});

describe('sluice cancel', () => {
  it('ends a run, waits until it has ended, and says what was kept', async () => {
    const long = await project.start(
      'training',
      { trainer: { steps: 100_000, pace: 20, every: 5 }, on: 'cpu' },
      'long',
    );
    await waitFor('a checkpoint', async () =>
      (await run('status', 'training/long')).out.includes('checkpoint at step'),
    );
    const { exit, out } = await run('cancel', 'training/long', '--reason', 'wrong data', '--by', 'ana');
    expect(exit).toBe(0);
    expect(out).toMatch(/training\/long cancelled after/);
    expect(out).toMatch(/kept: .*checkpoint at step \d+/);
    expect(out).toContain('sluice retry training/long --from');
    const { cause } = await causeOf(long.workflowId);
    expect(cause).toBe('ana: wrong data');
    expect((await run('status', 'training/long')).out).toContain('attempt 1 was cancelled');
    expect(await run('cancel', 'training/long')).toMatchObject({ exit: 0 });
    expect(await run('wait', 'training/long')).toMatchObject({ exit: 1 });
  });
});

describe('completion', () => {
  it('is told the names of runs, steps, pipelines and endpoints, and never an error', async () => {
    expect((await run('__names', 'runs')).out.split('\n')).toContain('life/first');
    expect((await run('__names', 'steps', 'life/first')).out.split('\n')).toContain('rows');
    expect((await run('__names', 'pipelines')).out.split('\n')).toContain('life');
    expect((await run('__names', 'endpoints')).out.split('\n')).toContain('shop');
    expect(await run('__names', 'runs', '--address', '127.0.0.1:1')).toEqual({ exit: 0, out: '', err: '', events: [] });
    expect(await sluice('/', ['__names', 'pipelines'])).toEqual({ exit: 0, out: '', err: '', events: [] });
  });
});

async function causeOf(workflowId: string): Promise<{ cause: string | null | undefined }> {
  const { events } = await project.client.workflow.getHandle(workflowId).fetchHistory();
  const asked = events?.find((event) => event.workflowExecutionCancelRequestedEventAttributes);
  return { cause: asked?.workflowExecutionCancelRequestedEventAttributes?.cause };
}
