import { createServer } from 'node:net';
import { listen } from './listen.ts';

/** Ports given out and perhaps not bound yet: two servers that start together must not get one port. */
const givenOut = new Set<number>();
const RESERVED_MS = 30_000;

/** A loopback port nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const probe = createServer();
    const port = await listen(probe, '127.0.0.1', 0);
    await new Promise((resolve) => probe.close(resolve));
    if (givenOut.has(port)) continue;
    givenOut.add(port);
    setTimeout(() => givenOut.delete(port), RESERVED_MS).unref();
    return port;
  }
}
