import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { ensurePythonEnv, type PythonEnv } from '../python-env.ts';

export interface MlflowServerOptions {
  /** State of the project, `.sluice`; the server keeps its database, artifacts and log under `<stateDir>/mlflow`. */
  readonly stateDir: string;
  /** @default a free one */
  readonly port?: number;
  /** Interpreter to build the server's environment on. */
  readonly python?: string;
  /** An environment that holds MLflow already. @default the one that {@link mlflowRequirements} describes */
  readonly env?: PythonEnv;
  readonly log?: (line: string) => void;
  /** Milliseconds that the server may take to answer; its first start makes the database. @default 240000 */
  readonly timeout?: number;
}

export interface MlflowServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Leader of the server's process group. */
  readonly pid: number;
  /** The server's own output. */
  readonly logFile: string;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends the whole process group. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Runs the server in a process group of its own, and ends that group when the pipe to this process breaks: even a
 * SIGKILL here leaves no server behind.
 */
const LEASH = `"$@" </dev/null 3<&- & server=$!
( read -r _ <&3; trap '' TERM; kill -TERM 0; sleep 5; kill -KILL 0 ) &
wait "$server"; code=$?; kill -KILL $! 2>/dev/null; exit "$code"`;

/** The hash-locked requirements of the MLflow server that Sluice starts: `python/mlflow.txt` of this package. */
export const mlflowRequirements = fileURLToPath(new URL('../../python/mlflow.txt', import.meta.url));

/**
 * Starts a real MLflow server on SQLite, on loopback, and waits until it answers. State survives restarts.
 *
 * @throws SluiceError `ServerNotReady` with the end of its log, `PortInUse`, and what {@link ensurePythonEnv} throws
 */
export async function startMlflow(options: MlflowServerOptions): Promise<MlflowServer> {
  const log = options.log ?? (() => {});
  const env =
    options.env ??
    (await ensurePythonEnv({
      name: 'mlflow',
      requirements: mlflowRequirements,
      log,
      ...(options.python === undefined ? {} : { python: options.python }),
    }));
  const home = join(options.stateDir, 'mlflow');
  await mkdir(join(home, 'artifacts'), { recursive: true });
  const port = await freePort(options.port ?? 0);
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(home, 'server.log');
  const child = launch(env, home, port, logFile);
  const server = handle(child, url, logFile);
  try {
    await healthy(child, url, logFile, options.timeout ?? 240_000);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function launch(env: PythonEnv, home: string, port: number, logFile: string): ChildProcess {
  const out = openSync(logFile, 'a');
  const args = [
    '-m',
    'mlflow',
    'server',
    ...['--backend-store-uri', `sqlite:///${join(home, 'mlflow.db')}`],
    ...['--artifacts-destination', join(home, 'artifacts')],
    ...['--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    ...['--allowed-hosts', 'localhost:*,127.0.0.1:*,localhost,127.0.0.1'],
  ];
  try {
    return spawn('/bin/sh', ['-c', LEASH, 'mlflow', env.python, ...args], {
      cwd: home,
      detached: true,
      stdio: ['ignore', out, out, 'pipe'],
      env: {
        ...process.env,
        PATH: `${env.bin}:${process.env.PATH ?? ''}`,
        // Background jobs of MLflow's own (scorers) would add eight processes that Sluice has no use for.
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        PYTHONUNBUFFERED: '1',
        PYTHONWARNINGS: 'ignore',
      },
    });
  } finally {
    closeSync(out);
  }
}

function handle(child: ChildProcess, url: string, logFile: string): MlflowServer {
  const pid = child.pid ?? 0;
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  // The pipe is only a leash; it must not keep this process from ending.
  child.stdio[3]?.on('error', () => {});
  let stopping: Promise<void> | null = null;
  const end = async () => {
    signalGroup(pid, 'SIGTERM');
    if (await groupEnds(pid, 10_000)) return;
    signalGroup(pid, 'SIGKILL');
    await groupEnds(pid, 10_000);
  };
  return {
    url,
    pid,
    logFile,
    exited,
    stop: () => {
      stopping ??= end();
      return stopping;
    },
  };
}

/** @returns false when no process of the group is left */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (pid === 0) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** @returns false when processes of the group are left after `patience` ms */
async function groupEnds(pid: number, patience: number): Promise<boolean> {
  const deadline = Date.now() + patience;
  while (signalGroup(pid, 0)) {
    if (Date.now() > deadline) return false;
    await delay(50);
  }
  return true;
}

async function healthy(child: ChildProcess, url: string, logFile: string, timeout: number): Promise<void> {
  const patience = AbortSignal.timeout(timeout);
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${code ?? signal}`;
  });
  while (!patience.aborted && ended === null) {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    if (answer?.ok) return;
    await delay(100);
  }
  const tail = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-20).join('\n');
  throw new SluiceError(
    ErrorCode.ServerNotReady,
    `The MLflow server at ${url} did not start: ${ended ?? `no answer within ${timeout / 1000} s`}.\n${tail}`,
    { where: logFile, fix: 'Read the end of its log above, mend what it names and start again.', permanent: false },
  );
}

/** Takes the port for a moment: there is no other way to know that it is free. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') return reject(cause);
      reject(
        new SluiceError(ErrorCode.PortInUse, `Port ${wanted} is in use.`, {
          where: `127.0.0.1:${wanted}`,
          fix: 'End what listens there, or leave the port out for a free one.',
          cause,
        }),
      );
    });
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : wanted));
    });
  });
}
