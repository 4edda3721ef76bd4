import { type AttemptRecord, isOutage, type OpenGate, type Pause, type RunState, type Verdict } from '@sluice/sdk';
import type { Paint, Role } from './colours.ts';
import type { FollowEvent } from './events.ts';
import { evidenceRows, formatMs, formatRate, formatTime, shortDigest, table } from './format.ts';
import type { RunFailure } from './snapshot.ts';
import { stepState } from './step-state.ts';

/** The lines that tell an event to a person, tables in `columns`; none for what only a live display shows. */
export function linesOf(event: FollowEvent, paint: Paint, columns = Number.POSITIVE_INFINITY): string[] {
  switch (event.type) {
    case 'run-started':
      return [`run ${paint('name', event.run)}`];
    case 'links':
      return Object.entries(event.links).map(([name, url]) => `${name}: ${paint('link', url)}`);
    case 'step-started':
      return [`${paint('step', event.step)} ${paint('quiet', event.kind)} started`];
    case 'attempt-started':
      if (event.attempt === 1 && event.resumedFrom === null)
        return [`${paint('step', event.step)} runs on ${event.machine}`];
      return [
        `${paint('step', event.step)} attempt ${event.attempt} runs on ${event.machine}, ${
          event.resumedFrom === null ? 'from the beginning' : `resumed at step ${event.resumedFrom}`
        }`,
      ];
    case 'progress':
      return [`${paint('step', event.step)} ${progressText(event)}`];
    case 'checkpoint-committed':
      return [`${paint('step', event.step)} checkpoint committed at step ${event.checkpoint}`];
    case 'attempt-ended':
      return [`${paint('step', event.step)} ${attemptText(event.attempt, paint)}`];
    case 'attempt-corrected': {
      const { attempt: number, stepsLost, secondsLost, ended } = event.attempt;
      const least = ended === 'worker-lost' ? 'at least ' : '';
      const lost = `${least}${stepsLost} ${stepsLost === 1 ? 'step' : 'steps'}, ${secondsLost.toFixed(1)} s`;
      return [`${paint('step', event.step)} ${paint('quiet', `attempt ${number} is now known to have lost ${lost}`)}`];
    }
    case 'paused':
      return [`${paint('step', event.step)} ${paint('warn', pauseText(event.pause, event.at))}`];
    case 'verdict':
      return [];
    case 'step-ended':
      return [stepEnded(event, paint)];
    case 'gate-open':
      return gateLines(event.gate, paint, columns);
    case 'gate-closed':
      return [`${paint('step', event.step)} the question is closed`];
    case 'decision': {
      const { decision, by, reason, candidate } = event.decision;
      const what = `${decision} of ${shortDigest(candidate)} by ${by}`;
      return [`${paint(decision === 'reject' ? 'warn' : 'good', what)}${reason === null ? '' : `: ${reason}`}`];
    }
    case 'decision-refused':
      return [
        paint(
          'warn',
          `a decision did not count: ${event.refused.decision} by ${event.refused.by ?? 'nobody'}: ${event.refused.why}`,
        ),
      ];
    case 'phase':
      return [`${paint('step', event.endpoint)} ${event.phase}: ${weightsText(event.weights)}`];
    case 'state':
      return [];
    case 'hidden': {
      const parts = Object.entries(event.steps).map(([state, count]) => `${count} ${state}`);
      return parts.length === 0 ? [] : [paint('quiet', `and steps that are not listed: ${parts.join(', ')}`)];
    }
    case 'waiting':
      return [paint('warn', waitingText(event))];
    case 'back':
      return [paint('good', event.what === 'server' ? 'the Temporal server is back' : 'a worker is back')];
    case 'finished': {
      const role = roleOfState(event.state);
      const lines = [`run ${paint('name', event.run)} ${paint(role, event.state)} after ${formatMs(event.ms)}`];
      if (event.failure !== null) lines.push(...failureLines(event.failure, paint));
      return lines;
    }
  }
}

