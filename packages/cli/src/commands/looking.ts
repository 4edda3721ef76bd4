import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from './io.ts';
import { number } from './option-values.ts';

type Action = <Options extends { json?: boolean }>(
  run: (io: Io, options: Options, args: (string | undefined)[]) => Promise<ExitCode>,
) => (...all: unknown[]) => Promise<void>;

/** Declares the commands that look at runs and artifacts, wait for a run, or end it. */
export function addLooking(program: Command, server: (command: Command) => Command, action: Action): void {
  server(program.command('runs'))
    .description('list runs, those that fit')
    .option('--pipeline <name>', 'of this pipeline only')
    .option('--state <state...>', 'in one of these states')
    .option('--since <when>', 'started since then: 7d, 2026-01-31')
    .option('--until <when>', 'started before then')
    .option('--text <text>', 'with this in its id, or in the name of who started it')
    .option('--commit <commit>', 'started from this commit, or from one that begins so')
    .option('--endpoint <name>', 'whose last deploy was to this endpoint')
    .option('--limit <count>', 'most runs to list (default: 20)', number)
    .option('--after <count>', 'runs to leave out first', number)
    .action(action(async (io, options: never) => (await import('./runs.ts')).runsCommand(options, io)));

  server(program.command('wait'))
    .argument('[run]', 'run id or its last part (default: the one that is open)')
    .option('--for <what>', 'wait for its end, or for its question: end or approval', 'end')
    .option('--timeout <duration>', "how long to wait: 30m, '2 hours' (default: for ever)")
    .description('wait for a run, and exit as sluice run --wait does')
    .action(action(async (io, options: never, [run]) => (await import('./wait.ts')).waitCommand(run, options, io)));

  server(program.command('report'))
    .argument('[run]', 'run id or its last part (default: the one that is open)')
    .description(
      'write all that a run has measured as one page: verdict, differences, worst cases, data, lineage, cost',
    )
    .option('--out <file>', 'where to put it (default: .sluice/reports of the project)')
    .option('--markdown', 'as Markdown for a pull request, on standard output unless --out is given')
    .option('--attach', "put it among the artifacts of the run's run in MLflow too")
    .option('--open', 'open it in the browser')
    .action(action(async (io, options: never, [run]) => (await import('./report.ts')).reportCommand(run, options, io)));

  server(program.command('cancel'))
    .argument('[run]', 'run id or its last part (default: the one that is open)')
    .option('--reason <text>', 'why')
    .option('--by <name>', "who asks for it (default: git's user)")
    .option('--timeout <duration>', "how long to wait until it has ended: 30m, '2 hours'", '15 minutes')
    .description('end a run before its time, and wait until it has ended')
    .action(action(async (io, options: never, [run]) => (await import('./cancel.ts')).cancelCommand(run, options, io)));

  program
    .command('completion')
    .argument('<shell>', 'bash, zsh or fish')
    .description('print a script that completes commands and names in a shell')
    .action(
      action(async (_io, _options: never, [shell = '']) =>
        (await import('./completion.ts')).completionCommand(shell, program),
      ),
    );
  server(program.command('__names', { hidden: true }))
    .argument('<kind>')
    .argument('[run]')
    .action(
      action(async (_io, options: never, [kind = '', run]) =>
        (await import('./names.ts')).namesCommand(kind, run, options),
      ),
    );

  const artifacts = program.command('artifacts').description('look at what steps have made');
  const words = 'some digits of its digest (8 or more), or a run and one of its steps';
  server(artifacts.command('show'))
    .argument('<artifact...>', words)
    .description('say what it is, what is in it, who made it out of what, and who used it')
    .action(
      action(async (io, options: never, all) =>
        (await import('./artifacts.ts')).artifactsShowCommand(given(all), options, io),
      ),
    );
  server(artifacts.command('get'))
    .argument('<artifact...>', words)
    .option('--to <path>', 'where to put it; nothing may be there (default: named after its step)')
    .description('fetch it as a file or a folder')
    .action(
      action(async (io, options: never, all) =>
        (await import('./artifacts.ts')).artifactsGetCommand(given(all), options, io),
      ),
    );
  server(artifacts.command('diff'))
    .argument('<artifacts...>', `two of them, each by ${words}`)
    .description('compare two datasets, two models, or two of files')
    .action(
      action(async (io, options: never, all) =>
        (await import('./artifacts.ts')).artifactsDiffCommand(given(all), options, io),
      ),
    );
}

function given(words: readonly (string | undefined)[]): string[] {
  return words.filter((word) => word !== undefined);
}
