import { closest } from '../../closest.ts';
import { invalidStep, shown } from '../../options.ts';
import type { Check } from '../check.ts';
import { checked } from '../checked.ts';
import { Kwargs } from './kwargs.ts';
import { readers } from './read.ts';
import { type Expectation, expectationOf } from './write.ts';

/** A suite as Great Expectations 1.x writes it to JSON. */
export interface ExpectationSuite {
  readonly name: string;
  readonly expectations: readonly (Expectation & {
    readonly severity: 'critical' | 'warning';
    readonly meta: Readonly<Record<string, unknown>>;
  })[];
  readonly meta: Readonly<Record<string, unknown>>;
}

/**
 * The checks of a suite of Great Expectations 1.x, as JSON text or what it parses to (0.x: `expectation_type`, too).
 * `critical` blocks; `warning` and `info` warn. An expectation of several quantiles is one check each.
 *
 * @throws SluiceError `InvalidStep` for what is no suite, and for an expectation or argument that Sluice does not
 * support: it names type, index and the closest one that it does
 */
export function suiteFromGreatExpectations(suite: unknown): Check[] {
  const parsed = typeof suite === 'string' ? parse(suite) : suite;
  const { name, expectation_suite_name, expectations } = (parsed ?? {}) as Readonly<Record<string, unknown>>;
  const where = `suite ${String(name ?? expectation_suite_name ?? 'of Great Expectations')}`;
  if (!Array.isArray(expectations)) {
    throw invalidStep(where, 'It has no list of expectations.', 'Give the JSON of an ExpectationSuite.');
  }
  return expectations.flatMap((one, index) => read(one, `${where}, expectation ${index}`));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidStep('suite of Great Expectations', `It is not JSON: ${(cause as Error).message}`, 'Give JSON.');
  }
}

function read(expectation: unknown, place: string): Check[] {
  const given = (typeof expectation === 'object' && expectation !== null ? expectation : {}) as Readonly<
    Record<string, unknown>
  >;
  const type = given.type ?? given.expectation_type;
  if (typeof type !== 'string') throw invalidStep(place, `Its type is ${shown(type)}.`, 'Give its type.');
  const where = `${place} (${type})`;
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (reader === undefined) {
    const near = nearest(type);
    throw invalidStep(
      where,
      `Sluice does not support ${type}.`,
      near === null ? 'Leave it out, or keep it in Great Expectations.' : `The closest that it supports is ${near}.`,
      { type, closest: near },
    );
  }
  const kwargs = new Kwargs((given.kwargs ?? {}) as Readonly<Record<string, unknown>>, where);
  const found = reader(kwargs, where);
  kwargs.end();
  const more = { ...severityOf(given.severity, where), ...(maskOf(given.meta) ? { mask: true as const } : {}) };
  return [found].flat().map((check) => checked({ ...check, ...more } as Check, where));
}

/** By spelling, or else by the words that both have. */
function nearest(type: string): string | null {
  const known = Object.keys(readers);
  const words = (name: string) =>
    name.split('_').filter((word) => !['expect', 'to', 'be', 'values', 'column'].includes(word));
  const common = (name: string) => words(name).filter((word) => words(type).includes(word)).length;
  const best = known.toSorted((a, b) => common(b) - common(a))[0];
  return closest(type, known) ?? (best !== undefined && common(best) > 0 ? best : null);
}

function severityOf(severity: unknown, where: string): { severity?: 'warn' } {
  if (severity == null || severity === 'critical') return {};
  if (severity === 'warning' || severity === 'info') return { severity: 'warn' };
  throw invalidStep(where, `Its severity is ${shown(severity)}.`, "Use 'critical', 'warning' or 'info'.");
}

function maskOf(meta: unknown): boolean {
  return (meta as { readonly sluice?: { readonly mask?: unknown } } | null | undefined)?.sluice?.mask === true;
}

/**
 * Checks as a suite of Great Expectations 1.x; `JSON.stringify` makes the file of it.
 *
 * @throws SluiceError `InvalidStep` for a check that Great Expectations has no expectation for
 */
export function suiteToGreatExpectations(checks: readonly Check[], name: string): ExpectationSuite {
  const expectations = checks.map((check, index) => {
    const { severity, mask } = checked(check, `check ${index}`);
    const expectation = expectationOf(check);
    if (expectation === null) {
      throw invalidStep(
        `suite ${name}, check ${index}`,
        `Great Expectations has no expectation for the rule ${check.rule.kind} as it is here.`,
        'Leave it out of the suite that is written.',
      );
    }
    return {
      ...expectation,
      severity: severity === 'warn' ? ('warning' as const) : ('critical' as const),
      meta: mask === true ? { sluice: { mask } } : {},
    };
  });
  return { name, expectations, meta: { sluice: { version: 1 } } };
}
