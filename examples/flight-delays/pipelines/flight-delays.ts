import {
  canary,
  column,
  deploy,
  evaluate,
  extract,
  map,
  merge,
  pipeline,
  python,
  type RolloutSpec,
  replay,
  train,
} from '@sluice/sdk';
import { z } from 'zod';

/** A script's code is itself and what it imports: a change to either starts training over, a change elsewhere does not. */
const script = (path: string) => python(path, [], { code: [path, 'delays/**/*.py'] });

const checks = [
  column('carrier').notNull(),
  column('dep_delay').between(-120, 1500).mostly(0.999),
  column('arr_delay').between(-120, 1500).mostly(0.999),
];

export const flightDelays = pipeline({
  name: 'flight-delays',
  params: z.object({
    /** Adding an airport is adding a string. */
    airports: z
      .array(z.string().regex(/^[A-Z]{3}$/, 'expected an IATA code such as "JFK"'))
      .min(1)
      .default(['EWR', 'JFK', 'LGA']),
    /** Last day to train on. What follows, to the end of the next month, is the hold-out. */
    until: z.iso.date(),
    epochs: z.int().positive().default(50),
    /** How fast traffic moves: `quick` is for the demo, whose traffic is dense and whose patience is short. */
    pace: z.enum(['careful', 'quick']).default('careful'),
    /** Plants a bug that no hold-out flight shows but recent traffic does. The demo's third run; never yours. */
    plant: z.enum(['none', 'drop-imputer']).default('none'),
  }),
  async run({ airports, until, epochs, pace, plant }) {
    const flights = await extract('flights', {
      sql: flightsWhere('flown_on <= $until::date'),
      params: { until, airports: airports.join(',') },
      checks,
    });
    const models = await map('airport', airports, { concurrency: 8 }, (airport) =>
      train('delay', {
        run: script('trainers/train.py'),
        data: { flights },
        hyper: { airport, epochs },
        on: 'gpu-spot',
        heartbeat: '8 seconds', // how soon a machine that vanished is noticed
      }),
    );
    const model = await merge('by-airport', {
      run: script('trainers/merge.py'),
      models,
      hyper: { plant },
    });
    const holdout = await extract('holdout-flights', {
      sql: flightsWhere('flown_on > $until::date and flown_on <= last_day($until::date + interval 1 month)'),
      params: { until, airports: airports.join(',') },
      checks,
    });
    const quality = await evaluate('holdout', {
      model,
      suite: {
        cases: holdout,
        label: 'arr_delay',
        category: 'carrier',
        metric: 'absolute_error',
        margin: 1, // minutes
        limit: 6000,
      },
      against: 'production',
    });
    const replayed = await replay('recent-traffic', { model, endpoint: 'flight-delays', last: '24 hours' });
    return deploy('flight-delays', {
      model,
      gates: [flights, holdout, quality, replayed],
      approval: { within: '2 days' },
      rollout: rollouts[pace],
    });
  },
});

/** Flights that arrived, out of the airports in `$airports` (codes joined by commas). */
function flightsWhere(condition: string): string {
  return `
    select year::int as year, month::int as month, day::int as day, carrier, origin, dest,
      sched_dep_time::int as sched_dep_time, sched_arr_time::int as sched_arr_time, distance::int as distance,
      dep_delay::double as dep_delay, arr_delay::double as arr_delay
    from (select *, make_date(year, month, day) as flown_on from read_csv('data/flights.csv', nullstr = 'NA'))
    where arr_delay is not null and list_contains(string_split($airports, ','), origin) and ${condition}`;
}

const rollouts: Record<'careful' | 'quick', RolloutSpec> = {
  careful: canary([5, 25, 50], { hold: '5 minutes', bake: '30 minutes' }),
  quick: canary([10, 50], {
    hold: '6 seconds',
    extend: '30 seconds',
    bake: '8 seconds',
    lease: '20 seconds',
    health: {
      interval: '2 seconds',
      switch: '1 second',
      verify: '1 second',
      minRequests: 10,
      latencyFactor: 5,
    },
  }),
};
