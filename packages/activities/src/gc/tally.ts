/** How much there is of one kind, and what becomes of it. Sizes in bytes. */
export interface KindTally {
  readonly kind: string;
  /** Somebody names it. */
  readonly kept: Amount;
  /** Nobody names it, but it is younger than the grace. */
  readonly young: Amount;
  /** Nobody names it, and it may go. */
  readonly garbage: Amount;
  /** What went; less than `garbage` where somebody has put it again meanwhile. */
  readonly deleted: Amount;
}

export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

const fates = ['kept', 'young', 'garbage', 'deleted'] as const;

/** Counts by kind, in the order in which kinds are met. */
export class Tally {
  readonly #kinds = new Map<string, Record<(typeof fates)[number], { count: number; bytes: number }>>();

  kept = (kind: string, bytes: number): void => this.#add(kind, 'kept', bytes);
  young = (kind: string, bytes: number): void => this.#add(kind, 'young', bytes);
  garbage = (kind: string, bytes: number): void => this.#add(kind, 'garbage', bytes);
  deleted = (kind: string, bytes: number): void => this.#add(kind, 'deleted', bytes);

  kinds(): readonly KindTally[] {
    return [...this.#kinds].map(([kind, amounts]) => ({ kind, ...structuredClone(amounts) }));
  }

  #add(kind: string, fate: (typeof fates)[number], bytes: number): void {
    let amounts = this.#kinds.get(kind);
    if (amounts === undefined) {
      const none = () => ({ count: 0, bytes: 0 });
      amounts = { kept: none(), young: none(), garbage: none(), deleted: none() };
      this.#kinds.set(kind, amounts);
    }
    amounts[fate].count += 1;
    amounts[fate].bytes += bytes;
  }
}
