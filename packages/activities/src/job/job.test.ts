import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset, Model, StepOutput } from '@sluice/sdk';
import { CancelledFailure } from '@temporalio/common';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MetricPoint } from './events/training-log.ts';
import {
  type AttemptOptions,
  type Bench,
  bench,
  failureOf,
  inputOf,
  interpreter,
  script,
  shell,
  startAttempt,
} from './testing/attempt.ts';

vi.setConfig({ testTimeout: 60_000 });
let on: Bench;
beforeEach(async () => {
  on = await bench();
});
afterEach(() => on.close());

const { ref } = inputOf('train', 1);
const hyper = (values: Record<string, unknown>): AttemptOptions => ({ spec: { hyper: values as never } });
const digestOf = async (of: Promise<{ result: Model | StepOutput }>) => ((await of).result as Model).digest;

test('a job that trains to its end gives a model with metrics, lineage and origin', async () => {
  const run = startAttempt(on, 1);
  const { result, progress } = await run.outcome;
  expect(result).toMatchObject({
    kind: 'model',
    step: 'airport=EWR/delay',
    keys: { airport: 'EWR' },
    metrics: { loss: 1 / 20 },
    lineage: { data: {}, parents: [] },
    mlflowRunId: null,
  });
  expect(progress).toMatchObject({ step: 20, total: 20, resumedFrom: null, machine: 'gpu-0', pid: process.pid });
  await on.context.store.fetch(result as Model, join(on.root, 'model'));
  expect(await readdir(join(on.root, 'model'))).toEqual(['weights.txt']);
  expect(await readdir(join(on.context.stateDir, 'work'))).toEqual([]);
});

test('SIGKILL of the process group is a preemption, and the next attempt makes the very same model', async () => {
  const undisturbed = await bench();
  const wanted = await digestOf(startAttempt(undisturbed, 1, hyper({ steps: 23 })).outcome);
  await undisturbed.close();

  const killed = hyper({ steps: 23, fault: { at: 12, how: 'kill', after: 0.3 } });
  const failure = await failureOf(startAttempt(on, 1, killed).outcome);
  expect(failure.type).toBe('Preempted');
  expect(failure.nonRetryable).toBe(true);
  expect(failure.details).toMatchObject({ signal: 'SIGKILL', exitCode: null, progress: { step: 12, checkpoint: 10 } });

  const second = startAttempt(on, 2, killed);
  expect(await digestOf(second.outcome)).toBe(wanted);
  expect((await second.outcome).progress).toMatchObject({ resumedFrom: 10, step: 23 });
});

test('a preemption notice gives the trainer time to checkpoint where it stands', async () => {
  const options = hyper({ steps: 20, every: 100, fault: { at: 7, how: 'wait' } });
  const run = startAttempt(on, 1, options);
  await run.until(({ step }) => step === 7);
  const started = Date.now();
  on.notice(Date.now() + 30_000);
  const failure = await failureOf(run.outcome);
  expect(Date.now() - started).toBeLessThan(10_000);
  expect(failure.type).toBe('Preempted');
  expect(failure.message).toContain('gpu-0 goes away');
  expect(failure.details).toMatchObject({ exitCode: 75, progress: { checkpoint: 7, step: 7 } });
  expect((await startAttempt(on, 2, options).outcome).progress.resumedFrom).toBe(7);
});

test('a trainer that ignores SIGTERM is killed before the deadline', async () => {
  const run = startAttempt(on, 1, hyper({ deaf: true, fault: { at: 7, how: 'wait' } }));
  await run.until(({ checkpoint }) => checkpoint === 5);
  const deadline = Date.now() + 3500;
  on.notice(deadline);
  const failure = await failureOf(run.outcome);
  expect(Date.now()).toBeLessThan(deadline);
  expect(failure).toMatchObject({ type: 'Preempted', details: { signal: 'SIGKILL', progress: { checkpoint: 5 } } });
});

test('exit 0 after SIGTERM without a model is a preemption, not a missing model', async () => {
  const run = startAttempt(on, 1, hyper({ exitOnTerm: 0, fault: { at: 3, how: 'wait' } }));
  await run.until(({ step }) => step === 3);
  on.notice(Date.now() + 30_000);
  expect((await failureOf(run.outcome)).type).toBe('Preempted');
});

