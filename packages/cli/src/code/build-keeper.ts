import type { AskedBuilds } from './asked-builds.ts';
import type { BuildLink } from './build-link.ts';
import { planBuilds } from './build-table.ts';
import type { BuildsFile } from './builds-file.ts';
import type { CodeEvent } from './code-events.ts';
import type { Deployment } from './deployment.ts';

/** A run may be asked for a moment before its build is replaced, and be heard of a moment after, ms. */
const SETTLED_MS = 20_000;

export interface BuildKeeperOptions {
  readonly link: Pick<BuildLink, 'wanted' | 'serve' | 'drop'>;
  readonly asked: Pick<AskedBuilds, 'collect' | 'at' | 'lately'>;
  readonly emit: (event: CodeEvent) => void;
  /** A build has begun to answer. */
  readonly onServed: () => void;
}

/** Builds that are not let go, whatever runs on them. */
export interface BuildRoles {
  readonly current: string | null;
  /** About to become the current one. */
  readonly coming: string | null;
}

/** Has earlier builds served while they have open runs or somebody asks for them, and lets go of the rest. */
export class BuildKeeper {
  readonly #options: BuildKeeperOptions;
  #openRuns = new Map<string, number>();
  readonly #replacedAt = new Map<string, number>();
  #waiting: readonly string[] = [];

  constructor(options: BuildKeeperOptions) {
    this.#options = options;
  }

  /** New runs begin on another build from now on. */
  replaced(id: string): void {
    this.#replacedAt.set(id, Date.now());
  }

  /** @param roles as they are when it is called: they may change while the server is asked */
  async sweep(
    builds: Pick<BuildsFile, 'builds' | 'build' | 'touch' | 'forget'>,
    deployment: Pick<Deployment, 'openRuns'>,
    roles: () => BuildRoles,
  ): Promise<void> {
    const { link, asked, emit, onServed } = this.#options;
    await asked.collect();
    const earlier = builds.builds.map(({ id }) => id).filter((id) => id !== roles().current);
    const former = this.#openRuns;
    const counts = await this.#count(earlier, deployment);
    // From when its last run has ended people look at that for a while, however old the build is.
    const over = earlier.filter((id) => counts.get(id) === 0 && (former.get(id) ?? 0) > 0);
    await builds.touch(over, Date.now());
    const { current, coming } = roles();
    // Of a build that came, or was replaced, meanwhile nothing is known yet: the next sweep sees to it.
    const known = builds.builds
      .filter(({ id }) => id === current || counts.has(id))
      .map(({ id, at }) => ({ ...{ id, at, askedAt: asked.at(id) }, openRuns: counts.get(id) ?? 0 }));
    const plan = planBuilds(known, current, Date.now());
    for (const id of link.wanted) {
      if (plan.serve.includes(id) || id === coming || !counts.has(id)) continue;
      link.drop(id);
      if (!plan.waiting.includes(id)) emit({ type: 'build-ended', build: id });
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

  /**
   * Open runs by build. Runs begin late on builds of before, too: out of a file of thousands, or reset by hand. So those
   * that had none are asked about as well, all in one question.
   */
  async #count(ids: readonly string[], deployment: Pick<Deployment, 'openRuns'>): Promise<ReadonlyMap<string, number>> {
    const now = Date.now();
    const settled = (id: string) => now - (this.#replacedAt.get(id) ?? 0) > SETTLED_MS;
    const quiet = ids.filter((id) => this.#openRuns.get(id) === 0 && settled(id) && !this.#options.asked.lately(id));
    const still = quiet.length > 0 && (await deployment.openRuns(...quiet)) === 0;
    const counts = new Map<string, number>();
    for (const id of ids) {
      const open = still && quiet.includes(id) ? 0 : await deployment.openRuns(id);
      counts.set(id, settled(id) ? open : Math.max(open, 1));
    }
    this.#openRuns = counts;
    return counts;
  }
}
