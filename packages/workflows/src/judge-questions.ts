import type { DecisionSubject } from '@sluice/sdk';

/** Something that the run asked of people. */
export interface Question extends DecisionSubject {
  readonly state: 'open' | 'decided' | 'closed';
}

/** Every question that a run has asked, those that are over included: an answer must not be taken for another's. */
export class Questions {
  readonly #run: string;
  readonly #asked: { -readonly [K in keyof Question]: Question[K] }[] = [];

  constructor(run: string) {
    this.#run = run;
  }

  get asked(): readonly Question[] {
    return this.#asked;
  }

  /** The round that a step is in, or the one that it begins by asking now. */
  round(step: string): number {
    const last = this.#last(step);
    if (last === undefined) return 1;
    return last.state === 'open' ? last.round : last.round + 1;
  }

  /** Asks, unless the step's last question is still open. */
  open({ step, endpoint, candidate }: Omit<DecisionSubject, 'run' | 'round'>): void {
    if (this.#last(step)?.state === 'open') return;
    this.#asked.push({ run: this.#run, step, endpoint, candidate, round: this.round(step), state: 'open' });
  }

  /** Nobody can answer the step's question any more. */
  settle(step: string, state: 'decided' | 'closed'): void {
    const last = this.#last(step);
    if (last?.state === 'open') last.state = state;
  }

  #last(step: string) {
    return this.#asked.findLast((one) => one.step === step);
  }
}
