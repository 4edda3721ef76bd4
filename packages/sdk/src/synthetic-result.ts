import {
  type Artifact,
  type Dataset,
  type Digest,
  type Model,
  PARENTS_LISTED,
  type Report,
  type StepOutput,
} from './artifact.ts';
import type { DeployResult, StepSpec } from './spec.ts';
import type { Scope } from './step-names.ts';

const zeroes: Digest = `sha256:${'0'.repeat(64)}`;

/** What a step could have returned: of the right type, and with nothing in it. */
export function syntheticResult(
  spec: StepSpec,
  path: string,
  scopes: readonly Scope[],
): Dataset | Model | StepOutput | Report | DeployResult {
  const origin = { step: path, keys: Object.fromEntries(scopes.map(({ map, key }) => [map, key])) };
  const gate = { name: spec.name, verdict: 'pass', evidence: [] } as const;
  switch (spec.kind) {
    case 'extract':
      return { ...empty('dataset'), ...origin, ...gate, rows: 0, columns: [], profile: empty('report') };
    case 'train':
    case 'merge':
      return { ...empty('model'), ...origin, mlflowRunId: null, metrics: {}, lineage: lineageOf(spec) };
    case 'step':
      return { ...origin, files: empty('files'), value: null };
    case 'evaluate':
    case 'replay':
      return { ...gate, step: path, report: empty('report'), candidate: spec.model.digest, baseline: null };
    case 'deploy':
      return {
        state: 'deployed',
        endpoint: spec.endpoint,
        candidate: spec.model.digest,
        version: null,
        verdict: 'pass',
        decision: {
          decision: 'approve',
          by: 'a plan',
          reason: null,
          at: '1970-01-01T00:00:00.000Z',
          via: 'policy',
          run: '',
          step: path,
          endpoint: spec.endpoint,
          candidate: spec.model.digest,
          round: 1,
          evidence: '',
        },
        reason: null,
      };
  }
}

function empty<Kind extends Artifact['kind']>(kind: Kind): Artifact & { readonly kind: Kind } {
  const hex = '0'.repeat(64);
  const uri = kind === 'dataset' || kind === 'report' ? `sluice:blob/${hex}` : `sluice:tree/${hex}`;
  return { kind, uri, digest: zeroes, bytes: 0 };
}

function lineageOf(spec: Extract<StepSpec, { readonly kind: 'train' | 'merge' | 'step' }>): Model['lineage'] {
  return {
    code: zeroes,
    hyper: zeroes,
    data: Object.fromEntries(Object.entries(spec.data).map(([name, dataset]) => [name, dataset.digest])),
    parents: spec.models.slice(0, PARENTS_LISTED).map((model) => model.digest),
  };
}
