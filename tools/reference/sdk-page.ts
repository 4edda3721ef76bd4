import { code, entry, summary, table } from './markdown.ts';
import { madeOf } from './pages.ts';
import type { Exported } from './source.ts';

/** What a person writes a pipeline with, in the order of its use; everything else is told in a table at the end. */
const groups: readonly (readonly [title: string, words: string, names: readonly string[]])[] = [
  ['Pipelines', 'See [Pipelines](../pipelines.md).', ['pipeline', 'Pipeline', 'patched', 'StandardSchema']],
  [
    'Steps',
    'A step is named; its name, with the keys of the maps around it, is what results, checkpoints and retries go by. See [Pipelines](../pipelines.md) and [training](../training.md).',
    [
      ...['extract', 'ExtractOptions', 'column', 'ColumnChecks', 'table', 'TableChecks', 'RowCheck', 'WholeCheck'],
      ...['suiteFromGreatExpectations', 'suiteToGreatExpectations', 'train', 'JobOptions', 'merge'],
      ...[
        'MergeOptions',
        'step',
        'CommandStepOptions',
        'check',
        'CheckOptions',
        'python',
        'command',
        'CommandOptions',
        'map',
        'MapOptions',
      ],
      ...['Tolerance', 'MapResult', 'evaluate', 'EvaluateOptions', 'SuiteOptions', 'replay', 'ReplayOptions'],
      ...['deploy', 'DeployOptions', 'ApprovalOptions', 'Duration', 'TemporalOptions'],
    ],
  ],
  [
    'Rollouts',
    'How traffic moves to an approved model. See [rollouts](../rollouts.md).',
    [
      'canary',
      'blueGreen',
      'RolloutOptions',
      'ShadowOptions',
      'HealthOptions',
      'LatencyFactors',
      'Reaction',
      'rollbackBudget',
    ],
  ],
  [
    'What steps return',
    'Plain data: what is stored is named by its digest and read by the next step.',
    [
      ...[
        'Dataset',
        'Column',
        'Model',
        'StepOutput',
        'Checked',
        'Report',
        'Lineage',
        'Verdict',
        'Evidence',
        'DeployResult',
      ],
      ...['Deployed', 'NotDeployed', 'Rejected', 'Expired', 'NotKept', 'Decision'],
    ],
  ],
  [
    'Errors',
    'All codes: [errors](../errors.md).',
    ['SluiceError', 'ErrorDetails', 'ErrorCode', 'errorCode', 'describeError', 'Failure'],
  ],
];

/** Told on the page of the config. */
const ofTheConfig: ReadonlySet<string> = new Set(['config', 'capture']);

/** `docs/reference/sdk.md`. @throws Error when a name that is told here is exported no more */
export function sdkPage(sdk: readonly Exported[]): string {
  const byName = new Map(sdk.map((one) => [one.name, one]));
  const told = new Set(groups.flatMap(([, , names]) => names));
  const sections = groups.map(([title, words, names]) => {
    const entries = names.map((name) => {
      const one = byName.get(name);
      if (one === undefined) throw new Error(`@sluice/sdk exports no ${name}; take it out of sdk-page.ts.`);
      return entry(one, '###');
    });
    return [`## ${title}`, words, ...entries].join('\n\n');
  });
  const rest = sdk.filter(({ name, file }) => !told.has(name) && !ofTheConfig.has(file));
  const rows = rest
    .toSorted((a, b) => a.file.localeCompare(b.file) || a.name.localeCompare(b.name))
    .map((one) => [code(one.name), one.kind, summary(one.doc), code(`${one.file}.ts`)]);
  return [
    '# Reference: `@sluice/sdk`',
    'What a pipeline file imports. It is safe in the sandbox of Temporal’s workflows: no Node API, no client, no server.\nThe config’s own part is [another page](config.md). A default stands as the source has it; **required** has none.'.replaceAll(
      '’',
      "'",
    ),
    ...sections,
    '## For programs',
    'Used by the command, by workers and by tools that read runs; a pipeline file seldom needs them. The files are those of\n`packages/sdk/src`.',
    table(['export', 'kind', 'what it is', 'file'], rows),
    madeOf('the comments in `packages/sdk/src`'),
  ].join('\n\n');
}
