import { closest, ErrorCode, type Json, SluiceError } from '@sluice/sdk';

/** Options of a metric as a suite gives them. */
export type MetricOptions = Readonly<Record<string, Json | undefined>>;

/** Reads the options of one metric. What a metric asks for is what it knows: anything else is refused by `end`. */
export interface OptionReader {
  readonly metric: string;
  flag(name: string, byDefault: boolean): boolean;
  /** A whole number. */
  whole(name: string, byDefault: number, least: number, most: number): number;
  oneOf<const Choice extends string>(name: string, byDefault: Choice, choices: readonly Choice[]): Choice;
  /** Text, or null where nobody said. */
  text(name: string): string | null;
  /**
   * @returns the signature: the metric's name and every option as it holds, given or by default
   * @throws SluiceError `InvalidStep` for an option that nobody asked for
   */
  end(): string;
}

/** @throws SluiceError `InvalidStep`, from every method, for a value that cannot work */
export function readOptions(metric: string, options: MetricOptions): OptionReader {
  const held = new Map<string, string>();
  const given = (name: string): Json | undefined => (Object.hasOwn(options, name) ? options[name] : undefined);
  /** What holds of an option goes into the signature. */
  const hold = <Value extends boolean | number | string | null>(name: string, value: Value): Value => {
    held.set(name, typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value ?? 'none'));
    return value;
  };
  const wrong = (name: string, value: Json, wanted: string): SluiceError =>
    new SluiceError(ErrorCode.InvalidStep, `${metric}: ${name} is ${JSON.stringify(value)}.`, {
      where: `metric ${metric}`,
      fix: `Give ${wanted}.`,
    });
  return {
    metric,
    flag(name, byDefault) {
      const value = given(name);
      if (value === undefined) return hold(name, byDefault);
      if (typeof value !== 'boolean') throw wrong(name, value, 'true or false');
      return hold(name, value);
    },
    whole(name, byDefault, least, most) {
      const value = given(name);
      if (value === undefined) return hold(name, byDefault);
      if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
        throw wrong(name, value, `a whole number from ${least} to ${most}`);
      }
      return hold(name, value);
    },
    oneOf(name, byDefault, choices) {
      const value = given(name);
      if (value === undefined) return hold(name, byDefault);
      const choice = choices.find((one) => one === value);
      if (choice === undefined) throw wrong(name, value, choices.map((one) => `'${one}'`).join(' or '));
      return hold(name, choice);
    },
    text(name) {
      const value = given(name);
      if (value === undefined || value === null) return hold(name, null);
      if (typeof value !== 'string') throw wrong(name, value, 'text');
      return hold(name, value);
    },
    end() {
      const known = [...held.keys()];
      const unknown = Object.keys(options).find((name) => options[name] !== undefined && !held.has(name));
      if (unknown === undefined) return [metric, ...[...held].map(([name, value]) => `${name}:${value}`)].join('|');
      const near = closest(unknown, known);
      throw new SluiceError(
        ErrorCode.InvalidStep,
        `${metric} has no option "${unknown}".${near === null ? '' : ` Did you mean "${near}"?`}`,
        {
          where: `metric ${metric}`,
          fix: known.length === 0 ? 'It has none: leave it out.' : `It has ${known.join(', ')}.`,
        },
      );
    },
  };
}
