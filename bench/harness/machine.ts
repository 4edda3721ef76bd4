import { availableParallelism, cpus, loadavg, totalmem, version } from 'node:os';

/** What the figures were measured on. No figure says much without it. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
  /** Load average of the minute before: well over 0 means that something else ran too. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: version(),
    node: process.version,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

export function machineLine(machine: Machine): string {
  const { cores, cpu, memoryGiB, node, loadBefore } = machine;
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, load average before ${loadBefore}`;
}
