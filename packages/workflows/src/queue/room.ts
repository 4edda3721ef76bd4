import type { Lease, Machine, Place, QueueJob } from './queue-state.ts';

/** What a machine has for jobs that have not started. */
interface Space {
  readonly name: string;
  readonly gpus: number;
  /** GPUs that are free now. */
  readonly free: number[];
  /** How many will be, once jobs have left that were told to. */
  coming: number;
}

/** The GPUs that are free, or about to be, and not yet spoken for. Jobs take theirs one after another. */
export interface Room {
  /** Takes GPUs that are free for all nodes; null, and nothing is taken, where they do not fit. Never of `but`. */
  take(job: QueueJob, but?: string): Place[] | null;
  /** Keeps GPUs that are free or coming for all nodes; false, and nothing is kept, where they do not fit. */
  keep(job: QueueJob): boolean;
  /** Keeps as many as there are on the machines that lack least. */
  keepSome(job: QueueJob): void;
  /** Keeps GPUs of one machine, of which there are so many. */
  keepOn(machine: string, gpus: number): void;
  /** GPUs of a machine that are free or coming. */
  on(machine: string): number;
  /** Those of a job that is told to leave come. */
  release(places: readonly Place[]): void;
  /** Does the class have the machines for it at all? */
  couldFit(job: QueueJob): boolean;
  copy(): Room;
}

export function roomOf(machines: readonly Machine[], leases: readonly Lease[]): Room {
  const spaces = new Map(machines.map(({ name, gpus }) => [name, { name, gpus, free: upTo(gpus), coming: 0 }]));
  for (const { places, to } of leases) {
    for (const { machine, gpus } of [...places, ...(to ?? [])]) {
      const space = spaces.get(machine); // none where the machine is gone, and with it what ran there
      space?.free.splice(0, space.free.length, ...space.free.filter((gpu) => !gpus.includes(gpu)));
    }
  }
  const all = room(spaces);
  for (const { places, leaving } of leases) if (leaving) all.release(places);
  return all;
}

function room(spaces: ReadonlyMap<string, Space>): Room {
  const all = [...spaces.values()];
  const soon = ({ free, coming }: Space) => free.length + coming;
  /** Spaces for each node, the fullest that will do; null where they do not fit. Nothing is taken. */
  const fit = ({ gpus, nodes }: QueueJob, has: (space: Space) => number): Space[] | null => {
    const taken = new Map<Space, number>();
    const left = (space: Space) => has(space) - (taken.get(space) ?? 0);
    const chosen: Space[] = [];
    for (let node = 0; node < nodes; node += 1) {
      const best = least(
        all.filter((space) => left(space) >= gpus),
        left,
      );
      if (best === null) return null;
      taken.set(best, (taken.get(best) ?? 0) + gpus);
      chosen.push(best);
    }
    return chosen;
  };
  const keepOn = (space: Space, gpus: number) => {
    const fromComing = Math.min(space.coming, gpus);
    space.coming -= fromComing;
    space.free.splice(0, gpus - fromComing);
  };
  return {
    take(job, but) {
      const chosen = fit(job, ({ name, free }) => (name === but ? 0 : free.length));
      return chosen?.map((space) => ({ machine: space.name, gpus: space.free.splice(0, job.gpus) })) ?? null;
    },
    keep(job) {
      const chosen = fit(job, soon);
      for (const space of chosen ?? []) keepOn(space, job.gpus);
      return chosen !== null;
    },
    keepSome({ gpus, nodes }) {
      const large = all.filter((space) => space.gpus >= gpus);
      for (const space of large.sort((a, b) => soon(b) - soon(a) || (a.name < b.name ? -1 : 1)).slice(0, nodes)) {
        keepOn(space, Math.min(gpus, soon(space)));
      }
    },
    keepOn(machine, gpus) {
      const space = spaces.get(machine);
      if (space !== undefined) keepOn(space, gpus);
    },
    on(machine) {
      const space = spaces.get(machine);
      return space === undefined ? 0 : soon(space);
    },
    release(places) {
      for (const { machine, gpus } of places) {
        const space = spaces.get(machine);
        if (space !== undefined) space.coming += gpus.length;
      }
    },
    couldFit: (job) => fit(job, ({ gpus }) => gpus) !== null,
    copy: () => room(new Map(all.map((space) => [space.name, { ...space, free: [...space.free] }]))),
  };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** The one of which `value` is least, the first of equals; null for none. */
function least<Item>(items: readonly Item[], value: (item: Item) => number): Item | null {
  return items.reduce<Item | null>((best, item) => (best !== null && value(best) <= value(item) ? best : item), null);
}
