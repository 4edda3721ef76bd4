import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suiteFromGreatExpectations } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { differences, type Told } from '../../../../test/parity/checks/compare.ts';
import { faults, others } from '../../../../test/parity/checks/faults.ts';
import { readFaulty } from '../../../../test/parity/checks/faulty-flights.ts';
import { bench } from './testing/judged.ts';

const home = join(import.meta.dirname, '../../../../test/parity/checks');
/** Written by Great Expectations itself: test/parity/checks/make.ts. */
const told = JSON.parse(readFileSync(join(home, 'told.json'), 'utf8')) as {
  readonly version: string;
  readonly rows: number;
  readonly results: readonly Told[];
};
const flights = `SELECT * FROM ${readFaulty(join(home, 'flights.csv.gz'))}`;
const suite = { name: 'flights', expectations: [...faults, ...others] };

const on = bench();

describe('the suite of Great Expectations on flights with planted faults', () => {
  it('has the same verdicts, counts, row numbers and numbers here as there', async () => {
    const { results } = await on.judge(flights, suiteFromGreatExpectations(suite));
    expect(results.meta.sluice.rows).toBe(told.rows);
    expect(differences(told.results, results)).toEqual([]);
  });

  it('finds each of the faults, thirty and more, in a handful of scans', async () => {
    const { results } = await on.judge(flights, suiteFromGreatExpectations(suite).slice(0, faults.length));
    const missed = faults.filter((_, index) => results.results[index]?.success !== false);
    expect(missed.map(({ fault }) => fault)).toEqual([]);
    expect(faults.length).toBeGreaterThanOrEqual(30);
  });
});
