import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Verdict, verdicts, worstFirst, worstOf } from './verdict.ts';

const verdict = fc.constantFrom(...verdicts);
const some = fc.array(verdict, { minLength: 1 });

describe('the worst verdict', () => {
  it.each<[Verdict, Verdict[]]>([
    ['pass', ['pass', 'pass']],
    ['inconclusive', ['pass', 'inconclusive', 'pass']],
    ['error', ['inconclusive', 'error', 'pass']],
    ['fail', ['error', 'fail', 'inconclusive', 'pass']],
  ])('is %s of %s', (worst, list) => {
    expect(worstOf(list)).toBe(worst);
  });

  it('of none is inconclusive, because nothing was measured', () => {
    expect(worstOf([])).toBe('inconclusive');
  });

  it('of one is that one, and is one of the list', () => {
    fc.assert(fc.property(verdict, (one) => worstOf([one]) === one));
    fc.assert(fc.property(some, (list) => list.includes(worstOf(list))));
  });

  it('does not depend on order, on repetition or on how the list is cut up', () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        const all = worstOf([...a, ...b]);
        expect(worstOf([...b, ...a])).toBe(all);
        expect(worstOf([...a, ...a, ...b])).toBe(all);
        expect(worstOf([worstOf(a), worstOf(b)])).toBe(all);
      }),
    );
  });

  it('never gets better by one more', () => {
    fc.assert(
      fc.property(some, verdict, (list, one) => {
        expect(verdicts.indexOf(worstOf([...list, one]))).toBeGreaterThanOrEqual(verdicts.indexOf(worstOf(list)));
      }),
    );
  });

  it('is pass only when all pass', () => {
    fc.assert(fc.property(some, (list) => (worstOf(list) === 'pass') === list.every((one) => one === 'pass')));
  });

  it('is error when something is no verdict at all', () => {
    expect(worstOf(['pass', 'PASS' as Verdict])).toBe('error');
    expect(worstOf(['fail', undefined as unknown as Verdict])).toBe('fail');
  });

  it('can be told of a hundred thousand and more', () => {
    expect(worstOf(new Array<Verdict>(300_000).fill('pass'))).toBe('pass');
  });
});

describe('rows in order', () => {
  it('come the worst first, and stay as they were among equals', () => {
    const rows = (['pass', 'fail', 'inconclusive', 'fail', 'error'] as const).map((one, at) => ({ verdict: one, at }));
    expect(worstFirst(rows).map(({ at }) => at)).toEqual([1, 3, 4, 2, 0]);
    expect(rows.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4]);
  });

  it('begin with the worst of all', () => {
    fc.assert(
      fc.property(some, (list) => worstFirst(list.map((one) => ({ verdict: one })))[0]?.verdict === worstOf(list)),
    );
  });
});
