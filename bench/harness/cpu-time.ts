import { readFileSync } from 'node:fs';

/** Clock ticks a second in `/proc`; 100 on every Linux that Node runs on. */
const TICKS = 100;

/**
 * Seconds of processor time that processes have used so far, with all their children that have ended; null where
 * there is no `/proc`. Unlike time on the clock, it hardly depends on what else the machine does.
 */
export function cpuSeconds(pids: readonly number[]): number | null {
  let ticks = 0;
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      for (const index of [11, 12, 13, 14]) ticks += Number(fields[index]); // utime, stime, cutime, cstime
    } catch {
      return null;
    }
  }
  return ticks / TICKS;
}
