import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { isRefusal, MlflowUnreachable } from './errors.ts';
import { cut, keyName, keyValue, Limit, tagFilter } from './names.ts';
import type { CallOptions } from './request.ts';
import type { MlflowRoutes } from './routes.ts';
import { type MlflowModelVersion, type MlflowRun, type MlflowTag, tagList } from './types.ts';

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

export function mlflowEnsure(routes: MlflowRoutes): MlflowEnsure {
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
      const find = async () => {
        const filter = tagFilter(KEY_TAG, keyValue(key));
        return oldest(await routes.searchRuns({ experiment_ids: [experimentId], filter }, options));
      };
      const made = await findOrCreate(find, (once) =>
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
      const { run_id } = made.mine?.info ?? {};
      const created = run_id === made.kept.info.run_id;
      if (run_id !== undefined && !created) await routes.deleteRun(run_id, options);
      return { runId: made.kept.info.run_id, experimentId, created };
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
 * workers may still be equally fast: everybody looks again, keeps the first one, and takes back only their own.
 */
async function findOrCreate<T>(
  find: () => Promise<T | null>,
  create: (once: CallOptions) => Promise<T>,
): Promise<{ readonly kept: T; readonly mine: T | null }> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await find();
    if (found !== null) return { kept: found, mine: null };
    try {
      const mine = await create({ attempts: 1 });
      return { kept: (await find()) ?? mine, mine };
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

function oldest(runs: readonly MlflowRun[]): MlflowRun | null {
  const order = (a: MlflowRun, b: MlflowRun) =>
    Number(a.info.start_time) - Number(b.info.start_time) || (a.info.run_id < b.info.run_id ? -1 : 1);
  return [...runs].sort(order)[0] ?? null;
}

function lowest(versions: readonly MlflowModelVersion[]): MlflowModelVersion | null {
  return [...versions].sort((a, b) => Number(a.version) - Number(b.version))[0] ?? null;
}

function shorten(length: number, tags: Tags): MlflowTag[] {
  return tagList(tags).map(({ key, value }) => ({ key: keyName(key), value: cut(value, length) }));
}
