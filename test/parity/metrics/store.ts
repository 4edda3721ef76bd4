/**
 * Stores what the reference libraries answer, for the unit test that needs no Python:
 * `node test/parity/metrics/store.ts`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askOracle } from '../../../packages/activities/src/metrics/testing/ask-oracle.ts';
import { parityTasks } from '../../../packages/activities/src/metrics/testing/parity-tasks.ts';
import { digestOf, STORED } from '../../../packages/activities/src/metrics/testing/stored.ts';
import { referenceLibraries } from './reference-libraries.ts';

const python = process.argv[2] ?? (await referenceLibraries(console.error));
const tasks = parityTasks(STORED.size, STORED.seed);
const { versions, answers } = await askOracle(python, tasks);
const lines = tasks.map(({ name, ask }, at) => JSON.stringify({ name, digest: digestOf(ask), answer: answers[at] }));
const file = join(import.meta.dirname, '../../../packages/activities/src/metrics/testing/parity.jsonl');
writeFileSync(file, `${[JSON.stringify(versions), ...lines].join('\n')}\n`);
console.log(`${tasks.length} tasks`);
