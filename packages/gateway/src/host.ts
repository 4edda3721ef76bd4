import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createAdmin } from './admin.ts';
import { adminToken } from './admin-token.ts';
import { readCaptured } from './capture-read.ts';
import { openConnectionTable } from './connection-table.ts';
import { Endpoints } from './endpoints.ts';
import type { Mark, WorkerSettings } from './ipc.ts';
import { listen } from './listen.ts';
import { keepLogs } from './log-keeper.ts';
import { MetricsStore, showsLife } from './metrics-store.ts';
import { ModelServer } from './model-server.ts';
import { killLeftovers } from './process-group.ts';
import { PublicListener } from './public-listener.ts';
import { loadState, saveState } from './state-file.ts';
import { lockState } from './state-lock.ts';
import { WorkerSupervisor } from './worker-supervisor.ts';

export interface GatewayHostOptions {
  /** Holds state, logs and captures; made when it is not there. */
  stateDir: string;
  /** Public port. @default 0, a free one */
  port?: number;
  /** Port of the admin API. @default 0, a free one */
  adminPort?: number;
  /** Address both listen on. @default '127.0.0.1' */
  host?: string;
  /** Bearer token the admin API asks for. @default one that is made, and kept in `<stateDir>/admin-token` (0600) */
  adminToken?: string;
  /** Largest request body kept in memory for capture and mirror, bytes; larger ones are passed on only. @default 16 MiB */
  bufferBytes?: number;
  capture?: {
    /** A segment is closed at this size, bytes. @default 8 MiB */
    segmentBytes?: number;
    /** A segment is closed at this age, ms. @default 60000 */
    segmentMs?: number;
    /** Captures kept per endpoint, bytes. @default 1 GiB */
    keepBytes?: number;
    /** Captures kept per endpoint, ms. @default 7 days */
    keepMs?: number;
  };
  logs?: {
    /** A log is cut when it is larger, and as much of its end is kept beside it, bytes. @default 16 MiB */
    bytes?: number;
    /** Logs of versions that were removed are kept for so long, ms. @default 7 days */
    keepMs?: number;
  };
  /** Copies to shadows in flight at a time; more are dropped and counted. @default 32 */
  shadowInFlight?: number;
  /** Time between health pings of a ready version, ms. @default 2000 */
  pingEveryMs?: number;
  /** A proxy worker that shows no sign of life for so long is replaced. @default 15 */
  hungAfterSeconds?: number;
}

export interface GatewayHost {
  /** Where callers send requests: `<url>/<endpoint>/<path>`. */
  readonly url: string;
  readonly adminUrl: string;
  /** What every call of the admin API must show. */
  readonly adminToken: string;
  /** Where that can be read by this user; null when it was given. */
  readonly tokenFile: string | null;
  /** Process id of the proxy worker; null while it is being replaced. */
  workerPid(): number | null;
  /** Ends the worker and every model server, and keeps the state for the next start. */
  close(): Promise<void>;
  /** Resolves when it is closed, by {@link close} or by `POST /shutdown`. */
  readonly closed: Promise<void>;
}

/**
 * In the environment of every process of the gateway: the folder it belongs to (by its inode too: in another container
 * another folder may go by its name), and the life of the host.
 */
const STATE_MARK = 'SLUICE_GATEWAY_STATE';
const LIFE_MARK = 'SLUICE_GATEWAY_LIFE';
const MIB = 1024 * 1024;
const WEEK_MS = 7 * 24 * 3_600_000;

/**
 * Starts the local data plane: public port, admin API, proxy worker, and every version of the saved state.
 *
 * @throws {GatewayError} GATEWAY_PORT_IN_USE, GATEWAY_STATE_CORRUPT, GATEWAY_STATE_LOCKED, GATEWAY_TOKEN_NEEDED
 */
