import { glob, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The one way imports may point, by package: `sdk ← workflows`, `sdk ← activities`, `sdk ← gateway`, `sdk ← ui`, all ← `cli`. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  sdk: [],
  workflows: ['@sluice/sdk'],
  activities: ['@sluice/sdk'],
  gateway: ['@sluice/sdk'],
  ui: ['@sluice/sdk'],
  cli: ['@sluice/sdk', '@sluice/workflows', '@sluice/activities', '@sluice/gateway', '@sluice/ui'],
};

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly test: boolean;
}

describe.each(Object.keys(mayImport))('packages/%s', (name) => {
  const folder = join(root, 'packages', name);
  let imports: Import[] = [];
  let manifest: { dependencies?: Record<string, string>; devDependencies?: Record<string, string> } = {};
  beforeAll(async () => {
    imports = await importsOf(folder);
    manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  });

  it('imports of Sluice only what stands before it', () => {
    const wrong = imports.filter(({ specifier }) => {
      const used = packageOf(specifier);
      return used.startsWith('@sluice/') && !mayImport[name]?.includes(used);
    });
    expect(wrong).toEqual([]);
    const declared = Object.keys(manifest.dependencies ?? {}).filter((one) => one.startsWith('@sluice/'));
    expect(mayImport[name]).toEqual(expect.arrayContaining(declared));
  });

  it('reaches no file outside of its own folder, save in its tests', () => {
    const wrong = imports.filter(
      ({ file, specifier, test }) =>
        !test && specifier.startsWith('.') && relative(folder, resolve(dirname(file), specifier)).startsWith('..'),
    );
    expect(wrong).toEqual([]);
  });

  it('declares every package that it imports', () => {
    const { dependencies = {}, devDependencies = {} } = manifest;
    // Tools of the whole workspace stand in the root's package.json.
    const tools = ['vitest', 'fast-check', 'typescript'];
    // Pages are bundled when the package is built, with all that they are made of.
    const bundled = name === 'ui';
    const wrong = imports.filter(({ specifier, test }) => {
      const used = packageOf(specifier);
      if (specifier.startsWith('.') || specifier.startsWith('node:') || builtinModules.includes(used)) return false;
      return !(used in dependencies || ((test || bundled) && (used in devDependencies || tools.includes(used))));
    });
    expect(wrong).toEqual([]);
  });
});

/** What a program that is a metric imports, and nothing else does: `@sluice/sdk/metric`. */
const program = join(root, 'packages/sdk/src/metric.ts');

describe.each(['sdk', 'workflows'])('packages/%s, whose code runs inside the sandbox,', (name) => {
  it('uses nothing of Node outside of its tests', async () => {
    const imports = await importsOf(join(root, 'packages', name));
    const wrong = imports.filter(({ file, specifier, test }) => {
      if (test || file === program) return false;
      const own = resolve(dirname(file), specifier) === program;
      return own || specifier.startsWith('node:') || builtinModules.includes(packageOf(specifier));
    });
    expect(wrong).toEqual([]);
  });
});

it('no source file imports itself, however long the way', async () => {
  const edges = new Map<string, string[]>();
  for (const name of Object.keys(mayImport)) {
    for (const { file, specifier } of await importsOf(join(root, 'packages', name))) {
      if (specifier.startsWith('.')) edges.set(file, [...(edges.get(file) ?? []), resolve(dirname(file), specifier)]);
    }
  }
  expect(circlesOf(edges).map((circle) => circle.map((file) => relative(root, file)))).toEqual([]);
});

it('a circle of imports is found', () => {
  const edges = new Map([
    ['a', ['b', 'c']],
    ['b', ['d']],
    ['c', ['d']],
    ['d', ['e', 'b']],
  ]);
  expect(circlesOf(edges)).toEqual([['b', 'd', 'b']]);
});

describe('workflows', () => {
  it('know activities by the contract in the SDK only, not even by types', async () => {
    const imports = await importsOf(join(root, 'packages/workflows'));
    expect(imports.map(({ specifier }) => specifier)).not.toContain('@sluice/activities');
  });
});

it('an import is found however it is written', () => {
  const source = `
    import a from 'one'; import { b,
      c } from "two"; export * from 'three'; export { d } from 'four';
    import 'five'; const e = await import('six'); type F = import('seven').F; const g = require('eight');
    import type { H } from 'nine'; const page = \`
import x from 'ten'
\`; const text = "no import from 'eleven'"; // import x from 'twelve'
  `;
  expect(specifiersOf(source)).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']);
});

/** Ways that lead back to where they begin, each found once. */
function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file]);
    if (done.has(file)) return;
    done.add(file);
    for (const next of edges.get(file) ?? []) walk(next, [...way, file]);
  };
  for (const file of edges.keys()) walk(file, []);
  return circles;
}

async function importsOf(folder: string): Promise<Import[]> {
  const imports: Import[] = [];
  for await (const path of glob('src/**/*.ts', { cwd: folder })) {
    const file = join(folder, path);
    const test = /\.test\.ts$|\/testing\b/.test(path);
    for (const specifier of specifiersOf(await readFile(file, 'utf8'))) imports.push({ file, specifier, test });
  }
  expect(imports.length).toBeGreaterThan(0);
  return imports;
}

function specifiersOf(source: string): string[] {
  const statement = /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])([^'"\n]+)\1|^\s*import\s*(['"])([^'"\n]+)\3/;
  const call = /\b(?:import|require)\(\s*(['"])([^'"\n]+)\1\s*\)/;
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:])\/\/.*$/gm, '$1')
    .replace(/`(?:\\.|[^`\\])*`/gs, '``')
    .replace(/;[ \t]*/g, ';\n');
  const all = new RegExp(`${statement.source}|${call.source.replace('\\1', '\\5')}`, 'gm');
  return [...code.matchAll(all)].map((match) => match[2] ?? match[4] ?? match[6] ?? '');
}

/** `@temporalio/common` of `@temporalio/common/lib/x`. */
function packageOf(specifier: string): string {
  const parts = specifier.replace(/^node:/, '').split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}
