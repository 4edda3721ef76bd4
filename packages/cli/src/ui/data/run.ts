import type { Json, StatusPage } from '@sluice/sdk';
import type { Cost, RunView } from '@sluice/ui/api';
import type { Client } from '@temporalio/client';
import { Lookout } from '../../follow/look.ts';
import type { PendingJob, Snapshot } from '../../follow/snapshot.ts';
import { executionOfDescription, type ListedExecution } from '../../records/executions.ts';
import { shown as readable, resultOf, startedWith } from '../../records/history.ts';
import { rowOf } from '../../records/row.ts';
import type { TemporalSource } from '../../records/sources.ts';
import { Recent } from '../recent.ts';
import { notFound } from '../trouble.ts';
import { costView, spentBy } from './cost.ts';
import { statusPage } from './find-step.ts';
import { temporalPage } from './links.ts';
import { nextPage, type Part, PartsSpent, partsOf, placeOf } from './parts.ts';

/** Runs whose lookout, params and result are kept. */
const KEPT = 64;
/** Time a part may take to say what it has spent, ms: its history may have to be replayed for it. */
const PART_WITHIN = 20_000;

/** Looks at runs. What never changes of one is read once. */
export class Runs {
  readonly #lookouts = new WeakMap<Client, Recent<Lookout>>();
  readonly #params = new Recent<Json>(KEPT);
  readonly #results = new Recent<Json>(KEPT);
  readonly #partsSpent = new PartsSpent();
  readonly #root: string | null;

  /** @param root folder of the project, whose `sluice dev` may have put a run's code aside */
  constructor(root: string | null) {
    this.#root = root;
  }

  /** @throws NoWorker, WorkflowNotFoundError and what Temporal's client throws */
  async view({ client, target }: TemporalSource, id: string, page: StatusPage): Promise<RunView> {
    const execution = await describe(client, id);
    const place = placeOf(page.after ?? 0);
    const own = place.part === null ? page : { limit: 1 };
    const [snapshot, params, result] = await Promise.all([
      this.#lookout(client, id).look(own),
      this.#kept(this.#params, execution, async () => readable(await startedWith(client, execution))),
      execution.status === 'COMPLETED'
        ? this.#kept(this.#results, execution, () => resultOf(client, execution))
        : Promise.resolve(null),
    ]);
    const { status, closed } = snapshot;
    const hasMap = place.part !== null || status.next != null || status.steps.some(({ kind }) => kind === 'map');
    const parts = hasMap ? await partsOf(client, id) : [];
    const shown = place.part === null ? snapshot : await this.#partOf(client, parts, place.part, { ...page, ...place });
    const failure = closed?.failure ?? null;
    return {
      at: snapshot.at,
      row: { ...rowOf(execution), state: status.state },
      status: {
        ...status,
        steps: shown.status.steps,
        hidden: shown.status.hidden,
        next: nextPage(shown.status.next ?? null, place.part, parts.length),
      },
      jobs: shown.jobs.map(jobView),
      endpoint: snapshot.endpoint,
      failure: failure && { code: failure.code, message: failure.message, tail: failure.tail ?? [] },
      params,
      result,
      cost: this.#cost(client, snapshot, parts),
      temporalUrl: temporalPage(target, id),
      mlflowUrl: status.links.mlflow ?? null,
    };
  }

  async #partOf(client: Client, parts: readonly Part[], index: number, page: StatusPage): Promise<Snapshot> {
    const part = parts[index];
    if (part === undefined) throw notFound(`part ${index + 1} of that run: it has ${parts.length}`);
    const snapshot = await this.#lookout(client, part.workflowId).look({
      after: page.after ?? 0,
      ...(page.limit === undefined ? {} : { limit: page.limit }),
    });
    this.#partsSpent.learn(part, snapshot.status.spent);
    return snapshot;
  }

  /** Of a large map each part knows what it has spent itself. */
  #cost(client: Client, { status }: Snapshot, parts: readonly Part[]): Cost | null {
    this.#partsSpent.askBeside(parts, (part, page) =>
      client.withDeadline(Date.now() + PART_WITHIN, async () => (await statusPage(client, part, page)).spent),
    );
    const { spent, unknown } = this.#partsSpent.of(parts);
    const cost = costView([...spentBy(status), ...spent]);
    if (cost === null || unknown === 0) return cost;
    const why = `${unknown} of the ${parts.length} parts of its large maps have not told theirs yet`;
    return { ...cost, amount: null, lost: null, why };
  }

  #lookout(client: Client, id: string): Lookout {
    let known = this.#lookouts.get(client);
    if (known === undefined) {
      known = new Recent(KEPT);
      this.#lookouts.set(client, known);
    }
    return known.get(id) ?? known.set(id, new Lookout(client, id, this.#root));
  }

  async #kept(kept: Recent<Json>, { runId }: ListedExecution, read: () => Promise<Json>): Promise<Json> {
    const known = kept.get(runId);
    return known === undefined ? kept.set(runId, await read()) : known;
  }
}

function jobView({ step, attempt, started, worker, progress }: PendingJob): RunView['jobs'][number] {
  return { step, attempt, started, worker, progress };
}

/** @throws WorkflowNotFoundError and what Temporal's client throws */
export async function describe(client: Client, id: string): Promise<ListedExecution> {
  return executionOfDescription(await client.workflow.getHandle(id).describe());
}
