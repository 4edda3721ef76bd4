import type { MlflowClient } from '../mlflow/client.ts';
import { cut, keyName } from '../mlflow/names.ts';
import { tagList, tagsOf } from '../mlflow/types.ts';

/** Aliases that Sluice moves; a model server or a notebook can ask for `models:/<name>@production`. */
export const Alias = { candidate: 'candidate', production: 'production', previous: 'previous' } as const;

/** Which registered model version is meant. */
export interface VersionRef {
  readonly model: string;
  readonly version: string;
}

/** Longest value of a tag that every database behind MLflow keeps. */
const VALUE = 5000;

/** Brings a version's tags to these values; a value that is null is left as it is. */
export async function tagVersion(
  mlflow: MlflowClient,
  { model, version }: VersionRef,
  tags: Readonly<Record<string, string | null>>,
): Promise<void> {
  const known = tagsOf((await mlflow.getModelVersion(model, version)) ?? {});
  for (const { key, value } of versionTags(tags)) {
    if (known[key] !== value) await mlflow.setModelVersionTag({ name: model, version, key, value });
  }
}

export function versionTags(tags: Readonly<Record<string, string | null>>): { key: string; value: string }[] {
  return tagList(tags).map(({ key, value }) => ({ key: keyName(key), value: cut(value, VALUE) }));
}

/** Takes an alias away from a version, if it is there. */
export async function dropAlias(mlflow: MlflowClient, { model, version }: VersionRef, alias: string): Promise<void> {
  const holder = await mlflow.getVersionByAlias(model, alias);
  if (holder?.version === version) await mlflow.deleteAlias(model, alias);
}
