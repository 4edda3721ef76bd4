import {
  describeAttempts,
  type Evidence,
  type OpenGate,
  type Pause,
  type RunStatus,
  type StepStatus,
  type Verdict,
} from '@sluice/sdk';

/** Open gates that are shown. */
const GATES = 10;
/** Rows of evidence that are shown; the report has all. */
const EVIDENCE = 40;
/** Rows of steps that are shown, and decisions; the query `status` has more. */
const STEPS = 120;
const DECISIONS = 20;
const FAILED = 10;
/** Characters that are shown of what people and data wrote, and of why a step failed. */
const TEXT = 200;
const WHY = 500;

/** The run as Markdown, for Temporal's UI: what it waits on, then its steps, then who decided what. */
export function renderDetails(status: RunStatus, identity: 'by' | 'token' = 'by'): string {
  const links = Object.entries(status.links)
    // Whoever reads this is on Temporal's page of the run already; the report has a line of its own.
    .filter(([name]) => name !== 'temporal' && name !== 'report')
    .map(([name, url]) => `[${plain(name)}](${url})`);
  const parts = [[`**${plain(status.pipeline)}** is **${status.state}**`, ...links].join(' · ')];
  if (status.report !== undefined || status.steps.some(({ verdict }) => verdict !== null)) {
    parts.push(renderReport(status));
  }
  for (const gate of status.gates.slice(0, GATES)) parts.push(renderGate(gate, status.workflowId, identity));
  const more = status.gates.length - GATES;
  if (more > 0)
    parts.push(`**${more} more** wait for a decision: \`sluice status ${quoted(status.workflowId)}\` lists them.`);
  parts.push(renderSteps(status));
  parts.push(...renderFailures(status));
  const decisions = status.decisions.slice(-DECISIONS).map((one) => {
    const reason = one.reason === null ? '' : `: ${plain(one.reason)}`;
    return `- **${one.decision}** of \`${short(one.candidate)}\` by ${plain(one.by)}, ${time(one.at)}, via ${one.via}${reason}`;
  });
  if (decisions.length > 0) parts.push(['Decisions:', '', ...decisions].join('\n'));
  const refused = status.refused
    .slice(-5)
    .map((one) => `- ${plain(one.decision)} by ${plain(one.by ?? '?')}, ${time(one.at)}: ${plain(one.why)}`);
  if (refused.length > 0) parts.push(['Decisions that did not count:', '', ...refused].join('\n'));
  // The UI's frame hides the last line of what it shows.
  return [...parts, '\u00a0'].join('\n\n');
}

/** Where all that was measured can be read as one page. */
function renderReport({ workflowId, links, report }: RunStatus): string {
  const command = `\`sluice report ${quoted(workflowId)} --open\``;
  const page = links.report === undefined ? '' : `[the report](${links.report}) in MLflow`;
  const at = report?.at == null ? '' : `, as it stood at ${time(report.at)}`;
  const parts = [
    `All that it measured, as one page: ${page === '' ? '' : `${page}${at}; as it stands now: `}${command}`,
  ];
  if (report?.warning != null) parts.push(`The newest one is ${plain(report.warning)}`);
  return parts.join('\n\n');
}

function renderSteps(status: RunStatus): string {
  if (status.steps.length === 0) return '_No step has started yet._';
  const shown = status.steps.slice(0, STEPS);
  const rows = shown.map((step) => [
    plain(step.step),
    step.kind,
    stateText(step),
    step.end === null ? `since ${time(step.start).slice(11)}` : duration(step.end - step.start),
    attempts(step),
    checkpoint(step),
    verdictText(step.verdict),
    step.state === 'failed' && step.kind !== 'map' && !step.tolerated
      ? ''
      : plain(step.pause === undefined ? (step.note ?? '') : paused(step.pause)),
  ]);
  const hidden = Object.entries(status.hidden).map(([state, count]) => `${count} ${state}`);
  if (shown.length < status.steps.length) hidden.unshift(`${status.steps.length - shown.length} more`);
  if (hidden.length > 0) rows.push([`and ${hidden.join(', ')}`, '', '', '', '', '', '', '']);
  return table(['step', 'kind', 'state', 'took', 'attempts', 'checkpoint', 'verdict', 'note'], rows);
}

/** Why steps failed, outside of the table, where there is room for it; and how the run goes on once that is mended. */
function renderFailures(status: RunStatus): string[] {
  const failed = status.steps.filter(
    ({ state, kind, note, tolerated }) => state === 'failed' && !tolerated && kind !== 'map' && note !== null,
  );
  const [first] = failed;
  if (first === undefined) return [];
  const list = failed.slice(0, FAILED).map(({ step, note }) => {
    const why = note?.startsWith(`${step}: `) ? note.slice(step.length + 2) : (note ?? '');
    return `- **${plain(step)}** failed: ${plain(why, WHY)}`;
  });
  if (failed.length > FAILED) list.push(`- and ${failed.length - FAILED} more`);
  if (status.state !== 'failed') return [list.join('\n')];
  const retry = `sluice retry ${quoted(status.workflowId)} --from ${quoted(first.step)}`;
  return [
    list.join('\n'),
    ['When that is mended, go on without doing again what is done:', '', '```', retry, '```'].join('\n'),
    'or reset the run on this page (_Reset_) to the last workflow task before that step.',
  ];
}

