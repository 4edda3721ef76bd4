import { totalmem } from 'node:os';

/** A part of the memory of this process's extracts. */
export interface MemoryShare {
  readonly bytes: number;
  /** Gives it back; the second time does nothing. */
  release(): void;
}

/** Memory that several share: whoever comes gets half of what is free, and waits its turn where that is too little. */
export interface MemoryBudget {
  /** @throws the signal's reason when it aborts while this waits */
  take(signal: AbortSignal): Promise<MemoryShare>;
}

const mebibyte = 1024 * 1024;

/**
 * @param total bytes that all shares together never exceed
 * @param least bytes under which a share is of no use; a budget smaller than that is one share
 */
export function memoryBudget(total: number, least: number): MemoryBudget {
  const floor = Math.min(least, total);
  const waiting: { grant: (share: MemoryShare) => void }[] = [];
  let free = total;

  const serve = (): void => {
    while (free >= floor && waiting.length > 0) {
      const bytes = Math.max(floor, Math.floor(free / 2));
      free -= bytes;
      waiting.shift()?.grant({ bytes, release: once(() => giveBack(bytes)) });
    }
  };
  const giveBack = (bytes: number): void => {
    free += bytes;
    serve();
  };

  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const abort = (): void => {
          waiting.splice(waiting.indexOf(entry), 1);
          reject(signal.reason);
        };
        const entry = {
          grant: (share: MemoryShare) => {
            signal.removeEventListener('abort', abort);
            resolve(share);
          },
        };
        signal.addEventListener('abort', abort, { once: true });
        waiting.push(entry);
        serve();
      }),
  };
}

/** Half of the memory of this machine, or of its container: the other half belongs to what runs beside extracts. */
export const extractMemory: MemoryBudget = memoryBudget(Math.floor(availableBytes() / 2), 256 * mebibyte);

function availableBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
