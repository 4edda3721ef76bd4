/**
 * The reference libraries' own answers, stored by `node test/parity/metrics/store.ts`. The cases are made of a seed, so
 * only answers are stored; `test/parity/metrics` asks the libraries themselves.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differences } from './testing/differences.ts';
import { parityTasks } from './testing/parity-tasks.ts';
import { digestOf, readStored, STORED } from './testing/stored.ts';

const stored = readStored(readFileSync(join(import.meta.dirname, 'testing/parity.jsonl'), 'utf8'));

describe('equal to the reference library', () => {
  test.each(parityTasks(STORED.size, STORED.seed))('$name', ({ name, ask, ours, relative }) => {
    const one = stored.get(name);
    // Another digest: the cases have changed since, so that the answers have to be stored anew.
    expect(one?.digest).toBe(digestOf(ask));
    expect(differences(ours(), one?.answer, relative)).toEqual([]);
  });
});
