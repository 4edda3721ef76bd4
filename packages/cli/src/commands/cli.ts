import { SluiceError } from '@sluice/sdk';
import { Command, CommanderError } from 'commander';
import { errorJson, renderError } from '../errors/render.ts';
import { ExitCode, exitCodeOfError } from '../exit-code.ts';
import { paintFor } from '../follow/colours.ts';
import { version } from '../version.ts';
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
    const error = await told(raised, args);
    if (error === null) return ExitCode.done;
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify(errorJson(error))}\n`);
    else process.stderr.write(renderError(error, paintFor(process.stderr)));
    return exitCodeOfError(error);
  }
}

/** The error to tell; null where help or the version was asked for. */
async function told(raised: unknown, args: readonly string[]): Promise<unknown> {
  if (raised instanceof CommanderError) return misread(raised, args);
  // It knows Temporal's client, which takes longer to load than most commands take.
  return raised instanceof SluiceError ? raised : (await import('../errors/explained.ts')).explained(raised);
}
