import { setTimeout as delay } from 'node:timers/promises';
import { type Part, signal } from '../stand/part.ts';
import type { Stand } from '../stand/stand.ts';
import type { SharedFault } from './plan.ts';

/** What befalls what all endpoints share, and its end. @returns moments at which requests in flight were hit, epoch ms */
export async function befallAll(stand: Stand, fault: SharedFault, down: number): Promise<number[]> {
  const { worker, temporal, host } = stand;
  switch (fault) {
    case 'none':
      return [];
    case 'worker killed':
      return kill([worker], down);
    case 'Temporal killed':
      return kill([temporal], down);
    case 'gateway host killed':
      return kill([host], down);
    case 'worker and host killed':
      return kill([worker, host], down);
    case 'worker and Temporal killed':
      return kill([worker, temporal], down);
    case 'everything killed':
      return kill([worker, temporal, host], down);
    case 'worker paused':
      return pause(worker, down);
    case 'Temporal paused':
      return pause(temporal, down);
    case 'gateway host paused':
      return pause(host, down);
    case 'gateway worker killed':
      signal(await stand.proxyPid(), 'SIGKILL');
      return [Date.now()];
    case 'gateway worker paused': {
      const pid = await stand.proxyPid();
      const at = Date.now();
      signal(pid, 'SIGSTOP');
      await delay(down);
      signal(pid, 'SIGCONT');
      return [at];
    }
    case 'disk full':
      stand.disk?.fill();
      await delay(down);
      stand.disk?.free();
      return [];
  }
}

async function kill(parts: readonly Part[], down: number): Promise<number[]> {
  const at = Date.now();
  await Promise.all(parts.map((part) => part.kill()));
  await delay(down);
  await Promise.all(parts.map((part) => part.up()));
  return [at];
}

async function pause(part: Part, down: number): Promise<number[]> {
  const at = Date.now();
  part.pause();
  await delay(down);
  part.resume();
  return [at];
}
