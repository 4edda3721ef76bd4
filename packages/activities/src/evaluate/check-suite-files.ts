import { stat } from 'node:fs/promises';
import type { Suite } from '@sluice/sdk';
import { belowProject, loadSuite, missingCases } from './suite.ts';
import { loadSuiteFolder, suiteFolderAt } from './tasks/load-suite-folder.ts';
import { tasksOf } from './tasks/suite-metrics.ts';

/**
 * Looks whether a suite and its cases are there: of a suite folder all of them, of a suite file without reading the cases.
 *
 * @throws SluiceError `NotFound`, `InvalidStep` with every problem at once
 */
export async function checkSuiteFiles(root: string, suite: Suite | string, where: string): Promise<void> {
  const folder = await suiteFolderAt(root, suite, where);
  if (folder !== null) {
    await tasksOf(await loadSuiteFolder(root, folder, where));
    return;
  }
  const { cases } = await loadSuite(root, suite, where);
  if (typeof cases !== 'string') return;
  const found = await stat(belowProject(root, cases, where)).catch(() => null);
  if (!found?.isFile()) throw missingCases(cases, where);
}
