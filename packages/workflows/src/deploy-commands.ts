import type { DecisionSubject, OpenGate } from '@sluice/sdk';

/**
 * What to type to answer a question. All that binds a decision stands in each command, so that one that is sent late
 * cannot be taken for the answer to another question.
 */
export function commandsFor(subject: DecisionSubject, state: OpenGate['state']): string[] {
  const { run, step, endpoint, candidate, round } = subject;
  const digest = candidate.replace(/^sha256:/, '').slice(0, 12);
  const bound = [quoted(run), '--step', quoted(step), '--endpoint', quoted(endpoint), '--candidate', digest];
  if (round > 1) bound.push('--round', String(round));
  const command = (verb: string, reason: string) => `sluice ${verb} ${bound.join(' ')}${reason}`;
  return [
    ...(state === 'awaiting-approval' ? [command('approve', '')] : []),
    command('override', " --reason '…'"),
    command('reject', " --reason '…'"),
  ];
}

/** For a shell; words that mean nothing to it are left as they are. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_./@:+-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