test('exit 75 without being asked is a preemption', async () => {
  const failure = await failureOf(startAttempt(on, 1, { spec: { run: shell('exit 75') } }).outcome);
  expect(failure).toMatchObject({ type: 'Preempted', details: { exitCode: 75 } });
});

test('a worker that shuts down lets the trainer checkpoint and says why', async () => {
  const run = startAttempt(on, 1, hyper({ every: 100, fault: { at: 4, how: 'wait' } }));
  await run.until(({ step }) => step === 4);
  run.cancel('shutdown');
  const failure = await failureOf(run.outcome);
  expect(failure.type).toBe('Preempted');
  expect(failure.message).toContain('worker shutdown');
  expect(failure.details.progress?.checkpoint).toBe(4);
});

test('a cancelled run ends the trainer and stays a cancellation', async () => {
  const run = startAttempt(on, 1, { ...hyper({ deaf: true, fault: { at: 4, how: 'wait' } }), grace: { cancel: 300 } });
  await run.until(({ step }) => step === 4);
  run.cancel('cancelled');
  await expect(run.outcome).rejects.toBeInstanceOf(CancelledFailure);
  expect(await readdir(join(on.context.stateDir, 'work'))).toEqual([]);
});

test('an attempt that nobody waits for any more is killed at once', async () => {
  const run = startAttempt(on, 1, hyper({ fault: { at: 4, how: 'wait' }, every: 100 }));
  await run.until(({ step }) => step === 4);
  run.cancel('gone');
  expect(await failureOf(run.outcome)).toMatchObject({ type: 'Fenced', details: { signal: 'SIGKILL' } });
});

test('a zombie attempt cannot commit over its successor, and is ended when it tries', async () => {
  const zombie = startAttempt(on, 1, hyper({ pause: 0.05, steps: 100_000 }));
  await zombie.until(({ checkpoint }) => checkpoint !== null);
  const successor = startAttempt(on, 2, hyper({ pause: 0.05, steps: 100_000 }));
  const failure = await failureOf(zombie.outcome);
  expect(failure.type).toBe('Fenced');
  await successor.until(({ checkpoint, resumedFrom }) => (checkpoint ?? 0) > (resumedFrom ?? 0));
  successor.cancel('cancelled');
  await successor.outcome.catch(() => {});
});

test('an outdated attempt leaves the last word in the training log to its successor, if it has one', async () => {
  const ends: string[] = [];
  const trainingLog = () => ({
    start: async () => ({ runId: 'r1' }),
    metrics: () => {},
    end: async (status: string) => void ends.push(status),
  });
  const endless = { trainingLog, ...hyper({ pause: 0.05, steps: 100_000, every: 100_000 }) };
  const zombie = startAttempt(on, 1, endless);
  await zombie.until(({ step }) => step !== null);
  const successor = startAttempt(on, 2, endless);
  await successor.until(({ step }) => step !== null);
  zombie.cancel('gone');
  expect((await failureOf(zombie.outcome)).type).toBe('Fenced');
  successor.cancel('gone');
  expect((await failureOf(successor.outcome)).type).toBe('Fenced');
  expect(ends).toEqual(['preempted', 'cancelled']);
});

test('an attempt that is ended from outside before it has begun closes its record, unless a successor has claimed the work', async () => {
  const ends: string[] = [];
  const trainingLog = () => ({
    start: async () => ({ runId: 'r1' }),
    metrics: () => {},
    end: async (status: string) => void ends.push(status),
  });
  const slow = { trainingLog, ...hyper({ pause: 0.05, steps: 100_000 }) };
  const first = startAttempt(on, 1, slow);
  first.cancel('gone'); // its run was cancelled, and is over
  expect((await failureOf(first.outcome)).type).toBe('Fenced');
  const successor = startAttempt(on, 3, slow);
  await successor.until(({ step }) => step !== null);
  const late = startAttempt(on, 2, slow);
  late.cancel('gone');
  expect((await failureOf(late.outcome)).type).toBe('Fenced');
  expect(ends).toEqual(['cancelled', 'preempted']);
  successor.cancel('cancelled');
  await successor.outcome.catch(() => {});
});

