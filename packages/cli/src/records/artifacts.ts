import type { Artifact, Json } from '@sluice/sdk';
import type { ArtifactLink } from '@sluice/ui/api';

const KINDS: readonly string[] = ['dataset', 'model', 'checkpoint', 'report', 'files'] satisfies Artifact['kind'][];
/** Values within values that are looked into. */
const DEEP = 12;

export function isArtifact(value: unknown): value is Artifact {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, uri, digest, bytes } = value as Partial<Record<keyof Artifact, unknown>>;
  return (
    typeof kind === 'string' &&
    KINDS.includes(kind) &&
    typeof uri === 'string' &&
    uri.startsWith('sluice:') &&
    typeof digest === 'string' &&
    typeof bytes === 'number'
  );
}

export interface FoundArtifact extends ArtifactLink {
  /** Key that it stands under; in a list that of the list. */
  readonly key: string;
  /** The whole value, as the step was given it or returned it. */
  readonly value: Artifact;
  /** Path of the step that made it, where it says so. */
  readonly step: string | null;
}

/**
 * Every artifact in a value, in order, each once.
 *
 * @param inside whether to look into artifacts as well: a dataset has its profile, a model its list of parents
 */
export function artifactsIn(value: unknown, inside = false): FoundArtifact[] {
  const found = new Map<string, FoundArtifact>();
  walk(value, '', null, inside ? DEEP : 0, DEEP, found);
  return [...found.values()];
}

function walk(
  value: unknown,
  key: string,
  parent: FoundArtifact | null,
  inside: number,
  left: number,
  found: Map<string, FoundArtifact>,
): void {
  if (typeof value !== 'object' || value === null || left === 0) return;
  let owner = parent;
  if (isArtifact(value)) {
    owner = linkOf(value, key, parent);
    if (!found.has(owner.digest)) found.set(owner.digest, owner);
    if (inside === 0) return;
  }
  if (Array.isArray(value)) {
    for (const item of value) walk(item, key, owner, inside, left - 1, found);
    return;
  }
  for (const [name, item] of Object.entries(value)) walk(item, name, owner, inside, left - 1, found);
}

/** By the name under which a step is given it, else its own, else the step that made it. */
function linkOf(value: Artifact, key: string, parent: FoundArtifact | null): FoundArtifact {
  const { name, step } = value as { readonly name?: unknown; readonly step?: unknown };
  const own = typeof name === 'string' ? name : typeof step === 'string' ? step : null;
  const part = { profile: 'profile', list: 'parents' }[key] ?? key;
  return {
    name: own ?? (parent === null ? part || value.kind : `${parent.name}: ${part}`),
    kind: value.kind,
    digest: value.digest,
    bytes: value.bytes,
    key,
    value,
    step: typeof step === 'string' ? step : (parent?.step ?? null),
  };
}

export function linkTo({ name, kind, digest, bytes }: ArtifactLink): ArtifactLink {
  return { name, kind, digest, bytes };
}

/** What a step was asked for without the artifacts, which stand beside it; what they leave empty goes too. */
export function withoutArtifacts(value: unknown): Json {
  if (typeof value !== 'object' || value === null) return (value ?? null) as Json;
  if (Array.isArray(value)) return value.filter((item) => !isArtifact(item)).map(withoutArtifacts);
  const kept = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    if (item === undefined || isArtifact(item)) return [];
    const rest = withoutArtifacts(item);
    return emptied(item, rest) ? [] : [[name, rest]];
  });
  return Object.fromEntries(kept);
}

function emptied(before: unknown, after: Json): boolean {
  const size = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value).length : -1);
  return size(before) > 0 && size(after) === 0;
}
