import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { referencePages } from './reference/pages.ts';

/** Writes `docs/reference` anew from the source. A test fails while a page is stale. */
const folder = join(import.meta.dirname, '../docs/reference');
await mkdir(folder, { recursive: true });
for (const [file, text] of Object.entries(referencePages())) await writeFile(join(folder, file), text);
