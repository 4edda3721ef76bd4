import { checkFields, invalidStep, nonEmptyText, shown } from '../options.ts';

/** Lets a known regression pass for a while. */
export type Waiver = (WaivedRequests | WaivedKind) & {
  /** Why, in words for whoever approves. */
  readonly reason: string;
  /** Last day on which it counts, UTC, `2026-12-31`. */
  readonly until: string;
};

interface WaivedRequests {
  /** Ids of captured requests, as the report lists them. */
  readonly requests: readonly string[];
}

interface WaivedKind {
  /**
   * A route, `POST /invocations`, or a route and the class of input, as the report lists them; with `…` at its end
   * whatever begins so.
   */
  readonly kind: string;
}

const DAY = 86_400_000;

/** Written so that a day that is none has expired. @param moment epoch ms */
export function hasExpired({ until }: Pick<Waiver, 'until'>, moment: number): boolean {
  return !(moment < Date.parse(until) + DAY);
}

/** What a waiver names, for people. */
export function waiverName(waiver: Waiver): string {
  if ('kind' in waiver) return waiver.kind;
  const [first = '', ...others] = waiver.requests;
  return others.length === 0 ? `request ${first}` : `request ${first} and ${others.length} more`;
}

/** What a waiver does, for whoever reads a plan. @param now epoch ms */
export function waiverLine(waiver: Waiver, now: number): string {
  const { until, reason } = waiver;
  const what = hasExpired(waiver, now) ? `no longer lets pass (expired on ${until})` : `lets pass until ${until}`;
  return `${what}: ${waiverName(waiver)}, because: ${reason}`;
}

const fields = { requests: true, kind: true, reason: true, until: true } as const;

/** Waivers as a spec holds them. @throws SluiceError `InvalidStep` */
export function waiversOf(where: string, value: unknown): Waiver[] {
  if (!Array.isArray(value)) throw invalidStep(where, `waive is ${shown(value)}; it must be a list.`, example);
  return value.map((one: unknown, i) => waiverOf(where, `waive[${i}]`, one));
}

const example =
  "Write waive: [{ requests: ['id'], reason: 'why', until: '2026-12-31' }], or kind in place of requests.";

function waiverOf(where: string, label: string, value: unknown): Waiver {
  checkFields<Record<keyof typeof fields, unknown>>(where, value, fields, label);
  const { requests, kind, reason, until } = value as Record<keyof typeof fields, unknown>;
  if ((requests === undefined) === (kind === undefined)) {
    throw invalidStep(where, `${label} must name either requests or a kind of request.`, example);
  }
  const rest = { reason: nonEmptyText(where, `${label}.reason`, reason), until: dayOf(where, `${label}.until`, until) };
  if (kind !== undefined) return { kind: kindOf(where, `${label}.kind`, kind), ...rest };
  if (!Array.isArray(requests) || requests.length === 0) {
    throw invalidStep(where, `${label}.requests is ${shown(requests)}; it must name at least one id.`, example);
  }
  return { requests: requests.map((id, i) => nonEmptyText(where, `${label}.requests[${i}]`, id)), ...rest };
}

/** Whatever begins with nothing is everything: that is no known regression. */
function kindOf(where: string, label: string, value: unknown): string {
  const kind = nonEmptyText(where, label, value).trim();
  if (kind !== '…') return kind;
  throw invalidStep(where, `${label} names every request.`, "Begin it with a route, 'POST /invocations …'.");
}

function dayOf(where: string, label: string, value: unknown): string {
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
  // A 30th of February is read as the 2nd of March by some.
  if (Number.isFinite(time) && new Date(time).toISOString().startsWith(value as string)) return value as string;
  throw invalidStep(where, `${label} is ${shown(value)}; it must be a day.`, 'Write it as 2026-12-31.');
}
