import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CaptureSettings, GatewayLease, GatewayReversion, GatewayVersionSpec, Mirror, Weights } from '@sluice/sdk';
import { DEFAULT_CAPTURE } from './capture-settings.ts';
import { GatewayCode, GatewayError } from './errors.ts';
import * as fields from './fields.ts';
import * as parse from './parse.ts';

/** What the gateway was asked for: everything a restart needs. Treated as immutable. */
export interface DesiredState {
  format: 1;
  endpoints: DesiredEndpoint[];
}

export interface DesiredEndpoint {
  name: string;
  generation: number;
  weights: Weights;
  mirror: Mirror | null;
  lease: GatewayLease | null;
  reverted: GatewayReversion | null;
  capture: CaptureSettings;
  deadlineMs: number;
  idleMs: number;
  maxInFlight: number;
  versions: DesiredVersion[];
}

export interface DesiredVersion {
  id: string;
  spec: GatewayVersionSpec;
  everReady: boolean;
}

const DEFAULT_DEADLINE_MS = 30_000;
const DEFAULT_IDLE_MS = 60_000;
const DEFAULT_MAX_IN_FLIGHT = 256;

export const newEndpoint = (name: string): DesiredEndpoint => ({
  name,
  generation: 0,
  weights: {},
  mirror: null,
  lease: null,
  reverted: null,
  capture: DEFAULT_CAPTURE,
  deadlineMs: DEFAULT_DEADLINE_MS,
  idleMs: DEFAULT_IDLE_MS,
  maxInFlight: DEFAULT_MAX_IN_FLIGHT,
  versions: [],
});

/**
 * Reads the state; a missing file is an empty state.
 *
 * @throws {GatewayError} GATEWAY_STATE_CORRUPT, naming the file, when it is anything else than a whole state
 */
export async function loadState(path: string): Promise<DesiredState> {
  let raw: string;
  try {
    raw = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { format: 1, endpoints: [] };
    throw error;
  }
  try {
    return parseState(JSON.parse(raw));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError(GatewayCode.StateCorrupt, `The gateway's state file ${path} cannot be used: ${why}`, {
      where: path,
      fix: 'Mend it or put a copy back; to start with no endpoints, move it away.',
      cause,
    });
  }
}

/** Replaces the state: readers see the old file or the new one, whole, also after a power cut. */
export async function saveState(path: string, state: DesiredState): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  // Commands' environments may hold secrets.
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const dir = await open(dirname(path), 'r');
  await dir.sync().finally(() => dir.close());
}

function parseState(value: unknown): DesiredState {
  const state = fields.object(value, 'the state', ['format', 'endpoints']);
  if (state.format !== 1) throw new Error(`its format is ${JSON.stringify(state.format)}, this version reads 1.`);
  const endpoints = list(state.endpoints, 'endpoints').map(parseEndpoint);
  unique(
    endpoints.map((endpoint) => endpoint.name),
    'endpoints',
  );
  return { format: 1, endpoints };
}

const MAX_TIME = Number.MAX_SAFE_INTEGER;
const ENDPOINT_KEYS = [
  'name',
  'generation',
  'weights',
  'mirror',
  'lease',
  'reverted',
  'capture',
  'deadlineMs',
  'idleMs',
  'maxInFlight',
  'versions',
];

function parseEndpoint(value: unknown): DesiredEndpoint {
  const input = fields.object(value, 'an endpoint', ENDPOINT_KEYS);
  const name = parse.parseEndpointName(fields.text(input.name, 'name'));
  const { capture, deadlineMs, idleMs, maxInFlight } = input;
  const spec = parse.parseEndpointSpec({ capture, deadlineMs, idleMs, maxInFlight });
  if (!spec.capture || spec.deadlineMs === undefined) throw new Error(`endpoint ${name} lacks capture or deadlineMs.`);
  const versions = list(input.versions, `${name}.versions`).map(parseVersion);
  const ids = versions.map((version) => version.id);
  unique(ids, `${name}.versions`);
  const weights = parse.parseWeights(input.weights);
  const mirror = parse.parseMirror(input.mirror);
  const lease = input.lease == null ? null : parseLease(input.lease);
  for (const id of [...Object.keys({ ...weights, ...lease?.fallback }), ...(mirror ? [mirror.version] : [])]) {
    if (!ids.includes(id)) throw new Error(`endpoint ${name} sends traffic to version ${id}, which it does not have.`);
  }
  const generation = fields.number(input.generation, `${name}.generation`, 0, MAX_TIME);
  const reverted = input.reverted == null ? null : parseReversion(input.reverted);
  return { ...newEndpoint(name), ...spec, generation, weights, mirror, lease, reverted, versions };
}

function parseLease(value: unknown): GatewayLease {
  const { expiresAt, ...lease } = fields.object(value, 'lease', ['ms', 'fallback', 'expiresAt']);
  return { ...parse.parseLease(lease), expiresAt: fields.number(expiresAt, 'lease.expiresAt', 0, MAX_TIME) };
}

function parseReversion(value: unknown): GatewayReversion {
  const input = fields.object(value, 'reverted', ['at', 'from', 'to', 'note']);
  return {
    at: fields.number(input.at, 'reverted.at', 0, MAX_TIME),
    from: parse.parseWeights(input.from),
    to: parse.parseWeights(input.to),
    note: input.note == null ? null : fields.text(input.note, 'reverted.note'),
  };
}

function parseVersion(value: unknown): DesiredVersion {
  const input = fields.object(value, 'a version', ['id', 'spec', 'everReady']);
  return {
    id: parse.parseVersionId(fields.text(input.id, 'id')),
    spec: parse.parseVersionSpec(input.spec),
    everReady: input.everReady === true,
  };
}

function list(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${where} must be a list.`);
  return value;
}

function unique(names: readonly string[], where: string): void {
  if (new Set(names).size !== names.length) throw new Error(`${where} names one thing twice.`);
}
