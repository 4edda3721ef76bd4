import type { Check } from './check.ts';
import { checked } from './checked.ts';

/** A check that may be changed by a further word: `.warn()`, `.masked()`. It is plain data all the same. */
export type WholeCheck<Of extends Check = Check> = Of & {
  /** It shows, and does not fail the gate. */
  warn(): WholeCheck<Of>;
  /** No value is shown, of those that break the rule and in the profile: personal data. */
  masked(): WholeCheck<Of>;
};

/** A check that each row keeps or breaks: `column('x').between(0, 1).mostly(0.999).warn()`. */
export type RowCheck<Of extends Check = Check> = Of & {
  /** Share of rows, over 0 and at most 1, that must keep the rule. */
  mostly(share: number): RowCheck<Of>;
  /** It shows, and does not fail the gate. */
  warn(): RowCheck<Of>;
  /** No value is shown, of those that break the rule and in the profile: personal data. */
  masked(): RowCheck<Of>;
};

/** @throws SluiceError `InvalidStep` */
export function rowCheck<Of extends Check>(check: Of, where: string): RowCheck<Of> {
  const next = (more: Partial<Check>) => rowCheck<Of>({ ...check, ...more }, where);
  return withMethods(checked(check, where), {
    mostly: (share: number) => next({ share }),
    warn: () => next({ severity: 'warn' }),
    masked: () => next({ mask: true }),
  });
}

/** @throws SluiceError `InvalidStep` */
export function wholeCheck<Of extends Check>(check: Of, where: string): WholeCheck<Of> {
  const next = (more: Partial<Check>) => wholeCheck<Of>({ ...check, ...more }, where);
  return withMethods(checked(check, where), {
    warn: () => next({ severity: 'warn' }),
    masked: () => next({ mask: true }),
  });
}

/** Methods that JSON, spreads and comparisons do not see. */
function withMethods<Of extends Check, Methods extends object>(check: Of, methods: Methods): Of & Methods {
  const hidden = Object.entries(methods).map(([name, value]) => [name, { value, enumerable: false }]);
  return Object.defineProperties(check, Object.fromEntries(hidden)) as Of & Methods;
}
