import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Ask, type Book, emptyBook, type QueueCommand, type QueueEvent, turn } from './book.ts';
import { PRIORITIES, type QueueRules } from './queue-state.ts';
import { HOUR, MINUTE } from './testing/traces.ts';

const rules: QueueRules = { guaranteed: { a: 2, b: 3 }, ageing: 4 * HOUR, minRun: 15 * MINUTE };
const ask = (id: string, more: Partial<Ask> = {}): Ask => ({
  ...{ id, team: 'a', priority: 'normal', gpus: 1, nodes: 1, preemptible: true },
  ...more,
});
/** The book after events, one a minute, and what the last one said. */
function after(events: readonly QueueEvent[], from: Book = emptyBook) {
  let said: ReturnType<typeof turn> = { book: from, commands: [], waits: [] };
  events.forEach((event, minute) => {
    said = turn(said.book, event, rules, minute * MINUTE);
  });
  return said;
}
const machine = (name: string, gpus: number | null): QueueEvent => ({ kind: 'machine', name, gpus });
const asked = (job: Ask): QueueEvent => ({ kind: 'asked', job });
const left = (id: string, lease: number, done = true): QueueEvent => ({ kind: 'left', id, lease, done });
const ticks = (count: number): QueueEvent[] => Array.from({ length: count }, () => ({ kind: 'tick' }));

describe('a queue', () => {
  test('answers a job that asks again as before, and gives it nothing more', () => {
    const granted = { kind: 'grant', id: 'x', lease: 1, places: [{ machine: 'm', gpus: [0] }] };
    const once = after([machine('m', 2), asked(ask('x'))]);
    expect(once.commands).toEqual([granted]);
    const again = turn(once.book, asked(ask('x', { gpus: 2 })), rules, HOUR);
    expect(again).toMatchObject({ book: once.book, commands: [granted] });
  });

  test('takes no notice of what is said of an earlier lease', () => {
    const { book } = after([machine('m', 1), asked(ask('x')), left('x', 1, false)]);
    expect(book.leases).toMatchObject([{ number: 2 }]);
    expect(turn(book, left('x', 1), rules, HOUR).book).toEqual(book);
    expect(turn(book, { kind: 'checkpointed', id: 'x', lease: 1, at: 5 }, rules, HOUR).book).toEqual(book);
  });

  test('gives a job whose machine is gone other GPUs once it has stopped, and none twice meanwhile', () => {
    const gone = after([machine('m', 1), asked(ask('x')), machine('m', null), machine('n', 1), asked(ask('y'))]);
    expect(gone.commands).toMatchObject([{ kind: 'grant', id: 'y', places: [{ machine: 'n' }] }]);
    const { waits } = turn(gone.book, left('x', 1, false), rules, HOUR);
    expect(waits).toEqual([{ id: 'x', why: 'full' }]);
  });

  test('moves a job in one step: it stops, and goes on where its GPUs were kept', () => {
    const start = [machine('m', 2), machine('n', 2), ...['w', 'x', 'y'].map((id) => asked(ask(id)))];
    const scattered = after([...start, left('w', 1), ...ticks(20)]);
    const whole = turn(scattered.book, asked(ask('z', { team: 'b', gpus: 2 })), rules, HOUR);
    expect(whole.commands).toEqual([{ kind: 'stop', id: 'y', lease: 3, for: 'z' }]);
    const other = turn(whole.book, asked(ask('o', { team: 'c' })), rules, HOUR);
    expect(other.commands).toEqual([]);
    expect(turn(other.book, left('y', 3, false), rules, HOUR).commands).toEqual([
      { kind: 'grant', id: 'y', lease: 4, places: [{ machine: 'm', gpus: [0] }] },
      { kind: 'grant', id: 'z', lease: 5, places: [{ machine: 'n', gpus: [0, 1] }] },
    ]);
  });

  test('has a job wait again that was to go on where a machine is gone since', () => {
    const start = [machine('m', 2), machine('n', 2), ...['w', 'x', 'y'].map((id) => asked(ask(id)))];
    const { book } = after([...start, left('w', 1), ...ticks(20), asked(ask('z', { team: 'b', gpus: 2 }))]);
    const gone = turn(book, machine('m', null), rules, HOUR);
    expect(turn(gone.book, left('y', 3, false), rules, HOUR)).toMatchObject({
      commands: [{ kind: 'grant', id: 'z' }],
      waits: [{ id: 'y', why: 'full' }],
    });
  });

  test('puts a job before others that somebody raises', () => {
    const { book } = after([machine('m', 1), asked(ask('x')), asked(ask('y')), asked(ask('z'))]);
    const raised = turn(book, { kind: 'priority', id: 'z', priority: 'urgent' }, rules, 5 * MINUTE);
    expect(raised.waits.map(({ id }) => id)).toEqual(['z', 'y']);
    expect(turn(raised.book, { kind: 'tick' }, rules, 15 * MINUTE).commands).toEqual([]);
    expect(turn(raised.book, { kind: 'tick' }, rules, 16 * MINUTE).commands).toEqual([
      { kind: 'stop', id: 'x', lease: 1, for: 'z' },
    ]);
  });
});

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      id: fc.nat(12),
      team: fc.constantFrom('a', 'b', 'c'),
      priority: fc.constantFrom(...PRIORITIES),
      gpus: fc.constantFrom(1, 1, 1, 2, 4, 4),
      nodes: fc.constantFrom(1, 1, 1, 2),
      preemptible: fc.constantFrom(true, true, true, true, false),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('obey' as const), which: fc.nat(12) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('finish' as const), which: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fail' as const), which: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const), which: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('vanish' as const), id: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('save' as const), which: fc.nat(12) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('machine' as const),
      name: fc.constantFrom('m', 'n', 'o'),
      gpus: fc.constantFrom(null, 2, 4),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 16, 30, 600) }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** A queue, and workers that do as they are told. */
