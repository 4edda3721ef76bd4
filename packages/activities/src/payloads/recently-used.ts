export interface RecentlyUsed<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

/** Values up to a sum of sizes; what was not asked for the longest leaves first. */
export function recentlyUsed<Value>(most: number, sizeOf: (value: Value) => number): RecentlyUsed<Value> {
  const values = new Map<string, Value>();
  let total = 0;
  return {
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key, value) {
      const former = values.get(key);
      if (former !== undefined) total -= sizeOf(former);
      values.delete(key);
      values.set(key, value);
      total += sizeOf(value);
      for (const [oldest, old] of values) {
        if (total <= most) break;
        values.delete(oldest);
        total -= sizeOf(old);
      }
    },
  };
}
