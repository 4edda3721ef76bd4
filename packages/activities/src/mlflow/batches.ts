import { cut, keyName, Limit } from './names.ts';
import type { MlflowBatch } from './types.ts';

const METRICS = 1000;
const OTHERS = 100;
const TOGETHER = 1000;
/** The server allows 1,000,000 bytes of JSON; a little is left for the run id. */
const BYTES = 990_000;

interface WireMetric {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}
type Item = { readonly key: string; readonly value: string };

export interface WireBatch {
  readonly metrics: WireMetric[];
  readonly params: Item[];
  readonly tags: Item[];
}

/**
 * Cuts a batch into requests that `runs/log-batch` takes: at most 1000 metrics, 100 parameters, 100 tags, 1000 together
 * and a million bytes. Names and values are brought into the form the server wants; parameters come first, then tags.
 * Of two parameters of one name in one batch the last one counts (the server refuses both).
 */
export function batches({ metrics = [], params = [], tags = [] }: MlflowBatch): WireBatch[] {
  const result: WireBatch[] = [];
  let current: WireBatch = { metrics: [], params: [], tags: [] };
  let bytes = 0;
  const room = (list: keyof WireBatch, limit: number, size: number) => {
    const together = current.metrics.length + current.params.length + current.tags.length;
    if (together === 0 || (current[list].length < limit && together < TOGETHER && bytes + size <= BYTES)) return;
    result.push(current);
    current = { metrics: [], params: [], tags: [] };
    bytes = 0;
  };
  const add = <T>(list: keyof WireBatch, limit: number, item: T) => {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    room(list, limit, size);
    (current[list] as unknown as T[]).push(item);
    bytes += size;
  };
  for (const item of unique(params, Limit.param)) add('params', OTHERS, item);
  for (const item of unique(tags, Limit.tag)) add('tags', OTHERS, item);
  for (const metric of metrics) {
    const { value, timestamp, step } = metric;
    add('metrics', METRICS, {
      key: keyName(metric.key),
      value: Number.isFinite(value) ? value : wireNumber(value),
      timestamp: whole(timestamp),
      step: whole(step),
    });
  }
  if (current.metrics.length + current.params.length + current.tags.length > 0) result.push(current);
  return result;
}

function unique(items: readonly Item[], limit: number): Item[] {
  const byKey = new Map(items.map(({ key, value }) => [keyName(key), cut(value, limit)]));
  return [...byKey].map(([key, value]) => ({ key, value }));
}

/** JSON has no word for these, MLflow has. */
function wireNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

function whole(value: number): number {
  return Number.isFinite(value) ? Math.trunc(value) : 0;
}
