import type { GateResult } from '@sluice/sdk';
import { fnv1a64 } from './fnv.ts';

/**
 * A short fingerprint of the evidence that was on the table, over its JSON: the full SHA-256 is made by the activity
 * that records the decision.
 */
export function evidenceDigest(gates: readonly GateResult[]): string {
  return `fnv1a64:${fnv1a64(JSON.stringify(gates))}`;
}
