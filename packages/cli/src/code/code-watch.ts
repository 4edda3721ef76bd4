import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';

/** Editors write a file in steps, and save several at once, ms. */
const SETTLE_MS = 60;
/** Some file systems tell of nothing, ms. */
const GLANCE_MS = 2000;

/**
 * Tells when one of a set of files may have changed: by what the system says of their folders, and by looking every two
 * seconds. Files of installed packages are left out.
 */
export class CodeWatch {
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #glance: NodeJS.Timeout;
  #files: readonly string[] = [];
  #stamps = '';
  #settling: NodeJS.Timeout | undefined;
  #eager = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#glance = setInterval(() => void this.#look(), GLANCE_MS);
    this.#glance.unref();
  }

  /** Watches these files from now on. @param eager tells of everything in their folders: a file may be missing */
  async watch(files: readonly string[], eager: boolean): Promise<void> {
    this.#eager = eager;
    this.#files = files.filter((file) => !file.includes(`${sep}node_modules${sep}`));
    const folders = new Set(this.#files.map((file) => dirname(file)));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) this.#watchFolder(folder);
    this.#stamps = await stampsOf(this.#files);
  }

  close(): void {
    clearInterval(this.#glance);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watchFolder(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#soon());
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder); // the glances go on
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // It is gone, or the system watches no more folders: the glances see to it.
    }
  }

  #soon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#look(this.#eager), SETTLE_MS);
  }

  async #look(always = false): Promise<void> {
    const stamps = await stampsOf(this.#files);
    if (stamps === this.#stamps && !always) return;
    this.#stamps = stamps;
    // A folder that was put in another's place is watched anew.
    for (const file of this.#files) this.#watchFolder(dirname(file));
    this.#onChange();
  }
}

async function stampsOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ ctimeMs, size, ino }) => `${ctimeMs} ${size} ${ino}`,
        () => 'none',
      ),
    ),
  );
  return stamps.join('\n');
}
