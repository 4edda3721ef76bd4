import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
let folder: string;
let project: string;

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command as a user runs it: a process of its own, no terminal. */
function sluice(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = project): Promise<Outcome> {
  return new Promise((done) => {
    const clean = { PATH: process.env.PATH, HOME: folder, ...env };
    execFile(process.execPath, [main, ...args], { cwd, env: clean }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  project = folder;
  expect(await sluice(['init', 'rents'])).toMatchObject({ code: 0 });
  project = join(folder, 'rents');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An address where nothing listens. */
async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return `127.0.0.1:${port}`;
}

describe('the command', () => {
  test('explains itself', async () => {
    const { code, out } = await sluice(['--help']);
    expect(code).toBe(0);
    for (const name of ['init', 'dev', 'run', 'status', 'approve', 'retry', 'preempt', 'step', 'doctor']) {
      expect(out).toContain(`  ${name} `);
    }
  });

  test.each([
    [['frobnicate']],
    [['run']],
    [['run', 'rents', '--param', 'steps']],
    [['run', 'rents', '--wait=never']],
    [['run', 'rent']],
    [['dev', '--ui-port', '70000']],
    [['override', 'rents']],
    [['retry', 'rents']],
    [['worker']],
  ])('ends %j with exit code 2', async (args) => {
    expect(await sluice(args, { TEMPORAL_ADDRESS: await nowhere() })).toMatchObject({ code: 2, out: '' });
  });

  test('tells every bad parameter by its path before anything is sent', async () => {
    const { code, err } = await sluice(['run', 'rents', '--param', 'steps=many', '--param', 'largest=-1']);
    expect(code).toBe(2);
    expect(err).toContain('- steps: Invalid input: expected number, received string');
    expect(err).toContain('- largest: Too small');
  });

  test('tells what is wrong in a file of parameter sets by its lines, before the first is started', async () => {
    const file = join(project, 'sets.csv');
    const each = async (text: string, ...more: string[]) => {
      await writeFile(file, text);
      return sluice(['run', 'rents', '--each', 'sets.csv', '--address', await nowhere(), ...more]);
    };
    const bad = await each('steps,largest\n3,1\nmany,1\n4,-1\n');
    expect(bad.code).toBe(2);
    expect(bad.err).toContain('sets.csv has parameters that rents does not take');
    expect(bad.err).toContain('- line 3: steps: Invalid input: expected number, received string');
    expect(bad.err).toContain('- line 4: largest: Too small');
    expect(bad.err).toContain('nothing has been started');
    expect(await each('steps\n3\n')).toMatchObject({ code: 6 });
    expect(await each('')).toMatchObject({ code: 2 });
    expect(await each('steps\n3\n', '--concurrency', '0')).toMatchObject({ code: 2 });
    expect(await each('steps\n3\n', '--detach', '--wait')).toMatchObject({ code: 2 });
    expect(await sluice(['run', 'rents', '--each', 'nowhere.csv'])).toMatchObject({ code: 2 });
    expect(await sluice(['run', 'rents', '--concurrency', '3'])).toMatchObject({ code: 2 });
  });

  test.each([
    [['runs', '--state', 'faild'], 'Did you mean "failed"?'],
    [['runs', '--since', 'monday'], '--since "monday" is neither a time nor a duration.'],
    [['runs', '--limit', '0'], '--limit 0 is not a count.'],
    [['wait', '--for', 'lunch'], '--for lunch is not known.'],
    [['wait', '--timeout', 'soon'], 'soon'],
    [['artifacts', 'show', 'ab12'], 'is too short: it has 4 digits.'],
    [['artifacts', 'get', 'rents/one'], 'names no artifact'],
    [['artifacts', 'diff', 'ab12ab12'], '2 artifacts are wanted, and 1 is named.'],
    [['completion', 'tcsh'], 'There is no completion for "tcsh".'],
  ])('refuses %j and says what is wrong', async (args, message) => {
    const { code, out, err } = await sluice(args, { TEMPORAL_ADDRESS: await nowhere() });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).not.toContain('bug of Sluice');
  });

  test('completion is told names, and never an error', async () => {
    expect(await sluice(['__names', 'pipelines'])).toEqual({ code: 0, out: 'rents\n', err: '' });
    expect(await sluice(['__names', 'endpoints'])).toEqual({ code: 0, out: 'rents\n', err: '' });
    expect(await sluice(['__names', 'runs', '--address', await nowhere()])).toEqual({ code: 0, out: '', err: '' });
    expect(await sluice(['__names', 'pipelines'], {}, folder)).toEqual({ code: 0, out: '', err: '' });
    expect((await sluice(['--help'])).out).not.toContain('__names');
  });

  test('tells a mistake in a later step before anything is sent, unless asked not to look', async () => {
    const source = await readFile(join(project, 'pipelines', 'rents.ts'), 'utf8');
    await writeFile(join(project, 'pipelines', 'typo.ts'), source.replace("deploy('rents'", "deploy('rentz'"));
    await writeFile(
      join(project, 'typo.config.ts'),
      (await readFile(join(project, 'sluice.config.ts'), 'utf8')).replace('rents.ts', 'typo.ts'),
    );
    const args = ['run', 'rents', '--config', 'typo.config.ts', '--address', await nowhere()];
    const { code, err } = await sluice(args);
    expect(code).toBe(2);
    expect(err).toContain('there is no endpoint "rentz". Did you mean "rents"?');
    expect(err).toContain('Nothing has been started.');
    expect(await sluice([...args, '--no-check'])).toMatchObject({ code: 6 });
  });

  test('guesses the pipeline that was meant', async () => {
    const { err } = await sluice(['run', 'rent']);
    expect(err).toContain('There is no pipeline "rent". Did you mean "rents"?');
  });

  test('says which server does not answer and what to do, without a stack trace, and exits with 6', async () => {
    const address = await nowhere();
    const { code, err } = await sluice(['status', '--address', address]);
    expect(code).toBe(6);
    expect(err).toMatch(
      new RegExp(`^error Unreachable {2}The Temporal server does not answer\\.\n {2}where {2}${address}\n`),
    );
    expect(err).toContain('sluice dev');
    expect(err).not.toContain('    at ');
  });

  test('tells errors as one JSON object on request', async () => {
    const { code, out, err } = await sluice(['run', 'rents', '--json', '--param', 'steps=x']);
    expect(code).toBe(2);
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({
      type: 'error',
      code: 'InvalidParams',
      data: [expect.stringContaining('steps')],
    });
  });

  test('shows a wrong config with all its problems', async () => {
    const path = join(project, 'wrong.config.ts');
    await writeFile(path, "export default { project: 'a b', pipelines: ['x.ts'], clases: {} };\n");
    const { code, err } = await sluice(['status', '--config', path]);
    expect(code).toBe(2);
    expect(err).toContain('The configuration has 2 problems.');
    expect(err).toContain('- clases: no such option. Did you mean "classes"?');
    expect(err).toContain(`where  ${path}`);
  });

  test('shows a config that cannot be parsed with its file', async () => {
    const path = join(project, 'broken.config.ts');
    await writeFile(path, 'export default {\n');
    const { code, err } = await sluice(['status', '--config', path]);
    expect(code).toBe(2);
    expect(err).toContain('it cannot be loaded');
    expect(err).toContain(path);
  });

  test('names both files of two pipelines of one name', async () => {
    const copy = join(project, 'pipelines', 'copy.ts');
    await writeFile(copy, await readFile(join(project, 'pipelines', 'rents.ts'), 'utf8'));
    const path = join(project, 'twice.config.ts');
    await writeFile(path, "export default { project: 'p', pipelines: ['pipelines/rents.ts', 'pipelines/copy.ts'] };\n");
    const { code, err } = await sluice(['run', 'rents', '--config', path]);
    expect(code).toBe(2);
    expect(err).toContain('pipeline "rents" is defined twice');
    expect(err).toContain(copy);
  });

  test('does not write over files that are there', async () => {
    const { code, err } = await sluice(['init', '.']);
    expect(code).toBe(2);
    expect(err).toContain('nothing was written');
  });

  test.each(['train', 'class', '2fast', 'rents'])('makes a project called %s whose steps run', async (name) => {
    expect(await sluice(['init', name])).toMatchObject({ code: 0 });
    const { code, out } = await sluice(['step', name, 'flats'], {}, join(project, name));
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('flats done') });
  });

  test('a check that a step does not pass is listed, and ends the command with 3', async () => {
    expect(await sluice(['init', 'checked'])).toMatchObject({ code: 0 });
    const path = join(project, 'checked/pipelines/checked.ts');
    await writeFile(path, (await readFile(path, 'utf8')).replace('checks: [', "checks: [column('rentt').notNull(), "));
    const { code, out } = await sluice(['step', 'checked', 'flats'], {}, join(project, 'checked'));
    expect({ code, out }).toMatchObject({ code: 3, out: expect.stringMatching(/flats done.*error[\s\S]*rentt/) });
  });

  test('refuses a name for a new project that one of its steps has', async () => {
    const { code, err } = await sluice(['init', 'fit']);
    expect(code).toBe(2);
    expect(err).toContain('has a step called "fit" already');
  });

  test('checks the machine and the project', async () => {
    const { out } = await sluice(['doctor', '--json']);
    const findings = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { what: string; level: string });
    expect(findings).toContainEqual(expect.objectContaining({ what: 'pipelines', level: 'ok', detail: 'rents' }));
    expect(findings).toContainEqual(expect.objectContaining({ what: 'sluice dev', level: 'note' }));
  });
});
