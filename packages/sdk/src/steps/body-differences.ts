import { parseJsonPath } from '../json-path.ts';
import { checkFields, invalidStep, numberWithin, oneOf, shown } from '../options.ts';

/** How a replay holds the bodies of answers against each other; left out: not at all. */
export interface BodyDifferences {
  /** `block`: a systematic difference fails the gate; `warn`: it shows only. */
  readonly as: 'warn' | 'block';
  /** JSON paths of what is not compared. */
  readonly ignore: readonly string[];
  readonly tolerate: readonly ({ readonly path: string } & Required<DifferenceTolerance>)[];
}

/** How far apart two numbers may be and still be the same: one of both is enough. */
export interface DifferenceTolerance {
  /** In the unit of the numbers. @default 0 */
  readonly absolute?: number;
  /** Share of the old version's number. @default 0 */
  readonly relative?: number;
}

/** How a replay compares what answers hold. */
export interface DifferenceOptions {
  /**
   * Are answers compared by what they hold? What the old version says differently each time, as a second copy of it
   * shows, does not count. `warn`: systematic differences are shown; `block`: they fail the gate; `off`: no second copy is
   * started. @default 'warn'
   */
  readonly differences?: 'warn' | 'block' | 'off';
  /** JSON paths of what is not compared, `$.request_id`, `$.rows[*].at`: names, items and `[*]`. @default none */
  readonly ignore?: readonly string[];
  /** By JSON path how far apart numbers may be, `{ '$.predictions[*].score': { absolute: 0.01 } }`. @default not at all */
  readonly tolerate?: Readonly<Record<string, DifferenceTolerance>>;
}

const choices = ['warn', 'block', 'off'] as const;
const tolerances = { absolute: true, relative: true } as const;

/** @throws SluiceError `InvalidStep` for a path that is none, and for what would have no effect */
export function differencesOf(where: string, options: DifferenceOptions): { differences?: BodyDifferences } {
  const { differences = 'warn', ignore = [], tolerate = {} } = options;
  const as = oneOf(where, 'differences', differences, choices);
  if (!Array.isArray(ignore)) {
    throw invalidStep(where, `ignore is ${shown(ignore)}; it must be a list.`, "Write ignore: ['$.request_id'].");
  }
  if (typeof tolerate !== 'object' || tolerate === null || Array.isArray(tolerate)) {
    const fix = "Write tolerate: { '$.predictions[*].score': { absolute: 0.01 } }.";
    throw invalidStep(where, `tolerate is ${shown(tolerate)}; it must be an object.`, fix);
  }
  const ignored = ignore.map((path: unknown, i) => jsonPath(where, `ignore[${i}]`, path));
  const tolerated = Object.entries(tolerate).map(([path, tolerance]) => {
    const label = `tolerate[${JSON.stringify(path)}]`;
    jsonPath(where, label, path);
    checkFields<DifferenceTolerance>(where, tolerance, tolerances, label);
    const { absolute = 0, relative = 0 } = tolerance;
    return {
      path,
      absolute: numberWithin(where, `${label}.absolute`, absolute, { least: 0 }),
      relative: numberWithin(where, `${label}.relative`, relative, { least: 0 }),
    };
  });
  if (as !== 'off') return { differences: { as, ignore: ignored, tolerate: tolerated } };
  if (ignored.length + tolerated.length === 0) return {};
  throw invalidStep(
    where,
    "differences is 'off': there is nothing to ignore or to tolerate.",
    'Leave out ignore and tolerate, or compare by differences.',
  );
}

function jsonPath(where: string, label: string, value: unknown): string {
  if (typeof value === 'string' && parseJsonPath(value) !== null) return value;
  throw invalidStep(
    where,
    `${label}: ${shown(value)} is no path that Sluice reads.`,
    "Write $.predictions[*].score: names, ['names with blanks'], items [0], and [*] for all of them.",
  );
}
