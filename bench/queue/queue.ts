import { parseArgs } from 'node:util';
import { PRIORITIES, type QueueState, sizeOf } from '../../packages/workflows/src/queue/queue-state.ts';
import { schedule } from '../../packages/workflows/src/queue/schedule.ts';
import { type Policy, type Simulated, simulate } from '../../packages/workflows/src/queue/testing/simulate.ts';
import { dayOf, HOUR, MINUTE, RULES } from '../../packages/workflows/src/queue/testing/traces.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { round } from '../harness/spread.ts';
import { table } from '../harness/table.ts';
import { bookedByHand, firstComeFirstServed, nextOfficeHour } from './policies.ts';

/** The day over which use is counted. */
const DAY = 24 * HOUR;

export const bench: Bench = {
  summary: 'a day of three teams on 16 GPUs, by the queue, first come first served, and booked by hand',
  options: '--variants N   days, each of another seed [1000]     --load N   times as many jobs [1]',
  run: (args, host) => measure(args, host),
};

interface Way {
  readonly policy: Policy;
  /** Left out where the queue's rules say it. */
  readonly next?: (state: QueueState, now: number) => number | null;
}

const ways: Readonly<Record<string, Way>> = {
  queue: { policy: (state, now) => schedule(state, RULES, now) },
  'first come, first served': { policy: firstComeFirstServed, next: () => null },
  'booked by hand': { policy: bookedByHand, next: nextOfficeHour },
};

/** Of one way, over all days; times in hours. */
interface Tally {
  use: number;
  stops: number;
  lost: number;
  jobs: number;
  readonly waits: Record<string, number[]>;
  /** How long jobs of one GPU, and larger ones, waited within their team's guarantee, minutes. */
  readonly guaranteedAfter: { readonly one: number[]; readonly more: number[] };
  readonly longest: number[];
}

async function measure(args: readonly string[], host: BenchHost): Promise<object> {
  const { values } = parseArgs({
    args: [...args],
    options: { variants: { type: 'string', default: '1000' }, load: { type: 'string', default: '1' } },
  });
  const [variants, load] = [Number(values.variants), Number(values.load)];
  if (!Number.isSafeInteger(variants) || variants < 1) {
    throw new TypeError(`--variants is ${values.variants}; give a number of days.`);
  }
  if (!(load > 0 && load <= 100)) throw new TypeError(`--load is ${values.load}; give a number up to 100.`);
  const machine = describeMachine();
  host.say(machineLine(machine));
  const tallies = Object.fromEntries(Object.keys(ways).map((name) => [name, emptyTally()]));
  let demand = 0;
  for (let seed = 0; seed < variants; seed += 1) {
    host.signal.throwIfAborted();
    const trace = dayOf(seed, load);
    demand += trace.jobs.reduce((sum, job) => sum + job.work * sizeOf(job), 0) / (16 * DAY) / variants;
    for (const [name, { policy, next }] of Object.entries(ways)) {
      const tally = tallies[name] as Tally;
      count(
        tally,
        next === undefined ? simulate(trace, policy, RULES) : simulate(trace, policy, RULES, next),
        variants,
      );
    }
    await new Promise((turn) => setImmediate(turn));
  }
  const rows = Object.entries(tallies).map(([name, tally]) => [
    name,
    `${round(100 * tally.use, 0)} %`,
    ...PRIORITIES.map(
      (one) => `${hours(quantile(tally.waits[one] ?? [], 0.5))} / ${hours(quantile(tally.waits[one] ?? [], 0.95))}`,
    ),
    hours(quantile(tally.longest, 1)),
    String(round(tally.stops / tally.jobs)),
    `${round((100 * tally.lost) / tally.use / variants, 1)} %`,
  ]);
  const heads = ['', 'use', ...PRIORITIES.map((one) => `${one}: half / 95 %`), 'longest wait', 'stops a job', 'lost'];
  host.say(
    `\n${variants} days, ${round(100 * demand, 0)} % of the GPU hours asked for; waiting in hours\n\n${table(heads, rows)}`,
  );
  const { one, more } = (tallies.queue as Tally).guaranteedAfter;
  const kept = { one: keptWithin(one), more: keptWithin(more) };
  for (const [size, { n, p99, most }] of Object.entries(kept)) {
    host.say(
      `Waits of ${size === 'one' ? 'one GPU' : 'several GPUs'} within a guarantee: ${n}, 99 % over after ${p99} minutes, all after ${most}.`,
    );
  }
  return {
    variants,
    demand: round(demand),
    ways: Object.fromEntries(
      Object.entries(tallies).map(([name, tally]) => [
        name,
        {
          use: round(tally.use),
          waits: Object.fromEntries(
            PRIORITIES.map((one) => [
              one,
              {
                median: round(quantile(tally.waits[one] ?? [], 0.5)),
                p95: round(quantile(tally.waits[one] ?? [], 0.95)),
              },
            ]),
          ),
          longest: round(quantile(tally.longest, 1)),
          stopsPerJob: round(tally.stops / tally.jobs),
        },
      ]),
    ),
    guaranteedAfterMinutes: kept,
    machine,
  };
}

function emptyTally(): Tally {
  return { use: 0, stops: 0, lost: 0, jobs: 0, waits: {}, guaranteedAfter: { one: [], more: [] }, longest: [] };
}

function count(tally: Tally, { outcomes, usefulUntil, guaranteedAfter }: Simulated, variants: number): void {
  tally.use += usefulUntil(DAY) / (16 * DAY) / variants;
  for (const { job } of outcomes) {
    const waited = guaranteedAfter.get(job.id);
    if (waited !== undefined) tally.guaranteedAfter[sizeOf(job) === 1 ? 'one' : 'more'].push(waited / MINUTE);
  }
  let longest = 0;
  for (const { job, startedAt, stops, lost } of outcomes) {
    const waited = (startedAt - job.arrivesAt) / HOUR;
    longest = Math.max(longest, waited);
    const waits = tally.waits[job.priority] ?? [];
    tally.waits[job.priority] = waits;
    waits.push(waited);
    tally.stops += stops;
    tally.lost += (lost * sizeOf(job)) / (16 * DAY);
    tally.jobs += 1;
  }
  tally.longest.push(longest);
}

function keptWithin(minutes: number[]): { readonly n: number; readonly p99: number; readonly most: number } {
  return { n: minutes.length, p99: round(quantile(minutes, 0.99), 1), most: round(quantile(minutes, 1), 1) };
}

/** Of values that it sorts. */
function quantile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
}

function hours(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}
