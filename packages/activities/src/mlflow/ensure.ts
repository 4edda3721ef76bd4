import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { isRefusal, MlflowUnreachable } from './errors.ts';
import { cut, keyName, keyValue, Limit, tagFilter } from './names.ts';
import type { CallOptions } from './request.ts';
import type { MlflowRoutes } from './routes.ts';
import { type MlflowModelVersion, type MlflowRun, type MlflowTag, tagList, tagsOf } from './types.ts';

/** Tag of a run of which its maker has seen that it is the only one with its key. */
const SETTLED_TAG = 'sluice.settled';

/** Tag under which everything that Sluice makes in MLflow can be found again. */
export const KEY_TAG = 'sluice.key';

/** Without it MLflow's UI takes a new experiment for one about language models. */
const TRAINING: readonly MlflowTag[] = [{ key: 'mlflow.experimentKind', value: 'custom_model_development' }];

type Tags = Readonly<Record<string, string | null | undefined>>;

/** Creation that may be asked for any number of times, by any number of workers at once. */
export interface MlflowEnsure {
  /** @returns the experiment's id @throws SluiceError `Refused` when it was deleted */
  ensureExperiment(name: string, options?: CallOptions): Promise<string>;
  /** The run with this idempotency key, made if there is none. `tags` are set on a run that is made only. */
  ensureRun(
    wanted: {
      readonly experiment: string;
      readonly key: string;
      readonly name: string;
      readonly parentRunId?: string | null;
      readonly tags?: Tags;
    },
    options?: CallOptions,
  ): Promise<{ readonly runId: string; readonly experimentId: string; readonly created: boolean }>;
  ensureRegisteredModel(name: string, options?: CallOptions): Promise<void>;
  /** The version with this idempotency key, made if there is none. */
  ensureModelVersion(
    wanted: {
      readonly name: string;
      readonly source: string;
      readonly runId?: string | null;
      readonly key: string;
      readonly tags?: Tags;
      readonly runLink?: string | null;
      readonly description?: string;
    },
    options?: CallOptions,
  ): Promise<{ readonly version: MlflowModelVersion; readonly created: boolean }>;
}

