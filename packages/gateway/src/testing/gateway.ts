import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayMetrics, GatewayVersionSpec } from '@sluice/sdk';
import { type GatewayClient, gatewayClient } from '../client.ts';
import { type GatewayHost, type GatewayHostOptions, startGatewayHost } from '../host.ts';

export const modelServer = fileURLToPath(new URL('./model-server.ts', import.meta.url));

export interface TestGateway {
  host: GatewayHost;
  client: GatewayClient;
  stateDir: string;
  /** Starts a version of the test model server and waits until it is ready. */
  serve(endpoint: string, id: string, env?: Record<string, string>): Promise<void>;
  /** Ends the host and removes its folder. */
  end(): Promise<void>;
}

export const newStateDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'sluice-gateway-'));

/** A gateway on free ports with a folder of its own. */
export async function testGateway(options: Partial<GatewayHostOptions> = {}): Promise<TestGateway> {
  const stateDir = options.stateDir ?? (await newStateDir());
  const remove = () => rm(stateDir, { recursive: true, force: true });
  const host = await startGatewayHost({ ...options, stateDir }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const client = gatewayClient(host.adminUrl, { token: host.adminToken });
  return {
    host,
    client,
    stateDir,
    async serve(endpoint, id, env = {}) {
      await client.putEndpoint(endpoint);
      await client.putVersion(endpoint, id, spec({ env, digest: `sha256:${id}` }));
      await until(async () => (await client.version(endpoint, id)).state === 'ready', `${id} to be ready`);
    },
    async end() {
      await host.close();
      await remove();
    },
  };
}

/** Metrics in which everything counts that was answered before the call. */
export async function settledMetrics(client: GatewayClient, endpoint: string): Promise<GatewayMetrics> {
  const asked = Date.now();
  let metrics = await client.metrics(endpoint);
  await until(async () => {
    metrics = await client.metrics(endpoint);
    return metrics.until > asked;
  }, 'the present second to be over');
  return metrics;
}

export function spec(overrides: Partial<GatewayVersionSpec> = {}): GatewayVersionSpec {
  const command = [process.execPath, modelServer];
  return { digest: 'sha256:0', command, cwd: tmpdir(), modelPath: '/models/m', ...overrides };
}

/** Waits for a condition; fails by its name after 15 s. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
