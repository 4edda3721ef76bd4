/** How the pages say and order things, for whoever shows the same elsewhere: plain functions, no components. */
export { type Gain, gainOf, gainScale, type IntervalScale } from './charts/interval-scale.ts';
export {
  counted,
  formatBytes,
  formatMoney,
  formatMs,
  formatNumber,
  formatShare,
  formatSigned,
  shortDigest,
} from './format.ts';
export { signOf, type Tone, toneOf } from './parts/tone.ts';
