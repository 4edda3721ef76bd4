import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Child } from '../dev/child.ts';
import { areUnchanged } from '../worker/workflow-bundle.ts';
import { AskedBuilds } from './asked-builds.ts';
import { type Build, isDevBuild } from './build.ts';
import { BuildKeeper } from './build-keeper.ts';
import { BuildLink, BuildRefused } from './build-link.ts';
import { BuildsFile } from './builds-file.ts';
import type { CodeEvent } from './code-events.ts';
import { CodeFileWriter } from './code-file.ts';
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
  readonly #file: CodeFileWriter;
  readonly #asked: AskedBuilds;
  readonly #stopping = new AbortController();
  readonly #deployment = Promise.withResolvers<Deployment>();
  readonly #keeper: BuildKeeper;
  #builds: BuildsFile | null = null;
  #current: Build | null = null;
  /** Build that is about to become the current one. */
  #coming: Build | null = null;
  /** What the current build was made of, or what makes none. */
  #look: CodeLook | null = null;
  #problem: CodeProblem | null = null;
  #settings: Readonly<Record<string, string>> | null = null;
  #changed: readonly string[] = [];
  #dirty = false;
  #working: Promise<void> | null = null;
  #sweeping: Promise<void> = Promise.resolve();
  #sweeper: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(loaded: LoadedConfig, emit: (event: CodeEvent) => void) {
    this.#loaded = loaded;
    this.#emit = (event) => {
      if (!this.#stopping.signal.aborted) emit(event);
    };
    this.#file = new CodeFileWriter(loaded.root);
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
    await this.#builds.tidy().catch(() => {});
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
    await this.#file.written;
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
      await this.#lookOnce().catch(() => {
        if (this.#stopping.signal.aborted) return;
        this.#save();
        this.#again = setTimeout(() => this.#lookSoon(), AGAIN_MS);
      });
    }
  }

  async #lookOnce(): Promise<void> {
    clearTimeout(this.#again);
    const look = await lookAtCode(this.#loaded.path, this.#stopping.signal).catch((error: unknown) => {
      if (this.#look === null) this.#break(problemOf(error));
      throw error;
    });
    await this.#watch.watch(Object.keys(look.sources), !look.ok);
    // Saved before it was watched: what was seen is not what is there.
    if (await areUnchanged(look.sources)) await this.#take(look);
    else this.#dirty = true;
  }

  async #take(look: CodeLook): Promise<void> {
    const builds = this.#builds;
    if (builds === null) return;
    if (!look.ok) {
      this.#look = look;
      this.#break(look.problem);
      // At a start, the last code that worked goes on for the runs and endpoints there are.
      if (this.#current === null && builds.current !== null) await this.#serve(builds.current);
    } else {
      const wasBroken = this.#problem !== null;
      const build = await builds.adopt(look.path, Date.now());
      if (build.id !== this.#current?.id) await this.#begin(build, look);
      else if (wasBroken) this.#emit({ type: 'code-mended', build: build.id });
      this.#look = look; // not before its build is the current one: runs would begin on the former
      this.#problem = null;
      for (const problem of look.unfit) this.#emit({ type: 'pipeline-left-out', problem });
      this.#compare(look.settings);
    }
    this.#save();
    void this.#sweep();
  }

  async #begin(build: Build, look: CodeLook): Promise<void> {
    try {
      await this.#serve(build);
    } catch (error) {
      if (error instanceof BuildRefused) {
        this.#look = look;
        this.#break(problemOf(error));
      }
      throw error;
    }
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
    const lost = (await deployment.pinnedRuns()).filter(({ buildId }) => !known.has(buildId) && isDevBuild(buildId));
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
    const roles = () => ({ current: this.build, coming: this.#coming?.id ?? null });
    await this.#keeper.sweep(builds, await this.#deployment.promise, roles);
    this.#save();
  }

  #save(): void {
    if (this.#look === null && this.#problem === null) return;
    this.#file.write({
      pid: process.pid,
      build: this.build,
      problem: this.#problem,
      sources: this.#look?.sources ?? {},
      served: [...this.served],
      kept: this.#builds?.builds.map(({ id }) => id) ?? [],
      changed: [...this.#changed],
    });
  }
}

function problemOf(error: unknown): CodeProblem {
  return { code: 'Internal', message: describeError(error), where: null, fix: null };
}
