import { expect, it } from 'vitest';
import { uiAssets } from '../index.ts';

it('the pages are one script and one stylesheet of their own, and name nothing outside', async () => {
  const { index, files } = await uiAssets();
  const named = [...index.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
  expect(named.length).toBe(3);
  for (const path of named) expect(files.has(path)).toBe(true);
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes.length, 0);
  expect(bytes).toBeLessThan(200_000);
  for (const [path, { bytes: content }] of files) {
    const hosts = new TextDecoder().decode(content).match(/https?:\/\/[\w.-]+/g) ?? [];
    expect(
      hosts.filter((host) => host !== 'http://www.w3.org'),
      path,
    ).toEqual([]);
  }
});
