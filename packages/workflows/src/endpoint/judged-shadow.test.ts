import { canary, column, type HealthOptions, type ShadowOutcome, type Verdict } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import type { Command, Machine, Result } from './machine.ts';
import { reduce } from './reduce.ts';
import { commandOf, isDue } from './steps.ts';
import { World } from './testing/world.ts';

const kept = { version: 'v-b', percent: 20, keep: true } as const;

function answers(verdict: Verdict, reason: string | null = null, report = true): ShadowOutcome {
  const evidence = [{ metric: 'between 0 and 500', slice: 'prediction', verdict, value: 0.7, n: 40 }];
  const stored = { kind: 'report', uri: 'sluice:blob/00', digest: 'sha256:00', bytes: 1 } as const;
  return { verdict, evidence, reason, rows: 40, report: report ? stored : null };
}

/** An endpoint whose shadow phase has just begun to be watched; `hold` is 60 s, `extend` 300 s. */
class Rollout {
  machine: Machine;
  at: number;
  constructor(health: HealthOptions = {}, checked = true) {
    const world = new World();
    const settle = () => {
      for (let i = 0; i < 60; i += 1) {
        if (world.machine.chores.some((chore) => isDue(world.machine, chore))) world.chore();
        else world.finish('well');
      }
    };
    world.finish('well');
    world.happen({ kind: 'rollout', request: world.request('a') });
    settle();
    const shadow = { percent: 20, checks: [column('prediction').between(0, 500)] };
    const spec = canary([5], { shadow: checked ? shadow : 20, health });
    world.happen({ kind: 'rollout', request: world.request('b', { spec }) });
    while (commandOf(world.machine).kind !== 'watch') world.finish('well');
    this.machine = world.machine;
    this.at = this.watch.since;
  }

  get command(): Command {
    return commandOf(this.machine);
  }

  get watch() {
    return this.command.kind === 'watch' ? this.command.input : expect.fail(`it is about to ${this.command.kind}`);
  }

  get judge() {
    return this.command.kind === 'judge' ? this.command.input : expect.fail(`it is about to ${this.command.kind}`);
  }

  /** @param after seconds that it took */
  tell(result: Result, after = 0): void {
    this.at += after * 1000;
    this.machine = reduce(this.machine, { kind: 'result', turn: this.machine.turn, result, at: this.at }).machine;
  }

  /** The phase's time is over, and it was well. */
  watched(after: number): void {
    const well = { verdict: 'pass', evidence: [], firstBadAt: null, reason: null, memory: null, moved: false } as const;
    this.tell({ kind: 'watched', outcome: well }, after);
  }

  judged(outcome: ShadowOutcome): void {
    this.tell({ kind: 'judged', outcome });
  }

  /** Everything goes well until it has ended. */
  outcome() {
    this.tell({ kind: 'moved', at: this.at, refused: null });
    return this.machine.history.at(-1);
  }
}