export async function startGatewayHost(options: GatewayHostOptions): Promise<GatewayHost> {
  mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  const stateDir = realpathSync(options.stateDir);
  const address = options.host ?? '127.0.0.1';
  const undo: (() => unknown)[] = [];
  try {
    const lock = lockState(stateDir);
    undo.push(() => lock.release());
    const { token, file: tokenFile } = adminToken(stateDir, address, options.adminToken);
    const statePath = join(stateDir, 'state.json');
    const desired = await loadState(statePath);
    // The lock is ours, so whoever still carries the mark has lost its host.
    const owner = `${stateDir} ${statSync(stateDir).ino}`;
    killLeftovers(STATE_MARK, owner);
    const life = randomUUID();
    const marks = { [STATE_MARK]: owner, [LIFE_MARK]: life };
    const table = openConnectionTable(join(stateDir, 'connections.tmp'));
    if (table !== null) undo.push(() => closeSync(table));
    const listener = new PublicListener(table);
    undo.push(() => listener.close());
    const metrics = new MetricsStore();
    const logDir = join(stateDir, 'logs');
    const workerLog = join(logDir, 'gateway-worker.log');
    const worker = new WorkerSupervisor({
      settings: workerSettings(options, stateDir, table, { name: LIFE_MARK, value: life }),
      marks,
      listener,
      logPath: workerLog,
      hungAfterSeconds: options.hungAfterSeconds ?? 15,
      onReport: (report) => {
        metrics.add(report);
        for (const { endpoint, version } of report.series.filter(showsLife)) endpoints.answered(endpoint, version);
      },
    });
    undo.push(() => worker.close(0));
    const endpoints = new Endpoints({
      desired,
      save: (state) => saveState(statePath, state),
      newServer: (endpoint, id, spec, everReady, onChange) =>
        new ModelServer({
          endpoint,
          id,
          spec,
          everReady,
          onChange,
          logPath: join(logDir, endpoint, `${id}.log`),
          marks,
          pingEveryMs: options.pingEveryMs ?? 2000,
        }),
      applyRoutes: (routes) => worker.setRoutes(routes),
      drain: (endpoint, version, timeoutMs) =>
        worker.ask({ type: 'drain', endpoint, version, timeoutMs }, timeoutMs + 1000),
    });
    let settleClosed: () => void = () => undefined;
    const closed = new Promise<void>((done) => {
      settleClosed = done;
    });
    let closing: Promise<void> | null = null;
    const close = () => {
      closing ??= shutDown().finally(settleClosed);
      return closing;
    };
    const port = await listener.open(address, options.port ?? 0);
    const url = `http://${hostInUrl(address)}:${port}`;
    const admin = createAdmin({
      endpoints,
      view: {
        async metrics(endpoint, versions, query) {
          await worker.ask({ type: 'report' }, 2000);
          return metrics.summarise(endpoint, versions, query, Date.now());
        },
        async *requests(endpoint, query) {
          await worker.ask({ type: 'flush-captures' });
          yield* readCaptured(join(stateDir, 'captures', endpoint), query);
        },
        async *shadows(endpoint, query) {
          await worker.ask({ type: 'flush-captures' });
          yield* readCaptured(join(stateDir, 'shadows', endpoint), query);
        },
      },
      health: () => ({ ok: worker.pid !== null, worker: { pid: worker.pid, restarts: worker.restarts }, url }),
      shutdown: () => void close(),
      token,
    });
    undo.push(() => admin.close());
    const adminPort = await listen(admin, address, options.adminPort ?? 0);
    const pruning = setInterval(() => metrics.prune(Date.now()), 10_000);
    pruning.unref();
    undo.push(() => clearInterval(pruning));
    const versionLogs = () => endpoints.list().flatMap(({ versions }) => versions.map(({ logPath }) => logPath));
    undo.push(
      keepLogs({
        dir: logDir,
        bytes: options.logs?.bytes ?? 16 * MIB,
        keepMs: options.logs?.keepMs ?? WEEK_MS,
        inUse: () => new Set([workerLog, ...versionLogs()]),
      }),
    );
    endpoints.startAll();
    undo.push(() => endpoints.close());
    await Promise.all([worker.start(), endpoints.apply()]);

    const shutDown = async () => {
      listener.stopAccepting();
      admin.close();
      await worker.close(endpoints.drainMs);
      await endpoints.close();
      admin.closeAllConnections();
      await undoAll(undo);
    };
    return {
      url,
      adminUrl: `http://${hostInUrl(address)}:${adminPort}`,
      adminToken: token,
      tokenFile,
      workerPid: () => worker.pid,
      close,
      closed,
    };
  } catch (error) {
    await undoAll(undo);
    throw error;
  }
}

async function undoAll(undo: (() => unknown)[]): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

function workerSettings(
  options: GatewayHostOptions,
  stateDir: string,
  connectionTable: number | null,
  mark: Mark,
): WorkerSettings {
  const { capture = {} } = options;
  return {
    stateDir,
    bufferBytes: options.bufferBytes ?? 16 * MIB,
    captureSegmentBytes: capture.segmentBytes ?? 8 * MIB,
    captureSegmentMs: capture.segmentMs ?? 60_000,
    captureKeepBytes: capture.keepBytes ?? 1024 * MIB,
    captureKeepMs: capture.keepMs ?? WEEK_MS,
    shadowInFlight: options.shadowInFlight ?? 32,
    connectionTable,
    mark,
  };
}

const hostInUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);
