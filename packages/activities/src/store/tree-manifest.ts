import { createHash } from 'node:crypto';

/** One file of a tree. */
export interface TreeFile {
  /** Relative, parts joined by `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A tree's list of files and digests; its own digest is the tree's. */
export interface TreeManifest {
  readonly files: readonly TreeFile[];
}

/** The one text of a manifest: files by the UTF-8 bytes of their paths, members in a fixed order, no white space. */
export function manifestText(files: readonly TreeFile[]): string {
  const sorted = files
    .map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return JSON.stringify({ files: sorted });
}

export function manifestHex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

export function manifestBytes(manifest: TreeManifest): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0);
}

/**
 * Reads a manifest back. Paths that lead out of the tree are refused, whoever wrote them.
 *
 * @returns null when the text is not the manifest of the tree `hex`.
 */
export function parseManifest(text: string, hex: string): TreeManifest | null {
  if (manifestHex(text) !== hex) return null;
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || !('files' in parsed) || !Array.isArray(parsed.files))
    return null;
  const files: readonly unknown[] = parsed.files;
  return files.every(isTreeFile) ? { files } : null;
}

function isTreeFile(value: unknown): value is TreeFile {
  if (typeof value !== 'object' || value === null) return false;
  const { path, bytes, sha256 } = value as Record<string, unknown>;
  return (
    typeof path === 'string' &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0')) &&
    Number.isSafeInteger(bytes) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}
