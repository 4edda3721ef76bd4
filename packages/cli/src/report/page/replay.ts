import { counted, formatNumber } from '@sluice/ui/shared';
import type { Regression, ReplayPart, Reply } from '../data-replay.ts';
import { type Html, html } from '../html.ts';
import { firstOf } from '../limits.ts';
import { evidenceTable } from './evidence.ts';
import {
  anchor,
  badge,
  block,
  blocks,
  cell,
  facts,
  folded,
  inline,
  type PageContext,
  section,
  table,
} from './parts.ts';

/** Requests that are seen without unfolding the others. */
const IN_SIGHT = 4;
const KINDS_IN_SIGHT = 12;

/** Captured requests on both versions: counts, what they bound, and the first that fail with what was asked and answered. */
export function replaySection(context: PageContext, part: ReplayPart): Html {
  const { first, more } = firstOf(part.regressions, context.limits.cases);
  const left = more + part.moreRegressions;
  if (left > 0) context.leftOut.push(`${left} regressions of ${part.step}`);
  return section(
    anchor('step', part.step),
    `Replay: ${part.step}`,
    html`${facts(context, part.counts)}${part.bound === null ? null : html`<p>${part.bound}</p>`}${evidenceTable(context, `Replay ${part.step}`, part.evidence)}${coverage(context, part)}${
      first.length === 0
        ? null
        : html`<h3>Requests that fail on the candidate only</h3>${ways(context, part)}${folded(
            first.map((one) => regression(context, one)),
            IN_SIGHT,
            'requests',
          )}${left === 0 ? null : html`<p class="note">${formatNumber(left)} more are left out.</p>`}`
    }${differing(context, part)}${waivers(context, part)}`,
    badge(part.verdict),
  );
}

/** Ways of failing that are listed. */
const WAYS = 8;

function ways(context: PageContext, part: ReplayPart): Html | null {
  if (part.ways.length < 2) return null;
  const rows = part.ways
    .slice(0, WAYS)
    .map(
      ({ said, count }) =>
        html`<tr>${cell('requests', formatNumber(count), 'num')}<td>${inline(context, said)}</td></tr>`,
    );
  const more = part.ways.length - rows.length;
  return html`${table(`How they fail in ${part.step}`, 'compact', [{ label: 'requests', num: true }, { label: 'the candidate says' }], rows)}${
    more === 0 ? null : html`<p class="note">and ${counted(more, 'other way')} of failing.</p>`
  }`;
}

function regression(context: PageContext, one: Regression): Html {
  const both = one.old === null || one.new === null ? null : blocks(context, one.old.text, one.new.text);
  return html`<li class="case"><p class="case-head"><strong>${inline(context, one.id)}</strong> <span class="muted">${inline(context, one.route)}</span>${
    one.why === null ? null : html` ${inline(context, one.why)}`
  }${one.outcome === 'unconfirmed' ? ' (seen once)' : ''}</p>${
    one.body === null ? null : html`<p class="label">request</p>${block(context, one.body)}`
  }<div class="sides">${reply(context, 'old', one.old, both?.[0])}${reply(context, 'new', one.new, both?.[1])}</div></li>`;
}

function reply(context: PageContext, name: string, given: Reply | null, marked?: Html): Html | null {
  if (given === null) return null;
  return html`<div class="side"><p class="label">${name}${given.status === null ? '' : `, status ${given.status}`}</p>${marked ?? block(context, given.text)}</div>`;
}

function differing(context: PageContext, part: ReplayPart): Html | null {
  if (part.differing === null) return null;
  const { places, noise } = part.differing;
  const { first, more } = firstOf(places, context.limits.rows);
  if (more > 0) context.leftOut.push(`${more} places at which answers of ${part.step} differ`);
  const count = (value: number | null) => (value === null ? '' : formatNumber(value));
  const rows = first.map(
    (one) =>
      html`<tr><th scope="row"><code>${inline(context, one.path)}</code><span class="note">${inline(context, one.kind)}</span></th>${cell('compared', count(one.compared), 'num')}${cell('candidate differs', count(one.candidate), 'num')}${cell('old from itself', count(one.copy), 'num')}${cell('p', one.p !== null && one.p < 0.0001 ? '< 0.0001' : count(one.p), 'num')}<td>${
        one.example === null ? null : html`${inline(context, one.example.old)} → ${inline(context, one.example.now)}`
      }</td></tr>`,
  );
  const heads = [
    { label: 'place' },
    { label: 'compared', num: true },
    { label: 'candidate differs', num: true },
    { label: 'old differs from itself', num: true },
    { label: 'p', num: true },
    { label: 'such as' },
  ];
  const quiet = `At ${counted(noise, 'other place')} they differ no more than the old version does from itself.`;
  return html`<h3>Where answers differ</h3>${
    rows.length === 0
      ? html`<p>At no place by more than noise.</p>`
      : table(`Where answers of ${part.step} differ`, 'differing', heads, rows)
  }${noise === 0 ? null : html`<p class="note">${quiet}</p>`}`;
}

function waivers(context: PageContext, part: ReplayPart): Html | null {
  if (part.waivers.length === 0) return null;
  const heads = [{ label: 'waiver' }, { label: 'reason' }, { label: 'last day' }, { label: 'requests', num: true }];
  const rows = part.waivers.map(
    (one) =>
      html`<tr><th scope="row">${inline(context, one.what)}</th>${cell(null, inline(context, one.reason))}${cell('last day', html`${inline(context, one.until)}${one.expired ? ' (over)' : ''}`)}${cell('requests', one.matched === null ? '' : formatNumber(one.matched), 'num')}</tr>`,
  );
  return html`<h3>Let pass for a while</h3>${table(`Waivers of ${part.step}`, 'compact', heads, rows)}`;
}

function coverage(context: PageContext, part: ReplayPart): Html | null {
  const failing = part.coverage.some(({ failed }) => (failed ?? 0) > 0);
  const worst = [...part.coverage].sort((a, b) => (b.failed ?? 0) - (a.failed ?? 0));
  const { first, more } = firstOf(worst, context.limits.rows);
  if (first.length === 0) return null;
  if (more > 0) context.leftOut.push(`${more} kinds of request of ${part.step}`);
  const count = (value: number | null) => (value === null ? '' : formatNumber(value));
  const rows = first.map(
    (one) =>
      html`<tr><th scope="row">${inline(context, one.kind)}</th>${cell('captured', count(one.captured), 'num')}${cell('sent', count(one.sent), 'num')}${cell('failed', count(one.failed), 'num')}</tr>`,
  );
  const heads = [
    { label: 'kind of request' },
    { label: 'captured', num: true },
    { label: 'sent', num: true },
    { label: 'failed on the candidate only', num: true },
  ];
  const shown = table(`Coverage of ${part.step}`, 'kinds', heads, rows);
  const title = `What was covered: ${counted(part.coverage.length, 'kind')} of request`;
  // Which kinds fail is what a decision needs; that none does stands above.
  if (failing && first.length <= KINDS_IN_SIGHT) return html`<h3>${title}</h3>${shown}`;
  return html`<details class="fold"><summary>${title}</summary>${shown}</details>`;
}
