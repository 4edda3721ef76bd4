import { invalid } from './errors.ts';

/** One field of what somebody sent, by what it must be. */

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
