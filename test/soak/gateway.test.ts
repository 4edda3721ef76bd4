import { expect, test } from 'vitest';
import { soak } from '../../soak/gateway.ts';

test('a few seconds of changing weights, versions replaced and killed fail no request', async () => {
  const figures = await soak.run(['--minutes', '0.15', '--every', '1', '--rps', '200'], {
    signal: new AbortController().signal,
    say: () => {},
  });
  expect(figures).toMatchObject({ ok: true, failed: 0, failures: [], problems: [] });
  expect(figures).toMatchObject({ captures: { dropped: 0 } });
});
