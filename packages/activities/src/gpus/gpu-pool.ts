import { AsyncLocalStorage } from 'node:async_hooks';
import { type Environment, ErrorCode, type ResourceClass, SluiceError } from '@sluice/sdk';

/** Names the devices that CUDA shows a process, in order; ROCm reads it too. */
const VISIBLE = 'CUDA_VISIBLE_DEVICES';

const taken = new AsyncLocalStorage<readonly string[]>();

/** The whole GPUs of one worker, each for one activity at a time. */
export interface GpuPool {
  /** Runs an activity whose programs see as many GPUs as a slot has, and no others. */
  run<Value>(activity: () => Promise<Value>): Promise<Value>;
}

/**
 * The pool of a worker of a class; null for one without GPUs, whose programs see what the worker sees.
 *
 * @param own the worker's environment: where it names GPUs in `CUDA_VISIBLE_DEVICES`, its jobs get of these, else from 0 on
 * @throws SluiceError `InvalidConfig` where that names fewer than all slots take
 */
export function gpuPool(
  name: string,
  { gpus = 0, slots = 1 }: Pick<ResourceClass, 'gpus' | 'slots'>,
  own: Environment,
): GpuPool | null {
  if (gpus === 0) return null;
  const all = devicesOf(name, gpus, slots, own);
  const free = [...all];
  return {
    async run(activity) {
      const devices = free.splice(0, gpus);
      // The worker takes no more activities than it has slots.
      if (devices.length < gpus) {
        free.push(...devices);
        throw new Error(`Class ${name} has no ${gpus} GPUs free on this machine.`);
      }
      try {
        return await taken.run(devices, activity);
      } finally {
        free.push(...devices);
        free.sort((a, b) => all.indexOf(a) - all.indexOf(b));
      }
    },
  };
}

/** The worker's environment, as a program of the activity that runs inherits it. */
export function activityEnv(own: Environment = process.env): Environment {
  const devices = taken.getStore();
  return devices === undefined ? own : { ...own, [VISIBLE]: devices.join(',') };
}

function devicesOf(name: string, gpus: number, slots: number, own: Environment): string[] {
  const wanted = gpus * slots;
  const named = own[VISIBLE];
  if (named === undefined) return Array.from({ length: wanted }, (_, i) => String(i));
  const devices = named.split(',').map((device) => device.trim());
  // As CUDA reads it: what stands behind a wrong one is not seen.
  const end = devices.findIndex((device) => device === '' || device.startsWith('-'));
  const known = [...new Set(end === -1 ? devices : devices.slice(0, end))];
  if (known.length >= wanted) return known;
  const shape = `${slots} ${slots === 1 ? 'slot' : 'slots'} of ${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`;
  throw new SluiceError(
    ErrorCode.InvalidConfig,
    `A worker of class ${name} has ${shape}, and ${VISIBLE}=${named} names ${known.length}.`,
    {
      where: `classes.${name}`,
      fix: `Name ${wanted} GPUs in ${VISIBLE}, leave it out, or give the class fewer slots.`,
    },
  );
}
