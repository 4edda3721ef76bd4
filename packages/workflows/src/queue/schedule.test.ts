import { describe, expect, test } from 'vitest';
import { Random } from '../../../../soak/harness/random.ts';
import { type Lease, levelOf, type QueueJob, type QueueRules, type QueueState, sizeOf } from './queue-state.ts';
import { changesAt, schedule } from './schedule.ts';
import { simulate } from './testing/simulate.ts';
import { dayOf, HOUR, MINUTE, RULES } from './testing/traces.ts';

const NOW = 100 * HOUR;
const rules: QueueRules = { guaranteed: {}, ageing: 4 * HOUR, minRun: 15 * MINUTE };
const machine = (name: string, gpus = 4) => ({ name, gpus });
const job = (id: string, more: Partial<QueueJob> = {}): QueueJob => ({
  ...{ id, team: 'a', priority: 'normal', gpus: 1, nodes: 1, since: NOW, without: more.since ?? NOW },
  ...{ promised: false, preemptible: true, ...more },
});
/** Holds GPUs of a machine, by default for an hour, without a checkpoint. */
const lease = (one: QueueJob, machineName: string, gpus: readonly number[], more: Partial<Lease> = {}): Lease => ({
  ...{ job: one, places: [{ machine: machineName, gpus }], startedAt: NOW - HOUR, checkpointedAt: null },
  ...{ leaving: false, to: null, ...more },
});
const at = (state: Partial<QueueState>, more: Partial<QueueRules> = {}) =>
  schedule({ machines: [machine('m')], leases: [], waiting: [], ...state }, { ...rules, ...more }, NOW);

describe('whole GPUs', () => {
  test('go to the more important job first, and among equals to the one that asked first', () => {
    const waiting = [job('late'), job('early', { since: NOW - 1 }), job('urgent', { priority: 'urgent' })];
    expect(at({ machines: [machine('m', 2)], waiting })).toEqual({
      grants: [
        { id: 'urgent', places: [{ machine: 'm', gpus: [0] }] },
        { id: 'early', places: [{ machine: 'm', gpus: [1] }] },
      ],
      stops: [],
      waits: [{ id: 'late', why: 'full' }],
    });
  });

  test('of a node are all on one machine, the fullest that has them', () => {
    const leases = [lease(job('x'), 'b', [0, 1])];
    const machines = [machine('a'), machine('b')];
    expect(at({ machines, leases, waiting: [job('two', { gpus: 2 })] }).grants[0]?.places).toEqual([
      { machine: 'b', gpus: [2, 3] },
    ]);
  });

  test('of a gang come together or not at all', () => {
    const machines = [machine('a'), machine('b')];
    const gang = job('gang', { gpus: 4, nodes: 2, since: NOW - 1 });
    const busy = [lease(job('x', { priority: 'urgent' }), 'b', [3])];
    expect(at({ machines, leases: busy, waiting: [gang, job('small')] })).toMatchObject({
      grants: [{ id: 'small' }],
      waits: [{ id: 'gang', why: 'full' }],
    });
    expect(at({ machines, waiting: [gang] }).grants[0]?.places.map((one) => one.machine)).toEqual(['a', 'b']);
  });

  test('that no machine has are told to be impossible', () => {
    expect(at({ waiting: [job('huge', { gpus: 8 })] }).waits).toEqual([{ id: 'huge', why: 'impossible' }]);
    expect(at({ machines: [], waiting: [job('any')] }).waits).toEqual([{ id: 'any', why: 'impossible' }]);
  });

  test('of a machine that is gone are nobody’s', () => {
    expect(at({ leases: [lease(job('lost'), 'gone', [0])], waiting: [job('next', { gpus: 4 })] }).grants).toHaveLength(
      1,
    );
  });
});

