import type { Ledger, SluiceActivities } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';

/** A page of an endpoint's ledger: what outlives its workflow. */
interface Page {
  readonly seq: number;
  readonly owner: string;
  readonly page: Ledger;
}

export function ledgerKey(endpoint: string): string {
  return `endpoint/${endpoint}`;
}

/** The ledger's last page; null when nothing was ever written. */
export async function readLedger(
  { store }: Pick<ActivityContext, 'store'>,
  endpoint: string,
): Promise<{ readonly seq: number; readonly page: Ledger } | null> {
  const pointer = await store.readPointer(ledgerKey(endpoint));
  if (pointer === null) return null;
  const { seq, page } = JSON.parse(pointer.value) as Page;
  return { seq, page };
}

/**
 * Writes the next page by compare-and-swap. The same page again is written already; a page that this execution wrote
 * and gave up is written over; anything else at that place is somebody else's, and a conflict.
 */
export function saveLedgerActivity({ store }: Pick<ActivityContext, 'store'>): SluiceActivities['saveLedger'] {
  return async ({ endpoint, seq, owner, ledger }) => {
    for (;;) {
      const pointer = await store.readPointer(ledgerKey(endpoint));
      const known = pointer === null ? null : (JSON.parse(pointer.value) as Page);
      if (known !== null && known.seq >= seq) {
        const same = known.seq === seq && JSON.stringify(known.page) === JSON.stringify(ledger);
        if (same) return { conflict: false };
        if (known.seq > seq || known.owner !== owner) return { conflict: true };
      }
      const page: Page = { seq, owner, page: ledger };
      const version = await store.swapPointer(ledgerKey(endpoint), pointer?.version ?? null, JSON.stringify(page));
      if (version !== null) return { conflict: false };
    }
  };
}
