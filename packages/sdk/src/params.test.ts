import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ErrorCode } from './errors.ts';
import { listIssues, parseParams } from './params.ts';
import type { StandardSchema } from './standard-schema.ts';

const params = z.object({
  airports: z.array(z.string()).min(1).default(['EWR']),
  until: z.iso.date(),
  nested: z.object({ deep: z.array(z.object({ rate: z.number().max(1) })) }).optional(),
});

describe('parameters by zod', () => {
  it('come out with their defaults', async () => {
    expect(await parseParams('p', params, { until: '2013-09-30' })).toEqual({ airports: ['EWR'], until: '2013-09-30' });
  });

  it('fail with every problem by path, once each', async () => {
    const wrong = { airports: ['EWR', 7, null], until: 'soon', nested: { deep: [{ rate: 0 }, { rate: 2 }] } };
    await expect(parseParams('flight-delays', params, wrong)).rejects.toMatchObject({
      code: ErrorCode.InvalidParams,
      where: 'pipeline flight-delays',
      message: expect.stringMatching(/^The parameters of flight-delays are not valid: airports\.1: .*; airports\.2: /),
      data: [
        expect.stringMatching(/^airports\.1: .*string/),
        expect.stringMatching(/^airports\.2: .*string/),
        expect.stringMatching(/^until: /),
        expect.stringMatching(/^nested\.deep\.1\.rate: /),
      ],
    });
  });

  it.each([null, 7, 'text', [], undefined])('say so when they are %j and no object', async (input) => {
    await expect(parseParams('p', params, input)).rejects.toMatchObject({
      data: [expect.stringMatching(/^\(parameters\): /)],
    });
  });

  it('may be checked by something that takes its time', async () => {
    const slow = z.object({ id: z.string().refine(async (id) => id.startsWith('a'), 'must start with a') });
    expect(await parseParams('p', slow, { id: 'abc' })).toEqual({ id: 'abc' });
    await expect(parseParams('p', slow, { id: 'xyz' })).rejects.toMatchObject({ data: ['id: must start with a'] });
  });
});

/** A schema of no library: numbers as text become numbers. */
function rate(validate: (value: unknown) => number | string): StandardSchema<string, number> {
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) => {
        await Promise.resolve();
        const result = validate(value);
        if (typeof result === 'number') return { value: result };
        return { issues: [{ message: result, path: ['rates', { key: 0 }, Symbol('s')] }, { message: 'and more' }] };
      },
    },
  };
}

describe('parameters by any other Standard Schema', () => {
  it('come out as it says, also when it answers later', async () => {
    expect(await parseParams('p', rate(Number), '0.5')).toBe(0.5);
  });

  it('fail with paths of plain keys and of objects with keys', async () => {
    await expect(
      parseParams(
        'p',
        rate(() => 'no'),
        'x',
      ),
    ).rejects.toMatchObject({
      data: ['rates.0.Symbol(s): no', '(parameters): and more'],
    });
  });

  it('fail as the schema does when it breaks', async () => {
    const broken = rate(() => {
      throw new RangeError('broken schema');
    });
    await expect(parseParams('p', broken, 'x')).rejects.toThrow(RangeError);
  });
});

it('an issue without a path is about all of the parameters', () => {
  expect(listIssues([{ message: 'required' }, { message: 'empty', path: [] }])).toEqual([
    '(parameters): required',
    '(parameters): empty',
  ]);
});
