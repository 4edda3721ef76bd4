/** A file of the pages. */
export interface Asset {
  /** Its media type. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** The pages: one document, and what it loads, by path below `/`. */
export interface Assets {
  readonly index: string;
  readonly files: ReadonlyMap<string, Asset>;
}

/** What stands where the pages are missing. */
const STUB: Assets = {
  index:
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>sluice</title><p>The pages are missing from this installation; the data is at <a href="/api/runs">/api/runs</a>.</p></html>',
  files: new Map(),
};

/** The pages of `@sluice/ui`; an installation without them has its data still. */
export async function loadAssets(): Promise<Assets> {
  try {
    const name = '@sluice/ui';
    const module = (await import(name)) as { readonly uiAssets?: () => Assets | Promise<Assets> };
    return (await module.uiAssets?.()) ?? STUB;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' || code === 'ERR_MODULE_NOT_FOUND';
    if (missing || message.includes('is not exported')) return STUB;
    throw error;
  }
}
