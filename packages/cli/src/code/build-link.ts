import type { Child } from '../dev/child.ts';
import { type Build, isBuildReply } from './build.ts';

/** No worker can be made of a build. */
export class BuildRefused extends Error {}

/** Orders builds from the process that runs workflows, also from the one that takes its place when it was killed. */
export class BuildLink {
  readonly #wanted = new Map<string, Build>();
  readonly #served = new Set<string>();
  #child: Child | null = null;
  #waiting: { readonly id: string; readonly done: () => void; readonly failed: (error: Error) => void }[] = [];

  /** Builds that are taking work now. */
  get served(): readonly string[] {
    return [...this.#served];
  }

  /** Builds that were ordered. */
  get wanted(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  /** Orders from this process from now on. */
  attach(child: Child): void {
    this.#child = child;
    this.#served.clear();
    child.onMessage((message) => {
      if (this.#child !== child || !isBuildReply(message)) return;
      if (message.type === 'build-served') {
        if (this.#wanted.has(message.id)) this.#served.add(message.id);
        this.#settle(message.id, null);
      } else this.#settle(message.id, new BuildRefused(message.why));
    });
    void child.exited.then(() => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#served.clear();
    });
    for (const build of this.#wanted.values()) child.send({ type: 'serve-build', build });
  }

  /** Resolves when a worker takes the build's work; rejects when no worker can be made of it. */
  serve(build: Build): Promise<void> {
    this.#wanted.set(build.id, build);
    if (this.#served.has(build.id)) return Promise.resolve();
    return new Promise((done, failed) => {
      this.#waiting.push({ id: build.id, done, failed });
      this.#child?.send({ type: 'serve-build', build });
    });
  }

  drop(id: string): void {
    this.#wanted.delete(id);
    this.#served.delete(id);
    this.#child?.send({ type: 'drop-build', id });
    this.#settle(id, new Error('the build was dropped'));
  }

  close(): void {
    this.#child = null;
    for (const { id } of this.#waiting) this.#settle(id, new Error('the stack was stopped'));
  }

  #settle(id: string, error: Error | null): void {
    const mine = this.#waiting.filter((one) => one.id === id);
    this.#waiting = this.#waiting.filter((one) => one.id !== id);
    for (const { done, failed } of mine) {
      if (error === null) done();
      else failed(error);
    }
  }
}
