import { createHash } from 'node:crypto';
import { ErrorCode, SluiceError } from '@sluice/sdk';

/** Longest name of a metric, parameter or tag, and longest values, in characters. */
export const Limit = { key: 250, param: 6000, tag: 8000, registryTag: 5000, datasetDigest: 36 } as const;

/**
 * Any text as a name that MLflow takes for a metric, parameter or tag: letters and digits of any script, `_ - . : /`
 * and spaces, a path without empty, `.` or `..` parts, at most 250 characters. What it refuses becomes `_`; a longer
 * name ends in a digest of the whole.
 */
export function keyName(text: string): string {
  const parts = text
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}_\-.: /]/gu, '_')
    .split('/')
    .map((part) => (part === '.' || part === '..' ? '_'.repeat(part.length) : part))
    .filter((part) => part !== '');
  const name = parts.join('/') || '_';
  if (name.length <= Limit.key) return name;
  return `${name.slice(0, Limit.key - 17).replace(/[/\uD800-\uDBFF]$/, '')}-${shortHash(text)}`;
}

/** Cut to a length without splitting a character, ending in `…` where something is missing. */
export function cut(text: string, length: number): string {
  const whole = wellFormed(text);
  if (whole.length <= length) return whole;
  return `${whole.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The first 36 characters of a digest's hex: all that MLflow keeps of a dataset's digest. */
export function datasetDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, Limit.datasetDigest);
}

/**
 * An idempotency key as a tag's value: readable, and free of the quotes that MLflow's filter language cannot escape.
 * A longer one ends in a digest of the whole.
 */
export function keyValue(key: string): string {
  const value = encodeURI(wellFormed(key)).replaceAll("'", '%27');
  return value.length <= 1000 ? value : `${value.slice(0, 900)}~${shortHash(key)}`;
}

/** Half a character would make the whole text unsendable. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** `key = 'value'` in MLflow's filter language, for values that {@link keyValue} made. */
export function tagFilter(key: string, value: string): string {
  return `tags.\`${key}\` = '${value}'`;
}

/** @throws SluiceError `InvalidConfig` for names of registered models that MLflow refuses */
export function checkModelName(name: string, endpoint: string): string {
  if (!/[/:]/.test(name) && name.trim() !== '' && !/^\.{1,2}$/.test(name)) return name;
  throw new SluiceError(
    ErrorCode.InvalidConfig,
    `"${name}" cannot name a registered model: MLflow refuses "/" and ":" and empty names.`,
    {
      where: `endpoints.${endpoint}.model`,
      fix: `Set endpoints['${endpoint}'].model in sluice.config.ts to a name without them, such as '${name.replace(/[/:]+/g, '-').replace(/^[-.\s]+|[-.\s]+$/g, '') || 'model'}'.`,
    },
  );
}
