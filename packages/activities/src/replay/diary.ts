import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '@sluice/sdk';
import type { Replayed } from './replayed.ts';
import type { Sample } from './sample.ts';
import type { Asked } from './spool.ts';

/** What is sent, chosen once for all attempts. */
export interface Plan {
  readonly sample: Sample;
  readonly requests: readonly Asked[];
}

/** What came of a request, apart from which one it is. */
export type Entry = Omit<Replayed, 'request'>;

/**
 * What a replay has done so far, in a folder of its own: an attempt whose worker was killed left it there, and the next
 * one goes on with it. A request counts by the first entry that is whole, and one that failed by the first that says
 * for good what it is.
 */
export interface Diary {
  /** Where the requests that were drawn lie. */
  readonly spool: string;
  /** What an attempt before this one said, which nobody heard. */
  readonly report: Report | null;
  readonly plan: Plan | null;
  /** By the place of the request in the plan. */
  readonly entries: ReadonlyMap<number, Entry>;
  keepPlan(plan: Plan): Promise<void>;
  note(place: number, entry: Entry): void;
  /** Keeps the report in place of all else. */
  finish(report: Report): Promise<void>;
  close(): void;
}

/** Folders that nobody has touched for so long are removed, ms: longer than any attempt may take. */
const KEPT = 8 * 24 * 3600_000;

/** Runs work with the diary of all attempts at a step; where nobody tries again, it is gone afterwards. */
export async function withDiary<Value>(
  parent: string,
  { name, again }: { readonly name: string; readonly again: boolean },
  work: (diary: Diary) => Promise<Value>,
): Promise<Value> {
  const diary = await openDiary(parent, name);
  try {
    return await work(diary);
  } finally {
    diary.close();
    if (!again) await rm(join(parent, name), { recursive: true, force: true });
  }
}

export async function openDiary(parent: string, name: string): Promise<Diary> {
  await removeOld(parent);
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const at = { plan: join(folder, 'plan.json'), report: join(folder, 'report.json') };
  const spool = join(folder, 'requests');
  const outcomes = join(folder, 'outcomes.jsonl');
  const kept = await readJson<Plan>(at.plan);
  // Somebody may have cleared the folder; then it starts over.
  const plan = kept !== null && (await isWhole(spool, kept)) ? kept : null;
  const writer = lineWriter(outcomes);
  return {
    spool,
    report: await readJson<Report>(at.report),
    plan,
    entries: plan === null ? new Map() : await readEntries(outcomes),
    async keepPlan(value) {
      await rm(outcomes, { force: true });
      await writeWhole(at.plan, value);
    },
    note: (place, entry) => writer.write(JSON.stringify({ place, ...entry })),
    async finish(report) {
      await writeWhole(at.report, report);
      for (const path of [spool, outcomes, at.plan]) await rm(path, { force: true });
    },
    close: () => writer.close(),
  };
}

/** Is this what became of it for good? */
export function isFinal({ outcome }: Pick<Entry, 'outcome'>): boolean {
  return outcome !== 'unconfirmed';
}

async function readEntries(path: string): Promise<Map<number, Entry>> {
  const text = await readFile(path, 'utf8').catch(missing);
  const entries = new Map<number, Entry>();
  for (const line of text?.split('\n') ?? []) {
    const parsed = parseEntry(line);
    if (parsed === null) continue;
    const { place, ...entry } = parsed;
    const known = entries.get(place);
    if (known === undefined || (!isFinal(known) && isFinal(entry))) entries.set(place, entry);
  }
  return entries;
}

/** Null for the line in which a process was killed. */
function parseEntry(line: string): (Entry & { readonly place: number }) | null {
  try {
    const parsed = JSON.parse(line) as (Entry & { readonly place: number }) | null;
    return typeof parsed?.place === 'number' && typeof parsed.outcome === 'string' ? parsed : null;
  } catch {
    return null;
  }
}

/**
 * Appends lines, each before the next request is sent, so that a kill loses only what was under way. Written at once
 * and not later: that takes less time than to come back to it.
 */
function lineWriter(path: string): { write(line: string): void; close(): void } {
  let file: number | null = null;
  return {
    write(line) {
      // Begins with a line break, because the last line of an attempt that was killed may have none.
      const bytes = Buffer.from(`${file === null ? '\n' : ''}${line}\n`, 'utf8');
      file ??= openSync(path, 'a', 0o600);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

/** There whole or not at all. */
async function writeWhole(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify(value), { mode: 0o600, flush: true });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Null where it is not there, and where a disk has lost a part of it: what it says can be learned again. */
async function readJson<Value>(path: string): Promise<Value | null> {
  const text = await readFile(path, 'utf8').catch(missing);
  try {
    return text === null ? null : (JSON.parse(text) as Value);
  } catch {
    return null;
  }
}

async function isWhole(spool: string, { requests }: Plan): Promise<boolean> {
  const found = await stat(spool).catch(missing);
  const end = requests.reduce((most, one) => Math.max(most, one.offset + one.headBytes + one.bodyBytes), 0);
  return end === 0 || (found !== null && found.size >= end);
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function removeOld(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name);
    const files = await readdir(folder).catch(() => []);
    const times = await Promise.all(
      [folder, ...files.map((file) => join(folder, file))].map((path) => stat(path).catch(() => null)),
    );
    if (times.some((found) => found === null || Date.now() - found.mtimeMs < KEPT)) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}
