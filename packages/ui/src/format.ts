/** `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 03 min`, `3 d 4 h`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** One unit, for what is read at a glance: `12 s`, `4 min`, `2 h`, `3 d`. */
export function roughMs(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `just now`, `4 min ago`, `in 47 h`. */
export function formatAgo(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 2000) return 'just now';
  return ms > 0 ? `${roughMs(ms)} ago` : `in ${roughMs(-ms)}`;
}

/** Local date and time to the second, `2026-01-02 14:03:59`. */
export function formatDate(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${formatTime(at)}`;
}

/** Local time of day, `14:03:59`. */
export function formatTime(at: number): string {
  const date = new Date(at);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** A number as a person reads it: four digits that count, thousands apart; a dash for one that is not known. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const rounded = Number(value.toPrecision(4));
  if (Math.abs(rounded) >= 1e9 || (rounded !== 0 && Math.abs(rounded) < 1e-4)) return minus(rounded.toExponential(2));
  return rounded.toLocaleString('en-US', { maximumSignificantDigits: 4 }).replace('-', '−');
}

/** A difference with its sign, `+0.12`, `−3`. */
export function formatSigned(value: number | null | undefined): string {
  const text = formatNumber(value);
  return typeof value === 'number' && value > 0 ? `+${text}` : minus(text);
}

/** `0 B`, `12 kB`, `3.4 MB`, `1.2 GB`: powers of a thousand, as disks are sold. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ${units[power]}`;
}

/** A share of 0 to 1 as percent: `0.4 %`, `12 %`. */
export function formatShare(share: number | null): string {
  if (share === null) return '–';
  const percent = share * 100;
  return `${percent === 0 || percent >= 10 ? Math.round(percent) : Number(percent.toPrecision(2))} %`;
}

/** Steps a second: `31 steps/s`. */
export function formatRate(rate: number): string {
  return `${rate >= 10 ? Math.round(rate) : Number(rate.toPrecision(2))} steps/s`;
}

/** `1 step`, `2,000 steps`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** The twelve digits that a command takes. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** Money with its currency: `0.42 EUR`, `12.30 EUR`; what is under a hundredth keeps two digits that count. */
export function formatMoney(amount: number, currency: string | null): string {
  const text = amount !== 0 && amount < 0.1 ? String(Number(amount.toPrecision(2))) : amount.toFixed(2);
  return currency === null ? text : `${text} ${currency}`;
}

function minus(text: string): string {
  return text.replaceAll('-', '−');
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
