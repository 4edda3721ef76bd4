import { asyncLocalStorage, type Context } from '@temporalio/activity';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { parseStored, partialKey } from '../stored-parts.ts';

export interface Attempt {
  /** Epoch ms, the same for every attempt at a step. */
  readonly begun: number;
  /** From 1. */
  readonly attempt: number;
  /** Cancels it. */
  readonly signal?: AbortSignal;
}

/** Runs work as Temporal would run that attempt. */
export function inAttempt<Value>({ begun, attempt, signal }: Attempt, work: () => Promise<Value>): Promise<Value> {
  const context = {
    cancellationSignal: signal ?? new AbortController().signal,
    heartbeat: () => {},
    info: { activityId: 'recent', scheduledTimestampMs: begun, attempt },
  } as unknown as Context;
  return asyncLocalStorage.run(context, work);
}

/** The whole lines that a step has in the store, of parts with such a name. */
export async function storedLines(
  store: ArtifactStore,
  ref: { readonly workflowId: string; readonly step: string },
  label = /./,
): Promise<readonly string[]> {
  const pointer = await store.readPointer(partialKey(ref));
  const parts = pointer === null ? [] : (parseStored(pointer.value)?.parts ?? []);
  const texts = await Promise.all(
    parts
      .filter(({ name }) => label.test(name))
      .map(async ({ segments }) => (await Promise.all(segments.map((one) => store.getText(one)))).join('')),
  );
  return texts.flatMap((text) => text.slice(0, text.lastIndexOf('\n') + 1).split('\n')).filter(Boolean);
}
