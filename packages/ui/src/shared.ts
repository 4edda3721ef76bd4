/** How the pages say and order things, for whoever shows the same elsewhere: plain functions, no components. */
export { type Gain, gainOf, gainScale, type IntervalScale } from './charts/interval-scale.ts';
export {
  counted,
  formatMoney,
  formatMs,
  formatNumber,
  formatShare,
  formatSigned,
  shortDigest,
} from './format.ts';
export { signOf, toneOf } from './parts/tone.ts';
