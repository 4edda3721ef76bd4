import type { Artifact } from '@sluice/sdk';

const kinds: readonly string[] = ['dataset', 'model', 'checkpoint', 'report', 'files'] satisfies Artifact['kind'][];
/** Values within values that are looked into. */
const DEEP = 12;

export function isArtifact(value: unknown): value is Artifact {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, uri, digest, bytes } = value as Partial<Record<keyof Artifact, unknown>>;
  return (
    kinds.includes(String(kind)) &&
    String(uri).startsWith('sluice:') &&
    typeof digest === 'string' &&
    typeof bytes === 'number'
  );
}

/** Every artifact in a value, in order, each once; `name` is the key it stands under. What artifacts name is no part. */
export function artifactsIn(value: unknown): { readonly name: string; readonly artifact: Artifact }[] {
  const found = new Map<string, { name: string; artifact: Artifact }>();
  const walk = (part: unknown, name: string, left: number) => {
    if (typeof part !== 'object' || part === null || left === 0) return;
    if (isArtifact(part)) {
      if (!found.has(part.digest)) found.set(part.digest, { name, artifact: part });
      return;
    }
    for (const [key, inner] of Object.entries(part)) walk(inner, Array.isArray(part) ? name : key, left - 1);
  };
  walk(value, '', DEEP);
  return [...found.values()];
}
