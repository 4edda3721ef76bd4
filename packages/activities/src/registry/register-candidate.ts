import type { Candidate, Model, SluiceActivities } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import type { MlflowClient } from '../mlflow/client.ts';
import { modelVersionPage } from '../mlflow/links.ts';
import { checkModelName, datasetDigest } from '../mlflow/names.ts';
import { type MlflowRun, tagsOf } from '../mlflow/types.ts';
import { hexOf } from '../store/artifact-store.ts';
import { Alias, versionTags } from './model-version.ts';
import { workflowPage } from './run-record.ts';

type Context = Pick<ActivityContext, 'config' | 'store' | 'mlflow' | 'links'>;
type Input = Parameters<SluiceActivities['registerCandidate']>[0];

/**
 * Makes or finds the registered model version of a candidate, with its lineage, and gives it the alias `candidate`.
 * One run, step and digest is one version, however often this is asked.
 *
 * The model's bytes are not copied: the version's `source` is `sluice:/tree/<hex>`, which an MLflow server takes for a
 * foreign store and does not look into. (It takes local paths only inside the run's own artifact folder.) Where the
 * files lie is in the tag `sluice.location`.
 */
export function registerCandidateActivity(context: Context): SluiceActivities['registerCandidate'] {
  const { config, mlflow, links } = context;
  return async (input) => {
    const { model, endpoint } = input;
    const candidate = { digest: model.digest, uri: model.uri, bytes: model.bytes, id: versionId(model.digest) };
    if (mlflow === null) return { ...candidate, registered: null };
    const name = checkModelName(config.endpoints?.[endpoint]?.model ?? endpoint, endpoint);
    const run = await trainingRun(mlflow, model);
    await mlflow.ensureRegisteredModel(name);
    const { version } = await mlflow.ensureModelVersion({
      name,
      source: sourceOf(model.uri),
      runId: run?.info.run_id ?? null,
      key: `${input.ref.workflowId}/${input.ref.step}@${model.digest}`,
      runLink: workflowPage(links.temporal, input.ref.workflowId),
      description: describe(input),
      tags: Object.fromEntries(versionTags(tagsFor(context, input, run)).map(({ key, value }) => [key, value])),
    });
    await mlflow.setAlias(name, Alias.candidate, version.version);
    const url = modelVersionPage(links.mlflow ?? mlflow.url, name, version.version);
    return { ...candidate, registered: { model: name, version: version.version, url } };
  };
}

/** Id of a version on its endpoint: fit for a URL, a label and a file name. */
export function versionId(digest: string): string {
  return `v-${hexOf(digest).slice(0, 12)}`;
}

/** MLflow refuses the store's own spelling, `sluice:tree/<hex>`, as a relative path. */
function sourceOf(uri: string): Candidate['uri'] {
  return uri.replace(/^sluice:\/*/, 'sluice:/');
}

/** The run that trained the model, with the datasets as its inputs; null when this server does not know it. */
async function trainingRun(mlflow: MlflowClient, model: Model): Promise<MlflowRun | null> {
  const run = model.mlflowRunId === null ? null : await mlflow.getRun(model.mlflowRunId);
  if (run === null || run.info.lifecycle_stage !== 'active') return null;
  const known = new Set(run.inputs?.dataset_inputs?.map(({ dataset }) => dataset.digest));
  const missing = Object.entries(model.lineage.data).filter(([, digest]) => !known.has(datasetDigest(digest)));
  if (missing.length > 0) {
    const inputs = missing.map(([name, digest]) => ({
      dataset: {
        name,
        digest: datasetDigest(digest),
        source_type: 'sluice',
        source: JSON.stringify({ digest }),
      },
      tags: [{ key: 'mlflow.data.context', value: 'training' }],
    }));
    await mlflow.logInputs(run.info.run_id, inputs);
  }
  return run;
}

function tagsFor({ store, links }: Context, input: Input, run: MlflowRun | null): Record<string, string | null> {
  const { ref, model, gates } = input;
  const { lineage } = model;
  return {
    'sluice.digest': model.digest,
    'sluice.uri': model.uri,
    'sluice.location': store.locate(model),
    'sluice.bytes': String(model.bytes),
    'sluice.endpoint': input.endpoint,
    'sluice.pipeline': ref.pipeline,
    'sluice.run': ref.workflowId,
    'sluice.link': workflowPage(links.temporal, ref.workflowId),
    'sluice.step': model.step,
    'sluice.state': 'candidate',
    'sluice.code': lineage.code,
    'sluice.hyper': lineage.hyper,
    'sluice.data': JSON.stringify(lineage.data),
    'sluice.parents': JSON.stringify(lineage.parents),
    'sluice.parents.count': lineage.allParents ? String(lineage.allParents.count) : null,
    'sluice.parents.list': lineage.allParents?.list.uri ?? null,
    'sluice.metrics': JSON.stringify(model.metrics),
    'sluice.commit': input.commit,
    'sluice.dirty': input.dirty === null ? null : String(input.dirty),
    'sluice.image': run === null ? null : (tagsOf(run.data)['sluice.image'] ?? null),
    ...Object.fromEntries(Object.entries(lineage.data).map(([name, digest]) => [`sluice.data.${name}`, digest])),
    ...Object.fromEntries(Object.entries(model.keys).map(([scope, key]) => [`sluice.map.${scope}`, key])),
    ...Object.fromEntries(gates.map((gate) => [`sluice.gate.${gate.name}`, gate.verdict])),
  };
}

function describe({ ref, model, gates, commit, dirty }: Input): string {
  const code = commit === null ? '' : `, commit ${commit.slice(0, 12)}${dirty ? ' with uncommitted changes' : ''}`;
  const rows = gates.map((gate) => `- ${gate.name}: ${gate.verdict}`);
  return [`Made by step \`${model.step}\` of run \`${ref.workflowId}\`${code}.`, '', ...rows].join('\n').trim();
}
