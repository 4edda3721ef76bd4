import { type Command, Option } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { type Io, terminalIo } from './io.ts';
import { addLooking } from './looking.ts';
import { number, port } from './option-values.ts';

/** Declares every command; what a command does is loaded when it is called. */
export function addCommands(program: Command, done: (code: ExitCode) => void): void {
  const collect = (value: string, all: string[]) => [...all, value];

  /** Adds the options that all commands share, and hands the result of `run` on. */
  const common = (command: Command) =>
    command
      .option('--config <file>', 'config file to use (default: sluice.config.ts, here or above)')
      .option('--json', 'print one JSON object per line');
  const server = (command: Command) =>
    common(command)
      .option('--address <host:port>', 'Temporal server to use (default: that of sluice dev)')
      .option('--namespace <name>', 'Temporal namespace to use');
  const action =
    <Options extends { json?: boolean }>(
      run: (io: Io, options: Options, args: (string | undefined)[]) => Promise<ExitCode>,
    ) =>
    async (...all: unknown[]) => {
      // Commander passes the arguments (of one that takes many words, a list), then the options, then the command.
      const options = all.at(-2) as Options;
      done(
        await run(
          terminalIo({ json: options.json === true }),
          options,
          all.slice(0, -2).flat() as (string | undefined)[],
        ),
      );
    };

  program
    .command('init')
    .argument('[dir]', 'folder to make', '.')
    .description('make a pipeline repository that runs')
    .option('--name <name>', 'name of the project (default: the name of the folder)')
    .option('--json', 'print one JSON object per line')
    .action(
      action(async (io, options: never, [dir = '.']) => (await import('./init.ts')).initCommand(dir, options, io)),
    );

  common(program.command('dev'))
    .description('start Temporal, MLflow, the gateway and a worker per class on this machine, until Ctrl-C')
    .option('--temporal-port <port>', 'port of the Temporal server (default: that of the last start)', port)
    .option('--ui-port <port>', "port of Temporal's UI (default: that of the last start)", port)
    .option('--mlflow-port <port>', 'port of MLflow (default: that of the last start)', port)
    .option('--gateway-port <port>', 'port of the gateway (default: that of the last start)', port)
    .option(
      '--gateway-admin-port <port>',
      "port of the gateway's administration (default: that of the last start)",
      port,
    )
    .option('--events-port <port>', 'port of the preemption notices (default: that of the last start)', port)
    .option('--page-port <port>', 'port of the pages that sluice ui shows (default: that of the last start)', port)
    .option('--headless', "leave Temporal's UI out")
    .action(action(async (io, options: never) => (await import('./dev.ts')).devCommand(options, io)));

  server(program.command('worker'))
    .description('take work until it is told to stop')
    .option('--class <name>', 'serve this resource class')
    .option('--control', 'run the workflows and the small steps around them')
    .option('--build-id <id>', 'pin runs to this build (Worker Versioning); with --control')
    .option('--machine <name>', 'name of this machine in preemption notices (default: the host name)')
    .option('--grace <ms>', 'how long running work may go on after a stop, in ms', number)
    .addOption(new Option('--builds').hideHelp())
    .option('--azure-events', "read preemption notices from Azure's metadata service")
    .action(action(async (io, options: never) => (await import('./worker.ts')).workerCommand(options, io)));

  server(program.command('setup'))
    .description('make a Temporal server ready for Sluice; safe to repeat')
    .action(action(async (io, options: never) => (await import('./setup.ts')).setupCommand(options, io)));

  server(program.command('ui'))
    .description('show runs, endpoints and artifacts in the browser, on this machine only, until Ctrl-C')
    .option('--port <port>', 'port of the pages (default: a free one)', port)
    .option('--open', 'open them in the browser')
    .action(action(async (io, options: never) => (await import('./ui.ts')).uiCommand(options, io)));

  server(program.command('run'))
    .argument('<pipeline>', 'name of the pipeline')
    .description('start a run')
    .option(
      '--param <name=value>',
      'set a parameter; JSON or text, dots reach into objects: --param \'airports=["EWR"]\'',
      collect,
      [],
    )
    .option('--params <file>', 'read parameters from a JSON file', collect, [])
    .option('--key <key>', 'last part of the run id (default: the time)')
    .option('--by <name>', "who asks for the run (default: git's user)")
    .option('--token <token>', 'OpenID Connect token that says who asks for it (default: SLUICE_TOKEN)')
    .option('--wait [what]', 'follow it to its end, or to its question with --wait=approval')
    .option('--detach', 'start it and leave it (the default without --wait)')
    .option('--each <file>', 'start a run for every parameter set of a file: JSON lines, a JSON list or a CSV')
    .option('--concurrency <count>', 'with --each: how many are started, or with --wait are under way, at once', number)
    .option('--no-check', 'start it without planning it first')
    .action(
      action(async (io, options: never, [name = '']) => (await import('./run.ts')).runCommand(name, options, io)),
    );

  common(program.command('plan'))
    .argument('<pipeline>', 'name of the pipeline')
    .option('--param <name=value>', 'set a parameter', collect, [])
    .option('--params <file>', 'read parameters from a JSON file', collect, [])
    .description('show what a run would do, without doing it')
    .action(
      action(async (io, options: never, [name = '']) => (await import('./plan.ts')).planCommand(name, options, io)),
    );

  addLooking(program, server, action);

  server(program.command('status'))
    .argument('[run]', 'run id or its last part (default: all recent runs)')
    .description('list runs, or show one in detail')
    .option('--follow', 'show what happens until it ends')
    .option('--step <step>', 'show what this step took and gave')
    .option('--limit <count>', 'most runs, or steps of one run, to list', number)
    .option('--after <count>', 'steps of one run to leave out first', number)
    .action(action(async (io, options: never, [run]) => (await import('./status.ts')).statusCommand(run, options, io)));

  server(program.command('logs'))
    .argument('[run]', 'run id or its last part')
    .argument('[step]', 'step, or its name for every branch')
    .description('print what the jobs of a run printed')
    .option('--attempt <number>', 'of this attempt only', number)
    .action(
      action(async (io, options: never, [run, step]) =>
        (await import('./logs.ts')).logsCommand(run, step, options, io),
      ),
    );

  for (const [kind, what] of [
    ['approve', 'let the waiting candidate out'],
    ['override', 'let a blocked candidate out, with a reason'],
    ['reject', 'turn the waiting candidate down'],
  ] as const) {
    server(program.command(kind))
      .argument('[run]', 'run id or its last part (default: the one that is open)')
      .description(what)
      .option('--reason <text>', 'why; an override needs one')
      .option('--step <step>', 'deploy step that is meant (default: the only one that has asked)')
      .option('--endpoint <name>', 'endpoint that is meant')
      .option('--candidate <digest>', 'candidate that is meant')
      .option('--round <number>', 'round that is meant, where a step has asked more than once')
      .option('--by <name>', "who decides (default: git's user)")
      .option('--token <token>', 'OpenID Connect token that says who decides (default: SLUICE_TOKEN)')
      .action(
        action(async (io, options: never, [run]) =>
          (await import('./decide.ts')).decideCommand(kind, run, options, io),
        ),
      );
  }

  server(program.command('retry'))
    .argument('[run]', 'run id or its last part')
    .requiredOption('--from <step>', 'first step to run again')
    .option('--code <which>', 'workflow code to go on with: current or original', 'current')
    .option('--by <name>', "who asks for it (default: git's user)")
    .option('--dry-run', 'print what would be run again and change nothing')
    .option('--wait [what]', 'follow it to its end, or to its question with --wait=approval')
    .description('run again from a step, and keep what came before')
    .action(action(async (io, options: never, [run]) => (await import('./retry.ts')).retryCommand(run, options, io)));

  server(program.command('preempt'))
    .argument('[run]', 'run id or its last part (default: the one that is open)')
    .option('--step <step>', 'job to preempt, where more than one runs')
    .option('--in <seconds>', 'notice given, in seconds', number)
    .option('--hard', 'kill the worker without notice')
    .description("take the machine away from a run's job, as a spot market would (with sluice dev)")
    .action(
      action(async (io, options: never, [run]) => (await import('./preempt.ts')).preemptCommand(run, options, io)),
    );

  server(program.command('query', { hidden: true }))
    .description('answer questions on standard input, a line of JSON each; the Python package asks them')
    .action(action(async (_, options: never) => (await import('./query.ts')).queryCommand(options)));

  common(program.command('step'))
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[step]', 'last step to run (default: all)')
    .option('--param <name=value>', 'set a parameter', collect, [])
    .option('--params <file>', 'read parameters from a JSON file', collect, [])
    .option('--fresh', 'run earlier steps again instead of using their kept results')
    .description('run a pipeline up to a step in this process, without Temporal')
    .action(
      action(async (io, options: never, [name = '', step]) =>
        (await import('./step.ts')).stepCommand(name, step, options, io),
      ),
    );

  server(program.command('endpoints'))
    .description('show what every endpoint serves')
    .action(action(async (io, options: never) => (await import('./endpoints.ts')).endpointsCommand(options, io)));

  server(program.command('rollback'))
    .argument('<endpoint>', 'name of the endpoint')
    .option('--to <version>', 'a former stable version: its id, its number in the registry or its digest')
    .option('--from <version>', 'the version to leave (default: the candidate, else the one that serves)')
    .option('--reason <text>', 'why')
    .option('--by <name>', "who asks for it (default: git's user)")
    .option('--timeout <seconds>', 'how long to wait until traffic is seen to be back', number, 300)
    .description('put a former version of an endpoint back, and wait until it is seen to serve')
    .action(
      action(async (io, options: never, [name = '']) =>
        (await import('./rollback.ts')).rollbackCommand(name, options, io),
      ),
    );

  server(program.command('gc'))
    .description('show what nobody needs any more, in the store and on this machine, and delete it when told to')
    .option('--delete', 'delete it')
    .option('--grace <duration>', 'leave alone what is younger than this', '7 days')
    .option('--payloads <duration>', 'keep payloads of forgotten runs so long', '30 days')
    .option('--logs <duration>', "keep jobs' logs on this machine so long", '30 days')
    .action(action(async (io, options: never) => (await import('./gc.ts')).gcCommand(options, io)));

  server(program.command('doctor'))
    .description('check this machine and this project')
    .action(action(async (io, options: never) => (await import('./doctor.ts')).doctorCommand(options, io)));
}
