import { checkFields, invalidStep, nonEmptyText, oneOf, shown } from './options.ts';

/** A program to run, without a shell. Build it by {@link python} or {@link command}. */
export interface Command {
  /** `python` runs in the project's Python; `exec` runs the first word as found on the PATH. */
  readonly interpreter: 'python' | 'exec';
  /** Script and arguments; relative paths are relative to the folder of `sluice.config.ts`. */
  readonly argv: readonly string[];
  /** Files that are the code, as globs; their bytes make the code digest. */
  readonly code: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a {@link python} or {@link command} takes besides its words. */
export interface CommandOptions {
  /**
   * Globs of the files that make the code digest: a checkpoint is only resumed by the code that wrote it. Name
   * shared folders here too.
   * @default every `*.py` below the script's folder for `python`; for `command` the first word, if it is a path
   */
  readonly code?: readonly string[];
  /**
   * Added to the environment of the process, which else inherits only what finds its interpreter, libraries, devices
   * and caches: no credentials. `'env:NAME'` is the worker's variable NAME; only its name is recorded.
   */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a Python script: `python('trainers/train.py')`, `python('trainers/train.py', ['--verbose'])`. */
export function python(script: string, args: readonly string[] = [], options: CommandOptions = {}): Command {
  const where = 'python(…)';
  nonEmptyText(where, 'the script', script);
  checkFields<CommandOptions>(where, options, commandFields);
  const folder = script.includes('/') ? script.slice(0, script.lastIndexOf('/')) : '.';
  return checkedCommand(
    {
      interpreter: 'python',
      argv: [script, ...words(where, 'the arguments', args)],
      code: options.code ?? [`${folder}/**/*.py`],
      env: options.env ?? {},
    },
    where,
  );
}

/** Runs any program: `command(['./train', '--fast'])`. The first word is looked up on the PATH unless it has a `/`. */
export function command(argv: readonly [string, ...string[]], options: CommandOptions = {}): Command {
  const where = 'command([…])';
  const [program = ''] = words(where, 'the words', argv);
  checkFields<CommandOptions>(where, options, commandFields);
  return checkedCommand(
    {
      interpreter: 'exec',
      argv,
      code: options.code ?? (program.includes('/') ? [program] : []),
      env: options.env ?? {},
    },
    where,
  );
}

const commandFields = { code: true, env: true } as const;

/** The command as plain data, if it can be spawned. @throws SluiceError `InvalidStep` */
export function checkedCommand(command: Command, where: string): Command {
  if (typeof command !== 'object' || command === null) {
    throw invalidStep(
      where,
      `run is ${shown(command)}, not a command.`,
      "Write run: python('train.py') or run: command(['./train']); there is no shell.",
    );
  }
  const argv = words(where, 'the words of the command', command.argv);
  nonEmptyText(where, 'the program', argv[0]);
  const env = Object.entries(command.env ?? {});
  for (const [name, value] of env) {
    if (name === '' || name.includes('=') || !isWord(name) || !isWord(value)) {
      throw invalidStep(
        where,
        `env.${name} is ${shown(value)}.`,
        'The environment holds texts: { OMP_NUM_THREADS: "2" }.',
      );
    }
    if (value.startsWith('env:') && !/^env:[A-Za-z_]\w*$/.test(value)) {
      throw invalidStep(
        where,
        `env.${name} is ${shown(value)}, which names no variable.`,
        "Write 'env:NAME' for the worker's variable NAME.",
      );
    }
  }
  return {
    interpreter: oneOf(where, 'the interpreter', command.interpreter, ['python', 'exec']),
    argv,
    code: words(where, 'code', command.code),
    env: Object.fromEntries(env),
  };
}

function words(where: string, label: string, list: unknown): string[] {
  if (!Array.isArray(list)) throw invalidStep(where, `${label} are ${shown(list)}, not a list.`, "Write ['a', 'b'].");
  return list.map((word: unknown) => {
    if (isWord(word)) return word;
    throw invalidStep(where, `${label} hold ${shown(word)}, which is no word.`, 'Use texts: String(20), not 20.');
  });
}

/** What an operating system can hand to a process. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}
