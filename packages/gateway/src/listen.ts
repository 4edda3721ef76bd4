import type { AddressInfo, Server } from 'node:net';
import { GatewayCode, GatewayError } from './errors.ts';

/**
 * Listens and answers the port.
 *
 * @throws {GatewayError} GATEWAY_PORT_IN_USE when somebody else has the port
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    // It stays: a failed accept (no file descriptors left) is no reason to end, callers try again.
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') {
        reject(error);
        return;
      }
      const message = `Port ${port} on ${host} is in use by another program.`;
      const fix = 'Stop that program, or choose another port (0 takes a free one).';
      reject(new GatewayError(GatewayCode.PortInUse, message, { where: `${host}:${port}`, fix, cause: error }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
