import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { atomicWrite } from '../atomic-write.ts';
import { processStart } from './process-info.ts';

const schema = z.object({
  pid: z.int(),
  /** With the pid, names the process for good. */
  started: z.string(),
  temporal: z
    .object({ address: z.string(), namespace: z.string(), uiUrl: z.string().nullable(), pid: z.int() })
    .nullable(),
  mlflow: z.object({ url: z.string(), pid: z.int().nullable() }).nullable(),
  /** The admin API's token itself lies in a file that only this user can read. */
  gateway: z.object({ url: z.string(), adminUrl: z.string(), tokenFile: z.string(), pid: z.int() }).nullable(),
  /** The project's pages; stacks of before had none. */
  ui: z.object({ url: z.string() }).nullable().optional(),
  scheduledEventsUrl: z.string().nullable(),
  workers: z.array(z.object({ class: z.string(), machine: z.string(), pid: z.int() })),
});

/** Where the parts of a running `sluice dev` are; other commands find them here, without flags. */
export type DevFile = z.infer<typeof schema>;

export function devFilePath(root: string): string {
  return join(root, '.sluice', 'dev.json');
}

/** The running stack of the project; null when there is none, also when a killed one left its file. */
export async function readDevFile(root: string): Promise<DevFile | null> {
  let text: string;
  try {
    text = await readFile(devFilePath(root), 'utf8');
  } catch {
    return null;
  }
  const parsed = schema.safeParse(safeJson(text));
  if (!parsed.success) return null;
  const stack = parsed.data;
  return processStart(stack.pid) === stack.started ? stack : null;
}

export async function writeDevFile(root: string, stack: DevFile): Promise<void> {
  await atomicWrite(devFilePath(root), `${JSON.stringify(stack, null, 2)}\n`);
}

export async function removeDevFile(root: string): Promise<void> {
  await rm(devFilePath(root), { force: true });
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
