import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askedFolder, readCodeFile } from '../code/code-file.ts';
import { readDevFile } from '../dev/dev-file.ts';

const PATIENCE_MS = 15_000;

/**
 * Has the project's `sluice dev` serve an earlier build for a while: what a run that ended says of itself is said by
 * the code it ran on.
 *
 * @returns false when the build is not kept any more, or did not come within 15 s; true where no stack runs, since other
 * workers may have it.
 */
export async function wakeBuild(root: string, buildId: string): Promise<boolean> {
  const stack = await readDevFile(root);
  if (stack === null) return true;
  for (let [asked, end] = [false, Date.now() + PATIENCE_MS]; Date.now() < end; await delay(50)) {
    const code = await readCodeFile(root, stack.pid);
    if (code?.served.includes(buildId)) return true;
    if (code !== null && !code.kept.includes(buildId)) return false;
    if (asked || code === null) continue;
    await mkdir(askedFolder(root), { recursive: true });
    await writeFile(join(askedFolder(root), buildId), '');
    asked = true;
  }
  return false;
}
