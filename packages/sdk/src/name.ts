import { ErrorCode, SluiceError } from './errors.ts';

const pattern = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$/u;

/**
 * Declared names become parts of ids, paths and queue names: letters and digits of any script, `.`, `_` and `-`.
 *
 * @throws SluiceError `InvalidStep`
 */
export function checkName(what: string, name: string): void {
  if (typeof name === 'string' && pattern.test(name)) return;
  throw new SluiceError(ErrorCode.InvalidStep, `${what} name ${JSON.stringify(name)} is not usable.`, {
    fix: 'Start with a letter or digit; then letters, digits, ".", "_" or "-", 100 at most.',
  });
}

/** A step's place in its run: the `map` scopes it stands in, outermost first, and its name. */
export function stepPath(scopes: readonly { readonly map: string; readonly key: string }[], name: string): string {
  return [...scopes.map(({ map, key }) => `${map}=${encodeKey(key)}`), name].join('/');
}

/** Keys may be any text; `/`, `=` and `%` are escaped so that a path has one reading. */
export function encodeKey(key: string): string {
  return key.replace(/[%/=\s]/g, (char) => encodeURIComponent(char));
}