/** Code and message of what failed a run, and the last lines of the job that did. */
export function failureLines({ code, message, tail = [] }: RunFailure, paint: Paint): string[] {
  const [first = '', ...rest] = message.split('\n');
  return [
    `  ${paint('bad', code)}  ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...tail.slice(-15).map((line) => `  | ${line}`),
  ];
}

function waitingText({ what, address, sinceMs, failure }: Extract<FollowEvent, { type: 'waiting' }>): string {
  const since = `waiting, ${formatMs(sinceMs)} so far`;
  if (what === 'server') return `the Temporal server at ${address} does not answer; ${since}`;
  if (failure !== null)
    return `the workers cannot go on with this run: ${failure}; ${since} (mend the code, then start them again)`;
  return `no worker answers for this run; ${since} (start one: sluice dev)`;
}

/** `step 1200 of 3000 (40 %), 31 steps/s, 58.1 s left`. */
export function progressText(event: Extract<FollowEvent, { type: 'progress' }>): string {
  const parts = [`step ${event.done}`];
  if (event.total) parts[0] += ` of ${event.total} (${Math.floor((100 * event.done) / event.total)} %)`;
  if (event.rate !== null) parts.push(formatRate(event.rate));
  if (event.etaMs !== null) parts.push(`${formatMs(event.etaMs)} left`);
  return parts.join(', ');
}

/** The question, the evidence and how to answer. */
export function gateLines(gate: OpenGate, paint: Paint, columns = Number.POSITIVE_INFINITY): string[] {
  const blocked = gate.state === 'blocked';
  const head = blocked
    ? paint('bad', `${gate.endpoint} is blocked: the gates say ${gate.verdict}`)
    : paint('warn', `${gate.endpoint} awaits approval: the gates say ${gate.verdict}`);
  const version = gate.version === null ? '' : `, version ${gate.version}`;
  const rows = gate.gates.flatMap((one) =>
    one.evidence.length === 0 ? [[one.name, '', '', '', '', one.verdict, '']] : evidenceRows(one.name, one.evidence),
  );
  const names = ['gate', 'metric', 'value', 'baseline', 'threshold', 'verdict', ''];
  const shown = table([names, ...rows.slice(0, 30)], { width: columns - 2 });
  return [
    head,
    `  candidate ${shortDigest(gate.candidate)}${version}; the question expires ${new Date(gate.expiresAt).toISOString()}`,
    ...shown.map((line, index) => `  ${index === 0 ? paint('quiet', line) : line}`),
    ...(rows.length > 30 ? [`  and ${rows.length - 30} rows more`] : []),
    ...gate.commands.map((command) => `  ${paint('name', command)}`),
  ];
}

/** @param said what stands around it already, and is not said again */
export function attemptText(attempt: AttemptRecord, paint: Paint, said = ''): string {
  const lost = `lost ${attempt.stepsLost} ${attempt.stepsLost === 1 ? 'step' : 'steps'}, ${attempt.secondsLost.toFixed(1)} s`;
  const where = attempt.machine === null ? '' : ` on ${attempt.machine}`;
  if (attempt.ended === 'preempted') return paint('warn', `attempt ${attempt.attempt} was preempted${where} (${lost})`);
  if (attempt.ended === 'worker-lost')
    return paint('warn', `attempt ${attempt.attempt} lost its worker${where} (${lastWord(attempt)})`);
  if (attempt.ended === 'cancelled') return paint('warn', `attempt ${attempt.attempt} was cancelled`);
  const first = attempt.message?.split('\n')[0] ?? '';
  const why = first === '' || unplaced(said).includes(unplaced(first)) ? '' : `: ${first}`;
  if (isOutage(attempt))
    return paint('warn', `attempt ${attempt.attempt} met an outage${where} (${attempt.code})${why}`);
  return paint('bad', `attempt ${attempt.attempt} ended${where} as ${attempt.ended}${why}`);
}

/** What it lost is known once its successor has found the last checkpoint, which may be newer than the last word. */
function lastWord({ lastStep, checkpoint }: AttemptRecord): string {
  if (lastStep === null) return 'it told of no step';
  return `last heard of at step ${lastStep}, ${checkpoint === null ? 'no checkpoint known' : `checkpoint ${checkpoint}`}`;
}

/** Each attempt of a job fails in a place of its own, for the same reason. */
function unplaced(text: string): string {
  return text.replace(/ \(at step [^)]*\)/g, '');
}

/** `waits after Unreachable (since 14:03:10, 2 min), next try in 32 s: the store does not answer`. */
export function pauseText({ code, message, since, until }: Pause, now: number): string {
  const next = `next try in ${formatMs(Math.max(0, until - now))}`;
  return `waits after ${code} (since ${formatTime(since)}, ${formatMs(Math.max(0, now - since))}), ${next}: ${message.split('\n')[0]}`;
}

function stepEnded(event: Extract<FollowEvent, { type: 'step-ended' }>, paint: Paint): string {
  const name = paint('step', event.step);
  const note = event.note === null ? '' : `: ${event.note}`;
  const { word, role } = stepState(event);
  if (event.state === 'failed') return `${name} ${paint(role ?? 'bad', word)} after ${formatMs(event.ms)}${note}`;
  const verdict = event.verdict === null ? '' : ` ${paint(roleOfVerdict(event.verdict), event.verdict)}`;
  return `${name} ${paint(role ?? 'good', word)} in ${formatMs(event.ms)}${verdict}${note}`;
}

export function roleOfVerdict(verdict: Verdict): Role {
  return verdict === 'pass' ? 'good' : verdict === 'inconclusive' ? 'warn' : 'bad';
}

export function roleOfState(state: RunState | string): Role {
  if (state === 'done' || state === 'deployed') return 'good';
  if (['failed', 'rolled-back', 'blocked', 'terminated'].includes(state)) return 'bad';
  if (['running', 'rolling-out'].includes(state)) return 'step';
  return 'warn';
}

export function weightsText(weights: Readonly<Record<string, number>>): string {
  const parts = Object.entries(weights).map(([version, percent]) => `${version} ${percent} %`);
  return parts.length === 0 ? 'no traffic' : parts.join(', ');
}
