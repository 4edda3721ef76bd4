import { isDeepStrictEqual } from 'node:util';
import {
  type Candidate,
  type Digest,
  describeError,
  ErrorCode,
  type GatewayVersionSpec,
  type ReadyOutcome,
  SluiceError,
} from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { sameShares, told } from '../health/shares.ts';
import { capturedOverHttp, shadowedOverHttp } from '../replay/captured-over-http.ts';
import { type ActivityScope, pause } from '../serving/activity-scope.ts';
import { modelFiles } from '../serving/model-files.ts';
import { serveCommand } from '../serving/serve-command.ts';
import { endpointSpec } from './endpoint-spec.ts';
import { type GatewayApi, GatewayRefusal, gatewayApi, refusalOf } from './gateway-api.ts';
import type { Target, TrafficWanted } from './target.ts';

type InForce = NonNullable<TrafficWanted['expect']>;

/** Milliseconds between looks at a gateway that is asked to change something. */
const POLL = 200;
/** Milliseconds in which weights must be seen in force before the call fails, to be made again. */
const TRAFFIC_LIMIT = 10_000;
/** Milliseconds on top of the server's own for a version to get ready. */
const READY_SLACK = 5_000;

/** Versions as child processes behind the worker's gateway. */
export function localTarget(context: ActivityContext): Target {
  const api = gatewayApi(context);
  return {
    start: (endpoint, candidate, scope) => start(context, api, endpoint, candidate, scope),
    traffic: (endpoint, wanted, scope) => setTraffic(api, endpoint, wanted, scope),
    async observe(endpoint) {
      const state = await api.endpoint(endpoint);
      if (state === null) return null;
      const versions = Object.fromEntries(state.versions.map((one) => [one.id, one]));
      return { weights: positive(state.weights), mirror: state.mirror, versions };
    },
    async measure(endpoint, window) {
      const [metrics, state] = await Promise.all([api.metrics(endpoint, window), api.endpoint(endpoint)]);
      const states = Object.fromEntries((state?.versions ?? []).map((one) => [one.id, one]));
      return { ...metrics, states, weights: positive(state?.weights ?? {}), mirror: state?.mirror ?? null };
    },
    async renew(endpoint) {
      try {
        await api.renewLease(endpoint);
        return true;
      } catch (error) {
        if (refusalOf(error)?.status === 409) return false;
        throw error;
      }
    },
    async *captured(endpoint, query) {
      if (context.gateway !== null) yield* capturedOverHttp(context.gateway, endpoint, query);
    },
    async *shadowed(endpoint, query) {
      if (context.gateway !== null) yield* shadowedOverHttp(context.gateway, endpoint, query);
    },
    async stop(endpoint, id) {
      await api.deleteVersion(endpoint, id);
    },
  };
}

/**
 * Asked again and again until it is seen in force. A version without a process, or one that is not ready where that is
 * asked for, is a refusal; everything else is worth another try.
 */
async function setTraffic(
  api: GatewayApi,
  endpoint: string,
  { weights, mirror, lease, unready, expect }: TrafficWanted,
  scope: ActivityScope,
): Promise<{ readonly at: number; readonly refused: string | null }> {
  const wanted = { weights: positive(weights), mirror };
  const end = Date.now() + TRAFFIC_LIMIT;
  for (;;) {
    // Whoever was given up on must not undo what came after.
    scope.signal.throwIfAborted();
    let problem: string;
    try {
      const moved = expect === null ? null : await elsewhere(api, endpoint, wanted, expect);
      if (moved !== null) return { at: Date.now(), refused: moved };
      const seen = await api.putTraffic(endpoint, { ...wanted, lease, ...(unready ? { unready: 'allow' } : {}) });
      if (isDeepStrictEqual({ weights: positive(seen.weights), mirror: seen.mirror }, wanted)) {
        return { at: Date.now(), refused: null };
      }
      problem = 'it is not in force yet';
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      const nothing = Object.keys(wanted.weights).length === 0 && mirror === null;
      if (refusal.status === 404 && nothing) return { at: Date.now(), refused: null };
      problem = describeError(error);
      const cannot = refusal.code === GatewayRefusal.notReady || refusal.status === 400 || refusal.status === 404;
      // A version that is not ready may only just be slow; one without a process is not waited for.
      if (cannot && (unready || Date.now() > end)) return { at: Date.now(), refused: problem };
    }
    if (Date.now() > end) throw notInForce(endpoint, problem);
    await pause(scope, POLL);
  }
}

/** What is in force, in words, when it is neither what was expected nor what is wanted already. */
async function elsewhere(
  api: GatewayApi,
  endpoint: string,
  wanted: InForce,
  expected: InForce,
): Promise<string | null> {
  const state = await api.endpoint(endpoint);
  const now = { weights: state?.weights ?? {}, mirror: state?.mirror ?? null };
  const same = (one: InForce) => isDeepStrictEqual(one.mirror, now.mirror) && sameShares(one.weights, now.weights);
  if (same(wanted) || same(expected)) return null;
  const why = state?.reverted ? 'its lease ran out' : 'somebody else moved it';
  return `traffic was moved, because ${why}: ${told(now.weights)}`;
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
  const found = await untilReady(api, endpoint, candidate.id, ready, scope);
  if (found.ready) return found;
  // A version that serves is never taken down for being slow to come back.
  if (!(await inUse(api, endpoint, candidate.id))) await api.deleteVersion(endpoint, candidate.id);
  return found;
}

/** Milliseconds in which a version of the same id that is being removed may let its answers end. */
const REMOVAL_LIMIT = 90_000;

/** Puts a version; one of that id that was made with another command gives way, unless it serves the same model now. */
async function put(
  api: GatewayApi,
  endpoint: string,
  id: string,
  spec: GatewayVersionSpec,
  scope: ActivityScope,
): Promise<void> {
  const end = Date.now() + REMOVAL_LIMIT;
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

/** Once it is ready, or will not be. */
async function untilReady(
  api: GatewayApi,
  endpoint: string,
  id: string,
  limit: number,
  scope: ActivityScope,
): Promise<ReadyOutcome> {
  const not = (reason: string): ReadyOutcome => ({ ready: false, reason, restarts: null });
  const end = Date.now() + limit + READY_SLACK;
  for (;;) {
    const version = await api.version(endpoint, id);
    if (version === null) return not('the gateway has lost it');
    // One that serves is only slow to say so: whether it is well is judged by its answers.
    if (version.state === 'ready' || (version.state === 'unhealthy' && (await inUse(api, endpoint, id)))) {
      return { ready: true, reason: null, restarts: version.restarts };
    }
    const log = version.logTail.length === 0 ? '' : `. Its last lines: ${version.logTail.join(' | ').slice(-1000)}`;
    // Once crashed is enough: a version that is only just starting has no traffic that a restart would save.
    if (version.state === 'crashed') return not(`${version.lastError ?? 'its server ended'}${log}`);
    if (Date.now() > end) return not(`it was not ready after ${limit / 1000} s${log}`);
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
