/**
 * Why a caller who could read `old` might not be able to read `now`: the first place where a field is missing, a type
 * differs, or a list has another length. Values may differ, and fields may be added. Null when the shape is kept.
 */
export function shapeDifference(old: unknown, now: unknown, path = '$', depth = 0): string | null {
  // Where the old answer says nothing of the type, any will do; deeper than this nobody looks.
  if (old === null || depth > 100) return null;
  if (kindOf(old) !== kindOf(now)) return `${path} is ${kindOf(now)}, was ${kindOf(old)}`;
  if (Array.isArray(old) && Array.isArray(now)) {
    if (old.length !== now.length) return `${path} has ${now.length} items, had ${old.length}`;
    return first(
      old.map((item, i) => [item, now[i], `${path}[${i}]`]),
      depth,
    );
  }
  if (typeof old !== 'object') return null;
  const fields = now as Record<string, unknown>;
  const missing = Object.keys(old).find((name) => !Object.hasOwn(fields, name));
  if (missing !== undefined) return `${path}.${missing} is missing`;
  return first(
    Object.entries(old).map(([name, value]) => [value, fields[name], `${path}.${name}`]),
    depth,
  );
}

function first(pairs: readonly (readonly [unknown, unknown, string])[], depth: number): string | null {
  for (const [old, now, path] of pairs) {
    const difference = shapeDifference(old, now, path, depth + 1);
    if (difference !== null) return difference;
  }
  return null;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
