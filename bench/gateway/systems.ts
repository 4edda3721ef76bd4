import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gatewayClient } from '../../packages/gateway/src/client.ts';
import { freePort } from '../../packages/gateway/src/free-port.ts';
import type { Scope } from '../harness/scope.ts';
import { nginxArguments } from './nginx-config.ts';

/** Something that stands between a caller and the one model server of the bench. */
export interface System {
  readonly name: string;
  readonly url: string;
  /** Called before each burst. */
  prepare(): Promise<void>;
  /** Its processes, the model server's not. */
  readonly pids: readonly number[];
}

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The model server by itself, behind nginx, behind HAProxy, and behind the gateway without and with captures. */
export async function startSystems(scope: Scope, folder: string): Promise<System[]> {
  const gateway = await startGateway(scope, folder);
  const { upstream } = gateway;
  const capture = (percent: number) => gateway.client.putEndpoint('bench', { capture: { percent } });
  const through = { url: `${gateway.url}/bench/invocations`, pids: gateway.pids };
  const nothing = async () => {};
  return [
    { name: 'direct', url: `http://127.0.0.1:${upstream}/invocations`, pids: [], prepare: nothing },
    { name: 'nginx', ...(await startNginx(scope, folder, upstream)), prepare: nothing },
    { name: 'HAProxy', ...(await startHaproxy(scope, folder, upstream)), prepare: nothing },
    { name: 'gateway', ...through, prepare: async () => void (await capture(0)) },
    { name: 'gateway, capturing all', ...through, prepare: async () => void (await capture(100)) },
  ];
}

async function startGateway(scope: Scope, folder: string) {
  const main = local('../../packages/gateway/src/main.ts');
  const args = [main, '--state-dir', join(folder, 'gateway')];
  const token = randomUUID();
  const env = { ...process.env, SLUICE_GATEWAY_TOKEN: token };
  const host = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  endWith(scope, host);
  const line = await new Promise<string>((resolve, reject) => {
    host.stdout.once('data', (data: Buffer) => resolve(data.toString()));
    host.once('exit', () => reject(new Error('the gateway did not start')));
  });
  const { url, adminUrl } = JSON.parse(line) as { url: string; adminUrl: string };
  const client = gatewayClient(adminUrl, { token });
  await client.putEndpoint('bench');
  const command = [process.execPath, local('./upstream.ts'), join(folder, 'upstream')];
  await client.putVersion('bench', 'v1', { digest: 'sha256:0', command, cwd: folder, modelPath: folder });
  for (;;) {
    scope.signal.throwIfAborted();
    const { state, port, lastError } = await client.version('bench', 'v1');
    if (state === 'crashed') throw new Error(`the model server ended: ${lastError}`);
    if (state === 'ready' && port !== null) {
      await client.setTraffic('bench', { weights: { v1: 1 } });
      const worker = (await client.health()).worker.pid;
      return { url, client, upstream: port, pids: [host.pid ?? 0, worker ?? 0] };
    }
    await pause(50);
  }
}

type Started = Pick<System, 'url' | 'pids'>;

async function startNginx(scope: Scope, folder: string, upstream: number): Promise<Started> {
  const port = await freePort();
  const server = `
  upstream model { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 64m;
    location /bench/ {
      proxy_pass http://model/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }`;
  const nginx = spawn('nginx', nginxArguments(join(folder, 'nginx'), server), { stdio: 'inherit' });
  endWith(scope, nginx);
  const url = await answering(`http://127.0.0.1:${port}/bench/invocations`);
  return { url, pids: withChildren(nginx.pid ?? 0) };
}

async function startHaproxy(scope: Scope, folder: string, upstream: number): Promise<Started> {
  const port = await freePort();
  mkdirSync(join(folder, 'haproxy'), { recursive: true });
  const path = join(folder, 'haproxy', 'haproxy.cfg');
  const config = `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend callers
  bind 127.0.0.1:${port}
  default_backend models
backend models
  http-request replace-path /bench/(.*) /\\1
  server model 127.0.0.1:${upstream}
`;
  writeFileSync(path, config);
  const haproxy = spawn('haproxy', ['-db', '-f', path], { stdio: 'inherit' });
  endWith(scope, haproxy);
  const url = await answering(`http://127.0.0.1:${port}/bench/invocations`);
  return { url, pids: withChildren(haproxy.pid ?? 0) };
}

/** The URL, once somebody answers there. */
async function answering(url: string): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(url, { method: 'POST', body: '{}' }).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok) return url;
    if (tries > 100) throw new Error(`nobody answers at ${url}`);
    await pause(50);
  }
}

function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [pid, ...children.trim().split(' ').filter(Boolean).map(Number)];
}

function endWith(scope: Scope, child: ChildProcess): void {
  scope.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  });
}
