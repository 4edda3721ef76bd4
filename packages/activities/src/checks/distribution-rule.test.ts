import { column } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { profileColumns } from '../extract/profile.ts';
import { bench, rowsSql as rows, wordsSql as words } from './testing/judged.ts';

const on = bench();

const x = column('x');

describe('a distribution', () => {
  const a = '(1), (2), (2), (3), (10), (4.5)';
  const b = '(2), (2), (3), (3.5), (8)';

  it('is held against rows value by value: scipy.stats.ks_2samp and wasserstein_distance', async () => {
    const reference = { data: await on.dataset(rows(a)) };
    const ks = await on.row(rows(b), x.distribution('ks', 0.1), { reference });
    expect(ks).toMatchObject({ verdict: 'fail', metric: 'KS distance', note: '5 values against 6, value by value.' });
    expect(ks?.value).toBeCloseTo(0.16666666666666666, 12);
    const distance = await on.row(rows(b), x.distribution('wasserstein', 0.3), { reference });
    expect(distance?.verdict).toBe('pass');
    expect(distance?.value).toBeCloseTo(0.269101414012375, 12);
  });

  it('is held against the frozen bins of a reference, which are named', async () => {
    const reference = { data: await on.dataset('select i::double as x from range(1000) t(i)') };
    const same = await on.row('select i::double as x from range(0, 1000, 2) t(i)', x.distribution('psi', 0.1), {
      reference,
    });
    expect(same).toMatchObject({
      verdict: 'pass',
      note: '500 values against 1000, 20 bins of about equal counts of the reference, with what lies outside.',
    });
    const moved = 'select i::double + 500 as x from range(1000) t(i)';
    const psi = await on.row(moved, x.distribution('psi', 0.25), { reference });
    expect(psi?.verdict).toBe('fail');
    // ten bins of .05 are empty, ten keep .05, and half of the data lies beyond the last edge
    const empty = 10 * (0.05 - 0.0001) * Math.log(0.05 / 0.0001);
    expect(psi?.value).toBeCloseTo(empty + (0.5 - 0.0001) * Math.log(0.5 / 0.0001), 1);
  });

  it('by a profile alone is about that by rows', async () => {
    const data = await on.dataset('select i::double as x from range(1000) t(i)');
    const moved = 'select i::double * 1.5 as x from range(1000) t(i)';
    for (const by of ['ks', 'wasserstein'] as const) {
      const exact = await on.row(moved, x.distribution(by, 9), { reference: { data } });
      const profile = { rows: 1000, columns: await profileColumns(on.session, data.source, data.columns) };
      const binned = await on.row(moved, x.distribution(by, 9), { reference: { profile } });
      expect(Math.abs((binned?.value ?? 0) - (exact?.value ?? 9))).toBeLessThan(0.02);
    }
  });

  it('of words counts each of the most frequent ones', async () => {
    const reference = { data: await on.dataset(words('a', 'a', 'a', 'b')) };
    expect((await on.row(words('a', 'b', 'b', 'b'), x.distribution('js', 0.5), { reference }))?.value).toBeCloseTo(
      Math.sqrt(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5)),
      3,
    );
    expect(await on.row(words('a'), x.distribution('ks', 0.5), { reference })).toMatchObject({ verdict: 'error' });
  });

  it('of long texts that begin alike does not take one for another', async () => {
    const prompts = (n: number) => `select repeat('p', 200) || i % ${n} as x from range(1000) t(i)`;
    const reference = { data: await on.dataset(`${prompts(500)} union all select 'short' from range(500)`) };
    const same = await on.row(`${prompts(500)} union all select 'short' from range(500)`, x.distribution('psi', 0.01), {
      reference,
    });
    expect(same).toMatchObject({ verdict: 'pass', value: 0, note: expect.stringContaining('each of the 1 most') });
    const long = { data: await on.dataset(prompts(500)) };
    expect(await on.row(prompts(500), x.distribution('js', 0.1), { reference: long })).toMatchObject({
      verdict: 'error',
      note: expect.stringContaining('200 characters or more'),
    });
  });

  it('counts NaN as a value of its own, and infinities as what lies outside', async () => {
    const reference = { data: await on.dataset(rows('(1), (2), (3), (4)')) };
    const half = rows("('1'), ('2'), ('nan'), ('inf')");
    expect((await on.row(half, x.distribution('js', 0.1), { reference }))?.verdict).toBe('fail');
    expect((await on.row(half, x.distribution('ks', 0.1), { reference }))?.value).toBeCloseTo(0.5, 12);
    expect(await on.row(half, x.distribution('wasserstein', 0.1), { reference })).toMatchObject({
      verdict: 'fail',
      value: null,
      note: expect.stringContaining('no finite numbers'),
    });
  });

  it('needs a reference, with that column and with values', async () => {
    expect(await on.row(rows('(1)'), x.distribution('psi', 0.1))).toMatchObject({
      verdict: 'error',
      note: 'There is no reference.',
    });
    const reference = { data: await on.dataset(rows('(null)')) };
    expect(await on.row(rows('(1)'), x.distribution('ks', 0.1), { reference })).toMatchObject({
      verdict: 'inconclusive',
    });
    const texts = { data: await on.dataset(words('a')) };
    expect(await on.row(rows('(1)'), x.distribution('ks', 0.1), { reference: texts })).toMatchObject({
      verdict: 'error',
      note: 'The reference\'s column "x" is of the type VARCHAR, and not of numbers.',
    });
  });

  it('whose deviation is more than a number holds keeps no distance', async () => {
    const reference = { data: await on.dataset(rows('(1e200), (-1e200), (3)')) };
    expect(await on.row(rows('(1e150), (5)'), x.distribution('wasserstein', 0.1), { reference })).toMatchObject({
      verdict: 'fail',
      value: null,
      note: expect.stringContaining('too large'),
    });
  });
});
