import { PRIORITIES, type Priority, type QueueRules } from '../queue-state.ts';
import type { Trace, TraceJob } from './simulate.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const RULES: QueueRules = {
  guaranteed: { vision: 8, language: 6, forecasts: 2 },
  ageing: 4 * HOUR,
  minRun: 15 * MINUTE,
};

/** A day of three teams on four machines of four GPUs: mostly small jobs by day, long ones in the evening, a few gangs. */
export function dayOf(seed: number, load = 1): Trace {
  const random = randomOf(seed);
  const pick = <Item>(items: readonly (readonly [number, Item])[]): Item => {
    let at = random() * items.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of items) {
      at -= weight;
      if (at < 0) return item;
    }
    return (items.at(-1) as readonly [number, Item])[1];
  };
  const jobs: TraceJob[] = [];
  const count = Math.round(70 * load);
  for (let i = 0; i < count; i += 1) {
    const priority: Priority = pick([
      [1, PRIORITIES[0]],
      [5, PRIORITIES[1]],
      [4, PRIORITIES[2]],
    ]);
    // Two thirds come between 9 and 18 o'clock.
    const arrivesAt = Math.floor(random() < 0.67 ? (9 + 9 * random()) * HOUR : 24 * random() * HOUR);
    const [gpus, nodes] = pick<readonly [number, number]>([
      [10, [1, 1]],
      [5, [2, 1]],
      [3, [4, 1]],
      [1, [4, 2]],
    ]);
    const hours = (priority === 'batch' ? 3 : priority === 'normal' ? 1.5 : 0.5) * (0.2 + 2.5 * random() ** 2);
    jobs.push({
      ...{
        id: `j${i}`,
        team: pick([
          [5, 'vision'],
          [4, 'language'],
          [3, 'forecasts'],
        ]),
        priority,
        gpus,
        nodes,
        arrivesAt,
      },
      preemptible: true,
      work: Math.ceil(hours * HOUR),
      ...{ checkpointEvery: 10 * MINUTE, leaves: MINUTE, restores: 2 * MINUTE },
    });
  }
  return { machines: ['a', 'b', 'c', 'd'].map((name) => ({ name, gpus: 4 })), jobs };
}

/** Mulberry32: numbers from 0 to 1, always the same of a seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
