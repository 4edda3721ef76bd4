import { expect, it } from 'vitest';
import { soak } from '../../soak/rollback.ts';

/** `pnpm soak rollback` plays ten kinds; these are the two that every run of the tests has time for. */
it.each(['errs on 2 %', 'dies'])(
  'takes a candidate that %s off 200 requests a second within its budget, and nothing else with it',
  async (name) => {
    const said: string[] = [];
    const host = { signal: new AbortController().signal, say: (line: string) => void said.push(line) };
    const { ok } = await soak.run(['--case', name], host);
    console.log(said.join('\n'));
    expect(ok, said.join('\n')).toBe(true);
  },
  400_000,
);
