import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { atomicWrite } from '../atomic-write.ts';
import type { Build } from './build.ts';

const schema = z.object({
  /** Build that the last code that worked was made into. */
  current: z.string().nullable(),
  builds: z.array(z.object({ id: z.string().regex(/^[0-9a-f]+$/), at: z.number() })),
});

type Kept = z.infer<typeof schema>;

/** The builds that `sluice dev` keeps, so that runs go on with their code after an edit and on another day. */
export class BuildsFile {
  readonly #folder: string;
  #kept: Kept;
  #changing: Promise<void> = Promise.resolve();

  private constructor(folder: string, kept: Kept) {
    this.#folder = folder;
    this.#kept = kept;
  }

  static async open(root: string): Promise<BuildsFile> {
    const folder = buildsFolder(root);
    const kept = await read(join(folder, 'builds.json'));
    return new BuildsFile(folder, {
      current: kept.current,
      builds: kept.builds.filter(({ id }) => existsSync(join(folder, `${id}.cjs`))),
    });
  }

  get current(): Build | null {
    const { current } = this.#kept;
    return current === null || !this.#kept.builds.some(({ id }) => id === current) ? null : this.build(current);
  }

  /** Newest last. */
  get builds(): readonly { readonly id: string; readonly at: number }[] {
    return this.#kept.builds;
  }

  build(id: string): Build {
    return { id, path: join(this.#folder, `${id}.cjs`) };
  }

  /** Keeps a bundle, and makes it the current build. */
  adopt(bundle: string, at: number): Promise<Build> {
    return this.#next(async () => {
      const build = this.build(buildIdOf(await readFile(bundle)));
      await mkdir(this.#folder, { recursive: true });
      if (!existsSync(build.path)) {
        const draft = `${build.path}.${randomBytes(4).toString('hex')}`;
        await copyFile(bundle, draft);
        await rename(draft, build.path);
      }
      const others = this.#kept.builds.filter(({ id }) => id !== build.id);
      await this.#save({ current: build.id, builds: [...others, { id: build.id, at }] });
      return build;
    });
  }

  /** They count as made at that time from now on. */
  async touch(ids: readonly string[], at: number): Promise<void> {
    if (ids.length === 0) return;
    await this.#next(() => {
      const builds = this.#kept.builds.map((one) => (ids.includes(one.id) ? { ...one, at } : one));
      return this.#save({ ...this.#kept, builds });
    });
  }

  /** Deletes bundles, but never the current one. */
  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#next(async () => {
      const { current, builds } = this.#kept;
      const gone = ids.filter((id) => id !== current);
      await this.#save({ current, builds: builds.filter(({ id }) => !gone.includes(id)) });
      await Promise.all(gone.map((id) => rm(this.build(id).path, { force: true })));
    });
  }

  /** Deletes what a process that was killed left half done. */
  async tidy(): Promise<void> {
    const known = new Set(['builds.json', ...this.#kept.builds.map(({ id }) => `${id}.cjs`)]);
    const names = await readdir(this.#folder).catch(() => []);
    await Promise.all(
      names.filter((name) => !known.has(name)).map((name) => rm(join(this.#folder, name), { force: true })),
    );
  }

  /** One change after the other: each begins with what the one before has left. */
  #next<Value>(change: () => Promise<Value>): Promise<Value> {
    const changed = this.#changing.then(change);
    this.#changing = changed.then(
      () => {},
      () => {},
    );
    return changed;
  }

  async #save(kept: Kept): Promise<void> {
    await atomicWrite(join(this.#folder, 'builds.json'), `${JSON.stringify(kept)}\n`);
    this.#kept = kept;
  }
}

export function buildsFolder(root: string): string {
  return join(root, '.sluice', 'dev', 'builds');
}

export function buildIdOf(bundle: Uint8Array): string {
  return createHash('sha256').update(bundle).digest('hex').slice(0, 10);
}

/** A file that cannot be read knows of no builds; the bundles beside it are then made again, or missed. */
async function read(path: string): Promise<Kept> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (parsed.success) return parsed.data;
  } catch {
    // There is none yet.
  }
  return { current: null, builds: [] };
}
