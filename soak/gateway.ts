/**
 * `soak gateway`: callers at half of the gateway's throughput while the weights change every five seconds, versions are
 * replaced and killed, and everything is captured. No request may fail, memory must stay flat, captures inside their
 * limit. The last line is one JSON object with `ok`.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gatewayClient } from '../packages/gateway/src/index.ts';
import { Load } from './gateway/load.ts';
import { memoryOf, residentMiB } from './gateway/memory.ts';
import { Versions } from './gateway/versions.ts';
import type { Figures, Soak, SoakHost } from './harness/soak.ts';

const MAIN = fileURLToPath(new URL('../packages/gateway/src/main.ts', import.meta.url));
const ENDPOINT = 'soak';
/** What the endpoint may keep, and what an open segment may add until it is closed. */
const CAPTURE_LIMIT = 64 * 2 ** 20;
const CAPTURE_SLACK = 2 * 8 * 2 ** 20;
/** Memory of a shorter run says nothing: the heap is still growing to its size. */
const MEMORY_MINUTES = 5;

/** Changes of traffic under load, for long. */
export const soak: Soak = {
  summary: 'callers at half of the throughput while weights change, versions are replaced and killed',
  options: '--minutes N (30); --every SECONDS between changes (5); --rps N (half of what was measured); --seed N',
  run,
};

async function run(args: readonly string[], host: SoakHost): Promise<Figures> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '30' },
      every: { type: 'string', default: '5' },
      rps: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [minutes, every] = [positive(values.minutes, 'minutes'), positive(values.every, 'every') * 1000];
  const random = mulberry(Number(values.seed));
  const folder = await mkdtemp(join(tmpdir(), 'sluice-soak-gateway-'));
  const gateway = await startGateway(folder);
  try {
    const { client } = gateway;
    await client.putEndpoint(ENDPOINT, { capture: { percent: 100, maxBytes: CAPTURE_LIMIT } });
    const versions = new Versions(client, ENDPOINT, random);
    await versions.start();
    const load = new Load({ url: `${gateway.url}/${ENDPOINT}/invocations`, slowest: every * 0.4, random });
    const measured = await load.throughput(Math.min(5000, minutes * 15_000));
    const rps = values.rps === undefined ? measured / 2 : positive(values.rps, 'rps');
    host.say(`${Math.round(measured)} requests/s at most; ${Math.round(rps)} requests/s for ${minutes} minutes`);
    const worker = (await client.health()).worker.pid;
    const samples = { host: [] as number[], worker: [] as number[], captures: [] as number[] };
    const over = new AbortController();
    const end = Date.now() + minutes * 60_000;
    const steady = load.steady(rps, over.signal);
    try {
      for (let turn = 1; Date.now() < end; turn += 1) {
        host.signal.throwIfAborted();
        const next = Date.now() + every;
        const [idle] = await versions.change();
        // What a version was asked while it had traffic is its own to answer, however long that takes.
        await load.answered();
        if (idle !== undefined && turn % 3 === 0) await versions.replace(idle);
        else if (idle !== undefined && turn % 3 === 1) await versions.kill(idle);
        samples.host.push(residentMiB(gateway.pid) ?? 0);
        samples.worker.push(residentMiB(worker ?? 0) ?? 0);
        samples.captures.push(await bytesIn(join(folder, 'captures', ENDPOINT)));
        await until(next);
      }
    } finally {
      over.abort();
      await steady;
    }
    const { restarts } = (await client.health()).worker;
    const { capture } = await client.metrics(ENDPOINT);
    const readable = (await client.requests(ENDPOINT, { limit: 1000 })).length;
    const memory = { host: memoryOf(samples.host), worker: memoryOf(samples.worker) };
    const judged = minutes >= MEMORY_MINUTES;
    const mostBytes = Math.max(0, ...samples.captures);
    const problems = [
      ...(load.failed > 0 ? [`${load.failed} requests failed`] : []),
      ...(restarts > 0 ? [`the worker was replaced ${restarts} times`] : []),
      ...(judged && !memory.host.flat ? ['the memory of the host grew'] : []),
      ...(judged && !memory.worker.flat ? ['the memory of the worker grew'] : []),
      ...(mostBytes > CAPTURE_LIMIT + CAPTURE_SLACK ? [`captures took ${mostBytes} bytes`] : []),
      ...(readable === 0 ? ['nothing was captured'] : []),
    ];
    const { sent, failed, heldBack, failures } = load;
    return {
      ok: problems.length === 0,
      problems,
      minutes,
      measuredRps: Math.round(measured),
      rps: Math.round(rps),
      sent,
      failed,
      failures,
      heldBack,
      latencyMs: { p50: quantile(load.latencies, 0.5), p99: quantile(load.latencies, 0.99) },
      changes: versions.changes,
      memoryMiB: { judged, ...memory },
      captures: { ...capture, mostBytes, limit: CAPTURE_LIMIT + CAPTURE_SLACK },
    };
  } finally {
    await gateway.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A gateway in processes of its own, as it runs in earnest. */
async function startGateway(stateDir: string) {
  const token = randomUUID();
  const env = { ...process.env, SLUICE_GATEWAY_TOKEN: token };
  const args = [MAIN, '--state-dir', stateDir];
  const host = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const ended = new Promise<void>((resolve) => host.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    host.stdout.once('data', (data: Buffer) => resolve(data.toString()));
    host.once('exit', () => reject(new Error('the gateway did not start')));
  });
  const { url, adminUrl, pid } = JSON.parse(line) as { url: string; adminUrl: string; pid: number };
  const end = async () => {
    host.kill('SIGTERM');
    await ended;
  };
  return { url, pid, client: gatewayClient(adminUrl, { token }), end };
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function until(time: number): Promise<void> {
  const wait = time - Date.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}

function positive(text: string | undefined, flag: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${flag} takes a number above 0, not "${text}"`);
  return value;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(2));
}

/** Uniform numbers in [0, 1) from a seed. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
