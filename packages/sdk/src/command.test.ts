import { describe, expect, it } from 'vitest';
import { command, python } from './command.ts';

describe('a Python command', () => {
  it('is the script and its words, and its code is every Python file below the folder of the script', () => {
    expect(python('trainers/train.py', ['--fast'])).toEqual({
      interpreter: 'python',
      argv: ['trainers/train.py', '--fast'],
      code: ['trainers/**/*.py'],
      env: {},
    });
    expect(python('train.py').code).toEqual(['./**/*.py']);
  });

  it('takes other code and an environment', () => {
    expect(python('a/b.py', [], { code: ['a/**', 'shared/**'], env: { OMP_NUM_THREADS: '2' } })).toMatchObject({
      code: ['a/**', 'shared/**'],
      env: { OMP_NUM_THREADS: '2' },
    });
  });
});

describe('any other command', () => {
  it('has its first word for code where that is a path, and none where it is found on the PATH', () => {
    expect(command(['./train', '--fast'])).toMatchObject({ interpreter: 'exec', code: ['./train'] });
    expect(command(['make', 'model']).code).toEqual([]);
  });
});

describe('a command that cannot be spawned', () => {
  it.each<[RegExp, () => unknown]>([
    [/the script is ""/, () => python('')],
    [/the script is undefined/, () => python(undefined as never)],
    [/the arguments hold 20, which is no word/, () => python('a.py', [20 as never])],
    [/the arguments are "--fast", not a list/, () => python('a.py', '--fast' as never)],
    [/there is no "codes"/, () => python('a.py', [], { codes: [] } as never)],
    [/the program is undefined/, () => command([] as never)],
    [/the words are "make model", not a list/, () => command('make model' as never)],
    [/the words hold "a\\u0000b"/, () => command(['a\0b'])],
    [/env\.N is 2/, () => python('a.py', [], { env: { N: 2 as never } })],
    [/env\.KEY is "env:MY KEY", which names no variable/, () => command(['a'], { env: { KEY: 'env:MY KEY' } })],
    [/env\.A=B is/, () => python('a.py', [], { env: { 'A=B': 'x' } })],
    [/code are "a", not a list/, () => python('a.py', [], { code: 'a' as never })],
  ])('says %s', (message, make) => {
    expect(make).toThrow(message);
  });
});
