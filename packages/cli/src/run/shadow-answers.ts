import { type DeploySpec, type EndpointConfig, ErrorCode, SluiceError, type Target } from '@sluice/sdk';

/** Which targets can keep what a shadow answers. A new one has to say. */
const keepsAnswers: Readonly<Record<Target['kind'], boolean>> = { local: true };

/**
 * A rollout whose shadow answers are judged can only go where they are kept as they are.
 *
 * @throws SluiceError `InvalidStep`
 */
export function mustKeepAnswers(
  path: string,
  { endpoint, rollout }: DeploySpec,
  config: EndpointConfig | undefined,
): void {
  if (rollout.shadowChecks === undefined || config === undefined) return;
  const why = whyNot(endpoint, config);
  if (why === null) return;
  const message = `${path}: the rollout has checks of shadow answers, and ${why.what}.`;
  throw new SluiceError(ErrorCode.InvalidStep, message, { where: path, fix: why.fix });
}

function whyNot(endpoint: string, { target, capture }: EndpointConfig): { what: string; fix: string } | null {
  const { kind } = target ?? { kind: 'local' };
  const { percent, redact } = typeof capture === 'object' ? capture : { percent: capture, redact: undefined };
  if (!keepsAnswers[kind]) {
    const what = `the target "${kind}" of endpoint "${endpoint}" cannot keep any`;
    return { what, fix: 'Give shadow as a number, or check captured requests before the deploy.' };
  }
  if (percent === 0) {
    const what = `endpoint "${endpoint}" captures nothing (capture is 0)`;
    return { what, fix: 'Let it capture some of its requests, or give shadow as a number.' };
  }
  // What is replaced by zeros would pass for answers.
  const hides = redact?.json?.find((place) => /^(\$\.)?(predictions|\*)(\.|$)/.test(place));
  if (hides === undefined) return null;
  const what = `endpoint "${endpoint}" redacts them (capture.redact.json has "${hides}")`;
  return { what, fix: 'Take that path out of the list, or give shadow as a number.' };
}
