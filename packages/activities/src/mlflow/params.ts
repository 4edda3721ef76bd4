import type { Json, JsonObject } from '@sluice/sdk';
import { cut, keyName, Limit } from './names.ts';
import type { MlflowParam, MlflowRun } from './types.ts';

/** `{ optimizer: { lr: 0.1 }, layers: [8, 4] }` as `optimizer.lr = 0.1`, `layers = [8,4]`, in the form MLflow keeps. */
export function paramsOf(fields: JsonObject): MlflowParam[] {
  const byKey = new Map(flatten(fields).map(([key, value]) => [keyName(key), cut(value, Limit.param)]));
  return [...byKey].map(([key, value]) => ({ key, value }));
}

/** Parameters are write-once in MLflow: those it does not know yet, and the names of those that differ by now. */
export function unknownParams(
  run: Pick<MlflowRun, 'data'> | null,
  params: readonly MlflowParam[],
): { readonly absent: MlflowParam[]; readonly changed: string[] } {
  const known = new Map((run?.data.params ?? []).map(({ key, value }) => [key, value]));
  return {
    absent: params.filter(({ key }) => !known.has(key)),
    changed: params.filter(({ key, value }) => known.has(key) && known.get(key) !== value).map(({ key }) => key),
  };
}

function flatten(fields: JsonObject, prefix = ''): [string, string][] {
  return Object.entries(fields).flatMap(([key, value]): [string, string][] => {
    if (value === undefined) return [];
    if (isFields(value) && Object.keys(value).length > 0) return flatten(value, `${prefix}${key}.`);
    return [[`${prefix}${key}`, typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}

export function isFields(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
