import { connect } from 'node:net';
import { projectConverter } from '@sluice/activities/payloads';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { LoadedConfig } from '../config/load-config.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { UnreachableError, UsageError } from '../errors.ts';

/** Which Temporal server is meant, and how it was found. */
export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  readonly connection: ConnectionOptions;
  readonly native: NativeConnectionOptions;
  /** How the command's data goes into histories and comes back; undefined where no project is known. */
  readonly dataConverter: DataConverter | undefined;
  /** Where the address comes from, for error messages. */
  readonly from: 'flags' | 'sluice dev' | 'config' | 'environment';
  /** Temporal's web UI; null when not known. */
  readonly uiUrl: string | null;
}

export interface TargetOptions {
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uiUrl?: string | undefined;
  readonly loaded?: Pick<LoadedConfig, 'root' | 'config'> | undefined;
}

/**
 * The largest answer that a client takes: a page of a history may have many megabytes. The SDK means 128 MiB too, but
 * gives it under a name that gRPC does not know, and gRPC's own limit is 4 MiB.
 */
const channelArgs = { 'grpc.max_receive_message_length': 128 * 1024 * 1024 };

/** Flags first, then a running `sluice dev` of the project, its config, and Temporal's own environment configuration. */
export async function temporalTarget(options: TargetOptions): Promise<TemporalTarget> {
  const { loaded } = options;
  return { ...(await serverOf(options)), dataConverter: loaded && projectConverter(loaded, 'client') };
}

async function serverOf(options: TargetOptions): Promise<TemporalTarget> {
  const { loaded, namespace, uiUrl } = options;
  const ofConfig = loaded?.config.temporal ?? {};
  if (options.address !== undefined) {
    checkAddress(options.address);
    return plainTarget(options.address, namespace ?? ofConfig.namespace ?? 'default', 'flags', uiUrl ?? null);
  }
  const stack = loaded === undefined ? null : await readDevFile(loaded.root);
  if (stack?.temporal) {
    const { temporal } = stack;
    return plainTarget(temporal.address, namespace ?? temporal.namespace, 'sluice dev', uiUrl ?? temporal.uiUrl);
  }
  const environment = fromEnvironment();
  const address = ofConfig.address ?? environment.connectionOptions.address ?? '127.0.0.1:7233';
  const from = ofConfig.address === undefined ? 'environment' : 'config';
  return {
    address,
    namespace: namespace ?? ofConfig.namespace ?? environment.namespace ?? 'default',
    connection: { channelArgs, ...environment.connectionOptions, address },
    native: { ...environment.connectionOptions, address } as NativeConnectionOptions,
    dataConverter: undefined,
    from,
    uiUrl: uiUrl ?? null,
  };
}

/** A host and a port; without one it is 7233. */
function checkAddress(address: string): void {
  const [, port = '7233'] = /^(?:\[[\da-f:]+\]|[^\s/:[\]]+)(?::(\d{1,5}))?$/i.exec(address) ?? [null, '-1'];
  if (Number(port) >= 0 && Number(port) <= 65_535) return;
  throw new UsageError(`"${address}" is no address of a server.`, 'Write host and port: --address 127.0.0.1:7233');
}

function fromEnvironment() {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `Temporal's environment configuration cannot be read: ${message}`,
      'See docs.temporal.io/develop/environment-configuration.',
    );
  }
}

export function plainTarget(
  address: string,
  namespace: string,
  from: TemporalTarget['from'],
  uiUrl: string | null,
): TemporalTarget {
  const connection = { address, channelArgs };
  return { address, namespace, connection, native: { address }, dataConverter: undefined, from, uiUrl };
}

/**
 * A client for the server; give it back by `close`.
 *
 * @throws SluiceError `Unreachable` saying which address was tried and why.
 */
export async function connectClient(
  target: TemporalTarget,
): Promise<{ client: Client; connection: Connection; close(): Promise<void> }> {
  try {
    await refusedAtOnce(target.address);
    const connection = await connectTo({ connectTimeout: 5000, ...target.connection });
    return {
      client: new Client({ connection, namespace: target.namespace, ...converting(target) }),
      connection,
      close: () => connection.close(),
    };
  } catch (error) {
    throw connectionFailed(target, error);
  }
}

/**
 * A connection that takes answers of any size Temporal sends: pages of a history are larger than the 4 MiB of gRPC's
 * default, and the SDK raises that under a name that gRPC does not know.
 */
export function connectTo({ channelArgs, ...options }: ConnectionOptions): Promise<Connection> {
  return Connection.connect({ ...options, channelArgs: { ...ANY_SIZE, ...channelArgs } });
}

const ANY_SIZE = { 'grpc.max_receive_message_length': 128 * 2 ** 20 };

/** The client tries for seconds even where nothing listens; a refused connection is told at once. */
async function refusedAtOnce(address: string): Promise<void> {
  const [, host, port] = /^([^/:]+):(\d+)$/.exec(address) ?? [];
  if (host === undefined || port === undefined) return;
  await new Promise<void>((done, failed) => {
    const socket = connect({ host, port: Number(port), timeout: 2000 });
    const end = (error?: NodeJS.ErrnoException) => {
      socket.destroy();
      if (error?.code === 'ECONNREFUSED') failed(error);
      else done();
    };
    socket
      .once('connect', () => end())
      .once('timeout', () => end())
      .once('error', end);
  });
}

/** For the options of a client, or of a replay. */
export function converting({ dataConverter }: TemporalTarget): { readonly dataConverter?: DataConverter } {
  return dataConverter === undefined ? {} : { dataConverter };
}

export function connectionFailed(target: TemporalTarget, error: unknown): UnreachableError {
  const fix = {
    flags: 'Check --address; start a local stack by: sluice dev',
    'sluice dev': 'It may be restarting; look at the terminal of sluice dev, or start it again.',
    config: 'Check temporal.address in sluice.config.ts; start a local stack by: sluice dev',
    environment: 'Start a local stack by: sluice dev. Or give a server by --address or TEMPORAL_ADDRESS.',
  }[target.from];
  return new UnreachableError('The Temporal server', target.address, fix, error);
}
