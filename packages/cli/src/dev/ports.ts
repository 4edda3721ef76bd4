import { createServer } from 'node:net';
import { PortInUseError } from '../errors.ts';

/**
 * `port` if it is free, or a free one for 0, on loopback.
 *
 * @throws SluiceError `PortInUse` naming the port and the flag that asked for it.
 */
export async function claimPort(port: number, what: string, flag: string): Promise<number> {
  try {
    return await listenOnce(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') throw new PortInUseError(port, what, flag);
    throw error;
  }
}

/** Ports handed out lately: the system may offer one again before its new owner listens. */
const recent = new Set<number>();

async function listenOnce(port: number): Promise<number> {
  for (;;) {
    const found = await new Promise<number>((done, failed) => {
      const server = createServer();
      server.once('error', failed);
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
        const address = server.address();
        server.close(() => done(typeof address === 'object' && address !== null ? address.port : port));
      });
    });
    if (port !== 0 || !recent.has(found)) {
      recent.add(found);
      return found;
    }
  }
}
