import { invalidStep, shown } from '../../options.ts';
import type { Choice } from '../check.ts';

/** The arguments of one expectation; what nobody has asked for in the end is what we do not support. */
export class Kwargs {
  readonly #rest: Map<string, unknown>;
  readonly #where: string;

  constructor(kwargs: Readonly<Record<string, unknown>>, where: string) {
    // Great Expectations writes null for what is not given.
    this.#rest = new Map(Object.entries(kwargs).filter(([name, value]) => value != null && !neutral.has(name)));
    this.#where = where;
  }

  /** The value as it stands: what builds the check judges it. */
  take<Value>(name: string): Value | null {
    const value = this.#rest.get(name) ?? null;
    this.#rest.delete(name);
    if (typeof value === 'object' && value !== null && '$PARAMETER' in value) {
      throw invalidStep(this.#where, `${name} is a suite parameter.`, 'Write the value itself.');
    }
    return value as Value | null;
  }

  /** @throws SluiceError `InvalidStep` */
  need<Value>(name: string): Value {
    const value = this.take<Value>(name);
    if (value !== null) return value;
    throw invalidStep(this.#where, `${name} is missing.`, `Give ${name}.`);
  }

  values(name: string): readonly Choice[] {
    return this.need<readonly Choice[]>(name);
  }

  /** Takes `name` and refuses any value but these. */
  only(name: string, ...allowed: readonly unknown[]): void {
    const value = this.take<unknown>(name);
    if (value === null || allowed.includes(value)) return;
    throw invalidStep(
      this.#where,
      `${name} is ${shown(value)}, which Sluice does not support.`,
      `It supports ${allowed.map(shown).join(', ')}.`,
    );
  }

  /** @throws SluiceError `InvalidStep` that names what is left over */
  end(): void {
    const names = [...this.#rest.keys()];
    if (names.length === 0) return;
    throw invalidStep(
      this.#where,
      `Sluice does not support its ${names.length === 1 ? 'argument' : 'arguments'} ${names.join(', ')}.`,
      'Leave it out, or keep this expectation in Great Expectations.',
    );
  }
}

/** How results are shown, and where data comes from: no part of what is asked. */
const neutral: ReadonlySet<string> = new Set([
  'batch_id',
  'catch_exceptions',
  'condition_parser',
  'include_config',
  'meta',
  'result_format',
]);
