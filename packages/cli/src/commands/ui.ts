import { readDevFile } from '../dev/dev-file.ts';
import { claimPort } from '../dev/ports.ts';
import { ExitCode } from '../exit-code.ts';
import { openSources } from '../records/sources.ts';
import { startUiServer } from '../ui/server.ts';
import { version } from '../version.ts';
import { onInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { openInBrowser } from './open-in-browser.ts';
import { type CommonOptions, loadProject } from './project.ts';

export interface UiOptions extends CommonOptions {
  readonly port?: number;
  readonly open?: boolean;
}

/** `sluice ui`: the project's pages, on this machine only, until Ctrl-C. */
export async function uiCommand(options: UiOptions, io: Io): Promise<ExitCode> {
  const loaded = await loadProject(options);
  const served = (await readDevFile(loaded.root))?.ui ?? null;
  const sameServer = options.address === undefined && options.namespace === undefined && options.port === undefined;
  if (served !== null && sameServer) {
    // One page is enough, and its address stays the same.
    tell(served.url, options, io);
    io.line(io.paint('quiet', '  served by sluice dev'));
    return ExitCode.done;
  }
  const interrupt = onInterrupt();
  const sources = openSources({ loaded, address: options.address, namespace: options.namespace });
  const port = await claimPort(options.port ?? 0, 'the pages', '--port');
  const server = await startUiServer({ sources, port, version: version() });
  tell(server.url, options, io);
  io.line(io.paint('quiet', '  Ctrl-C ends it; runs go on'));
  if (!interrupt.signal.aborted) await interrupt.aborted;
  interrupt.release();
  await server.close();
  await sources.close();
  return ExitCode.done;
}

function tell(url: string, { open }: UiOptions, io: Io): void {
  io.object({ type: 'ui', at: Date.now(), url });
  io.line(io.paint('link', url));
  if (open) openInBrowser(url);
}
