import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathName } from '../job/inputs/path-name.ts';
import type { MlflowClient } from './client.ts';
import type { MetricPoint } from './metric-buffer.ts';
import type { CallOptions } from './request.ts';
import type { MlflowRunStatus } from './types.ts';

/** What a server that was down has not been told: enough to tell it later. */
export interface Unsent {
  readonly experiment: string;
  readonly key: string;
  readonly name: string;
  readonly parentRunId: string | null;
  readonly status: MlflowRunStatus;
  /** Epoch ms. */
  readonly endTime: number | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly points: readonly MetricPoint[];
}

/** Keeps it in a file, whole or not at all. @returns its path */
export async function keepUnsent(directory: string, unsent: Unsent): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${pathName(unsent.key)}-${Date.now().toString(36)}-${process.pid}.json`);
  // NaN and infinities are no JSON.
  const text = JSON.stringify(unsent, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
  return path;
}

/**
 * Sends what files in `directory` hold, and removes each when it has arrived. Metrics carry their own times, so
 * sending one twice stores it once.
 *
 * @param only the key whose files to send, without their status: its job runs again
 * @returns values sent
 * @throws MlflowUnreachable the files stay
 */
export async function sendUnsent(
  client: MlflowClient,
  directory: string,
  only: string | null = null,
  options?: CallOptions,
): Promise<number> {
  let sent = 0;
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  for (const name of names) {
    if (only !== null && !name.startsWith(`${pathName(only)}-`)) continue;
    const unsent = await read(join(directory, name));
    if (unsent === null || (only !== null && unsent.key !== only)) continue;
    const { runId } = await client.ensureRun(unsent, options);
    await client.logBatch(
      runId,
      {
        metrics: unsent.points.map((point) => ({
          key: point.name,
          value: Number(point.value),
          timestamp: point.time,
          step: point.step,
        })),
        tags: Object.entries(unsent.tags).map(([key, value]) => ({ key, value })),
      },
      options,
    );
    if (only === null && unsent.endTime !== null) {
      await client.updateRun({ run_id: runId, status: unsent.status, end_time: unsent.endTime }, options);
    }
    await rm(join(directory, name), { force: true });
    sent += unsent.points.length;
  }
  return sent;
}

async function read(path: string): Promise<Unsent | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Unsent;
  } catch {
    return null;
  }
}
