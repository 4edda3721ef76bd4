import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { suiteFromGreatExpectations } from '@sluice/sdk';
import { openDuckDb } from '../../packages/activities/src/extract/duckdb-session.ts';
import { literal } from '../../packages/activities/src/extract/sql-text.ts';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import { differences, type Told } from '../../test/parity/checks/compare.ts';
import { faults, others } from '../../test/parity/checks/faults.ts';
import { readFaulty, writeFaultyFlights } from '../../test/parity/checks/faulty-flights.ts';
import { prepareExample } from '../../tools/demo/prepare.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, type Spread, spreadOf } from '../harness/spread.ts';
import { temporaryFolder } from '../harness/stack.ts';
import { table } from '../harness/table.ts';
import { measureMemory } from './memory.ts';
import { extractAndJudge, judgeParquet, judgeRelation, type Timed } from './sluice-run.ts';
import { columnsOfSuite, suite } from './suite.ts';

const execute = promisify(execFile);
const example = join(import.meta.dirname, '../../examples/flight-delays');
const requirements = join(import.meta.dirname, '../python/great-expectations.txt');
const flights = join(example, 'data/flights.csv');
/** What DuckDB may use, bytes. */
const memory = 2 ** 30;

/** How many times as fast as Great Expectations ten expectations over a dataset are, reading it included. */
const goals = { ratio: 5, differences: 0 };

export const bench: Bench = {
  summary:
    'ten data checks over the 336,776 flights against Great Expectations, and the verdicts of both on planted faults',
  options:
    '--runs N [5]   --rows N [off: instead, N rows in bounded memory]   --memory MiB [512: of DuckDB, with --rows]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '5' },
      rows: { type: 'string' },
      memory: { type: 'string', default: '512' },
    },
  });
  const machine = describeMachine();
  host.say(machineLine(machine));
  await prepareExample(example, host.say);
  const folder = await temporaryFolder(scope, 'checks');
  if (values.rows !== undefined) {
    return { machine, ...(await measureMemory(folder, flights, Number(values.rows), Number(values.memory), host)) };
  }
  const { python } = await ensurePythonEnv({ name: 'bench-great-expectations', requirements, log: host.say });
  const gx = new GreatExpectations(python, folder, host.signal);
  const speed = await compareSpeed(folder, gx, Number(values.runs));
  host.say(`\n${speedTable(speed)}\n`);
  const found = await compareVerdicts(folder, gx);
  for (const line of found.differences) host.say(line);
  host.say(
    `${found.expectations} expectations on ${found.rows} flights with ${faults.length} planted faults: ${found.differences.length} differ; ${found.missed.length} faults missed${found.missed.map((one) => `; ${one}`).join('')}`,
  );
  const parity = { ...found, differences: found.differences.length, missed: found.missed.length };
  const ok = speed.dataset.ratio >= goals.ratio && parity.differences === 0 && parity.missed === 0;
  return {
    ok,
    goals,
    machine: { ...machine, loadAfter: describeMachine().loadBefore },

    ...speed,
    parity,
  };
}

interface Printed {
  readonly version: string;
  readonly seconds: readonly number[];
  readonly reading: readonly number[];
  readonly results: readonly Told[];
  readonly rows: number;
}

/** Great Expectations in a process of its own. */
class GreatExpectations {
  readonly #python: string;
  readonly #folder: string;
  readonly #signal: AbortSignal;

  constructor(python: string, folder: string, signal: AbortSignal) {
    this.#python = python;
    this.#folder = folder;
    this.#signal = signal;
  }

