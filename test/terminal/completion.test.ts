import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installed } from '../../tools/apt.ts';
import { sluice } from '../bad-input/sluice.ts';
import { call } from '../harness/called.ts';

let folder: string;

/** A `sluice` that knows two runs and their steps, and the scripts beside it. */
beforeAll(async () => {
  await installed(['zsh', 'fish']);
  folder = await mkdtemp(join(tmpdir(), 'sluice-completion-'));
  const names = `#!/bin/sh
case "$2 $3" in
  'runs '|'runs '*) printf 'delays/one\\ndelays/two\\n' ;;
  'open '*) echo delays/two ;;
  'steps delays/one') printf 'rows\\nairport=EWR/delay\\nairport=JFK/delay\\n' ;;
  'pipelines '*) echo delays ;;
  'endpoints '*) printf 'eu\\nus\\n' ;;
esac
echo noise >&2
`;
  await writeFile(join(folder, 'sluice'), names);
  await chmod(join(folder, 'sluice'), 0o755);
  for (const kind of ['bash', 'zsh', 'fish']) {
    const { exit, out } = await sluice(folder, ['completion', kind]);
    expect(exit).toBe(0);
    await writeFile(join(folder, `c.${kind}`), out);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function shell(command: string, args: readonly string[]): Promise<string[]> {
  const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, LC_ALL: 'C.UTF-8', TERM: 'dumb' };
  const { exit, out, err } = await call(command, args, { cwd: folder, env });
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return out.split('\n').filter((line) => line !== '');
}

/** What bash would offer at the end of a line. */
const bash = (line: string) =>
  shell('bash', [
    '--norc',
    '-c',
    'source c.bash; COMP_LINE=$1; COMP_POINT=1000; _sluice 2>/dev/null; for one in "$' +
      '{COMPREPLY[@]}"; do echo "$one"; done',
    'bash',
    line,
  ]);

/** What zsh's completion hands to `compadd`. */
const zsh = (line: string) =>
  shell('zsh', [
    '-f',
    '-c',
    'compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print files; }; source c.zsh; words=("$' +
      '{(@s: :)1}"); CURRENT=$#words; _sluice || true',
    'zsh',
    line,
  ]);

const fish = async (line: string) =>
  (await shell('fish', ['--no-config', '-c', 'source c.fish; complete -C $argv[1]', line])).map(
    (offer) => offer.split('\t')[0] ?? '',
  );

describe('bash offers', () => {
  it.each([
    ['sluice st', ['status', 'step']],
    ['sluice artifacts ', ['show', 'get', 'diff']],
    ['sluice status --fol', ['--follow']],
    ['sluice status ', ['delays/one', 'delays/two']],
    ['sluice status delays/o', ['delays/one']],
    ['sluice approve ', ['delays/two']],
    ['sluice logs delays/one ', ['rows', 'airport=EWR/delay', 'airport=JFK/delay']],
    ['sluice retry delays/one --from r', ['rows']],
    // bash replaces what stands behind the last `=` only.
    ['sluice logs delays/one airport=E', ['EWR/delay']],
    ['sluice rollback ', ['eu', 'us']],
    ['sluice run d', ['delays']],
    ['sluice runs --state roll', ['rolling-out', 'rolled-back']],
    ['sluice run delays --params c.', ['c.bash', 'c.zsh', 'c.fish']],
    ['sluice completion ', ['bash', 'zsh', 'fish']],
  ])('at the end of "%s"', async (line, expected) => {
    expect((await bash(line)).sort()).toEqual([...expected].sort());
  });

  it('nothing where it knows nothing', async () => {
    expect(await bash('sluice logs nowhere ')).toEqual([]);
    expect(await bash('sluice doctor ')).toEqual([]);
  });
});

describe('zsh offers', () => {
  it.each([
    ['sluice artifacts ', ['show', 'get', 'diff']],
    ['sluice logs delays/one ', ['rows', 'airport=EWR/delay', 'airport=JFK/delay']],
    ['sluice retry delays/one --from ', ['rows', 'airport=EWR/delay', 'airport=JFK/delay']],
    ['sluice rollback ', ['eu', 'us']],
    ['sluice run delays --params ', ['files']],
  ])('at the end of "%s"', async (line, expected) => {
    expect(await zsh(line)).toEqual(expected);
  });
});

describe('fish offers', () => {
  it.each([
    ['sluice artifacts ', ['diff', 'get', 'show']],
    ['sluice rollback ', ['eu', 'us']],
    ['sluice status --fol', ['--follow']],
    ['sluice logs delays/one r', ['rows']],
  ])('at the end of "%s"', async (line, expected) => {
    expect((await fish(line)).sort()).toEqual(expected);
  });
});
