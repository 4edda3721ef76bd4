import { expect, it } from 'vitest';
import { soak } from '../../soak/endpoint.ts';

/** `pnpm soak endpoint` plays 300; these few show in every run of the tests that it still can, and that it holds. */
it('keeps an endpoint right over a few seeded rollouts while what it needs is killed and paused', async () => {
  const said: string[] = [];
  const host = { signal: new AbortController().signal, say: (line: string) => void said.push(line) };
  const { ok, problems, leftBehind } = await soak.run(['--seed', '36', '--seeds', '6'], host);
  expect({ problems, leftBehind }, said.join('\n')).toEqual({ problems: [], leftBehind: 0 });
  expect(ok).toBe(true);
}, 400_000);
