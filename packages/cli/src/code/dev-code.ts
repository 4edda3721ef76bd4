import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Child } from '../dev/child.ts';
import { areUnchanged } from '../worker/workflow-bundle.ts';
import { AskedBuilds } from './asked-builds.ts';
import type { Build } from './build.ts';
import { BuildKeeper } from './build-keeper.ts';
import { BuildLink, BuildRefused } from './build-link.ts';
import { BuildsFile } from './builds-file.ts';
import type { CodeEvent } from './code-events.ts';
import { writeCodeFile } from './code-file.ts';
import { CodeWatch } from './code-watch.ts';
import { Deployment } from './deployment.ts';
import { type CodeLook, type CodeProblem, lookAtCode } from './look-at-code.ts';

/** How often it is asked which earlier builds still have open runs, ms. */
const SWEEP_MS = 10_000;
/** What failed for want of a server or of memory is tried again, ms. */
const AGAIN_MS = 5000;

/**
 * The workflow code of a dev stack: made into a build whenever it is saved. New runs begin on the newest build, open
 * ones stay on theirs, which is served until they have ended, also after a restart of the stack.
 */
export class DevCode {
  readonly #loaded: LoadedConfig;
  readonly #emit: (event: CodeEvent) => void;
  readonly #link = new BuildLink();
  readonly #watch = new CodeWatch(() => this.#lookSoon());
  readonly #asked: AskedBuilds;
  readonly #stopping = new AbortController();
  readonly #deployment = Promise.withResolvers<Deployment>();
  readonly #keeper: BuildKeeper;
  #builds: BuildsFile | null = null;
  #current: Build | null = null;
  /** Build that is about to become the current one. */
  #coming: Build | null = null;
  #look: CodeLook | null = null;
  #problem: CodeProblem | null = null;
  #settings: Readonly<Record<string, string>> | null = null;
  #changed: readonly string[] = [];
  #dirty = false;
  #working: Promise<void> | null = null;
  #sweeping: Promise<void> = Promise.resolve();
  #sweeper: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #saved = '';
  #saving: Promise<void> = Promise.resolve();