/** A deploy that has ended says how; a failure that hurts nobody says so. */
function stateText({ state, outcome, tolerated }: StepStatus): string {
  if (state === 'failed' && tolerated) return 'failed, tolerated';
  const word = outcome ?? state;
  return word === 'done' || word === 'deployed' ? word : `**${word}**`;
}

/** One that went well needs no words. */
function attempts(step: StepStatus): string {
  const [only, ...others] = step.attempts;
  if (only === undefined) return '';
  return others.length === 0 && only.ended === 'done' ? '1' : `${step.attempts.length} (${describeAttempts(step)})`;
}

function paused({ code, message, since, until }: Pause): string {
  return `waits after ${code} since ${time(since)}, next try at ${time(until).slice(11)}: ${message}`;
}

function checkpoint(step: StepStatus): string {
  const last = step.attempts.at(-1)?.checkpoint ?? null;
  return last === null ? '' : `step ${last}`;
}

function renderGate(gate: OpenGate, run: string, identity: 'by' | 'token'): string {
  const waiting = gate.state === 'awaiting-approval';
  const headline = waiting ? 'waits for approval' : 'is blocked';
  const version = gate.version === null ? '' : ` (version ${gate.version})`;
  const round = gate.round > 1 ? ` It is asked anew, in round ${gate.round}.` : '';
  const rule = waiting ? '' : ' Only an override with a reason, or a reject, ends it.';
  return [
    `### ${plain(gate.endpoint)} ${headline}`,
    `Candidate \`${short(gate.candidate)}\`${version}: the gates say **${gate.verdict}**.${rule}${round} Open until ${time(gate.expiresAt).slice(0, 16)} UTC.`,
    renderEvidence(gate),
    ['To decide, run one of', '', '```', ...gate.commands, '```'].join('\n'),
    identity === 'token'
      ? 'A decision carries a token here, which the command seals: do not send one from this page, where it would stand in the history.'
      : `or send a signal from this page (_More Actions_): ${signals(gate, run).join(', ')}.`,
  ].join('\n\n');
}

function renderEvidence(gate: OpenGate): string {
  const rows = gate.gates.flatMap((result) =>
    result.evidence.length === 0
      ? [[plain(result.name), '', '', '', '', verdictText(result.verdict), '']]
      : result.evidence.map((one, index) => [
          index === 0 ? plain(result.name) : '',
          plain(label(one)),
          number(one.value),
          number(one.baseline),
          plain(one.threshold ?? ''),
          verdictText(one.verdict),
          plain(one.note ?? ''),
        ]),
  );
  const shown = rows.slice(0, EVIDENCE);
  if (rows.length > EVIDENCE) shown.push([`and ${rows.length - EVIDENCE} more rows`, '', '', '', '', '', '']);
  return table(['gate', 'metric', 'value', 'baseline', 'threshold', 'verdict', 'note'], shown);
}

/** Names and inputs for the dialog "Send a Signal". */
function signals({ step, endpoint, candidate, round, state }: OpenGate, run: string): string[] {
  const about = { run, step, endpoint, candidate: short(candidate), ...(round > 1 ? { round: String(round) } : {}) };
  const input = (reason: boolean) => JSON.stringify({ by: '…', ...(reason ? { reason: '…' } : {}), ...about });
  const override = `\`override\` with \`${input(true)}\``;
  const reject = `\`reject\` with \`${input(true)}\``;
  return state === 'blocked'
    ? [override, reject]
    : [`\`approve\` with \`${input(false)}\``, `\`reject\` with \`${input(true)}\``];
}

function label(evidence: Evidence): string {
  return evidence.slice === undefined ? evidence.metric : `${evidence.metric} (${evidence.slice})`;
}

function verdictText(verdict: Verdict | null): string {
  if (verdict === null) return '';
  return verdict === 'pass' ? verdict : `**${verdict}**`;
}

/** Twelve hexadecimal digits, as in commands; a decision may name a candidate by eight. */
function short(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** `2026-01-02 03:04:05`, UTC. */
function time(at: number | string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().replace('T', ' ').slice(0, 19);
}

/** `0.7 s`, `3 min 5 s`, `2 h 3 min`. */
function duration(ms: number): string {
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Columns without a word in any row are left out: the UI has half a page for it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, column) => rows.some((row) => row[column] !== ''));
  const line = (cells: readonly string[]) => `| ${cells.filter((_, column) => used[column]).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** One line of text that Markdown and HTML leave as it is; an underscore inside of a word means nothing to them. Digests are cut short. */
function plain(text: string, most = TEXT): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, '$1')
    .trim();
  const short = line.length > most ? `${line.slice(0, most - 1)}…` : line;
  return short.replace(/[\\`*[\]|~<&]/g, '\\$&').replaceAll('_', (underscore, at: number, whole: string) => {
    const inside = endsInWord(whole.slice(0, at)) && startsWithWord(whole.slice(at + 1));
    return inside ? underscore : `\\${underscore}`;
  });
}

function endsInWord(text: string): boolean {
  return /[\p{L}\p{N}]$/u.test(text.slice(-2));
}

function startsWithWord(text: string): boolean {
  return /^[\p{L}\p{N}]/u.test(text);
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
