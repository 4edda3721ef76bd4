import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where Sluice keeps what it installs for itself: `SLUICE_CACHE_DIR`, else `XDG_CACHE_HOME/sluice`, else `~/.cache/sluice`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SLUICE_CACHE_DIR) return resolve(env.SLUICE_CACHE_DIR);
  return join(env.XDG_CACHE_HOME ? resolve(env.XDG_CACHE_HOME) : join(homedir(), '.cache'), 'sluice');
}
