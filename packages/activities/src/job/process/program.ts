import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { type Command, ErrorCode, SluiceError } from '@sluice/sdk';

export interface Program {
  /** Absolute path of what is executed. */
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * What a command runs: `python` is the class's interpreter; the first word of any other is looked up on the PATH, or
 * from the project's folder when it has a slash.
 *
 * @throws SluiceError `CommandNotFound`; `NotFound` when a Python script is not there.
 */
export function findProgram(
  command: Command,
  options: { readonly root: string; readonly python: string; readonly path: string; readonly where: string },
): Program {
  const [first = '', ...rest] = command.argv;
  if (command.interpreter === 'exec') return { file: find(first, options), args: rest };
  const file = find(options.python, { ...options, python: true });
  if (!first.startsWith('-') && !isFile(resolve(options.root, first), constants.R_OK)) {
    throw new SluiceError(ErrorCode.NotFound, `The script ${first} does not exist.`, {
      where: options.where,
      fix: `Paths are relative to the folder of sluice.config.ts, ${options.root}.`,
    });
  }
  return { file, args: command.argv };
}

function find(
  name: string,
  options: { readonly root: string; readonly path: string; readonly where: string; readonly python?: unknown },
): string {
  const places = name.includes('/')
    ? [resolve(options.root, name)]
    : options.path
        .split(delimiter)
        .map((folder) => join(isAbsolute(folder) ? folder : resolve(options.root, folder), name));
  for (const place of places) if (name !== '' && isFile(place, constants.X_OK)) return place;
  const fix =
    options.python === true
      ? 'Install Python 3.9 or newer on this worker, or name an interpreter by `python` in sluice.config.ts.'
      : name.includes('/')
        ? `Paths are relative to ${options.root}; the file must be executable (chmod +x).`
        : `Install ${name} where this class's worker runs, or name the program by a path with a slash.`;
  throw new SluiceError(ErrorCode.CommandNotFound, `The program ${JSON.stringify(name)} is not installed.`, {
    where: options.where,
    fix,
  });
}

function isFile(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
