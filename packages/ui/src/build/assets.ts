import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

export interface UiAsset {
  /** Content type. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface UiAssets {
  /** The page itself, HTML; it changes with every build, so it must not be cached. */
  readonly index: string;
  /** By path in the URL, `/assets/app-1A2B3C4D.js`. Names below `/assets/` carry a hash of what is in them. */
  readonly files: ReadonlyMap<string, UiAsset>;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

let made: Promise<UiAssets> | null = null;

/** All that the pages need. A published package has it on disk; from source it is bundled once, in about 100 ms. */
export function uiAssets(): Promise<UiAssets> {
  made ??= load();
  return made;
}

/** The stylesheet of a report, which stands alone: the pages' colours, tables and charts. @throws Error where the build left it out */
export async function reportStyle(): Promise<string> {
  const { files } = await uiAssets();
  const found = [...files].find(([path]) => path.startsWith('/assets/report-') && path.endsWith('.css'));
  if (found === undefined) throw new Error('The stylesheet of reports is missing from @sluice/ui.');
  return new TextDecoder().decode(found[1].bytes);
}

async function load(): Promise<UiAssets> {
  // Built, this file is dist/build/assets.js; from source there is no dist/ beside it.
  const folder = join(import.meta.dirname, '../assets');
  const index = await readFile(join(folder, 'index.html'), 'utf8').catch(() => null);
  if (index === null) {
    const { bundledAssets } = await import('./bundle.ts');
    return assetsOf(await bundledAssets(join(import.meta.dirname, '..')));
  }
  const names = (await readdir(folder, { recursive: true })).filter((name) => extname(name) in types);
  const read = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const));
  return assetsOf(new Map(read), index);
}

/** @param files by path without a leading slash, `index.html` among them unless it is given */
function assetsOf(files: ReadonlyMap<string, Uint8Array>, index?: string): UiAssets {
  const served = [...files].filter(([path]) => path !== 'index.html');
  return {
    index: index ?? new TextDecoder().decode(files.get('index.html')),
    files: new Map(
      served.map(([path, bytes]) => [
        `/${path.replaceAll('\\', '/')}`,
        { type: types[extname(path)] ?? 'application/octet-stream', bytes },
      ]),
    ),
  };
}
