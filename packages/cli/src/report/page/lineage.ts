import { formatMoney, formatMs, formatNumber, shortDigest } from '@sluice/ui/shared';
import type { ModelPart, RunReport } from '../data.ts';
import { type Html, html } from '../html.ts';
import { firstOf } from '../limits.ts';
import { block, cell, facts, inline, type PageContext, section, table } from './parts.ts';

/** What the models were made from. */
export function lineageSection(context: PageContext, { lineage }: RunReport): Html | null {
  const models = firstOf(lineage.models, context.limits.rows);
  const data = firstOf(lineage.datasets, context.limits.rows);
  if (models.more > 0) context.leftOut.push(`lineage of ${models.more} models`);
  if (data.more > 0) context.leftOut.push(`lineage of ${data.more} datasets`);
  if (models.first.length + data.first.length === 0) return null;
  const names = new Map(lineage.datasets.map(({ name, digest }) => [digest, name]));
  const datasets = table(
    'Datasets',
    'compact',
    [{ label: 'dataset' }, { label: 'rows', num: true }, { label: 'digest' }],
    data.first.map(
      (one) =>
        html`<tr><th scope="row">${inline(context, one.name)}</th>${cell('rows', one.rows === null ? '' : formatNumber(one.rows), 'num')}${cell('digest', html`<code>${shortDigest(one.digest)}</code>`)}</tr>`,
    ),
  );
  const heads = ['model', 'data', 'code', 'hyper-parameters', 'parents', 'metrics'].map((label) => ({ label }));
  return section(
    'lineage',
    'Lineage',
    html`${data.first.length === 0 ? null : datasets}${
      models.first.length === 0
        ? null
        : table(
            'Models',
            'models',
            heads,
            models.first.map((one) => modelRow(context, one, names)),
          )
    }`,
  );
}

function modelRow(context: PageContext, model: ModelPart, names: ReadonlyMap<string, string>): Html {
  const digest = (value: string | null) => (value === null ? '' : html`<code>${shortDigest(value)}</code>`);
  const data = model.data.map(
    ([name, value]) => html`<li>${inline(context, names.get(value) ?? name)} ${digest(value)}</li>`,
  );
  const parents = firstOf(model.parents, 8);
  const more = parents.more + model.moreParents;
  const metrics = firstOf(model.metrics, 6);
  return html`<tr><th scope="row">${inline(context, model.step)} ${digest(model.digest)}</th>${cell('data', data.length === 0 ? null : html`<ul>${data}</ul>`)}${cell('code', digest(model.code))}${cell('hyper-parameters', digest(model.hyper))}${cell(
    'parents',
    model.parents.length === 0
      ? null
      : html`<ul>${parents.first.map((one) => html`<li>${digest(one)}</li>`)}${more === 0 ? null : html`<li class="muted">and ${formatNumber(more)} more</li>`}</ul>`,
  )}${cell(
    'metrics',
    metrics.first.length === 0
      ? null
      : html`<ul>${metrics.first.map(([name, value]) => html`<li>${inline(context, name)} <span class="num">${formatNumber(Number(value))}</span></li>`)}${metrics.more === 0 ? null : html`<li class="muted">and ${metrics.more} more</li>`}</ul>`,
  )}</tr>`;
}

/** What it cost, and what it was started with. */
export function costSection(context: PageContext, { cost, params }: RunReport): Html | null {
  const hasParams = params !== null && JSON.stringify(params) !== '{}';
  if (cost === null && !hasParams) return null;
  const lost = (amount: number | null) =>
    amount === null || amount === 0 ? '' : `, ${formatMoney(amount, cost?.currency ?? null)} of it lost`;
  return section(
    'cost',
    cost === null ? 'Parameters' : 'Cost and parameters',
    html`${
      cost === null
        ? null
        : facts(context, [
            [
              'cost',
              cost.amount === null
                ? `unknown: ${cost.why ?? 'no price'}`
                : `${formatMoney(cost.amount, cost.currency)}${lost(cost.lost)}`,
            ],
            ['machine time', `${formatMs(cost.seconds * 1000)}, ${formatMs(cost.secondsLost * 1000)} of it lost`],
          ])
    }${hasParams ? html`<p class="label">parameters</p>${block(context, JSON.stringify(params, null, 2))}` : null}`,
  );
}
