/**
 * Makes the fixture of the parity with Great Expectations anew: `node test/parity/checks/make.ts`. It takes each
 * hundredth of the flights, plants the faults, and writes down what Great Expectations says of them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePythonEnv } from '../../../packages/cli/src/python-env.ts';
import { prepareExample } from '../../../tools/demo/prepare.ts';
import { faults, others } from './faults.ts';
import { writeFaultyFlights } from './faulty-flights.ts';

const here = import.meta.dirname;
const root = join(here, '../../..');
const example = join(root, 'examples/flight-delays');
await prepareExample(example, console.log);
const { python } = await ensurePythonEnv({
  name: 'bench-great-expectations',
  requirements: join(root, 'bench/python/great-expectations.txt'),
  log: console.log,
});
const csv = join(here, 'flights.csv.gz');
await writeFaultyFlights(join(example, 'data/flights.csv'), csv, 100);
const folder = mkdtempSync(join(tmpdir(), 'sluice-parity-'));
const expectations = [...faults, ...others].map(({ type, kwargs }) => ({ type, kwargs }));
const suite = join(folder, 'suite.json');
writeFileSync(suite, JSON.stringify({ name: 'flights', expectations }));
const told = execFileSync(python, [join(root, 'bench/checks/gx_checks.py'), csv, suite], {
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
});
rmSync(folder, { recursive: true });
const { version, pandas, rows, results } = JSON.parse(told) as Record<string, unknown>;
writeFileSync(join(here, 'told.json'), `${JSON.stringify({ version, pandas, rows, results }, null, 1)}\n`);
