import { Command, CommanderError } from 'commander';
import { errorJson, renderError } from '../errors/render.ts';
import { ExitCode, exitCodeOfError } from '../exit-code.ts';
import { paintFor } from '../follow/colours.ts';
import { version } from '../version.ts';
import { addCommands } from './program.ts';

/** Runs one command line. @returns the exit code; nothing is thrown. */
export async function runCli(args: readonly string[]): Promise<number> {
  const outcome: { code: ExitCode } = { code: ExitCode.done };
  const program = new Command('sluice')
    .description('Runs pipelines that bring a model from data to traffic.')
    .version(version(), '--version', 'print the version')
    .showHelpAfterError('(sluice --help lists the commands)')
    .exitOverride();
  addCommands(program, (code) => {
    outcome.code = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return outcome.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify(errorJson(error))}\n`);
    else process.stderr.write(renderError(error, paintFor(process.stderr)));
    return exitCodeOfError(error);
  }
}
