import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Report } from '@sluice/sdk';
import { forgetOld, writeWhole } from '../partial/local-parts.ts';
import { type FoundPart, openPartialResults, type PartialResults } from '../partial/partial-results.ts';
import type { Moved } from '../partial/take-over.ts';
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
 * What a replay has done so far: an attempt whose worker was killed left it there, and the next one goes on with it. A
 * request counts by the first entry that is whole, and one that failed by the first that says for good what it is.
 */
export interface Diary {
  /** Where the requests that were drawn lie, or are to be written to. */
  readonly spool: string;
  /** What an attempt before this one said, which nobody heard. */
  readonly report: Report | null;
  readonly plan: Plan | null;
  /** By the place of the request in the plan. */
  readonly entries: ReadonlyMap<number, Entry>;
  /** Keeps what was drawn, where there was no plan. */
  keepPlan(plan: Plan): Promise<void>;
  note(place: number, entry: Entry): void;
  /** Keeps the report in place of all else. */
  finish(report: Report): Promise<void>;
  close(): Promise<void>;
}

export interface DiaryOptions {
  /** Folder of what all attempts at a step share. */
  readonly name: string;
  /** Null: it stays on this machine. */
  readonly moved: Moved | null;
  /** @default console.warn */
  readonly warn?: (line: string) => void;
}

/** Folders that nobody has touched for so long are removed, ms: longer than any attempt may take. */
const KEPT = 8 * 24 * 3600_000;

/** Runs work with the diary of all attempts at a step; where nobody tries again, it is gone afterwards. */
export async function withDiary<Value>(
  parent: string,
  { again, ...options }: DiaryOptions & { readonly again: boolean },
  work: (diary: Diary) => Promise<Value>,
): Promise<Value> {
  const diary = await openDiary(parent, options);
  try {
    return await work(diary);
  } finally {
    await diary.close();
    if (!again) await rm(join(parent, options.name), { recursive: true, force: true });
  }
}

export async function openDiary(parent: string, { name, moved, warn }: DiaryOptions): Promise<Diary> {
  await forgetOld(parent, KEPT);
  const results = await openPartialResults({
    folder: join(parent, name),
    work: name,
    moved,
    ...(warn === undefined ? {} : { warn }),
  });
  try {
    return await diaryOf(results);
  } catch (error) {
    await results.close();
    throw error;
  }
}

async function diaryOf(results: PartialResults): Promise<Diary> {
  const known = await newestPlan(results.found);
  // Outcomes are of a plan, which is told by who drew it.
  const label = `outcomes-${known?.id ?? results.id}`;
  const writer = lineWriter(() => results.own(label));
  return {
    spool: known?.spool ?? results.own('requests'),
    report: results.result === null ? null : await readJson<Report>(results.result),
    plan: known?.plan ?? null,
    entries: await readEntries(results.found.filter((part) => part.label === label)),
    keepPlan: (value) => writeWhole(results.own('plan'), JSON.stringify(value)),
    note: (place, entry) => writer.write(JSON.stringify({ place, ...entry })),
    async finish(report) {
      writer.close();
      await results.finish(report);
    },
    async close() {
      writer.close();
      await results.close();
    },
  };
}

interface Drawn {
  readonly plan: Plan;
  /** Attempt that drew it. */
  readonly id: string;
  readonly spool: string;
}

/** The newest plan of which everything is there. Somebody may have cleared a part; then it starts over. */
async function newestPlan(found: readonly FoundPart[]): Promise<Drawn | null> {
  for (const part of found.filter(({ label }) => label === 'plan').reverse()) {
    const plan = await readJson<Plan>(part);
    if (plan === null) continue;
    const spool = found.find(({ label, id }) => label === 'requests' && id === part.id);
    const end = plan.requests.reduce((most, one) => Math.max(most, one.offset + one.headBytes + one.bodyBytes), 0);
    if (end > (spool?.bytes ?? 0)) continue;
    return { plan, id: part.id, spool: spool?.path ?? join(dirname(part.path), `requests~${part.id}`) };
  }
  return null;
}

/** Is this what became of it for good? */
export function isFinal({ outcome }: Pick<Entry, 'outcome'>): boolean {
  return outcome !== 'unconfirmed';
}

async function readEntries(files: readonly FoundPart[]): Promise<Map<number, Entry>> {
  const entries = new Map<number, Entry>();
  for (const file of files) {
    for (const line of (await readText(file))?.split('\n') ?? []) {
      const parsed = parseEntry(line);
      if (parsed === null) continue;
      const { place, ...entry } = parsed;
      const known = entries.get(place);
      if (known === undefined || (!isFinal(known) && isFinal(entry))) entries.set(place, entry);
    }
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
function lineWriter(path: () => string): { write(line: string): void; close(): void } {
  let file: number | null = null;
  return {
    write(line) {
      const bytes = Buffer.from(`${line}\n`, 'utf8');
      file ??= openSync(path(), 'a', 0o600);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

/** Null where it is not there, and where a disk has lost a part of it: what it says can be learned again. */
async function readJson<Value>(part: FoundPart): Promise<Value | null> {
  const text = await readText(part);
  try {
    return text === null ? null : (JSON.parse(text) as Value);
  } catch {
    return null;
  }
}

/** As much of a part as counts. */
async function readText({ path, bytes }: FoundPart): Promise<string | null> {
  const all = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return all?.toString('utf8', 0, Math.min(bytes, all.length)) ?? null;
}
