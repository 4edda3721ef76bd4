import { CancellationScope, condition, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import { small } from '../activities.ts';
import { applicationFailure } from '../failure.ts';
import type { Answer } from './answers.ts';
import { type Chore, type Command, type Event, emptyMachine, type Machine, type Result } from './machine.ts';
import { reduce } from './reduce.ts';
import { commandOf, isDue } from './steps.ts';

/** Does what the reducer says, one command at a time and the chores beside it, and tells it what came of them. */
export class EndpointShell {
  #machine: Machine;
  /** Where commands run, whoever brings them about; never cancelled from outside. */
  #home: CancellationScope | null = null;
  #scope: CancellationScope | null = null;
  /** Settles when the command before is over: what is cancelled must be over before the opposite is done. */
  #before: Promise<unknown> = Promise.resolve();
  readonly #chores = new Map<number, CancellationScope>();
  #marks: Promise<unknown> = Promise.resolve();

  constructor(endpoint: string, memory: Machine | undefined) {
    this.#machine = memory ?? emptyMachine(endpoint);
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** Nothing is under way but waiting. */
  get resting(): boolean {
    const { mode, chores } = this.#machine;
    return chores.length === 0 && ((mode.kind === 'steady' && !mode.saving) || mode.kind === 'unowned');
  }

  /** Resolves when it has been found out who serves. */
  known(): Promise<void> {
    return condition(() => this.#machine.mode.kind !== 'adopting');
  }

  /** Begins, or begins again, what the machine is about. */
  resume(): void {
    this.#home = CancellationScope.current();
    this.#machine = { ...this.#machine, turn: this.#machine.turn + 1 };
    this.#run(commandOf(this.#machine));
    this.#doChores();
  }

  dispatch(event: Event): Answer | null {
    const { machine, command, answer } = reduce(this.#machine, event);
    this.#machine = machine;
    if (command !== null) this.#run(command);
    this.#doChores();
    return answer;
  }

  #run(command: Command): void {
    const { turn } = this.#machine;
    const before = this.#before;
    this.#scope?.cancel();
    const scope = this.#newScope();
    this.#scope = scope;
    this.#before = (async () => {
      await before;
      if (turn !== this.#machine.turn) return;
      let result: Result | null;
      try {
        result = await scope.run(() => perform(this.#machine.endpoint, command));
      } catch (error) {
        if (isCancellation(error) && turn !== this.#machine.turn) return;
        // A rollout that cannot go on goes back at once; everything else is tried again after a breath.
        if (this.#machine.mode.kind !== 'rolling-out') await sleep('5 seconds');
        result = { kind: 'failed', why: applicationFailure(error)?.message ?? String(error) };
      }
      if (result !== null && turn === this.#machine.turn) {
        this.dispatch({ kind: 'result', turn, result, at: Date.now() });
      }
    })();
  }

  #newScope(): CancellationScope {
    return new CancellationScope({ cancellable: true, parent: this.#home ?? CancellationScope.current() });
  }

  /** Begins chores that are new, and drops those that are not wanted any more. */
  #doChores(): void {
    const wanted = new Set(this.#machine.chores.map(({ n }) => n));
    for (const [n, scope] of this.#chores) if (!wanted.has(n)) scope.cancel();
    for (const chore of this.#machine.chores) {
      if (this.#chores.has(chore.n) || !isDue(this.#machine, chore)) continue;
      const scope = this.#newScope();
      this.#chores.set(chore.n, scope);
      const begun = chore.kind === 'mark' ? this.#marks : Promise.resolve();
      const done = begun
        .then(() => scope.run(() => attend(this.#machine.endpoint, chore)))
        // What a chore could not do in its time is logged by the activity; traffic does not hang on it.
        .catch(() => undefined)
        .then(() => {
          this.#chores.delete(chore.n);
          if (this.#machine.chores.some(({ n }) => n === chore.n)) {
            this.dispatch({ kind: 'chore-done', n: chore.n, at: Date.now() });
          }
        });
      if (chore.kind === 'mark') this.#marks = done;
    }
  }
}

const starting = { startToCloseTimeout: '30 minutes', heartbeatTimeout: '30 seconds' } as const;
const waited = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;
/** A change of traffic whose worker was lost is soon made again: until then nobody knows who serves. */
const switching = {
  heartbeatTimeout: '6 seconds',
  ...waited,
  retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '5 seconds' },
} as const;

/** What came of a command; null where nothing will. */
async function perform(endpoint: string, command: Command): Promise<Result | null> {
  switch (command.kind) {
    case 'observe':
      return { kind: 'observed', observation: await small('observe', 'who serves?').observeEndpoint({ endpoint }) };
    case 'start': {
      const { candidate } = command;
      const options = { ...starting, ...waited };
      return {
        kind: 'started',
        outcome: await small(`start:${candidate.id}`, `start ${candidate.id}`, options).startVersion({
          endpoint,
          candidate,
        }),
      };
    }
    case 'move': {
      const { kind: _, what, limit, ...traffic } = command;
      const options = { ...switching, startToCloseTimeout: limit };
      const moved = await small(`traffic:${what}`, `${what}: traffic`, options).setTraffic({ endpoint, ...traffic });
      return { kind: 'moved', ...moved };
    }
    case 'watch': {
      const watching = { startToCloseTimeout: '30 days', heartbeatTimeout: '10 seconds' } as const;
      return {
        kind: 'watched',
        outcome: await small(`watch:${command.input.phase}`, `${command.input.phase}: watch`, watching).watchTraffic(
          command.input,
        ),
      };
    }
    case 'judge': {
      // Less than a lifetime: who cannot say anything of answers for so long says nothing good.
      const judging = { startToCloseTimeout: '30 minutes', scheduleToCloseTimeout: '2 hours' } as const;
      return {
        kind: 'judged',
        outcome: await small('shadow', 'shadow: check the answers', judging).checkShadow(command.input),
      };
    }
    case 'save': {
      const { seq, ledger } = command;
      const owner = workflowInfo().runId;
      return {
        kind: 'saved',
        ...(await small(`ledger:${seq}`, `ledger, page ${seq}`).saveLedger({ endpoint, seq, owner, ledger })),
      };
    }
    case 'wait':
      await sleep(command.ms);
      return { kind: 'waited' };
    case 'idle':
      return null;
  }
}

async function attend(endpoint: string, chore: Chore): Promise<void> {
  switch (chore.kind) {
    case 'stop':
      return small(`stop:${chore.id}`, `stop ${chore.id}`, { scheduleToCloseTimeout: '10 minutes' }).stopVersion({
        endpoint,
        id: chore.id,
      });
    case 'mark': {
      const { candidate, previous, former, state, reason } = chore;
      const marking = { scheduleToCloseTimeout: '1 hour' } as const;
      const mark = { endpoint, candidate, previous, former, state, reason };
      return small(`mark:${candidate.id}:${state}`, `mark ${candidate.id} as ${state}`, marking).markVersion(mark);
    }
    case 'reply': {
      const { workflowId, outcome } = chore;
      return small(`answer:${workflowId}`, `answer ${workflowId}`, { scheduleToCloseTimeout: '10 minutes' }).replyToRun(
        {
          workflowId,
          outcome,
        },
      );
    }
    case 'alarm': {
      const { workflowId } = workflowInfo();
      const ref = { workflowId, pipeline: 'endpoint', step: `alarm@${chore.at}`, name: 'alarm', keys: {} };
      const notification = {
        event: 'alarm',
        pipeline: 'endpoint',
        run: workflowId,
        step: null,
        round: null,
        endpoint,
        candidate: null,
        verdict: null,
        text: `${endpoint}: ${chore.text}`,
        links: {},
        commands: ['sluice endpoints', `sluice rollback ${endpoint}`],
        at: new Date(chore.at).toISOString(),
      } as const;
      return small('alarm', 'alarm', { scheduleToCloseTimeout: '10 minutes' }).notify({ ref, notification });
    }
  }
}
