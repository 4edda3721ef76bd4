import { commandPage } from './command-page.ts';
import { configPage } from './config-page.ts';
import { sdkPage } from './sdk-page.ts';
import { exportsOfSdk } from './source.ts';

/** Texts of `docs/reference`, by file name. */
export function referencePages(): Readonly<Record<string, string>> {
  const sdk = exportsOfSdk();
  return { 'sdk.md': sdkPage(sdk), 'config.md': configPage(sdk), 'cli.md': commandPage() };
}

/** Last line of each page. */
export function madeOf(source: string): string {
  return `This page is made of ${source} by \`node_modules/.bin/node tools/reference.ts\`; change it there.\n`;
}
