import type { SluiceConfig } from '@sluice/sdk';

/** How a lock file is made; `uv` is where docs/python.md puts it, or on the PATH. */
export const LOCK_COMMAND = 'uv pip compile --generate-hashes requirements.in -o requirements.txt';

/** Packages that are imported by another name than theirs, of those that trainers use most. */
const packages: Readonly<Record<string, string>> = {
  sklearn: 'scikit-learn',
  PIL: 'pillow',
  cv2: 'opencv-python',
  yaml: 'pyyaml',
};

/**
 * What to do, for an error's `fix`, where a Python program ended for a module that its interpreter does not have; null
 * where it ended otherwise.
 *
 * @param last the line that says why it failed
 * @param python the project's, which decides where packages are named
 */
export function missingModule(last: string, python: SluiceConfig['python']): string | null {
  const [, name] = /^ModuleNotFoundError: No module named '([^'.]+)/.exec(last) ?? [];
  if (name === undefined || name === 'sluice') return null;
  const wanted = Object.hasOwn(packages, name) ? (packages[name] ?? name) : name;
  if (python !== undefined && 'interpreter' in python) {
    return `Where ${wanted} is a package, install it into ${python.interpreter}, which sluice.config.ts names, on every machine.`;
  }
  const named = `Where ${wanted} is a package, name it in requirements.in and lock it: \`${LOCK_COMMAND}\``;
  return python === undefined
    ? `${named}; then \`python: { requirements: 'requirements.txt' }\` in sluice.config.ts (docs/python.md).`
    : `${named} (docs/python.md).`;
}
