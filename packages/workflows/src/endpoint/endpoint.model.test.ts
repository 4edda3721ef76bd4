import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine } from './machine.ts';
import { allTo } from './phases.ts';
import { isDue } from './steps.ts';
import { sorted, version, World } from './testing/world.ts';

/** What may happen to an endpoint, in any order. */
const action = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'finish', how: 'well' } as const) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('go on' as const), times: fc.integer({ min: 2, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('echo' as const), back: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'finish', how: 'badly' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'finish', how: 'unheard' } as const) },
  { weight: 3, arbitrary: fc.constant({ do: 'chore' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rollout' as const),
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      onBusy: fc.constantFrom('queue' as const, 'supersede' as const, 'reject' as const),
      against: fc.constantFrom(
        'any' as const,
        'any' as const,
        'any' as const,
        'any' as const,
        'a' as const,
        'empty' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), which: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('rollback' as const),
      from: fc.constantFrom('a', 'b', 'c', 'd', 'serving', 'serving', 'serving', 'serving'),
      to: fc.constantFrom(null, null, null, 'a', 'b', 'c'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'cancel' } as const, { do: 'terminate' } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'continue' } as const, { do: 'lease' } as const) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const), back: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), name: fc.constantFrom('a', 'b', 'c') }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

function play(world: World, one: Action, past: Machine[], accepted: Set<string>): void {
  const ids = [...world.asked.keys()];
  switch (one.do) {
    case 'finish':
      world.finish(one.how);
      return;
    case 'go on':
      for (let i = 0; i < one.times; i += 1) {
        world.finish('well');
        hold(world);
      }
      return;
    case 'chore':
      world.chore();
      return;
    case 'echo':
      world.echo(one.back);
      return;
    case 'rollout': {
      const against =
        one.against === 'any' ? {} : { against: one.against === 'empty' ? null : version(one.against).digest };
      const request = world.request(one.name, { onBusy: one.onBusy, ...against });
      if (world.machine.mode.kind === 'adopting') return;
      if (world.happen({ kind: 'rollout', request })?.accepted === true) accepted.add(request.id);
      return;
    }
    case 'again': {
      const request = world.asked.get(ids[one.which % Math.max(1, ids.length)] ?? '');
      if (request === undefined || world.machine.mode.kind === 'adopting') return;
      world.happen({ kind: 'rollout', request });
      return;
    }
    case 'rollback': {
      if (world.machine.mode.kind === 'adopting') return;
      const from = one.from === 'serving' ? (world.machine.stable?.id ?? 'v-none') : `v-${one.from}`;
      const to = one.to === null ? {} : { to: `v-${one.to}` };
      world.happen({ kind: 'rollback', request: { id: `back@${world.now}`, by: 'ana', from, ...to } });
      return;
    }
    case 'withdraw': {
      if (world.machine.mode.kind === 'adopting') return;
      world.happen({ kind: 'withdraw', id: ids[one.which % Math.max(1, ids.length)] ?? '' });
      return;
    }
    case 'cancel':
      world.happen({ kind: 'cancel' });
      return;
    case 'terminate':
      world.terminate();
      return;
    case 'continue':
      world.continueAsNew();
      return;
    case 'lease':
      world.loseLease();
      return;
    case 'reset': {
      const earlier = past[Math.max(0, past.length - 1 - one.back)];
      if (earlier !== undefined) world.reset(earlier);
      return;
    }
    case 'kill':
      if (world.versions.has(`v-${one.name}`)) world.dead.add(`v-${one.name}`);
  }
}

