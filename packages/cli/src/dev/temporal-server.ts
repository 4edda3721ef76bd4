import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { PortInUseError, StackFailedError } from '../errors.ts';
import { type Child, type ChildExit, startChild, tailOf } from './child.ts';
import { claimPort } from './ports.ts';
import { missingSearchAttributes, searchAttributes } from './search-attributes.ts';
import { findTemporal } from './temporal-binary.ts';

export interface StartTemporalOptions {
  /** Folder that keeps the server's database and log. @default a temporary one, removed when the server stops */
  readonly stateDir?: string;
  /** @default 0, a free one */
  readonly port?: number;
  /** @default 0, a free one */
  readonly uiPort?: number;
  /** Leaves the web UI out. @default false */
  readonly headless?: boolean;
  readonly onProgress?: (line: string) => void;
}

export interface TemporalServer {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Null when headless. */
  readonly uiUrl: string | null;
  readonly namespace: string;
  readonly pid: number;
  readonly port: number;
  readonly uiPort: number;
  readonly exited: Promise<ChildExit>;
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

const namespace = 'default';

/**
 * The dev server's defaults are for a laptop's first steps; these let a run of a few thousand steps through. Its queues
 * are looked at 20 times a second at most, so every step waited 50 ms to be handed out, and 50 ms to be heard of.
 */
const dynamicConfig = [
  'frontend.enableUpdateWorkflowExecution=true',
  'frontend.enableExecuteMultiOperation=true',
  'frontend.workerVersioningWorkflowAPIs=true',
  'system.forceSearchAttributesCacheRefreshOnRead=true',
  'frontend.namespaceRPS=100000',
  'frontend.rps=100000',
  'history.persistenceMaxQPS=100000',
  'frontend.persistenceMaxQPS=100000',
  'matching.persistenceMaxQPS=100000',
  ...['transfer', 'timer', 'visibility'].flatMap((queue) => [
    `history.${queue}ProcessorMaxPollRPS=2000`,
    `history.${queue}ProcessorMaxPollHostRPS=2000`,
  ]),
];

/** The database survives a kill of the server; it need not survive a power cut. */
const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];

/**
 * Starts Temporal's dev server on loopback and waits until it takes work. With the same `stateDir` and ports it goes
 * on where a former one stopped or was killed.
 *
 * @throws SluiceError `PortInUse`, `CommandNotFound`, `StackFailed`
 */
export async function startTemporal(options: StartTemporalOptions = {}): Promise<TemporalServer> {
  const binary = await findTemporal(options.onProgress === undefined ? {} : { onProgress: options.onProgress });
  const temporary = options.stateDir === undefined ? await mkdtemp(join(tmpdir(), 'sluice-temporal-')) : null;
  const stateDir = options.stateDir ?? temporary ?? tmpdir();
  await mkdir(stateDir, { recursive: true });
  try {
    for (let attempt = 1; ; attempt++) {
      const port = await claimPort(options.port ?? 0, 'the Temporal server', '--temporal-port');
      const uiPort = options.headless ? 0 : await claimPort(options.uiPort ?? 0, "Temporal's UI", '--ui-port');
      const child = await startChild({
        command: binary.path,
        args: serverArgs(stateDir, port, options.headless ? null : uiPort),
        cwd: stateDir,
        log: join(stateDir, 'temporal.log'),
      });
      const failure = await waitUntilReady(child, `127.0.0.1:${port}`);
      if (failure === null) return handle(child, port, options.headless ? null : uiPort, temporary);
      await child.stop(1000);
      const lost = /address already in use/.test(failure);
      if (lost && (options.port ?? 0) !== 0) throw new PortInUseError(port, 'the Temporal server', '--temporal-port');
      if (lost && attempt < 4) continue;
      throw new StackFailedError(
        'The Temporal server',
        failure,
        child.log,
        'Look into its log. A database of a newer version is started afresh by removing its folder.',
      );
    }
  } catch (error) {
    if (temporary !== null) await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

function serverArgs(stateDir: string, port: number, uiPort: number | null): string[] {
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
    '--db-filename',
    join(stateDir, 'temporal.db'),
    '--log-level',
    'warn',
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...dynamicConfig.flatMap((value) => ['--dynamic-config-value', value]),
  ];
}

/** Null when it takes work, else why it does not. */
async function waitUntilReady(child: Child, address: string): Promise<string | null> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exit !== null) {
      const { code, signal } = child.exit;
      return `it ended with ${signal ?? `exit code ${code}`}: ${tailOf(child.log, 4).join(' ')}`;
    }
    if (await takesWork(address)) return null;
    await delay(100);
  }
  return 'it did not answer within 60 s';
}

async function takesWork(address: string): Promise<boolean> {
  let connection: Connection | null = null;
  try {
    connection = await Connection.connect({ address, connectTimeout: 1000 });
    await connection.withDeadline(Date.now() + 2000, async () => {
      await connection?.workflowService.describeNamespace({ namespace });
    });
    return (await missingSearchAttributes(connection, namespace)).length === 0;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

function handle(child: Child, port: number, uiPort: number | null, temporary: string | null): TemporalServer {
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: uiPort === null ? null : `http://127.0.0.1:${uiPort}`,
    namespace,
    pid: child.pid,
    port,
    uiPort: uiPort ?? 0,
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    stop: async () => {
      await child.stop(3000);
      if (temporary !== null) await rm(temporary, { recursive: true, force: true });
    },
  };
}