test('an error of the script is the job’s own, with its exit code and last lines', async () => {
  const failure = await failureOf(startAttempt(on, 1, hyper({ fault: { at: 6, how: 'raise' } })).outcome);
  expect(failure.type).toBe('TrainerFailed');
  expect(failure.message).toContain('exited with code 1: ValueError: bad learning rate – wirklich');
  expect(failure.message).toContain('step airport=EWR/delay, attempt 1');
  expect(failure.details).toMatchObject({ exitCode: 1, signal: null, progress: { step: 6, checkpoint: 5 } });
  expect(failure.details.tail.at(-1)).toBe('ValueError: bad learning rate – wirklich');
});

test('a line that is no event ends the attempt and is quoted with its number', async () => {
  const failure = await failureOf(startAttempt(on, 1, hyper({ fault: { at: 2, how: 'rubbish' } })).outcome);
  expect(failure.type).toBe('ProtocolError');
  expect(failure.message).toContain('Line 6 of the events file is not JSON: step 3: loss 0.1');
});

test('memory that runs out is told apart from other errors', async () => {
  const failure = await failureOf(startAttempt(on, 1, hyper({ fault: { at: 2, how: 'memory' } })).outcome);
  expect(failure.type).toBe('OutOfMemory');
  expect(failure.message).toContain('Unable to allocate 1.00 TiB');
});

test('a trainer without a sign of life is killed', async () => {
  const options = { spec: { stall: 700, hyper: { fault: { at: 2, how: 'hang' } } as never } };
  const failure = await failureOf(startAttempt(on, 1, options).outcome);
  expect(failure.type).toBe('TrainerStalled');
  expect(failure.message).toContain('no event, no output');
});

test('a trainer that only writes files is alive', async () => {
  const run = await script(
    on,
    'import pathlib\nfor i in range(24):\n    pathlib.Path(spec["checkpoints"], "big").write_text(str(i)); time.sleep(0.2)\n',
  );
  const { result } = await startAttempt(on, 1, { kind: 'step', spec: { run, stall: 4000 } }).outcome;
  expect(result).toMatchObject({ files: null, value: null });
});

test('an attempt ends after its maxRuntime', async () => {
  const budgets = { errors: 2, preemptions: 50, onDemandAfter: 5, deadline: null, maxRuntime: 4000, maxQueued: null };
  const run = startAttempt(on, 1, { spec: { budgets, hyper: { every: 100, fault: { at: 2, how: 'wait' } } as never } });
  const failure = await failureOf(run.outcome);
  expect(failure.type).toBe('BudgetSpent');
  expect(failure.details.progress?.checkpoint).toBe(2);
});

test('a trainer that leaves no model is told so', async () => {
  expect((await failureOf(startAttempt(on, 1, hyper({ model: false })).outcome)).type).toBe('NoModel');
});

test('a model outside of the output directory is refused', async () => {
  const run = await script(on, 'tell(type="model", path="/tmp")');
  const failure = await failureOf(startAttempt(on, 1, { spec: { run } }).outcome);
  expect(failure.type).toBe('ProtocolError');
  expect(failure.message).toContain('does not lie below');
});

test('a program that cannot be executed is named, and leaves no process waited for', async () => {
  const file = join(on.context.root, 'train.sh');
  await writeFile(file, '#!/no/such/interpreter\n', { mode: 0o755 });
  const run = { interpreter: 'exec', argv: ['./train.sh'], code: [], env: {} } as const;
  const failure = await failureOf(startAttempt(on, 1, { spec: { run } }).outcome);
  expect(failure.type).toBe('CommandNotFound');
  expect(failure.message).toContain('train.sh cannot be executed');
});

test('a program that is not installed is named, with what to do', async () => {
  const run = { interpreter: 'exec', argv: ['no-such-program'], code: [], env: {} } as const;
  const failure = await failureOf(startAttempt(on, 1, { spec: { run } }).outcome);
  expect(failure.type).toBe('CommandNotFound');
  expect(failure.message).toContain('Install no-such-program');
  const bare = await bench({ python: 'python-from-nowhere' });
  expect((await failureOf(startAttempt(bare, 1).outcome)).message).toContain('Install Python');
  await bare.close();
});

