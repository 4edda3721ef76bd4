import type { Fact, Row } from '../data.ts';
import type { Covered, DifferingPart, FailingWay, Regression, ReplayPart, Reply, WaiverPart } from '../data-replay.ts';
import { evidenceOf, type Fields, fieldsOf, listOf, numberOf, shownText, textOf, verdictOf } from './json.ts';

/** Names of the counts in the order in which they are told. */
const names: Readonly<Record<string, string>> = {
  captured: 'captured',
  sent: 'sent',
  passed: 'passed',
  regressions: 'fail on the candidate only',
  unconfirmed: 'of them seen once',
  withinNoise: 'differ in shape no more than the old version from itself',
  flaky: 'fail on the candidate at times',
  stale: 'fail on the old version too',
  failedWhenCaptured: 'failed when captured',
  withoutBody: 'without their body',
  malformedLines: 'lines that are no request',
  waived: 'let pass by waivers',
  withoutSpace: 'left out for want of space',
};

const ALWAYS: ReadonlySet<string> = new Set(['captured', 'sent', 'passed', 'regressions', 'stale']);

/** What a replay's report in the store says. @param most regressions that are kept */
export function replayPart(step: string, stored: unknown, most: number): ReplayPart {
  const report = fieldsOf(stored);
  const regressions = listOf(report.regressions);
  const ways = waysOf(regressions.map((one) => fieldsOf(one)));
  return {
    step,
    name: textOf(report.name) ?? step,
    verdict: verdictOf(report.verdict),
    counts: countsOf(fieldsOf(report.counts)),
    evidence: evidenceOf(report.evidence)
      .filter(({ metric }) => !ownPart.has(metric))
      .map((row) => explained(row, ways)),
    bound: boundOf(report),
    differing: Array.isArray(report.differences) ? differingOf(report.differences) : null,
    waivers: listOf(report.waivers).map((one) => waiverOf(fieldsOf(one))),
    coverage: listOf(report.coverage).map((one) => coveredOf(fieldsOf(one))),
    ways,
    regressions: regressions.slice(0, most).map((one) => regressionOf(fieldsOf(one))),
    moreRegressions: Math.max(0, regressions.length - most),
  };
}

/** Rows of single requests and of single places in answers, which have a part of the page. */
const ownPart: ReadonlySet<string> = new Set(['regression', 'share of answers that differ at a place']);

/** Characters of an answer by which it is told from others. */
const SAID = 120;

function waysOf(regressions: readonly Fields[]): FailingWay[] {
  const counts = new Map<string, number>();
  for (const one of regressions) {
    const { status = null, text = '' } = replyOf(one.new) ?? {};
    const parts = [
      status === null ? textOf(one.why) : `status ${status}`,
      text.replace(/\s+/g, ' ').trim().slice(0, SAID),
    ];
    const said = parts.filter((part) => part !== null && part !== '').join(': ');
    if (said !== '') counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return [...counts].map(([said, count]) => ({ said, count })).sort((a, b) => b.count - a.count);
}

/** Whoever reads only what speaks against it has to know how they fail. */
function explained(row: Row, [first, ...others]: readonly FailingWay[]): Row {
  if (row.metric !== 'requests that fail on the candidate only' || row.note !== undefined || first === undefined)
    return row;
  const more = others.length === 0 ? '' : `; and ${others.length} other ${others.length === 1 ? 'way' : 'ways'}`;
  return { ...row, note: `${first.count} of them: ${first.said}${more}` };
}

/** Counts of later versions are told by their own names. */
function countsOf(counts: Fields): Fact[] {
  // What usually is 0 is told only where it is not.
  const known = Object.entries(names).filter(([key]) =>
    ALWAYS.has(key) ? counts[key] !== undefined : (numberOf(counts[key]) ?? 0) > 0,
  );
  const others = Object.keys(counts).filter((key) => names[key] === undefined && numberOf(counts[key]) !== null);
  return [...known, ...others.map((key) => [key, key.replace(/([A-Z])/g, ' $1').toLowerCase()] as const)].map(
    ([key, name]): Fact => [name, (numberOf(counts[key]) ?? 0).toLocaleString('en-US')],
  );
}

function boundOf(report: Fields): string | null {
  const share = numberOf(report.failureBound);
  if (share === null) return null;
  const { most, of } = fieldsOf(report.capturedBound);
  const captured =
    numberOf(most) === null || numberOf(of) === null
      ? ''
      : `; of the ${shownText(of)} captured at most ${shownText(most)}`;
  return `No request failed on the candidate only. Fewer than ${Number((100 * share).toPrecision(2))} % of such requests fail (95 % sure)${captured}.`;
}

function differingOf(places: readonly unknown[]): DifferingPart {
  const all = places.map(fieldsOf);
  const systematic = all.filter((one) => one.systematic === true);
  return {
    noise: all.length - systematic.length,
    places: systematic.map((one) => {
      const [example] = listOf(one.examples).map(fieldsOf);
      return {
        path: shownText(one.path),
        kind: kindOf(one.route, one.inputClass),
        compared: numberOf(one.compared),
        candidate: numberOf(one.raw),
        copy: numberOf(one.noise),
        p: numberOf(one.adjusted),
        example: example === undefined ? null : { old: shownText(example.old), now: shownText(example.now) },
      };
    }),
  };
}

function kindOf(...parts: readonly unknown[]): string {
  return parts
    .filter((part) => part !== undefined && part !== null)
    .map(shownText)
    .join(' · ');
}

function waiverOf({ requests, kind, reason, until, expired, matched }: Fields): WaiverPart {
  return {
    what: textOf(kind) ?? `requests ${listOf(requests).map(shownText).join(', ')}`,
    reason: shownText(reason),
    until: shownText(until),
    expired: expired === true,
    matched: numberOf(matched),
  };
}

function coveredOf(one: Fields): Covered {
  const failures = [one.regression, one.unconfirmed].map(numberOf).filter((count) => count !== null);
  return {
    kind: kindOf(one.route, one.inputClass, one.recorded),
    captured: numberOf(one.captured),
    sent: numberOf(one.sent),
    failed: failures.length === 0 ? null : failures.reduce((sum, count) => sum + count, 0),
  };
}

function regressionOf(one: Fields): Regression {
  return {
    id: shownText(one.id),
    route: textOf(one.route) ?? textOf(one.path) ?? '',
    why: textOf(one.why),
    outcome: textOf(one.outcome) ?? 'regression',
    body: textOf(one.body),
    old: replyOf(one.old),
    new: replyOf(one.new),
  };
}

function replyOf(value: unknown): Reply | null {
  if (value === null || value === undefined) return null;
  const { status, text, body } = fieldsOf(value);
  return { status: numberOf(status), text: shownText(text ?? body ?? '') };
}
