import type { ServerResponse } from 'node:http';
import { SAFE } from '../http/send.ts';
import type { Listener } from './feed.ts';

/** Time after which a silent stream says that it is there, ms. */
const ALIVE = 15_000;
/** Bytes that may wait for a slow reader: more, and it is cut off and asks again. */
const MOST_WAITING = 8 * 2 ** 20;

/** Server-sent events over an answer, until the reader leaves. @param join begins to listen, and returns how to stop */
export function stream(res: ServerResponse, join: (listener: Listener) => () => void): void {
  res.writeHead(200, { ...SAFE, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  if (res.req.method === 'HEAD') return void res.end();
  res.write('retry: 2000\n\n');
  const write = (text: string) => {
    if (res.writableLength > MOST_WAITING) res.destroy();
    else res.write(text);
  };
  const leave = join((event, data) => write(`event: ${event}\ndata: ${data}\n\n`));
  const beat = setInterval(() => write(': here\n\n'), ALIVE);
  res.once('close', () => {
    clearInterval(beat);
    leave();
  });
}
