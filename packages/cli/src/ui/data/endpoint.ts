import { type EndpointState, endpointWorkflowId, Query } from '@sluice/sdk';
import type { EndpointsView, EndpointView, Trouble } from '@sluice/ui/api';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { didYouMean } from '../../config/suggest.ts';
import { NoWorker } from '../../follow/look.ts';
import type { Sources, TemporalSource } from '../../records/sources.ts';
import { isUnreachable } from '../../run/temporal-call.ts';
import { notFound, troubleOf } from '../trouble.ts';
import { EndpointHistory } from './endpoint-history.ts';
import { GatewayTraffic, type Window } from './gateway-traffic.ts';
import { temporalPage } from './links.ts';
import { describe } from './run.ts';
import { trafficSeries } from './traffic-series.ts';

/** How an endpoint stands where nothing was ever deployed to it, or nobody answers for it any more. */
function silent(endpoint: string, phase: string): EndpointState {
  return {
    endpoint,
    mode: 'unowned',
    stable: null,
    candidate: null,
    previous: null,
    formers: [],
    phase,
    weights: {},
    leaving: null,
    rollout: null,
    queued: [],
    history: [],
    alarm: null,
  };
}

/** Looks at endpoints. What was read of their past is kept. */
export class Endpoints {
  readonly #histories = new EndpointHistory();
  readonly #traffic = new GatewayTraffic();

  async list(sources: Sources, { client }: TemporalSource): Promise<EndpointsView> {
    const names = Object.keys(sources.loaded.config.endpoints);
    return { endpoints: await Promise.all(names.map(async (name) => (await look(client, name)).state)) };
  }

  /** @throws SluiceError `NotFound` for a name that the config does not have */
  async view(sources: Sources, { client, target }: TemporalSource, name: string): Promise<EndpointView> {
    const names = Object.keys(sources.loaded.config.endpoints);
    if (!names.includes(name)) {
      throw notFound(`endpoint "${name}"`, `The config has ${names.join(', ') || 'none'}.${didYouMean(name, names)}`);
    }
    const { state, runId } = await look(client, name);
    const workflowId = endpointWorkflowId(name);
    const gateway = await sources.gateway();
    const [past, windows] = await Promise.all([
      runId === null ? { shares: [], phases: [] } : this.#histories.of(client, { workflowId, runId }),
      orTrouble(gateway === null ? Promise.resolve([]) : this.#traffic.of(gateway, name)),
    ]);
    const at = Date.now();
    const ids = [state.rollout, ...state.queued, ...state.history.map(({ id }) => id)];
    return {
      at,
      state,
      url: gateway === null ? null : `${gateway.url}/${encodeURIComponent(name)}/invocations`,
      traffic: trafficSeries(past, windows.value, { at, weights: state.weights }),
      runs: Object.fromEntries(
        ids.flatMap((id) => {
          const run = id === null ? null : runOfRollout(id);
          return id === null || run === null ? [] : [[id, run]];
        }),
      ),
      temporalUrl: runId === null ? null : temporalPage(target, workflowId),
      trouble: windows.trouble,
    };
  }
}

/** A rollout's id is `<workflow id>/<step>@<version>…`; null for one that no run asked for. */
export function runOfRollout(id: string): string | null {
  const at = id.indexOf('@');
  const parts = at < 0 ? [] : id.slice(0, at).split('/');
  if (parts.length < 2) return null;
  return parts.slice(0, Math.min(2, parts.length - 1)).join('/');
}

async function look(
  client: Client,
  name: string,
): Promise<{ readonly state: EndpointState; readonly runId: string | null }> {
  const workflowId = endpointWorkflowId(name);
  try {
    const execution = await describe(client, workflowId);
    if (execution.status !== 'RUNNING')
      return { state: silent(name, 'its workflow has ended'), runId: execution.runId };
    const handle = client.workflow.getHandle(workflowId);
    return { state: await handle.query<EndpointState>(Query.endpoint), runId: execution.runId };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: silent(name, 'empty'), runId: null };
    const { code } = (error as { cause?: { code?: number } }).cause ?? {};
    if (isUnreachable(error) && code !== 14) throw new NoWorker(null, error);
    throw error;
  }
}

/** The gateway's minutes are not worth the whole page. */
async function orTrouble(
  reading: Promise<readonly Window[]>,
): Promise<{ readonly value: readonly Window[]; readonly trouble: Trouble | null }> {
  try {
    return { value: await reading, trouble: null };
  } catch (error) {
    // An endpoint that nothing was deployed to is unknown to the gateway.
    if ((error as { code?: unknown }).code === 'GATEWAY_NOT_FOUND') return { value: [], trouble: null };
    return { value: [], trouble: troubleOf(error) };
  }
}
