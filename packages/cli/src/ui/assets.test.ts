import { expect, test } from 'vitest';
import { loadAssets } from './assets.ts';

test('there is a document to show, with the pages of the package or without', async () => {
  const { index, files } = await loadAssets();
  expect(index.toLowerCase()).toContain('<!doctype html>');
  for (const path of files.keys()) expect(path).toMatch(/^\//);
});