describe('a shadow phase whose answers are judged', () => {
  it('keeps the answers, and judges those of its own time once that is over', () => {
    const rollout = new Rollout();
    const { since } = rollout.watch;
    expect(rollout.machine.mode).toMatchObject({ stage: 'watching', phase: 0 });
    rollout.watched(60);
    const { judge } = rollout;
    expect(judge).toMatchObject({ candidate: { id: 'v-b' }, since, until: rollout.at, least: 20, renew: 2000 });
    expect(judge.checks.checks.map(({ rule }) => rule.kind)).toEqual(['between', 'notNull']);
    // A worker that is lost, or a history that goes on as a new one, changes nothing of what is judged.
    rollout.machine = JSON.parse(JSON.stringify(rollout.machine)) as Machine;
    rollout.at += 100_000;
    expect(rollout.judge).toEqual(judge);
  });

  it('goes on to its first step when they pass, from the traffic that was in force', () => {
    const rollout = new Rollout();
    rollout.watched(60);
    rollout.judged(answers('pass'));
    expect(rollout.command).toMatchObject({
      kind: 'move',
      what: 'canary 5 %',
      mirror: null,
      expect: { weights: { 'v-a': 100 }, mirror: kept },
    });
  });

  it('rolls back when they fail, and says what was found in its outcome', () => {
    const rollout = new Rollout({ onFail: 'warn' });
    rollout.watched(60);
    rollout.judged(answers('fail', 'shadow: prediction between 0 and 500: 12 of 40 unexpected: 900.'));
    expect(rollout.command).toMatchObject({ kind: 'move', what: 'roll back', weights: { 'v-a': 100 }, mirror: null });
    expect(rollout.outcome()).toMatchObject({
      state: 'rolled-back',
      reason: 'shadow: prediction between 0 and 500: 12 of 40 unexpected: 900.',
      firstBadAt: null,
      evidence: [{ slice: 'prediction', verdict: 'fail' }],
      shadow: { verdict: 'fail', rows: 40, report: { uri: 'sluice:blob/00' } },
    });
  });

  it('looks at more of them while they are too few, until its extra time is over', () => {
    const rollout = new Rollout();
    const { since } = rollout.watch;
    rollout.watched(60);
    for (const [hold, extend] of [
      [120_000, 240_000],
      [180_000, 180_000],
    ]) {
      rollout.judged(answers('inconclusive'));
      expect(rollout.watch).toMatchObject({ since, watchedUntil: rollout.at, hold, extend, phase: 'shadow' });
      rollout.watched(60);
      expect(rollout.judge).toMatchObject({ since, until: rollout.at });
    }
    rollout.at = since + 360_000;
    rollout.judged(answers('inconclusive', 'shadow: shadow answers: 3 rows of 3 requests'));
    expect(rollout.outcome()).toMatchObject({
      state: 'rolled-back',
      reason: 'shadow: shadow answers: 3 rows of 3 requests, after 300 s more than its time',
    });
  });

  it('gives the next phase its own time again', () => {
    const rollout = new Rollout();
    rollout.watched(60);
    rollout.judged(answers('inconclusive'));
    rollout.watched(60);
    rollout.judged(answers('pass'));
    rollout.tell({ kind: 'moved', at: rollout.at, refused: null });
    expect(rollout.watch).toMatchObject({ phase: 'canary 5 %', hold: 60_000, extend: 300_000 });
    expect(rollout.watch).not.toHaveProperty('watchedUntil');
  });

  it('is held while nobody can judge them, and a person is told once', () => {
    const rollout = new Rollout({ onError: 'hold' });
    const alarms = () => rollout.machine.chores.filter(({ kind }) => kind === 'alarm');
    rollout.watched(60);
    rollout.judged(answers('error', 'shadow: There is no column "x".'));
    expect(rollout.machine.alarm).toBe('v-b is held at 0 %: shadow: There is no column "x".');
    rollout.watched(3600);
    rollout.judged(answers('error', 'shadow: There is no column "x".'));
    expect(alarms()).toHaveLength(1);
    rollout.watched(60);
    rollout.judged(answers('pass'));
    expect(rollout.machine).toMatchObject({ alarm: null, mode: { stage: 'moving', phase: 1 } });
  });

  it('goes on with a warning where that is asked for, and not when nothing at all was judged', () => {
    const warned = new Rollout({ onInconclusive: 'warn', onError: 'warn' });
    warned.watched(60);
    warned.judged(answers('inconclusive', 'few'));
    expect(warned.machine.mode).toMatchObject({ stage: 'moving', phase: 1, shadow: { verdict: 'inconclusive' } });
    const blind = new Rollout({ onInconclusive: 'warn', onError: 'warn' });
    blind.watched(60);
    blind.judged(answers('error', 'the gateway does not answer', false));
    expect(blind.machine.mode).toMatchObject({ stage: 'watching', phase: 0 });
  });

  it('is no phase of its own where nobody asked for checks', () => {
    const rollout = new Rollout({}, false);
    rollout.watched(60);
    expect(rollout.command).toMatchObject({ kind: 'move', expect: { mirror: { version: 'v-b', percent: 20 } } });
    expect(JSON.stringify(rollout.command)).not.toContain('keep');
  });
});
