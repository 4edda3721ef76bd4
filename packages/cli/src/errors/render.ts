import { ErrorCode, errorCode, SluiceError, saysWhere } from '@sluice/sdk';
import type { Paint } from '../follow/colours.ts';

/** Of an error that nobody has a name for. */
const UNKNOWN = "This may be a bug of Sluice's; SLUICE_DEBUG=1 shows where it comes from.";

/** An error as a person reads it: what, where, and what to do now. No stack trace. */
export function renderError(error: unknown, paint: Paint): string {
  const code = errorCode(error);
  const lines = [`${paint('bad', `error ${code}`)}  ${headline(error)}`];
  const details = detailsOf(error);
  for (const line of details) lines.push(`  ${line}`);
  const { where, fix } = (error ?? {}) as { where?: unknown; fix?: unknown };
  const said = headline(error);
  if (typeof where === 'string' && !saysWhere(said, where)) lines.push(`  ${paint('quiet', 'where')}  ${where}`);
  const cause = causeOf(error);
  if (cause !== null) lines.push(`  ${paint('quiet', 'why')}    ${cause}`);
  if (typeof fix === 'string' && !said.includes(fix)) lines.push(`  ${paint('quiet', 'fix')}    ${fix}`);
  if (!(error instanceof SluiceError)) {
    lines.push(`  ${paint('quiet', 'fix')}    ${UNKNOWN}`);
  }
  if (process.env.SLUICE_DEBUG && error instanceof Error && error.stack) lines.push(paint('quiet', error.stack));
  return `${lines.join('\n')}\n`;
}

/** The same for programs: one object. */
export function errorJson(error: unknown): Record<string, unknown> {
  const { where, fix, data } = (error ?? {}) as { where?: unknown; fix?: unknown; data?: unknown };
  return {
    type: 'error',
    at: Date.now(),
    code: errorCode(error),
    message: error instanceof Error ? error.message : String(error),
    where: where ?? null,
    fix: fix ?? (error instanceof SluiceError ? null : UNKNOWN),
    data: data ?? null,
  };
}

/** The first line; where a list follows, without what the list says again. */
function headline(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const { data } = (error ?? {}) as { data?: unknown };
  switch (errorCode(error)) {
    case ErrorCode.InvalidConfig:
      return isTextList(data) && data.length > 1 ? `The configuration has ${data.length} problems.` : message;
    case ErrorCode.InvalidParams:
      return isTextList(data) ? (message.split(': ')[0] ?? message) : message;
    case ErrorCode.MapFailed:
      return Array.isArray(data) ? (message.split(': ')[0] ?? message) : message;
    default:
      return message;
  }
}

function detailsOf(error: unknown): string[] {
  const { data } = (error ?? {}) as { data?: unknown };
  switch (errorCode(error)) {
    case ErrorCode.InvalidConfig:
      return isTextList(data) && data.length > 1 ? data.map((problem) => `- ${problem}`) : [];
    case ErrorCode.InvalidParams:
      return isTextList(data) ? data.map((problem) => `- ${problem}`) : [];
    case ErrorCode.MapFailed:
      return Array.isArray(data) ? data.slice(0, 20).map((one) => `- ${failedKey(one)}`) : [];
    case ErrorCode.TrainerFailed:
    case ErrorCode.TrainerStalled:
    case ErrorCode.OutOfMemory:
    case ErrorCode.ProtocolError: {
      const tail = (data as { tail?: unknown } | null | undefined)?.tail;
      return isTextList(tail) ? tail.slice(-15).map((line) => `| ${line}`) : [];
    }
    default:
      return [];
  }
}

/** Why a server does not answer is in the cause; other causes repeat the message. */
function causeOf(error: unknown): string | null {
  if (errorCode(error) !== ErrorCode.Unreachable) return null;
  let cause = (error as Error).cause;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return null;
  return (cause.message.split('\n')[0] ?? '').slice(0, 200) || null;
}

function failedKey(one: unknown): string {
  const { key, error } = (one ?? {}) as { key?: unknown; error?: { message?: unknown } };
  return `${String(key)}: ${String(error?.message ?? 'failed')}`;
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
