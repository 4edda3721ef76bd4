import { join, resolve } from 'node:path';
import { reportStyle } from '@sluice/ui';
import { atomicWrite } from '../atomic-write.ts';
import { ExitCode } from '../exit-code.ts';
import { formatBytes } from '../follow/format.ts';
import { openSources } from '../records/sources.ts';
import { gatherReport } from '../report/gather/gather.ts';
import { reportPage } from '../report/page/page.ts';
import { headline } from '../report/words.ts';
import { findRun } from '../run/find-run.ts';
import { version } from '../version.ts';
import type { Io } from './io.ts';
import { openInBrowser } from './open-in-browser.ts';
import { type CommonOptions, loadProject } from './project.ts';

export interface ReportOptions extends CommonOptions {
  readonly out?: string;
  readonly open?: boolean;
  readonly markdown?: boolean;
}

/** `sluice report [RUN]`: all that a run has measured, as one page that a decision can be made from. */
export async function reportCommand(run: string | undefined, options: ReportOptions, io: Io): Promise<ExitCode> {
  const loaded = await loadProject(options);
  const sources = openSources({ loaded, address: options.address, namespace: options.namespace });
  try {
    const temporal = await sources.temporal();
    const found = await findRun(temporal.client, temporal.target, run);
    const report = await gatherReport(sources, temporal, found.workflowId, version());
    const { verdict } = headline(report);
    const text = reportPage(report, await reportStyle());
    const path = options.out === undefined ? placeOf(loaded.root, found.workflowId) : resolve(options.out);
    await atomicWrite(path, text);
    const bytes = Buffer.byteLength(text);
    io.object({ type: 'report', run: found.workflowId, path, bytes, verdict, missing: report.missing });
    io.line(`${headline(report).text}`);
    for (const one of report.missing) io.note(one);
    io.line(`${formatBytes(bytes)}: ${io.paint('name', path)}`);
    if (options.open) openInBrowser(path);
    return ExitCode.done;
  } finally {
    await sources.close();
  }
}

/** Where a report goes that nobody gave a place. */
function placeOf(root: string, workflowId: string): string {
  return join(root, '.sluice', 'reports', `${workflowId.replaceAll(/[^\w.=-]+/g, '-').slice(0, 150)}.html`);
}
