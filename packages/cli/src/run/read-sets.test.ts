import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { parseSets } from './read-sets.ts';
import { keyOfSet, type Outcome, startMany, withoutRepetitions } from './start-many.ts';

const sets = [
  { line: 2, params: { depth: 3, airport: 'EWR', model: { rate: 0.1 } } },
  { line: 3, params: { depth: 4, airport: 'a, "b"' } },
];

describe('parameter sets are read', () => {
  it('from a CSV: JSON where it is JSON, dots reach into objects, an empty cell leaves a parameter out', () => {
    const text = 'depth, airport, model.rate\r\n3,EWR,0.1\r\n4,"a, ""b""",\r\n\r\n';
    expect(parseSets(text, 'sets.csv')).toEqual(sets);
  });

  it('from JSON lines, with the lines they stand on', () => {
    const text = '{"depth":3}\n\n{"depth":4}\n';
    expect(parseSets(text, 'sets.jsonl')).toEqual([
      { line: 1, params: { depth: 3 } },
      { line: 3, params: { depth: 4 } },
    ]);
  });

  it('from a JSON list', () => {
    expect(parseSets('[{"depth":3},\n{"depth":4}]', 'sets.json').map(({ params }) => params)).toEqual([
      { depth: 3 },
      { depth: 4 },
    ]);
  });

  it('from a CSV whose quoted cell goes over lines, and tells the line it begins on', () => {
    expect(parseSets('text\n"a\nb"\nc\n', 'x.csv')).toEqual([
      { line: 2, params: { text: 'a\nb' } },
      { line: 4, params: { text: 'c' } },
    ]);
  });
});

it.each([
  ['{"a":1}\n{"a":', 'Line 2 of f is not JSON'],
  ['{"a":1}\n[1]', 'line 2 of f is no JSON object'],
  ['[{"a":1}, 2]', 'set 2 of f is no JSON object'],
  ['a,b\n1', 'Line 2 of f has 1 cells, and its first line 2.'],
  ['a,,b\n1,2,3', 'Column 2 of f has no name.'],
  ['a,a\n1,2', 'f has two columns "a".'],
  ['a\n"1', 'A quoted cell of f does not end'],
  ['__proto__.x\n1', 'forbidden'],
])('refuses %j', (text, message) => {
  expect(() => parseSets(text, 'f')).toThrow(message);
});

describe('the runs of a file', () => {
  const runs = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      line: index + 1,
      params: { n: index },
      key: keyOfSet('set', { n: index }),
    }));

  it('have keys that only their parameters decide', () => {
    expect(keyOfSet('set', { a: 1, b: { c: 2, d: 3 } })).toBe(keyOfSet('set', { b: { d: 3, c: 2 }, a: 1 }));
    expect(keyOfSet('set', { a: 1 })).not.toBe(keyOfSet('set', { a: '1' }));
    expect(keyOfSet('nightly', { a: 1 })).toMatch(/^nightly-[0-9a-f]{16}$/);
  });

  it('that are the same are started once', () => {
    const again = runs(1).map((run) => ({ ...run, line: 7 }));
    const { once, repeated } = withoutRepetitions([...runs(2), ...again]);
    expect(once).toHaveLength(2);
    expect(repeated).toEqual([{ line: 7, of: 1 }]);
  });

  /** A server that keeps what was started. */
  function server() {
    const there = new Map<string, string>();
    let [now, most, starts] = [0, 0, 0];
    return {
      there,
      most: () => most,
      starts: () => starts,
      options: {
        concurrency: 8,
        idOf: (key: string) => `p/${key}`,
        look: async (key: string) => there.get(key) ?? null,
        start: async ({ key }: { key: string }) => {
          most = Math.max(most, ++now);
          await new Promise((done) => setImmediate(done));
          now--;
          starts++;
          if (there.has(key)) throw new Error('started twice');
          there.set(key, 'running');
          return `p/${key}`;
        },
        onOutcome: () => {},
      },
    };
  }

  it('of 2,000 sets are all started, so many at a time, and the same file again starts none', async () => {
    const { options, most, starts } = server();
    const { outcomes } = await startMany(runs(2000), options);
    expect(outcomes.filter(({ outcome }) => outcome === 'started')).toHaveLength(2000);
    expect(most()).toBe(8);
    const again = await startMany(runs(2000), options);
    expect(again.outcomes.filter(({ outcome }) => outcome === 'there')).toHaveLength(2000);
    expect(starts()).toBe(2000);
  });

  it('that the server refuses are told with their line, and hinder no other', async () => {
    const { options } = server();
    const start = async (run: { key: string; line: number }) => {
      if (run.line === 3) throw new Error('too large');
      return options.start(run);
    };
    const { outcomes } = await startMany(runs(5), { ...options, start });
    expect(outcomes[2]).toMatchObject({ line: 3, outcome: 'refused', why: 'too large' });
    expect(outcomes.filter(({ outcome }) => outcome === 'started')).toHaveLength(4);
  });

  it('end with a server that goes away, and the rest is started by the same file later', async () => {
    const { options, there } = server();
    const start = async (run: { key: string; line: number }) => {
      if (run.line > 20) throw Object.assign(new Error('away'), { code: 'Unreachable' });
      return options.start(run);
    };
    const { outcomes, failure } = await startMany(runs(100), { ...options, start });
    expect(failure).toMatchObject({ message: 'away' });
    expect(outcomes.map(({ line, outcome }) => [line, outcome])).toEqual(
      Array.from({ length: 20 }, (_, index) => [index + 1, 'started']),
    );
    expect(there.size).toBe(20);
    const rest = await startMany(runs(100), options);
    expect(rest.outcomes.filter(({ outcome }) => outcome === 'started')).toHaveLength(80);
  });

  it('are followed no longer than there is a server that starts the others', async () => {
    const { options } = server();
    const start = async (run: { key: string; line: number }) => {
      if (run.line > 1) throw Object.assign(new Error('away'), { code: 'Unreachable' });
      return options.start(run);
    };
    const followed = async (_: Outcome, signal: AbortSignal) => {
      if (!signal.aborted) await once(signal, 'abort');
    };
    const { outcomes, failure } = await startMany(runs(3), { ...options, start, concurrency: 2, afterwards: followed });
    expect(outcomes).toMatchObject([{ line: 1, outcome: 'started' }]);
    expect(failure).toMatchObject({ message: 'away' });
  });
});
