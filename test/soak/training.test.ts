import { expect, test } from 'vitest';
import { soak } from '../../soak/training.ts';

test('a training whose machine is lost every few seconds comes to the model of an undisturbed one', {
  timeout: 300_000,
}, async () => {
  const figures = await soak.run(['--minutes', '0.7', '--every', '12', '--megabytes', '1'], {
    signal: new AbortController().signal,
    say: () => {},
  });
  expect(figures).toMatchObject({ ok: true, problems: [] });
  expect(figures.attempts).toBeGreaterThan(1);
});
