import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Artifact, childEnv, ErrorCode, missedVariable, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { activityEnv } from '../gpus/gpu-pool.ts';
import { ATTEMPT_ID, newAttemptId } from '../job/process/attempt-id.ts';
import { logTail } from '../job/process/log-tail.ts';
import { type Exit, type ProcessGroup, startGroup } from '../job/process/process-group.ts';
import { type ActivityScope, activityScope, alive, pause } from './activity-scope.ts';
import { exchange } from './http-exchange.ts';
import { modelFiles } from './model-files.ts';
import { type Prediction, predict } from './predict.ts';
import { fillIn, type ServeCommand, serveCommand } from './serve-command.ts';

const HOST = '127.0.0.1';
/** Milliseconds a server gets between SIGTERM and SIGKILL. */
const GRACE = 5_000;
/** Starts again when another program took the port between finding and using it. */
const PORT_TRIES = 3;
const TAIL_LINES = 20;

export interface ModelServerOptions {
  readonly context: ActivityContext;
  /** Entry of the config that says how to serve. */
  readonly endpoint: string;
  readonly model: Pick<Artifact, 'uri' | 'digest'>;
  /** @default the activity this runs in */
  readonly scope?: ActivityScope;
}

/** A model behind `POST /invocations`, in a process group of its own. */
export interface ModelServer {
  readonly url: string;
  /** Process id of the group's leader. */
  readonly pid: number;
  /** Null while it runs. */
  exit(): Exit | null;
  /** Resolves when its leader has ended. */
  readonly exited: Promise<void>;
  /** Does `GET /ping` answer 200 now? */
  ping(timeout?: number): Promise<boolean>;
  /** Sends rows as `dataframe_records`; never throws but for cancellation. */
  predict(rows: readonly Record<string, unknown>[], options?: { readonly timeout?: number }): Promise<Prediction>;
  /** The last lines it printed. */
  logTail(): Promise<string[]>;
  /** Ends every process of the group; safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Serves a model from the artifact store in a fresh process, and answers once `GET /ping` says 200.
 *
 * @throws SluiceError `ServerNotReady` with the end of its log, nothing left running; `InvalidConfig`,
 * `CommandNotFound`, `NotFound`, `Corrupt`
 */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const { context, endpoint, model, scope = activityScope() } = options;
  const command = serveCommand(context, endpoint);
  return alive(scope, async () => {
    const files = await modelFiles(context, model);
    for (let tried = 1; ; tried += 1) {
      const server = await launch(context, command, files, scope, endpoint);
      const problem = await untilReady(server, command.ready, scope).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      if (problem === null) return server;
      const tail = await server.logTail();
      await server.stop();
      if (tried < PORT_TRIES && /EADDRINUSE|address already in use/i.test(tail.join('\n'))) continue;
      throw notReady(endpoint, model, problem, tail, missedVariable(process.env, command.env, tail));
    }
  });
}

/** Runs `work` with a server of its own, which is ended whatever happens. */
export async function withModelServer<Value>(
  options: ModelServerOptions,
  work: (server: ModelServer) => Promise<Value>,
): Promise<Value> {
  const server = await startModelServer(options);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function launch(
  context: ActivityContext,
  command: ServeCommand,
  files: string,
  scope: ActivityScope,
  endpoint: string,
): Promise<ModelServer> {
  const port = await freePort();
  const id = newAttemptId();
  const scratch = join(context.stateDir, 'work', id);
  const log = join(scratch, 'server.log');
  await mkdir(scratch, { recursive: true });
  const group = await startGroup({
    program: { file: command.program.file, args: fillIn(command.program.args, { model: files, host: HOST, port }) },
    cwd: command.cwd,
    env: {
      ...childEnv(activityEnv(), command.env, `endpoints.${endpoint}.serve.env`),
      SLUICE_MODEL: files,
      SLUICE_HOST: HOST,
      SLUICE_PORT: String(port),
      PORT: String(port),
      [ATTEMPT_ID]: id,
    },
    log,
  }).catch(async (error: unknown) => {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  });
  return serverOf(group, `http://${HOST}:${port}`, scratch, log, scope);
}

function serverOf(group: ProcessGroup, url: string, scratch: string, log: string, scope: ActivityScope): ModelServer {
  let exit: Exit | null = null;
  let stopping: Promise<void> | null = null;
  const exited = group.exited.then((value) => {
    exit = value;
  });
  return {
    url,
    pid: group.pid,
    exit: () => exit,
    exited,
    ping: async (timeout = 2_000) => (await ping(url, timeout, scope)) === 200,
    predict: (rows, { timeout = 120_000 } = {}) => predict(url, rows, { timeout, signal: scope.signal }),
    logTail: async () => (await logTail(log, 0)).filter((line) => line !== '').slice(-TAIL_LINES),
    stop: () => {
      stopping ??= end(group, exited).then(() => rm(scratch, { recursive: true, force: true }));
      return stopping;
    },
  };
}

async function end(group: ProcessGroup, exited: Promise<void>): Promise<void> {
  group.terminate();
  const killer = setTimeout(() => group.kill(), GRACE);
  await exited;
  clearTimeout(killer);
  // Whoever the leader left behind.
  group.kill();
}

/** Null once `/ping` answers 200, else why it will not. */
async function untilReady(server: ModelServer, limit: number, scope: ActivityScope): Promise<string | null> {
  const end = Date.now() + limit;
  for (let delay = 20; ; delay = Math.min(delay * 1.5, 500)) {
    const exit = server.exit();
    if (exit !== null) return `its process ended (${exit.signal ?? `exit code ${exit.code}`})`;
    const left = end - Date.now();
    if (left <= 0) return `GET /ping did not answer 200 within ${limit / 1000} s`;
    if ((await server.ping(Math.min(left, 2_000))) && server.exit() === null) return null;
    await pause(scope, Math.min(delay, Math.max(1, end - Date.now())));
  }
}

async function ping(url: string, timeout: number, scope: ActivityScope): Promise<number | null> {
  try {
    return (await exchange({ url: `${url}/ping`, method: 'GET', timeout, signal: scope.signal })).status;
  } catch {
    scope.signal.throwIfAborted();
    return null;
  }
}

function notReady(
  endpoint: string,
  model: Pick<Artifact, 'digest'>,
  problem: string,
  tail: string[],
  missed: string | null,
): SluiceError {
  const log = tail.length === 0 ? 'It printed nothing.' : `Its last lines:\n${tail.join('\n')}`;
  return new SluiceError(
    ErrorCode.ServerNotReady,
    `The server of ${endpoint} for the model ${model.digest.slice(0, 19)} did not get ready: ${problem}. ${log}`,
    {
      where: `endpoints.${endpoint}.serve`,
      fix:
        missed ??
        'Run the command by hand with SLUICE_MODEL, SLUICE_HOST and SLUICE_PORT set; a slow start needs a longer `ready`.',
      data: { tail },
    },
  );
}

/** A port nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
