import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifact, command, type EndpointState, ErrorCode, type Model, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ActivityContext } from '../../context.ts';
import { type ArtifactStore, hexOf } from '../../store/artifact-store.ts';

export const FIXTURE_SERVER = fileURLToPath(new URL('./fixture-server.mjs', import.meta.url));

export interface Fixture {
  readonly context: ActivityContext;
  /** Stores a model whose `model.json` is `behaviour`. */
  model(behaviour: Record<string, unknown>): Promise<Model>;
  /** What the endpoint's workflow answers; null: there is no such workflow. */
  endpoint: Partial<EndpointState> | null;
  /** Reads a report artifact. */
  report(artifact: Artifact): Promise<unknown>;
  remove(): Promise<void>;
}

/**
 * A context with a plain store and a client that only knows one endpoint, on a folder of its own, or on that of another
 * one (`root`): then it has what that one has.
 */
export async function fixture(overrides: Partial<ActivityContext> = {}): Promise<Fixture> {
  const root = overrides.root ?? (await mkdtemp(join(tmpdir(), 'sluice-activities-')));
  const store = overrides.store ?? folderStore(join(root, 'store'));
  const state: { endpoint: Fixture['endpoint'] } = { endpoint: null };
  const context: ActivityContext = {
    root,
    stateDir: join(root, '.sluice'),
    config: {
      project: 'test',
      pipelines: [],
      endpoints: { demo: { serve: command([process.execPath, FIXTURE_SERVER]), ready: '10 seconds' } },
    },
    store,
    mlflow: null,
    gateway: null,
    python: 'python3',
    trainerPath: join(root, 'trainer'),
    temporal: stubClient(() => state.endpoint),
    links: { mlflow: null, temporal: null },
    machine: 'test',
    resourceClass: 'cpu',
    preemption: { current: () => null, subscribe: () => () => {} },
    ...overrides,
  };
  return {
    context,
    get endpoint() {
      return state.endpoint;
    },
    set endpoint(value) {
      state.endpoint = value;
    },
    async model(behaviour) {
      const folder = await mkdtemp(join(root, 'model-'));
      await writeFile(join(folder, 'model.json'), JSON.stringify(behaviour));
      const artifact = await store.putTree(folder, 'model');
      const digest = `sha256:${'0'.repeat(64)}` as const;
      return {
        ...artifact,
        kind: 'model',
        step: 'delay',
        keys: {},
        mlflowRunId: null,
        metrics: {},
        lineage: { code: digest, hyper: digest, data: {}, parents: [] },
      };
    },
    report: async (artifact) => JSON.parse(await store.getText(artifact)),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

function stubClient(endpoint: () => Partial<EndpointState> | null): Client {
  const handle = (workflowId: string) => ({
    describe: async () => {
      if (endpoint() === null) throw new WorkflowNotFoundError('workflow not found', workflowId, undefined);
      return { status: { name: 'RUNNING' } };
    },
    query: async () => ({ mode: 'steady', ...endpoint() }),
  });
  return { workflow: { getHandle: handle } } as unknown as Client;
}

/** Enough of a store for these tests: trees of one `model.json`, and text. */
function folderStore(root: string): ArtifactStore {
  const place = (uri: string) => join(root, hexOf(uri));
  const put = async (kind: Artifact['kind'], shape: 'blob' | 'tree', bytes: Buffer, from?: string) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    await mkdir(root, { recursive: true });
    if (from === undefined) await writeFile(join(root, hex), bytes);
    else await cp(from, join(root, hex), { recursive: true });
    return { kind, uri: `sluice:${shape}/${hex}`, digest: `sha256:${hex}` as const, bytes: bytes.length };
  };
  const missing = (uri: string) => new SluiceError(ErrorCode.NotFound, `${uri} is not in the store.`);
  return {
    putFile: async (path, kind) => put(kind, 'blob', await readFile(path)),
    putText: (text, kind) => put(kind, 'blob', Buffer.from(text)),
    putTree: async (folder, kind) => put(kind, 'tree', await readFile(join(folder, 'model.json')), folder),
    getText: ({ uri }) => readFile(place(uri), 'utf8'),
    async fetch({ uri }, path) {
      if ((await stat(place(uri)).catch(() => null)) === null) throw missing(uri);
      await cp(place(uri), path, { recursive: true, errorOnExist: true, force: false });
    },
    files: async () => [],
    verify: async ({ uri }) => ((await stat(place(uri)).catch(() => null)) === null ? `${uri} is not there` : null),
    readPointer: async () => null,
    swapPointer: async () => null,
    discard: async (artifacts) => {
      for (const { uri } of artifacts) await rm(place(uri), { recursive: true, force: true });
    },
    locate: ({ uri }) => place(uri),
  };
}
