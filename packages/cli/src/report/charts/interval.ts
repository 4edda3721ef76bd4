import type { Verdict } from '@sluice/sdk';
import { formatSigned, type Gain, type IntervalScale } from '@sluice/ui/shared';
import { type Html, html } from '../html.ts';

/** The difference to the old version and its interval; the dashed line is what may be lost. */
export function intervalChart({ effect, interval, margin }: Gain, verdict: Verdict, scale: IntervalScale): Html {
  const [low, high] = interval ?? [effect, effect];
  const x = (value: number) => `${scale(value).toFixed(2)}%`;
  const label = `difference ${formatSigned(effect)}${interval ? `, interval from ${formatSigned(low)} to ${formatSigned(high)}` : ''}${margin === null ? '' : `, may lose ${formatSigned(margin)}`}`;
  const ends = [low, high]
    .filter((end) => end >= scale.from && end <= scale.to)
    .map((end) => html`<line class="end" x1="${x(end)}" x2="${x(end)}" y1="6.5" y2="13.5"/>`);
  return html`<svg class="interval ${verdict}" width="100%" height="20" role="img" aria-label="${label}"><line class="zero" x1="50%" x2="50%" y1="0" y2="20"/>${
    margin === null ? null : html`<line class="margin" x1="${x(margin)}" x2="${x(margin)}" y1="0" y2="20"/>`
  }<line class="range" x1="${x(low)}" x2="${x(high)}" y1="10" y2="10"/>${ends}<circle cx="${x(effect)}" cy="10" r="3.5"/></svg>`;
}
