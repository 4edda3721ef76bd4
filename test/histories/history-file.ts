import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Histories as `temporal workflow show --output json` writes them, with the id of their workflow beside. */
export interface HistoryFile {
  /** `v0.1.0/gated-approved` */
  readonly name: string;
  readonly workflowId: string;
  readonly events: readonly Record<string, unknown>[];
}

export const folder = import.meta.dirname;
export const suffix = '.history.json';

/** All kept histories, of every release. */
export async function readHistories(): Promise<HistoryFile[]> {
  const releases = (await readdir(folder)).filter((name) => /^v\d/.test(name)).sort();
  const names = await Promise.all(
    releases.map(async (release) => (await readdir(join(folder, release))).map((file) => `${release}/${file}`)),
  );
  return Promise.all(
    names
      .flat()
      .filter((file) => file.endsWith(suffix))
      .map(async (file) => {
        const { workflowId, events } = JSON.parse(await readFile(join(folder, file), 'utf8'));
        return { name: file.slice(0, -suffix.length), workflowId, events };
      }),
  );
}

/** Events without what says where they were recorded: names of machines, and paths in stack traces. */
export function scrubbed<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(scrubbed) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name === 'stackTrace') return [name, ''];
      return [name, name === 'identity' ? 'sluice' : scrubbed(inner)];
    }),
  ) as Value;
}

/** Everything that a history says, its payloads decoded. */
export function textOf(events: HistoryFile['events']): string {
  const plain = JSON.stringify(events);
  const payloads = [...plain.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)];
  return [plain, ...payloads.map(([, data]) => Buffer.from(data ?? '', 'base64').toString('utf8'))].join('\n');
}
