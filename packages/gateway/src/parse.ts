import { isAbsolute } from 'node:path';
import type { EndpointSpec, Mirror, TrafficSpec, VersionSpec } from './api.ts';
import { parseCaptureSettings } from './capture-settings.ts';
import { invalid } from './errors.ts';

/** Names of endpoints and versions end up in URLs and file names. */
const ENDPOINT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

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

export function parseEndpointSpec(value: unknown): EndpointSpec {
  const input = object(value, 'the body', ['capture', 'deadlineMs']);
  const spec: EndpointSpec = {};
  if (input.capture !== undefined) {
    spec.capture = parseCaptureSettings(input.capture);
  }
  if (input.deadlineMs !== undefined) spec.deadlineMs = number(input.deadlineMs, 'deadlineMs', 1, 2 ** 31 - 1);
  return spec;
}

const VERSION_KEYS = ['digest', 'command', 'cwd', 'env', 'modelPath', 'readyTimeoutMs'];

export function parseVersionSpec(value: unknown): VersionSpec {
  const input = object(value, 'the body', VERSION_KEYS);
  const spec: VersionSpec = {
    digest: text(input.digest, 'digest'),
    command: command(input.command),
    cwd: text(input.cwd, 'cwd'),
    modelPath: text(input.modelPath, 'modelPath'),
  };
  if (!isAbsolute(spec.cwd)) throw invalid('cwd must be an absolute path.');
  if (input.env !== undefined) {
    const env = object(input.env, 'env');
    spec.env = Object.fromEntries(Object.entries(env).map(([name, entry]) => [name, text(entry, `env.${name}`, true)]));
  }
  if (input.readyTimeoutMs !== undefined) {
    spec.readyTimeoutMs = number(input.readyTimeoutMs, 'readyTimeoutMs', 1, 2 ** 31 - 1);
  }
  return spec;
}

export function parseTrafficSpec(value: unknown): TrafficSpec {
  const input = object(value, 'the body', ['weights', 'mirror', 'ifGeneration']);
  const spec: TrafficSpec = { weights: parseWeights(input.weights) };
  if (input.mirror !== undefined) spec.mirror = parseMirror(input.mirror);
  if (input.ifGeneration !== undefined) {
    spec.ifGeneration = number(input.ifGeneration, 'ifGeneration', 0, Number.MAX_SAFE_INTEGER);
  }
  return spec;
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
  const mirror = object(value, 'mirror', ['version', 'percent']);
  return {
    version: parseVersionId(text(mirror.version, 'mirror.version')),
    percent: number(mirror.percent, 'mirror.percent', 0, 100),
  };
}

/** A query parameter in milliseconds or a count. */
export function parseQueryNumber(query: URLSearchParams, name: string): number | undefined {
  const raw = query.get(name);
  if (raw === null) return undefined;
  return number(raw.trim() === '' ? Number.NaN : Number(raw), name, 0, Number.MAX_SAFE_INTEGER);
}

export function object(value: unknown, where: string, keys?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${where} must be an object.`);
  for (const key of Object.keys(value)) {
    if (keys && !keys.includes(key))
      throw invalid(`${where} has an unknown field "${key}"; known: ${keys.join(', ')}.`);
  }
  return value as Record<string, unknown>;
}

export function text(value: unknown, where: string, mayBeEmpty = false): string {
  if (typeof value !== 'string' || (value === '' && !mayBeEmpty)) throw invalid(`${where} must be a string.`);
  if (value.includes('\0')) throw invalid(`${where} must not contain a NUL character.`);
  return value;
}

export function number(value: unknown, where: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
    throw invalid(`${where} must be a number from ${min} to ${max}.`);
  }
  return value;
}

function command(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('command must be a list of at least one string.');
  return value.map((part, i) => text(part, `command.${i}`, i > 0));
}
