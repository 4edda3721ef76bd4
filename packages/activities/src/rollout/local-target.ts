import { isDeepStrictEqual } from 'node:util';
import {
  type Candidate,
  type Digest,
  describeError,
  type EndpointConfig,
  ErrorCode,
  type GatewayEndpointSpec,
  type GatewayVersionSpec,
  milliseconds,
  type ReadyOutcome,
  SluiceError,
} from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { type ActivityScope, pause } from '../serving/activity-scope.ts';
import { modelFiles } from '../serving/model-files.ts';
import { serveCommand } from '../serving/serve-command.ts';
import { type GatewayApi, gatewayApi, refusalOf } from './gateway-api.ts';
import type { Target } from './target.ts';

/** Milliseconds between looks at a gateway that is asked to change something. */
const POLL = 200;
/** Milliseconds in which weights must be seen in force before the call fails, to be made again. */
const TRAFFIC_LIMIT = 10_000;
/** As `EndpointConfig` states them: a limit that is taken out of the config goes back to its default. */
const DEFAULTS = { deadline: '30 seconds', idle: '60 seconds' } as const;
/** Milliseconds on top of the server's own for a version to get ready. */
const READY_SLACK = 5_000;

/** Versions as child processes behind the worker's gateway. */
export function localTarget(context: ActivityContext): Target {
  const api = gatewayApi(context);
  return {
    start: (endpoint, candidate, scope) => start(context, api, endpoint, candidate, scope),
    async traffic(endpoint, { weights, mirror }, scope) {
      const wanted = { weights: positive(weights), mirror };
      const nothing = Object.keys(wanted.weights).length === 0 && mirror === null;
      const end = Date.now() + TRAFFIC_LIMIT;
      let problem = 'they are not in force yet';
      for (let tried = 0; ; tried += 1) {
        const seen = await api.endpoint(endpoint);
        if (seen === null && nothing) return { at: Date.now() };
        if (seen !== null && isDeepStrictEqual({ weights: positive(seen.weights), mirror: seen.mirror }, wanted)) {
          return { at: Date.now() };
        }
        if (Date.now() > end) throw notInForce(endpoint, problem);
        if (tried > 0) await pause(scope, POLL);
        // Whoever was given up on must not undo what came after.
        scope.signal.throwIfAborted();
        try {
          await api.putTraffic(endpoint, wanted);
        } catch (error) {
          if (refusalOf(error) === null) throw error;
          problem = describeError(error);
        }
      }
    },
    async measure(endpoint, window) {
      const [metrics, state] = await Promise.all([api.metrics(endpoint, window), api.endpoint(endpoint)]);
      const states = Object.fromEntries((state?.versions ?? []).map((one) => [one.id, one]));
      return { ...metrics, states, weights: positive(state?.weights ?? {}), mirror: state?.mirror ?? null };
    },
    async renew() {},
    async stop(endpoint, id) {
      await api.deleteVersion(endpoint, id);
    },
  };
}

/** What the config says of an endpoint, in the gateway's words; what it leaves out is at its default. */
function endpointSpec(endpoint: string, config: EndpointConfig): GatewayEndpointSpec {
  const ms = (limit: 'deadline' | 'idle') => milliseconds(config[limit] ?? DEFAULTS[limit], `${endpoint}.${limit}`);
  return {
    capture: { percent: config.capture ?? 100 },
    deadlineMs: ms('deadline'),
    idleMs: ms('idle'),
    maxInFlight: config.maxInFlight ?? 256,
  };
}

async function start(
  context: ActivityContext,
  api: GatewayApi,
  endpoint: string,
  candidate: Candidate,
  scope: ActivityScope,
): Promise<ReadyOutcome> {
  const { program, cwd, env, ready, config } = serveCommand(context, endpoint);
  const modelPath = await modelFiles(context, { uri: candidate.uri, digest: candidate.digest as Digest });
  const spec: GatewayVersionSpec = {
    digest: candidate.digest,
    command: [program.file, ...program.args],
    cwd,
    env,
    modelPath,
    readyTimeoutMs: ready,
  };
  await api.putEndpoint(endpoint, endpointSpec(endpoint, config));
  await put(api, endpoint, candidate.id, spec, scope);
  const reason = await untilReady(api, endpoint, candidate.id, ready, scope);
  if (reason === null) return { ready: true, reason: null };
  // A version that serves is never taken down for being slow to come back.
  if (!(await inUse(api, endpoint, candidate.id))) await api.deleteVersion(endpoint, candidate.id);
  return { ready: false, reason };
}

/** Puts a version; one of that id that was made with another command gives way, unless it serves the same model now. */
async function put(
  api: GatewayApi,
  endpoint: string,
  id: string,
  spec: GatewayVersionSpec,
  scope: ActivityScope,
): Promise<void> {
  const end = Date.now() + TRAFFIC_LIMIT;
  for (;;) {
    try {
      await api.putVersion(endpoint, id, spec);
      return;
    } catch (error) {
      if (refusalOf(error)?.status !== 409 || Date.now() > end) throw error;
    }
    const known = await api.version(endpoint, id);
    if (known !== null && (await inUse(api, endpoint, id))) {
      if (known.digest === spec.digest) return;
      throw new SluiceError(ErrorCode.Refused, `Version ${id} of ${endpoint} serves another model, ${known.digest}.`);
    }
    await api.deleteVersion(endpoint, id);
    await pause(scope, POLL);
  }
}

async function inUse(api: GatewayApi, endpoint: string, id: string): Promise<boolean> {
  const state = await api.endpoint(endpoint);
  return (state?.weights[id] ?? 0) > 0 || state?.mirror?.version === id;
}

/** Null once it is ready, else why it will not be. */
async function untilReady(
  api: GatewayApi,
  endpoint: string,
  id: string,
  limit: number,
  scope: ActivityScope,
): Promise<string | null> {
  const end = Date.now() + limit + READY_SLACK;
  for (;;) {
    const version = await api.version(endpoint, id);
    if (version === null) return 'the gateway has lost it';
    if (version.state === 'ready') return null;
    const log = version.logTail.length === 0 ? '' : `. Its last lines: ${version.logTail.join(' | ').slice(-1000)}`;
    // Once crashed is enough: a version that is only just starting has no traffic that a restart would save.
    if (version.state === 'crashed') return `${version.lastError ?? 'its server ended'}${log}`;
    if (Date.now() > end) return `it was not ready after ${limit / 1000} s${log}`;
    await pause(scope, POLL);
  }
}

function notInForce(endpoint: string, problem: string): SluiceError {
  return new SluiceError(ErrorCode.Refused, `The traffic of ${endpoint} could not be set: ${problem}`, {
    where: `endpoint ${endpoint}`,
    fix: 'It is tried again; look at the versions by `sluice status` when it goes on.',
    permanent: false,
  });
}

function positive(weights: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0));
}
