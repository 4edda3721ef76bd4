import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Suite } from '@sluice/sdk';
import { belowProject, loadSuite, missingCases } from './suite.ts';
import { invalid, loadSuiteFolder, suiteFolderAt } from './tasks/load-suite-folder.ts';
import type { SuiteFile } from './tasks/suite-file.ts';
import { tasksOf } from './tasks/suite-metrics.ts';

/** Scripts that programs of a suite are, and that are not in the checkout. A program on the PATH may be on the worker's only. */
async function missingPrograms(root: string, { protocol, tasks }: SuiteFile): Promise<string[]> {
  const protocols = [
    ['protocol', protocol],
    ...Object.entries(tasks).map(([task, one]) => [`tasks.${task}.protocol`, one.protocol]),
  ] as const;
  const programs = [
    ...protocols.flatMap(([at, one]) =>
      typeof one === 'object' && one.kind === 'command' ? [[at, one.command] as const] : [],
    ),
    ...Object.entries(tasks).flatMap(([task, { metrics }]) =>
      metrics.flatMap(({ command, extract }, i) =>
        [command, extract].flatMap((program) =>
          program === null ? [] : [[`tasks.${task}.metrics.${i}`, program] as const],
        ),
      ),
    ),
  ];
  const problems: string[] = [];
  for (const [at, { interpreter, argv }] of programs) {
    const scripts =
      interpreter === 'python'
        ? argv.slice(0, 1)
        : argv.filter((word, i) => (i === 0 ? word.includes('/') : SCRIPT.test(word)));
    for (const script of scripts.filter((word) => !word.startsWith('-') && !word.includes('{'))) {
      const found = await stat(resolve(root, script)).catch(() => null);
      if (!found?.isFile()) problems.push(`${at}: there is no ${script} in the project`);
    }
  }
  return problems;
}

const SCRIPT = /\.(?:py|sh|[cm]?[jt]s)$/;

/**
 * Looks whether a suite and its cases are there: of a suite folder all of them, of a suite file without reading the cases.
 *
 * @throws SluiceError `NotFound`, `InvalidStep` with every problem at once
 */
export async function checkSuiteFiles(root: string, suite: Suite | string, where: string): Promise<void> {
  const folder = await suiteFolderAt(root, suite, where);
  if (folder !== null) {
    const loaded = await loadSuiteFolder(root, folder, where);
    await tasksOf(loaded);
    const missing = await missingPrograms(root, loaded.file);
    if (missing.length > 0) throw invalid(loaded.path, missing);
    return;
  }
  const { cases } = await loadSuite(root, suite, where);
  if (typeof cases !== 'string') return;
  const found = await stat(belowProject(root, cases, where)).catch(() => null);
  if (!found?.isFile()) throw missingCases(cases, where);
}
