import { statfs } from 'node:fs/promises';
import { keyringOf } from '@sluice/activities/encryption';
import { SluiceError, taskQueue } from '@sluice/sdk';
import type { LoadedConfig } from '../config/load-config.ts';
import { loadConfig } from '../config/load-config.ts';
import { loadPipelines } from '../config/load-pipelines.ts';
import { unfitPipelines } from '../config/sandbox-imports.ts';
import { hasSetpriv } from '../dev/child.ts';
import { type DevFile, readDevFile } from '../dev/dev-file.ts';
import { claimPort } from '../dev/ports.ts';
import { missingSearchAttributes } from '../dev/search-attributes.ts';
import { onPath, presentTemporal, TEMPORAL_CLI } from '../dev/temporal-binary.ts';
import { checkoutOf } from '../git.ts';
import { findPython } from '../python-env.ts';
import { connectClient, type TemporalTarget, temporalTarget } from '../run/temporal-target.ts';

export interface Finding {
  /** `problem`: something will not work; `note`: it will, with a difference. */
  readonly level: 'ok' | 'note' | 'problem';
  readonly what: string;
  readonly detail: string;
  readonly fix: string | null;
}

export interface DoctorOptions {
  readonly config?: string;
  readonly address?: string;
  readonly namespace?: string;
}

/** Looks at this machine, then at this project, then at what runs for it. */
export async function* findings(options: DoctorOptions): AsyncGenerator<Finding> {
  yield node();
  yield await python();
  yield setpriv();
  yield flock();
  yield temporalProgram();
  yield await loopback();
  const loaded = await project(options);
  yield loaded.finding;
  yield await disk(loaded.config?.root ?? process.cwd());
  if (loaded.config === null) return;
  yield* pipelines(loaded.config, await loadedPipelines(loaded.config));
  yield store(loaded.config);
  yield* encryption(loaded.config);
  yield await git(loaded.config.root);
  const stack = await readDevFile(loaded.config.root);
  yield stackFinding(stack);
  const target = await temporalTarget({ ...options, loaded: loaded.config }).catch(() => null);
  if (target !== null) yield* temporalServer(target, loaded.config, stack);
  yield* mlflow(loaded.config, stack);
}

const ok = (what: string, detail: string): Finding => ({ level: 'ok', what, detail, fix: null });
const note = (what: string, detail: string, fix: string | null): Finding => ({ level: 'note', what, detail, fix });
const problem = (what: string, detail: string, fix: string): Finding => ({ level: 'problem', what, detail, fix });

/** Always fit: the command does not start on another. */
function node(): Finding {
  return ok('Node', `${process.versions.node} (${process.execPath})`);
}

async function python(): Promise<Finding> {
  try {
    const { executable } = await findPython(undefined, '3.9');
    return ok('Python', executable);
  } catch (error) {
    return problem('Python', messageOf(error), fixOf(error, 'Install Python 3.9 or newer.'));
  }
}

function flock(): Finding {
  if (process.platform !== 'linux' || onPath('flock') !== null) {
    return ok('flock', 'of two stacks, or two gateways, on one folder the second is refused');
  }
  return problem(
    'flock',
    'not on the PATH: neither sluice dev nor the gateway starts without it',
    'Install util-linux.',
  );
}

function setpriv(): Finding {
  if (hasSetpriv()) return ok('setpriv', 'what sluice dev and the gateway start dies with them, whatever ends them');
  return note(
    'setpriv',
    'not there: when sluice dev or the gateway is killed, what it had started may stay until the next start',
    'On Linux, install util-linux.',
  );
}

function temporalProgram(): Finding {
  try {
    const found = presentTemporal();
    if (found !== null) return ok('temporal', `${found.path} (${found.from})`);
  } catch (error) {
    return problem('temporal', messageOf(error), fixOf(error, 'Correct SLUICE_TEMPORAL.'));
  }
  const go = onPath('go');
  if (go !== null) return note('temporal', `not there yet; sluice dev builds ${TEMPORAL_CLI} by ${go}`, null);
  return problem(
    'temporal',
    'not there, and no Go to build it',
    'Install the Temporal CLI (https://docs.temporal.io/cli) or Go 1.24; or use a server by --address.',
  );
}

async function loopback(): Promise<Finding> {
  try {
    await claimPort(0, 'a check', '');
    return ok('loopback', 'ports can be opened on 127.0.0.1');
  } catch (error) {
    return problem('loopback', messageOf(error), 'Allow this user to listen on 127.0.0.1.');
  }
}

async function project(options: DoctorOptions): Promise<{ config: LoadedConfig | null; finding: Finding }> {
  try {
    const config = await loadConfig(options.config === undefined ? {} : { file: options.config });
    const classes = Object.keys(config.config.classes).join(', ');
    return { config, finding: ok('config', `${config.path} (project ${config.config.project}; classes ${classes})`) };
  } catch (error) {
    return { config: null, finding: problem('config', messageOf(error), fixOf(error, 'Correct it.')) };
  }
}