test('a plain step gives its result and its files, Unicode and all', async () => {
  const run = await script(
    on,
    'open(os.path.join(spec["output"], "räksmörgås 🦐.txt"), "w").write("x")\ntell(type="log", level="info", message="ünï")\nevents.write(json.dumps({"type": "result", "value": {"größe": [1, None, "日本"]}}, ensure_ascii=False))',
  );
  const { result } = await startAttempt(on, 1, { kind: 'step', spec: { run } }).outcome;
  expect(result).toMatchObject({ value: { größe: [1, null, '日本'] }, files: { kind: 'files', bytes: 1 } });
  const logs = join(on.context.stateDir, 'logs');
  const [log = ''] = (await readdir(logs, { recursive: true })).filter((name) => name.endsWith('.1.log'));
  expect(await readFile(join(logs, log), 'utf8')).toContain('[info] ünï');
});

test('a wrapper that counts processes anew does not make the trainer an orphan', async () => {
  const file = join(on.root, 'inside.py');
  await writeFile(
    file,
    'import sluice, time\nwith sluice.step() as job:\n    time.sleep(2.5)\n    job.result("trained")',
  );
  // As `apptainer exec --pid` does it; where a user may not, within a namespace of users, or else what it would see.
  const wrapped = ['unshare --pid', 'unshare --user --map-root-user --pid']
    .map((unshare) => `${unshare} --fork --mount-proc ${interpreter} ${file}`)
    .concat(`SLUICE_PARENT_PID=4194303 SLUICE_PARENT_PID_NAMESPACE=1 ${interpreter} ${file}`)
    .join(' || ');
  const { result } = await startAttempt(on, 1, { kind: 'step', spec: { run: shell(wrapped) } }).outcome;
  expect((result as StepOutput).value).toBe('trained');
});

test('what a trainer leaves running is killed with it', async () => {
  const run = await script(
    on,
    'import subprocess\nchild = subprocess.Popen(["sleep", "600"])\nfar = subprocess.Popen(["sleep", "600"], start_new_session=True)\nprint(child.pid, far.pid, flush=True)\nos.killpg(0, signal.SIGKILL)',
  );
  const failure = await failureOf(startAttempt(on, 1, { spec: { run } }).outcome);
  const pids = failure.details.tail[0]?.split(' ').map(Number) ?? [];
  expect(pids).toHaveLength(2);
  for (const pid of pids) await vi.waitFor(() => expect(alive(pid)).toBe(false));
});

test('a helper that ignores SIGTERM does not use up the time for the checkpoint', async () => {
  const run = await script(
    on,
    'import subprocess\nsubprocess.Popen(["sh", "-c", "trap : TERM; while true; do sleep 1; done"])\nstop = []\nsignal.signal(signal.SIGTERM, lambda *_: stop.append(1))\ntell(type="progress", step=1)\nwhile not stop: time.sleep(0.01)\nsys.exit(75)',
  );
  const attempt = startAttempt(on, 1, { spec: { run } });
  await attempt.until(({ step }) => step === 1);
  const began = Date.now();
  on.notice(began + 30_000);
  expect((await failureOf(attempt.outcome)).type).toBe('Preempted');
  expect(Date.now() - began).toBeLessThan(10_000);
});

test('a notice that is in force already leaves no time to begin', async () => {
  const notice = { eventId: 'e', deadline: Date.now() + 20_000, reason: 'Preempt by Platform' };
  const going = await bench({ preemption: { current: () => notice, subscribe: () => () => {} } });
  const failure = await failureOf(startAttempt(going, 1).outcome);
  expect(failure).toMatchObject({
    type: 'Preempted',
    details: { exitCode: null, signal: null, progress: { step: null } },
  });
  await going.close();
});

test('a notice of many minutes is used for training first', async () => {
  const run = startAttempt(on, 1, { ...hyper({ every: 100, fault: { at: 3, how: 'wait' } }), grace: { notice: 1000 } });
  await run.until(({ step }) => step === 3);
  const began = Date.now();
  on.notice(began + 2500);
  expect((await failureOf(run.outcome)).details.exitCode).toBe(75);
  expect(Date.now() - began).toBeGreaterThan(1400);
});

