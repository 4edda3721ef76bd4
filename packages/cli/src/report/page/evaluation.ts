import { formatNumber } from '@sluice/ui/shared';
import type { Answer, EvaluationPart, WorstCase } from '../data.ts';
import { type Html, html } from '../html.ts';
import { firstOf } from '../limits.ts';
import { evidenceTable } from './evidence.ts';
import { anchor, badge, block, blocks, facts, folded, inline, type PageContext, section } from './parts.ts';

/** Cases that are seen without unfolding the others. */
const IN_SIGHT = 6;

/** One evaluation: by category what was, what is and the difference, then the cases that lost most. */
export function evaluationSection(context: PageContext, part: EvaluationPart): Html {
  const { first, more } = firstOf(part.worst, context.limits.cases);
  if (more > 0) context.leftOut.push(`${more} of the worst cases of ${part.step}`);
  const cases =
    first.length === 0
      ? null
      : html`<h3>Cases that lost most</h3>${folded(
          first.map((one) => caseItem(context, one)),
          IN_SIGHT,
          'cases',
        )}${more === 0 ? null : html`<p class="note">${formatNumber(more)} more are left out.</p>`}`;
  return section(
    anchor('step', part.step),
    `Evaluation: ${part.step}`,
    html`${evidenceTable(context, `Evaluation ${part.step}`, part.evidence)}${cases}<details class="fold"><summary>How it was measured</summary>${facts(context, part.facts)}</details>`,
    badge(part.verdict),
  );
}

function caseItem(context: PageContext, one: WorstCase): Html {
  const { old } = one;
  const both = old === null || old.failed || one.new.failed ? null : blocks(context, old.text, one.new.text);
  return html`<li class="case"><p class="case-head"><strong>${inline(context, one.id)}</strong>${
    one.category === null ? null : html` <span class="muted">${inline(context, one.category)}</span>`
  }</p>${one.input === null ? null : html`<p class="label">input</p>${block(context, one.input)}`}${
    one.expected === null ? null : html`<p class="label">expected</p>${block(context, one.expected)}`
  }<div class="sides">${old === null ? null : answer(context, 'old', old, both?.[0])}${answer(context, 'new', one.new, both?.[1])}</div></li>`;
}

function answer(context: PageContext, name: string, given: Answer, marked?: Html): Html {
  const score = given.scores
    .filter(([, value]) => value !== null)
    .map(([metric, value]) => `, ${metric} ${formatNumber(value)}`)
    .join('');
  const text = marked ?? block(context, given.text, given.failed ? 'bad' : '');
  return html`<div class="side"><p class="label">${name}${score}${given.failed ? ', failed' : ''}</p>${text}</div>`;
}