  async judge(file: string, expectations: readonly object[], runs: number): Promise<Printed> {
    const path = join(this.#folder, 'suite.json');
    await writeFile(path, JSON.stringify({ name: 'flights', expectations }));
    const script = join(import.meta.dirname, 'gx_checks.py');
    const options = { maxBuffer: 2 ** 26, signal: this.#signal, cwd: this.#folder };
    const { stdout } = await execute(this.#python, [script, file, path, `${runs}`], options);
    return JSON.parse(stdout) as Printed;
  }
}

interface Pair {
  readonly greatExpectations: Spread;
  readonly ofItReading: Spread;
  readonly sluice: Spread;
  readonly ratio: number;
}

interface Speed {
  readonly version: string;
  /** Both read the dataset's Parquet file. */
  readonly dataset: Pair;
  /** Both read the CSV into memory, Sluice the columns of the suite. */
  readonly csv: Pair;
}

async function compareSpeed(folder: string, gx: GreatExpectations, runs: number): Promise<Speed> {
  const checks = suiteFromGreatExpectations(suite);
  const file = join(folder, 'flights.parquet');
  const sql = `SELECT * FROM read_csv(${literal(flights)}, nullstr = 'NA')`;
  await writeDataset(folder, sql, file);
  // The first run of each warms caches and is left out.
  const theirs = await gx.judge(file, suite.expectations, runs + 1);
  const ours = await times(runs + 1, () => judgeParquet(folder, file, checks, memory));
  const theirsOfCsv = await gx.judge(flights, suite.expectations, runs + 1);
  const relation = `read_csv(${literal(flights)}, nullstr = 'NA')`;
  const oursOfCsv = await times(runs + 1, () => judgeRelation(folder, relation, columnsOfSuite, checks, memory));
  return {
    version: theirs.version,
    dataset: pairOf(theirs, ours),
    csv: pairOf(theirsOfCsv, oursOfCsv),
  };
}

async function times(runs: number, work: () => Promise<Timed>): Promise<number[]> {
  const list: number[] = [];
  for (let run = 0; run < runs; run++) {
    const { seconds, judged } = await work();
    if (judged.verdict !== 'pass') throw new Error(`The flights do not pass: ${JSON.stringify(judged.evidence[0])}`);
    list.push(seconds);
  }
  return list;
}

function pairOf(theirs: Printed, ours: readonly number[]): Pair {
  const [greatExpectations, sluice] = [spreadOf(theirs.seconds.slice(1)), spreadOf(ours.slice(1))];
  const ratio = round(greatExpectations.median / sluice.median, 2);
  return { greatExpectations, ofItReading: spreadOf(theirs.reading.slice(1)), sluice, ratio };
}

async function writeDataset(folder: string, sql: string, file: string): Promise<void> {
  const { signal } = new AbortController();
  const session = await openDuckDb({ root: folder, scratch: folder, memory, signal, secrets: [] });
  try {
    await session.rows(`COPY (${sql}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`);
  } finally {
    session.close();
  }
}

function speedTable({ version, dataset, csv }: Speed): string {
  const row = (name: string, { greatExpectations, ofItReading, sluice, ratio }: Pair) => [
    name,
    `${greatExpectations.median}`,
    `${ofItReading.median}`,
    `${sluice.median}`,
    `${ratio}`,
  ];
  return table(
    [
      'ten expectations, 336,776 flights',
      `Great Expectations ${version}, s`,
      'of it reading',
      'Sluice, s',
      'times as fast',
    ],
    [row('the dataset (Parquet)', dataset), row('a CSV, into memory', csv)],
  );
}

async function compareVerdicts(folder: string, gx: GreatExpectations) {
  const csv = join(folder, 'faulty.csv');
  await writeFaultyFlights(flights, csv);
  const expectations = [...faults, ...others].map(({ type, kwargs }) => ({ type, kwargs }));
  const theirs = await gx.judge(csv, expectations, 1);
  const checks = suiteFromGreatExpectations({ name: 'flights', expectations });
  const { judged } = await extractAndJudge(folder, `SELECT * FROM ${readFaulty(csv)}`, checks, memory);
  const missed = faults.filter((_, index) => judged.results.results[index]?.success !== false);
  return {
    expectations: expectations.length,
    rows: theirs.rows,
    differences: differences(theirs.results, judged.results),
    missed: missed.map(({ fault }) => fault),
  };
}
