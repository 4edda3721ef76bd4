import { Random } from '../../../../../soak/harness/random.ts';
import type { QueueRules } from '../queue-state.ts';
import type { Trace, TraceJob } from './simulate.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const RULES: QueueRules = {
  guaranteed: { vision: 8, language: 6, forecasts: 2 },
  ageing: 4 * HOUR,
  minRun: 15 * MINUTE,
};

/** GPUs and nodes of a job. */
const SHAPES = { one: [1, 1], two: [2, 1], machine: [4, 1], machines: [4, 2] } as const;
const HOURS = { urgent: 0.5, normal: 1.5, batch: 3 } as const;

/** A day of three teams on four machines of four GPUs: mostly small jobs by day, long ones in the evening, a few gangs. */
export function dayOf(seed: number, load = 1): Trace {
  const random = new Random(seed);
  const jobs = Array.from({ length: Math.round(70 * load) }, (_, i): TraceJob => {
    const priority = random.weighted({ urgent: 1, normal: 5, batch: 4 });
    // Two thirds come between 9 and 18 o'clock.
    const arrivesAt = Math.floor((random.chance(0.67) ? random.between(9, 18) : random.between(0, 24)) * HOUR);
    const [gpus, nodes] = SHAPES[random.weighted({ one: 10, two: 5, machine: 3, machines: 1 })];
    const hours = HOURS[priority] * (0.2 + 2.5 * random.next() ** 2);
    return {
      ...{ id: `j${i}`, priority, gpus, nodes, arrivesAt, preemptible: true, work: Math.ceil(hours * HOUR) },
      team: random.weighted({ vision: 5, language: 4, forecasts: 3 }),
      ...{ checkpointEvery: 10 * MINUTE, leaves: MINUTE, restores: 2 * MINUTE },
    };
  });
  return { machines: ['a', 'b', 'c', 'd'].map((name) => ({ name, gpus: 4 })), jobs };
}
