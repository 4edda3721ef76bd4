import type { Artifact, Digest, ModelRef } from '@sluice/sdk';
import { expect, it } from 'vitest';
import { lineageOf } from './lineage.ts';

const digest = (index: number): Digest => `sha256:${String(index).padStart(64, '0')}`;
const models = (count: number): ModelRef[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ kind: 'model' as const, uri: 'sluice:tree/00', digest: digest(index), bytes: 1, step: 'delay', keys: {} },
  }));
const digests = { code: digest(1), hyper: digest(2), data: digest(3) };

/** A store that keeps one text. */
function shelf() {
  const texts: string[] = [];
  const putText = async (text: string, kind: Artifact['kind']): Promise<Artifact> => {
    texts.push(text);
    return { kind, uri: 'sluice:blob/list', digest: digest(9), bytes: text.length };
  };
  return { texts, store: { putText } };
}

it('a model merged of 64 names them all, and stores nothing for it', async () => {
  const { store, texts } = shelf();
  const lineage = await lineageOf(store, { data: {}, models: models(64) }, digests);
  expect(lineage.parents).toHaveLength(64);
  expect(lineage.allParents).toBeUndefined();
  expect(texts).toEqual([]);
});

it('a model merged of five thousand names the first, and where all are listed', async () => {
  const { store, texts } = shelf();
  const lineage = await lineageOf(store, { data: {}, models: models(5_000) }, digests);
  expect(lineage.parents).toEqual(models(64).map((model) => model.digest));
  expect(lineage.allParents).toMatchObject({ count: 5_000, list: { kind: 'report', uri: 'sluice:blob/list' } });
  expect(JSON.parse(texts[0] ?? '')).toEqual(models(5_000).map((model) => model.digest));
  expect(JSON.stringify(lineage).length).toBeLessThan(8_000);
});
