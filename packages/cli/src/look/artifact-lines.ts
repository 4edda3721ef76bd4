import type { DatasetProfile } from '@sluice/activities';
import type { Dataset, Model } from '@sluice/sdk';
import type { Paint } from '../follow/colours.ts';
import { evidenceRows, formatBytes, formatNumber, shortDigest, table } from '../follow/format.ts';
import { roleOfVerdict } from '../follow/lines.ts';
import type { FoundArtifact } from './find-artifact.ts';
import { profileLines } from './profile-lines.ts';
import { hyperText } from './result-lines.ts';
import type { Tie } from './ties.ts';

export interface Shown extends FoundArtifact {
  /** Where a person finds the bytes. */
  readonly place: string;
  readonly profile: DatasetProfile | null;
}

interface Paper {
  readonly paint: Paint;
  readonly columns: number;
}

/** Files, uses and evidence that are listed; the rest is counted. */
const LISTED = 20;

/** What an artifact is, what is in it, who made it out of what, and who used it. */
export function artifactLines(shown: Shown, paper: Paper): string[] {
  const { artifact, files, place } = shown;
  const { paint } = paper;
  const [only] = files;
  const count =
    files.length === 1 && only?.path === '' ? '' : `, ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  return [
    `${artifact.kind} ${paint('name', shortDigest(artifact.digest))}  ${formatBytes(artifact.bytes)}${count}`,
    `  uri    ${artifact.uri}`,
    `  lies   ${place}`,
    ...tieLines(shown, paint),
    ...fileLines(files, paper),
    ...contentLines(shown, paper),
  ];
}

function tieLines({ madeBy, usedBy, from, lookedAt }: Shown, paint: Paint): string[] {
  const lines = madeBy.slice(0, 5).map((tie) => `  made   ${tieText(tie, paint)}`);
  if (madeBy.length > 5) lines.push(`         and by ${madeBy.length - 5} steps more`);
  if (madeBy.length === 0)
    lines.push(
      `  made   ${lookedAt === 0 ? 'not known: no server was asked' : `by none of the last ${lookedAt} runs`}`,
    );
  for (const { name, artifact } of from.slice(0, LISTED)) {
    lines.push(`  from   ${name} ${artifact.kind} ${shortDigest(artifact.digest)}`);
  }
  if (from.length > LISTED) lines.push(`         and ${from.length - LISTED} more`);
  for (const tie of usedBy.slice(0, 10)) lines.push(`  used   ${tieText(tie, paint)}`);
  if (usedBy.length > 10) lines.push(`         and by ${usedBy.length - 10} steps more`);
  return lines;
}

function tieText({ run, step, kind, at, commit, by }: Tie, paint: Paint): string {
  const time = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const code = commit === null ? '' : `, commit ${commit.slice(0, 8)}`;
  return `${paint('name', run)} ${paint('step', step)} (${kind}), ${time}${code}${by === null ? '' : `, by ${by}`}`;
}

function fileLines(files: Shown['files'], { paint, columns }: Paper): string[] {
  if (files.length === 0 || files[0]?.path === '') return [];
  const rows = files.slice(0, LISTED).map(({ path, bytes }) => [path, formatBytes(bytes)]);
  return [
    '',
    paint('quiet', 'files'),
    ...indented(table(rows, { width: columns - 2 })),
    ...(files.length > LISTED ? [`  and ${files.length - LISTED} more`] : []),
  ];
}

function contentLines(shown: Shown, paper: Paper): string[] {
  const { artifact, profile } = shown;
  if (artifact.kind === 'dataset') return datasetLines(artifact as Partial<Dataset>, profile, paper);
  if (artifact.kind === 'model') return modelLines(artifact as Partial<Model>, shown.hyper, paper);
  return profile === null ? [] : datasetLines({}, profile, paper);
}

function datasetLines(dataset: Partial<Dataset>, profile: DatasetProfile | null, { paint, columns }: Paper): string[] {
  const lines: string[] = [''];
  const rows = profile?.rows ?? dataset.rows;
  if (rows === undefined) return [...lines, 'No run is known that made it, so its rows and its profile are not known.'];
  const { verdict } = dataset;
  const judged = verdict === undefined ? '' : `, checks ${paint(roleOfVerdict(verdict), verdict)}`;
  const all = profile?.columns.length ?? dataset.columns?.length ?? 0;
  lines.push(
    `${formatNumber(rows)} ${rows === 1 ? 'row' : 'rows'}, ${all} ${all === 1 ? 'column' : 'columns'}${judged}`,
  );
  const shown =
    profile === null
      ? table([['column', 'type'], ...(dataset.columns ?? []).map(({ name, type }) => [name, type])], {
          width: columns,
        })
      : profileLines(profile, columns);
  lines.push(...headed(shown, paint));
  const checks = profile?.checks ?? dataset.evidence ?? [];
  if (checks.length > 0) {
    const names = ['check', 'column', 'value', '', 'threshold', 'verdict', ''];
    const found = checks.slice(0, LISTED).flatMap(({ slice = '', ...one }) => {
      return evidenceRows(one.metric, [{ ...one, metric: slice }]);
    });
    lines.push('', ...headed(table([names, ...found], { width: columns }), paint));
    if (checks.length > LISTED) lines.push(`and ${checks.length - LISTED} checks more`);
  }
  return lines;
}

function modelLines(
  { metrics, lineage, mlflowRunId }: Partial<Model>,
  hyper: Shown['hyper'],
  { paint, columns }: Paper,
): string[] {
  const lines: string[] = [];
  const rows = Object.entries(metrics ?? {}).map(([name, value]) => [name, formatNumber(value)]);
  if (rows.length > 0) lines.push('', paint('quiet', 'metrics'), ...indented(table(rows, { width: columns - 2 })));
  if (lineage !== undefined) {
    const parents = lineage.allParents?.count ?? lineage.parents.length;
    const made = [
      ['code', shortDigest(lineage.code)],
      ['hyper-parameters', hyper === null ? shortDigest(lineage.hyper) : hyperText(hyper)],
      ...Object.entries(lineage.data).map(([name, digest]) => [`data ${name}`, shortDigest(digest)]),
      ...lineage.parents.slice(0, LISTED).map((digest) => ['model', shortDigest(digest)]),
      ...(parents > LISTED ? [['', `and ${parents - LISTED} models more`]] : []),
    ];
    lines.push('', paint('quiet', 'made from'), ...indented(table(made, { width: columns - 2 })));
  }
  if (typeof mlflowRunId === 'string') lines.push('', `MLflow run ${mlflowRunId}`);
  return lines;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function headed([head = '', ...lines]: readonly string[], paint: Paint): string[] {
  return [paint('quiet', head), ...lines];
}
