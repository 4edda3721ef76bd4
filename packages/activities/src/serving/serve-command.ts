import { delimiter } from 'node:path';
import { childEnv, type EndpointConfig, ErrorCode, milliseconds, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { findProgram, type Program } from '../job/process/program.ts';

/** How an endpoint's models are served, ready to be started by anyone on this machine. */
export interface ServeCommand {
  readonly program: Program;
  readonly cwd: string;
  /** What the process asks for besides what it inherits, as `childEnv` takes it; model, host and port come on top. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds `GET /ping` may take to answer 200 for the first time. */
  readonly ready: number;
  readonly config: EndpointConfig;
}

/**
 * The serving command of an endpoint in the config.
 *
 * @throws SluiceError `InvalidConfig` for an endpoint that is not in the config, or a variable it names that is not set;
 * `CommandNotFound`, `NotFound`
 */
export function serveCommand(
  context: Pick<ActivityContext, 'config' | 'root' | 'python' | 'trainerPath'>,
  endpoint: string,
): ServeCommand {
  const config = endpointConfig(context.config.endpoints ?? {}, endpoint);
  const where = `endpoints.${endpoint}.serve`;
  const whole = childEnv(process.env, config.serve.env, `${where}.env`);
  const paths = [context.trainerPath, whole.PYTHONPATH ?? ''].filter((path) => path !== '');
  const env = { ...config.serve.env, PYTHONPATH: paths.join(delimiter) };
  const program = findProgram(config.serve, {
    root: context.root,
    python: context.python,
    path: whole.PATH ?? '',
    where,
  });
  const ready = milliseconds(config.ready ?? '60 seconds', `endpoints.${endpoint}.ready`);
  return { program, cwd: context.root, env, ready, config };
}

function endpointConfig(endpoints: Readonly<Record<string, EndpointConfig>>, name: string): EndpointConfig {
  const config = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
  if (config !== undefined) return config;
  const names = Object.keys(endpoints);
  throw new SluiceError(ErrorCode.InvalidConfig, `There is no endpoint ${JSON.stringify(name)} in the config.`, {
    where: 'sluice.config.ts, endpoints',
    fix:
      names.length === 0
        ? `Add endpoints: { '${name}': { serve: python('serve.py') } }.`
        : `Use one of those there are (${names.join(', ')}), or add it.`,
  });
}

/** Puts model, host and port into the arguments: `{model}`, `{host}`, `{port}`. */
export function fillIn(args: readonly string[], values: { model: string; host: string; port: number }): string[] {
  return args.map((arg) => arg.replace(/\{(model|host|port)\}/g, (_, name: keyof typeof values) => `${values[name]}`));
}
