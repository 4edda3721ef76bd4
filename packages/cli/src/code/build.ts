/** The project's workflow code at one time: a bundle's file, under a short digest of its bytes. */
export interface Build {
  readonly id: string;
  /** Absolute path of the bundle. */
  readonly path: string;
}

/** Is it an id as `sluice dev` makes them, and none that somebody gave by hand? */
export function isDevBuild(id: string): boolean {
  return /^[0-9a-f]{10}$/.test(id);
}

/** Said to the process that runs workflows. */
export type BuildOrder =
  | { readonly type: 'serve-build'; readonly build: Build }
  | { readonly type: 'drop-build'; readonly id: string };

/** Its answers. */
export type BuildReply =
  | { readonly type: 'build-served'; readonly id: string }
  | { readonly type: 'build-refused'; readonly id: string; readonly why: string };

export function isBuildOrder(message: unknown): message is BuildOrder {
  const type = (message as { type?: unknown } | null)?.type;
  return type === 'serve-build' || type === 'drop-build';
}

export function isBuildReply(message: unknown): message is BuildReply {
  const type = (message as { type?: unknown } | null)?.type;
  return type === 'build-served' || type === 'build-refused';
}
