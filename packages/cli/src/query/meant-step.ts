import { ErrorCode, encodeKey, SluiceError } from '@sluice/sdk';
import { didYouMean } from '../config/suggest.ts';

/**
 * The one step that is meant: by its path, or by its name and as many keys of its maps as tell it from the others.
 *
 * @returns null when there is none.
 * @throws SluiceError `Usage` naming the steps, where there is more than one.
 */
export function meantStep(
  paths: Iterable<string>,
  name: string,
  keys: Readonly<Record<string, string>>,
): string | null {
  const wanted = Object.entries(keys).map(([map, key]) => `${map}=${encodeKey(key)}`);
  const found = [...new Set(paths)].filter((path) => {
    const parts = path.split('/');
    return (path === name || path.endsWith(`/${name}`)) && wanted.every((part) => parts.includes(part));
  });
  if (found.includes(name) && wanted.length === 0) return name;
  if (found.length > 1) throw manySteps(name, found);
  return found[0] ?? null;
}

export function noStep(run: string, name: string, paths: Iterable<string>): SluiceError {
  const all = [...new Set(paths)];
  const some = all.length > 20 ? `${all.slice(0, 20).join(', ')} and ${all.length - 20} more` : all.join(', ');
  return new SluiceError(ErrorCode.NotFound, `The run has begun no step "${name}".${didYouMean(name, all)}`, {
    where: run,
    fix: all.length === 0 ? 'It has begun no step yet.' : `It has begun: ${some}`,
  });
}

function manySteps(name: string, found: readonly string[]): SluiceError {
  const some = found.slice(0, 5).join(', ') + (found.length > 5 ? ` and ${found.length - 5} more` : '');
  return new SluiceError(ErrorCode.NotFound, `${found.length} steps go by "${name}".`, {
    fix: `Name one by its path or by a key of its map: ${some}`,
    data: found,
  });
}
