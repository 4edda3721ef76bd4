import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ArtifactStore, hexOf } from '../store/artifact-store.ts';
import { openPartialResults, type PartialResults } from './partial-results.ts';
import { parseStored, partialKey } from './stored-parts.ts';
import { actor, step } from './testing/actor.ts';

vi.setConfig({ testTimeout: 240_000 });
const ref = { workflowId: 'p/0', step: 'quality' };
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-interleaved-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A store of which every call can be held before it begins, and before its answer comes. */
function gatedStore() {
  const blobs = new Map<string, { bytes: Buffer; holders: Set<string> }>();
  let pointer: { value: string; version: string } | null = null;
  let version = 0;
  const store: Pick<ArtifactStore, 'putFile' | 'fetch' | 'readPointer' | 'swapPointer' | 'discard'> = {
    async putFile(path, kind, holder = 'everyone') {
      const bytes = await readFile(path);
      const hex = Buffer.from(bytes).toString('hex').padEnd(64, '0');
      const blob = blobs.get(hex) ?? { bytes, holders: new Set() };
      blobs.set(hex, { bytes, holders: blob.holders.add(holder) });
      return { kind, uri: `sluice:blob/${hex}`, digest: `sha256:${hex}`, bytes: bytes.length };
    },
    async fetch({ uri }, path) {
      const blob = blobs.get(hexOf(uri));
      if (blob === undefined) throw new Error(`${uri} is not there`);
      await appendFile(path, blob.bytes);
    },
    readPointer: async () => pointer,
    async swapPointer(_, expected, value) {
      if ((pointer?.version ?? null) !== expected) return null;
      version += 1;
      pointer = { value, version: `${version}` };
      return pointer.version;
    },
    async discard(artifacts, keep, holder = 'everyone') {
      for (const { uri } of artifacts) {
        if (keep.some((kept) => kept.uri === uri)) continue;
        const blob = blobs.get(hexOf(uri));
        blob?.holders.delete(holder);
        if (blob?.holders.size === 0) blobs.delete(hexOf(uri));
      }
    },
  };
  const held = Object.entries(store).map(([name, call]) => {
    const whole = async (...args: never[]) => {
      await step();
      const answer = await (call as (...args: never[]) => Promise<unknown>)(...args);
      await step();
      return answer;
    };
    return [name, whole];
  });
  return { store: Object.fromEntries(held) as ArtifactStore, blobs };
}

interface Made {
  /** Lines that it found when it began; null: it has not begun. */
  found: readonly string[] | null;
  readonly wrote: string[];
  /** So many of them are stored. */
  carried: number;
}

const newMade = (): Made => ({ found: null, wrote: [], carried: 0 });

describe('attempts on machines of their own, of which older ones are held at any step', () => {
  test('find whole beginnings of what those before them did, and lose nothing to those they replaced', async () => {
    const held = {
      at: fc.nat({ max: 50 }),
      fate: fc.constantFrom('killed', 'wakes before the last', 'wakes beside the last'),
      /** Comes to its end, or is stopped. */
      ends: fc.boolean(),
    };
    await fc.assert(
      fc.asyncProperty(fc.record(held), fc.record(held), fc.nat({ max: 50 }), async (first, second, lastAt) => {
        await rm(root, { recursive: true, force: true });
        const { store, blobs } = gatedStore();
        const warnings: string[] = [];

        const attempt = async (name: string, number: number, made: Made, ends: boolean) => {
          const open = () =>
            openPartialResults({
              ...{ folder: join(root, name), work: 'suite', warn: (line: string) => warnings.push(line) },
              moved: { store, ref, attempt: { begun: 1, attempt: number } },
            });
          const results = await open();
          made.found = await linesOf(results);
          for (let i = 0; i < 3; i += 1) {
            await step();
            const line = `${name}${i}`;
            await appendFile(results.own('log'), `${line}\n`);
            made.wrote.push(line);
            await results.carry();
            made.carried = made.wrote.length;
          }
          await (ends ? results.finish() : results.close());
        };

        const [a, b, c] = [newMade(), newMade(), newMade()];
        const one = actor('A', first.at, () => attempt('A', 1, a, first.ends));
        await one.rests;
        const wroteBefore = [...a.wrote];
        const two = actor('B', second.at, () => attempt('B', 2, b, second.ends));
        await two.rests;
        const wake = async (when: string) => {
          for (const [it, its] of [
            [one, first.fate],
            [two, second.fate],
          ] as const) {
            if (its !== when) continue;
            it.resume();
            await it.ended;
          }
        };
        await wake('wakes before the last');
        const carried = b.carried;
        const three = actor('C', lastAt, () => attempt('C', 3, c, false));
        await three.rests;
        await wake('wakes beside the last');
        three.resume();
        await three.ended;

        const found = c.found ?? [];
        expect(warnings).toEqual([]);
        expect(new Set(found).size).toBe(found.length);
        for (const [name, most] of [
          ['A', 3],
          ['B', 3],
        ] as const) {
          const its = found.filter((line) => line.startsWith(name));
          expect(its).toEqual(['0', '1', '2'].slice(0, its.length).map((i) => `${name}${i}`));
          expect(its.length).toBeLessThanOrEqual(most);
        }
        // Of the first one it finds what the second one found, once that one has stored anything at all.
        if (found.some((line) => line.startsWith('B'))) {
          expect(found.filter((line) => line.startsWith('A'))).toEqual(b.found);
          expect((b.found ?? []).every((line) => wroteBefore.includes(line) || first.fate !== 'killed')).toBe(true);
        }
        // Nothing that was stored before the last one began is lost, but to one that came to its end.
        if (!second.ends && !first.ends) {
          expect(found.filter((line) => line.startsWith('B')).length).toBeGreaterThanOrEqual(carried);
        }

        // What the pointer names is there, and the last one has all that it found and wrote.
        const value = (await store.readPointer(partialKey(ref)))?.value ?? '';
        const segments = parseStored(value)?.parts.flatMap((part) => part.segments) ?? [];
        for (const { uri } of segments) expect(blobs.has(hexOf(uri))).toBe(true);
        const last = newMade();
        await attempt('D', 4, last, true);
        expect(last.found).toEqual([...found, ...c.wrote]);
        const left = parseStored((await store.readPointer(partialKey(ref)))?.value ?? '');
        expect(left?.parts).toEqual([]);
        for (const it of [one, two]) it.resume();
        await Promise.all([one.ended, two.ended]); // they hold files
      }),
      { numRuns: 80 },
    );
  });
});

async function linesOf({ found }: PartialResults): Promise<readonly string[]> {
  const texts = await Promise.all(
    found.map(async ({ path, bytes }) => (await readFile(path)).toString('utf8', 0, bytes)),
  );
  return texts.join('').split('\n').filter(Boolean);
}
