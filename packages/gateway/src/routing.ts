/**
 * Picks a version by weighted rendezvous hashing: each version draws -weight / ln(h), h uniform in (0, 1) from key
 * and version, and the highest draw wins. A key's draw for a version depends on that version's weight alone, so
 * raising one weight moves keys to that version only, and lowering it again sends exactly those keys back.
 * (Thaler and Ravishankar 1998; the weighted form is Schindelhauer and Schomaker 2005.)
 *
 * @returns the version's id, or null when no weight is above 0
 */
export function pickVersion(weights: Readonly<Record<string, number>>, key: string): string | null {
  let winner: string | null = null;
  let best = 0;
  for (const id in weights) {
    const weight = weights[id] ?? 0;
    if (weight <= 0) continue;
    const draw = -weight / Math.log(unitHash(key, id));
    if (winner === null || draw > best) {
      winner = id;
      best = draw;
    }
  }
  return winner;
}

/** The same shares for requests without a key. */
export function pickRandomVersion(weights: Readonly<Record<string, number>>): string | null {
  let total = 0;
  for (const id in weights) total += Math.max(0, weights[id] ?? 0);
  let left = Math.random() * total;
  let last: string | null = null;
  for (const id in weights) {
    const weight = weights[id] ?? 0;
    if (weight <= 0) continue;
    last = id;
    left -= weight;
    if (left < 0) break;
  }
  return last;
}

/** A uniform number in (0, 1) from two strings: FNV-1a over both, finished by MurmurHash3's mixer. */
export function unitHash(key: string, id: string): number {
  let hash = 0x811c9dc5;
  for (const text of [key, '\0', id]) {
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
      hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return (hash + 0.5) / 0x1_0000_0000;
}
