import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Candidate } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { openStore } from '../../packages/activities/src/index.ts';
import { loadConfig } from '../../packages/cli/src/config/load-config.ts';
import { CONTROL } from '../../packages/cli/src/config/resolved-config.ts';
import { startChild } from '../../packages/cli/src/dev/child.ts';
import { FrontDoor } from '../../packages/cli/src/dev/front-door.ts';
import { claimPort } from '../../packages/cli/src/dev/ports.ts';
import { startTemporal } from '../../packages/cli/src/dev/temporal-server.ts';
import { startWorkerProcess } from '../../packages/cli/src/dev/worker-part.ts';
import { connectClient, plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { type GatewayClient, gatewayClient } from '../../packages/gateway/src/index.ts';
import { processesIn } from '../../test/harness/processes.ts';
import type { Behaviour } from './behaviour.ts';
import { type Load, startLoad } from './load.ts';
import { Part } from './part.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';

/**
 * A Temporal server, a worker for workflows and a gateway, each in a process of its own that can be killed, paused and
 * started again, and callers in another. MLflow is off. Their folder with all logs stays where `SLUICE_SOAK_KEEP` is set.
 */
export interface Stand {
  readonly client: Client;
  readonly admin: GatewayClient;
  /** Where callers send their requests; it outlives the gateway's host. */
  readonly url: string;
  readonly load: Load;
  readonly temporal: Part;
  /** Runs the workflows and the small activities. */
  readonly worker: Part;
  /** Worker of the class `cpu`; it is not up until somebody needs it. */
  readonly jobs: Part;
  readonly host: Part;
  /** The gateway's disk; null where the system lets nobody but root have a small one. */
  readonly disk: Pick<SmallDisk, 'fill' | 'free'> | null;
  /** The gateway's process that answers callers. */
  proxyPid(): Promise<number | null>;
  /** A model whose server behaves so, in the project's store. */
  model(behaviour: Behaviour): Promise<Candidate>;
  /** Ends everything. @returns what was left running even then, and is killed now */
  close(): Promise<string[]>;
}

const gatewayMain = fileURLToPath(new URL('../../packages/gateway/src/main.ts', import.meta.url));
const token = 'soak';

/** Name of the stand's project: see its `sluice.config.ts`. */
export const STAND_PROJECT = 'soak';

/** @param signal fires when somebody asks to stop in the middle: calls may be under way then */
export async function startStand(signal?: AbortSignal): Promise<Stand> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-soak-')));
  const root = join(folder, 'project');
  const undo: (() => unknown)[] = [];
  const close = async () => {
    for (const end of undo.splice(0).reverse()) await end();
    const left = processesIn(folder);
    for (const line of left) process.kill(Number.parseInt(line, 10), 'SIGKILL');
    if (process.env.SLUICE_SOAK_KEEP) console.log(`kept: ${folder}`);
    else await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    return left;
  };
  try {
    await cp(join(import.meta.dirname, 'project'), root, { recursive: true });
    const loaded = await loadConfig({ file: join(root, 'sluice.config.ts') });
    const logs = join(root, '.sluice', 'dev');
    const tokenFile = join(folder, 'admin-token');
    await writeFile(tokenFile, token, { mode: 0o600 });

    const temporalPort = await claimPort(0, 'the Temporal server', '');
    const address = `127.0.0.1:${temporalPort}`;
    const temporal = new Part('temporal', () =>
      startTemporal({ stateDir: join(folder, 'temporal'), port: temporalPort, headless: true }),
    );

    const door = new FrontDoor();
    const url = `http://127.0.0.1:${await door.open(0)}`;
    undo.push(() => door.close());
    const [port, adminPort] = [await claimPort(0, 'the gateway', ''), await claimPort(0, 'its administration', '')];
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    const admin = gatewayClient(adminUrl, { token, timeoutMs: 5000 });
    const stateDir = join(root, '.sluice', 'gateway');
    await mkdir(stateDir, { recursive: true });
    const disk = smallDisk(stateDir);
    undo.push(() => disk?.close());
    const host = new Part('host', async () => {
      const args = [gatewayMain, '--state-dir', stateDir, '--port', `${port}`, '--admin-port', `${adminPort}`];
      const child = await startChild({
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', ...args],
        cwd: root,
        env: { ...process.env, SLUICE_GATEWAY_TOKEN: token },
        log: join(logs, 'gateway.log'),
      });
      void child.exited.then(() => door.lead(null));
      while (
        !(await admin.health().then(
          ({ ok }) => ok,
          () => false,
        ))
      ) {
        if (child.exit !== null) throw new Error(`The gateway ended; see ${child.log}.`);
        await delay(50);
      }
      door.lead(port);
      return { pid: child.pid, exited: child.exited, stop: () => child.stop(5000) };
    });

    const workerOf = (name: string) => () =>
      startWorkerProcess({
        loaded,
        class: name,
        machine: name,
        temporal: { address, namespace: 'default', uiUrl: null },
        mlflowUrl: null,
        gateway: { url, adminUrl, tokenFile },
        scheduledEventsUrl: '',
        grace: 1000,
      });
    const worker = new Part('worker', workerOf(CONTROL));
    const jobs = new Part('jobs', workerOf('cpu'));

    undo.push(() => host.stop());
    await Promise.all([temporal.up(), host.up()]);
    undo.push(() => temporal.stop());
    const { client, close: disconnect } = await connectClient(plainTarget(address, 'default', 'flags', null));
    // A call that is still on its way would throw out of nowhere; after an interruption the process ends anyway.
    undo.push(() => (signal?.aborted ? undefined : disconnect()));
    await worker.up();
    undo.push(() => worker.stop());
    undo.push(() => jobs.stop());
    const load = startLoad();
    undo.push(() => load.stop());

    const store = openStore(loaded.config.store, root);
    return {
      client,
      admin,
      url,
      load,
      temporal,
      worker,
      jobs,
      host,
      disk,
      proxyPid: async () => (await admin.health()).worker.pid,
      async model(behaviour) {
        const path = join(folder, 'models', behaviour.name);
        await mkdir(path, { recursive: true });
        await writeFile(join(path, 'behaviour.json'), JSON.stringify(behaviour));
        const { digest, uri, bytes } = await store.putTree(path, 'model');
        return { digest, uri, bytes, id: `v-${digest.slice(7, 19)}`, registered: null };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
