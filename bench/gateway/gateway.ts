import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, spreadOf } from '../harness/spread.ts';
import { table } from '../harness/table.ts';
import { checkPrograms } from './programs.ts';
import { type System, startSystems } from './systems.ts';
import { type Burst, burst, writeScript } from './wrk.ts';

const LARGE_CALLERS = fileURLToPath(new URL('./large-callers.ts', import.meta.url));
const CONNECTIONS = [1, 64] as const;
/** With captures the gateway must reach this share of its throughput without. */
const CAPTURE_SHARE = 0.85;

export const bench: Bench = {
  summary: 'what the gateway costs: throughput and added latency, beside nginx and HAProxy',
  options:
    '--seconds N   of one burst [5]     --rounds N   bursts of each kind [5]     --large N   seconds beside bodies of 12 MiB [10]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

/** Medians of one system's bursts. */
interface Row {
  readonly system: string;
  readonly connections: number;
  readonly rps: number;
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds on top of the model server's own. */
  readonly addedP50: number;
  readonly addedP99: number;
  /** Processor time of the proxy for one request, microseconds; null for the model server by itself. */
  readonly cpuUs: number | null;
  readonly failed: number;
}

type Measured = Burst & { readonly cpuUs: number };

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '5' },
      large: { type: 'string', default: '10' },
    },
  });
  const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
  checkPrograms();
  const machine = describeMachine();
  host.say(machineLine(machine));
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-gateway-'));
  scope.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const systems = await startSystems(scope, folder);
  const script = writeScript(join(folder, 'request.lua'));
  const bursts = new Map<string, Measured[]>();
  // Round after round, so that what else the machine does falls on all alike; the first warms up and does not count.
  for (let turn = 0; turn <= rounds; turn += 1) {
    for (const connections of CONNECTIONS) {
      for (const system of systems) {
        await system.prepare();
        const before = cpuSeconds(system.pids) ?? Number.NaN;
        const one = await burst(system.url, {
          connections,
          seconds: turn === 0 ? 2 : seconds,
          script,
          signal: host.signal,
        });
        if (turn === 0) continue;
        const key = `${system.name}/${connections}`;
        const cpuUs = (((cpuSeconds(system.pids) ?? Number.NaN) - before) * 1e6) / one.requests;
        bursts.set(key, [...(bursts.get(key) ?? []), { ...one, cpuUs }]);
      }
    }
    host.say(turn === 0 ? 'warm' : `round ${turn} of ${rounds}`);
  }
  const rows = CONNECTIONS.flatMap((connections) => rowsOf(systems, connections, bursts));
  host.say(`\n${tableOf(rows)}\n`);
  const shares = CONNECTIONS.map((connections) => captureShare(connections, bursts));
  const beside = await besideLarge(systems, values.large, host);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  const ok = failed === 0 && shares.every((share) => share >= CAPTURE_SHARE);
  return {
    ok,
    captureShare: Object.fromEntries(CONNECTIONS.map((n, i) => [n, shares[i]])),
    besideLarge: beside,
    failed,
    machine,
    rows,
  };
}

function rowsOf(systems: readonly System[], connections: number, bursts: ReadonlyMap<string, Measured[]>): Row[] {
  const medians = systems.map(({ name }) => {
    const all = bursts.get(`${name}/${connections}`) ?? [];
    const median = (pick: (one: Measured) => number) => spreadOf(all.map(pick)).median;
    const failed = all.reduce((sum, one) => sum + one.failed, 0);
    return {
      name,
      rps: median((b) => b.rps),
      p50: median((b) => b.p50),
      p99: median((b) => b.p99),
      cpuUs: median((b) => b.cpuUs),
      failed,
    };
  });
  const direct = medians[0];
  return medians.map(({ name, rps, p50, p99, cpuUs, failed }) => ({
    system: name,
    connections,
    rps: Math.round(rps),
    p50,
    p99,
    addedP50: round(p50 - (direct?.p50 ?? 0)),
    addedP99: round(p99 - (direct?.p99 ?? 0)),
    cpuUs: name === 'direct' ? null : Math.round(cpuUs),
    failed,
  }));
}

/** The 95th percentile, ms, of small requests beside bodies of 12 MiB, in the middle of three tries. */
async function besideLarge(systems: readonly System[], seconds: string, host: BenchHost): Promise<object> {
  const figures: Record<string, number> = {};
  for (const system of systems.filter(({ name }) => name !== 'direct')) {
    const tries: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      await system.prepare();
      const args = [LARGE_CALLERS, system.url, String(Number(seconds) * 1000)];
      tries.push(Number((await promisify(execFile)(process.execPath, args, { signal: host.signal })).stdout));
    }
    figures[system.name] = spreadOf(tries).median;
  }
  host.say(`p95 of small requests beside bodies of 12 MiB, ms: ${JSON.stringify(figures)}`);
  return figures;
}

/** Median over rounds of the throughput with captures by that without, each pair measured one after the other. */
function captureShare(connections: number, bursts: ReadonlyMap<string, Measured[]>): number {
  const off = bursts.get(`gateway/${connections}`) ?? [];
  const on = bursts.get(`gateway, capturing all/${connections}`) ?? [];
  return spreadOf(on.map(({ rps }, i) => rps / (off[i]?.rps ?? Number.NaN))).median;
}

function tableOf(rows: readonly Row[]): string {
  const ms = (value: number) => value.toFixed(2);
  return table(
    ['system', 'connections', 'requests/s', 'p50 ms', 'added', 'p99 ms', 'added', 'CPU µs', 'failed'],
    rows.map((row) => [
      row.system,
      String(row.connections),
      String(row.rps),
      ms(row.p50),
      ms(row.addedP50),
      ms(row.p99),
      ms(row.addedP99),
      row.cpuUs === null ? '' : String(row.cpuUs),
      String(row.failed),
    ]),
  );
}
