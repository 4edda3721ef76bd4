import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mlflowRequirements } from '../packages/cli/src/dev/mlflow-server.ts';
import { findTemporal } from '../packages/cli/src/dev/temporal-binary.ts';
import { ensurePythonEnv } from '../packages/cli/src/python-env.ts';
import { referenceLibraries } from '../test/parity/metrics/reference-libraries.ts';
import { installed } from './apt.ts';
import { findChromium } from './chromium.ts';

/**
 * All checks and tests, on a bare machine: installs what is missing, then runs format, lint and types, the unit
 * tests, the tests on real servers and the Python tests. The last line counts them.
 */

const root = join(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const say = (line: string) => console.log(`\n== ${line}`);

interface Count {
  passed: number;
  failed: number;
  /** What failed, a line each: a log may be read by its end alone. */
  failures?: readonly string[];
}

async function main(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  const total = { passed: 0, failed: 0 };
  const failures: string[] = [];
  const add = (what: string, count: Count) => {
    console.log(`${what}: ${count.passed} passed, ${count.failed} failed`);
    total.passed += count.passed;
    total.failed += count.failed;
    if (count.failed > 0)
      failures.push(...(count.failures?.length ? count.failures : ['see above']).map((line) => `${what}: ${line}`));
  };
  try {
    say('format, lint, types');
    add('biome', await asOne(bin('biome'), ['check', '.']));
    add('tsc', await asOne(bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']));

    say('what the tests need: Temporal, MLflow, Python environments, Chromium, tmux and shells');
    const log = (line: string) => console.log(line);
    await findTemporal({ onProgress: log });
    await ensurePythonEnv({ name: 'mlflow', requirements: mlflowRequirements, log });
    const python = await ensurePythonEnv({
      name: 'flight-delays-test',
      requirements: join(root, 'examples/flight-delays/requirements-test.txt'),
      log,
    });
    const tasks = await ensurePythonEnv({
      name: 'tasks-test',
      requirements: join(root, 'examples/tasks/requirements-test.txt'),
      log,
    });
    const frameworks = await ensurePythonEnv({
      name: 'frameworks',
      requirements: join(root, 'packages/trainer/frameworks/requirements.txt'),
      log,
    });
    const notebook = await ensurePythonEnv({
      name: 'notebook',
      requirements: join(root, 'packages/trainer/notebook/requirements.txt'),
      log,
    });
    await referenceLibraries(log);
    const chromium = await findChromium(log);
    await installed(['tmux', 'zsh', 'fish'], log);

    say('Python: trainer package, examples, frameworks');
    for (const folder of ['packages/trainer', 'examples/flight-delays', 'examples/digits']) {
      add(folder, await pytest(python.python, folder, join(scratch, `${folder.replace('/', '-')}.xml`)));
    }
    add('examples/tasks', await pytest(tasks.python, 'examples/tasks', join(scratch, 'examples-tasks.xml')));
    add('mypy', await asOne(notebook.python, ['-m', 'mypy'], { cwd: join(root, 'packages/trainer') }));
    const real = 'packages/trainer/frameworks';
    add(real, await pytest(frameworks.python, real, join(scratch, 'frameworks.xml')));

    for (const project of ['unit', 'e2e']) {
      say(`Vitest: ${project}`);
      add(project, await vitest(project, join(scratch, `${project}.json`), { CHROMIUM_PATH: chromium }));
    }
  } catch (error) {
    console.error(error);
    add('tests', { passed: 0, failed: 1, failures: [String(error)] });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  if (failures.length > 0) console.log(`\nfailed:\n${failures.join('\n')}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** A tool that has no tests to count: one passed or one failed. */
async function asOne(command: string, args: string[], options?: Parameters<typeof run>[2]): Promise<Count> {
  const code = await run(command, args, options);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function vitest(project: string, report: string, env: Record<string, string>): Promise<Count> {
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run(bin('vitest'), args, { env });
  const result = JSON.parse(await readFile(report, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    testResults: { name: string; status: string; message: string; assertionResults: Assertion[] }[];
  };
  // A file that could not be loaded, an error between tests or a skipped test is a failure nobody may overlook.
  const failed = result.numFailedTests + result.numPendingTests;
  const failures = result.testResults.flatMap((file) => [
    ...(file.status === 'failed' && file.message ? [`${file.name}: ${file.message}`] : []),
    ...file.assertionResults
      .filter((test) => test.status !== 'passed')
      .map((test) => `${file.name}: ${test.fullName}: ${test.failureMessages.join(' ') || test.status}`),
  ]);
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    failures: failures.map((line) => line.replace(`${root}/`, '').slice(0, 1000)),
  };
}

interface Assertion {
  fullName: string;
  status: string;
  failureMessages: string[];
}

async function pytest(python: string, folder: string, report: string): Promise<Count> {
  const code = await run(python, ['-m', 'pytest', '-q', `--junitxml=${report}`], { cwd: join(root, folder) });
  const xml = await readFile(report, 'utf8').catch(() => '');
  const read = (name: string) => Number(xml.match(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`))?.[1] ?? 0);
  const failed = read('failures') + read('errors') + read('skipped');
  const failures = [...xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*><(?:failure|error|skipped)/g)];
  return {
    passed: read('tests') - failed,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    failures: failures.map((match) => `${match[1]} ${match[2]}`),
  };
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

await main();
