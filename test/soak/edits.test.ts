import { expect, it } from 'vitest';
import { soak } from '../../soak/edits.ts';

/** `pnpm soak edits` changes the code of 200 runs; these few show in every run of the tests that it holds. */
it('no result comes under the name of another step, whatever is changed in the code of a few waiting runs', async () => {
  const said: string[] = [];
  const host = { signal: new AbortController().signal, say: (line: string) => void said.push(line) };
  const { ok, problems } = await soak.run(['--seed', '36', '--seeds', '18'], host);
  expect(problems, said.join('\n')).toEqual([]);
  expect(ok).toBe(true);
}, 400_000);
