import type { Json } from '@sluice/sdk';

/** Servers of tables answer `[1.5]` or `{"0": 1.5}` for a row; that is the value. */
export function single(value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.values(value);
  const isScalar = inner.length === 1 && (typeof inner[0] !== 'object' || inner[0] === null);
  return isScalar ? inner[0] : value;
}
