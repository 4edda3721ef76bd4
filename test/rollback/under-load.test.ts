import { expect, it } from 'vitest';
import { soak } from '../../soak/rollback.ts';

it('takes every kind of bad candidate off 200 requests a second within its budget, and nothing else with it', async () => {
  const said: string[] = [];
  const host = { signal: new AbortController().signal, say: (line: string) => void said.push(line) };
  const { ok } = await soak.run([], host);
  console.log(said.join('\n'));
  expect(ok, said.join('\n')).toBe(true);
}, 1_200_000);
