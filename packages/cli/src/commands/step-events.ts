import { type DeploySpec, describeError, type Evidence, type Verdict, worstFirst, worstOf } from '@sluice/sdk';
import type { Paint } from '../follow/colours.ts';
import { evidenceRows, formatMs, formatNumber, shortDigest, table } from '../follow/format.ts';
import { roleOfVerdict } from '../follow/lines.ts';
import type { LocalEvent } from '../local/local-runtime.ts';
import type { Io } from './io.ts';

/** Tells what happens while steps run in this process. */
export function showEvent(event: LocalEvent, io: Io): void {
  const { paint } = io;
  io.object({ at: Date.now(), ...event, ...('error' in event ? { error: describeError(event.error) } : {}) });
  const name = paint('step', event.step);
  switch (event.type) {
    case 'step-started':
      io.line(`${name} ${paint('quiet', event.kind)} started`);
      return;
    case 'job-log':
      return;
    case 'step-reused':
      io.line(`${name} ${paint('quiet', event.kind)} kept from before${resultText(event.result, paint)}`);
      for (const line of evidenceLines(event.result, io)) io.line(line);
      return;
    case 'step-ended':
      io.line(`${name} ${paint('good', 'done')} in ${formatMs(event.ms)}${resultText(event.result, paint)}`);
      for (const line of evidenceLines(event.result, io)) io.line(line);
      return;
    case 'step-failed':
      io.line(`${name} ${paint('bad', 'failed')} after ${formatMs(event.ms)}`);
      return;
    case 'judged-alone':
      io.line(`${name} ${paint('warn', 'is judged alone: without sluice dev there is no production to compare with')}`);
      return;
    case 'would-deploy':
      for (const line of wouldDeploy(event.spec, paint)) io.line(line);
  }
}

/** What of a result is worth a line, whatever kind it is. */
export interface ShownResult {
  readonly kind?: string;
  readonly digest?: string;
  readonly rows?: number;
  readonly verdict?: Verdict;
  readonly evidence?: readonly Evidence[];
  readonly metrics?: Readonly<Record<string, number>>;
}

function resultText(result: unknown, paint: Paint): string {
  const { kind, rows, verdict, metrics, digest } = (result ?? {}) as ShownResult;
  const parts: string[] = [];
  if (verdict !== undefined) parts.push(paint(roleOfVerdict(verdict), verdict));
  if (kind !== undefined && digest !== undefined) parts.push(`${kind} ${shortDigest(digest)}`);
  if (rows !== undefined) parts.push(`${formatNumber(rows)} rows`);
  for (const [name, value] of Object.entries(metrics ?? {}).slice(0, 4)) parts.push(`${name} ${formatNumber(value)}`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** Rows of evidence that are listed, the worst first. */
const LISTED = 12;

/** What was measured: of a dataset the checks that it did not pass, of a gate the rest too. */
function evidenceLines(result: unknown, { paint, columns }: Io): string[] {
  const { kind, evidence = [] } = (result ?? {}) as ShownResult;
  const told = worstFirst(evidence.filter(({ verdict }) => kind !== 'dataset' || verdict !== 'pass'));
  if (told.length === 0) return [];
  const names = ['', 'metric', 'value', 'baseline', 'threshold', 'verdict', ''];
  const rows = [names, ...evidenceRows('', told.slice(0, LISTED))].map(([, ...row]) => row);
  const lines = table(rows, { width: columns - 2 });
  return [
    ...lines.map((line, index) => `  ${index === 0 ? paint('quiet', line) : line}`),
    ...(told.length > LISTED ? [`  and ${told.length - LISTED} more`] : []),
  ];
}

/** What the real run would do from here. */
function wouldDeploy(spec: DeploySpec, paint: Paint): string[] {
  const verdict = worstOf(spec.gates.map((gate) => gate.verdict));
  const gates = spec.gates.map((gate) => `${gate.name} ${paint(roleOfVerdict(gate.verdict), gate.verdict)}`);
  const { approval, rollout } = spec;
  const asks =
    verdict !== 'pass'
      ? 'it would be blocked: only an override with a reason, or a reject, would end it'
      : approval === 'none'
        ? 'it would go out without asking anybody'
        : `it would ask for approval, for ${formatMs(approval.within)}`;
  const steps = [...rollout.steps, 100].map((percent) => `${percent} %`).join(', ');
  return [
    `${paint('step', spec.name)} deploys nothing here. A run would put ${shortDigest(spec.model.digest)} on ${spec.endpoint}:`,
    `  gates    ${gates.join(', ') || 'none'}, so ${paint(roleOfVerdict(verdict), verdict)}: ${asks}`,
    `  rollout  ${rollout.kind}: ${steps}, at least ${formatMs(rollout.hold)} each; then a bake of ${formatMs(rollout.bake)}`,
  ];
}
