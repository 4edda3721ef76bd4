import { ErrorCode, SluiceError } from './errors.ts';
import { stepPath } from './name.ts';

/** One `map` branch. */
export interface Scope {
  readonly map: string;
  readonly key: string;
}

/** Keys of the branches, by the name of their map. */
export function keysOf(scopes: readonly Scope[]): Record<string, string> {
  return Object.fromEntries(scopes.map(({ map, key }) => [map, key]));
}

/** The steps and maps that a run has declared so far; what refuses two of one name in one scope. */
export class StepNames {
  readonly #declared = new Map<string, string>();

  /**
   * The path of a step or map that stands in `scopes`, outermost first.
   *
   * @throws SluiceError `DuplicateStep` naming both, when there is one of that path already, or a map of that name
   * around it
   */
  declare(scopes: readonly Scope[], kind: string, name: string): string {
    const path = stepPath(scopes, name);
    const what = `${kind} ${name}`;
    const former = this.#declared.get(path);
    if (former !== undefined) {
      throw new SluiceError(ErrorCode.DuplicateStep, `Two steps are called "${path}": ${former} and ${what}.`, {
        where: path,
        fix: 'Names identify work over retries; give each its own within one scope.',
      });
    }
    if (kind === 'map' && scopes.some((scope) => scope.map === name)) {
      throw new SluiceError(ErrorCode.DuplicateStep, `map ${name} stands inside another map ${name}.`, {
        where: path,
        fix: 'Keys are told apart by the name of their map; give the inner one its own.',
      });
    }
    this.#declared.set(path, what);
    return path;
  }
}
