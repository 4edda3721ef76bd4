import { UsageError } from '../errors.ts';

export type Given = Readonly<Record<string, unknown>>;

/** A text that must be there. @throws SluiceError `Usage` */
export function text(given: Given, name: string): string {
  const value = given[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new UsageError(`"${name}" must be a text, and is ${JSON.stringify(value) ?? 'missing'}.`);
}

export function maybeText(given: Given, name: string): string | undefined {
  return given[name] === undefined || given[name] === null ? undefined : text(given, name);
}

/** A whole number of at least `least`. @throws SluiceError `Usage` */
export function count(given: Given, name: string, usual: number, least = 1): number {
  const value = given[name] ?? usual;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`"${name}" must be a whole number of at least ${least}, and is ${JSON.stringify(value)}.`);
}

/** Keys of maps, by the map's name. @throws SluiceError `Usage` */
export function keysIn(given: Given): Readonly<Record<string, string>> {
  const value = given.keys ?? {};
  if (typeof value === 'object' && value !== null && Object.values(value).every((key) => typeof key === 'string')) {
    return value as Readonly<Record<string, string>>;
  }
  throw new UsageError('"keys" must be texts by the name of their map.');
}
