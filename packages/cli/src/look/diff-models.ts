import type { Json, JsonObject, Model } from '@sluice/sdk';
import { formatBytes, formatNumber, shortDigest, table } from '../follow/format.ts';
import { arrow } from './diff-datasets.ts';
import { valueText } from './result-lines.ts';

type Files = readonly { readonly path: string; readonly bytes: number; readonly sha256?: string }[];

export interface FileDiff {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Null on the side where it is not. */
  readonly bytes: readonly [number | null, number | null];
}

/** Files that are not the same in both, by path. */
export function diffFiles(a: Files, b: Files): FileDiff[] {
  const [left, right] = [new Map(a.map((file) => [file.path, file])), new Map(b.map((file) => [file.path, file]))];
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((path): FileDiff[] => {
    const [x, y] = [left.get(path), right.get(path)];
    if (x && y && x.bytes === y.bytes && x.sha256 === y.sha256) return [];
    return [{ path, change: x ? (y ? 'changed' : 'removed') : 'added', bytes: [x?.bytes ?? null, y?.bytes ?? null] }];
  });
}

export function fileDiffLines(a: Files, b: Files, width: number): string[] {
  const diff = diffFiles(a, b);
  if (diff.length === 0) return ['files    the same'];
  const rows = diff
    .slice(0, 50)
    .map(({ path, change, bytes: [from, to] }) => [
      path,
      change,
      arrow(from === null ? '' : formatBytes(from), to === null ? '' : formatBytes(to)),
    ]);
  return [
    `files    ${diff.length} ${diff.length === 1 ? 'differs' : 'differ'}`,
    ...table(rows, { width: width - 2 }).map((line) => `  ${line}`),
    ...(diff.length > 50 ? [`  and ${diff.length - 50} more`] : []),
  ];
}

type Hyper = JsonObject | null;

/**
 * Metrics and origin of two models against each other.
 *
 * @param hyper what each was trained with, where that is known: else its digest has to do
 */
export function modelDiffLines(
  a: Partial<Model>,
  b: Partial<Model>,
  width: number,
  hyper: readonly [Hyper, Hyper] = [null, null],
): string[] {
  const lines: string[] = [];
  const names = [...new Set([...Object.keys(a.metrics ?? {}), ...Object.keys(b.metrics ?? {})])];
  if (names.length > 0) {
    const rows = names.map((name) => metricRow(name, a.metrics?.[name], b.metrics?.[name]));
    lines.push(...table([['metric', 'first', 'second', 'difference'], ...rows], { width }), '');
  }
  if (a.lineage === undefined || b.lineage === undefined) {
    return [...lines, 'Of one of the two no run is known that made it, so what it was made from is not known.'];
  }
  const [x, y] = [a.lineage, b.lineage];
  lines.push(`code     ${sameOr(x.code, y.code)}`, ...hyperLines(x.hyper, y.hyper, hyper));
  for (const name of new Set([...Object.keys(x.data), ...Object.keys(y.data)])) {
    lines.push(`data     ${name}: ${sameOr(x.data[name], y.data[name])}`);
  }
  const parents = [x, y].map(({ parents: listed, allParents }) => allParents?.list.digest ?? listed.join());
  const counts = [x, y].map(({ parents: listed, allParents }) => allParents?.count ?? listed.length);
  if (Math.max(...counts) > 0) {
    const same = parents[0] === parents[1];
    lines.push(`models   ${same ? 'the same' : `${counts[0]} → ${counts[1]}, not the same ones`}`);
  }
  return lines;
}

function hyperLines(x: string, y: string, [from, to]: readonly [Hyper, Hyper]): string[] {
  if (x === y || from === null || to === null) return [`hyper    ${sameOr(x, y)}`];
  const told = (value: Json | undefined) => (value === undefined ? '' : valueText(value));
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .map((name) => [name, told(from[name]), told(to[name])] as const)
    .filter(([, one, other]) => one !== other)
    .map(([name, one, other]) => `hyper    ${name}: ${arrow(one, other)}`);
}

function metricRow(name: string, a: number | undefined, b: number | undefined): string[] {
  const difference = a === undefined || b === undefined ? '' : `${b > a ? '+' : ''}${formatNumber(b - a)}`;
  return [name, formatNumber(a), formatNumber(b), difference];
}

function sameOr(a: string | undefined, b: string | undefined): string {
  if (a === b) return 'the same';
  return `${a === undefined ? '–' : shortDigest(a)} → ${b === undefined ? '–' : shortDigest(b)}`;
}
