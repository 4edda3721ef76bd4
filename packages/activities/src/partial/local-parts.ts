import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newestChange } from '../store/file-scratch.ts';
import { isMissing } from '../store/storage-error.ts';
import { compareClaims, isClaim, type PartialClaim } from './attempt.ts';

/** A file of partial results, as far as it counts. */
export interface Part {
  readonly name: string;
  readonly bytes: number;
}

/**
 * What one attempt goes by: what it found when it began, and its own files. What an older attempt writes after that
 * is behind the `bytes` that count, or in a file that is not listed, so nobody ever reads it.
 */
export interface View {
  readonly claim: PartialClaim;
  readonly parts: readonly Part[];
}

const RECORD = '.attempt';

/** A part's name: what it is, and whose. */
export function partName(label: string, id: string): string {
  return `${label}~${id}`;
}

export function isPart(value: unknown): value is Part {
  const { name, bytes } = (value ?? {}) as Partial<Record<keyof Part, unknown>>;
  return isPartName(name) && typeof bytes === 'number' && bytes >= 0;
}

/** Names come from disk and store and become names of files here. */
export function isPartName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9-]+~[0-9a-f]{16}$/.test(name);
}

/** What the newest attempt that began in a folder goes by; null where none has. */
export async function localView(folder: string): Promise<View | null> {
  const names = await readdir(folder).catch(() => []);
  const views = await Promise.all(names.filter((name) => name.endsWith(RECORD)).map((name) => readView(folder, name)));
  const newest = views.reduce<View | null>((best, view) => {
    return view !== null && (best === null || compareClaims(view.claim, best.claim) > 0) ? view : best;
  }, null);
  if (newest === null) return null;
  const own = names.filter((name) => isPartName(name) && name.endsWith(`~${newest.claim.id}`)).sort();
  const parts = [...newest.parts, ...own.map((name) => ({ name, bytes: Infinity }))];
  return { claim: newest.claim, parts: await onDisk(folder, parts) };
}

/** The same parts as far as they lie in the folder. */
export async function onDisk(folder: string, parts: readonly Part[]): Promise<readonly Part[]> {
  const sized = await Promise.all(
    parts.map(async ({ name, bytes }) => {
      const found = await stat(join(folder, name)).catch(() => null);
      return { name, bytes: Math.min(bytes, found?.size ?? 0) };
    }),
  );
  return sized.filter(({ bytes }) => bytes > 0);
}

/** Writes down that an attempt has begun, and what it found. */
export async function writeView(folder: string, view: View): Promise<void> {
  const write = () => writeWhole(join(folder, `${view.claim.id}${RECORD}`), JSON.stringify(view));
  await write().catch(async (error) => {
    if (!isMissing(error)) throw error;
    await mkdir(folder, { recursive: true, mode: 0o700 }); // the one before came to its end meanwhile
    await write();
  });
}

/** Is it what `writeView` is just writing? */
export function isViewDraft(name: string): boolean {
  return name.includes(`${RECORD}.`);
}

/** There whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flush: true });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function readView(folder: string, name: string): Promise<View | null> {
  try {
    const { claim, parts } = JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;
    return isClaim(claim) && Array.isArray(parts) ? { claim, parts: parts.filter(isPart) } : null;
  } catch {
    return null;
  }
}

/** Removes what lies in a folder and has not been touched for so many ms, below it included. */
export async function forgetOld(parent: string, age: number): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name);
    const changed = await newestChange(path).catch(() => null);
    if (changed === null || Date.now() - changed < age) continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
