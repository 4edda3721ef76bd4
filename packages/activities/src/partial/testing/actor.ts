import { AsyncLocalStorage } from 'node:async_hooks';

/** An attempt that can be held before any of its steps, for a while or for ever. */
export interface Actor {
  readonly name: string;
  /** Held or at its end, with or without an error. */
  readonly rests: Promise<void>;
  /** Its end; rejects as the work does. */
  readonly ended: Promise<unknown>;
  /** Lets it go on. */
  resume(): void;
}

const running = new AsyncLocalStorage<() => Promise<void>>();

/** Where an attempt can be held; for any other code nothing at all. */
export async function step(): Promise<void> {
  await running.getStore()?.();
}

/** A function that can be held before it begins. */
export function gated<Args extends unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    await step();
    return call(...args);
  };
}

/** Starts an attempt that is held before its step number `holdAt`, from 0: as if it was suspended there, or killed. */
export function actor(name: string, holdAt: number, work: () => Promise<unknown>): Actor {
  let steps = 0;
  let resume = () => {};
  const resumed = new Promise<void>((done) => {
    resume = done;
  });
  let held = () => {};
  const isHeld = new Promise<void>((done) => {
    held = done;
  });
  const ended = running.run(
    async () => {
      if (steps++ !== holdAt) return;
      held();
      await resumed;
    },
    async () => work(),
  );
  const over = ended.then(
    () => {},
    () => {},
  );
  return { name, rests: Promise.race([isHeld, over]), ended, resume };
}
