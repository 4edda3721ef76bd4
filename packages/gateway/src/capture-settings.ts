import type { CaptureSettings, Redaction } from '@sluice/sdk';
import { jsonPlace } from '@sluice/sdk/redact';
import { invalid } from './errors.ts';
import { number, object, text } from './fields.ts';

/** What is captured where nobody says otherwise. */
export const DEFAULT_CAPTURE: CaptureSettings = { percent: 100 };

/** @throws {GatewayError} GATEWAY_INVALID */
export function parseCaptureSettings(value: unknown): CaptureSettings {
  const input = object(value, 'capture', ['percent', 'redact', 'keepMs', 'maxBytes']);
  return {
    percent: input.percent === undefined ? 100 : number(input.percent, 'capture.percent', 0, 100),
    ...(input.redact === undefined ? {} : { redact: parseRedaction(input.redact) }),
    ...(input.keepMs === undefined
      ? {}
      : { keepMs: number(input.keepMs, 'capture.keepMs', 1, Number.MAX_SAFE_INTEGER) }),
    ...(input.maxBytes === undefined
      ? {}
      : { maxBytes: number(input.maxBytes, 'capture.maxBytes', 1, Number.MAX_SAFE_INTEGER) }),
  };
}

function parseRedaction(value: unknown): Redaction {
  const input = object(value, 'capture.redact', ['headers', 'query', 'json']);
  const json = texts(input.json, 'capture.redact.json');
  for (const path of json ?? []) checkPath(path);
  const headers = texts(input.headers, 'capture.redact.headers');
  const query = texts(input.query, 'capture.redact.query');
  return { ...(headers && { headers }), ...(query && { query }), ...(json && { json }) };
}

function texts(value: unknown, where: string): string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw invalid(`${where} must be a list of strings.`);
  return value.map((one, i) => text(one, `${where}.${i}`));
}

function checkPath(path: string): void {
  try {
    jsonPlace(path);
  } catch (error) {
    throw invalid(`capture.redact.json: ${(error as Error).message}.`);
  }
}
