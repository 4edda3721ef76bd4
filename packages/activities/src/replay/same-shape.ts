/**
 * Why a caller who could read `old` might not be able to read `now`: the first place where a field is missing, a type
 * differs, or a list has another length. Values may differ, and fields may be added. Null when the shape is kept.
 */
export function shapeDifference(old: unknown, now: unknown): string | null {
  const found = differenceAt(old, now, 0);
  return found === null ? null : `$${found.path}${found.what}`;
}

/** Its path is put together on the way back, so that a long list without one costs nothing. */
function differenceAt(old: unknown, now: unknown, depth: number): { path: string; what: string } | null {
  // Where the old answer says nothing of the type, any will do; deeper than this nobody looks.
  if (old === null || depth > 100) return null;
  if (kindOf(old) !== kindOf(now)) return { path: '', what: ` is ${kindOf(now)}, was ${kindOf(old)}` };
  if (Array.isArray(old) && Array.isArray(now)) {
    if (old.length !== now.length) return { path: '', what: ` has ${now.length} items, had ${old.length}` };
    for (let i = 0; i < old.length; i += 1) {
      const found = differenceAt(old[i], now[i], depth + 1);
      if (found !== null) return { ...found, path: `[${i}]${found.path}` };
    }
    return null;
  }
  if (typeof old !== 'object') return null;
  const [before, after] = [old as Readonly<Record<string, unknown>>, now as Readonly<Record<string, unknown>>];
  const names = Object.keys(before);
  const missing = names.find((name) => !Object.hasOwn(after, name));
  if (missing !== undefined) return { path: `.${missing}`, what: ' is missing' };
  for (const name of names) {
    const found = differenceAt(before[name], after[name], depth + 1);
    if (found !== null) return { ...found, path: `.${name}${found.path}` };
  }
  return null;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