/** What must hold after every step. */
function hold(world: World): void {
  const { machine } = world;
  const { mode, stable } = machine;
  // Traffic is believed only after it was read back.
  if (mode.kind === 'steady') expect(sorted(world.weights)).toEqual(sorted(allTo(stable)));
  // A version that was left for being bad is never the goal of a rollback.
  if (mode.kind === 'rolling-back' && mode.to !== null) expect(machine.banned).not.toContain(mode.to.id);
  for (const former of machine.formers) expect(machine.banned).not.toContain(former.id);
  if (stable !== null) expect(machine.formers.map(({ id }) => id)).not.toContain(stable.id);
  expect(new Set(machine.formers.map(({ id }) => id)).size).toBe(machine.formers.length);
  if (mode.kind === 'rolling-back' && mode.to !== null) expect(world.bad).not.toContain(mode.to.digest);
  if (mode.kind === 'steady' && stable !== null) expect(world.bad).not.toContain(stable.digest);
  // A rollout that has ended is not under way again.
  if (mode.kind === 'rolling-out') expect(machine.history.map(({ id }) => id)).not.toContain(mode.request.id);
  // Where its answers are judged, it answers nobody before they are, and none that has failed goes on.
  if (mode.kind === 'rolling-out' && mode.usable && mode.request.spec.shadowChecks !== undefined) {
    if (mode.phase === 0 && mode.stage !== 'moving') expect(world.weights[mode.request.candidate.id] ?? 0).toBe(0);
    if (mode.phase > 0) expect(mode.shadow).toBeDefined();
    expect(mode.shadow?.verdict).not.toBe('fail');
  }
  // Whoever watches knows how the candidate's process was before it had traffic.
  const command = world.command?.command;
  if (command?.kind === 'watch') expect(command.input.restarts).toBe(command.input.candidate.length);
  // A split is the rollout's own and has a lease, or the stable version is not there to go back to.
  if (Object.keys(world.weights).length > 1) expect(world.lease).not.toBeNull();
}

/** Everything is well from now on: it comes to rest. */
function settle(world: World): void {
  for (let i = 0; i < 2_000; i += 1) {
    const { mode, chores } = world.machine;
    if (chores.some((chore) => isDue(world.machine, chore))) world.chore();
    else if ((mode.kind === 'steady' && !mode.saving) || mode.kind === 'unowned') return;
    else world.finish('well');
    hold(world);
  }
  throw new Error(`it does not come to rest: ${JSON.stringify(world.machine.mode)}`);
}

const RUNS = Number(process.env.SLUICE_MODEL_RUNS ?? 10_000);

describe('an endpoint, whatever happens in whatever order', () => {
  it('believes what it read back, goes back to no bad version, does nothing twice, and comes to rest owned', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 5, maxLength: 60 }), (actions) => {
        const world = new World();
        const past: Machine[] = [];
        const accepted = new Set<string>();
        for (const one of actions) {
          past.push(world.machine);
          play(world, one, past, accepted);
          hold(world);
        }
        settle(world);
        const told = (id: string) => world.replies.has(id);
        const forgot = actions.some((one) => one.do === 'terminate' || one.do === 'reset');
        // Nobody who was accepted waits for ever, save where a termination lost the queue: then the run asks again.
        if (!forgot && world.machine.mode.kind === 'steady')
          expect([...accepted].filter((id) => !told(id))).toEqual([]);
        const { mode, stable, alarm } = world.machine;
        if (mode.kind === 'unowned') expect(alarm).not.toBeNull();
        else expect(sorted(world.weights)).toEqual(sorted(allTo(stable)));
        // Whoever asks again hears how it ended, and nothing moves.
        const traffic = JSON.stringify(world.weights);
        for (const outcome of world.machine.history) {
          const request = world.asked.get(outcome.id);
          if (request === undefined) continue;
          const answer = world.happen({ kind: 'rollout', request });
          expect(answer).toMatchObject({ accepted: true, outcome: { state: outcome.state } });
          expect(JSON.stringify(world.weights)).toBe(traffic);
        }
        // A version that was left is left: who asks for that again is told so, and nothing moves.
        for (const { version: from, to } of world.machine.mode.kind === 'unowned' ? [] : world.machine.left) {
          const again = { id: 'again', by: 'bob', from };
          expect(world.happen({ kind: 'rollback', request: again })).toMatchObject({ accepted: true, to });
          expect(JSON.stringify(world.weights)).toBe(traffic);
        }
        // And no run ever heard two different ends of one rollout, save one whose answers a termination lost.
        for (const states of world.replies.values()) expect(new Set(states).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: RUNS, seed: Number(process.env.SLUICE_MODEL_SEED ?? 20_261_125) },
    );
  });
});