/** @param patience ms for which a run that its maker has not settled is waited for: then the maker is gone */
export function mlflowEnsure(routes: MlflowRoutes, patience = 4_000): MlflowEnsure {
  const ensureExperiment: MlflowEnsure['ensureExperiment'] = async (name, options) => {
    const found = await routes.getExperimentByName(name, options);
    if (found !== null) return active(found);
    try {
      return (await routes.createExperiment({ name, tags: TRAINING }, options)).experiment_id;
    } catch (error) {
      if (!isRefusal(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
      const other = await routes.getExperimentByName(name, options);
      if (other === null) throw error;
      return active(other);
    }
  };

  return {
    ensureExperiment,

    async ensureRun({ experiment, key, name, parentRunId, tags }, options) {
      const experimentId = await ensureExperiment(experiment, options);
      const filter = tagFilter(KEY_TAG, keyValue(key));
      const look = () => routes.searchRuns({ experiment_ids: [experimentId], filter }, options);
      const find = (mine: MlflowRun | null) =>
        settled(mine?.info.run_id ?? null, {
          look,
          settle: (runId) => routes.setRunTag(runId, SETTLED_TAG, 'true', options),
          takeBack: (runId) => routes.deleteRun(runId, options),
          patience,
        });
      const { kept, mine } = await findOrCreate(find, (once) =>
        routes.createRun(
          {
            experiment_id: experimentId,
            run_name: cut(name, Limit.key),
            start_time: Date.now(),
            tags: shorten(Limit.tag, { ...tags, [KEY_TAG]: keyValue(key), 'mlflow.parentRunId': parentRunId }),
          },
          { ...options, ...once },
        ),
      );
      const { run_id: runId } = kept.info;
      return { runId, experimentId, created: mine?.info.run_id === runId };
    },

    async ensureRegisteredModel(name, options) {
      if ((await routes.getRegisteredModel(name, options)) !== null) return;
      await routes.createRegisteredModel({ name }, options).catch((error: unknown) => {
        if (!isRefusal(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
      });
    },

    async ensureModelVersion({ name, source, runId, key, tags, runLink, description }, options) {
      const find = async () => {
        // The name is compared here: MLflow's filter language cannot escape quotes.
        const versions = await routes.searchModelVersions({ filter: tagFilter(KEY_TAG, keyValue(key)) }, options);
        return lowest(versions.filter((version) => version.name === name));
      };
      const { kept, mine } = await findOrCreate(find, (once) =>
        routes.createModelVersion(
          {
            name,
            source,
            ...(runId ? { run_id: runId } : {}),
            ...(runLink ? { run_link: runLink } : {}),
            ...(description ? { description } : {}),
            tags: shorten(Limit.registryTag, { ...tags, [KEY_TAG]: keyValue(key) }),
          },
          { ...options, ...once },
        ),
      );
      const created = mine?.version === kept.version;
      if (mine !== null && !created) await routes.deleteModelVersion(name, mine.version, options);
      return { version: kept, created };
    },
  };
}

/**
 * Creation is not safe to repeat, so a request whose answer was lost is not sent again before another look. Two
 * workers may still be equally fast: everybody looks again, keeps the same one, and takes back only their own.
 *
 * @param find what is kept; given what was just made, of that and what others have made at once
 */
async function findOrCreate<T>(
  find: (mine: T | null) => Promise<T | null>,
  create: (once: CallOptions) => Promise<T>,
): Promise<{ readonly kept: T; readonly mine: T | null }> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await find(null);
    if (found !== null) return { kept: found, mine: null };
    try {
      const mine = await create({ attempts: 1 });
      const kept = await find(mine);
      if (kept !== null || attempt >= 4) return { kept: kept ?? mine, mine };
    } catch (error) {
      if (!(error instanceof MlflowUnreachable) || attempt >= 4) throw error;
      await delay(100 * 2 ** attempt);
    }
  }
}

function active(experiment: { experiment_id: string; name: string; lifecycle_stage: string }): string {
  if (experiment.lifecycle_stage === 'active') return experiment.experiment_id;
  throw new SluiceError(ErrorCode.Refused, `MLflow's experiment "${experiment.name}" was deleted.`, {
    where: experiment.name,
    fix: `Restore it (\`mlflow experiments restore --experiment-id ${experiment.experiment_id}\`) or choose another project name.`,
  });
}

/**
 * Which of the runs with one key is kept. MLflow numbers no runs and their times are their makers' own, so one that says
 * it is older may come to light after another was seen alone. So a maker who sees its run alone marks it as settled, and
 * only then it is anybody's; who finds a settled one gives way to it. Of those made at once all but the first give way, and
 * its maker waits for that: or until one of them is settled after all, which was seen alone a moment before. One that
 * nobody settles is settled by who has waited for it. All go by one order, so never do two give way to each other.
 *
 * @returns null where there is none
 */
async function settled(made: string | null, { look, settle, takeBack, patience }: Settling): Promise<MlflowRun | null> {
  const end = Date.now() + patience;
  let mine = made;
  let refused: string | null = null;
  for (let looks = 1; ; looks += 1) {
    const runs = (await look()).sort(olderFirst);
    const kept = runs.find(isSettled);
    const [first = null] = runs;
    if (mine !== null && (kept ?? first)?.info.run_id !== mine) {
      await takeBack(mine);
      mine = null;
    }
    if (kept !== undefined || first === null) return kept ?? null;
    const { run_id: id } = first.info;
    // On a server that is slow, whatever another maker is about takes as long as these looks do.
    const isOver = Date.now() > end && looks > LOOKS;
    if (isOver || (mine !== null && runs.length === 1)) {
      await settle(id).catch((error: unknown) => {
        // Its maker may have taken it back meanwhile; then it is not seen again.
        if (mine !== null || refused === id || !isRefusal(error)) throw error;
        refused = id;
      });
    } else await delay(Math.min(100, patience / 20));
  }
}

/** Looks for which a run that its maker has not settled is waited for, besides the time. */
const LOOKS = 5;

interface Settling {
  readonly look: () => Promise<MlflowRun[]>;
  readonly settle: (runId: string) => Promise<unknown>;
  readonly takeBack: (runId: string) => Promise<unknown>;
  /** Milliseconds. */
  readonly patience: number;
}

function isSettled({ data }: MlflowRun): boolean {
  return tagsOf(data)[SETTLED_TAG] !== undefined;
}

function olderFirst(a: MlflowRun, b: MlflowRun): number {
  return Number(a.info.start_time) - Number(b.info.start_time) || (a.info.run_id < b.info.run_id ? -1 : 1);
}

function lowest(versions: readonly MlflowModelVersion[]): MlflowModelVersion | null {
  return [...versions].sort((a, b) => Number(a.version) - Number(b.version))[0] ?? null;
}

function shorten(length: number, tags: Tags): MlflowTag[] {
  return tagList(tags).map(({ key, value }) => ({ key: keyName(key), value: cut(value, length) }));
}
