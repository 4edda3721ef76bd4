import type { ChildProcess } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { childEnv, describeError, type GatewayVersionSpec } from '@sluice/sdk';
import { openLog } from './log-file.ts';
import { findProgram, signalGroup, spawnBound } from './process-group.ts';

export interface ModelProcessOptions {
  endpoint: string;
  id: string;
  spec: GatewayVersionSpec;
  port: number;
  logPath: string;
  /** Added to the environment: whose process it is. */
  marks: Record<string, string>;
}

export interface ModelProcess {
  pid: number;
  /** How it ended, in words; resolves once, when the process and its group are gone. */
  ended: Promise<string>;
  /** SIGTERM to the group, SIGKILL after `graceMs`; resolves when it has ended. */
  end(graceMs: number): Promise<void>;
}

/** The command can never run: trying again is of no use. */
export class CannotStart extends Error {}

/** Starts a model server in its own process group. */
export function startModelProcess(options: ModelProcessOptions): ModelProcess {
  const { spec, port, logPath } = options;
  const command = spec.command.map((part) => substitute(part, port, spec.modelPath));
  const env = { ...wanted(options), ...variables(options) };
  checkRunnable(command[0] ?? '', spec.cwd, env.PATH);
  const log = openLog(logPath);
  let child: ChildProcess;
  try {
    child = spawnBound(command, { cwd: spec.cwd, env, stdio: ['ignore', log, log], detached: true });
  } finally {
    closeSync(log);
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => {
      // Its children, should it have left any.
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      resolve(signal ? `was ended by ${signal}` : `exited with code ${code}`);
    });
  });
  const pid = child.pid;
  if (pid === undefined) throw new CannotStart(`The system could not start ${command[0]}.`);
  return {
    pid,
    ended,
    async end(graceMs) {
      signalGroup(pid, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

const substitute = (part: string, port: number, model: string): string =>
  part.replace(/\{(port|host|model)\}/g, (_, name: 'port' | 'host' | 'model') =>
    name === 'port' ? String(port) : name === 'host' ? '127.0.0.1' : model,
  );

/** Of the host's own environment a model server gets no credentials: neither those of the worker nor the gateway's. */
function wanted({ spec }: ModelProcessOptions): Record<string, string> {
  try {
    return childEnv(process.env, spec.env ?? {}, 'env');
  } catch (error) {
    throw new CannotStart(describeError(error));
  }
}

function variables({ endpoint, id, spec, port, marks }: ModelProcessOptions): Record<string, string> {
  return {
    ...marks,
    SLUICE_MODEL: spec.modelPath,
    SLUICE_PORT: String(port),
    PORT: String(port),
    SLUICE_HOST: '127.0.0.1',
    SLUICE_ENDPOINT: endpoint,
    SLUICE_VERSION: id,
  };
}

function checkRunnable(program: string, cwd: string, path: string | undefined): void {
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CannotStart(`The working directory ${cwd} does not exist.`);
  }
  if (findProgram(program, cwd, path) === null) {
    const looked = program.includes('/') ? '' : ` It is not on the PATH (${path ?? ''}).`;
    throw new CannotStart(`The program ${program} cannot be run: there is no such executable file.${looked}`);
  }
}
