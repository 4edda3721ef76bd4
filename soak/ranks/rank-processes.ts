import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../../test/harness/wait-for.ts';

/** A torchrun under way: the agent that was spawned, and its ranks by number. */
export interface RankProcesses {
  readonly agent: number;
  readonly ranks: readonly number[];
  /** Directory that the attempt's checkpoints are written in. */
  readonly checkpoints: string;
}

/** Waits until every rank of the one attempt below `stateDir` has said hello. */
export function findRanks(stateDir: string, world: number, patience: number): Promise<RankProcesses> {
  return waitFor('the ranks to come', () => look(stateDir, world), patience);
}

async function look(stateDir: string, world: number): Promise<RankProcesses | false> {
  for (const id of readdirSync(join(stateDir, 'work'), { encoding: 'utf8' })) {
    const work = join(stateDir, 'work', id);
    const lines = (await readFile(join(work, 'events.jsonl'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
    const hellos = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'hello');
    const ranks = Array.from({ length: world }, (_, rank) => hellos.find((hello) => hello.rank === rank)?.pid);
    const agent = ranks[0] === undefined ? null : parentOf(ranks[0]);
    if (agent !== null && ranks.every((pid) => pid !== undefined)) {
      return { agent, ranks, checkpoints: join(work, 'checkpoints') };
    }
  }
  return false;
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
