import { decisionsInOrder, describeAttempts, type Spent, type StatusPage, type StepStatus } from '@sluice/sdk';
import { ExitCode } from '../exit-code.ts';
import { costOf, formatMs, shortDigest } from '../follow/format.ts';
import {
  attemptText,
  failureLines,
  gateLines,
  pauseText,
  roleOfState,
  roleOfVerdict,
  weightsText,
} from '../follow/lines.ts';
import { Lookout } from '../follow/look.ts';
import type { Snapshot } from '../follow/snapshot.ts';
import { stepState } from '../follow/step-state.ts';
import { answeredByWorker } from '../run/answered-by-worker.ts';
import { findRun } from '../run/find-run.ts';
import { followCommand } from './follow.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';
import { countOf, runsCommand } from './runs.ts';

export interface StatusOptions extends CommonOptions {
  /** Show what this step took and gave. */
  readonly step?: string;
  readonly follow?: boolean;
  readonly limit?: number;
  readonly after?: number;
}

/** `sluice status [RUN]` */
export async function statusCommand(run: string | undefined, options: StatusOptions, io: Io): Promise<ExitCode> {
  if (run === undefined && !options.follow && options.step === undefined) return runsCommand(options, io);
  return withServer(options, async ({ client, target, loaded }) => {
    const found = await findRun(client, target, run);
    if (options.follow)
      return followCommand({ client, target, root: loaded.root, workflowId: found.workflowId, wait: 'end', io });
    const look = await import('./status-results.ts');
    const where = { client, workflowId: found.workflowId, runId: found.runId, loaded, io };
    if (options.step !== undefined) return look.showStep(where, options.step);
    const page = pageOf(options);
    const reading = look.readResults(where);
    const lookout = new Lookout(client, found.workflowId, loaded.root);
    const snapshot = await answeredByWorker(client, found.workflowId, () => lookout.look(page));
    const record = await reading;
    io.object({ type: 'status', ...snapshot, cost: costOf(spentBy(snapshot)), ...look.resultsJson(record) });
    for (const line of statusLines(snapshot, io)) io.line(line);
    look.showResults(where, record);
    return ExitCode.done;
  });
}

/** Decisions that did not count which are shown, the last ones. */
const REFUSED = 5;

/** One run in detail. */
export function statusLines(
  snapshot: Snapshot,
  { paint, columns }: Pick<Io, 'paint'> & Partial<Pick<Io, 'columns'>>,
): string[] {
  const { status, closed } = snapshot;
  const took = formatMs((closed?.at ?? snapshot.at) - snapshot.startedAt);
  const lines = [
    `${paint('name', status.workflowId)} ${paint(roleOfState(status.state), status.state)} ${closed ? 'after' : 'for'} ${took}`,
  ];
  if (closed?.failure) lines.push(...failureLines(closed.failure, paint));
  if (status.steps.length > 0) lines.push('');
  const names = Math.max(0, ...status.steps.map(({ step }) => step.length));
  for (const step of status.steps) lines.push(...stepLines(step, snapshot, names, paint));
  const hidden = Object.entries(status.hidden).map(([state, count]) => `${count} ${state}`);
  if (hidden.length > 0) lines.push(paint('quiet', `  and steps that are not listed: ${hidden.join(', ')}`));
  const { next = null } = status;
  if (next !== null) lines.push(`  the next: ${paint('name', `sluice status ${status.workflowId} --after ${next}`)}`);
  if (snapshot.endpoint !== null) {
    const { endpoint, phase, weights } = snapshot.endpoint;
    lines.push('', `${paint('step', endpoint)} ${phase}: ${weightsText(weights)}`);
  }
  for (const gate of status.gates) lines.push('', ...gateLines(gate, paint, columns));
  if (status.decisions.length + status.refused.length > 0) lines.push('');
  const refused = status.refused.slice(-REFUSED);
  const earlier = status.refused.length - refused.length;
  if (earlier > 0) lines.push(paint('quiet', `and ${earlier} before these that did not count`));
  for (const one of decisionsInOrder(status.decisions, refused)) {
    const who = `by ${one.by ?? 'nobody'} at ${one.at}`;
    if ('why' in one) lines.push(`${paint('warn', `did not count: ${one.decision}`)} ${who}: ${one.why}`);
    else lines.push(`${paint('good', one.decision)} ${who} via ${one.via}${one.reason ? `: ${one.reason}` : ''}`);
  }
  const cost = costLine(spentBy(snapshot));
  if (cost !== null) lines.push('', cost);
  const links = Object.entries(status.links);
  if (status.report !== undefined || status.steps.some(({ verdict }) => verdict !== null)) {
    // What a worker wrote may be older than this.
    links.push([status.links.report === undefined ? 'report' : '', `sluice report ${status.workflowId} --open`]);
    const kept = status.report?.artifact;
    if (kept != null && status.links.report === undefined)
      links.push(['', `sluice artifacts get ${shortDigest(kept.digest)} --to report.html`]);
  }
  if (links.length > 0) lines.push('', ...links.map(([name, url]) => `${name.padEnd(9)} ${paint('link', url)}`));
  const warning = status.report?.warning ?? null;
  if (warning !== null) lines.push(`${''.padEnd(9)} ${paint('warn', warning)}`);
  return lines;
}

