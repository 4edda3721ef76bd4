import { describe, expect, test } from 'vitest';
import { column, table } from '../column.ts';
import { ErrorCode } from '../errors.ts';
import { someDataset, specOf } from '../testing/runtime.ts';
import { check } from './check.ts';
import { extract } from './extract.ts';

const steps = {
  extract: (options: Partial<Parameters<typeof extract>[1]>) => extract('rows', { sql: 'select 1', ...options }),
  check: (options: Partial<Parameters<typeof extract>[1]>) =>
    check('sane', { dataset: someDataset, checks: [column('x').notNull()], ...options }),
};

describe.each(['extract', 'check'] as const)('%s', (kind) => {
  const spec = (options: Parameters<(typeof steps)['extract']>[0]) => specOf(() => steps[kind](options));

  test('holds its checks against datasets that it is given', async () => {
    const checks = [
      column('x').distribution('ks', 0.1),
      table().rowsRatio(0.5, 2),
      column('x').references('known', 'id'),
    ];
    expect(await spec({ checks, reference: someDataset, others: { known: someDataset } })).toMatchObject({
      reference: someDataset,
      others: { known: someDataset },
    });
  });

  test.each([
    ['a distribution without a reference', column('x').distribution('psi', 0.2), /distribution\('psi', 0.2\) has no/],
    ['a ratio of rows without a reference', table().rowsRatio(0.9, null), /rowsRatio has no dataset to compare with/],
    ['a dataset that is not there', column('x').references('airports', 'faa'), /'airports'.* there is known\./],
  ])('refuses %s before anything runs', async (_, rule, message) => {
    await expect(spec({ checks: [rule], others: { known: someDataset } })).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      message: expect.stringMatching(message),
      fix: expect.stringMatching(/^Give it: /),
    });
  });
});
