import type { GateResult } from '@sluice/sdk';

/**
 * A short fingerprint of the evidence that was on the table (FNV-1a, 64 bits over its JSON): the sandbox has no
 * cryptography, and the full SHA-256 is made by the activity that records the decision.
 */
export function evidenceDigest(gates: readonly GateResult[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const unit of JSON.stringify(gates)) {
    hash ^= BigInt(unit.codePointAt(0) ?? 0);
    hash = (hash * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return `fnv1a64:${hash.toString(16).padStart(16, '0')}`;
}