async function disk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / 2 ** 30;
  const detail = `${free.toFixed(1)} GiB free at ${folder}`;
  if (free < 1) return problem('disk', detail, 'Make room: checkpoints and artifacts are kept below .sluice.');
  return free < 5
    ? note('disk', detail, 'Checkpoints and artifacts are kept below .sluice; make room.')
    : ok('disk', detail);
}

/** By name; what went wrong where they cannot be loaded. */
async function loadedPipelines(loaded: LoadedConfig): Promise<readonly string[] | Error> {
  try {
    return [...(await loadPipelines(loaded)).keys()];
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function* pipelines(loaded: LoadedConfig, found: readonly string[] | Error): Generator<Finding> {
  if (found instanceof Error) yield problem('pipelines', messageOf(found), fixOf(found, 'Correct the pipeline file.'));
  const unfit = [...unfitPipelines(loaded).values()];
  for (const error of unfit) yield problem('pipelines', messageOf(error), fixOf(error, 'Take the import out.'));
  if (!(found instanceof Error) && unfit.length === 0) yield ok('pipelines', found.join(', '));
}

function store({ config }: LoadedConfig): Finding {
  const { store: where } = config;
  if (where.kind === 'file') return ok('store', `folder ${where.root}`);
  const variable = where.connectionStringEnv;
  if (variable !== undefined && !process.env[variable]) {
    return problem('store', `${variable} is not set`, `Set it to the storage account's connection string.`);
  }
  return ok('store', `Azure container ${where.container}`);
}

function* encryption({ config }: LoadedConfig): Generator<Finding> {
  if (config.encryption === undefined) return;
  try {
    const ring = keyringOf(config);
    const what = config.encryption.payloads ? 'tokens are sealed, histories are encrypted' : 'tokens are sealed';
    yield ok('encryption', `${what} by the key ${ring?.current} (${config.encryption.keyEnv})`);
  } catch (error) {
    yield problem('encryption', messageOf(error), fixOf(error, 'Set the key.'));
  }
}

async function git(root: string): Promise<Finding> {
  const { commit, dirty } = await checkoutOf(root);
  if (commit === null) return note('git', 'no commit: models cannot say which code made them', 'git init, and commit.');
  return dirty
    ? note('git', `${commit.slice(0, 12)} with changes that are not committed`, null)
    : ok('git', commit.slice(0, 12));
}

function stackFinding(stack: DevFile | null): Finding {
  if (stack === null) return note('sluice dev', 'does not run in this project', 'Start it: sluice dev');
  return ok(
    'sluice dev',
    `process ${stack.pid}; workers ${stack.workers.map(({ machine }) => machine).join(', ') || 'none'}`,
  );
}

async function* temporalServer(
  target: TemporalTarget,
  loaded: LoadedConfig,
  stack: DevFile | null,
): AsyncGenerator<Finding> {
  const asked = target.from !== 'environment' || process.env.TEMPORAL_ADDRESS !== undefined;
  let server: Awaited<ReturnType<typeof connectClient>>;
  try {
    server = await connectClient({ ...target, connection: { connectTimeout: 2000, ...target.connection } });
  } catch (error) {
    if (asked || stack !== null)
      yield problem('Temporal', `${target.address}: ${messageOf(error)}`, fixOf(error, 'Start it.'));
    return;
  }
  try {
    yield ok('Temporal', `${target.address}, namespace ${target.namespace} (from ${target.from})`);
    const missing = await missingSearchAttributes(server.connection, target.namespace);
    yield missing.length === 0
      ? ok('search attributes', 'registered')
      : problem('search attributes', `missing: ${missing.join(', ')}`, 'Register them: sluice setup');
    const { project: name, classes } = loaded.config;
    for (const queue of [taskQueue(name), ...Object.keys(classes).map((one) => taskQueue(name, one))]) {
      const control = queue === taskQueue(name);
      const { pollers } = await server.client.workflowService.describeTaskQueue({
        namespace: target.namespace,
        taskQueue: { name: queue },
        taskQueueType: control ? 1 : 2,
      });
      yield pollers && pollers.length > 0
        ? ok('worker', `${queue}: ${pollers.map(({ identity }) => identity).join(', ')}`)
        : note(
            'worker',
            `${queue}: none`,
            `Start one: sluice worker ${control ? '--control' : `--class ${queue.slice(taskQueue(name).length + 1)}`}`,
          );
    }
  } catch (error) {
    yield problem('Temporal', messageOf(error), 'Check the namespace and the rights of this user.');
  } finally {
    await server.close();
  }
}

async function* mlflow({ config }: LoadedConfig, stack: DevFile | null): AsyncGenerator<Finding> {
  if (config.mlflow === false) {
    yield note('MLflow', 'turned off in the config: no experiments, no registry', null);
    return;
  }
  const url = config.mlflow?.url ?? stack?.mlflow?.url;
  if (url === undefined) return;
  const answer = await fetch(`${url.replace(/\/$/, '')}/health`, { signal: AbortSignal.timeout(3000) }).catch(
    () => null,
  );
  yield answer?.ok
    ? ok('MLflow', url)
    : problem('MLflow', `${url} does not answer`, 'Start it, or correct mlflow.url in the config.');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

function fixOf(error: unknown, otherwise: string): string {
  return error instanceof SluiceError && error.fix !== undefined ? error.fix : otherwise;
}
