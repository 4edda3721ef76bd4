import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in a file of the repository by a table.
 *
 * @throws Error when the file has no such marks
 */
export async function writeTable(
  file: string,
  name: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string,
): Promise<void> {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const text = await readFile(path, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin} … ${end}.`);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = [line(head), line(head.map(() => '---')), ...rows.map(line), '', caption];
  await writeFile(path, `${text.slice(0, from)}${begin}\n${lines.join('\n')}\n${text.slice(to)}`);
}
