import type { Command } from 'commander';
import { runStates } from '../run/runs-query.ts';

/** What a word stands for that only the project or its server knows; `open` are runs that have not ended. */
export const nameKinds = ['runs', 'open', 'steps', 'pipelines', 'endpoints', 'classes'] as const;
export type NameKind = (typeof nameKinds)[number];

/** Completed by what: names, files, or words that are known now. */
export type Values = NameKind | 'files' | 'folders' | readonly string[];

export interface CommandModel {
  /** `run`, `artifacts show` */
  readonly path: string;
  readonly description: string;
  readonly options: readonly OptionModel[];
  /** What its words are, in order; the last one goes for all that follow where the command takes many. */
  readonly words: readonly Values[];
}

export interface OptionModel {
  readonly flag: string;
  readonly description: string;
  /** What follows it; null where nothing does. */
  readonly value: Values | null;
}

const words: Readonly<Record<string, readonly Values[]>> = {
  init: ['folders'],
  run: ['pipelines'],
  step: ['pipelines'],
  status: ['runs'],
  report: ['runs'],
  logs: ['runs', 'steps'],
  approve: ['open'],
  override: ['open'],
  reject: ['open'],
  retry: ['runs'],
  wait: ['open'],
  cancel: ['open'],
  preempt: ['open'],
  rollback: ['endpoints'],
  'artifacts show': ['runs', 'steps'],
  'artifacts get': ['runs', 'steps'],
  'artifacts diff': ['runs', 'steps'],
  completion: [['bash', 'zsh', 'fish']],
};

const values: Readonly<Record<string, Values>> = {
  '--config': 'files',
  '--params': 'files',
  '--each': 'files',
  'artifacts get --to': 'files',
  'report --out': 'files',
  '--step': 'steps',
  'retry --from': 'steps',
  '--pipeline': 'pipelines',
  '--endpoint': 'endpoints',
  '--class': 'classes',
  '--state': runStates,
  '--code': ['current', 'original'],
  '--for': ['end', 'approval'],
  '--wait': ['end', 'approval'],
};

/** Everything that can be completed, from the declared commands. */
export function completionModel(program: Command): CommandModel[] {
  return program.commands.flatMap((command) => modelsOf(command, ''));
}

function modelsOf(command: Command, above: string): CommandModel[] {
  if (command.name().startsWith('__') || ('_hidden' in command && command._hidden === true)) return [];
  const path = above === '' ? command.name() : `${above} ${command.name()}`;
  const options = command.options.map(({ long, description, required, optional }) => {
    const flag = long ?? '';
    // An optional value is written behind a `=`, so that nothing follows it as a word.
    const takes = required && !optional;
    return { flag, description, value: takes ? (values[`${path} ${flag}`] ?? values[flag] ?? []) : null };
  });
  const model = { path, description: command.description(), options, words: words[path] ?? [] };
  return [model, ...command.commands.flatMap((inner) => modelsOf(inner, path))];
}