  constructor(loaded: LoadedConfig, emit: (event: CodeEvent) => void) {
    this.#loaded = loaded;
    this.#emit = (event) => {
      if (!this.#stopping.signal.aborted) emit(event);
    };
    this.#asked = new AskedBuilds(loaded.root, () => void this.#sweep());
    this.#keeper = new BuildKeeper({
      link: this.#link,
      asked: this.#asked,
      emit: this.#emit,
      onServed: () => this.#save(),
    });
    this.#deployment.promise.catch(() => {});
  }

  /** Build that new runs begin on; null while no code has worked yet. */
  get build(): string | null {
    return this.#current?.id ?? null;
  }

  /** Why the code as it is saved makes no build. */
  get problem(): CodeProblem | null {
    return this.#problem;
  }

  /** Builds whose runs are served now. */
  get served(): readonly string[] {
    return this.#link.served;
  }

  /** Looks at the code for the first time. Code that makes no build is told of, and no failure. */
  async begin(): Promise<void> {
    this.#builds = await BuildsFile.open(this.#loaded.root);
    this.#lookSoon();
    await this.#working;
  }

  connect(client: Client): void {
    this.#deployment.resolve(new Deployment(client, this.#loaded.config.project));
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_MS);
  }

  /** Serves the builds by this process from now on. Resolves when the current one is served. */
  async attach(child: Child): Promise<void> {
    this.#link.attach(child);
    await Promise.race([this.#current === null ? null : this.#link.serve(this.#current), child.exited]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#watch.close();
    this.#asked.close();
    clearInterval(this.#sweeper);
    clearTimeout(this.#again);
    this.#deployment.reject(new Error('the stack was stopped'));
    this.#link.close();
    await this.#saving;
    // What asks a server that is away may take its time.
    const rest = Promise.all([this.#working?.catch(() => {}), this.#sweeping]);
    await Promise.race([rest, delay(1000, undefined, { ref: false })]);
  }

  #lookSoon(): void {
    this.#dirty = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  async #work(): Promise<void> {
    while (this.#dirty && !this.#stopping.signal.aborted) {
      this.#dirty = false;
      try {
        await this.#lookOnce();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        if (error instanceof BuildRefused || this.#look === null) this.#break(problemOf(error));
        this.#save();
        this.#again = setTimeout(() => this.#lookSoon(), AGAIN_MS);
      }
    }
  }

  async #lookOnce(): Promise<void> {
    clearTimeout(this.#again);
    const look = await lookAtCode(this.#loaded.path, this.#stopping.signal);
    await this.#watch.watch(Object.keys(look.sources), !look.ok);
    // Saved before it was watched: what was seen is not what is there.
    if (await areUnchanged(look.sources)) await this.#take(look);
    else this.#dirty = true;
  }

  async #take(look: CodeLook): Promise<void> {
    const builds = this.#builds;
    if (builds === null) return;
    this.#look = look;
    if (!look.ok) {
      this.#break(look.problem);
      // At a start, the last code that worked goes on for the runs and endpoints there are.
      if (this.#current === null && builds.current !== null) await this.#serve(builds.current);
    } else {
      const wasBroken = this.#problem !== null;
      const build = await builds.adopt(look.path, Date.now());
      if (build.id !== this.#current?.id) await this.#serve(build);
      else if (wasBroken) this.#emit({ type: 'code-mended', build: build.id });
      this.#problem = null;
      for (const problem of look.unfit) this.#emit({ type: 'pipeline-left-out', problem });
      this.#compare(look.settings);
    }
    this.#save();
    void this.#sweep();
  }

  async #serve(build: Build): Promise<void> {
    const deployment = await this.#deployment.promise;
    this.#coming = build;
    try {
      await this.#link.serve(build);
      await deployment.makeCurrent(build.id, this.#stopping.signal);
    } finally {
      this.#coming = null;
    }
    const former = this.#current?.id ?? null;
    if (former !== null) this.#keeper.replaced(former);
    this.#current = build;
    const openRuns = former === null ? 0 : await deployment.openRuns(former);
    this.#emit({ type: 'code', build: build.id, former, openRuns });
    if (former === null) await this.#adoptLost(deployment, build);
  }

  /** Runs whose bundle was deleted go on with the code there is; it stops where that took another way. */
  async #adoptLost(deployment: Deployment, current: Build): Promise<void> {
    const known = new Set(this.#builds?.builds.map(({ id }) => id));
    // Builds that somebody named by hand have workers of their own.
    const lost = (await deployment.pinnedRuns()).filter(({ buildId }) => !known.has(buildId) && isOurs(buildId));
    for (const { workflowId, runId } of lost) await deployment.move(workflowId, runId, current.id);
    if (lost.length === 0) return;
    this.#emit({ type: 'runs-moved', runs: lost.map(({ workflowId }) => workflowId), build: current.id });
  }

  #break(problem: CodeProblem): void {
    const told = this.#problem?.message === problem.message && this.#problem.where === problem.where;
    this.#problem = problem;
    if (!told) this.#emit({ type: 'code-broken', problem, build: this.build });
  }

  #compare(settings: Readonly<Record<string, string>>): void {
    this.#settings ??= settings;
    const names = new Set([...Object.keys(this.#settings), ...Object.keys(settings)]);
    names.delete('pipelines'); // read anew at every look
    const changed = [...names].filter((name) => settings[name] !== this.#settings?.[name]).sort();
    if (changed.length > 0 && changed.join() !== this.#changed.join()) {
      this.#emit({ type: 'config-changed', settings: changed });
    }
    this.#changed = changed;
  }

  /** Serves what has open runs or is asked for, and lets go of the rest. One at a time. */
  #sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweepOnce()).catch(() => {}); // the server may be away; the next one comes soon
    return this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    const builds = this.#builds;
    if (builds === null || this.#stopping.signal.aborted) return;
    await this.#keeper.sweep(builds, await this.#deployment.promise, this.build, this.#coming?.id ?? null);
    this.#save();
  }

  #save(): void {
    if (this.#look === null && this.#problem === null) return;
    const file = {
      pid: process.pid,
      build: this.build,
      problem: this.#problem,
      sources: this.#look?.sources ?? {},
      served: [...this.served],
      kept: this.#builds?.builds.map(({ id }) => id) ?? [],
      changed: [...this.#changed],
    };
    const text = JSON.stringify(file);
    if (text === this.#saved) return;
    this.#saved = text;
    const write = () => writeCodeFile(this.#loaded.root, { ...file, at: Date.now() });
    this.#saving = this.#saving.then(write).catch(() => {
      this.#saved = '';
    });
  }
}

function problemOf(error: unknown): CodeProblem {
  return { code: 'Internal', message: describeError(error), where: null, fix: null };
}

function isOurs(buildId: string): boolean {
  return /^[0-9a-f]{10}$/.test(buildId);
}
