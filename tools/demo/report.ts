import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Notification } from '@sluice/sdk';
import type { DemoRun } from './demo-run.ts';

/**
 * Keeps a run's report as MLflow has it, which ends with the demo.
 *
 * @returns where it lies
 * @throws Error where no notification named the report, or MLflow does not have it
 */
export async function keepReport(root: string, run: DemoRun, told: readonly Notification[]): Promise<string> {
  const { report } = run.status.links;
  const asked = told.find((one) => one.run === run.workflowId && one.event === 'blocked');
  if (report === undefined || asked?.links.report !== report) {
    throw new Error(`${run.title}: the report is at ${report}, and the notification names ${asked?.links.report}.`);
  }
  const [, mlflow, id] = /^(.*)\/#\/.*\/runs\/(\w+)\/artifacts\/report\.html\?/.exec(report) ?? [];
  const answer = await fetch(`${mlflow}/get-artifact?run_uuid=${id}&path=report.html`);
  const page = await answer.text();
  if (!answer.ok)
    throw new Error(`${run.title}: MLflow answered ${answer.status} for its report: ${page.slice(0, 200)}`);
  const path = join(root, '.sluice/reports', `${run.workflowId.replaceAll('/', '-')}.html`);
  await mkdir(join(root, '.sluice/reports'), { recursive: true });
  await writeFile(path, page);
  return path;
}
