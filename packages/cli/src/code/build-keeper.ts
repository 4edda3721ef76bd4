import type { AskedBuilds } from './asked-builds.ts';
import type { BuildLink } from './build-link.ts';
import { planBuilds } from './build-table.ts';
import type { BuildsFile } from './builds-file.ts';
import type { CodeEvent } from './code-events.ts';
import type { Deployment } from './deployment.ts';

/** A run may be asked for a moment before its build is replaced, and be heard of a moment after, ms. */
const SETTLED_MS = 20_000;

export interface BuildKeeperOptions {
  readonly link: BuildLink;
  readonly asked: AskedBuilds;
  readonly emit: (event: CodeEvent) => void;
  /** A build has begun to answer. */
  readonly onServed: () => void;
}

/** Has earlier builds served while they have open runs or somebody asks for them, and lets go of the rest. */
export class BuildKeeper {
  readonly #options: BuildKeeperOptions;
  readonly #openRuns = new Map<string, number>();
  readonly #replacedAt = new Map<string, number>();
  #waiting: readonly string[] = [];

  constructor(options: BuildKeeperOptions) {
    this.#options = options;
  }

  /** New runs begin on another build from now on. */
  replaced(id: string): void {
    this.#replacedAt.set(id, Date.now());
  }

  /** @param coming build that is about to become the current one */
  async sweep(
    builds: BuildsFile,
    deployment: Deployment,
    current: string | null,
    coming: string | null,
  ): Promise<void> {
    const { link, asked, emit, onServed } = this.#options;
    await asked.collect();
    for (const { id } of builds.builds) if (id !== current) await this.#count(id, deployment);
    const now = Date.now();
    const known = builds.builds.map(({ id, at }) => ({
      ...{ id, at, askedAt: asked.at(id) },
      openRuns: this.#openRuns.get(id) ?? 0,
    }));
    const plan = planBuilds(known, current, now);
    for (const id of link.wanted) {
      if (plan.serve.includes(id) || id === coming) continue;
      link.drop(id);
      emit({ type: 'build-ended', build: id });
    }
    for (const { id, openRuns } of known) {
      const begins = plan.serve.includes(id) && id !== current && !link.wanted.includes(id);
      if (begins && openRuns > 0) emit({ type: 'build-serves', build: id, openRuns });
    }
    for (const id of plan.serve) link.serve(builds.build(id)).then(onServed, () => {});
    if (plan.waiting.length > 0 && plan.waiting.join() !== this.#waiting.join()) {
      emit({ type: 'builds-wait', builds: plan.waiting });
    }
    this.#waiting = plan.waiting;
    await builds.forget(plan.forget.filter((id) => id !== coming));
  }

  /** Asks the server only for what may have changed: no run begins on a build of before by itself. */
  async #count(id: string, deployment: Deployment): Promise<void> {
    const settled = Date.now() - (this.#replacedAt.get(id) ?? 0) > SETTLED_MS;
    if (this.#openRuns.get(id) === 0 && settled && !this.#options.asked.lately(id)) return;
    const open = await deployment.openRuns(id);
    this.#openRuns.set(id, settled ? open : Math.max(open, 1));
  }
}
