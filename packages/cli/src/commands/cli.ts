import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { explained } from '../errors/explained.ts';
import { errorJson, renderError } from '../errors/render.ts';
import { ExitCode, exitCodeOfError } from '../exit-code.ts';
import { paintFor } from '../follow/colours.ts';
import { misread } from './misread.ts';
import { addCommands } from './program.ts';

/** Runs one command line. @returns the exit code; nothing is thrown. */
export async function runCli(args: readonly string[]): Promise<number> {
  const outcome: { code: ExitCode } = { code: ExitCode.done };
  const program = new Command('sluice')
    .description('Runs pipelines that bring a model from data to traffic.')
    .version(version(), '--version', 'print the version')
    // What is wrong with a command line is told as any other error is.
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  addCommands(program, (code) => {
    outcome.code = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return outcome.code;
  } catch (raised) {
    const error = explained(raised instanceof CommanderError ? misread(raised, args) : raised);
    if (error === null) return ExitCode.done;
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify(errorJson(error))}\n`);
    else process.stderr.write(renderError(error, paintFor(process.stderr)));
    return exitCodeOfError(error);
  }
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
