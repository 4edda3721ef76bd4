import type { Candidate, DeploySpec, Notification, StepRef, Verdict } from '@sluice/sdk';
import { small } from './activities.ts';
import { withReport } from './notified-report.ts';
import type { RunState } from './run-state.ts';

/** What is told of a deploy besides its event. */
interface News {
  /** Which question of the step it is about. */
  readonly round: number;
  readonly verdict: Verdict;
  readonly text?: string | null;
  readonly commands?: readonly string[];
}

/** Notifies of one deploy, in order. A hook that is down holds up neither an answer nor a deadline. */
export class Herald {
  #told: Promise<void> = Promise.resolve();
  readonly #run: RunState;
  readonly #ref: StepRef;
  readonly #spec: DeploySpec;
  readonly #candidate: Candidate;

  constructor(run: RunState, ref: StepRef, spec: DeploySpec, candidate: Candidate) {
    this.#run = run;
    this.#ref = ref;
    this.#spec = spec;
    this.#candidate = candidate;
  }

  tell(event: Notification['event'], { round, verdict, text, commands = [] }: News): void {
    if (!this.#run.settings.notify) return;
    const { endpoint } = this.#spec;
    const notification: Notification = {
      event,
      pipeline: this.#run.pipeline,
      run: this.#run.id,
      step: this.#ref.step,
      round,
      endpoint,
      candidate: this.#candidate.digest,
      verdict,
      text: text ?? `${endpoint}: ${event}`,
      links: this.#run.journal.links,
      commands,
      at: new Date().toISOString(),
    };
    // Commands keep the order that histories of runs without reports have: there nothing more is waited for.
    this.#told = this.#told.then(() =>
      this.#run.reports.on
        ? withReport(this.#run, notification).then((news) => this.#send(news))
        : this.#send(notification),
    );
  }

  /** Once all has been told, or given up. */
  async done(): Promise<void> {
    await this.#told;
  }

  async #send(notification: Notification): Promise<void> {
    const { step } = this.#ref;
    try {
      const options = { scheduleToCloseTimeout: '2 minutes' } as const;
      await small(`${step}:notify:${notification.event}`, `${step}: notify ${notification.event}`, options).notify({
        ref: this.#ref,
        notification,
      });
    } catch {
      // Logged by the activity; the decision itself stands in the UI and in the query.
    }
  }
}
