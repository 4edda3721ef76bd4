import type { ShadowLine, UnkeptAnswer } from '@sluice/sdk';
import type { Redactor } from '@sluice/sdk/redact';
import { decode } from './capture-body.ts';
import { type Answered, captureEntry, headerOf, RESPONSE_CAP } from './capture-entry.ts';

/**
 * What is written of a shadow's answer: its request as it is captured, with that answer where it holds predictions of
 * MLflow's scoring protocol. Anything else is a line that says why, so that it can be counted: without its request, save
 * where an answer of the right status and size says nothing of the rows that were asked for.
 */
export function shadowEntry(answered: Answered, id: string, redactor: Redactor): ShadowLine {
  const read = predictionsOf(answered);
  if (typeof read !== 'string') return captureEntry({ ...answered, ...read }, id, redactor);
  const nothing = { response: [], responseBytes: 0 };
  const request = read === 'form' ? {} : { body: [] };
  return { ...captureEntry({ ...answered, ...request, ...nothing }, id, redactor), unkept: read };
}

type Read = Pick<Answered, 'response' | 'responseBytes' | 'responseHeaders'>;

/** The answer as plain bytes, or why it is not kept. */
function predictionsOf({ status, response, responseBytes, responseHeaders }: Answered): Read | UnkeptAnswer {
  if (status < 200 || status > 299) return 'status';
  const bytes = Buffer.concat(response);
  if (responseBytes > bytes.length) return 'size';
  const encoding = headerOf(responseHeaders, 'content-encoding');
  const encoded = encoding !== undefined && encoding !== 'identity';
  const clear = encoded ? decode(bytes, encoding) : bytes;
  if (clear === null) return 'form';
  if (clear.length > RESPONSE_CAP) return 'size';
  if (!holdsPredictions(clear)) return 'form';
  if (!encoded) return { response, responseBytes, responseHeaders };
  return {
    response: [clear],
    responseBytes: clear.length,
    responseHeaders: without(responseHeaders, 'content-encoding'),
  };
}

function holdsPredictions(bytes: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    return (
      typeof parsed === 'object' && parsed !== null && 'predictions' in parsed && Array.isArray(parsed.predictions)
    );
  } catch {
    return false;
  }
}

function without(raw: readonly string[], name: string): string[] {
  return raw.filter((_, i) => raw[i - (i % 2)]?.toLowerCase() !== name);
}
