import type { Json, StatusPage } from '@sluice/sdk';
import type { RunRow, RunView } from '@sluice/ui/api';
import type { Client } from '@temporalio/client';
import { Lookout } from '../../follow/look.ts';
import { Recent } from '../recent.ts';
import type { TemporalSource } from '../sources.ts';
import { costView, spentBy } from './cost.ts';
import { executionOfDescription, type ListedExecution } from './executions.ts';
import { inputOf, resultOf } from './history.ts';
import { temporalPage } from './links.ts';
import { rowOf } from './row.ts';

/** Runs whose lookout, params and result are kept. */
const KEPT = 64;

/** Looks at runs. What never changes of one is read once. */
export class Runs {
  readonly #lookouts = new WeakMap<Client, Recent<Lookout>>();
  readonly #params = new Recent<Json>(KEPT);
  readonly #results = new Recent<Json>(KEPT);

  /** @throws NoWorker, WorkflowNotFoundError and what Temporal's client throws */
  async view({ client, target }: TemporalSource, id: string, page: StatusPage): Promise<RunView> {
    const execution = await describe(client, id);
    const lookout = this.#lookout(client, id);
    const [snapshot, params, result] = await Promise.all([
      lookout.look(page),
      this.#kept(this.#params, execution, () => inputOf(client, execution)),
      execution.status === 'COMPLETED'
        ? this.#kept(this.#results, execution, () => resultOf(client, execution))
        : Promise.resolve(null),
    ]);
    const { status, closed } = snapshot;
    const failure = closed?.failure ?? null;
    return {
      at: snapshot.at,
      row: { ...rowOf(execution), state: status.state },
      status,
      jobs: snapshot.jobs.map(({ step, attempt, started, worker, progress }) => ({
        step,
        attempt,
        started,
        worker,
        progress,
      })),
      endpoint: snapshot.endpoint,
      failure: failure && { code: failure.code, message: failure.message, tail: failure.tail ?? [] },
      params,
      result,
      cost: costView(spentBy(status)),
      temporalUrl: temporalPage(target, id),
      mlflowUrl: status.links.mlflow ?? null,
    };
  }

  #lookout(client: Client, id: string): Lookout {
    let known = this.#lookouts.get(client);
    if (known === undefined) {
      known = new Recent(KEPT);
      this.#lookouts.set(client, known);
    }
    return known.get(id) ?? known.set(id, new Lookout(client, id));
  }

  async #kept(kept: Recent<Json>, { runId }: ListedExecution, read: () => Promise<Json>): Promise<Json> {
    const known = kept.get(runId);
    return known === undefined ? kept.set(runId, await read()) : known;
  }
}

/** @throws WorkflowNotFoundError and what Temporal's client throws */
export async function describe(client: Client, id: string): Promise<ListedExecution> {
  return executionOfDescription(await client.workflow.getHandle(id).describe());
}

export async function rowNamed({ client }: TemporalSource, id: string): Promise<RunRow> {
  return rowOf(await describe(client, id));
}
