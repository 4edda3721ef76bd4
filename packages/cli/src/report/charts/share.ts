import { type Html, html } from '../html.ts';
import { utc } from '../words.ts';

const WIDTH = 600;
const HEIGHT = 90;

/** Percent of the traffic that a candidate was given over time, as steps. @param until epoch ms, the right end */
export function shareChart(
  shares: readonly { readonly at: number; readonly percent: number }[],
  until: number,
): Html | null {
  const [first] = shares;
  const last = shares.at(-1);
  if (first === undefined || last === undefined) return null;
  // One change only, right at the end, is drawn all the same.
  const to = Math.max(until, last.at, first.at + 1);
  const x = (at: number) => Math.round((10 * WIDTH * (at - first.at)) / (to - first.at)) / 10;
  const y = (percent: number) => Math.round(10 * (HEIGHT - (HEIGHT * percent) / 100)) / 10;
  const steps = shares.map(({ at, percent }) => `H${x(at)}V${y(percent)}`).join('');
  const told = shares.slice(-20).map(({ at, percent }) => `${utc(at)} ${percent} %`);
  return html`<figure class="chart share"><figcaption><span class="chart-title">share of traffic</span><span class="legend c1">candidate</span></figcaption><div class="share-plot"><div class="share-axis" aria-hidden="true"><span>100 %</span><span>0 %</span></div><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Share of traffic of the candidate: ${told.join('; ')}"><path class="area c1" d="M0 ${HEIGHT}${steps}H${WIDTH}V${HEIGHT}Z"/><line class="grid" x1="0" x2="${WIDTH}" y1="0.5" y2="0.5"/><line class="grid" x1="0" x2="${WIDTH}" y1="${HEIGHT - 0.5}" y2="${HEIGHT - 0.5}"/></svg></div><div class="ends" aria-hidden="true"><span>${utc(first.at)}</span><span>${utc(to)}</span></div></figure>`;
}
