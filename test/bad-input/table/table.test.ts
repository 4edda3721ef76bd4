import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../packages/cli/src/exit-code.ts';
import { processesIn } from '../../harness/processes.ts';
import { Caller } from './caller.ts';
import { everythingIn, folderOf } from './folder.ts';
import type { Row, Said } from './row.ts';
import { rows } from './rows.ts';

const caller = new Caller();
afterAll(() => caller.close());

/** What nobody may read who made a mistake of their own. */
const forbidden = [/\bbugs?\b/i, /^\s+at .+:\d+:\d+\)?$/m, /node:internal/, /\[object /, /(?:: |")undefined\b/];

describe.concurrent('the command answers', () => {
  // `%s`, because `$what` would be cut after forty characters.
  it.each(rows.map((row) => [row.what, row] as const))('%s', async (_, row) => {
    const root = await folderOf(row);
    try {
      await mistaken(row, root);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});

async function mistaken(row: Row, root: string): Promise<void> {
  const before = await everythingIn(root);
  const place = (text: string) => text.replaceAll('{root}', root);
  const args = row.args.map(place);
  const call = { cwd: join(root, row.cwd ?? '.'), env: row.env ?? {} };
  const how = (more: readonly string[]): Promise<Said> =>
    row.alone ? caller.alone({ ...call, args: more }) : caller.call({ ...call, args: more });

  const said = await how(args);
  const all = said.out + said.err;
  expect(said.exit, all).toBe(row.exit);
  expect(Object.values(ExitCode)).toContain(said.exit);
  expect(said.err.match(/^error \S+ {2}/gm), all).toEqual([`error ${row.code}  `]);
  expect(said.err, 'what to do now').toMatch(/^ {2}fix {4}\S/m);
  for (const text of row.says) expect(all).toMatch(typeof text === 'string' ? literally(place(text)) : text);
  // What a user's own program printed is the user's.
  const ours = all.replace(/^ *(?:[\w=/]+ )?\|.*$/gm, '');
  for (const text of [...forbidden, ...(row.never ?? [])]) expect(ours).not.toMatch(text);

  const [command, ...rest] = args;
  const json = await how([...(command === undefined ? [] : [command]), '--json', ...rest]);
  const objects = json.out.split('\n').filter((line) => line !== '');
  const errors = objects.map((line) => JSON.parse(line) as Told).filter(({ type }) => type === 'error');
  expect(json.exit, json.out + json.err).toBe(row.exit);
  expect(json.err).toBe('');
  expect(errors).toEqual([expect.objectContaining({ code: row.code, fix: expect.stringMatching(/\S/) })]);
  for (const text of forbidden) expect(errors[0]?.message).not.toMatch(text);

  expect(await everythingIn(root, row.runs ? /^\.sluice|__pycache__/ : null), 'nothing half done').toEqual(before);
  for (const folder of ['work', 'tmp/extract', 'store/tmp']) {
    expect(await readdir(join(root, '.sluice', folder)).catch(() => []), folder).toEqual([]);
  }
  expect(processesIn(root), 'no process is left').toEqual([]);
}

interface Told {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
}

function literally(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
}
