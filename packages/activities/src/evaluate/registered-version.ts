import { type Artifact, type Digest, ErrorCode, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { tagsOf } from '../mlflow/types.ts';

/**
 * The model of a registered version of an endpoint's model.
 *
 * @throws SluiceError `InvalidStep` where MLflow is off, `NotFound` for a version that there is not or that Sluice did not
 *   register; what MLflow's client throws
 */
export async function registeredVersion(
  { mlflow, config }: Pick<ActivityContext, 'mlflow' | 'config'>,
  endpoint: string,
  version: string,
  where: string,
): Promise<Pick<Artifact, 'uri' | 'digest'>> {
  const name = config.endpoints?.[endpoint]?.model ?? endpoint;
  if (mlflow === null) {
    throw new SluiceError(ErrorCode.InvalidStep, `against names version ${version}, and MLflow is off.`, {
      where,
      fix: "Turn MLflow on in sluice.config.ts, or compare with 'production' or a model of the run.",
    });
  }
  const { 'sluice.digest': digest, 'sluice.uri': uri } = tagsOf((await mlflow.getModelVersion(name, version)) ?? {});
  if (digest !== undefined && uri !== undefined) return { digest: digest as Digest, uri };
  throw new SluiceError(ErrorCode.NotFound, `There is no version ${version} of ${name} that Sluice registered.`, {
    where,
    fix: 'Look at the versions in MLflow, and name one whose tags hold sluice.digest.',
  });
}
