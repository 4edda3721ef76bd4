import { ErrorCode, SluiceError } from './errors.ts';

const pattern = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,99}$/u;

/**
 * Declared names become parts of ids, paths and queue names: letters and digits of any script, `.`, `_` and `-`,
 * in Unicode's composed form (NFC), so that two names that look alike are alike.
 *
 * @throws SluiceError `InvalidStep`
 */
export function checkName(what: string, name: string): void {
  if (typeof name === 'string' && pattern.test(name) && name.normalize('NFC') === name) return;
  const given = typeof name === 'string' ? JSON.stringify(name) : String(name);
  throw new SluiceError(ErrorCode.InvalidStep, `${what} name ${given} is not usable.`, {
    where: `${what} ${given}`,
    fix: 'Start with a letter or digit; then letters, digits, ".", "_" or "-", 100 at most, in composed form (NFC).',
  });
}

/** A step's place in its run: the `map` scopes it stands in, outermost first, and its name. */
export function stepPath(scopes: readonly { readonly map: string; readonly key: string }[], name: string): string {
  return [...scopes.map(({ map, key }) => `${map}=${encodeKey(key)}`), name].join('/');
}

/** Keys may be any text; `/`, `=`, `%`, white space and control characters are escaped so that a path has one reading. */
export function encodeKey(key: string): string {
  return key.replace(/[%/=\s\p{Cc}]/gu, (char) => encodeURIComponent(char));
}
