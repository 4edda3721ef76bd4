import { readFileSync } from 'node:fs';

const signs: readonly RegExp[] = [
  /\bMemoryError\b/,
  /\bOutOfMemoryError\b/,
  /\b_ArrayMemoryError\b/,
  /CUDA out of memory/i,
  /CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|CUBLAS_STATUS_ALLOC_FAILED/,
  /RESOURCE_EXHAUSTED: (Out of memory|OOM)/i,
  /can't allocate memory|Cannot allocate memory/,
  /\bstd::bad_alloc\b/,
  /JavaScript heap out of memory/,
];

/** The line in which a failed program says that memory ran out; null when it says nothing of the kind. */
export function outOfMemoryLine(tail: readonly string[]): string | null {
  const last = tail.filter((line) => line.trim() !== '').slice(-15);
  return last.findLast((line) => signs.some((sign) => sign.test(line))) ?? null;
}

/**
 * How often the kernel has killed for memory where this process runs: in its control group, or on the whole machine
 * where that tells nothing. Compare two readings; null when neither can be read.
 */
export function oomKills(): number | null {
  counter ??= findCounter();
  return counter.place === null ? null : countIn(counter.place);
}

/** Looked for once: a process stays in its control group. */
let counter: { readonly place: string | null } | undefined;

function findCounter(): { readonly place: string | null } {
  const groups = read('/proc/self/cgroup')
    .split('\n')
    .map((line) => line.split(':'));
  const v2 =
    groups
      .find(([id, kinds]) => id === '0' && kinds === '')
      ?.slice(2)
      .join(':') ?? '/';
  const v1 =
    groups
      .find(([, kinds]) => kinds?.split(',').includes('memory'))
      ?.slice(2)
      .join(':') ?? '/';
  const places = [
    `/sys/fs/cgroup${v2}/memory.events`,
    '/sys/fs/cgroup/memory.events',
    `/sys/fs/cgroup/memory${v1}/memory.oom_control`,
    '/sys/fs/cgroup/memory/memory.oom_control',
    '/proc/vmstat',
  ];
  return { place: places.find((place) => countIn(place) !== null) ?? null };
}

function countIn(place: string): number | null {
  const count = /^oom_kill (\d+)$/m.exec(read(place))?.[1];
  return count === undefined ? null : Number(count);
}

/** Files of the kernel's: no disk is waited for. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
