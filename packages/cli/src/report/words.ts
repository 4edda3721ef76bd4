import type { Evidence, Verdict } from '@sluice/sdk';
import { formatNumber, formatSigned, shortDigest } from '@sluice/ui/shared';
import type { DeployPart, Row, RunReport } from './data.ts';
import { findings, judgedSteps, otherGates, overall } from './findings.ts';
import { cutText } from './limits.ts';

/** Date and time by the world's clock, `2026-01-02 14:03 UTC`: a report is read anywhere. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Characters of why a candidate was rolled back. */
const REASON = 300;

/** The first sentence of a report: what there is to decide, or what was decided. */
export function headline(report: RunReport): { readonly verdict: Verdict; readonly text: string } {
  const verdict = overall(report);
  const [deploy] = report.deploys;
  if (deploy !== undefined) return { verdict, text: report.deploys.map(deploySentence).join(' ') };
  const judged = judgedSteps(report);
  if (judged.length === 0) return { verdict, text: 'Nothing in this run was judged.' };
  const failing = judged.filter((one) => one.verdict !== 'pass');
  if (failing.length === 0) return { verdict, text: `All ${judged.length} steps that judge pass.` };
  return { verdict, text: `${failing.length} of ${judged.length} steps that judge do not pass.` };
}

export function deploySentence(deploy: DeployPart): string {
  const who = `${deploy.version === null ? shortDigest(deploy.candidate) : `Version ${deploy.version}`}`;
  const to = `endpoint ${deploy.endpoint}`;
  const failing = deploy.gates.filter((gate) => gate.verdict !== 'pass').length;
  const gates = `${failing} of ${deploy.gates.length} gates ${failing === 1 ? 'does' : 'do'} not pass`;
  switch (deploy.state) {
    case 'blocked':
      return `${who} is blocked from ${to}: ${gates}. It waits for an override with a reason, or a reject.`;
    case 'awaiting-approval':
      return `${who} passes all ${deploy.gates.length} gates and waits for an approval for ${to}.`;
    case 'rejected':
      return `${who} was rejected for ${to}${failing === 0 ? '' : `: ${gates}`}.`;
    case 'expired':
      return `Nobody decided on ${who.replace(/^V/, 'v')} for ${to} in time${failing === 0 ? '' : `; ${gates}`}.`;
    case 'deployed':
      return `${who} serves ${to}${failing === 0 ? '' : `, overridden: ${gates}`}.`;
    case 'rolled-back':
      return `${who} was rolled back from ${to}${deploy.reason === null ? '' : `: ${cutText(deploy.reason, REASON).text}`}.`;
    case 'rolling-out':
      return `${who} is rolling out to ${to}${failing === 0 ? '' : `, overridden: ${gates}`}.`;
    default:
      return `${who} for ${to}: ${deploy.state.replaceAll('-', ' ')}${failing === 0 ? '' : `; ${gates}`}.`;
  }
}

/** The numbers of a row as text, all with as many digits as its interval can tell apart; null for what it has none of. */
export function numbersOf({ value, baseline, effect, interval }: Evidence): {
  readonly old: string | null;
  readonly new: string | null;
  readonly effect: string | null;
  readonly interval: string | null;
} {
  const width = interval ? interval[1] - interval[0] : 0;
  const digits =
    width > 0 && Number.isFinite(width) ? Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(width / 4)))) : null;
  const plain = (one: number | null | undefined) =>
    one == null ? null : digits === null ? formatNumber(one) : fixed(one, digits);
  const signed = (one: number) => {
    if (!Number.isFinite(one)) return one > 0 ? 'no end' : 'no beginning';
    return digits === null ? formatSigned(one) : `${Number(one.toFixed(digits)) > 0 ? '+' : ''}${fixed(one, digits)}`;
  };
  return {
    old: plain(baseline),
    new: plain(value),
    effect: effect == null ? null : signed(effect),
    interval: interval ? `${signed(interval[0])} to ${signed(interval[1])}` : null,
  };
}

function fixed(value: number, digits: number): string {
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  // What rounds to nothing has no sign.
  const rounded = Number(value.toFixed(digits)) || 0;
  return rounded.toLocaleString('en-US', shown).replace('-', '−');
}

/** One row in words: `WN, accuracy: 0.91 → 0.84 (−0.07, −0.11 to −0.03), n 566`. */
export function rowSentence(row: Row): string {
  const name = row.slice === undefined ? row.metric : `${row.slice}, ${row.metric}`;
  const numbers = numbersOf(row);
  const change = numbers.old === null ? numbers.new : `${numbers.old} → ${numbers.new ?? '–'}`;
  const difference = [numbers.effect, numbers.interval].filter((one) => one !== null).join(', ');
  const n = row.n == null ? '' : `, n ${formatNumber(row.n)}`;
  return `${name}${change === null ? '' : `: ${change}${difference === '' ? '' : ` (${difference})`}`}${n}`;
}

/** How many findings of which kind. */
export function tally(report: RunReport): string {
  const rows = findings(report).map(({ row }) => row);
  const judged = [...judgedSteps(report), ...otherGates(report)].map(({ rows: own }) => own);
  const all = [...judged, ...report.rollouts.map(({ evidence }) => evidence)].flat().length;
  const counts = (['fail', 'error', 'inconclusive'] as const)
    .map((verdict) => [verdict, rows.filter((row) => row.counts && row.verdict === verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${formatNumber(count)} ${verdict}`);
  const others = rows.filter((row) => !row.counts).length;
  const said = others === 0 ? counts : [...counts, `${formatNumber(others)} beside the verdict`];
  return `${formatNumber(all)} rows of evidence${said.length === 0 ? ', all pass' : `: ${said.join(', ')}`}`;
}
