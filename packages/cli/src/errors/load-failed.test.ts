import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../../../../test/harness/called.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-load-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  [
    'cannot be parsed',
    'a.ts',
    "export default {\n  project: 'x',\n  pipelines: [;\n};\n",
    'a.ts:3',
    'Expression expected',
  ],
  ['has an enum', 'b.ts', 'const a = 1;\nenum X { A }\nexport default a;\n', 'b.ts:2', 'enum is not supported'],
  ['imports a file that is not there', 'c.ts', "\nimport x from './no.ts';\nexport default x;\n", 'c.ts:2', 'no.ts'],
  ['imports a package that is not there', 'd.ts', "\n\nimport x from 'none';\nexport default x;\n", 'd.ts:3', "'none'"],
  ['imports a name that is not there', 'e.ts', "import { no } from 'node:fs';\nno();\n", 'e.ts:1', "named 'no'"],
  ['fails while it is loaded', 'f.ts', '\nconst x: any = null;\nexport default x.y;\n', 'f.ts:3', "reading 'y'"],
  ['throws a text', 'g.ts', "\nthrow 'no way';\n", 'g.ts', 'no way'],
])('a file that %s is named with its line', async (_, name, source, place, why) => {
  await writeFile(join(folder, name), source);
  const code = `
    const { loadFailed } = await import(${JSON.stringify(new URL('./load-failed.ts', import.meta.url).href)});
    await import(process.argv[1]).catch((e) => console.log(JSON.stringify(loadFailed(process.argv[1], e))));`;
  const args = ['--input-type=module', '-e', code, join(folder, name)];
  const { out } = await call(process.execPath, args, { cwd: folder, env: process.env });
  expect(JSON.parse(out)).toMatchObject({ code: 'InvalidConfig', where: join(folder, place) });
  expect((JSON.parse(out) as { problems: string[] }).problems[0]).toContain(why);
});
