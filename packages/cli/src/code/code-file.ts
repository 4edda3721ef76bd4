import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { atomicWrite } from '../atomic-write.ts';

const schema = z.object({
  /** Process of the stack that wrote it. */
  pid: z.int(),
  /** When it was written, epoch ms. */
  at: z.number(),
  /** Build that new runs begin on; null while there is none. */
  build: z.string().nullable(),
  /** Why the code as it is saved makes no build. */
  problem: z
    .object({ code: z.string(), message: z.string(), where: z.string().nullable(), fix: z.string().nullable() })
    .nullable(),
  /** What was looked at: digest by absolute path. */
  sources: z.record(z.string(), z.string()),
  /** Builds that answer now. */
  served: z.array(z.string()),
  /** Builds that can be asked for. */
  kept: z.array(z.string()),
  /** Settings of the config that were changed since the stack was started. */
  changed: z.array(z.string()),
});

/** Which code a running `sluice dev` serves, for the commands beside it. */
export type CodeFile = z.infer<typeof schema>;

const path = (root: string) => join(root, '.sluice', 'dev', 'code.json');

export async function writeCodeFile(root: string, code: CodeFile): Promise<void> {
  await atomicWrite(path(root), `${JSON.stringify(code)}\n`);
}

/** Writes it whenever it says something new, one after the other. */
export class CodeFileWriter {
  readonly #root: string;
  #text = '';
  #written: Promise<void> = Promise.resolve();

  constructor(root: string) {
    this.#root = root;
  }

  /** Resolves when nothing more is to be written. */
  get written(): Promise<void> {
    return this.#written;
  }

  write(code: Omit<CodeFile, 'at'>): void {
    const text = JSON.stringify(code);
    if (text === this.#text) return;
    this.#text = text;
    const write = () => writeCodeFile(this.#root, { ...code, at: Date.now() });
    this.#written = this.#written.then(write).catch(() => {
      this.#text = ''; // a disk that was full is tried again
    });
  }
}

/** What the stack with that process id last wrote; null when it has not yet. */
export async function readCodeFile(root: string, pid: number): Promise<CodeFile | null> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(path(root), 'utf8')));
    return parsed.success && parsed.data.pid === pid ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Folder where a file named after a build asks `sluice dev` to serve it for a while. */
export function askedFolder(root: string): string {
  return join(root, '.sluice', 'dev', 'asked');
}
