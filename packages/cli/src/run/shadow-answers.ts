import { type DeploySpec, type EndpointConfig, ErrorCode, SluiceError, type Target } from '@sluice/sdk';

/** Which targets can keep what a shadow answers. A new one has to say. */
const keepsAnswers: Readonly<Record<Target['kind'], boolean>> = { local: true };

/**
 * A rollout whose shadow answers are judged can only go where they are kept.
 *
 * @throws SluiceError `InvalidStep`
 */
export function mustKeepAnswers(
  path: string,
  { endpoint, rollout }: DeploySpec,
  config: EndpointConfig | undefined,
): void {
  if (rollout.shadowChecks === undefined || config === undefined) return;
  const { kind } = config.target ?? { kind: 'local' };
  if (!keepsAnswers[kind]) {
    throw new SluiceError(
      ErrorCode.InvalidStep,
      `${path}: the rollout has checks of shadow answers, and the target "${kind}" of endpoint "${endpoint}" cannot keep any.`,
      { where: path, fix: 'Give shadow as a number, or check captured requests before the deploy.' },
    );
  }
  const { capture } = config;
  if ((typeof capture === 'number' ? capture : capture?.percent) !== 0) return;
  throw new SluiceError(
    ErrorCode.InvalidStep,
    `${path}: the rollout has checks of shadow answers, and endpoint "${endpoint}" captures nothing (capture is 0).`,
    { where: path, fix: 'Let it capture some of its requests, or give shadow as a number.' },
  );
}
