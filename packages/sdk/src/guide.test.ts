import { glob, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

/** Options by interface: `JobOptions` has `run`, `data`, … */
async function options(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const sources = [await read('./rollout.ts'), await read('./command.ts')];
  for await (const path of glob('steps/*.ts', { cwd: new URL('.', import.meta.url).pathname })) {
    if (!path.endsWith('.test.ts')) sources.push(await read(`./${path}`));
  }
  for (const source of sources) {
    for (const [, name = '', body = ''] of source.matchAll(
      /export interface (\w*Options|Placement)\b[^{]*\{([\s\S]*?)\n\}/g,
    )) {
      found.set(
        name,
        [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = '']) => field),
      );
    }
  }
  return found;
}

describe('docs/pipelines.md', () => {
  it('names every option of every step', async () => {
    const guide = await read('../../../docs/pipelines.md');
    const all = await options();
    expect(all.size).toBeGreaterThanOrEqual(12);
    const missing = [...all].flatMap(([name, fields]) =>
      fields.filter((field) => !new RegExp(`[\`{ ]${field}[\`,: }]`).test(guide)).map((field) => `${name}.${field}`),
    );
    expect(missing).toEqual([]);
  });

  it('links to sections that exist', async () => {
    const guide = await read('../../../docs/pipelines.md');
    const sections = [...guide.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/\s/g, '-'),
    );
    const links = [...guide.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !sections.includes(link))).toEqual([]);
  });
});
