import { type EndpointState, endpointWorkflowId, Query } from '@sluice/sdk';
import { adminOf } from '../harness/gateway-admin.ts';
import type { ProjectStack, RunHandle } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';
import { type Call, startTraffic, type Traffic } from './traffic.ts';

/** One endpoint of a running stack, seen from outside. */
export interface Shop {
  readonly name: string;
  readonly url: string;
  /** What the endpoint's workflow says. */
  state(): Promise<EndpointState>;
  /** What runs on the gateway: version id to process, null while it is being started again. */
  running(): Promise<Record<string, number | null>>;
  /** Weights that the gateway uses. */
  weights(): Promise<Record<string, number>>;
  /** Awaits a phase of a rollout, such as `canary 50 %`. */
  untilPhase(phase: string): Promise<EndpointState>;
  /** Starts a run that trains a model and takes it to this endpoint, asking nobody. */
  release(trainer: object, options?: object): Promise<RunHandle>;
  traffic(perSecond: number): Traffic;
  /** Types of the activities that its workflow waits for. */
  pendingActivities(): Promise<string[]>;
  /** Version that MLflow's alias `production` stands at. */
  production(): Promise<string | undefined>;
}

/** What of a stack is needed to watch its endpoints. */
export interface Shopping extends Pick<ProjectStack, 'client' | 'start'> {
  readonly stack: Pick<ProjectStack['stack'], 'gateway' | 'mlflow'>;
}

export function shop(project: Shopping, name: string): Shop {
  const gateway = async () => (await adminOf(project.stack)).endpoint(name);
  const state = () => project.client.workflow.getHandle(endpointWorkflowId(name)).query<EndpointState>(Query.endpoint);
  const url = `${project.stack.gateway.url}/${name}/invocations`;
  return {
    name,
    url,
    state,
    async running() {
      return Object.fromEntries((await gateway()).versions.map(({ id, pid }) => [id, pid]));
    },
    async weights() {
      return (await gateway()).weights;
    },
    async untilPhase(phase) {
      const { history: before } = await state();
      return waitFor(`phase ${phase} of ${name}`, async () => {
        const seen = await state();
        if (seen.phase === phase) return seen;
        const ended = seen.history.at(-1);
        const why = ended?.id === before.at(-1)?.id ? '' : `; it ended ${ended?.state}: ${ended?.reason}`;
        throw new Error(`it is in phase ${seen.phase}${why}`);
      });
    },
    release: (trainer, options = {}) =>
      project.start('release', { endpoint: name, on: 'cpu', trainer: { steps: 1, pace: 0, ...trainer }, ...options }),
    traffic: (perSecond) => startTraffic(url, perSecond),
    async pendingActivities() {
      const { raw } = await project.client.workflow.getHandle(endpointWorkflowId(name)).describe();
      return (raw.pendingActivities ?? []).map((activity) => activity.activityType?.name ?? '');
    },
    async production() {
      const query = new URLSearchParams({ name, alias: 'production' });
      const answer = await fetch(`${project.stack.mlflow?.url}/api/2.0/mlflow/registered-models/alias?${query}`);
      const { model_version: version } = (await answer.json()) as { model_version?: { version: string } };
      return version?.version;
    },
  };
}

/** Process of a version that must be running. */
export async function pidOf(of: Shop, version: string): Promise<number> {
  return waitFor(`a process of ${version}`, async () => (await of.running())[version]);
}

/** How long bad answers came for, on the caller's own clock. */
export interface BadTime {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly seconds: number;
}

export function badTime(calls: readonly Call[], when: keyof Pick<Call, 'sentAt' | 'endedAt'> = 'endedAt'): BadTime {
  const times = calls.map((call) => call[when]).sort((a, b) => a - b);
  const [first = Number.NaN, last = Number.NaN] = [times[0], times.at(-1)];
  return { count: times.length, first, last, seconds: (last - first) / 1000 };
}

/** Awaits `count` more answers, so that what came before them can be judged. */
export async function untilAnswered(traffic: Traffic, count: number): Promise<void> {
  const from = traffic.calls.length;
  await waitFor(`${count} more answers`, async () => traffic.calls.slice(from).filter(isOver).length >= count);
}

function isOver(call: Call): boolean {
  return call.endedAt > 0;
}
