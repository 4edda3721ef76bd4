import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Candidate, GateResult, Model, SluiceConfig, StepRef } from '@sluice/sdk';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type MlflowClient, mlflowClient } from '../../packages/activities/src/mlflow/client.ts';
import { tagsOf } from '../../packages/activities/src/mlflow/types.ts';
import { registerCandidateActivity } from '../../packages/activities/src/registry/register-candidate.ts';
import type { ArtifactStore } from '../../packages/activities/src/store/artifact-store.ts';
import { fileStore } from '../../packages/activities/src/store/file-store.ts';
import { realMlflow, type Server, START } from './real-server.ts';

export const gates: GateResult[] = [
  { name: 'holdout: Qualität (top-1)', verdict: 'pass', evidence: [] },
  { name: 'recent-traffic', verdict: 'inconclusive', evidence: [] },
];

/** A store and a real MLflow server for the tests of a file, with an endpoint of its own for each; to be called outside of them. */
export function registryStand() {
  let server: Server;
  let mlflow: MlflowClient;
  let store: ArtifactStore;
  let folder: string;
  let endpoint: string;
  let count = 0;

  beforeAll(async () => {
    server = await realMlflow();
    mlflow = mlflowClient({ url: server.url });
    folder = await mkdtemp(join(tmpdir(), 'sluice-registry-'));
    store = fileStore(join(folder, 'store'));
  }, START);
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }, 30_000);
  beforeEach(() => {
    count += 1;
    endpoint = `flüge ${count}`;
  });

  function context(overrides: { mlflow?: MlflowClient | null; config?: Partial<SluiceConfig> } = {}) {
    return {
      config: { project: 'registry', pipelines: [], ...overrides.config },
      store,
      mlflow: overrides.mlflow === undefined ? mlflow : overrides.mlflow,
      links: { mlflow: null, temporal: 'http://127.0.0.1:8233/namespaces/default' },
    };
  }

  function refOf(run = `flight-delays/${count}`): StepRef {
    return { workflowId: run, pipeline: 'flight-delays', step: 'flight-delays', name: 'flight-delays', keys: {} };
  }

  /** A model with real bytes in the store and a real training run. */
  async function trainedModel(text: string, runId?: string | null): Promise<Model> {
    const directory = await mkdtemp(join(folder, 'model-'));
    await writeFile(join(directory, 'weights.json'), text);
    const trained = await mlflow.ensureRun({
      ...{ experiment: 'registry', key: `train/${count}/${text}`, name: 'train' },
      tags: { 'sluice.image': 'trainer@sha256:1' },
    });
    return {
      ...(await store.putTree(directory, 'model')),
      kind: 'model',
      ...{ step: 'airport=Zürich/delay', keys: { airport: 'Zürich' }, metrics: { loss: 0.25, 'f1@5': 0.5 } },
      mlflowRunId: runId === undefined ? trained.runId : runId,
      lineage: {
        ...{ code: `sha256:${'c'.repeat(64)}`, hyper: `sha256:${'d'.repeat(64)}` },
        ...{ data: { flights: `sha256:${'e'.repeat(64)}` }, parents: [`sha256:${'f'.repeat(64)}`] },
      },
    };
  }

  async function register(model: Model, run?: string, with_ = context()): Promise<Candidate> {
    const input = { ref: refOf(run), endpoint, model, gates, commit: 'abcdef0123456789', dirty: true };
    return registerCandidateActivity(with_)(input);
  }

  async function versionTags(candidate: Candidate): Promise<Record<string, string>> {
    const { model, version } = candidate.registered ?? { model: '', version: '' };
    return tagsOf((await mlflow.getModelVersion(model, version)) ?? {});
  }

  const aliasOf = async (alias: string) => (await mlflow.getVersionByAlias(endpoint, alias))?.version ?? null;

  return {
    context,
    refOf,
    trainedModel,
    register,
    versionTags,
    aliasOf,
    get server() {
      return server;
    },
    get mlflow() {
      return mlflow;
    },
    get store() {
      return store;
    },
    get endpoint() {
      return endpoint;
    },
    /** Of the test. */
    get count() {
      return count;
    },
  };
}
