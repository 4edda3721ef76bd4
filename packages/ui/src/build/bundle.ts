import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/**
 * The files of the pages by path, `index.html` among them. Needs esbuild, which only a checkout has.
 *
 * @param source folder of this package's source
 */
export async function bundledAssets(source: string): Promise<Map<string, Uint8Array>> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: { app: join(source, 'app/client.tsx'), report: join(source, 'styles/report.css') },
    outdir: join(source, 'assets'),
    entryNames: '[name]-[hash]',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const files = new Map<string, Uint8Array>(
    outputFiles.map(({ path, contents }) => [`assets/${basename(path)}`, contents]),
  );
  const named = (end: string) =>
    `/${[...files.keys()].find((path) => path.startsWith('assets/app-') && path.endsWith(end)) ?? ''}`;
  const page = (await readFile(join(source, 'build/index.html'), 'utf8'))
    .replace('{{script}}', named('.js'))
    .replace('{{style}}', named('.css'));
  files.set('index.html', new TextEncoder().encode(page));
  files.set('favicon.svg', await readFile(join(source, 'build/favicon.svg')));
  return files;
}
