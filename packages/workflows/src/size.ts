import { ErrorCode, INLINE_KEYS, SluiceError, VALUE_LIMIT } from '@sluice/sdk';
import { utf8 } from './utf8.ts';

const known = new WeakMap<object, number>();

/** Bytes of a value as JSON. What is handed to many children is the same object, and is measured once. */
export function bytesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return measured(value);
  const before = known.get(value);
  if (before !== undefined) return before;
  const bytes = measured(value);
  // Small values are many, and cheap to measure again.
  if (bytes > 100_000) known.set(value, bytes);
  return bytes;
}

function measured(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  try {
    const text = JSON.stringify(value);
    return text === undefined ? 0 : utf8(text).length;
  } catch {
    return 0; // what is no JSON is refused by whoever has to send it
  }
}

/** @throws SluiceError `TooLarge` that names step and size, before anything is sent. */
export function checkValue(what: string, where: string, bytes: number): void {
  if (bytes <= VALUE_LIMIT) return;
  const mb = (count: number) => `${(count / 1e6).toFixed(1)} MB`;
  throw new SluiceError(
    ErrorCode.TooLarge,
    `${what} ${bytes > 1e6 ? `has ${mb(bytes)}` : `has ${bytes} bytes`}; ${mb(VALUE_LIMIT)} are the most that a run passes on.`,
    { where, fix: 'Let a step write it to a file, and pass on the artifact; or merge long lists into one.' },
  );
}

/** Temporal ends a run at 51,200 events or 50 MiB; what is under way when a step is refused still has to fit. */
const MOST_EVENTS = 46_000;
const MOST_HISTORY = 40_000_000;

/** @throws SluiceError `TooLarge` for a step that a run has no room for any more, before Temporal terminates it. */
export function checkHistory(step: string, history: { readonly events: number; readonly bytes: number }): void {
  const { events, bytes } = history;
  if (events < MOST_EVENTS && bytes < MOST_HISTORY) return;
  throw new SluiceError(
    ErrorCode.TooLarge,
    `${step}: the history of this run has ${events} events and ${(bytes / 1e6).toFixed(1)} MB, and Temporal ends a run at 51200 events or 50 MB.`,
    {
      where: step,
      fix: `Make one flat map of its steps: of more than ${INLINE_KEYS} keys it runs in children with a history each. Or make two pipelines of it.`,
    },
  );
}
