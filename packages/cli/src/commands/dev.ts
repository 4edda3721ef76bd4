import { describeError } from '@sluice/sdk';
import { codeText } from '../code/code-text.ts';
import { type DevOptions, type DevStack, startDevStack } from '../dev/dev.ts';
import type { DevEvent } from '../dev/dev-events.ts';
import { ExitCode } from '../exit-code.ts';
import { formatTime } from '../follow/format.ts';
import type { Io } from './io.ts';
import type { CommonOptions } from './project.ts';

export interface DevCommandOptions extends CommonOptions {
  readonly temporalPort?: number;
  readonly uiPort?: number;
  readonly mlflowPort?: number;
  readonly gatewayPort?: number;
  readonly gatewayAdminPort?: number;
  readonly eventsPort?: number;
  readonly pagePort?: number;
  readonly headless?: boolean;
}

/** `sluice dev`: runs until it is told to stop. */
export async function devCommand(options: DevCommandOptions, io: Io): Promise<ExitCode> {
  const stop = stopSignals();
  let stack: DevStack;
  try {
    stack = await startDevStack({
      ...stackOptions(options),
      signal: stop.signal,
      onEvent: (event) => show(event, io, stop.signal),
    });
  } catch (error) {
    if (stop.signal.aborted) return ExitCode.interrupted;
    throw error;
  }
  printLinks(stack, io);
  await new Promise<void>((done) => {
    if (stop.signal.aborted) done();
    else stop.signal.addEventListener('abort', () => done());
  });
  io.line(io.paint('quiet', 'stopping'));
  await stack.stop();
  io.line('stopped; nothing is left running');
  io.object({ type: 'stopped', at: Date.now() });
  return ExitCode.done;
}

function stackOptions(options: DevCommandOptions): DevOptions {
  const { temporalPort, uiPort, mlflowPort, gatewayPort, gatewayAdminPort, eventsPort, pagePort, headless, config } =
    options;
  return {
    ...(config === undefined ? {} : { config }),
    ...(temporalPort === undefined ? {} : { temporalPort }),
    ...(uiPort === undefined ? {} : { uiPort }),
    ...(mlflowPort === undefined ? {} : { mlflowPort }),
    ...(gatewayPort === undefined ? {} : { gatewayPort }),
    ...(gatewayAdminPort === undefined ? {} : { gatewayAdminPort }),
    ...(eventsPort === undefined ? {} : { scheduledEventsPort: eventsPort }),
    ...(pagePort === undefined ? {} : { pagePort }),
    ...(headless === undefined ? {} : { headless }),
  };
}

/** The first signal stops in good order; signals after it change nothing, because the stop has its own limit. */
function stopSignals(): { readonly signal: AbortSignal } {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort());
  return controller;
}

function show(event: DevEvent, io: Io, stopping: AbortSignal): void {
  const { error, ...rest } = event as { error?: unknown };
  io.object({ at: Date.now(), ...rest, ...(error === undefined ? {} : { error: describeError(error) }) });
  const text = textOf(event, io);
  if (text !== null && !stopping.aborted) io.line(`${io.paint('quiet', formatTime(Date.now()))}  ${text}`);
}

function textOf(event: DevEvent, io: Io): string | null {
  switch (event.type) {
    case 'progress':
      return event.text;
    case 'starting':
      return null;
    case 'up':
      return event.restarts === 0
        ? `${io.paint('step', event.part)} is up`
        : `${io.paint('step', event.part)} is ${io.paint('good', 'up again')} (pid ${event.pid})`;
    case 'died': {
      const { signal, code } = event.exit;
      return `${io.paint('step', event.part)} ${io.paint('warn', `ended (${signal ?? `exit code ${code ?? 'unknown'}`})`)}; starting it again`;
    }
    case 'start-failed':
      return `${io.paint('step', event.part)} ${io.paint('bad', 'did not start')}: ${describeError(event.error)}; trying again in ${event.retryMs / 1000} s`;
    case 'port-moved':
      return `${io.paint('warn', `port ${event.from} is in use`)}: ${event.what} is at ${event.to} from now on`;
    case 'code':
    case 'code-broken':
    case 'pipeline-left-out':
    case 'code-mended':
    case 'build-serves':
    case 'build-ended':
    case 'builds-wait':
    case 'runs-moved':
    case 'config-changed':
      return codeText(event, io.paint);
    case 'machine-preempted':
      return `${io.paint('step', event.part)} ${event.machine} was told to go, and went`;
  }
}

function printLinks(stack: DevStack, io: Io): void {
  const { temporal, mlflow, gateway, loaded } = stack;
  io.object({
    type: 'ready',
    at: Date.now(),
    temporal,
    mlflow,
    gateway,
    scheduledEventsUrl: stack.scheduledEventsUrl,
    ui: stack.pageUrl,
    workers: stack.workers,
    build: stack.code.build,
  });
  const { paint } = io;
  io.line();
  io.line(paint('good', `sluice dev is ready for ${loaded.config.project}`));
  io.line(`  pages      ${paint('link', stack.pageUrl)}`);
  if (temporal.uiUrl !== null) io.line(`  Temporal   ${paint('link', temporal.uiUrl)}`);
  io.line(`             ${paint('quiet', `${temporal.address}, namespace ${temporal.namespace}`)}`);
  if (mlflow !== null) io.line(`  MLflow     ${paint('link', mlflow.url)}`);
  for (const name of Object.keys(loaded.config.endpoints)) {
    io.line(`  endpoint   ${paint('link', `${gateway.url}/${encodeURIComponent(name)}/invocations`)}`);
  }
  io.line(`  workers    ${stack.workers.map(({ machine }) => machine).join(', ')}`);
  if (stack.code.build !== null) io.line(`  code       build ${stack.code.build}; taken up anew when it is saved`);
  io.line();
  io.line(paint('quiet', '  sluice run PIPELINE --wait   starts a run      Ctrl-C   ends everything here'));
}
