/** Levels of lists and objects within each other that a case or an answer may have: whatever reads JSON goes down them one call each. */
export const DEEPEST = 100;

/** Is something nested deeper than {@link DEEPEST}? Level by level, so that no depth is too much for this. */
export function isTooDeep(value: unknown): boolean {
  let level = [value].filter(isNested);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= DEEPEST) return true;
    level = level.flatMap((one) => Object.values(one).filter(isNested));
  }
  return false;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
