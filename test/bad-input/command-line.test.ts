import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { processesIn } from '../harness/processes.ts';
import { copyProject } from '../harness/project.ts';
import { type SluiceCalled, sluice, type Told } from './sluice.ts';

let root: string;
let taken: Server;
/** A port on which nothing of ours listens. */
let closedPort: number;

beforeAll(async () => {
  root = await copyProject();
  taken = await listening();
  const other = await listening();
  closedPort = portOf(other);
  await new Promise((done) => other.close(done));
});
afterEach(async () => {
  expect(processesIn(root), 'no process is left').toEqual([]);
  for (const name of ['dev.json', 'temporal', 'mlflow', 'gateway', 'work']) {
    expect(await exists(join(root, '.sluice', name)), `.sluice/${name} was made`).toBe(false);
  }
});
afterAll(async () => {
  await new Promise((done) => taken.close(done));
  await rm(root, { recursive: true, force: true });
});

/** The one error that a command told, by `--json`. */
function errorOf(called: SluiceCalled): Told {
  const error = called.events.find(({ type }) => type === 'error');
  if (error === undefined) throw new Error(`no error was told: ${called.out}${called.err}`);
  return error;
}

describe('a run', () => {
  it('is told every problem of its parameters by path, before any server is asked', async () => {
    const called = await sluice(root, [
      'run',
      'training',
      ...['--param', 'trainer.steps=0', '--param', 'trainer.fault=what', '--param', 'errors=many'],
      ...['--address', `127.0.0.1:${closedPort}`, '--json'],
    ]);
    expect(called.exit).toBe(2);
    const error = errorOf(called);
    expect(error).toMatchObject({ code: 'InvalidParams', where: 'pipeline training' });
    expect(error.fix).toContain('nothing has been started');
    expect((error.data as string[]).map((line) => line.split(':')[0])).toEqual([
      'trainer.steps',
      'trainer.fault',
      'errors',
    ]);
  });

  it('of a pipeline that does not exist is told which there are, and which was meant', async () => {
    const called = await sluice(root, ['run', 'trainin']);
    expect(called.exit).toBe(2);
    expect(called.err).toContain('error Usage  There is no pipeline "trainin". Did you mean "training"?');
    expect(called.err).toMatch(/fix {4}There is: .*\blife\b.*\btraining\b/);
  });

  it('without a Temporal server ends with the address that was tried, why, and what to start', async () => {
    const called = await sluice(root, ['run', 'training', '--address', `127.0.0.1:${closedPort}`]);
    expect(called.exit).toBe(6);
    expect(called.err).toContain('error Unreachable  The Temporal server does not answer.');
    expect(called.err).toContain(`where  127.0.0.1:${closedPort}`);
    expect(called.err).toMatch(/why {4}\S/);
    expect(called.err).toContain('sluice dev');
    expect(called.err).not.toContain('    at ');
  });
});