class World {
  book: Book = emptyBook;
  now = 0;
  readonly past: QueueEvent[] = [];
  /** Jobs that went on elsewhere at once. */
  moved = 0;

  send(event: QueueEvent): readonly QueueCommand[] {
    this.past.push(event);
    this.now += 1;
    const before = this.book;
    const { book, commands } = turn(before, event, rules, this.now);
    this.book = book;
    this.moved += book.leases.filter(({ to }) => to !== null).length;
    for (const command of commands) {
      const lease = book.leases.find((one) => one.job.id === command.id);
      // Only who holds GPUs is told anything, and of the lease that it holds.
      expect(lease?.number).toBe(command.lease);
      if (command.kind === 'grant') expect(lease?.places).toEqual(command.places);
      else expect(lease?.leaving).toBe(true);
    }
    this.check();
    return commands;
  }

  check(): void {
    const { leases, waiting, machines } = this.book;
    const ids = [...leases.map(({ job }) => job.id), ...waiting.map(({ id }) => id)];
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { job, places, to } of leases) {
      expect(places).toHaveLength(job.nodes);
      for (const place of places) expect(place.gpus).toHaveLength(job.gpus);
      for (const { machine: name, gpus } of [...places, ...(to ?? [])]) {
        const there = machines.find((one) => one.name === name);
        for (const gpu of gpus) {
          if (there === undefined || gpu >= there.gpus) continue;
          // A GPU of a machine that went and came back may still be held by who does not know yet.
          expect(taken.has(`${name}/${gpu}`)).toBe(false);
          taken.add(`${name}/${gpu}`);
        }
      }
    }
  }

  /** Begins with three machines, half of each taken by small jobs: a large one fits nowhere until one moves. */
  scatter(): void {
    for (const name of ['m', 'n', 'o']) this.send(machine(name, 4));
    for (let i = 0; i < 12; i += 1) this.send(asked(ask(`s${i}`, { team: ['a', 'b', 'c'][i % 3] ?? 'a' })));
    for (const { job, number } of this.book.leases.filter((_, i) => i % 2 === 0)) this.send(left(job.id, number));
  }

  play(one: Action): void {
    const { leases } = this.book;
    const lease = 'which' in one ? leases[one.which % Math.max(1, leases.length)] : undefined;
    switch (one.do) {
      case 'ask': {
        const { team, priority, gpus, nodes, preemptible } = one;
        this.send(asked({ id: `j${one.id}`, team, priority, gpus, nodes, preemptible }));
        return;
      }
      case 'obey': {
        const leaving = leases.filter((each) => each.leaving);
        const first = leaving[one.which % Math.max(1, leaving.length)];
        if (first !== undefined) this.send(left(first.job.id, first.number, false));
        return;
      }
      case 'finish':
      case 'fail':
        if (lease !== undefined) this.send(left(lease.job.id, lease.number, one.do === 'finish'));
        return;
      case 'again': {
        const event = this.past[one.which % Math.max(1, this.past.length)];
        if (event !== undefined) this.send(event);
        return;
      }
      case 'vanish':
        this.send({ kind: 'gone', id: `j${one.id}` });
        return;
      case 'save':
        if (lease !== undefined) {
          this.send({ kind: 'checkpointed', id: lease.job.id, lease: lease.number, at: this.now });
        }
        return;
      case 'machine':
        this.send(machine(one.name, one.gpus));
        return;
      case 'wait':
        this.now += one.minutes * MINUTE;
        this.send({ kind: 'tick' });
        return;
    }
  }

  /** With all machines there and everybody doing as told, all jobs that can be done are done. */
  finish(): void {
    for (const name of ['m', 'n', 'o']) this.send(machine(name, 4));
    for (let round = 0; round < 500 && this.book.leases.length + this.book.waiting.length > 0; round += 1) {
      const lease = this.book.leases.find((one) => one.leaving) ?? this.book.leases[0];
      if (lease !== undefined) this.send(left(lease.job.id, lease.number, !lease.leaving));
      this.now += 20 * MINUTE;
      this.send({ kind: 'tick' });
    }
  }
}

test('whatever happens in whatever order, twice or late: no GPU is lent twice, no gang in parts, and all is done in the end', () => {
  let moved = 0;
  fc.assert(
    fc.property(fc.array(action, { minLength: 40, maxLength: 120, size: 'max' }), (actions) => {
      const world = new World();
      world.scatter();
      for (const one of actions) world.play(one);
      world.finish();
      // What may not be stopped gets no more than its team is guaranteed, and may ask for more than that.
      const left = world.book.waiting.filter(({ preemptible }) => preemptible);
      expect([left, world.book.leases]).toEqual([[], []]);
      moved += world.moved;
    }),
    { numRuns: 300 },
  );
  expect(moved).toBeGreaterThan(100);
});
