import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseParams } from './params.ts';
import type { StandardSchema } from './standard-schema.ts';

const schema = z.object({
  since: z.number().default(2000),
  until: z.iso.date().optional(),
  model: z.object({ depth: z.number().default(3), width: z.number().optional() }).default({ depth: 3 }),
  cities: z.array(z.object({ name: z.string(), zone: z.string().optional() })).default([]),
});

const problems = async (given: unknown, params: StandardSchema<never, unknown> = schema as never) =>
  parseParams('p', params as StandardSchema<unknown, unknown>, given).then(
    () => [],
    (error: { data: string[] }) => error.data,
  );

describe('a parameter that the pipeline does not have', () => {
  it.each<[unknown, string]>([
    [{ sinze: 1990 }, 'sinze: there is no such parameter. Did you mean "since"?'],
    [{ untill: '2013-01-01' }, 'untill: there is no such parameter. Did you mean "until"?'],
    [{ model: { dept: 5 } }, 'model.dept: there is no such parameter. Did you mean "depth"?'],
    [{ model: { widht: 5 } }, 'model.widht: there is no such parameter. Did you mean "width"?'],
    [
      { cities: [{ name: 'a' }, { name: 'b', zome: 'x' }] },
      'cities.1.zome: there is no such parameter. Did you mean "zone"?',
    ],
    [{ größe: 1 }, 'größe: there is no such parameter; there is since, model, cities, until'],
    [{ constructor: 1 }, 'constructor: there is no such parameter; there is since, model, cities, until'],
    [{ sinze: null }, 'sinze: there is no such parameter. Did you mean "since"?'],
  ])('is refused: %j', async (given, problem) => {
    expect(await problems(given)).toEqual([problem]);
  });

  it('is told of with all others of its kind', async () => {
    const given = { sinze: 1, model: { dept: 1 } };
    expect(await problems(given)).toEqual([expect.stringMatching(/^sinze: /), expect.stringMatching(/^model\.dept: /)]);
  });

  it('is named where the one that it was meant to be is missing', async () => {
    const required = z.object({ until: z.iso.date() });
    expect(await problems({ untill: '2013-01-01' }, required as never)).toEqual([
      expect.stringMatching(/^until: .*; "untill" is given: is it meant\?$/),
    ]);
  });

  it('goes through where runs of before are to go on', async () => {
    expect(await parseParams('p', schema, { sinze: 1 }, () => false)).toMatchObject({ since: 2000 });
  });
});

describe('parameters are all right', () => {
  it.each<[string, StandardSchema<never, unknown>, unknown]>([
    ['that have the value of their default', schema as never, { since: 2000, model: { depth: 3 } }],
    ['of a loose object', z.looseObject({ a: z.number().optional() }) as never, { b: 1 }],
    ['of a record', z.record(z.string(), z.number()) as never, { any: 1, name: 2 }],
    ['that no schema looks at', z.any() as never, { a: { b: [1] } }],
    ['that become something else', z.object({ a: z.string().transform((text) => ({ text })) }) as never, { a: 'x' }],
    ['that get another name', z.object({ a: z.number() }).transform(({ a }) => ({ b: a })) as never, { a: 1 }],
    [
      'that get another name and have the value of their default',
      z.object({ a: z.number().default(1) }).transform(({ a }) => ({ b: a })) as never,
      { a: 1 },
    ],
    [
      'that are read before they are checked',
      z.preprocess(
        (given) => ({ list: String((given as { text: string }).text).split(',') }),
        z.object({ list: z.array(z.string()) }),
      ) as never,
      { text: 'a,b' },
    ],
    ['of one form of two', z.union([z.object({ a: z.number() }), z.object({ b: z.number() })]) as never, { b: 1 }],
    ['that are left out', schema as never, { until: undefined }],
    [
      'of a list that is filtered',
      z.object({ l: z.array(z.object({ x: z.number() })).transform((l) => l.slice(1)) }) as never,
      { l: [{ x: 1 }] },
    ],
  ])('%s', async (_, params, given) => {
    expect(await problems(given, params)).toEqual([]);
  });

  it('however many there are', async () => {
    const many = { cities: Array.from({ length: 20_000 }, (_, index) => ({ name: `c${index}` })) };
    expect(await problems(many)).toEqual([]);
    const wrong = { cities: Array.from({ length: 2_000 }, (_, index) => ({ name: `c${index}`, zome: 'x' })) };
    expect(await problems(wrong)).toHaveLength(20);
  });
});
