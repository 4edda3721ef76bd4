import type { LoadedConfig } from '../config/load-config.ts';

/** The project's pages, served by `sluice dev` itself. */
export interface PagePart {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** @param port as it was claimed */
export async function startPage(loaded: LoadedConfig, port: number): Promise<PagePart> {
  const [{ startUiServer }, { openSources }, { version }] = await Promise.all([
    import('../ui/server.ts'),
    import('../records/sources.ts'),
    import('../version.ts'),
  ]);
  const sources = openSources({ loaded });
  const server = await startUiServer({ sources, port, version: version() });
  return {
    url: server.url,
    port: server.port,
    close: async () => {
      await server.close();
      await sources.close();
    },
  };
}
