import { ErrorCode, SluiceError } from '@sluice/sdk';
import { malformed, type TrainerEvent } from './event.ts';
import type { Line } from './lines.ts';

/** Characters that are shown of a message that was too long. */
const SHOWN = 4000;

/**
 * What a line counts for that is longer than an event may be. A log message is cut, numbers are left out with a warning:
 * a training must not end for what it says about itself. Only a result has to be whole.
 *
 * @throws SluiceError `ProtocolError` for a result, and for what is no event at all
 */
export function longLine(line: Line, number: number): TrainerEvent {
  const head = line.bytes.toString('utf8');
  const size = megabytes(line.length);
  if (!isObject(line)) throw notAnEvent(line, number);
  const type =
    /"type"\s*:\s*"(\w+)"/.exec(head)?.[1] ?? (/^\s*\{\s*"(?:message|level)"/.test(head) ? 'log' : 'unknown');
  if (type === 'result') {
    throw new SluiceError(ErrorCode.ProtocolError, `The result is ${size} of JSON; a result may have 1 MiB.`, {
      fix: 'Write it to a file in the output directory, and give as the result what a pipeline decides by.',
      data: { line: number, bytes: line.length },
    });
  }
  if (type === 'log') {
    const message = /"message"\s*:\s*"(.*)$/s.exec(head)?.[1] ?? '';
    return { type: 'log', level: 'info', message: `${unescaped(message.slice(0, SHOWN))}… (${size}, cut)` };
  }
  return {
    type: 'log',
    level: 'warning',
    message: `line ${number} of the events is left out: ${type} event of ${size}`,
  };
}

/** Does it begin as events do? */
export function isObject({ bytes }: Line): boolean {
  return bytes.subarray(0, 100).toString('latin1').trimStart().startsWith('{');
}

export function notAnEvent(line: Line, number: number): SluiceError {
  return malformed(number, line.bytes.toString('utf8'), `is no event, and ${megabytes(line.length)} long`);
}

/** Text within a JSON string, as far as it goes. */
function unescaped(text: string): string {
  for (let end = text.length; end > text.length - 12; end -= 1) {
    try {
      return JSON.parse(`"${text.slice(0, end)}"`) as string;
    } catch {
      // Cut within an escape: one character less.
    }
  }
  return text;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
