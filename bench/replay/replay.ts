import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, spreadOf } from '../harness/spread.ts';
import { temporaryFolder } from '../harness/stack.ts';
import { table } from '../harness/table.ts';
import { BODY, replayOnce } from './replay-once.ts';

const STUB = fileURLToPath(new URL('./stub-server.ts', import.meta.url));
const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon');
/** As many as a replay of an old and a new version holds: eight to each. */
const CONNECTIONS = 16;
/** Share of autocannon's requests a second that a replay must reach. */
const GOAL = 0.7;

export const bench: Bench = {
  summary: 'how fast a replay sends, beside autocannon on the same server with as many connections',
  options: '--requests N   of one replay [50000]     --seconds N   of one burst [5]     --rounds N   of each [9]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      requests: { type: 'string', default: '50000' },
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '9' },
    },
  });
  const [requests, seconds, rounds] = [Number(values.requests), Number(values.seconds), Number(values.rounds)];
  const machine = describeMachine();
  host.say(machineLine(machine));
  const url = await startStub(scope);
  const folder = await temporaryFolder(scope, 'replay');
  const shares = { two: [] as number[], three: [] as number[] };
  const rates = { autocannon: [] as number[], two: [] as number[], three: [] as number[] };
  // A worker lives long: what it takes to compile is not of the replay.
  await burst(url, 1, host.signal);
  await replayOnce(url, join(folder, 'first'), requests, true, host.signal);
  for (let trial = 0; trial < rounds; trial += 1) {
    const [beside, two, three] = await inTurn(trial, [
      () => burst(url, seconds, host.signal),
      () => replayOnce(url, join(folder, `${trial}-two`), requests, false, host.signal),
      () => replayOnce(url, join(folder, `${trial}-three`), requests, true, host.signal),
    ]);
    rates.autocannon.push(beside);
    rates.two.push(two);
    rates.three.push(three);
    shares.two.push(two / beside);
    shares.three.push(three / beside);
    host.say(
      `round ${trial + 1}: autocannon ${round(beside, 0)}/s, a replay ${round(two, 0)}/s, with bodies compared ${round(three, 0)}/s`,
    );
  }
  const row = (name: string, values: readonly number[], share: readonly number[]) => {
    const { median, min, max } = spreadOf(values);
    const part = share.length === 0 ? '' : `${round(100 * spreadOf(share).median, 0)} %`;
    return [name, ...[median, min, max].map((value) => String(round(value, 0))), part];
  };
  host.say(
    `\n${table(
      ['requests a second', 'median', 'least', 'most', 'share'],
      [
        row('autocannon', rates.autocannon, []),
        row('replay, old and new', rates.two, shares.two),
        row('replay, bodies compared', rates.three, shares.three),
      ],
    )}`,
  );
  const share = round(spreadOf(shares.two).median);
  return {
    ok: share >= GOAL,
    goal: GOAL,
    connections: CONNECTIONS,
    requests,
    share,
    shareCompared: round(spreadOf(shares.three).median),
    shares: { two: shares.two.map((one) => round(one)), three: shares.three.map((one) => round(one)) },
    autocannon: spreadOf(rates.autocannon),
    replay: spreadOf(rates.two),
    compared: spreadOf(rates.three),
    machine,
  };
}

/** One after another, each round beginning with another one: what follows a busy time may be slower for it. */
async function inTurn(
  round: number,
  work: readonly [() => Promise<number>, () => Promise<number>, () => Promise<number>],
): Promise<[number, number, number]> {
  const values: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < work.length; i += 1) {
    const place = (round + i) % work.length;
    values[place] = (await work[place]?.()) ?? 0;
  }
  return values;
}

async function startStub(scope: Scope): Promise<string> {
  const child = spawn(process.execPath, [STUB], { stdio: ['ignore', 'pipe', 'inherit'] });
  scope.defer(() => child.kill());
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return `http://127.0.0.1:${port}`;
}

/** Requests a second that autocannon makes, of the same sort. */
async function burst(url: string, seconds: number, signal: AbortSignal): Promise<number> {
  const options = ['-c', CONNECTIONS, '-d', seconds, '-m', 'POST', '-b', BODY, '-H', 'content-type: application/json'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [AUTOCANNON, '--json', '--no-progress', ...options.map(String), `${url}/invocations`],
    { signal, maxBuffer: 64 * 1024 * 1024 },
  );
  const said = JSON.parse(stdout) as { readonly '2xx': number; readonly non2xx: number; readonly duration: number };
  if (said.non2xx > 0) throw new Error(`autocannon got ${said.non2xx} answers that are none.`);
  return said['2xx'] / said.duration;
}
