import { type FSWatcher, mkdirSync, watch } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { askedFolder } from './code-file.ts';

const LATELY_MS = 15 * 60_000;

/** Earlier builds that somebody wants an answer of: a file of the build's name in a folder asks for it. */
export class AskedBuilds {
  readonly #folder: string;
  readonly #at = new Map<string, number>();
  #watcher: FSWatcher | null = null;

  constructor(root: string, onAsked: () => void) {
    this.#folder = askedFolder(root);
    try {
      mkdirSync(this.#folder, { recursive: true });
      this.#watcher = watch(this.#folder, { persistent: false }, (event) => {
        if (event === 'rename') onAsked();
      });
      this.#watcher.on('error', () => this.close());
    } catch {
      // The folder is looked into from time to time all the same.
    }
  }

  /** When a build was last asked for, epoch ms; null: never. */
  at(build: string): number | null {
    return this.#at.get(build) ?? null;
  }

  lately(build: string): boolean {
    return Date.now() - (this.#at.get(build) ?? 0) < LATELY_MS;
  }

  /** Takes what was asked since. */
  async collect(): Promise<void> {
    for (const build of await readdir(this.#folder).catch(() => [])) {
      this.#at.set(build, Date.now());
      await rm(join(this.#folder, build), { force: true });
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}
