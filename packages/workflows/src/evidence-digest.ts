import type { GateResult } from '@sluice/sdk';
import { utf8 } from './utf8.ts';

/**
 * A short fingerprint of the evidence that was on the table (FNV-1a, 64 bits, over its JSON in UTF-8): the sandbox has no
 * cryptography, and the full SHA-256 is made by the activity that records the decision.
 */
export function evidenceDigest(gates: readonly GateResult[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of utf8(JSON.stringify(gates))) {
    hash ^= BigInt(byte);
    hash = (hash * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return `fnv1a64:${hash.toString(16).padStart(16, '0')}`;
}
