import { expect, it } from 'vitest';
import { Random } from '../../soak/harness/random.ts';
import { moments, planFault, victims } from '../../soak/ranks/fault.ts';
import { soak } from '../../soak/ranks.ts';

/** `pnpm soak ranks` plays twenty; these few show in every run of the tests that it still can, and that it holds. */
it('ends a torchrun of four ranks that is killed at seeded moments with the weights of its undisturbed twin', async () => {
  const said: string[] = [];
  const host = { signal: new AbortController().signal, say: (line: string) => void said.push(line) };
  const { ok, problems } = await soak.run(['--seeds', '3'], host);
  expect(problems, said.join('\n')).toEqual([]);
  expect(ok).toBe(true);
}, 900_000);

it('plans the same for the same number, and every victim at every moment at some time', () => {
  const plan = (seed: number) => planFault(seed, new Random(seed), 4);
  expect(plan(7)).toEqual(plan(7));
  const kinds = new Set(Array.from({ length: 300 }, (_, seed) => `${plan(seed).victim} ${plan(seed).moment}`));
  expect(kinds.size).toBe(victims.length * moments.length);
});
