import type { AttemptRecord, Evidence, OpenGate, RunStatus, StepStatus } from '@sluice/sdk';

/** The run as Markdown, for Temporal's UI. */
export function renderDetails(status: RunStatus): string {
  const parts = [`**${status.pipeline}** is **${status.state}**`];
  const links = Object.entries(status.links).map(([name, url]) => `[${name}](${url})`);
  if (links.length > 0) parts.push(links.join(' · '));
  for (const gate of status.gates) parts.push(renderGate(gate));
  parts.push(renderSteps(status));
  for (const decision of status.decisions) {
    const reason = decision.reason === null ? '' : `: ${decision.reason}`;
    parts.push(`**${decision.decision}** by ${decision.by} at ${decision.at} via ${decision.via}${reason}`);
  }
  const refused = status.refused.slice(-5);
  if (refused.length > 0) {
    parts.push(
      [
        'Decisions that did not count:',
        ...refused.map((one) => `- ${one.decision} by ${one.by ?? '?'} at ${one.at}: ${one.why}`),
      ].join('\n'),
    );
  }
  return parts.join('\n\n');
}

function renderSteps(status: RunStatus): string {
  if (status.steps.length === 0) return '_No step has started yet._';
  const rows = status.steps.map((step) =>
    row([step.step, step.kind, step.state, attempts(step), checkpoint(step), step.verdict ?? '', step.note ?? '']),
  );
  const hidden = Object.entries(status.hidden).map(([state, count]) => `${count} ${state}`);
  const table = [
    row(['step', 'kind', 'state', 'attempts', 'checkpoint', 'verdict', '']),
    '|---|---|---|---|---|---|---|',
    ...rows,
  ];
  if (hidden.length > 0) table.push(row([`and ${hidden.join(', ')}`, '', '', '', '', '', '']));
  return table.join('\n');
}

function attempts(step: StepStatus): string {
  if (step.attempts.length === 0) return '';
  return `${step.attempts.length} (${budgetLine(step)})`;
}

/** `errors 0/2, preemptions 1/50, resumed at step 1200 (lost 14 steps, 3.1 s)`. */
export function budgetLine(step: StepStatus): string {
  const preempted = step.attempts.filter((one) => one.ended === 'preempted' || one.ended === 'worker-lost');
  const errors = step.attempts.filter(
    (one) => one.ended !== 'done' && one.ended !== 'cancelled' && !preempted.includes(one),
  );
  const parts = [
    `errors ${errors.length}/${step.errorsAllowed}`,
    `preemptions ${preempted.length}/${step.preemptionsAllowed}`,
  ];
  const lost = [...step.attempts].reverse().find((one) => one.ended !== 'done');
  const resumed = [...step.attempts].reverse().find((one) => one.resumedFrom !== null);
  if (resumed !== undefined) parts.push(`resumed at step ${resumed.resumedFrom}${lossOf(lost)}`);
  return parts.join(', ');
}

function lossOf(attempt: AttemptRecord | undefined): string {
  return attempt === undefined ? '' : ` (lost ${attempt.stepsLost} steps, ${attempt.secondsLost.toFixed(1)} s)`;
}

function checkpoint(step: StepStatus): string {
  const last = step.attempts.at(-1)?.checkpoint ?? null;
  return last === null ? '' : `step ${last}`;
}

function renderGate(gate: OpenGate): string {
  const headline =
    gate.state === 'awaiting-approval'
      ? 'waits for approval'
      : 'is **blocked**: only an override with a reason, or a reject, ends it';
  const rows = gate.gates.flatMap((result) =>
    result.evidence.length === 0
      ? [row([result.name, '', '', '', '', result.verdict, ''])]
      : result.evidence.map((one) =>
          row([
            result.name,
            label(one),
            number(one.value),
            number(one.baseline),
            one.threshold ?? '',
            one.verdict,
            one.note ?? '',
          ]),
        ),
  );
  return [
    `### ${gate.endpoint} ${headline}`,
    `Candidate \`${gate.candidate}\`${gate.version === null ? '' : ` (version ${gate.version})`}; verdict **${gate.verdict}**; expires ${new Date(gate.expiresAt).toISOString()}.`,
    [
      '| gate | metric | value | baseline | threshold | verdict | |',
      '|---|---|---|---|---|---|---|',
      ...rows.slice(0, 40),
    ].join('\n'),
    ['To decide, run one of:', '```', ...gate.commands, '```'].join('\n'),
  ].join('\n\n');
}

function label(evidence: Evidence): string {
  return evidence.slice === undefined ? evidence.metric : `${evidence.metric} (${evidence.slice})`;
}

function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
}
