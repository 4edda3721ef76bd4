import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installed } from '../../tools/apt.ts';
import { sluice } from '../bad-input/sluice.ts';
import { call } from '../harness/called.ts';
import { waitFor } from '../harness/wait-for.ts';

let folder: string;

/** A `sluice` that knows runs and steps, and keeps the words of any other call; and the scripts beside it. */
beforeAll(async () => {
  await installed(['tmux', 'zsh', 'fish']);
  folder = await mkdtemp(join(tmpdir(), 'sluice-completion-'));
  const names = `#!/bin/sh
[ "$1" = __names ] || { printf '%s\\n' "$@" > called.new; mv called.new called; exit; }
case "$2 $3" in
  "steps it's/one") printf '%s\\n' 'key=$(>run);"\`/x' ;;
  'classes '*) printf '%s\\n' "it's" 'a\\b"c\`d$e&f' 'größe✈(1)' ;;
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

describe('a name that bash completes comes to the command as it is', () => {
  const key = 'key=$(>run);"`/x';
  const odd = 'a\\b"c`d$e&f';
  it.each([
    ['worker --class i', "it's"],
    ["worker --class it\\'", "it's"],
    ["worker --class 'i", "it's"],
    ['worker --class "i', "it's"],
    ['worker --class a', odd],
    ["worker --class 'a", odd],
    ['worker --class "a', odd],
    ['worker --class "a\\\\b', odd],
    ['worker --class gr', 'größe✈(1)'],
    ["logs it\\'s/one k", key],
    ["logs it\\'s/one key=", key],
    ['logs "it\'s/one" key=\\$', key],
    ['logs "it\'s/one" \'key=$', key],
  ])('typed as sluice %s', async (line, expected) => {
    await rm(join(folder, 'called'), { force: true });
    await keys('-l', `sluice ${line}`);
    await keys('Tab', 'Enter');
    const called = await waitFor('the call', () => readFile(join(folder, 'called'), 'utf8').catch(() => null));
    expect(called.trimEnd().split('\n').at(-1)).toBe(expected);
    await expect(readFile(join(folder, 'run'))).rejects.toThrow('ENOENT');
  });

  /** Types into a bash that has begun to ask. */
  let keys: (...args: string[]) => Promise<unknown>;
  beforeAll(async () => {
    const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, LC_ALL: 'C.UTF-8', TERM: 'xterm' };
    const tmux = (...args: string[]) =>
      call('tmux', ['-S', join(folder, 'tmux'), '-f', '/dev/null', ...args], { cwd: folder, env });
    await writeFile(join(folder, 'rc'), 'source c.bash; PROMPT_COMMAND="touch ready"');
    await tmux('new-session', '-d', '-x', '200', 'bash --rcfile rc -i');
    keys = (...args) => tmux('send-keys', ...args);
    await waitFor('bash', () => readFile(join(folder, 'ready')));
    return () => tmux('kill-server');
  });
});

describe('zsh offers', () => {
  it.each([
    ['sluice artifacts ', ['show', 'get', 'diff']],
    ['sluice logs delays/one ', ['rows', 'airport=EWR/delay', 'airport=JFK/delay']],
    ['sluice retry delays/one --from ', ['rows', 'airport=EWR/delay', 'airport=JFK/delay']],
    ["sluice logs it\\'s/one ", ['key=$(>run);"`/x']],
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
