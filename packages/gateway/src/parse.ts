import { isAbsolute } from 'node:path';
import type {
  GatewayEndpointSpec,
  GatewayRenewal,
  GatewayTrafficSpec,
  GatewayVersionSpec,
  Lease,
  Mirror,
} from '@sluice/sdk';
import { parseCaptureSettings } from './capture-settings.ts';
import { invalid } from './errors.ts';
import { number, object, text } from './fields.ts';

/** Names of endpoints and versions end up in URLs and file names. */
const ENDPOINT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

const MAX_MS = 2 ** 31 - 1;
/** A lease shorter than this would run out between two renewals. */
const MIN_LEASE_MS = 100;

export function parseEndpointName(name: string): string {
  if (!ENDPOINT.test(name))
    throw invalid(`"${name}" cannot name an endpoint: 1 to 63 letters, digits, ".", "_" or "-".`);
  return name;
}

export function parseVersionId(id: string): string {
  if (!VERSION.test(id)) {
    throw invalid(`"${id}" cannot name a version: 1 to 128 letters, digits, ".", "_", ":", "@" or "-".`);
  }
  return id;
}

export function parseEndpointSpec(value: unknown): GatewayEndpointSpec {
  const input = object(value, 'the body', ['capture', 'deadlineMs', 'idleMs', 'maxInFlight']);
  return {
    ...given('capture', input, parseCaptureSettings),
    ...given('deadlineMs', input, (ms) => number(ms, 'deadlineMs', 1, MAX_MS)),
    ...given('idleMs', input, (ms) => number(ms, 'idleMs', 1, MAX_MS)),
    ...given('maxInFlight', input, (n) => number(n, 'maxInFlight', 1, 1e6)),
  };
}

const VERSION_KEYS = ['digest', 'command', 'cwd', 'env', 'modelPath', 'readyTimeoutMs'];

export function parseVersionSpec(value: unknown): GatewayVersionSpec {
  const input = object(value, 'the body', VERSION_KEYS);
  const spec: GatewayVersionSpec = {
    digest: text(input.digest, 'digest'),
    command: command(input.command),
    cwd: text(input.cwd, 'cwd'),
    modelPath: text(input.modelPath, 'modelPath'),
    ...given('env', input, parseEnv),
    ...given('readyTimeoutMs', input, (ms) => number(ms, 'readyTimeoutMs', 1, MAX_MS)),
  };
  if (!isAbsolute(spec.cwd)) throw invalid('cwd must be an absolute path.');
  return spec;
}

function parseEnv(value: unknown): Record<string, string> {
  const env = Object.entries(object(value, 'env'));
  return Object.fromEntries(env.map(([name, entry]) => [name, text(entry, `env.${name}`, true)]));
}

export function parseTrafficSpec(value: unknown): GatewayTrafficSpec {
  const input = object(value, 'the body', ['weights', 'mirror', 'ifGeneration', 'lease', 'unready']);
  if (input.unready !== undefined && input.unready !== 'allow') throw invalid('unready must be "allow".');
  return {
    weights: parseWeights(input.weights),
    ...given('mirror', input, parseMirror),
    ...given('ifGeneration', input, (n) => number(n, 'ifGeneration', 0, Number.MAX_SAFE_INTEGER)),
    ...given('lease', input, (lease) => (lease === null ? null : parseLease(lease))),
    ...(input.unready === undefined ? {} : { unready: 'allow' }),
  };
}

export function parseLease(value: unknown): Lease {
  const input = object(value, 'lease', ['ms', 'fallback']);
  return { ms: number(input.ms, 'lease.ms', MIN_LEASE_MS, MAX_MS), fallback: parseWeights(input.fallback) };
}

export function parseRenewal(value: unknown): GatewayRenewal {
  const input = object(value, 'the body', ['generation']);
  return given('generation', input, (n) => number(n, 'generation', 0, Number.MAX_SAFE_INTEGER));
}

export function parseWeights(value: unknown): Record<string, number> {
  const weights = Object.entries(object(value, 'weights')).map(([id, weight]): [string, number] => [
    parseVersionId(id),
    number(weight, `weights.${id}`, 0, 1e9),
  ]);
  if (weights.length > 0 && weights.every(([, weight]) => weight === 0)) {
    throw invalid('At least one weight must be above 0; {} takes the endpoint off traffic.');
  }
  return Object.fromEntries(weights);
}

export function parseMirror(value: unknown): Mirror | null {
  if (value === null) return null;
  const mirror = object(value, 'mirror', ['version', 'percent', 'keep']);
  if (mirror.keep !== undefined && mirror.keep !== true) throw invalid('mirror.keep must be true.');
  return {
    version: parseVersionId(text(mirror.version, 'mirror.version')),
    percent: number(mirror.percent, 'mirror.percent', 0, 100),
    ...(mirror.keep === undefined ? {} : { keep: true as const }),
  };
}

/** A query parameter in milliseconds or a count. */
export function parseQueryNumber(query: URLSearchParams, name: string): number | undefined {
  const raw = query.get(name);
  if (raw === null) return undefined;
  return number(raw.trim() === '' ? Number.NaN : Number(raw), name, 0, Number.MAX_SAFE_INTEGER);
}

function command(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('command must be a list of at least one string.');
  return value.map((part, i) => text(part, `command.${i}`, i > 0));
}

/** A field where it is given, and no field where it is not. */
function given<Key extends string, Value>(
  key: Key,
  input: Record<string, unknown>,
  read: (value: unknown) => Value,
): { [Name in Key]?: Value } {
  const value = input[key];
  return value === undefined ? {} : ({ [key]: read(value) } as { [Name in Key]: Value });
}
