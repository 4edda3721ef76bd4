import { type Artifact, type Dataset, kindOf, type Model, type Runtime, type StepSpec, useRuntime } from '../index.ts';

/** A runtime that keeps the specs it is given, and lets tests say how the keys of a map end. */
export function fakeRuntime(): Runtime & { readonly specs: StepSpec[]; readonly order: string[] } {
  const specs: StepSpec[] = [];
  const order: string[] = [];
  return {
    specs,
    order,
    run: () => Promise.reject(new Error('not used')),
    step: async (asked) => {
      const spec = asked as unknown as StepSpec;
      specs.push(spec);
      return kindOf(spec).planned(spec, { step: spec.name, keys: {} }) as never;
    },
    map: async (spec, body) =>
      Promise.all(
        spec.keys.map(async (key, index) => {
          order.push(key);
          try {
            return { key, ok: true, value: await body(index) } as const;
          } catch (error) {
            return { key, ok: false, error: { code: 'Test', message: (error as Error).message } } as const;
          }
        }),
      ),
  };
}

/** The spec that `declare` hands to its runtime. */
export async function specOf(declare: () => Promise<unknown>): Promise<StepSpec> {
  const runtime = fakeRuntime();
  const restore = useRuntime(runtime);
  try {
    await declare();
  } finally {
    restore();
  }
  return runtime.specs[0] as StepSpec;
}

const artifact: Omit<Artifact, 'kind'> = { uri: 'sluice:blob/00', digest: `sha256:${'a'.repeat(64)}`, bytes: 1 };

export const someModel: Model = {
  ...artifact,
  kind: 'model',
  step: 'model',
  keys: {},
  mlflowRunId: null,
  metrics: {},
  lineage: { code: artifact.digest, hyper: artifact.digest, data: {}, parents: [] },
};

export const someDataset: Dataset = {
  ...artifact,
  kind: 'dataset',
  name: 'rows',
  step: 'rows',
  keys: {},
  verdict: 'pass',
  evidence: [],
  rows: 1,
  columns: [],
  profile: { ...artifact, kind: 'report' },
};
