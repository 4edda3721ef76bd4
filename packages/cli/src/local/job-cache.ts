import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSpec, Model, StepOutput } from '@sluice/sdk';
import { atomicWrite } from '../atomic-write.ts';

/** Results of jobs that were run on this machine before, by what they were made of. */
export class JobCache {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Digest of a job's spec and of the bytes of its code. */
  async digest(step: string, spec: JobSpec): Promise<string> {
    const { budgets: _, resume: __, temporal: ___, ...made } = spec;
    const hash = createHash('sha256').update(JSON.stringify([step, made]));
    const files: string[] = [];
    for (const pattern of spec.run.code) {
      for await (const file of glob(pattern, { cwd: this.#root })) files.push(file);
    }
    for (const file of [...new Set(files)].sort()) {
      hash.update(`\0${file}\0`).update(await readFile(join(this.#root, file)).catch(() => ''));
    }
    return hash.digest('hex').slice(0, 32);
  }

  async find(digest: string): Promise<Model | StepOutput | null> {
    try {
      return JSON.parse(await readFile(this.#path(digest), 'utf8')) as Model | StepOutput;
    } catch {
      return null;
    }
  }

  async keep(digest: string, result: Model | StepOutput): Promise<void> {
    await atomicWrite(this.#path(digest), JSON.stringify(result));
  }

  #path(digest: string): string {
    return join(this.#root, '.sluice', 'local', `${digest}.json`);
  }
}
