import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of the disk: enough for the state and the logs of a soak. */
const SIZE = 64 * 1024 * 1024;

export interface SmallDisk {
  fill(): void;
  free(): void;
  close(): void;
}

/** Makes a folder a disk of its own, in memory, that can be full; null where that takes more rights than we have. */
export function smallDisk(folder: string): SmallDisk | null {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'ignore' });
  if (mounted.status !== 0) return null;
  const ballast = join(folder, 'ballast');
  return {
    fill() {
      const file = openSync(ballast, 'w');
      try {
        for (;;) writeSync(file, Buffer.alloc(65_536));
      } catch {
        // That is what we are here for.
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    close: () => void spawnSync('umount', ['-l', folder], { stdio: 'ignore' }),
  };
}
