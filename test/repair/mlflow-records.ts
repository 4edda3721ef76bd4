/** What MLflow's REST interface says of one run of ours. */
export interface MlflowRecords {
  /** Names of its MLflow runs: the run itself and one for each training. */
  readonly runs: readonly string[];
  /** Versions it registered, with the aliases that point at them. */
  readonly versions: readonly { readonly version: string; readonly aliases: readonly string[] }[];
}

interface Tagged {
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

export async function mlflowRecords(url: string, experiment: string, workflowId: string): Promise<MlflowRecords> {
  const ask = async (path: string, body?: object) => {
    const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const ours = ({ tags = [] }: Tagged) => tags.some(({ key, value }) => key === 'sluice.run' && value === workflowId);
  const found = await ask(`experiments/get-by-name?experiment_name=${encodeURIComponent(experiment)}`);
  const id = (found.experiment as { experiment_id: string }).experiment_id;
  const runs = ((await ask('runs/search', { experiment_ids: [id] })).runs ?? []) as {
    info: { run_name: string };
    data: Tagged;
  }[];
  const versions = ((await ask('model-versions/search')).model_versions ?? []) as (Tagged & {
    name: string;
    version: string;
  })[];
  return {
    runs: runs.filter(({ data }) => ours(data)).map(({ info }) => info.run_name),
    versions: await Promise.all(
      versions.filter(ours).map(async ({ name, version }) => {
        const model = (await ask(`registered-models/get?name=${encodeURIComponent(name)}`)).registered_model as {
          aliases?: { alias: string; version: string }[];
        };
        const aliases = (model.aliases ?? []).filter((one) => one.version === version).map(({ alias }) => alias);
        return { version, aliases: aliases.sort() };
      }),
    ),
  };
}
