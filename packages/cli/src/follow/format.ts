import type { Evidence, Spent } from '@sluice/sdk';

export { table } from '../text/table.ts';

/** `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 03 min`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** Local time of day, `14:03:59`. */
export function formatTime(at: number): string {
  const date = new Date(at);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Steps a second: `31 steps/s`, `0.25 steps/s`. */
export function formatRate(rate: number): string {
  return `${rate >= 10 ? Math.round(rate) : Number(rate.toPrecision(2))} steps/s`;
}

/** A number as a person reads it; nothing for one that is not known. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return String(Number(value.toPrecision(4)));
}

/** `0 B`, `12 kB`, `3.4 MB`, `1.2 GB`: powers of a thousand, as disks are sold. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ${units[power]}`;
}

/** `sha256:1a2b3c4d…`, short enough for a line and long enough for `--candidate`. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** What the attempts cost: `0.42 EUR (0.03 lost)`; null where a price is not known. */
export function costOf(attempts: readonly Spent[]): { amount: number; lost: number; currency: string } | null {
  const [first] = attempts;
  if (first === undefined) return null;
  let amount = 0;
  let lost = 0;
  for (const { price, seconds, secondsLost } of attempts) {
    if (price === null || price.currency !== first.price?.currency) return null;
    amount += (seconds / 3600) * price.perHour;
    lost += (secondsLost / 3600) * price.perHour;
  }
  return { amount, lost, currency: first.price?.currency ?? '' };
}

/** Header and rows of the evidence behind a gate. */
export function evidenceRows(gate: string, evidence: readonly Evidence[]): string[][] {
  return evidence.map((one) => [
    gate,
    one.slice === undefined ? one.metric : `${one.metric} (${one.slice})`,
    formatNumber(one.value),
    formatNumber(one.baseline),
    one.threshold ?? '',
    one.verdict,
    one.note ?? '',
  ]);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
