import fc from 'fast-check';
import { expect, it } from 'vitest';
import { referencesIn, referencesInBytes, referencesInJson } from './references.ts';

const hex = (letter: string) => letter.repeat(64);

it('finds digests in every spelling: uris, digests, sources of the registry, paths', () => {
  const found = new Set<string>();
  referencesIn(`sluice:tree/${hex('a')} "sha256:${hex('b')}" sluice:/blob/${hex('c')} /models/${hex('d')}/x`, found);
  expect([...found]).toEqual([hex('a'), hex('b'), hex('c'), hex('d')]);
});

it('takes no part of a longer or shorter run of hex digits for a digest', () => {
  const found = new Set<string>();
  referencesIn(`${hex('a')}f ${hex('b').slice(1)} ${hex('c')}${hex('c')}`, found);
  expect([...found]).toEqual([]);
});

it('finds the same in bytes, however they are cut into chunks', async () => {
  const part = fc.oneof(
    fc.constantFrom(hex('a'), hex('b'), `${hex('c')}0`, 'é', '"', ' ', 'sha256:'),
    fc.string({ maxLength: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(part),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
      async (parts, cuts) => {
        const text = parts.join('');
        const [whole, chunked] = [new Set<string>(), new Set<string>()];
        referencesIn(text, whole);
        await referencesInBytes(chunksOf(Buffer.from(text), cuts), chunked);
        expect([...chunked].sort()).toEqual([...whole].sort());
      },
    ),
  );
});

it('reads JSON and leaves other bytes alone', async () => {
  for (const [text, count] of [
    [`{"uri":"${hex('a')}"}`, 1],
    [`  [\n"${hex('a')}"]`, 1],
    [`PAR1 ${hex('a')}`, 0],
    ['', 0],
  ] as const) {
    const found = new Set<string>();
    await referencesInJson(chunksOf(Buffer.from(text), [7]), found);
    expect(found.size).toBe(count);
  }
});

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = cuts[turn % cuts.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
