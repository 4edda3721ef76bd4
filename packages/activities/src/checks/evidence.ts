import type { Evidence } from '@sluice/sdk';
import type { MeasuredRows, MeasuredValue } from './compiled.ts';
import type { Finding } from './find.ts';
import { mostListed, type Sample } from './samples.ts';
import { ruleText, sliceOf, thresholdText } from './wording.ts';

/** A finding as a row of evidence. */
export function evidenceOf(finding: Finding): Evidence {
  const { check } = finding;
  const slice = sliceOf(check);
  const base = {
    metric: ruleText(check),
    ...(slice === undefined ? {} : { slice }),
    threshold: thresholdText(check),
    ...(check.severity === undefined ? {} : { severity: check.severity }),
  };
  const found = foundIn(finding);
  if (check.severity !== 'warn' || found.verdict === 'pass') return { ...base, ...found };
  return { ...base, ...found, note: `Only a warning. ${found.note ?? ''}`.trim() };
}

function foundIn(finding: Finding): Found {
  const { measured } = finding;
  switch (measured.kind) {
    case 'error':
      return { verdict: 'error', value: null, n: null, note: measured.note };
    case 'rows':
      return ofRows(finding, measured);
    case 'value':
      return ofValue(finding, measured);
  }
}

/** Share of the judged rows that keep the rule; null without a row to judge. */
export const keptShare = ({ n, unexpected }: MeasuredRows) => (n === 0 ? null : (n - unexpected) / n);

type Found = Pick<Evidence, 'verdict' | 'value' | 'n' | 'note' | 'baseline'>;

function ofRows({ check, sample, secret }: Finding, measured: MeasuredRows): Found {
  const { n, unexpected } = measured;
  const value = keptShare(measured);
  if (value === null) return { verdict: 'inconclusive', value, n, note: 'There is no value to judge.' };
  const verdict = value >= check.share ? 'pass' : 'fail';
  if (unexpected === 0) return { verdict, value, n };
  const list = check.rule.kind === 'notNull' ? ': null.' : secret ? '; the values are masked.' : listOf(sample);
  return { verdict, value, n, note: `${unexpected} of ${n} unexpected${list}` };
}

/** The most frequent values that break a rule, as the end of a sentence. */
function listOf(sample: Sample | null): string {
  const values = sample?.values ?? [];
  if (values.length === 0) return '.';
  const shown = values
    .slice(0, mostListed)
    .map(({ value, count }) => (count === 1 ? value : `${value} (${count} times)`));
  return `: ${shown.join(', ')}${values.length > mostListed ? ', …' : '.'}`;
}

function ofValue({ secret }: Finding, measured: MeasuredValue): Found {
  const { n, keeps, personal, baseline } = measured;
  const hidden = secret && personal === true;
  const more = baseline === undefined ? {} : { baseline };
  const value = hidden ? null : measured.value;
  if (keeps === null) {
    return { verdict: 'inconclusive', value, n, note: measured.note ?? 'There is no value to judge.', ...more };
  }
  const note = hidden ? 'The value is masked.' : measured.note;
  return { verdict: keeps ? 'pass' : 'fail', value, n, ...more, ...(note === undefined ? {} : { note }) };
}
