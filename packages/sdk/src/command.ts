/** A program to run, without a shell. Build it by {@link python} or {@link command}. */
export interface Command {
  /** `python` runs in the class's Python; `exec` runs the first word as found on the PATH. */
  readonly interpreter: 'python' | 'exec';
  /** Script and arguments; relative paths are relative to the folder of `sluice.config.ts`. */
  readonly argv: readonly string[];
  /** Files that are the code, as globs; their bytes make the code digest. */
  readonly code: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface CommandOptions {
  /**
   * Globs of the files that make the code digest.
   * @default every `*.py` below the script's folder for `python`, the first word itself for `command`
   */
  readonly code?: readonly string[];
  /** Added to the environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a Python script: `python('trainers/train.py')`, `python('trainers/train.py', ['--verbose'])`. */
export function python(script: string, args: readonly string[] = [], options: CommandOptions = {}): Command {
  const folder = script.includes('/') ? script.slice(0, script.lastIndexOf('/')) : '.';
  return {
    interpreter: 'python',
    argv: [script, ...args],
    code: options.code ?? [`${folder}/**/*.py`],
    env: options.env ?? {},
  };
}

/** Runs any program: `command(['./train', '--fast'])`. The first word is looked up on the PATH unless it has a `/`. */
export function command(argv: readonly [string, ...string[]], options: CommandOptions = {}): Command {
  return {
    interpreter: 'exec',
    argv,
    code: options.code ?? (argv[0].includes('/') ? [argv[0]] : []),
    env: options.env ?? {},
  };
}
