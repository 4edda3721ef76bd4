import type { Artifact, Dataset, GateResult, Json, JsonObject } from '@sluice/sdk';
import type { Paint } from '../follow/colours.ts';
import { evidenceRows, formatBytes, formatNumber, shortDigest, table } from '../follow/format.ts';
import { roleOfVerdict } from '../follow/lines.ts';
import { artifactsIn } from '../records/artifacts.ts';
import type { DoneStep, RunRecord } from '../records/run-record.ts';
import { clip } from '../text/width.ts';
import { hyperOf, lastOf, resultOf } from './results.ts';

interface Paper {
  readonly paint: Paint;
  readonly columns: number;
}

/** Steps, and metrics of one, that the compact table has. */
const LISTED = 20;
const METRICS = 3;
/** Characters of a value that are shown. */
const VALUE = 300;

/** What the steps of a run gave, a line each, and what the run did. */
export function resultsLines(
  { works, output }: RunRecord,
  run: string,
  locate: (artifact: Artifact) => string,
  { paint, columns }: Paper,
): string[] {
  const all = [...lastOf(works).values()];
  const rows = all.slice(0, LISTED).map((work) => [work.step, ...resultRow(work)]);
  const lines =
    rows.length === 0
      ? []
      : ['', paint('quiet', 'results'), ...table(rows, { width: columns - 2 }).map((line) => `  ${line}`)];
  if (all.length > LISTED) lines.push(`  and of ${all.length - LISTED} steps more: sluice status ${run} --step STEP`);
  const reports = all.flatMap((work) => {
    const { artifact } = resultOf(work);
    return artifact?.kind === 'report' ? [{ step: work.step, artifact }] : [];
  });
  for (const { step, artifact } of reports.slice(0, 5)) {
    lines.push(`report    ${step} ${paint('link', locate(artifact))}`);
  }
  if (output !== undefined && output !== null)
    lines.push(`result    ${clip(valueText(output), Math.min(VALUE, columns - 10))}`);
  return lines;
}

function resultRow(work: DoneStep): string[] {
  const { artifact, metrics, value } = resultOf(work);
  const { rows } = (work.result ?? {}) as Partial<Dataset>;
  const named = Object.entries(metrics)
    .slice(0, METRICS)
    .map(([name, number]) => `${name} ${formatNumber(number)}`);
  const more = Object.keys(metrics).length - named.length;
  const told = [
    ...(typeof rows === 'number' ? [`${formatNumber(rows)} rows`] : []),
    ...named,
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(value === undefined || value === null ? [] : [clip(valueText(value), 60)]),
  ];
  return [artifact?.kind ?? '', artifact === null ? '' : shortDigest(artifact.digest), told.join(', ')];
}

/** All that one step took and gave. */
export function stepLines(
  work: DoneStep,
  run: string,
  locate: (artifact: Artifact) => string,
  { paint, columns }: Paper,
): string[] {
  const { artifact, metrics, value } = resultOf(work);
  const ended = new Date(work.at).toISOString().slice(0, 19).replace('T', ' ');
  const lines = [`${paint('name', run)} ${paint('step', work.step)} (${work.kind}), ended ${ended} UTC`];
  for (const taken of artifactsIn(work.spec).slice(0, LISTED)) {
    lines.push(`  took   ${taken.key} ${taken.kind} ${shortDigest(taken.value.digest)}`);
  }
  const hyper = hyperOf(work.spec);
  if (hyper !== null) lines.push(`  with   ${clip(hyperText(hyper), columns - 9)}`);
  if (artifact !== null) {
    lines.push(
      `  gave   ${artifact.kind} ${shortDigest(artifact.digest)}  ${formatBytes(artifact.bytes)}`,
      `         ${paint('link', locate(artifact))}`,
    );
  }
  const { verdict, evidence } = (work.result ?? {}) as Partial<GateResult>;
  if (verdict !== undefined) lines.push(`  verdict ${paint(roleOfVerdict(verdict), verdict)}`);
  if (evidence !== undefined && evidence.length > 0) {
    const names = ['metric', 'value', 'baseline', 'threshold', 'verdict', ''];
    const rows = evidenceRows('', evidence).map(([, ...row]) => row);
    lines.push('', ...table([names, ...rows], { width: columns }));
  }
  const numbers = Object.entries(metrics).map(([name, number]) => [name, formatNumber(number)]);
  if (numbers.length > 0)
    lines.push('', paint('quiet', 'metrics'), ...table(numbers, { width: columns - 2 }).map((line) => `  ${line}`));
  if (value !== undefined && value !== null)
    lines.push('', paint('quiet', 'value'), ...JSON.stringify(value, null, 2).split('\n').slice(0, 100));
  if (artifact !== null) lines.push('', `more of it: ${paint('name', `sluice artifacts show ${run} ${work.step}`)}`);
  return lines;
}

/** `epochs 20, alpha 0.001` */
export function hyperText(hyper: JsonObject): string {
  return Object.entries(hyper)
    .map(([name, value]) => `${name} ${valueText(value ?? null)}`)
    .join(', ');
}

export function valueText(value: Json): string {
  // An artifact in a result is told by its digest: all of it would fill the screen.
  const short = JSON.stringify(value, (_key, inner: unknown) => {
    const { digest, kind, uri } = (inner ?? {}) as Partial<Artifact>;
    return typeof digest === 'string' && typeof uri === 'string' ? `${kind} ${shortDigest(digest)}` : inner;
  });
  return short.replaceAll(/\p{Cc}/gu, ' ');
}