function stepLines(step: StepStatus, snapshot: Snapshot, width: number, paint: Io['paint']): string[] {
  const { word, role } = stepState(step);
  const state = role === null ? word : paint(role, word);
  const time = formatMs((step.end ?? snapshot.at) - step.start);
  const verdict = step.verdict === null ? '' : `  ${paint(roleOfVerdict(step.verdict), step.verdict)}`;
  // What failed the run stands at the top.
  const top = snapshot.closed?.failure?.message ?? '';
  const first = step.note?.split('\n')[0] ?? '';
  const note = first === '' || (step.state === 'failed' && top.includes(first)) ? '' : `  ${first}`;
  const lines = [
    `  ${paint('step', step.step.padEnd(width))}  ${paint('quiet', step.kind.padEnd(8))}  ${state}  ${time}${verdict}${note}`,
  ];
  const indent = ' '.repeat(width + 4);
  if (step.attempts.length > 0) lines.push(`${indent}${describeAttempts(step)}`);
  if (step.earlier) lines.push(`${indent}${paint('quiet', `and ${step.earlier.count} attempts before these`)}`);
  for (const attempt of step.attempts) {
    if (attempt.ended !== 'done') lines.push(`${indent}${attemptText(attempt, paint, `${top} ${first}`)}`);
  }
  if (step.pause !== undefined) lines.push(`${indent}${paint('warn', pauseText(step.pause, snapshot.at))}`);
  const job = snapshot.jobs.find((one) => one.step === step.step);
  if (job !== undefined) {
    const where =
      job.progress === null ? (job.started ? `runs on ${job.worker}` : 'waits for a worker') : runsText(job.progress);
    lines.push(`${indent}attempt ${job.attempt} ${where}`);
  }
  return lines;
}

function runsText(progress: NonNullable<Snapshot['jobs'][number]['progress']>): string {
  const step =
    progress.step === null ? '' : `, step ${progress.step}${progress.total === null ? '' : ` of ${progress.total}`}`;
  const checkpoint = progress.checkpoint === null ? '' : `, checkpoint at step ${progress.checkpoint}`;
  return `runs on ${progress.machine}${step}${checkpoint}`;
}

/** Machine time of all steps; runs of before tell of those that they list. */
function spentBy({ status }: Snapshot): readonly Spent[] {
  return status.spent ?? status.steps.flatMap(({ attempts }) => attempts);
}

function pageOf({ after = 0, limit }: StatusOptions): StatusPage {
  return {
    after: countOf('--after', after, 0),
    ...(limit === undefined ? {} : { limit: countOf('--limit', limit, 1) }),
  };
}

/** What a run's jobs cost; an unknown price makes it unknown, never 0. */
function costLine(attempts: readonly Spent[]): string | null {
  if (attempts.length === 0) return null;
  const seconds = attempts.reduce((total, one) => total + one.seconds, 0);
  const lost = attempts.reduce((total, one) => total + one.secondsLost, 0);
  const time = `${formatMs(seconds * 1000)} of machine time, ${formatMs(lost * 1000)} of it lost`;
  const cost = costOf(attempts);
  if (cost === null) {
    const unpriced = [...new Set(attempts.filter(({ price }) => price === null).map((one) => one.class))];
    const why = unpriced.length > 0 ? `no price for class ${unpriced.join(', ')}` : 'prices in more than one currency';
    return `cost      unknown (${why}); ${time}`;
  }
  const sources = [
    ...new Set(attempts.flatMap(({ price }) => (price === null ? [] : [`${price.source}, ${price.at}`]))),
  ];
  return `cost      ${cost.amount.toFixed(4)} ${cost.currency}, ${cost.lost.toFixed(4)} of it lost (${sources.join('; ')}); ${time}`;
}
