/** How a lock file is made, as docs/python.md has it. Not taken from the activities: every command loads this. */
export const LOCK_COMMAND = 'uv pip compile --generate-hashes requirements.in -o requirements.txt';

/** What to do where there is no lock file yet. */
export const MAKE_LOCK = `Name what you import in requirements.in and lock it: \`${LOCK_COMMAND}\` (docs/python.md, which also says where uv comes from).`;

const again = 'Then run it again: nothing half-done is left.';

/** What to do about an installer that failed, by what it printed. */
export function installAdvice(lines: readonly string[]): string {
  const said = lines.join('\n');
  if (/hash(?:es)? mismatch/i.test(said)) {
    return `A package is not the one that was locked: look at which index offers it, or lock again: \`${LOCK_COMMAND}\`. ${again}`;
  }
  // uv names its mode where a hash or an exact version is missing; pip says it in other words.
  if (/require-hashes|hashes are required|must have a hash|to be pinned|pinned with `?==/i.test(said)) {
    return `The file must name a version and a hash of every package. ${MAKE_LOCK} ${again}`;
  }
  return `Look at the lines above; a package index that cannot be reached is the usual reason. ${again}`;
}
