import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { placeIn, SluiceError } from '@sluice/sdk';
import { importsOf } from '../config/imports.ts';
import { InvalidConfigError } from '../errors.ts';

/** A config or a pipeline file that Node does not load, with the line that it does not like. */
export function loadFailed(path: string, error: unknown, fix?: string): InvalidConfigError {
  if (error instanceof SluiceError)
    return new InvalidConfigError(placeOf(path, error), [error.message], error.fix, error);
  const place = placeOf(path, error);
  return new InvalidConfigError(place, [`it cannot be loaded: ${reason(error)}`], fix, error);
}

/** `/a/sluice.config.ts:3`, or the file alone where no line is known. */
function placeOf(path: string, error: unknown): string {
  if (!(error instanceof Error)) return path;
  // What cannot be parsed, or linked, is named before the message.
  const [, file, line] = /^(.+):(\d+)$/.exec(error.stack?.split('\n')[0] ?? '') ?? [];
  if (file?.startsWith('file://')) return `${fileURLToPath(file)}:${line}`;
  if (file?.startsWith('/')) return `${file}:${line}`;
  return unresolved(error.message) ?? raisedIn(error) ?? path;
}

function raisedIn(error: Error): string | null {
  const place = placeIn('/', error);
  return place === null ? null : `/${place}`;
}

/** The import that leads nowhere. */
function unresolved(message: string): string | null {
  const [, specifier = '', file] = /^Cannot find (?:module|package) '([^']+)' imported from (.+)$/.exec(message) ?? [];
  if (file === undefined) return null;
  const last = specifier.slice(specifier.lastIndexOf('/') + 1);
  try {
    const found = importsOf(readFileSync(file, 'utf8')).find((one) => one.specifier.endsWith(last));
    return found === undefined ? file : `${file}:${found.line}`;
  } catch {
    return file;
  }
}

function reason(error: unknown): string {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return message.replace(/^\[?Error: /, '') || 'it throws an error without a message';
}
