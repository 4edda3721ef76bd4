import { ErrorCode, type Json, SluiceError } from '@sluice/sdk';
import { keyName, Limit } from '../../mlflow/names.ts';

/** Version of the protocol between the worker and a trainer. */
export const PROTOCOL = 1;

/** What a trainer tells, one line of its events file each. */
export type TrainerEvent =
  | {
      readonly type: 'hello';
      readonly client: string | null;
      readonly pid: number | null;
      /** Which of the step's processes speaks; null where it does not say. */
      readonly rank: number | null;
    }
  | {
      readonly type: 'metric';
      readonly step: number;
      readonly values: Readonly<Record<string, number>>;
      /** Epoch ms. */
      readonly time: number;
      /** Names as the trainer told them that are too long, or empty, and are others in `values`. */
      readonly renamed?: readonly string[];
    }
  | { readonly type: 'progress'; readonly step: number; readonly total: number | null; readonly unit: string }
  | { readonly type: 'checkpoint'; readonly step: number; readonly path: string; readonly rank: number | null }
  | { readonly type: 'model'; readonly path: string }
  | { readonly type: 'log'; readonly level: string; readonly message: string }
  | { readonly type: 'result'; readonly value: Json };

/**
 * Reads one line of an events file.
 *
 * @returns null for an event of a type this version does not know.
 * @throws SluiceError `ProtocolError` with the line's number and text
 */
export function parseEvent(text: string, line: number): TrainerEvent | null {
  const fail = (what: string): never => {
    throw malformed(line, text, what);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    fail(/\b(NaN|-?Infinity)\b/.test(text) ? 'is not JSON, which has no NaN: write "NaN" as a string' : 'is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('is not a JSON object');
  const event = value as Readonly<Record<string, unknown>>;
  const field = <Value>(name: string, is: (value: unknown) => value is Value, what: string): Value => {
    const found = event[name];
    return is(found) ? found : fail(`has no ${name} that is ${what}`);
  };
  const rank = (): number | null =>
    event.rank == null ? null : field('rank', isCount, 'a whole number of at least 0');
  switch (field('type', isText, 'a string')) {
    case 'hello': {
      const protocol = event.protocol ?? PROTOCOL;
      if (protocol !== PROTOCOL) fail(`speaks protocol ${JSON.stringify(protocol)}; this worker speaks ${PROTOCOL}`);
      return {
        type: 'hello',
        client: isText(event.client) ? event.client : null,
        pid: isCount(event.pid) ? event.pid : null,
        rank: rank(),
      };
    }
    case 'metric': {
      const step = field('step', isCount, 'a whole number of at least 0');
      const values = Object.entries(field('values', isObject, 'an object of numbers')).map(([name, value]) => {
        const number = numberOf(value) ?? fail(`gives metric ${JSON.stringify(name)} no number`);
        return [isName(name) ? name : keyName(name), number] as const;
      });
      const renamed = Object.keys(event.values as object).filter((name) => !isName(name));
      return {
        type: 'metric',
        step,
        values: Object.fromEntries(values),
        time: isTime(event.time) ? event.time : Date.now(),
        ...(renamed.length === 0 ? {} : { renamed }),
      };
    }
    case 'progress':
      return {
        type: 'progress',
        step: field('step', isCount, 'a whole number of at least 0'),
        total: event.total == null ? null : field('total', isCount, 'a whole number of at least 0'),
        unit: isText(event.unit) ? event.unit : 'step',
      };
    case 'checkpoint':
      return {
        type: 'checkpoint',
        step: field('step', isCount, 'a whole number of at least 0'),
        path: field('path', isPath, 'a path'),
        rank: rank(),
      };
    case 'model':
      return { type: 'model', path: field('path', isPath, 'a path') };
    case 'log':
      return {
        type: 'log',
        level: isText(event.level) ? event.level : 'info',
        message: field('message', isText, 'a string'),
      };
    case 'result':
      return { type: 'result', value: (event.value ?? null) as Json };
    default:
      return null;
  }
}

/** @param what completes "line 3 of the events file …" */
export function malformed(line: number, text: string, what: string): SluiceError {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new SluiceError(ErrorCode.ProtocolError, `Line ${line} of the events file ${what}: ${shown}`, {
    fix: 'Write one JSON object a line to the file that SLUICE_EVENTS names, as docs/trainer-protocol.md says; print everything else to standard output.',
    data: { line, text: shown },
  });
}

/** MLflow would take it; a training must not end for a name that it would not. */
const isName = (name: string): boolean => name !== '' && name.length <= Limit.key;

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : null;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isPath = (value: unknown): value is string => isText(value) && value !== '' && !value.includes('\0');
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown): value is number => Number.isFinite(value) && (value as number) > 0;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
