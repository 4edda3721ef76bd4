import { UsageError } from '../../errors.ts';

/** Longest value of one parameter, characters: run ids and step paths may have hundreds. */
const LONGEST = 2_000;

/** The parameters of a question, read once and checked. */
export class Query {
  readonly #given: URLSearchParams;

  constructor(given: URLSearchParams) {
    this.#given = given;
  }

  /** Null where it is not given, or empty. @throws SluiceError `Usage` */
  text(name: string): string | null {
    const [value, ...more] = this.#given.getAll(name);
    if (more.length > 0) throw new UsageError(`"${name}" is given more than once.`);
    if (value === undefined || value === '') return null;
    if (value.length > LONGEST) throw new UsageError(`"${name}" is longer than ${LONGEST} characters.`);
    if (/\p{Cc}/u.test(value)) throw new UsageError(`"${name}" has a control character in it.`);
    return value;
  }

  /** @throws SluiceError `Usage` where it is missing */
  needed(name: string): string {
    const value = this.text(name);
    if (value === null) throw new UsageError(`"${name}" is missing.`);
    return value;
  }

  /** A whole number from `least` to `most`; null where it is not given. @throws SluiceError `Usage` */
  count(name: string, least: number, most: number): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new UsageError(`"${name}" is to be a whole number from ${least} to ${most}.`);
  }
}
