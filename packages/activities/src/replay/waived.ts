import { hasExpired, type Waiver } from '@sluice/sdk';
import type { Kind, Replayed } from './replayed.ts';

/** What waivers say of a replay. */
export interface Waived {
  /** Regressions that do not count. */
  readonly regressions: ReadonlySet<Replayed>;
  readonly waivers: readonly WaiverUse[];
}

export interface WaiverUse {
  readonly waiver: Waiver;
  /** Its last day was over when the step began: it counts as none. */
  readonly expired: boolean;
  /** Regressions that it names. */
  readonly matched: number;
}

/** @param moment epoch ms at which the step began: the same for every attempt at it */
export function waivedOf(replayed: readonly Replayed[], waivers: readonly Waiver[], moment: number): Waived {
  const failed = replayed.filter(isRegression);
  const regressions = new Set<Replayed>();
  const uses = waivers.map((waiver) => {
    const expired = hasExpired(waiver, moment);
    const matching = failed.filter(({ request }) => waives(waiver, request));
    if (!expired) for (const one of matching) regressions.add(one);
    return { waiver, expired, matched: matching.length };
  });
  return { regressions, waivers: uses };
}

/** One that was confirmed, or of which enough others were. */
export function isRegression({ outcome }: Pick<Replayed, 'outcome'>): boolean {
  return outcome === 'regression' || outcome === 'unconfirmed';
}

export function waives(waiver: Waiver, request: Kind & { readonly id: string }): boolean {
  return 'requests' in waiver ? waiver.requests.includes(request.id) : isKind(waiver.kind, request);
}

/** Is it the route, or the route and the class of input, or does it begin as a waiver that ends in `…` says? */
export function isKind(named: string, { route, inputClass }: Kind): boolean {
  const kind = `${route} ${inputClass}`;
  if (named === route || named === kind) return true;
  return named.endsWith('…') && kind.startsWith(named.slice(0, -1));
}