test('checkpoints that fail to upload neither stop nor fail the training', async () => {
  const { store } = on.context;
  const broken = await bench({
    store: {
      ...store,
      putTree: (path, kind, holder) =>
        kind === 'checkpoint' ? Promise.reject(new Error('store is down')) : store.putTree(path, kind, holder),
    },
  });
  const { progress } = await startAttempt(broken, 1).outcome;
  expect(progress).toMatchObject({ step: 20, checkpoint: null });
  await broken.close();
});

test('a checkpoint with a link in it is refused at once, not after hours', async () => {
  const run = await script(
    on,
    'folder = os.path.join(spec["checkpoints"], "c")\nos.mkdir(folder); os.symlink("/etc/hostname", os.path.join(folder, "link"))\ntell(type="checkpoint", step=1, path=folder)\ntime.sleep(600)',
  );
  expect((await failureOf(startAttempt(on, 1, { spec: { run } }).outcome)).type).toBe('InvalidStep');
});

test('a checkpoint that does not exist is the trainer’s error', async () => {
  const run = await script(on, 'tell(type="checkpoint", step=1, path="nowhere")\ntime.sleep(600)');
  const failure = await failureOf(startAttempt(on, 1, { spec: { run } }).outcome);
  expect(failure.type).toBe('ProtocolError');
  expect(failure.message).toContain('The checkpoint nowhere does not exist');
});

test('datasets and models are there as local files when the trainer starts', async () => {
  await writeFile(join(on.root, 'd'), 'rows');
  const flights = { ...(await on.context.store.putFile(join(on.root, 'd'), 'dataset')), rows: 4 } as Dataset;
  const first = (await startAttempt(on, 1).outcome).result as Model;
  const run = await script(
    on,
    'd, m = spec["data"]["flights"], spec["models"][0]\ntell(type="result", value=[open(d["path"]).read(), d["rows"], d["digest"], m["name"], m["keys"], os.listdir(m["path"]), spec["hyper"], spec["seed"]])',
  );
  const second = startAttempt(on, 1, {
    kind: 'step',
    spec: { run, data: { flights }, models: [first] },
    input: { ref: { ...ref, step: 'other' } },
  });
  expect(((await second.outcome).result as StepOutput).value).toEqual([
    'rows',
    4,
    flights.digest,
    'delay',
    { airport: 'EWR' },
    ['weights.txt'],
    {},
    7,
  ]);
});

test('metrics go to the training log as the trainer told them, and it hears how the attempt ended', async () => {
  const points: MetricPoint[] = [];
  const ends: string[] = [];
  const trainingLog = () => ({
    start: async () => ({ runId: 'r1' }),
    metrics: (more: readonly MetricPoint[]) => void points.push(...more),
    end: async (status: string) => void ends.push(status),
  });
  const { result } = await startAttempt(on, 1, { trainingLog, ...hyper({ steps: 3 }) }).outcome;
  expect((result as Model).mlflowRunId).toBe('r1');
  expect(points.map(({ name, value, step }) => [name, value, step])).toEqual(
    [1, 2, 3].map((step) => ['loss', 1 / step, step]),
  );
  await failureOf(
    startAttempt(on, 2, {
      trainingLog,
      ...hyper({ steps: 3, model: false, more: 1 }),
      input: { ref: { ...ref, step: 'x' } },
    }).outcome,
  );
  expect(ends).toEqual(['done', 'failed']);
});