describe('an urgent job', () => {
  const urgent = job('urgent', { priority: 'urgent' });
  const batch = (id: string) => job(id, { priority: 'batch' });
  const full = [
    lease(batch('never'), 'm', [0]),
    lease(batch('just'), 'm', [1], { checkpointedAt: NOW - MINUTE }),
    lease(batch('long ago'), 'm', [2], { checkpointedAt: NOW - 30 * MINUTE }),
    lease(job('normal'), 'm', [3], { checkpointedAt: NOW }),
  ];

  test('takes the GPUs of the batch job that loses least', () => {
    expect(at({ leases: full, waiting: [urgent] })).toEqual({
      grants: [],
      stops: [{ id: 'just', for: 'urgent', to: null }],
      waits: [{ id: 'urgent', why: 'leaving' }],
    });
  });

  test('stops no more than it needs, and nobody where all together would not do', () => {
    const two = { ...urgent, gpus: 2 };
    const stops = at({ leases: full, waiting: [two] }).stops.map(({ id }) => id);
    expect(stops).toEqual(['just', 'long ago']);
    const large = [lease(batch('one'), 'm', [0]), lease(job('three', { priority: 'urgent', gpus: 3 }), 'm', [1, 2, 3])];
    expect(at({ leases: large, waiting: [two] }).stops).toEqual([]);
  });

  test('waits for those that leave already, and does not stop others besides', () => {
    const leaving = full.map((one) => (one.job.id === 'never' ? { ...one, leaving: true } : one));
    expect(at({ leases: leaving, waiting: [urgent] })).toEqual({
      grants: [],
      stops: [],
      waits: [{ id: 'urgent', why: 'leaving' }],
    });
  });

  test('leaves alone who has just begun, and who may not be stopped', () => {
    const young = full.map((one) => ({ ...one, startedAt: NOW - MINUTE }));
    expect(at({ leases: young, waiting: [urgent] }).waits).toEqual([{ id: 'urgent', why: 'full' }]);
    const firm = full.map((one) => ({ ...one, job: { ...one.job, preemptible: false } }));
    expect(at({ leases: firm, waiting: [urgent] }).waits).toEqual([{ id: 'urgent', why: 'full' }]);
  });
});

describe('teams', () => {
  const guaranteed = { a: 2, b: 2 };
  const borrowed = [0, 1, 2, 3].map((gpu) => lease(job(`a${gpu}`, { priority: 'urgent' }), 'm', [gpu]));

  test('use what others leave, and give it back when those ask, whatever the priorities', () => {
    expect(at({ waiting: borrowed.map((one) => one.job) }, { guaranteed }).grants).toHaveLength(4);
    const back = job('back', { team: 'b', priority: 'batch', gpus: 2 });
    expect(at({ leases: borrowed, waiting: [back] }, { guaranteed }).stops).toHaveLength(2);
  });

  test('keep what is theirs from the most urgent job of others', () => {
    const leases = borrowed.slice(0, 2).concat(lease(job('b', { team: 'b', priority: 'batch', gpus: 2 }), 'm', [2, 3]));
    const more = job('more', { priority: 'urgent' });
    expect(at({ leases, waiting: [more] }, { guaranteed })).toMatchObject({
      stops: [],
      waits: [{ id: 'more', why: 'full' }],
    });
  });

  test('come before those that borrow, and of these the one first that has least of its own', () => {
    const waiting = [
      job('a', { gpus: 3, priority: 'urgent' }),
      job('b', { team: 'b', priority: 'batch', gpus: 2 }),
      job('c', { team: 'c', priority: 'urgent' }),
    ];
    expect(at({ waiting }, { guaranteed }).grants.map(({ id }) => id)).toEqual(['b', 'c']);
  });

  test('lend nothing to a job that may not be stopped', () => {
    const firm = job('firm', { gpus: 3, preemptible: false });
    expect(at({ waiting: [firm] }, { guaranteed }).waits).toEqual([{ id: 'firm', why: 'guarantee' }]);
    expect(at({ waiting: [firm] }).grants).toHaveLength(1);
  });

  test('of any name are teams without a guarantee', () => {
    for (const team of ['toString', '__proto__', 'é', '']) {
      expect(at({ waiting: [job('one', { team })] }, { guaranteed }).grants).toHaveLength(1);
    }
  });
});

