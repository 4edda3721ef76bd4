import { join, resolve } from 'node:path';
import { reportStyle } from '@sluice/ui';
import { atomicWrite } from '../atomic-write.ts';
import { ExitCode } from '../exit-code.ts';
import { formatBytes } from '../follow/format.ts';
import { openSources } from '../records/sources.ts';
import { attachReport } from '../report/attach.ts';
import { gatherReport } from '../report/gather/gather.ts';
import { reportMarkdown } from '../report/markdown.ts';
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
  readonly attach?: boolean;
}

/** `sluice report [RUN]`: all that a run has measured, as one page that a decision can be made from. */
export async function reportCommand(run: string | undefined, options: ReportOptions, io: Io): Promise<ExitCode> {
  const loaded = await loadProject(options);
  const sources = openSources({ loaded, address: options.address, namespace: options.namespace });
  try {
    const temporal = await sources.temporal();
    const found = await findRun(temporal.client, temporal.target, run);
    const report = await gatherReport(sources, temporal, found.workflowId, version());
    const { verdict, text: said } = headline(report);
    for (const one of report.missing) io.note(one);
    const text = options.markdown ? reportMarkdown(report) : reportPage(report, await reportStyle());
    const told = { type: 'report', run: found.workflowId, verdict, missing: report.missing };
    if (options.markdown && options.out === undefined && !options.open && !options.attach) {
      io.object({ ...told, path: null, markdown: text });
      for (const line of text.trimEnd().split('\n')) io.line(line);
      return ExitCode.done;
    }
    const path = options.out === undefined ? placeOf(loaded.root, found.workflowId, options) : resolve(options.out);
    await atomicWrite(path, text);
    const bytes = Buffer.byteLength(text);
    const attached = options.attach
      ? await attachReport(await sources.mlflow(), report.mlflowRunId, reportPage(report, await reportStyle()))
      : null;
    io.object({ ...told, path, bytes, attached });
    io.line(said);
    io.line(`${formatBytes(bytes)}: ${io.paint('name', path)}`);
    if (attached !== null) io.line(`in MLflow: ${io.paint('link', attached)}`);
    if (options.open) openInBrowser(path);
    return ExitCode.done;
  } finally {
    await sources.close();
  }
}

/** Where a report goes that nobody gave a place. */
function placeOf(root: string, workflowId: string, { markdown }: ReportOptions): string {
  const end = markdown ? 'md' : 'html';
  return join(root, '.sluice', 'reports', `${workflowId.replaceAll(/[^\w.=-]+/g, '-').slice(0, 150)}.${end}`);
}
