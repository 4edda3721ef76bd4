import { counted, formatMs, shortDigest } from '@sluice/ui/shared';
import type { DeployPart, RunReport } from '../data.ts';
import { type Finding, findings } from '../findings.ts';
import { type Html, html } from '../html.ts';
import { deploySentence, headline, rowSentence, tally, utc } from '../words.ts';
import { gateAnchor } from './gates.ts';
import { judgedSection } from './judged.ts';
import { anchor, badge, facts, inline, type PageContext, section } from './parts.ts';
import { rolloutAnchor } from './rollout.ts';

/** Findings that stand at the top. */
const TOP = 8;

/** What a reader has to know who reads no further: the verdict, what was decided, and what speaks against it. */
export function summary(context: PageContext, report: RunReport): Html {
  const { verdict, text } = headline(report);
  const { run } = report;
  const took = run.endedAt === null ? null : formatMs(run.endedAt - run.startedAt);
  return html`<header class="report-head"><p class="kicker">Report of a run · ${inline(context, report.project)}</p><h1>${inline(context, run.id)}</h1><div class="verdict ${verdict}"><p class="verdict-line">${badge(verdict)} <strong>${inline(context, text)}</strong></p><p class="muted">${tally(report)}.</p>${report.deploys.map((deploy) => decided(context, deploy, report.deploys.length > 1))}</div>${facts(
    context,
    [
      ['state', run.state.replaceAll('-', ' ')],
      ['started', `${utc(run.startedAt)}${run.by === null ? '' : ` by ${run.by}`}`],
      took === null ? null : ['took', took],
      report.lineage.commit === null
        ? null
        : ['commit', `${report.lineage.commit.slice(0, 12)}${report.lineage.dirty ? ' with changes' : ''}`],
      ['read', utc(report.at)],
    ],
  )}</header>${against(context, report)}${judgedSection(context, report)}`;
}

function decided(context: PageContext, deploy: DeployPart, many: boolean): Html {
  const candidate = html`<code>${shortDigest(deploy.candidate)}</code>`;
  const than = deploy.baseline === null ? null : html`, compared with <code>${shortDigest(deploy.baseline)}</code>`;
  const decisions = deploy.decisions.map(
    (one) =>
      html`<li><strong>${one.decision}</strong> by ${inline(context, one.by)} at ${utc(Date.parse(one.at))}${one.reason === null ? null : html`: <q>${inline(context, one.reason)}</q>`}</li>`,
  );
  const refused = deploy.refused.map(
    (one) =>
      html`<li><s>${inline(context, one.decision)}</s> by ${inline(context, one.by ?? 'nobody')} did not count: ${inline(context, one.why)}</li>`,
  );
  const open = deploy.open;
  return html`<div class="decided">${many ? html`<p>${inline(context, deploySentence(deploy))}</p>` : null}<p>Candidate ${candidate}${than}.</p>${
    decisions.length + refused.length === 0 ? null : html`<ul class="decisions">${decisions}${refused}</ul>`
  }${deploy.reason === null || deploy.state === 'rolled-back' ? null : html`<p class="muted">${inline(context, deploy.reason)}</p>`}${
    open === null
      ? null
      : html`<p>Until ${utc(open.expiresAt)}:</p><ul class="report-commands">${open.commands.map((command) => html`<li><code>${command}</code></li>`)}</ul>`
  }</div>`;
}

function anchorOf({ step, gateOf, rollout }: Finding): string {
  if (rollout !== undefined) return rolloutAnchor(rollout);
  return gateOf === undefined ? anchor('step', step) : gateAnchor({ of: gateOf, name: step });
}

function against(context: PageContext, report: RunReport): Html | null {
  const all = findings(report);
  const counting = all.filter(({ row }) => row.counts);
  const beside = all.length - counting.length;
  const rows = counting.slice(0, TOP).map((finding) => {
    const { step, row } = finding;
    return html`<li>${badge(row.verdict)} <span><a href="#${anchorOf(finding)}">${inline(context, step)}</a> ${inline(context, rowSentence(row))}${
      row.note === undefined ? null : html`<span class="note">${inline(context, row.note)}</span>`
    }</span></li>`;
  });
  const more = counting.length - rows.length;
  const notes = [
    more > 0 ? `${counted(more, 'more row')} ${more === 1 ? 'does' : 'do'} not pass, below.` : null,
    beside > 0
      ? `${counted(beside, 'row')} besides ${beside === 1 ? 'does' : 'do'} not pass and cannot sink the verdict alone: categories too small to tell, and warnings.`
      : null,
  ].filter((note) => note !== null);
  if (rows.length + notes.length === 0) return null;
  return section(
    'against',
    'What speaks against it',
    html`${rows.length === 0 ? html`<p>Nothing that counts.</p>` : html`<ol class="findings">${rows}</ol>`}${notes.map((note) => html`<p class="note">${note}</p>`)}`,
  );
}