describe('a job that fits nowhere', () => {
  const machines = [machine('m'), machine('n')];
  const scattered = [lease(job('x'), 'm', [0]), lease(job('y'), 'n', [0])];

  test('makes others move that fit elsewhere, and those hold both places until they have', () => {
    const large = job('large', { gpus: 4, since: NOW - HOUR });
    const { stops } = at({ machines, leases: scattered, waiting: [large] });
    expect(stops).toEqual([{ id: 'x', for: 'large', to: [{ machine: 'n', gpus: [1] }] }]);
    const moving = scattered.map((one) =>
      one.job.id === 'x' ? { ...one, leaving: true, to: stops[0]?.to ?? null } : one,
    );
    const promised = { ...large, promised: true };
    expect(at({ machines, leases: moving, waiting: [promised, job('three', { gpus: 3 })] })).toEqual({
      grants: [],
      stops: [],
      waits: [
        { id: 'large', why: 'leaving' },
        { id: 'three', why: 'full' },
      ],
    });
  });

  test('is passed by smaller ones until it is old; then a machine is kept free for it', () => {
    const firm = scattered.map((one) => ({ ...one, job: { ...one.job, preemptible: false } }));
    const waiting = [job('large', { gpus: 4, since: NOW - 7 * HOUR }), job('small')];
    expect(at({ machines, leases: firm, waiting }).grants.map(({ id }) => id)).toEqual(['small']);
    const old = [job('large', { gpus: 4, since: NOW - 8 * HOUR }), ...['1', '2', '3', '4'].map((id) => job(id))];
    const { grants, waits } = at({ machines, leases: firm, waiting: old });
    expect(grants.map(({ places }) => places[0]?.machine)).toEqual(['n', 'n', 'n']);
    expect(waits).toEqual([
      { id: 'large', why: 'held' },
      { id: '4', why: 'full' },
    ]);
  });

  test('comes first once others were stopped for it', () => {
    const waiting = [job('urgent', { priority: 'urgent' }), job('promised', { priority: 'batch', promised: true })];
    expect(at({ machines: [machine('m', 1)], waiting }).grants.map(({ id }) => id)).toEqual(['promised']);
  });
});

test('a job ages by the time that it has no GPUs, and a clock that goes back makes none younger than new', () => {
  const batch = job('b', { priority: 'batch', without: NOW - 13 * HOUR });
  expect([NOW, NOW - 9 * HOUR, NOW - 20 * HOUR].map((now) => levelOf(batch, now, rules))).toEqual([-1, 1, 2]);
});

test('the next time at which anything may change by itself is told, and none where nobody waits', () => {
  const state: QueueState = { machines: [machine('m', 1)], leases: [lease(job('x'), 'm', [0])], waiting: [job('w')] };
  expect(changesAt(state, rules, NOW)).toBe(NOW + 15 * MINUTE);
  expect(changesAt(state, rules, NOW + 15 * MINUTE)).toBe(NOW + 4 * HOUR);
  expect(changesAt({ ...state, waiting: [] }, rules, NOW)).toBeNull();
});

describe('a day of three teams', () => {
  const byQueue = (state: QueueState, now: number) => schedule(state, RULES, now);

  test.each([1, 2, 3, 4, 5, 6])('%i: every job is done once, no GPU is given twice, no gang in parts', (seed) => {
    const trace = dayOf(seed);
    const { outcomes } = simulate(trace, byQueue, RULES);
    expect(outcomes.map((one) => one.job.id).sort()).toEqual(trace.jobs.map((one) => one.id).sort());
    const demand = trace.jobs.reduce((sum, one) => sum + one.work * sizeOf(one), 0);
    expect(simulate(trace, byQueue, RULES).usefulUntil(1000 * HOUR)).toBe(demand);
  });

  test.each([7, 8, 9])('%i: gives the same in whatever order machines, leases and jobs are listed', (seed) => {
    const random = new Random(seed);
    const shuffled = <Item>(items: readonly Item[]) =>
      items
        .map((item) => ({ item, key: random.next() }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item);
    const policy = (state: QueueState, now: number) => {
      const said = schedule(state, RULES, now);
      const leases = shuffled(state.leases);
      const machines = shuffled(state.machines);
      expect(schedule({ machines, leases, waiting: shuffled(state.waiting) }, RULES, now)).toEqual(said);
      return said;
    };
    simulate(dayOf(seed), policy, RULES);
  });

  test.each([10, 11])('%i: with twice as much to do as fits, all are done, and nobody waits without end', (seed) => {
    const { outcomes } = simulate(dayOf(seed, 2), byQueue, RULES);
    expect(outcomes).toHaveLength(140);
    expect(Math.max(...outcomes.map((one) => one.startedAt - one.job.arrivesAt))).toBeLessThan(48 * HOUR);
  });

  test('keeps a guarantee for one GPU within 35 minutes in 99 of 100 waits', () => {
    const days = Array.from({ length: 40 }, (_, seed) => simulate(dayOf(seed), byQueue, RULES));
    const minutes = days.flatMap(({ outcomes, guaranteedAfter }) =>
      outcomes
        .filter(({ job }) => sizeOf(job) === 1)
        .flatMap(({ job }) => guaranteedAfter.get(job.id) ?? [])
        .map((ms) => ms / MINUTE),
    );
    expect(minutes.length).toBeGreaterThan(300);
    const sorted = minutes.sort((a, b) => a - b);
    expect(sorted[Math.floor(0.99 * sorted.length)]).toBeLessThan(35);
  });
});
