import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { createAdmin } from './admin.ts';
import { CaptureIndex } from './capture-segments.ts';
import { openConnectionTable } from './connection-table.ts';
import { Endpoints } from './endpoints.ts';
import type { Mark, WorkerSettings } from './ipc.ts';
import { listen } from './listen.ts';
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
  /** Bearer token the admin API asks for. @default none */
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
  /** Process id of the proxy worker; null while it is being replaced. */
  workerPid(): number | null;
  /** Ends the worker and every model server, and keeps the state for the next start. */
  close(): Promise<void>;
  /** Resolves when it is closed, by {@link close} or by `POST /shutdown`. */
  readonly closed: Promise<void>;
}

/** In the environment of every process of the gateway: the folder it belongs to, and the life of the host. */
const STATE_MARK = 'SLUICE_GATEWAY_STATE';
const LIFE_MARK = 'SLUICE_GATEWAY_LIFE';
const MIB = 1024 * 1024;

/**
 * Starts the local data plane: public port, admin API, proxy worker, and every version of the saved state.
 *
 * @throws {GatewayError} GATEWAY_PORT_IN_USE, GATEWAY_STATE_CORRUPT, GATEWAY_STATE_LOCKED
 */
export async function startGatewayHost(options: GatewayHostOptions): Promise<GatewayHost> {
  mkdirSync(options.stateDir, { recursive: true });
  const stateDir = realpathSync(options.stateDir);
  const address = options.host ?? '127.0.0.1';
  const undo: (() => unknown)[] = [];
  try {
    undo.push(await lockState(stateDir));
    const statePath = join(stateDir, 'state.json');
    const desired = await loadState(statePath);
    // The lock is ours, so whoever still carries the mark has lost its host.
    killLeftovers(STATE_MARK, stateDir);
    const life = randomUUID();
    const marks = { [STATE_MARK]: stateDir, [LIFE_MARK]: life };
    const table = openConnectionTable(join(stateDir, 'connections.tmp'));
    if (table !== null) undo.push(() => closeSync(table));
    const listener = new PublicListener(table);
    undo.push(() => listener.close());
    const metrics = new MetricsStore();
    const worker = new WorkerSupervisor({
      settings: workerSettings(options, stateDir, table, { name: LIFE_MARK, value: life }),
      marks,
      listener,
      logPath: join(stateDir, 'logs', 'gateway-worker.log'),
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
          logPath: join(stateDir, 'logs', endpoint, `${id}.log`),
          marks,
          pingEveryMs: options.pingEveryMs ?? 2000,
        }),
      applyRoutes: (routes) => worker.setRoutes(routes),
      drain: (endpoint, version, timeoutMs) =>
        worker.ask({ type: 'drain', endpoint, version, timeoutMs }, timeoutMs + 1000),
    });
    const index = new CaptureIndex();
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
        async captures(endpoint, query) {
          await worker.ask({ type: 'flush-captures' });
          return index.list(join(stateDir, 'captures', endpoint), query);
        },
      },
      health: () => ({ ok: worker.pid !== null, worker: { pid: worker.pid, restarts: worker.restarts }, url }),
      shutdown: () => void close(),
      token: options.adminToken,
    });
    undo.push(() => admin.close());
    const adminPort = await listen(admin, address, options.adminPort ?? 0);
    const pruning = setInterval(() => metrics.prune(Date.now()), 10_000);
    pruning.unref();
    undo.push(() => clearInterval(pruning));
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
    captureKeepMs: capture.keepMs ?? 7 * 24 * 3_600_000,
    shadowInFlight: options.shadowInFlight ?? 32,
    connectionTable,
    mark,
  };
}

const hostInUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);
