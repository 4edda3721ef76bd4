import type { Digest } from '@sluice/sdk';
import type { Claim } from '../checkpoints/manifest.ts';
import type { WorkDigests } from '../inputs/digests.ts';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

export const digests: WorkDigests = { code: digest('a'), hyper: digest('b'), data: digest('c') };

export const otherDigest = digest('f');

export function claimOf(attempt: number, over: Partial<Claim> = {}): Claim {
  return { order: 1000 + attempt, attempt, delivery: 1, owner: `owner-${attempt}`, ...over };
}