test('300,000 log events cost the worker no memory to speak of, and no checkpoint waits for them', async () => {
  const run = await script(
    on,
    'path = os.path.join(spec["checkpoints"], "c")\nopen(path, "w").write("c")\nfor i in range(300_000): events.write(json.dumps({"type": "log", "level": "info", "message": "x" * 200 + str(i)}) + "\\n")\ntell(type="checkpoint", step=1, path=path)\nopen(os.path.join(spec["output"], "m"), "w").write("m")',
  );
  const heap = (): number => process.memoryUsage().heapUsed / 2 ** 20;
  const before = heap();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, heap());
  }, 20);
  const { progress } = await startAttempt(on, 1, { spec: { run } }).outcome.finally(() => clearInterval(timer));
  expect(progress.checkpoint).toBe(1);
  expect(most - before).toBeLessThan(200);
  const logs = join(on.context.stateDir, 'logs');
  const [log = ''] = (await readdir(logs, { recursive: true })).filter((name) => name.endsWith('.1.log'));
  const lines = (await readFile(join(logs, log), 'utf8')).split('\n');
  const missing = lines.reduce(
    (sum, line) => sum + Number(/^\[warning\] (\d+) lines are missing/.exec(line)?.[1] ?? 0),
    0,
  );
  expect(lines.filter((line) => line.startsWith('[info]')).length + missing).toBe(300_000);
});

test('a metric with a name of 251 letters, and a message of two megabytes, are warnings and not the end', async () => {
  const run = await script(
    on,
    'tell(type="metric", step=1, values={"é" * 251: 1, "loss": 2})\ntell(type="metric", step=2, values={"é" * 251: 1})\ntell(type="log", level="info", message="m" * 2_000_000)\nopen(os.path.join(spec["output"], "m"), "w").write("m")\n',
  );
  const { result } = await startAttempt(on, 1, { spec: { run } }).outcome;
  expect((result as Model).metrics).toMatchObject({ loss: 2 });
  const logs = join(on.context.stateDir, 'logs');
  const [log = ''] = (await readdir(logs, { recursive: true })).filter((name) => name.endsWith('.1.log'));
  const text = await readFile(join(logs, log), 'utf8');
  expect(
    text.match(/^\[warning\] a metric's name of 251 letters, é{80}…, is shortened: it may have 1 to 250$/gm),
  ).toHaveLength(1);
  expect(text).toMatch(/^\[info\] m{4000}… \(1\.9 MiB, cut\)$/m);
});

test('a result of megabytes names its step and its size', async () => {
  const run = await script(on, 'tell(type="result", value="r" * 2_000_000)');
  const failure = await failureOf(startAttempt(on, 1, { kind: 'step', spec: { run } }).outcome);
  expect(failure.type).toBe('ProtocolError');
  expect(failure.message).toContain(
    'The result is 1.9 MiB of JSON; a result may have 1 MiB. (at step airport=EWR/delay',
  );
  expect(failure.message).toContain('Write it to a file in the output directory');
});

test('a shell around the trainer does not keep SIGTERM from it', async () => {
  const inner = await script(
    on,
    'stop = []\nsignal.signal(signal.SIGTERM, lambda *_: stop.append(1))\ntell(type="progress", step=3, total=9)\nwhile not stop: time.sleep(0.01)\npath = os.path.join(spec["checkpoints"], "c.bin")\nopen(path, "w").write("c")\ntell(type="checkpoint", step=3, path=path)\nsys.exit(75)',
  );
  const run = startAttempt(on, 1, { spec: { run: shell(`${on.context.python} ${inner.argv[0]}; true`) } });
  await run.until(({ step }) => step === 3);
  on.notice(Date.now() + 30_000);
  const failure = await failureOf(run.outcome);
  expect(failure).toMatchObject({ type: 'Preempted', details: { progress: { checkpoint: 3 } } });
});

test('a checkpoint of 200 MB does not hold the trainer up', async () => {
  const run = await script(
    on,
    'path = os.path.join(spec["checkpoints"], "big")\nwith open(path, "wb") as file:\n    for i in range(200): file.write(os.urandom(1 << 20))\ntell(type="checkpoint", step=1, path=path)\nworst = 0\nfor i in range(2, 100):\n    began = time.time(); tell(type="metric", step=i, values={"x": i}); time.sleep(0.005); worst = max(worst, time.time() - began)\nopen(os.path.join(spec["output"], "m"), "w").write("m")\ntell(type="metric", step=100, values={"worst": worst})',
  );
  const { result, progress } = await startAttempt(on, 1, { spec: { run } }).outcome;
  expect((result as Model).metrics.worst).toBeLessThan(0.5);
  expect(progress.checkpoint).toBe(1);
});

/** A zombie is dead, whoever forgets to collect it. */
function alive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
