import { formatMs, formatNumber, formatShare, shortDigest } from '@sluice/ui/shared';
import { shareChart } from '../charts/share.ts';
import type { Counted, RolloutPart, RunReport } from '../data.ts';
import { type Html, html } from '../html.ts';
import { firstOf } from '../limits.ts';
import { utc } from '../words.ts';
import { evidenceTable } from './evidence.ts';
import { badge, cell, facts, inline, type PageContext, section, table } from './parts.ts';

/** Of a rollout of the run, by its place. */
export function rolloutAnchor(place: number): string {
  return `rollout-${place + 1}`;
}

/** How traffic went to the candidate: its share over time, and what each phase was judged by. */
export function rolloutSections(context: PageContext, report: RunReport): Html[] {
  return report.rollouts.map((part, i) =>
    section(
      rolloutAnchor(i),
      `Rollout on ${part.endpoint}`,
      html`${part.reason === null ? null : html`<p>${inline(context, part.reason)}</p>`}${facts(context, [
        ['candidate', shortDigest(part.candidate)],
        part.startedAt === null ? null : ['began', utc(part.startedAt)],
        part.startedAt === null || part.endedAt === null ? null : ['took', formatMs(part.endedAt - part.startedAt)],
        part.firstBadAt === null || part.offTrafficAt === null
          ? null
          : ['off traffic', `${formatMs(part.offTrafficAt - part.firstBadAt)} after the first bad answer`],
      ])}${shareChart(sharesOf(part), part.endedAt ?? report.at)}${looks(context, part)}${shadow(context, part)}${
        part.evidence.length === 0
          ? null
          : html`<h3>What ended it</h3>${evidenceTable(context, `Rollout on ${part.endpoint}`, part.evidence)}`
      }`,
      badge(part.state),
    ),
  );
}

function shadow(context: PageContext, { shadow: found, endpoint }: RolloutPart): Html | null {
  if (found === null) return null;
  const label = `Answers to copies of requests on ${endpoint}`;
  return html`<h3>What it answered to copies of requests ${badge(found.verdict)}</h3><p>${formatNumber(found.rows)} rows were judged before it answered anybody.</p>${evidenceTable(context, label, found.evidence)}`;
}

/** From its beginning on, when the candidate had nothing. */
function sharesOf({ shares, startedAt }: RolloutPart): RolloutPart['shares'] {
  const [first] = shares;
  if (first === undefined || startedAt === null || startedAt >= first.at) return shares;
  return [{ at: startedAt, percent: 0 }, ...shares];
}

function looks(context: PageContext, part: RolloutPart): Html | null {
  const { first, more } = firstOf(part.looks, context.limits.rows);
  if (first.length === 0) return null;
  if (more > 0) context.leftOut.push(`${more} phases of the rollout on ${part.endpoint}`);
  const heads = [
    { label: 'verdict' },
    { label: 'phase' },
    { label: 'until' },
    { label: 'watched', num: true },
    { label: 'candidate: errors', num: true },
    { label: 'stable: errors', num: true },
  ];
  const rows = first.map(
    (one) =>
      html`<tr>${cell(null, badge(one.verdict))}<th scope="row">${inline(context, one.phase)}${
        one.reason === null ? null : html`<span class="note">${inline(context, one.reason)}</span>`
      }</th>${cell('until', utc(one.at))}${cell('watched', formatMs(one.seconds * 1000), 'num')}${cell('candidate', counted(one.candidate), 'num')}${cell('stable', counted(one.stable), 'num')}</tr>`,
  );
  return table(`Phases of the rollout on ${part.endpoint}`, 'looks', heads, rows);
}

function counted(counts: Counted | null): string {
  if (counts === null) return '–';
  const share = counts.requests === 0 ? '' : ` (${formatShare(counts.errors / counts.requests)})`;
  return `${formatNumber(counts.errors)} of ${formatNumber(counts.requests)}${share}`;
}