describe('a config', () => {
  const config = async (name: string, text: string): Promise<string> => {
    await writeFile(join(root, name), text);
    return name;
  };

  it('with keys that do not exist is refused with each of them by path', async () => {
    const file = await config(
      'unknown-keys.config.ts',
      `export default {
        project: 'tiny', pipelines: ['pipelines.ts'], endpoint: {},
        classes: { cpu: { slot: 2, price: { perHour: 1, currency: 'USD', source: 's', at: 'now', note: 'x' } } },
        endpoints: { shop: { server: 'serve.py' } },
      };`,
    );
    const called = await sluice(root, ['run', 'training', '--config', file, '--json']);
    expect(called.exit).toBe(2);
    const error = errorOf(called);
    expect(error).toMatchObject({ code: 'InvalidConfig', where: join(root, file) });
    expect(error.fix).toContain('nothing has been started');
    expect(error.data).toEqual(
      expect.arrayContaining([
        'endpoint: no such option. Did you mean "endpoints"?',
        'classes.cpu.slot: no such option. Did you mean "slots"?',
        'classes.cpu.price.note: no such option.',
        expect.stringMatching(/^endpoints\.shop\.server: no such option\./),
      ]),
    );
  });

  it('with names that lead nowhere is refused with each of them', async () => {
    const file = await config(
      'dangling.config.ts',
      `export default {
        project: 'tiny', pipelines: ['pipelines.ts'], defaultClass: 'gpu',
        classes: { spot: { interruptible: true, fallback: 'on-demant' } },
      };`,
    );
    const called = await sluice(root, ['dev', '--config', file]);
    expect(called.exit).toBe(2);
    expect(called.err).toContain('error InvalidConfig  The configuration has 2 problems.');
    expect(called.err).toContain('defaultClass');
    expect(called.err).toContain('classes.spot.fallback');
  });

  it('that names a pipeline file which is missing, or cannot be loaded, says which and why', async () => {
    await writeFile(join(root, 'broken.ts'), 'export const x = ;\n');
    const missing = await config('missing.config.ts', "export default { project: 'tiny', pipelines: ['nowhere.ts'] };");
    const broken = await config('broken.config.ts', "export default { project: 'tiny', pipelines: ['broken.ts'] };");
    const [none, bad] = await Promise.all([
      sluice(root, ['run', 'training', '--config', missing]),
      sluice(root, ['run', 'training', '--config', broken]),
    ]);
    expect(none.exit).toBe(2);
    expect(none.err).toContain('error InvalidConfig  pipelines.0: there is no file nowhere.ts');
    expect(bad.exit).toBe(2);
    expect(bad.err).toMatch(/error InvalidConfig {2}it cannot be loaded: .*Expression expected/);
    expect(bad.err).toContain(join(root, 'broken.ts'));
  });

  it('that is nowhere to be found is asked for', async () => {
    const folder = join(root, '..', `empty-${process.pid}`);
    await mkdir(folder, { recursive: true });
    try {
      const called = await sluice(folder, ['run', 'training']);
      expect(called.exit).toBe(2);
      expect(called.err).toContain('error InvalidConfig  No sluice.config.ts here or in any folder above.');
      expect(called.err).toContain('sluice init');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('sluice dev', () => {
  it.each([
    ['--temporal-port', 'the Temporal server'],
    ['--mlflow-port', 'MLflow'],
    ['--gateway-port', 'the gateway'],
    ['--events-port', 'preemption notices'],
  ])('with a %s that is in use names port and flag, and starts nothing', async (flag, what) => {
    const port = portOf(taken);
    const called = await sluice(root, ['dev', flag, String(port)]);
    expect(called.exit).toBe(2);
    expect(called.err).toContain(`error PortInUse  Port ${port}, asked for ${what}, is in use.`);
    expect(called.err).toContain(`where  127.0.0.1:${port}`);
    expect(called.err).toContain(`another port by ${flag}`);
    expect(called.out).not.toContain('is up');
  });

  it('without any Python says what to install, and starts nothing', async () => {
    const PATH = join(root, 'nothing-here');
    const called = await sluice(root, ['dev'], { PATH });
    expect(called.exit).toBe(1);
    expect(called.err).toContain('error CommandNotFound  No Python was found');
    expect(called.err).toMatch(/fix {4}Install Python 3\.\d+ or newer/);
    expect(called.out).not.toContain('is up');
  });
});

describe('a worker', () => {
  it('of a class that is not in the config is told which there are', async () => {
    const called = await sluice(root, ['worker', '--class', 'spott', '--address', `127.0.0.1:${closedPort}`]);
    expect(called.exit).toBe(2);
    expect(called.err).toContain('error Usage  There is no resource class "spott". Did you mean "spot"?');
  });
});

describe('a step on this machine', () => {
  afterEach(() => rm(join(root, '.sluice'), { recursive: true, force: true }));

  it('with an interpreter that is not installed names it, and leaves no half of a model', async () => {
    await writeFile(
      join(root, 'no-python.config.ts'),
      "import base from './sluice.config.ts';\nexport default { ...base, python: { interpreter: 'python9.9' } };",
    );
    const called = await sluice(root, ['step', 'training', '--config', 'no-python.config.ts']);
    expect(called.exit).toBe(1);
    expect(called.err).toMatch(/error CommandNotFound .*python9\.9/);
    expect(called.err).toMatch(/fix {4}Install Python/);
    expect(called.err).toContain('error CommandNotFound  model: ');
    expect(await exists(join(root, '.sluice/store/trees'))).toBe(false);
    expect(await readdir(join(root, '.sluice/work'))).toEqual([]);
  });

  it('that fails tells code, place, what to do and the last lines, as a run does', async () => {
    const sql = "select * from read_csv('data/nowhere.csv')";
    const [extract, training] = await Promise.all([
      sluice(root, ['step', 'life', 'rows', '--param', `sql=${sql}`]),
      sluice(root, ['step', 'training', '--param', 'trainer.fault=exit-1']),
    ]);
    expect([extract.exit, training.exit]).toEqual([1, 1]);
    expect(extract.err).toContain('error NotFound  rows: There is no file data/nowhere.csv.');
    expect(extract.err).toContain('fix    Relative paths in SQL are relative to the folder of sluice.config.ts.');
    expect(training.err).toContain('error TrainerFailed  model: The trainer exited with code 1');
    expect(training.err).toContain('  | ValueError: this trainer was told to fail');
    for (const folder of ['work', 'store/tmp', 'tmp/extract']) {
      expect(await readdir(join(root, '.sluice', folder)).catch(() => []), folder).toEqual([]);
    }
  });
});

function listening(): Promise<Server> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => done(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('it does not listen');
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
